"""The operator's command line: the one place where engine, application and storage are wired together."""

from zhenglian_node.cli.entry import main

__all__ = ["main"]

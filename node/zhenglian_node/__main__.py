"""`python -m zhenglian_node` is `zhenglian-node`."""

from zhenglian_node.cli import main

main()

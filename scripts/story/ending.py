"""The end of the story: the plan once more, and commands to go on by hand, for people and for programs."""

import os
import shlex
import sys
from pathlib import Path
from typing import Final

from story import catalogue, world
from story.people import RESTAURANT
from story.stage import Stage
from story.steps import show_plan

FILE: Final = "next-steps.txt"

Step = tuple[str, str, str]
"""What to do in Chinese and English, and the command line."""


def show_ending(stage: Stage) -> None:
    """The second restaurant's plan once more, and the lines to go on with, also in next-steps.txt."""
    screen = stage.screen
    screen.chapter("结果：第二家饭店的免交方案", "the result: the reuse plan of the second restaurant")
    if stage.plan is not None:
        show_plan(
            stage,
            stage.plan,
            f"{stage.get_number(catalogue.OPEN_PUTUO)}，补授权之前 before the missing grant",
        )
    steps = build_next_steps(stage)
    text = "".join(f"{command}\n" for _, _, command in steps)
    (stage.home.root / FILE).write_text(text, encoding="utf-8")
    screen.chapter(f"数据留在 {_shorten(stage.home.root)}", "the data stays there; to go on by hand:")
    for zh, en, command in steps:
        screen.say(zh, en)
        screen.show_command(command)


def build_next_steps(stage: Stage) -> list[Step]:
    """Each step in words and as one command line, to be run where the story was started."""
    return [*(_build_network_steps if stage.home.network else _build_node_steps)(stage), *_build_steps(stage)]


def _build_node_steps(stage: Stage) -> list[Step]:
    """What can be seen of the story's own node, which has stopped."""
    home = stage.home
    node = _program("zhenglian-node")
    return [
        (
            "检查节点存储：由日志重算每一行",
            "check the node's store: every row again from the logs",
            _compose(*node, "fsck", "--home", home.node, "--full"),
        ),
        (
            "创世摘要",
            "the genesis digest",
            _compose(*node, "genesis", "show", "--json", home.genesis),
        ),
        (
            "再次启动各程序，询问节点",
            "start the programs again and ask the node",
            _compose(*_door("demo"), "reopen", home.root, *node, "status", "--home", home.node),
        ),
    ]


def _build_network_steps(stage: Stage) -> list[Step]:
    """What can be seen of the network that the story was told on, which goes on."""
    network = stage.home.network
    assert network is not None  # noqa: S101  asked before
    return [
        (
            "网络状态：各节点高度一致",
            "the network: all nodes at one height",
            _compose(*_door("network"), "status", network.root),
        ),
        (
            "创世摘要：故事不在其中",
            "the genesis digest, which knows nothing of the story",
            _compose(*_program("zhenglian-node"), "genesis", "show", "--json", network.genesis),
        ),
    ]


def _build_steps(stage: Stage) -> list[Step]:
    """What a window and an auditor can do; they need a node, so the story's own is started for each."""
    home = stage.home
    root = home.root
    again = [] if home.network else [*_door("demo"), "reopen", root]
    fetched = next(path for path in stage.fetched if path.name.endswith("articles.pdf"))
    putuo = _agency(root, world.PUTUO_COUNTER)
    return [
        (
            "核验调取的文件",
            "verify a fetched file",
            _compose(*again, *_program("zhenglian"), *putuo, "verify", fetched),
        ),
        (
            "再看免交方案，缺的授权存为授权草稿",
            "the plan again; missing grants are saved as drafts",
            _compose(
                *again, *_program("zhenglian"), *putuo, "case", "plan",
                stage.get_number(catalogue.OPEN_PUTUO), "--drafts", root / "drafts",
            ),
        ),
        (
            "审计主体的全部记录",
            "audit all that is recorded about the company",
            _compose(
                *again, *_program("zhenglian"), *_agency(root, world.AUDITOR), "trace", "subject",
                stage.ids[RESTAURANT].hex(), "--reason", "例行审计",
            ),
        ),
    ]  # fmt: skip


def _agency(root: Path, system: str) -> list[str | Path]:
    return ["--config", root / "systems" / system / "agency.toml"]


def _door(name: str) -> list[str | Path]:
    """The door of that name where the product is installed, else its package under this interpreter."""
    scripts = Path(__file__).resolve().parent.parent
    if _is_installed():
        return [scripts / name]
    own = (sys.prefix, sys.base_prefix)  # what the interpreter finds by itself
    added = [entry for entry in sys.path if entry and not entry.startswith(own)]
    path = os.pathsep.join(dict.fromkeys(added))
    return ["env", f"PYTHONPATH={path}", Path(sys.executable), "-m", _PACKAGES[name]]


def _program(name: str) -> list[str | Path]:
    """The command where it is installed, else its function under this interpreter."""
    if _is_installed():
        return [Path(sys.executable).with_name(name)]
    return [Path(sys.executable), "-c", f"from {_MODULES[name]} import main; main()"]


def _is_installed() -> bool:
    return all(Path(sys.executable).with_name(name).exists() for name in _MODULES)


_PACKAGES: Final = {"demo": "story", "network": "local_network"}
_MODULES: Final = {"zhenglian-node": "zhenglian_node.cli", "zhenglian": "zhenglian_sdk.cli"}


def _compose(*words: str | Path) -> str:
    """One command line for a shell; paths below the working folder are written relative to it."""
    return shlex.join(str(_shorten(word)) for word in words)


def _shorten(word: str | Path) -> str | Path:
    here = Path.cwd()
    return word.relative_to(here) if isinstance(word, Path) and word.is_relative_to(here) else word

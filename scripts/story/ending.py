"""The end of the story: the plan once more, and commands to go on by hand, for people and for programs."""

import os
import shlex
import sys
from pathlib import Path
from typing import Final

from story import world
from story.acts import second_restaurant
from story.people import RESTAURANT
from story.stage import Stage
from story.steps import show_plan

FILE: Final = "next-steps.txt"


def show_ending(stage: Stage) -> None:
    """The second restaurant's plan once more, and the lines to go on with, also in next-steps.txt."""
    screen = stage.screen
    screen.chapter("结果：第二家饭店的免交方案", "the result: the reuse plan of the second restaurant")
    if stage.plan is not None:
        show_plan(stage, stage.plan, f"{second_restaurant.NUMBER}，补授权之前 before the missing grant")
    steps = build_next_steps(stage)
    text = "".join(f"{command}\n" for _, _, command in steps)
    (stage.home.root / FILE).write_text(text, encoding="utf-8")
    screen.chapter(f"数据留在 {_shorten(stage.home.root)}", "the data stays there; to go on by hand:")
    for zh, en, command in steps:
        screen.say(zh, en)
        screen.show_command(command)


def build_next_steps(stage: Stage) -> list[tuple[str, str, str]]:
    """Each step in words and as one command line, to be run where the story was started."""
    root = stage.home.root
    again = [*_reopen(), root]
    fetched = next(path for path in stage.fetched if path.name.endswith("articles.pdf"))
    putuo = _agency(root, world.PUTUO_COUNTER)
    subject = stage.ids[RESTAURANT].hex()
    return [
        (
            "检查节点存储：由日志重算每一行",
            "check the node's store: every row again from the logs",
            _compose(*_program("zhenglian-node"), "fsck", "--home", root / "node", "--full"),
        ),
        (
            "创世摘要",
            "the genesis digest",
            _compose(*_program("zhenglian-node"), "genesis", "show", "--json", root / "genesis.json"),
        ),
        (
            "再次启动各程序，询问节点",
            "start the programs again and ask the node",
            _compose(*again, *_program("zhenglian-node"), "status", "--home", root / "node"),
        ),
        (
            "核验调取的文件",
            "verify a fetched file",
            _compose(*again, *_program("zhenglian"), *putuo, "verify", fetched),
        ),
        (
            "再看免交方案，缺的授权存为授权草稿",
            "the plan again; missing grants are saved as drafts",
            _compose(
                *again, *_program("zhenglian"), *putuo, "case", "plan", second_restaurant.NUMBER,
                "--drafts", root / "drafts",
            ),
        ),
        (
            "审计主体的全部记录",
            "audit all that is recorded about the company",
            _compose(
                *again, *_program("zhenglian"), *_agency(root, world.AUDITOR), "trace", "subject", subject,
                "--reason", "例行审计",
            ),
        ),
    ]  # fmt: skip


def _agency(root: Path, system: str) -> list[str | Path]:
    return ["--config", root / "systems" / system / "agency.toml"]


def _reopen() -> list[str | Path]:
    """The door `scripts/demo` where the product is installed, else this package under this interpreter."""
    scripts = Path(__file__).resolve().parent.parent
    if _is_installed():
        return [scripts / "demo", "reopen"]
    own = (sys.prefix, sys.base_prefix)  # what the interpreter finds by itself
    added = [entry for entry in sys.path if entry and not entry.startswith(own)]
    path = os.pathsep.join(dict.fromkeys(added))
    return ["env", f"PYTHONPATH={path}", Path(sys.executable), "-m", "story", "reopen"]


def _program(name: str) -> list[str | Path]:
    """The command where it is installed, else its function under this interpreter."""
    if _is_installed():
        return [Path(sys.executable).with_name(name)]
    return [Path(sys.executable), "-c", f"from {_MODULES[name]} import main; main()"]


def _is_installed() -> bool:
    return all(Path(sys.executable).with_name(name).exists() for name in _MODULES)


_MODULES: Final = {"zhenglian-node": "zhenglian_node.cli", "zhenglian": "zhenglian_sdk.cli"}


def _compose(*words: str | Path) -> str:
    """One command line for a shell; paths below the working folder are written relative to it."""
    return shlex.join(str(_shorten(word)) for word in words)


def _shorten(word: str | Path) -> str | Path:
    here = Path.cwd()
    return word.relative_to(here) if isinstance(word, Path) and word.is_relative_to(here) else word

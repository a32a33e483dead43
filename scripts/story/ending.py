"""The end of the story: the plan once more, and commands to go on by hand, for people and for programs."""

import shlex
import sys
from pathlib import Path
from typing import Final

from story import world
from story.acts import second_restaurant
from story.stage import Stage
from story.steps import show_plan

FILE: Final = "next-steps.txt"


def show_ending(stage: Stage) -> None:
    """The plan table of the second restaurant, and the lines to go on with, which are also in next-steps.txt."""
    screen = stage.screen
    screen.chapter("结果：第二家饭店的免交方案", "the result: the reuse plan of the second restaurant")
    if stage.plan is not None:
        show_plan(stage, stage.plan, second_restaurant.NUMBER)
    steps = build_next_steps(stage)
    text = "".join(f"{command}\n" for _, _, command in steps)
    (stage.home.root / FILE).write_text(text, encoding="utf-8")
    screen.chapter(f"数据留在 {stage.home.root}", "the data stays there; to go on by hand:")
    for zh, en, command in steps:
        screen.say(zh, en)
        screen.console.print(f"    {command}", markup=False)


def build_next_steps(stage: Stage) -> list[tuple[str, str, str]]:
    """Each step in words and as one command line, to be run where the story was started."""
    root = stage.home.root
    node = root / "node"
    fetched = next(path for path in stage.fetched if second_restaurant.NUMBER in path.name)
    agency = root / "systems" / world.PUTUO_COUNTER / "agency.toml"
    return [
        ("检查节点存储", "check the node's store", _compose(*_program("zhenglian-node"), "fsck", "--home", node, "--full")),
        ("查看创世摘要", "the genesis digest",
         _compose(*_program("zhenglian-node"), "genesis", "show", "--json", root / "genesis.json")),
        ("重启各程序，询问节点", "start the programs again and ask the node",
         _compose(*_reopen(root), *_program("zhenglian-node"), "status", "--home", node)),
        ("核验调取的文件", "verify a fetched file",
         _compose(*_reopen(root), *_program("zhenglian"), "verify", "--config", agency, "--file", fetched)),
    ]  # fmt: skip


def _reopen(root: Path) -> list[str | Path]:
    scripts = Path(__file__).resolve().parent.parent
    return ["env", f"PYTHONPATH={scripts}", sys.executable, "-m", "story.reopen", root]


def _program(name: str) -> list[str | Path]:
    """The command where it is installed, else its module under this interpreter."""
    installed = Path(sys.executable).with_name(name)
    modules = {"zhenglian-node": "zhenglian_node", "zhenglian": "zhenglian_sdk.cli"}
    return [installed] if installed.exists() else [sys.executable, "-m", modules[name]]


def _compose(*words: str | Path) -> str:
    """One command line for a shell; paths below the working folder are written relative to it."""
    return shlex.join(str(_shorten(word)) for word in words)


def _shorten(word: str | Path) -> str | Path:
    here = Path.cwd()
    return word.relative_to(here) if isinstance(word, Path) and word.is_relative_to(here) else word

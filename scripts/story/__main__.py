"""The door of the story.

python -m story [--home DIR] [--json FILE]           tells it
python -m story reopen HOME [COMMAND [ARGUMENT …]]   goes on in one that was told
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Coroutine, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from story.acts import (
    audit,
    change_at_kiosk,
    construction,
    dispute,
    first_restaurant,
    lying_node,
    refusals,
    second_restaurant,
    stock,
)
from story.ending import show_ending
from story.home import HomeInUse, NoStory, build_home, verify_free
from story.processes import ProgramFailed, initialise, running
from story.reopen import reopen
from story.screen import Screen
from story.stage import open_stage
from story.tally import build_summary
from zhenglian import ZhenglianError

ACTS = (
    stock,
    first_restaurant,
    change_at_kiosk,
    second_restaurant,
    construction,
    dispute,
    refusals,
    lying_node,
    audit,
)
"""In the order in which they are told."""


async def tell(root: Path, screen: Screen) -> dict[str, Any]:
    """The whole story in the folder `root`; its numbers. Raises what goes wrong."""
    verify_free(root)
    screen.chapter(
        "搭建：密钥、证书、创世文件、各单位的程序",
        "a network is built: keys, certificates, genesis, programs",
    )
    home = build_home(root)
    await initialise(home)
    async with open_stage(home, screen) as stage:
        async with running(home):
            screen.say(
                f"程序已就绪：{len(home.addresses)} 个进程", f"{len(home.addresses)} processes are ready"
            )
            for act in ACTS:
                await act.tell(stage)
        summary = build_summary(stage)
        show_ending(stage)
    return summary


def main() -> None:
    """The command line."""
    if sys.argv[1:2] == ["reopen"] and len(sys.argv) > 2:
        _end_with(_reopen(Path(sys.argv[2]), sys.argv[3:]))
    parser = argparse.ArgumentParser(
        prog="demo",
        description="证链演示 / the story of zhenglian",
        epilog="demo reopen HOME [COMMAND …]  再次启动已有的演示 / start the programs of a story again",
    )
    parser.add_argument("--home", type=Path, help="数据目录 / folder for the data, new or empty")
    parser.add_argument("--json", type=Path, help="结果写入该文件 / file for the numbers")
    arguments = parser.parse_args()
    home = arguments.home or Path("var") / f"story-{datetime.now():%Y%m%d-%H%M%S}"  # noqa: DTZ005  a name
    _end_with(_tell(home, arguments.json))


async def _tell(home: Path, file: Path | None) -> int:
    text = json.dumps(await tell(home, Screen()), ensure_ascii=False, indent=2) + "\n"
    if file is not None:
        await asyncio.to_thread(file.write_text, text, encoding="utf-8")
    return 0


async def _reopen(home: Path, command: Sequence[str]) -> int:
    if not command:
        print("运行中，按 Ctrl-C 结束 / running until Ctrl-C")
    return await reopen(home, command)


def _end_with(work: Coroutine[None, None, int]) -> NoReturn:
    """The process ends with what `work` returns, or with one sentence on what went wrong."""
    try:
        sys.exit(asyncio.run(work))
    except HomeInUse as error:
        sys.exit(
            f"目录不为空：{error}。请用 --home 另选一个目录，或先删除该目录。\n"
            f"the folder is not empty: {error}. Name another one with --home, or delete it first."
        )
    except NoStory as error:
        sys.exit(f"目录中没有演示：{error} / no story was told in the folder: {error}")
    except ProgramFailed as error:
        sys.exit(f"程序未能启动，见日志 / a program did not start, see its log: {error}")
    except ZhenglianError as error:
        sys.exit(f"{error.zh}\n{error.en} ({error.code.name})")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()

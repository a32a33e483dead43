"""The door of the story.

python -m story [--network DIR] [--home DIR] [--json FILE]   tells it
python -m story reopen HOME [COMMAND [ARGUMENT …]]           goes on in one that was told
"""

import argparse
import asyncio
import json
import logging
import signal
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
from story.admission import NotAdmitted
from story.building import build_home, build_home_on
from story.ending import show_ending
from story.home import Home, HomeInUse, NoStory, verify_free
from story.joining import NetworkDown, join, verify_up
from story.network import Network, NoNetwork, read_network
from story.processes import ProgramFailed, initialise, running
from story.reopen import reopen
from story.screen import Screen
from story.stage import open_stage
from story.tally import ask_reached, build_summary, read_reached
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


async def tell(root: Path, screen: Screen, network: Network | None = None) -> dict[str, Any]:
    """The whole story in the folder `root`; its numbers. Raises what goes wrong."""
    verify_free(root)
    home = await (_found(root, screen) if network is None else _join(network, root, screen))
    logging.basicConfig(filename=home.get_log("desks"), level=logging.WARNING)  # the screen is the story's
    async with open_stage(home, screen) as stage:
        async with running(home) as count:
            screen.say(f"程序已就绪：{count} 个进程", f"{count} processes are ready")
            if network is not None:
                await stage.choose_edition()
            for act in ACTS:
                await act.tell(stage)
        reached = read_reached(stage) if network is None else await ask_reached(stage)
        summary = build_summary(stage, reached)
        show_ending(stage)
    return summary


async def _found(root: Path, screen: Screen) -> Home:
    """A network of the story's own, of one node."""
    screen.chapter(
        "搭建：密钥、证书、创世文件、各单位的程序",
        "a network is built: keys, certificates, genesis, programs",
    )
    home = build_home(root)
    await initialise(home)
    return home


async def _join(network: Network, root: Path, screen: Screen) -> Home:
    """The story's members, units and systems take part in a network that runs already."""
    await verify_up(network)
    screen.chapter(
        f"加入已有网络：{len(network.nodes)} 个成员的节点，故事不在其创世文件中",
        f"on a network of {len(network.nodes)} nodes whose genesis knows nothing of the story",
    )
    built = build_home_on(network, root)
    await join(network, built, screen)
    return built.home


def main() -> None:
    """The command line."""
    if sys.argv[1:2] == ["reopen"] and len(sys.argv) > 2:
        _end_with(_reopen(Path(sys.argv[2]), sys.argv[3:]))
    parser = argparse.ArgumentParser(
        prog="demo",
        description="证链演示 / the story of zhenglian",
        epilog="demo reopen HOME [COMMAND …]  再次启动已有的演示 / start the programs of a story again",
    )
    parser.add_argument(
        "--network",
        type=Path,
        metavar="DIR",
        help="在 scripts/network up 运行的网络上讲 / tell it on a network that scripts/network runs",
    )
    parser.add_argument(
        "--home", type=Path, metavar="DIR", help="数据目录 / folder for the data, new or empty"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="结果写入该文件 / file for the numbers")
    arguments = parser.parse_args()
    home = arguments.home or Path("var") / f"story-{datetime.now():%Y%m%d-%H%M%S}"  # noqa: DTZ005  a name
    _end_with(_tell(home, arguments.network, arguments.json))


async def _tell(home: Path, root: Path | None, file: Path | None) -> int:
    network = None if root is None else read_network(root)
    text = json.dumps(await tell(home, Screen(), network), ensure_ascii=False, indent=2) + "\n"
    if file is not None:
        await asyncio.to_thread(file.write_text, text, encoding="utf-8")
    return 0


async def _reopen(home: Path, command: Sequence[str]) -> int:
    if not command:
        print("运行中，按 Ctrl-C 结束 / running until Ctrl-C")
    return await reopen(home, command)


async def _until_terminated(work: Coroutine[None, None, int]) -> int:
    """What `work` returns; a signal to end cancels it, so that the programs are stopped before this ends."""
    task = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await task


def _end_with(work: Coroutine[None, None, int]) -> NoReturn:
    """The process ends with what `work` returns, or with one sentence on what went wrong."""
    try:
        sys.exit(asyncio.run(_until_terminated(work)))
    except HomeInUse as error:
        sys.exit(
            f"目录不为空：{error}。请用 --home 另选一个目录，或先删除该目录。\n"
            f"the folder is not empty: {error}. Name another one with --home, or delete it first."
        )
    except NoStory as error:
        sys.exit(f"目录中没有演示：{error} / no story was told in the folder: {error}")
    except NoNetwork as error:
        sys.exit(
            f"目录中没有单机网络：{error}。请先运行 scripts/network up {error}。\n"
            f"no network of one machine is in the folder: {error}. Run scripts/network up {error} first."
        )
    except NetworkDown as error:
        sys.exit(
            f"网络没有应答：{error}。请先运行 scripts/network up {error}。\n"
            f"the network does not answer: {error}. Run scripts/network up {error} first."
        )
    except NotAdmitted as error:
        sys.exit(f"表决后成员仍未加入 / votes were cast, yet a member does not take part: {error}")
    except ProgramFailed as error:
        sys.exit(f"程序未能启动，见日志 / a program did not start, see its log: {error}")
    except ZhenglianError as error:
        sys.exit(f"{error.zh}\n{error.en} ({error.code.name})")
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(130)


if __name__ == "__main__":
    main()

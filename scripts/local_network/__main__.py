"""`up`, `status`, `down`: what the door scripts/network hands on."""

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from local_network.health import (
    Health,
    fetch_health,
    find_differing,
    is_together,
    to_fields,
    wait_until_together,
)
from local_network.layout import NoNetwork, count_members, is_network, read_nodes
from local_network.processes import start, stop
from zhenglian_ledger.errors import ZhenglianError
from zhenglian_node.cli.network.local import LocalPlan, create_local_network

STARTING_S: Final = 60.0
STARTING_S_PER_NODE: Final = 10.0
USUAL: Final = {"departments": 2, "districts": 1, "validators": 4}
NOT_TOGETHER: Final = 1
FAILED: Final = 69


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    options = _parse(arguments)
    commands = {"up": up, "status": status, "down": down}
    try:
        return commands[options.command](options)
    except NoNetwork:
        return _fail(f"{options.dir} 中没有网络 / There is no network in {options.dir}.")
    except ZhenglianError as error:
        return _fail(f"[{error.code.name}] {error.zh} / {error.en}")


def up(options: argparse.Namespace) -> int:
    """The network is made if it is not there, and all of its nodes run, answer and are together."""
    asked = {name: getattr(options, name) for name in USUAL}
    if is_network(options.dir):
        found = count_members(options.dir)
        other = {name: number for name, number in asked.items() if number not in (None, found[name])}
        if other:
            return _fail_other_numbers(options.dir, found)
    else:
        numbers: dict[str, int] = {**USUAL, **{name: n for name, n in asked.items() if n is not None}}
        plan = LocalPlan(
            departments=numbers["departments"],
            districts=numbers["districts"],
            validators=numbers["validators"],
            binary=os.environ.get("ZHENGLIAN_COMETBFT", "cometbft"),
            is_measured=options.metrics,
        )
        create_local_network(options.dir, plan, time.time_ns() // 1_000_000)
    nodes = read_nodes(options.dir)
    for node in nodes:
        start(node)
    return _show(wait_until_together(nodes, STARTING_S + STARTING_S_PER_NODE * len(nodes)), options)


def status(options: argparse.Namespace) -> int:
    """How the nodes stand; 0 only if they are together."""
    return _show(fetch_health(read_nodes(options.dir)), options)


def down(options: argparse.Namespace) -> int:
    """None of the nodes runs."""
    nodes = read_nodes(options.dir)
    killed = stop(nodes)
    if options.json:
        print(json.dumps({"stopped": [node.member for node in nodes], "killed": killed}))
    else:
        print(f"已停止 {len(nodes)} 个节点 / {len(nodes)} nodes are down")
        for member in killed:
            print(f"  {member}: 未按时退出，已强制结束 / did not end in time and was killed")
    return 0


def _show(healths: Sequence[Health], options: argparse.Namespace) -> int:
    together = is_together(healths)
    if options.json:
        print(json.dumps({"together": together, "nodes": [to_fields(each) for each in healths]}))
        return 0 if together else NOT_TOGETHER
    for health in healths:
        role = "验证 validator" if health.validator else "全节点 full"
        what = health.why or f"高度 height {health.height}, 可证明 provable {health.provable_height}"
        if health.stalled:
            what += ", 停滞 stalled: 长时间没有新区块 no new block for three heartbeats"
        print(f"  {'+' if health.is_up else '-'} {health.member:18} {role:16} {what}")
    differing = find_differing(healths)
    if differing:
        listed = ", ".join(differing)
        print(f"同一高度的状态摘要不同 / app hashes differ at one height: {listed}", file=sys.stderr)
    if together:
        print("全部节点一致 / all nodes are within two heights")
    else:
        print("节点未全部就绪 / not all nodes are up and together", file=sys.stderr)
    return 0 if together else NOT_TOGETHER


def _fail_other_numbers(directory: Path, found: Mapping[str, int]) -> int:
    """A network is never made larger or smaller; another one needs another directory."""
    has = ", ".join(f"--{name} {number}" for name, number in found.items())
    return _fail(
        f"{directory} 中已有另一规模的网络（{has}），请另选目录 / "
        f"{directory} holds a network of other numbers ({has}): choose another directory."
    )


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return FAILED


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/network", description="本机试验网络 / a network to try")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, about in (
        ("up", "建立并启动 / make it if need be, and start it"),
        ("status", "各节点高度 / where each node stands; 0 only if all are within two heights"),
        ("down", "停止 / stop all nodes"),
    ):
        command = commands.add_parser(name, help=about)
        command.add_argument("dir", type=Path, metavar="DIR")
        command.add_argument("--json", action="store_true", help="以 JSON 输出 / print JSON")
        if name == "up":
            command.add_argument("--departments", type=int, help="部门数 / departments (2)")
            command.add_argument("--districts", type=int, help="区数 / districts (1)")
            command.add_argument("--validators", type=int, help="验证节点数 / validators (4)")
            command.add_argument("--metrics", action="store_true", help="开放指标端口 / metrics ports")
    options = parser.parse_args(arguments)
    options.dir = options.dir.resolve()
    return options


if __name__ == "__main__":
    sys.exit(main())

"""Checks of the machine and of what is around it: program, ports, disk, clock, peers, the running node."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError, ZhenglianError
from zhenglian_node.cli.advice import ADVICE, Advice
from zhenglian_node.cli.doctor.findings import Finding, Mark, fail, ok, skip, warn
from zhenglian_node.cli.doctor.patient import Patient
from zhenglian_node.cli.machine import (
    ask_clock_keeper,
    find_port_owner,
    is_listening,
    read_socket_buffer,
    verify_port_free,
)
from zhenglian_node.cli.network.peers import read_members
from zhenglian_node.cli.status import describe_reasons, describe_skew
from zhenglian_node.cli.watch.clock import ERROR_SECONDS, ClockLevel, compute_clock_level
from zhenglian_node.cli.watch.disk import DiskLevel, compute_level, parse_growth
from zhenglian_node.cli.watch.endpoint import LOOPBACK
from zhenglian_node.cli.watch.service import GROWTH, read_listen, read_peer_addresses
from zhenglian_node.config import NodeConfig
from zhenglian_node.engines.cometbft.process import find_leftover
from zhenglian_node.engines.cometbft.program import verify_program
from zhenglian_node.storage.reserve import format_bytes, measure_least, verify_room

PEER_THREADS: Final = 16
WIDE_SOCKET: Final = 4 << 20
"""Bytes: some of the largest transactions at once."""

_EVERYWHERE: Final = ("0.0.0.0", "[::]")  # noqa: S104  recognised, not served

_CONNECT: Final = Advice(
    "检查网络与防火墙，并与该成员核对地址（peers.json）",
    "check network and firewall, and compare the address with that member's (peers.json)",
)


def check_program(patient: Patient) -> Finding:
    """CometBFT's program is there, of the line this node is written for."""
    cometbft = patient.config.cometbft
    if cometbft is None:
        return skip("单节点，无 CometBFT", "a solo node has no CometBFT")
    found = verify_program(cometbft.binary)
    return ok(f"CometBFT {found}", f"CometBFT {found}")


def check_ports(patient: Patient) -> Finding:
    """A stopped node's ports are free; a running one listens on them."""
    addresses = get_addresses(patient.config)
    if not patient.is_running:
        for address in addresses:
            verify_port_free(address)
        return ok(f"端口空闲：{', '.join(addresses)}", f"ports are free: {', '.join(addresses)}")
    silent = [address for address in addresses if not is_listening(_make_local(address))]
    if silent:
        return fail(StoreError(Code.NODE_UNREACHABLE, target=", ".join(silent)))
    owners = ", ".join(f"{each} {find_port_owner(int(each.rpartition(':')[2]))}" for each in addresses)
    return ok(f"正在监听：{owners}", f"listening: {owners}")


def get_addresses(config: NodeConfig) -> list[str]:
    """Where the node and its CometBFT listen: API, metrics, peers, CometBFT's own metrics (host:port)."""
    addresses = [config.listen, f"{LOOPBACK}:{config.metrics_port}"]
    if config.cometbft is not None:
        addresses += [read_listen(config.cometbft), f"{LOOPBACK}:{config.cometbft.metrics_port}"]
    return [address for address in addresses if address and not address.endswith(":0")]


def check_sockets(patient: Patient) -> Finding:
    """How much of what CometBFT sends the application a socket holds; less than WIDE_SOCKET is only slower.

    Where a write waits, CometBFT's ABCI client spins on a processor (its flush timer of 20 ns sets itself
    again), which the application would need in order to read.
    """
    if patient.config.cometbft is None:
        return skip("单节点，无 CometBFT", "a solo node has no CometBFT")
    size = read_socket_buffer()
    zh, en = f"缓冲区 {size >> 10} KiB", f"hold {size >> 10} KiB"
    if size >= WIDE_SOCKET:
        return ok(zh, en)
    setting = f"net.core.wmem_default = {WIDE_SOCKET}"
    return ok(f"{zh}；设 {setting} 则大批量写入更快", f"{en}; large batches go faster with {setting}")


def check_leftover(patient: Patient) -> Finding:
    """No CometBFT runs on this home without its node."""
    cometbft = patient.config.cometbft
    if cometbft is None or patient.is_running:
        return skip("不适用", "does not apply")
    pid = find_leftover(cometbft.home)
    if pid is not None:
        return fail(StoreError(Code.ENGINE_LEFT_OVER, what=f"pid {pid}"))
    return ok("没有遗留的 CometBFT", "no CometBFT was left over")


def check_disk(patient: Patient) -> Finding:
    """There is room, for a while."""
    config = patient.config
    verify_room(config.disks, config.disk_reserve)
    room = measure_least(config.disks, config.disk_reserve)
    days = _read_growth_days(config, patient)
    lasting = ("", "") if days is None else (f"，约可用 {days:.0f} 天", f", lasts about {days:.0f} days")
    free, reserve = format_bytes(room.free), format_bytes(room.reserve)
    zh, en = f"剩余 {free}，保留 {reserve}{lasting[0]}", f"{free} free, {reserve} reserved{lasting[1]}"
    if compute_level(room, days) == DiskLevel.FINE:
        return ok(zh, en)
    return warn(zh, en, ADVICE[Code.DISK_LOW])


def _make_local(address: str) -> str:
    """Where this machine itself reaches what listens on `address`."""
    host, _, port = address.rpartition(":")
    return f"{LOOPBACK if host in _EVERYWHERE else host}:{port}"


def _read_growth_days(config: NodeConfig, patient: Patient) -> float | None:
    if not isinstance(patient.status, ZhenglianError) and patient.status.health.HasField("hours_left"):
        return patient.status.health.hours_left / 24
    try:
        growth = parse_growth(json.loads((config.home / GROWTH).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None
    return growth.compute_days_left(measure_least(config.disks, config.disk_reserve))


def check_clock(patient: Patient) -> Finding:
    """The clock is the network's; else something keeps it right."""
    if not isinstance(patient.status, ZhenglianError) and patient.status.health.HasField("clock_skew_ms"):
        seconds = patient.status.health.clock_skew_ms / 1000
        level = compute_clock_level(seconds)
        if level == ClockLevel.ERROR:
            return fail(StoreError(Code.CLOCK_SKEWED, seconds=f"{seconds:+.1f}"))
        zh, en = f"与网络相差 {describe_skew(seconds)}", f"{describe_skew(seconds)} off the network's clock"
        return ok(zh, en) if level == ClockLevel.FINE else warn(zh, en, ADVICE[Code.CLOCK_SKEWED])
    keeper, is_right = ask_clock_keeper()
    if not keeper:
        return warn(
            f"本机没有可询问的对时服务；偏差超过 {ERROR_SECONDS:.0f} 秒的节点不可信赖",
            f"nobody could be asked about the clock; over {ERROR_SECONDS:.0f} s off, a node is of no use",
            ADVICE[Code.CLOCK_SKEWED],
        )
    if not is_right:
        return warn(
            f"{keeper} 称时钟未同步", f"{keeper} says it is not synchronised", ADVICE[Code.CLOCK_SKEWED]
        )
    return ok(f"{keeper} 称时钟已同步", f"{keeper} says the clock is synchronised")


def check_peers(patient: Patient) -> Finding:
    """Every peer's address takes a TCP connection; while this node is stopped, so may theirs be."""
    cometbft = patient.config.cometbft
    if cometbft is None:
        return skip("单节点，无网络", "a solo node has no network")
    peers = read_peer_addresses(cometbft)
    if not peers:
        if not isinstance(patient.genesis, ZhenglianError) and len(patient.genesis.validators) == 1:
            return ok("只有一个验证者，由其他节点来连接", "the one validator waits for others to call")
        return warn("config.toml 没有写明任何节点", "config.toml names no peer", _CONNECT)
    with ThreadPoolExecutor(PEER_THREADS) as threads:
        reached = list(threads.map(is_listening, peers.values()))
    names = read_members(patient.config.peers)
    missing = [
        f"{names[node_id]} ({address})" if node_id in names else address
        for (node_id, address), is_there in zip(peers.items(), reached, strict=True)
        if not is_there
    ]
    if not missing:
        return ok(f"{len(peers)} 个节点均可连接", f"all {len(peers)} peers can be reached")
    zh, en = f"无法连接：{', '.join(missing)}", f"out of reach: {', '.join(missing)}"
    if len(missing) < len(peers) or not patient.is_running:
        return warn(zh, en, _CONNECT)
    return Finding(Mark.FAIL, zh, en, _CONNECT, Code.NODE_UNREACHABLE.name)


def check_running(patient: Patient) -> Finding:
    """What the running node says of itself."""
    if isinstance(patient.status, ZhenglianError):
        if not patient.is_running:
            return skip("节点未运行", "the node is not running")
        return fail(patient.status)
    against = describe_reasons(patient.status.health)
    if against.en:
        return warn(f"尚未就绪：{against.zh}", f"not ready: {against.en}")
    return ok(f"就绪，高度 {patient.status.height}", f"ready at height {patient.status.height}")

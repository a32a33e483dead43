"""`status`: asks a running node over its own port, with its own certificate, and shows it on one screen.

The channel trusts that very certificate and no other, so it needs no list of CAs: it works the same for a
member that was admitted long after genesis. A node shows its own operator more than it shows others.
"""

import time
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, cast

import grpc
from cryptography import x509

from zhenglian_ledger.codes import Code
from zhenglian_ledger.error_detail import METADATA_KEY, parse_error_detail
from zhenglian_ledger.errors import Unreachable, ZhenglianError
from zhenglian_node.api.credentials import read_pair
from zhenglian_node.cli.network.peers import read_members
from zhenglian_node.cli.output import Text
from zhenglian_node.cli.watch.readiness import Reason
from zhenglian_node.cli.watch.service import read_peer_addresses
from zhenglian_node.config import NodeConfig
from zhenglian_node.storage.reserve import format_bytes
from zhenglian_proto.v1.node_pb2 import NodeHealth, NodeStatus, StatusRequest
from zhenglian_proto.v1.node_pb2_grpc import NodeStub

TIMEOUT_SECONDS: Final = 5.0
_NO_PATH: Final = (1 << 64) - 1  # a trusted height behind which nothing is to be shown
_EVERYWHERE: Final = ("0.0.0.0", "[::]")  # noqa: S104  recognised, not bound

NOBODY: Final[Mapping[str, str]] = MappingProxyType({})

Rows = dict[tuple[str, str], object]
"""(Chinese, English) → value, as the screen shows them."""


def fetch_status(config: NodeConfig, address: str = "") -> NodeStatus:
    """What the node at `address` (by default the home's own) says of itself, with its health.

    Raises Unreachable(NODE_UNREACHABLE); what the node answers instead, as Denied(NOTHING_PROVEN) while it
    has no block yet; StoreError(CONFIG_INVALID) if its certificate cannot be used.
    """
    target = address or _get_local_target(config.listen)
    key, certificate = read_pair(config.tls)
    credentials = grpc.ssl_channel_credentials(certificate, key, certificate)
    options = [("grpc.ssl_target_name_override", _get_name(certificate))]
    with grpc.secure_channel(target, credentials, options) as channel:
        try:
            request = StatusRequest(trusted_height=_NO_PATH)
            status: NodeStatus = NodeStub(channel).GetStatus(request, timeout=TIMEOUT_SECONDS)
        except grpc.RpcError as error:
            raise _find_answer(error) or Unreachable(Code.NODE_UNREACHABLE, target=target) from error
    return status


def _find_answer(error: grpc.RpcError) -> ZhenglianError | None:
    """The typed error that the node itself answered with, if it answered."""
    call = cast("grpc.Call", error)  # what a stub raises is both
    metadata = cast("Iterable[tuple[str, str | bytes]]", call.trailing_metadata() or ())
    for key, value in metadata:
        if key == METADATA_KEY and isinstance(value, bytes):
            return parse_error_detail(value)
    return None


def build_screen(status: NodeStatus, expected: Mapping[str, str] = NOBODY) -> Rows:
    """One screen: ledger, network, machine. `expected` names the peers the node calls, by id (hex)."""
    health = status.health
    lag = max(time.time_ns() // 1_000_000 - status.block_time_ms, 0) / 1000
    rows: Rows = {
        ("链标识", "chain_id"): status.chain_id,
        ("创世摘要", "genesis digest"): status.genesis_digest.hex(),
        ("版本", "version"): f"{status.version}, {status.engine}",
        ("区块高度", "height"): f"{status.height} ({status.provable_height})",
        ("账本时间落后", "ledger time behind"): f"{lag:.1f} s",
        ("状态摘要", "app hash"): status.app_hash.hex(),
    }
    if not status.HasField("health"):
        return rows
    rows |= {
        ("就绪", "ready"): _show_readiness(health),
        ("等待批次", "waiting batches"): health.waiting_batches,
        ("已连接节点", "peers"): _show_peers(health, expected),
        ("验证者", "validators"): _show_validators(health),
        ("本节点是验证者", "is a validator"): _show_own(health),
        ("磁盘", "disk"): _show_disk(health),
        ("时钟偏差", "clock skew"): _show_skew(health),
    }
    return rows


def build_fields(status: NodeStatus, expected: Mapping[str, str] = NOBODY) -> dict[str, object]:
    """The same for machines."""
    health = status.health
    fields: dict[str, object] = {
        "chain_id": status.chain_id,
        "height": status.height,
        "provable_height": status.provable_height,
        "block_time_ms": status.block_time_ms,
        "app_hash": status.app_hash.hex(),
        "engine": status.engine,
        "version": status.version,
        "genesis_digest": status.genesis_digest.hex(),
    }
    if not status.HasField("health"):
        return fields
    return fields | {
        "ready": health.ready,
        "reasons": list(health.reasons),
        "catching_up": health.catching_up,
        "header_age_ms": health.header_age_ms,
        "waiting_batches": health.waiting_batches,
        "peers": [
            {"node_id": peer.node_id.hex(), "address": peer.address, "height": peer.height}
            for peer in health.peers
        ],
        "peers_expected": health.peers_expected,
        "peers_missing": find_missing(health, expected),
        "validators": [
            {"address": each.address.hex(), "member": each.member, "signed_last": each.signed_last}
            for each in health.validators
        ],
        "is_validator": _is_validator(health),
        "disk_free_bytes": health.disk_free_bytes,
        "disk_reserve_bytes": health.disk_reserve_bytes,
        "days_left": health.hours_left / 24 if health.HasField("hours_left") else None,
        "clock_skew_ms": health.clock_skew_ms if health.HasField("clock_skew_ms") else None,
    }


def read_expected(config: NodeConfig) -> dict[str, str]:
    """Node id (hex) → member of every peer that the node calls; its address where peers.json has no name."""
    if config.cometbft is None:
        return {}
    names = read_members(config.peers)
    return {
        node_id: names.get(node_id, address)
        for node_id, address in read_peer_addresses(config.cometbft).items()
    }


def find_missing(health: NodeHealth, expected: Mapping[str, str]) -> list[str]:
    """Whom of the peers it calls the node is not connected with."""
    connected = {peer.node_id.hex() for peer in health.peers}
    return [name for node_id, name in expected.items() if node_id not in connected]


def describe_reasons(health: NodeHealth) -> Text:
    """What speaks against asking the node, in sentences; empty where nothing does."""
    named = {reason.code: reason for reason in Reason}
    known = [(named[code].zh, named[code].en) if code in named else (code, code) for code in health.reasons]
    return Text("；".join(zh for zh, _ in known), "; ".join(en for _, en in known))


def describe_skew(seconds: float) -> str:
    """How far the clock is off. The votes it is known by are a moment old: no better than a second."""
    return f"{round(seconds):+d} s ±1 s"


def _show_readiness(health: NodeHealth) -> Text:
    against = describe_reasons(health)
    return Text(against.zh or "是", against.en or "yes")


def _show_peers(health: NodeHealth, expected: Mapping[str, str]) -> Text:
    heights = [peer.height for peer in health.peers]
    told = f" ({min(heights)} … {max(heights)})" if heights else ""
    counted = f"{len(health.peers)} / {health.peers_expected}{told}"
    missing = find_missing(health, expected)
    if not missing:
        return Text(counted, counted)
    return Text(f"{counted}；未连接：{'、'.join(missing)}", f"{counted}; missing: {', '.join(missing)}")


def _show_validators(health: NodeHealth) -> Text:
    """Who signed the newest header, and whose vote came too late for its commit, or not at all."""
    signed = [each.member or each.address.hex() for each in health.validators if each.signed_last]
    others = [each.member or each.address.hex() for each in health.validators if not each.signed_last]
    counted = f"{len(signed)} / {len(health.validators)}: {', '.join(signed)}"
    if not others:
        return Text(counted, counted)
    return Text(
        f"{counted}；不在最新提交中：{'、'.join(others)}",
        f"{counted}; not in the newest commit: {', '.join(others)}",
    )


def _is_validator(health: NodeHealth) -> bool:
    return any(each.address == health.own_validator for each in health.validators)


def _show_own(health: NodeHealth) -> Text:
    own = [each for each in health.validators if each.address == health.own_validator]
    if not own:
        return Text("否", "no")
    if own[0].signed_last:
        return Text("是", "yes")
    return Text("是，不在最新提交中", "yes, and not in the newest commit")


def _show_disk(health: NodeHealth) -> Text:
    free, reserve = format_bytes(health.disk_free_bytes), format_bytes(health.disk_reserve_bytes)
    days = round(health.hours_left / 24) if health.HasField("hours_left") else None
    zh, en = ("", "") if days is None else (f"，约可用 {days} 天", f", lasts about {days} days")
    return Text(f"剩余 {free}，保留 {reserve}{zh}", f"{free} free, {reserve} reserved{en}")


def _show_skew(health: NodeHealth) -> str:
    return describe_skew(health.clock_skew_ms / 1000) if health.HasField("clock_skew_ms") else "?"


def _get_local_target(listen: str) -> str:
    host, _, port = listen.rpartition(":")
    return f"127.0.0.1:{port}" if host in _EVERYWHERE else listen


def _get_name(certificate: bytes) -> str:
    """A name that the node's certificate carries; its own loopback address need not be one."""
    leaf = x509.load_pem_x509_certificate(certificate)
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ""
    found = names.get_values_for_type(x509.DNSName) or names.get_values_for_type(x509.IPAddress)
    return str(found[0]) if found else ""

"""`status`: asks a running node over its own port, with its own certificate, and shows it on one screen.

The channel trusts that very certificate and no other, so it needs no list of CAs: it works the same for a
member that was admitted long after genesis. A node shows its own operator more than it shows others.
"""

import time
from typing import Final

import grpc
from cryptography import x509

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Unreachable
from zhenglian_node.api.credentials import read_pair
from zhenglian_node.cli.watch.readiness import Reason
from zhenglian_node.config import NodeConfig
from zhenglian_node.storage.reserve import format_bytes
from zhenglian_proto.v1.node_pb2 import NodeHealth, NodeStatus, StatusRequest
from zhenglian_proto.v1.node_pb2_grpc import NodeStub

TIMEOUT_SECONDS: Final = 5.0
_NO_PATH: Final = (1 << 64) - 1  # a trusted height behind which nothing is to be shown
_EVERYWHERE: Final = ("0.0.0.0", "[::]")  # noqa: S104  recognised, not bound

Rows = dict[tuple[str, str], object]
"""(Chinese, English) → value, as the screen shows them."""


def fetch_status(config: NodeConfig, address: str = "") -> NodeStatus:
    """What the node at `address` (by default the home's own) says of itself, with its health.

    Raises Unreachable(NODE_UNREACHABLE); StoreError(CONFIG_INVALID) if the node's certificate cannot be used.
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
            raise Unreachable(Code.NODE_UNREACHABLE, target=target) from error
    return status


def build_screen(status: NodeStatus) -> Rows:
    """One screen: the ledger, the network, the machine."""
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
        ("已连接节点", "peers"): _show_peers(health),
        ("验证者", "validators"): _show_validators(health),
        ("本节点是验证者", "is a validator"): _show_own(health),
        ("磁盘", "disk"): _show_disk(health),
        ("时钟偏差", "clock skew"): (
            f"{health.clock_skew_ms / 1000:+.1f} s" if health.HasField("clock_skew_ms") else "?"
        ),
    }
    return rows


def build_fields(status: NodeStatus) -> dict[str, object]:
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


def _show_readiness(health: NodeHealth) -> str:
    named = {reason.code: f"{reason.zh} {reason.en}" for reason in Reason}
    return "; ".join(named.get(code, code) for code in health.reasons) or "是 yes"


def _show_peers(health: NodeHealth) -> str:
    heights = [peer.height for peer in health.peers]
    told = f" ({min(heights)} … {max(heights)})" if heights else ""
    return f"{len(health.peers)} / {health.peers_expected}{told}"


def _show_validators(health: NodeHealth) -> str:
    """Who signed the newest header, and who did not."""
    signed = [each.member or each.address.hex() for each in health.validators if each.signed_last]
    missing = [each.member or each.address.hex() for each in health.validators if not each.signed_last]
    lacking = f"; 未签 absent: {', '.join(missing)}" if missing else ""
    return f"{len(signed)} / {len(health.validators)}: {', '.join(signed)}{lacking}"


def _is_validator(health: NodeHealth) -> bool:
    return any(each.address == health.own_validator for each in health.validators)


def _show_own(health: NodeHealth) -> str:
    own = [each for each in health.validators if each.address == health.own_validator]
    if not own:
        return "否 no"
    return "是 yes" if own[0].signed_last else "是，最近区块未签 yes, and did not sign the newest header"


def _show_disk(health: NodeHealth) -> str:
    free, reserve = format_bytes(health.disk_free_bytes), format_bytes(health.disk_reserve_bytes)
    days = f", {health.hours_left / 24:.0f} 天 days" if health.HasField("hours_left") else ""
    return f"剩余 free {free}, 保留 reserve {reserve}{days}"


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

"""Whether the node should be asked: one table of what speaks against it.

Alive is not ready: a node that catches up, that stands still or whose disk is full runs, and nobody should
rely on its answers. Ready follows the height, never the mere process.
"""

from collections.abc import Callable
from enum import Enum
from typing import Final, NamedTuple

from zhenglian_ledger.verify.anchor import MAX_STALENESS_MS
from zhenglian_node.cli.watch.disk import DiskLevel

MAX_BEHIND: Final = 2
"""Heights that a ready node may be behind the greatest one that a peer has."""

FRESH_HEARTBEATS: Final = 3
"""A header's time is a heartbeat old when it arrives, and gets another one older before the next."""


class Facts(NamedTuple):
    """What the watcher knows of a node. Peers and their heights are 0 where there is no network.

    `is_alone`: it calls peers, and none is connected.
    """

    height: int = 0
    header_age_ms: int | None = None
    heartbeat_ms: int = 10_000
    greatest_peer_height: int = 0
    is_alone: bool = False
    is_catching_up: bool = False
    is_stalled: bool = False
    is_stopping: bool = False
    has_engine_ended: bool = False
    disk: DiskLevel = DiskLevel.FINE


class Reason(Enum):
    """Why a node is not ready: its name, and a sentence in Chinese and English."""

    ENGINE_ENDED = "engine_ended", "共识引擎已停止", "the engine has ended"
    STOPPING = "stopping", "节点正在停止", "the node is stopping"
    NOT_PROVABLE = "not_provable", "尚无可证明的状态", "no state can be proven yet"
    STALLED = "stalled", "区块高度长时间没有增长", "no new block for three heartbeats"
    STALE = "stale", "最新区块头过旧", "the newest header is too old"
    CATCHING_UP = "catching_up", "正在同步区块", "the node is catching up"
    BEHIND = "behind", "落后于其他节点", "the node is behind its peers"
    NO_PEERS = (
        "no_peers",
        "没有已连接的节点（若连上即断：本节点的标识是否在账本名单上？）",
        "no peer is connected (connected, then dropped: is its node id on the ledger's list?)",
    )
    DISK_LOW = "disk_low", "磁盘空间不足", "the disk is low"

    @property
    def zh(self) -> str:
        """The sentence in Chinese."""
        return self.value[1]

    @property
    def en(self) -> str:
        """The sentence in English."""
        return self.value[2]

    @property
    def code(self) -> str:
        """The name that machines read."""
        return self.value[0]


def is_header_old(facts: Facts) -> bool:
    """Whether clients would call the newest header stale (SPEC 8.1), or three heartbeats are over."""
    if facts.header_age_ms is None:
        return False
    return facts.header_age_ms > max(MAX_STALENESS_MS, FRESH_HEARTBEATS * facts.heartbeat_ms)


_TABLE: Final[tuple[tuple[Reason, Callable[[Facts], bool]], ...]] = (
    (Reason.ENGINE_ENDED, lambda facts: facts.has_engine_ended),
    (Reason.STOPPING, lambda facts: facts.is_stopping),
    (Reason.NOT_PROVABLE, lambda facts: facts.header_age_ms is None),
    (Reason.STALLED, lambda facts: facts.is_stalled),
    (Reason.STALE, is_header_old),
    (Reason.CATCHING_UP, lambda facts: facts.is_catching_up),
    (Reason.BEHIND, lambda facts: facts.greatest_peer_height - facts.height > MAX_BEHIND),
    (Reason.NO_PEERS, lambda facts: facts.is_alone),
    (Reason.DISK_LOW, lambda facts: facts.disk == DiskLevel.FULL),
)


def compute_reasons(facts: Facts) -> tuple[Reason, ...]:
    """Everything that speaks against asking the node; it is ready where nothing does."""
    return tuple(reason for reason, is_against in _TABLE if is_against(facts))

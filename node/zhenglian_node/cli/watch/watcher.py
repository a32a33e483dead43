"""Watches a running node: looks at it, decides, tells logs, metrics and whoever asks.

`observe` takes one look and does everything that follows from it, so a test hands it looks and waits for
nothing. `run` looks at the real node, about every second; it raises when the disk is down to its reserve,
after which the node ends in order.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import structlog

from zhenglian_ledger.cometbft.validators import compute_address
from zhenglian_ledger.errors import ZhenglianError
from zhenglian_ledger.state import State
from zhenglian_node.api.channel_auth import get_roots
from zhenglian_node.app.application import Application
from zhenglian_node.app.engine_port import Engine
from zhenglian_node.cli.watch.clock import ClockLevel, ClockWatch, compute_clock_level, compute_vote_time_ms
from zhenglian_node.cli.watch.disk import (
    DiskLevel,
    Growth,
    Sample,
    compute_level,
    format_growth,
    parse_growth,
)
from zhenglian_node.cli.watch.heights import Change, StallWatch
from zhenglian_node.cli.watch.readiness import Facts, Reason, compute_reasons
from zhenglian_node.engines.cometbft.network_view import NetworkView
from zhenglian_node.metrics import Metrics
from zhenglian_node.storage.reserve import Room, measure_least, verify_room
from zhenglian_proto.v1.cometbft_pb2 import BLOCK_ID_FLAG_COMMIT, LightBlock
from zhenglian_proto.v1.node_pb2 import NodeHealth, PeerHealth, ValidatorHealth

LOOKS_A_HEARTBEAT: Final = 5
LONGEST_LOOK_SECONDS: Final = 1.0
NETWORK_SECONDS: Final = 5.0
"""Between two questions to CometBFT, at most: its answer grows with the network."""

MISSES: Final = 3
"""Questions without an answer after which nobody counts as connected."""

_log = structlog.get_logger(__name__)

FetchNetwork = Callable[[], Awaitable[NetworkView | None]]


@dataclass(frozen=True, slots=True)
class WatchPlan:
    """What is watched: `disks` with their `reserve`; `growth` keeps what was seen of them."""

    heartbeat_ms: int
    disks: tuple[Path, ...]
    reserve: int
    growth: Path
    own_validator: bytes = b""
    own_node: bytes = b""  # its id; empty where there is no network
    peers: Mapping[str, str] = field(default_factory=dict)  # node id (hex) → host:port, as configured
    begins_ms: int = 0


class Standing(NamedTuple):
    """What the newest committed state says of this node's neighbours and of itself.

    `members`: who runs each validator in force, by address. `authorities`: transport CAs in force, in PEM.
    """

    members: Mapping[bytes, str]
    authorities: bytes | None = None
    is_listed: bool | None = None


class Look(NamedTuple):
    """What one look at a node saw. `moment` is in seconds of a clock that never goes back."""

    now_ms: int
    moment: float
    height: int
    waiting: int
    light_block: LightBlock | None
    standing: Standing
    room: Room
    network: NetworkView | None = None


class Watcher:
    """What is known of one running node."""

    def __init__(self, plan: WatchPlan, metrics: Metrics) -> None:
        """Nothing was seen yet: the node is not ready."""
        self.facts = Facts(heartbeat_ms=plan.heartbeat_ms)
        self.health = NodeHealth(reasons=[Reason.NOT_PROVABLE.code])
        self._plan = plan
        self._metrics = metrics
        self._stalls = StallWatch(plan.heartbeat_ms / 1000)
        self._clock = ClockWatch()
        self._clock_level = ClockLevel.UNKNOWN
        self._growth = _read_growth(plan.growth)
        self._days_left: float | None = None
        self._proven_height = 0
        self._peer_count: int | None = None
        self.is_stopping = False

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What speaks against asking the node now; empty where it is ready."""
        return compute_reasons(self.facts._replace(is_stopping=self.is_stopping))

    def observe(self, look: Look) -> None:
        """Everything that follows from one look: state, log lines of what changed, metrics."""
        network = look.network or NetworkView()
        self._observe_height(look)
        disk = self._observe_disk(look)
        self._observe_clock(look, network)
        if self._plan.peers or network.peers:
            self._observe_peers(len(network.peers))
        was_ready = not self.health.reasons
        self.facts = Facts(
            height=look.height,
            header_age_ms=_compute_age(look),
            heartbeat_ms=self._plan.heartbeat_ms,
            greatest_peer_height=network.greatest_height,
            is_alone=look.network is not None and bool(self._plan.peers) and not network.peers,
            is_catching_up=network.is_catching_up,
            is_stalled=self._stalls.is_stalled,
            disk=disk,
        )
        self.health = self._build_health(look, network)
        if was_ready != self.health.ready:
            _log.info("readiness changed", reasons=list(self.health.reasons), height=look.height)
        self._metrics.show(self.health, is_stalled=self._stalls.is_stalled)

    def _observe_height(self, look: Look) -> None:
        quiet = self._stalls.quiet_seconds
        change = self._stalls.observe(
            look.height, look.moment, is_expected=look.now_ms >= self._plan.begins_ms
        )
        if change is Change.BEGUN:
            seconds = round(self._stalls.quiet_seconds)
            _log.error("no new block for three heartbeats", height=look.height, seconds=seconds)
        elif change is Change.ENDED:
            _log.warning("blocks come again", height=look.height, seconds=round(quiet))

    def _observe_disk(self, look: Look) -> DiskLevel:
        grown = self._growth.add(Sample(look.now_ms // 1000, look.room.free))
        if grown != self._growth:
            self._growth = grown
            self._days_left = grown.compute_days_left(look.room)
            _write_growth(self._plan.growth, grown)
        level = compute_level(look.room, self._days_left)
        if level != self.facts.disk:
            say = (_log.info, _log.warning, _log.error)[level]
            say(
                ("the disk has room again", "the disk is getting full", "the disk is down to its reserve")[
                    level
                ],
                free_bytes=look.room.free,
                reserve_bytes=look.room.reserve,
                days_left=None if self._days_left is None else round(self._days_left, 1),
                path=str(look.room.path),
            )
        return level

    def _observe_clock(self, look: Look, network: NetworkView) -> None:
        """Only a block that was just made, on a node that is where its peers are, tells the time."""
        if look.light_block is None:
            return
        header, commit = look.light_block.signed_header.header, look.light_block.signed_header.commit
        is_new, self._proven_height = header.height > self._proven_height, header.height
        is_current = not network.is_catching_up and network.greatest_height - look.height <= 1
        if is_new and is_current:
            self._clock.observe(look.now_ms, compute_vote_time_ms(commit, self._plan.own_validator))
        skew = self._clock.skew_seconds
        level = compute_clock_level(skew)
        if level > max(self._clock_level, ClockLevel.FINE):
            say = _log.error if level is ClockLevel.ERROR else _log.warning
            say("the clock differs from the network's", seconds=round(skew or 0.0, 1))
        elif level is ClockLevel.FINE and self._clock_level > ClockLevel.FINE:
            _log.info("the clock is right again", seconds=round(skew or 0.0, 1))
        self._clock_level = level

    def _observe_peers(self, count: int) -> None:
        if count != self._peer_count:
            say = _log.info if count > (self._peer_count or 0) else _log.warning
            say("connected peers changed", peers=count, expected=len(self._plan.peers))
            self._peer_count = count

    def _build_health(self, look: Look, network: NetworkView) -> NodeHealth:
        reasons, skew = self.reasons, self._clock.skew_seconds
        health = NodeHealth(
            ready=not reasons,
            reasons=[reason.code for reason in reasons],
            catching_up=network.is_catching_up,
            header_age_ms=max(self.facts.header_age_ms or 0, 0),
            waiting_batches=look.waiting,
            peers=[PeerHealth(**peer._asdict()) for peer in network.peers],
            peers_expected=len(self._plan.peers),
            validators=build_validators(look.light_block, look.standing.members),
            own_validator=self._plan.own_validator,
            disk_free_bytes=look.room.free,
            disk_reserve_bytes=look.room.reserve,
        )
        if look.standing.is_listed is not None:
            health.listed = look.standing.is_listed
        if look.standing.authorities is not None:
            health.authorities = look.standing.authorities
        if self._days_left is not None:
            health.hours_left = min(int(self._days_left * 24), (1 << 32) - 1)
        if skew is not None:
            health.clock_skew_ms = round(skew * 1000)
        return health


def build_validators(light_block: LightBlock | None, members: Mapping[bytes, str]) -> list[ValidatorHealth]:
    """The validators of the newest header in the set's order, with who signed it; `members` by address."""
    if light_block is None:
        return []
    signatures = light_block.signed_header.commit.signatures
    return [
        ValidatorHealth(
            address=validator.address,
            member=members.get(validator.address, ""),
            signed_last=signature.block_id_flag == BLOCK_ID_FLAG_COMMIT,
        )
        for validator, signature in zip(light_block.validator_set.validators, signatures, strict=False)
    ]


class NodeView:
    """Takes looks at a real node."""

    def __init__(
        self, application: Application, engine: Engine, plan: WatchPlan, fetch: FetchNetwork
    ) -> None:
        """`fetch` asks the engine for its network."""
        self._application, self._engine, self._plan, self._fetch = application, engine, plan, fetch
        self._network: NetworkView | None = None
        self._misses = 0
        self._standing = (-1, Standing({}))

    def look(self) -> Look:
        """What the node is like now; the network as of the last `ask_network`. Raises StoreError."""
        status, provable = self._engine.get_status(), self._application.provable
        return Look(
            now_ms=time.time_ns() // 1_000_000,
            moment=time.monotonic(),
            height=status.height,
            waiting=status.waiting,
            light_block=None if provable is None else provable.light_block,
            standing=self._get_standing(),
            room=measure_least(self._plan.disks, self._plan.reserve),
            network=self._network,
        )

    async def ask_network(self) -> None:
        """The next looks show the network as it is now; or as it was, if CometBFT misses a question."""
        network = await self._fetch()
        self._misses = 0 if network is not None else self._misses + 1
        if network is not None or self._misses >= MISSES:
            self._network = network

    async def follow_network(self) -> None:
        """The network is asked for again and again, until this is cancelled."""
        pause = min(NETWORK_SECONDS, self._plan.heartbeat_ms / 2000)
        while True:
            await asyncio.sleep(pause)
            await self.ask_network()

    def _get_standing(self) -> Standing:
        """What the newest state says; read again when it has changed."""
        committed = self._application.committed
        if committed.version != self._standing[0]:
            state = State(committed.view, committed.head.sizes)
            members = {compute_address(each.public_key): each.member for each in state.get_validators()}
            is_listed = state.is_node_allowed(self._plan.own_node) if self._plan.own_node else None
            self._standing = committed.version, Standing(members, get_roots(committed), is_listed)
        return self._standing[1]


async def watch(
    watcher: Watcher, view: NodeView, plan: WatchPlan, tell: Callable[[], Awaitable[None]]
) -> None:
    """The node is watched until this is cancelled; `tell` is called after every look.

    Raises StoreError(DISK_LOW) once a disk is down to its reserve.
    """
    pause = min(LONGEST_LOOK_SECONDS, plan.heartbeat_ms / 1000 / LOOKS_A_HEARTBEAT)
    following = asyncio.create_task(view.follow_network(), name="network view")
    try:
        while True:
            try:
                watcher.observe(view.look())
                await tell()
            except ZhenglianError:
                raise
            except Exception:  # noqa: BLE001  a fault of the watcher's own ends no node
                _log.exception("a look at the node failed")
            verify_room(plan.disks, plan.reserve)
            await asyncio.sleep(pause)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


def _compute_age(look: Look) -> int | None:
    if look.light_block is None:
        return None
    return look.now_ms - look.light_block.signed_header.header.time.ToMilliseconds()


def _read_growth(path: Path) -> Growth:
    """What an earlier run saw; a file that cannot be read tells nothing."""
    try:
        return parse_growth(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return Growth()


def _write_growth(path: Path, growth: Growth) -> None:
    """A forecast that cannot be kept is made anew; the disk may be full."""
    part = path.with_suffix(".part")
    try:
        part.write_text(json.dumps(format_growth(growth)), encoding="utf-8")
        part.replace(path)
    except OSError:
        _log.warning("what was seen of the disk cannot be kept", path=str(path))

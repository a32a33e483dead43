"""A watcher is handed looks at a node: what it logs, keeps, shows and concludes. Nothing here waits."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from structlog.testing import LogCapture

from tests.testkit.node_kit import VALIDATOR, SoloChain
from zhenglian_node.cli.watch.clock import OBSERVATIONS
from zhenglian_node.cli.watch.readiness import Reason
from zhenglian_node.cli.watch.watcher import Look, NodeView, Standing, Watcher, WatchPlan
from zhenglian_node.engines.cometbft.network_view import NetworkView, PeerView
from zhenglian_node.engines.solo.engine import SoloEngine
from zhenglian_node.metrics import Metrics
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_node.storage.reserve import GIB, Room
from zhenglian_proto.v1.cometbft_pb2 import (
    BLOCK_ID_FLAG_ABSENT,
    BLOCK_ID_FLAG_COMMIT,
    CommitSig,
    LightBlock,
    Validator,
)

BEGAN_MS = 1_800_000_000_000
OWN, OTHER, THIRD = (bytes([number]) * 20 for number in (1, 2, 3))
MEMBERS = {OWN: "centre", OTHER: "department-01"}
PEERS = NetworkView((PeerView(b"p" * 20, "10.0.0.2:26656", 3),))


@pytest.fixture
def events() -> Iterator[LogCapture]:
    """Every log line of the test."""
    capture, before = LogCapture(), structlog.get_config()
    structlog.configure(processors=[capture], cache_logger_on_first_use=False)
    yield capture
    structlog.configure(**before)


class Story:
    """A node as its watcher sees it; `pass_seconds` takes a look after so many seconds."""

    def __init__(self, directory: Path) -> None:
        self.plan = WatchPlan(
            heartbeat_ms=10_000, disks=(directory,), reserve=GIB, growth=directory / "disk.json",
            own_validator=OWN, peers={f"{number:040x}": f"10.0.0.{number}:26656" for number in range(3)},
        )  # fmt: skip
        self.metrics = Metrics()
        self.watcher = Watcher(self.plan, self.metrics)
        self.seconds = 0.0
        self.height = 3
        self.free = 50 * GIB
        self.network: NetworkView | None = PEERS
        self.vote_offset_ms = 0
        self.proven_at_ms = BEGAN_MS

    def pass_seconds(self, seconds: float, *, blocks: int = 0) -> None:
        self.seconds += seconds
        self.height += blocks
        now_ms = BEGAN_MS + round(self.seconds * 1000)
        if blocks:
            self.proven_at_ms = now_ms
        self.watcher.observe(
            Look(
                now_ms=now_ms,
                moment=self.seconds,
                height=self.height,
                waiting=7,
                light_block=self._build_light_block(),
                standing=Standing(MEMBERS, b"a CA", is_listed=True),
                room=Room(self.plan.disks[0], 100 * GIB, self.free, GIB),
                network=self.network,
            )
        )

    def _build_light_block(self) -> LightBlock:
        block = LightBlock()
        block.signed_header.header.height = self.height
        block.signed_header.header.time.FromMilliseconds(self.proven_at_ms - 10_000)
        for address, flag in (
            (OWN, BLOCK_ID_FLAG_COMMIT),
            (OTHER, BLOCK_ID_FLAG_COMMIT),
            (THIRD, BLOCK_ID_FLAG_ABSENT),
        ):
            block.validator_set.validators.append(Validator(address=address))
            signature = CommitSig(block_id_flag=flag, validator_address=address)
            signature.timestamp.FromMilliseconds(self.proven_at_ms + self.vote_offset_ms)
            block.signed_header.commit.signatures.append(signature)
        return block

    def get_metric(self, name: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"zhenglian_{name}")


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path)


def get_said(events: LogCapture, level: str) -> list[str]:
    return [entry["event"] for entry in events.entries if entry["log_level"] == level]


def test_before_the_first_look_a_node_is_not_ready(story: Story) -> None:
    assert story.watcher.reasons == (Reason.NOT_PROVABLE,)
    assert not story.watcher.health.ready


def test_a_healthy_look_shows_peers_validators_and_who_signed(story: Story) -> None:
    story.pass_seconds(1)
    health = story.watcher.health
    assert (health.ready, list(health.reasons), health.waiting_batches) == (True, [], 7)
    assert [(each.member, each.signed_last) for each in health.validators] == [
        ("centre", True),
        ("department-01", True),
        ("", False),
    ]
    assert (len(health.peers), health.peers_expected, health.own_validator) == (1, 3, OWN)
    assert not health.HasField("hours_left")
    assert not health.HasField("clock_skew_ms")
    assert (story.get_metric("ready"), story.get_metric("validators_signed")) == (1, 2)


def test_a_stall_is_said_once_makes_the_node_unready_and_ends_with_the_next_block(
    story: Story, events: LogCapture
) -> None:
    story.pass_seconds(0)
    for _ in range(35):
        story.pass_seconds(1)
    assert get_said(events, "error") == ["no new block for three heartbeats"]
    assert Reason.STALLED in story.watcher.reasons
    assert story.get_metric("stalled") == 1
    story.pass_seconds(1, blocks=1)
    assert "blocks come again" in get_said(events, "warning")
    assert story.watcher.reasons == ()
    assert (story.get_metric("stalled"), story.get_metric("ready")) == (0, 1)


def test_before_the_genesis_time_no_block_is_missed(tmp_path: Path, events: LogCapture) -> None:
    story = Story(tmp_path)
    story.watcher = Watcher(
        WatchPlan(10_000, (tmp_path,), GIB, tmp_path / "disk.json", begins_ms=BEGAN_MS + 3_600_000), Metrics()
    )
    for _ in range(60):
        story.pass_seconds(10)
    assert get_said(events, "error") == []


def test_a_disk_that_fills_is_foreseen_then_refused_and_remembered(story: Story, events: LogCapture) -> None:
    story.free = 100 * GIB
    for step in range(48):
        story.free -= GIB
        story.pass_seconds(600, blocks=1)
        assert story.watcher.health.HasField("hours_left") == (step >= 36)
    assert "the disk is getting full" in get_said(events, "warning")
    hours = story.watcher.health.hours_left
    assert hours == (story.free - GIB) // (6 * GIB)  # 6 GiB an hour
    assert json.loads(story.plan.growth.read_text())["minutes"][-1][1] == story.free
    again = Watcher(story.plan, Metrics())
    assert again._growth == story.watcher._growth
    story.free = GIB - 1
    story.pass_seconds(60, blocks=1)
    assert story.watcher.reasons == (Reason.DISK_LOW,)
    assert "the disk is down to its reserve" in get_said(events, "error")
    story.free = 90 * GIB
    for _ in range(48):
        story.pass_seconds(3_600, blocks=1)
    assert "the disk has room again" in get_said(events, "info")


def test_a_memory_of_the_disk_that_cannot_be_read_or_kept_stops_nothing(
    tmp_path: Path, events: LogCapture
) -> None:
    (tmp_path / "disk.json").write_text('{"minutes": [["a"]], "hours": 3}')
    story = Story(tmp_path)
    story.pass_seconds(1)
    assert story.watcher.health.ready
    story.watcher._plan.growth.unlink()
    story.watcher._plan.growth.mkdir()
    story.pass_seconds(61, blocks=1)
    assert "what was seen of the disk cannot be kept" in get_said(events, "warning")


@pytest.mark.parametrize(
    ("ahead_ms", "level", "said"),
    [(1_000, "info", []), (8_000, "warning", ["the clock differs from the network's"]),
     (-25_000, "error", ["the clock differs from the network's"])],
)  # fmt: skip
def test_a_clock_that_differs_is_said_once(
    story: Story, events: LogCapture, ahead_ms: int, level: str, said: list[str]
) -> None:
    story.vote_offset_ms = -ahead_ms
    for _ in range(2 * OBSERVATIONS):
        story.pass_seconds(5, blocks=1)
    assert story.watcher.health.clock_skew_ms == ahead_ms
    assert [event for event in get_said(events, level) if "clock" in event] == said


def test_a_node_that_catches_up_says_nothing_about_its_clock(story: Story) -> None:
    story.vote_offset_ms = -3_600_000
    story.network = NetworkView(PEERS.peers, is_catching_up=True)
    for _ in range(10):
        story.pass_seconds(1, blocks=1)
    story.network = NetworkView((PeerView(b"p", "", story.height + 500),))
    for _ in range(10):
        story.pass_seconds(1, blocks=1)
    assert not story.watcher.health.HasField("clock_skew_ms")
    assert Reason.BEHIND in story.watcher.reasons


def test_peers_that_come_and_go_are_counted(story: Story, events: LogCapture) -> None:
    story.pass_seconds(1)
    story.network = None
    story.pass_seconds(1)
    changes = [entry["peers"] for entry in events.entries if entry["event"] == "connected peers changed"]
    assert changes == [1, 0]
    assert story.get_metric("peers") == 0


def test_a_node_that_nobody_lets_in_says_so_from_the_first_look(story: Story, events: LogCapture) -> None:
    story.network = NetworkView()
    story.pass_seconds(1)
    story.pass_seconds(1)
    assert get_said(events, "warning") == ["connected peers changed"]
    assert (events.entries[0]["peers"], events.entries[0]["expected"]) == (0, 3)
    assert list(story.watcher.health.reasons) == [Reason.NO_PEERS.code]
    story.network = PEERS
    story.pass_seconds(1)
    assert story.watcher.health.ready


def test_the_operator_is_told_what_the_newest_state_says_of_this_node(story: Story) -> None:
    story.pass_seconds(1)
    assert (story.watcher.health.listed, story.watcher.health.authorities) == (True, b"a CA")


def test_a_node_that_stops_is_not_ready(story: Story) -> None:
    story.pass_seconds(1)
    story.watcher.is_stopping = True
    assert story.watcher.reasons == (Reason.STOPPING,)


def test_one_missed_question_leaves_the_network_as_it_was_and_several_do_not(tmp_path: Path) -> None:
    answers: list[NetworkView | None] = [PEERS, None, None, None, PEERS]

    async def fetch() -> NetworkView | None:
        return answers.pop(0)

    plan = Story(tmp_path).plan
    chain = SoloChain(MemoryStore())
    chain.make_block()

    async def ask() -> list[bool]:
        seen = []
        engine = SoloEngine(chain.application, VALIDATOR, chain.clock)
        view = NodeView(chain.application, engine, plan, fetch)
        while answers:
            await view.ask_network()
            seen.append(view.look().network is PEERS)
        return seen

    assert asyncio.run(ask()) == [True, True, True, False, True]

"""What follows from what a watcher sees: stalls, the disk's end, clocks, readiness. Nothing here waits."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from zhenglian_node.cli.watch.clock import (
    OBSERVATIONS,
    ClockLevel,
    ClockWatch,
    compute_clock_level,
    compute_vote_time_ms,
)
from zhenglian_node.cli.watch.disk import (
    DAY_SECONDS,
    HOURS,
    MINUTES,
    DiskLevel,
    Growth,
    Sample,
    compute_level,
    compute_rate,
)
from zhenglian_node.cli.watch.heights import Change, StallWatch
from zhenglian_node.cli.watch.readiness import Facts, Reason, compute_reasons
from zhenglian_node.storage.reserve import GIB, MIB, Room
from zhenglian_proto.v1.cometbft_pb2 import (
    BLOCK_ID_FLAG_ABSENT,
    BLOCK_ID_FLAG_COMMIT,
    BLOCK_ID_FLAG_NIL,
    Commit,
    CommitSig,
)

OWN = bytes(20)


def watch(
    heights: Sequence[int], *, every: float = 1.0, heartbeat: float = 10.0
) -> tuple[StallWatch, list[Change]]:
    """A watch that saw those heights, one every so many seconds, and what each changed."""
    stalls = StallWatch(heartbeat)
    return stalls, [stalls.observe(height, index * every) for index, height in enumerate(heights)]


def test_three_heartbeats_without_a_block_are_a_stall_and_the_next_block_ends_it() -> None:
    stalls, changes = watch([7] * 31 + [8])
    assert changes == [Change.NONE] * 30 + [Change.BEGUN, Change.ENDED]
    assert not stalls.is_stalled


def test_a_ledger_that_makes_a_block_every_heartbeat_never_stalls() -> None:
    _, changes = watch([second // 11 for second in range(200)])
    assert set(changes) == {Change.NONE}


def test_a_node_that_never_saw_a_block_stalls_too() -> None:
    stalls, _ = watch([0] * 31)
    assert stalls.is_stalled


def test_a_machine_that_slept_is_given_time() -> None:
    stalls = StallWatch(10.0)
    assert [stalls.observe(7, moment) for moment in (0.0, 5_000.0, 5_001.0)] == [Change.NONE] * 3
    assert not stalls.is_stalled


def test_where_no_block_is_due_silence_is_no_stall() -> None:
    stalls = StallWatch(1.0)
    assert {stalls.observe(0, float(second), is_expected=False) for second in range(50)} == {Change.NONE}


# --- disk


def room(free: int, reserve: int = GIB) -> Room:
    return Room(Path("store"), 100 * GIB, free, reserve)


def shrinking(rate: int, count: int = 30, spacing: int = 60) -> list[Sample]:
    """Samples of a disk that loses `rate` bytes a second."""
    return [Sample(index * spacing, 50 * GIB - rate * spacing * index) for index in range(count)]


def test_the_rate_is_what_disappears() -> None:
    assert compute_rate(shrinking(1_000)) == 1_000
    assert compute_rate(shrinking(-1_000)) == -1_000
    assert compute_rate(shrinking(1_000)[:1]) == 0


def test_a_compaction_and_a_removed_file_do_not_move_the_rate() -> None:
    samples = shrinking(1_000)
    bumpy = [
        Sample(moment, free - (3 * GIB if index % 7 == 3 else 0) + (GIB if index > 26 else 0))
        for index, (moment, free) in enumerate(samples)
    ]
    assert 500 < compute_rate(bumpy) < 2_000


def test_days_left_count_to_the_reserve_and_the_faster_of_hours_and_minutes_wins() -> None:
    a_day = GIB // DAY_SECONDS
    slow = Growth(hours=tuple(shrinking(a_day, spacing=3_600)))
    assert slow.compute_days_left(room(11 * GIB)) == pytest.approx(10, rel=0.01)
    both = Growth(minutes=tuple(shrinking(100 * a_day)), hours=slow.hours)
    assert both.compute_days_left(room(11 * GIB)) == pytest.approx(0.1, rel=0.01)


def test_a_disk_that_does_not_shrink_or_is_hardly_known_has_no_end() -> None:
    assert Growth(minutes=tuple(shrinking(-5))).compute_days_left(room(GIB)) is None
    assert Growth(minutes=tuple(shrinking(5))).compute_days_left(room(GIB)) is None
    assert Growth(hours=tuple(shrinking(5, 6, spacing=3_600))).compute_days_left(room(GIB)) is None
    assert Growth(hours=tuple(shrinking(5, 7, spacing=3_600))).compute_days_left(room(2 * GIB)) is not None
    assert Growth().compute_days_left(room(GIB)) is None


def test_samples_keep_their_distance_their_number_and_no_future() -> None:
    growth = Growth()
    for second in range(0, 3 * DAY_SECONDS, 30):
        growth = growth.add(Sample(second, GIB))
    assert len(growth.minutes) == MINUTES.length
    assert len(growth.hours) == 72
    assert {b.seconds - a.seconds for a, b in zip(growth.hours, growth.hours[1:], strict=False)} == {
        HOURS.spacing
    }
    assert growth.add(Sample(100, GIB)).hours == (Sample(0, GIB),)  # the clock was set back


@pytest.mark.parametrize(
    ("free", "days", "level"),
    [
        (50 * GIB, None, DiskLevel.FINE),
        (50 * GIB, 15.0, DiskLevel.FINE),
        (50 * GIB, 13.0, DiskLevel.WARNING),
        (3 * GIB - 1, None, DiskLevel.WARNING),
        (GIB, 900.0, DiskLevel.WARNING),
        (GIB - 1, 900.0, DiskLevel.FULL),
    ],
)
def test_the_disks_level(free: int, days: float | None, level: DiskLevel) -> None:
    assert compute_level(room(free), days) == level


def test_a_small_disks_reserve_is_small() -> None:
    assert compute_level(room(10 * MIB, reserve=3 * MIB), None) == DiskLevel.FINE


# --- clock


def commit(*votes: tuple[int, bytes, int]) -> Commit:
    """A commit of (flag, validator, seconds)."""
    made = Commit()
    for flag, address, seconds in votes:
        signature = CommitSig(block_id_flag=flag, validator_address=address)  # type: ignore[arg-type]
        signature.timestamp.FromSeconds(seconds)
        made.signatures.append(signature)
    return made


def test_the_networks_time_is_the_median_of_the_others_votes_for_the_block() -> None:
    found = commit(
        (BLOCK_ID_FLAG_COMMIT, OWN, 999),
        (BLOCK_ID_FLAG_COMMIT, b"a", 100),
        (BLOCK_ID_FLAG_COMMIT, b"b", 101),
        (BLOCK_ID_FLAG_COMMIT, b"c", 5),
        (BLOCK_ID_FLAG_NIL, b"d", 1),
        (BLOCK_ID_FLAG_ABSENT, b"", 0),
    )
    assert compute_vote_time_ms(found, OWN) == 100_000


def test_a_validator_alone_learns_nothing_about_its_clock() -> None:
    assert compute_vote_time_ms(commit((BLOCK_ID_FLAG_COMMIT, OWN, 100)), OWN) is None


def test_one_late_block_says_nothing_about_the_clock_and_several_do() -> None:
    clock = ClockWatch()
    for distance in [0, 0, 30_000, 0]:
        clock.observe(1_000_000 + distance, 1_000_000)
    before = clock.skew_seconds
    clock.observe(1_000_000, 1_000_000)
    assert (before, clock.skew_seconds) == (None, 0)
    for _ in range(OBSERVATIONS):
        clock.observe(1_000_000, 1_025_000)
    assert clock.skew_seconds == -25


@pytest.mark.parametrize(
    ("skew", "level"),
    [
        (None, ClockLevel.UNKNOWN), (0.3, ClockLevel.FINE), (-5.0, ClockLevel.FINE),
        (5.1, ClockLevel.WARNING), (-20.0, ClockLevel.WARNING), (-20.1, ClockLevel.ERROR),
    ],
)  # fmt: skip
def test_the_clocks_level(skew: float | None, level: ClockLevel) -> None:
    assert compute_clock_level(skew) == level


# --- readiness

WELL = Facts(height=100, header_age_ms=12_000, greatest_peer_height=102)


def test_a_fresh_node_near_its_peers_is_ready() -> None:
    assert compute_reasons(WELL) == ()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"has_engine_ended": True}, Reason.ENGINE_ENDED),
        ({"is_stopping": True}, Reason.STOPPING),
        ({"header_age_ms": None}, Reason.NOT_PROVABLE),
        ({"is_stalled": True}, Reason.STALLED),
        ({"header_age_ms": 30_001}, Reason.STALE),
        ({"is_catching_up": True}, Reason.CATCHING_UP),
        ({"height": 99}, Reason.BEHIND),
        ({"is_alone": True}, Reason.NO_PEERS),
        ({"disk": DiskLevel.FULL}, Reason.DISK_LOW),
    ],
)
def test_each_thing_that_speaks_against_a_node(change: dict[str, object], reason: Reason) -> None:
    facts = WELL._replace(**change)  # type: ignore[arg-type]
    assert compute_reasons(facts) == (reason,)
    assert reason.zh
    assert reason.en


def test_a_slow_heartbeat_makes_an_older_header_fresh() -> None:
    assert compute_reasons(WELL._replace(header_age_ms=100_000, heartbeat_ms=60_000)) == ()


def test_a_disk_that_only_warns_is_no_reason() -> None:
    assert compute_reasons(WELL._replace(disk=DiskLevel.WARNING)) == ()

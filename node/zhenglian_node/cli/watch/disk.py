"""How long the disk lasts, from the free bytes seen so far; and when the node stops rather than fill it.

The forecast is the median slope between all pairs of samples (Theil-Sen): a compaction that takes space and
gives it back, or one file that somebody removed, does not move it. It is made of the minutes of an hour, for
a disk that fills at once, and of the hours of a week; the sooner end counts. There is none before six hours
were seen: a node that is new, or catches up, grows as it never will again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from statistics import median
from typing import Final, NamedTuple

from zhenglian_node.storage.reserve import Room

DAY_SECONDS: Final = 86_400
WARNING_DAYS: Final = 14
"""A disk that lasts no longer is worth a warning."""

WARNING_RESERVES: Final = 3
"""So is one whose room is less than so many reserves."""


class DiskLevel(IntEnum):
    """How the disk stands, the worst last."""

    FINE = 0
    WARNING = 1
    FULL = 2


class Sample(NamedTuple):
    """Free bytes at a time in seconds since 1970."""

    seconds: int
    free: int


@dataclass(frozen=True, slots=True)
class Series:
    """Samples at least `spacing` seconds apart, the newest `length` of them; a forecast needs `least`."""

    spacing: int
    length: int
    least: int

    def add(self, samples: Sequence[Sample], sample: Sample) -> list[Sample]:
        """`samples` with one more, if it is late enough; those of a clock that was set back are dropped."""
        kept = [old for old in samples if old.seconds <= sample.seconds]
        if kept and sample.seconds - kept[-1].seconds < self.spacing:
            return kept
        return [*kept, sample][-self.length :]


MINUTES: Final = Series(spacing=60, length=60, least=10)
HOURS: Final = Series(spacing=3_600, length=168, least=7)

LEAST_SECONDS: Final = 6 * 3_600
"""What must have been seen of a disk before anything is foreseen."""


@dataclass(frozen=True, slots=True)
class Growth:
    """What was seen of one disk."""

    minutes: tuple[Sample, ...] = ()
    hours: tuple[Sample, ...] = ()

    def add(self, sample: Sample) -> "Growth":
        """The same with one more sample."""
        return Growth(tuple(MINUTES.add(self.minutes, sample)), tuple(HOURS.add(self.hours, sample)))

    def compute_days_left(self, room: Room) -> float | None:
        """Days until `room` is down to its reserve; None where it does not shrink, or too little was seen."""
        if not self.hours or self.hours[-1].seconds - self.hours[0].seconds < LEAST_SECONDS:
            return None
        rates = [
            compute_rate(samples)
            for samples, series in ((self.minutes, MINUTES), (self.hours, HOURS))
            if len(samples) >= series.least
        ]
        fastest = max((rate for rate in rates if rate > 0), default=0.0)
        return max(room.free - room.reserve, 0) / fastest / DAY_SECONDS if fastest else None


def format_growth(growth: Growth) -> dict[str, list[Sample]]:
    """As JSON keeps it."""
    return {"minutes": list(growth.minutes), "hours": list(growth.hours)}


def parse_growth(fields: object) -> Growth:
    """What `format_growth` gave; nothing, where it is anything else."""
    match fields:
        case {"minutes": list(minutes), "hours": list(hours)}:
            return Growth(_parse_samples(minutes), _parse_samples(hours))
        case _:
            return Growth()


def _parse_samples(pairs: list[object]) -> tuple[Sample, ...]:
    samples = []
    for pair in pairs:
        match pair:
            case [int(seconds), int(free)]:
                samples.append(Sample(seconds, free))
            case _:
                return ()
    return tuple(sorted(samples))


def compute_rate(samples: Sequence[Sample]) -> float:
    """Bytes a second that disappear: the median over all pairs of samples; 0 for fewer than two."""
    slopes = [
        (early.free - late.free) / (late.seconds - early.seconds)
        for position, early in enumerate(samples)
        for late in samples[position + 1 :]
        if late.seconds > early.seconds
    ]
    return median(slopes) if slopes else 0.0


def compute_level(room: Room, days_left: float | None) -> DiskLevel:
    """FULL below the reserve; WARNING where it is near, in bytes or in days."""
    if room.free < room.reserve:
        return DiskLevel.FULL
    if room.free < WARNING_RESERVES * room.reserve or (days_left is not None and days_left < WARNING_DAYS):
        return DiskLevel.WARNING
    return DiskLevel.FINE

"""How far this machine's clock is from the network's, by the times that other validators signed.

Every precommit carries its validator's clock. The median of them, read just when the block arrived, is what
the network's clock said a moment ago. A node that is catching up sees old votes, which say nothing about its
clock; and a validator alone has nobody to compare itself with.
"""

from collections import deque
from enum import IntEnum
from statistics import median, median_low
from typing import Final

from zhenglian_proto.v1.cometbft_pb2 import BLOCK_ID_FLAG_COMMIT, Commit

WARNING_SECONDS: Final = 5.0
ERROR_SECONDS: Final = 20.0
"""Beyond what others tolerate of a block's time (SPEC 8.1): clients of this node call its headers wrong."""

OBSERVATIONS: Final = 5
"""The clock is judged by the median of so many blocks, so that one late one says nothing."""


class ClockLevel(IntEnum):
    """How the clock stands, the worst last."""

    UNKNOWN = 0
    FINE = 1
    WARNING = 2
    ERROR = 3


def compute_vote_time_ms(commit: Commit, own_address: bytes) -> int | None:
    """The median time of the precommits for the block, in milliseconds, without this node's own.

    None if nobody else signed.
    """
    times = [
        signature.timestamp.ToMilliseconds()
        for signature in commit.signatures
        if signature.block_id_flag == BLOCK_ID_FLAG_COMMIT and signature.validator_address != own_address
    ]
    return median_low(times) if times else None


class ClockWatch:
    """Follows the distance between two clocks; positive where this machine's is ahead."""

    def __init__(self) -> None:
        """Nothing is known."""
        self._skews: deque[float] = deque(maxlen=OBSERVATIONS)

    def observe(self, now_ms: int, vote_time_ms: int | None) -> None:
        """A block that was just signed arrived at `now_ms`."""
        if vote_time_ms is not None:
            self._skews.append((now_ms - vote_time_ms) / 1000)

    @property
    def skew_seconds(self) -> float | None:
        """The median of the newest blocks; None before there were enough."""
        return median(self._skews) if len(self._skews) == OBSERVATIONS else None


def compute_clock_level(skew_seconds: float | None) -> ClockLevel:
    """WARNING above 5 seconds, ERROR above 20."""
    if skew_seconds is None:
        return ClockLevel.UNKNOWN
    if abs(skew_seconds) > ERROR_SECONDS:
        return ClockLevel.ERROR
    return ClockLevel.WARNING if abs(skew_seconds) > WARNING_SECONDS else ClockLevel.FINE

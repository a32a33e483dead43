"""Whether blocks still come: an idle ledger makes one every heartbeat, so silence means something is wrong.

A consensus that failed leaves its process running; so the alarm stands on the height, never on a process.
"""

from enum import Enum, auto
from typing import Final

HEARTBEATS: Final = 3
"""Heartbeats without a block that are a stall."""


class Change(Enum):
    """What an observation changed."""

    NONE = auto()
    BEGUN = auto()
    ENDED = auto()


class StallWatch:
    """Follows one height. Seconds are of a clock that never goes back."""

    def __init__(self, heartbeat_seconds: float) -> None:
        """Nothing was observed yet; silence counts from the first observation."""
        self.limit_seconds = HEARTBEATS * heartbeat_seconds
        self.is_stalled = False
        self.quiet_seconds = 0.0
        self._height = -1
        self._seen_at: float | None = None

    def observe(self, height: int, now: float, *, is_expected: bool = True) -> Change:
        """`height` is the newest at `now`; `is_expected` is False where no block can be due.

        A gap between observations counts at most a third of the limit: if this very process was held up, the
        chain was not watched, and it gets time to show that it lives.
        """
        gap = 0.0 if self._seen_at is None else now - self._seen_at
        self._seen_at = now
        if height != self._height or not is_expected:
            self._height, self.quiet_seconds = height, 0.0
        else:
            self.quiet_seconds += min(gap, self.limit_seconds / 3)
        was, self.is_stalled = self.is_stalled, self.quiet_seconds >= self.limit_seconds
        if was == self.is_stalled:
            return Change.NONE
        return Change.BEGUN if self.is_stalled else Change.ENDED

"""Which refused peers are worth a line of the log: each id once a minute; a peer calls every few seconds."""

from typing import Final

QUIET_SECONDS: Final = 60.0

_MAX_IDS: Final = 1_000
"""Whoever calls under ever new ids makes the oldest ones forgotten, not memory grow."""


class Refusals:
    """When each peer was last spoken of; seconds are of a clock that never goes back."""

    def __init__(self) -> None:
        """Nobody was refused yet."""
        self._said: dict[str, float] = {}

    def is_news(self, node_id: str, now: float) -> bool:
        """Whether the refusal of `node_id` is to be said now; it counts as said then."""
        said = self._said.get(node_id)
        if said is not None and now - said < QUIET_SECONDS:
            return False
        self._said.pop(node_id, None)
        self._said[node_id] = now
        if len(self._said) > _MAX_IDS:
            del self._said[next(iter(self._said))]
        return True

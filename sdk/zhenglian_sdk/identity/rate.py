"""Rate limit of a service: one token bucket a caller, one token an identity number."""

from collections.abc import Callable

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied


class RateLimit:
    """Buckets of `burst` tokens, filled up by `per_second`. Callers are registered keys, so they are few."""

    def __init__(self, burst: int, per_second: int, clock: Callable[[], float]) -> None:
        """Every bucket begins full; `clock` gives seconds and never goes back."""
        self._burst = burst
        self._per_second = per_second
        self._clock = clock
        self._buckets: dict[bytes, tuple[float, float]] = {}  # caller → tokens, when counted

    def take(self, caller: bytes, tokens: int) -> None:
        """`tokens` are taken from the caller's bucket; too few raise Denied(GATEWAY_RATE) and stay."""
        now = self._clock()
        left, counted = self._buckets.get(caller, (float(self._burst), now))
        left = min(self._burst, left + (now - counted) * self._per_second)
        is_enough = left >= tokens
        self._buckets[caller] = (left - tokens if is_enough else left, now)
        if not is_enough:
            raise Denied(Code.GATEWAY_RATE)

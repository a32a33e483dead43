"""Who is on the channel: the transport key's system and unit, asked of the ledger and remembered for a while.

Only what was found is remembered, so a key registered just now is known at once; one that was ended is known
no longer than a header may be old.
"""

from collections.abc import Callable
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied
from zhenglian_sdk.vault.ledger_port import VaultLedger
from zhenglian_sdk.vault.release import Caller

MAX_REMEMBERED: Final = 4096


class Callers:
    """The registered systems that called lately."""

    def __init__(self, ledger: VaultLedger, now_ms: Callable[[], int], lifetime_ms: int) -> None:
        """Ask `ledger`, and again after `lifetime_ms`."""
        self._ledger = ledger
        self._now_ms = now_ms
        self._lifetime_ms = lifetime_ms
        self._known: dict[bytes, tuple[Caller, int]] = {}  # key id → who, until when; oldest first

    async def get(self, key: bytes) -> Caller:
        """Whose transport key that is; raises Denied(CHANNEL_UNKNOWN) and what the ledger raises."""
        now_ms = self._now_ms()
        known = self._known.get(key)
        if known is not None and now_ms < known[1]:
            return known[0]
        self._known.pop(key, None)
        caller = await self._ledger.get_caller(key)
        if caller is None:
            raise Denied(Code.CHANNEL_UNKNOWN)
        while len(self._known) >= MAX_REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[key] = (caller, now_ms + self._lifetime_ms)
        return caller

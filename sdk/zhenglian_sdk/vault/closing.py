"""Tells the ledger how each release ended, as soon as it can be told, and for as long as that takes.

RELEASED says that all of the file was handed to the channel; NOT_RELEASED that it was not, though part of it
may have been. A fetch that broke off may be repeated under the same opening, so it is NOT_RELEASED only when
the opening's time is over. A close that came too late is refused by the ledger: the use then stays open
there, and shows in the report of openings without a close.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final
from weakref import WeakValueDictionary

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused, ZhenglianError
from zhenglian_proto.v1.uses_pb2 import OUTCOME_NOT_RELEASED, OUTCOME_RELEASED, CloseUse
from zhenglian_sdk.vault.journal import Journal, Release, Standing
from zhenglian_sdk.vault.ledger_port import VaultLedger
from zhenglian_sdk.vault.threads import run_in_thread

INTERVAL_S: Final = 2.0
"""Between two looks at what is owed."""

LONGEST_INTERVAL_S: Final = 60.0
"""The same, after doubling while the ledger cannot be told."""

_log = logging.getLogger(__name__)


class Closing:
    """The releases of one vault, one at a time for each use, from beginning to close on the ledger."""

    def __init__(self, journal: Journal, ledger: VaultLedger, now_ms: Callable[[], int]) -> None:
        """Close on `ledger` what `journal` holds."""
        self._journal = journal
        self._ledger = ledger
        self._now_ms = now_ms
        self._locks: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def one_at_a_time(self, use: bytes) -> AsyncIterator[None]:
        """Nothing else happens to that use meanwhile."""
        lock = self._locks.get(use)
        if lock is None:
            lock = self._locks[use] = asyncio.Lock()
        async with lock:
            yield

    async def begin(self, use: bytes, sha256: bytes, ends_ms: int) -> Release:
        """Pieces may leave now; raises Refused(USE_CLOSED) where the file left already, or never will."""
        known = self._journal.get(use)
        if known is not None and known.standing != Standing.BEGUN:
            raise Refused(Code.USE_CLOSED)
        return await self.put(Release(use, sha256, ends_ms, Standing.BEGUN))

    async def put(self, release: Release) -> Release:
        """The release is on disk as it stands."""
        await run_in_thread(self._journal.put, release)
        return release

    async def settle(self, release: Release) -> bool:
        """The ledger is told, if it can be; else it is told later. Whether nothing is owed any more."""
        try:
            await self._ledger.close_use(_build_close(release))
        except Refused as error:
            if error.code != Code.USE_CLOSED:
                _log.error("the ledger refused a close: use %s, %s", release.use.hex(), error.code.name)
        except ZhenglianError as error:
            _log.warning("a close is still owed: use %s, %s", release.use.hex(), error.code.name)
            return False
        await self.put(release.become(Standing.SETTLED))
        return True

    async def settle_all(self) -> bool:
        """Whatever is owed was tried once, what is over is forgotten. Whether nothing is owed any more."""
        is_paid = True
        for release in self._journal:
            async with self.one_at_a_time(release.use):
                is_paid &= await self._advance(self._journal.get(release.use))
        return is_paid

    async def run(self) -> None:
        """Settle until cancelled, less often while the ledger cannot be told."""
        interval_s = INTERVAL_S
        while True:
            is_paid = False
            try:
                is_paid = await self.settle_all()
            except Exception:  # noqa: BLE001  what is owed must be paid, whatever happened this time
                _log.exception("closing uses failed unexpectedly")
            interval_s = INTERVAL_S if is_paid else min(2 * interval_s, LONGEST_INTERVAL_S)
            await asyncio.sleep(interval_s)

    async def _advance(self, release: Release | None) -> bool:
        if release is None:
            return True
        is_over = self._now_ms() >= release.ends_ms
        match release.standing:
            case Standing.SETTLED if is_over:
                await run_in_thread(self._journal.forget, release.use)
            case Standing.BEGUN if is_over:
                return await self.settle(await self.put(release.become(Standing.NOT_RELEASED)))
            case Standing.RELEASED | Standing.NOT_RELEASED:
                return await self.settle(release)
        return True


def _build_close(release: Release) -> CloseUse:
    if release.standing == Standing.RELEASED:
        return CloseUse(use=release.use, outcome=OUTCOME_RELEASED, sha256=release.sha256)
    return CloseUse(use=release.use, outcome=OUTCOME_NOT_RELEASED)

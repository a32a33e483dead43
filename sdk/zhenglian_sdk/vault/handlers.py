"""The vault's two calls: it stores for its unit's systems and releases under a recorded use (SPEC 7.3).

    Store: who calls → is it the custodian's → sealed, digests verified → visible
    Fetch: who calls → the use, proven by the node → may it leave → begun, on disk → header, pieces → closed

Nothing leaves before the whole list in `release` has been passed.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, StoreError, ZhenglianError
from zhenglian_ledger.verify.use import VerifiedUse
from zhenglian_proto.v1 import vault_pb2_grpc
from zhenglian_proto.v1.types_pb2 import Content
from zhenglian_proto.v1.vault_pb2 import (
    FetchChunk,
    FetchHeader,
    FetchRequest,
    StoreChunk,
    StoreHeader,
    StoreReply,
)
from zhenglian_sdk.civil_time import compute_now_ms
from zhenglian_sdk.serving import Context, compute_peer_key_id, typed_errors
from zhenglian_sdk.vault.callers import Callers
from zhenglian_sdk.vault.closing import Closing
from zhenglian_sdk.vault.journal import Release, Standing
from zhenglian_sdk.vault.ledger_port import VaultLedger
from zhenglian_sdk.vault.release import Terms, compute_window_end, verify_release
from zhenglian_sdk.vault.store import StoredFile, VaultStore
from zhenglian_sdk.vault.threads import run_in_thread

CLOSE_TIMEOUT_S: Final = 10.0
"""How long a fetch that is through waits for its close; after that the close goes on without the fetch."""

MAX_REST: Final = 8 << 20
REST_TIMEOUT_S: Final = 5.0
"""How much, and for how long, a refused caller may go on sending before it is cut off."""

_log = logging.getLogger(__name__)


class VaultHandlers(vault_pb2_grpc.VaultServicer):
    """The handlers over a store, a ledger and the releases under way."""

    def __init__(
        self,
        store: VaultStore,
        ledger: VaultLedger,
        closing: Closing,
        *,
        terms: Terms,
        now_ms: Callable[[], int] = compute_now_ms,
    ) -> None:
        """Serve `store` on `terms`, as far as `ledger` allows."""
        self._store = store
        self._ledger = ledger
        self._closing = closing
        self._terms = terms
        self._now_ms = now_ms
        self._callers = Callers(ledger, now_ms, terms.max_staleness_ms)

    async def Store(self, request_iterator: AsyncIterator[StoreChunk], context: Context) -> StoreReply:
        """A file of the custodian's own unit is in the store."""
        chunks = aiter(request_iterator)
        async with typed_errors(context):
            try:
                return await self._take(chunks, context)
            except ZhenglianError:
                await _read_rest(chunks)
                raise

    async def _take(self, chunks: AsyncIterator[StoreChunk], context: Context) -> StoreReply:
        caller = await self._callers.get(compute_peer_key_id(context))
        if caller.unit != self._terms.unit:
            raise Denied(Code.VAULT_NOT_CUSTODIAN)
        header = await _take_header(chunks)
        with await run_in_thread(self._store.begin, header) as writing:
            async for chunk in chunks:
                if chunk.WhichOneof("part") != "data":
                    raise Denied(Code.BAD_REQUEST, field="data")
                await run_in_thread(writing.write, chunk.data)
            stored = await run_in_thread(writing.finish)
        _log.info("stored: record %s, %d bytes", header.record.hex(), stored.size)
        return StoreReply(record=stored.record, size=stored.size)

    async def Fetch(self, request: FetchRequest, context: Context) -> None:  # type: ignore[override]  # writes
        """The file of a use leaves, to the unit that opened it, and the ledger is told."""
        async with typed_errors(context):
            if len(request.use) != 32:
                raise Denied(Code.BAD_REQUEST, field="use")
            caller = await self._callers.get(compute_peer_key_id(context))
            async with self._closing.one_at_a_time(request.use):
                seen = await self._ledger.get_use(request.use)
                verify_release(seen, caller=caller, terms=self._terms, now_ms=self._now_ms())
                assert seen is not None  # noqa: S101  the first thing that was verified
                await self._release(seen.use, context)

    async def _release(self, use: VerifiedUse, context: Context) -> None:
        """The file is with the caller and the ledger told; a file that is damaged is told as NOT_RELEASED."""
        content = use.record.message.content
        ends_ms = compute_window_end(use, self._terms)
        release = await self._closing.begin(use.message.id, content.sha256, ends_ms)
        try:
            with await run_in_thread(self._store.open, use.record.message.id) as stored:
                _verify_recorded(stored.header, content)
                release = await self._send(stored, release, context)
        except StoreError:
            await self._settle(await self._closing.put(release.become(Standing.NOT_RELEASED)))
            raise
        _log.info("released: use %s, %d bytes", release.use.hex(), stored.header.size)
        await self._settle(release)

    async def _send(self, stored: StoredFile, release: Release, context: Context) -> Release:
        """All pieces were handed to the channel, the last one after RELEASED was on disk."""
        await context.write(FetchChunk(header=stored.header))
        pieces = stored.read_pieces()
        for _ in range(stored.piece_count - 1):
            await self._write(await run_in_thread(next, pieces), release, context)
        last = await run_in_thread(next, pieces)
        try:
            released = await self._closing.put(release.become(Standing.RELEASED))
            await self._write(last, release, context)
        except BaseException:
            await self._closing.put(release)
            raise
        return released

    async def _write(self, piece: bytes, release: Release, context: Context) -> None:
        if self._now_ms() >= release.ends_ms:
            raise Denied(Code.VAULT_WINDOW)
        await context.write(FetchChunk(data=piece))

    async def _settle(self, release: Release) -> None:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._closing.settle(release)
        except TimeoutError:
            _log.warning("a close is still owed: use %s", release.use.hex())


async def _read_rest(chunks: AsyncIterator[StoreChunk]) -> None:
    """The caller has stopped sending, or sent long enough: who is cut off in mid-stream may not hear why."""
    left = MAX_REST
    with suppress(TimeoutError):
        async with asyncio.timeout(REST_TIMEOUT_S):
            async for chunk in chunks:
                left -= len(chunk.data)
                if left < 0:
                    return


async def _take_header(chunks: AsyncIterator[StoreChunk]) -> StoreHeader:
    first = await anext(chunks, StoreChunk())
    if first.WhichOneof("part") != "header":
        raise Denied(Code.BAD_REQUEST, field="header")
    return first.header


def _verify_recorded(header: FetchHeader, content: Content) -> None:
    """What is stored under the record is what the ledger recorded; raises Denied(FILE_DIGEST_MISMATCH)."""
    recorded = (content.sha256, content.sm3, content.salted)
    if (header.sha256, header.sm3, bool(header.salt)) != recorded:
        raise Denied(Code.FILE_DIGEST_MISMATCH)

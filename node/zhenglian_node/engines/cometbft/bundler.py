"""The bundler: signed batches of many signers become engine transactions, and every caller hears once.

    take in → gather → keep on disk → hand to the mempool, again if it lost it → settle by blocks → prove

The mempool is neither durable nor obliging, so a batch is ours until a block, or its validity, has settled
it. The first batch after idleness is sent at once; while bundles are under way, others gather for a moment,
which grows with their number: each transaction costs every node something of its own.
A bundle means nothing: any other node may have the same batch in one of its own, and whichever is committed
first settles it. A refusal is believed only of our own bundle, since anybody can spoil a copy.
Event loop only.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog
from google.protobuf.message import DecodeError

from zhenglian_ledger import rows
from zhenglian_ledger.batch import MAX_BATCH_BYTES, MAX_BATCHES
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, InvalidBatch
from zhenglian_ledger.transition import NO_BATCH, BatchResult
from zhenglian_node.app.application import Application
from zhenglian_node.app.engine_port import Fate
from zhenglian_node.app.transactions import build_transaction
from zhenglian_node.engines.cometbft.broadcast import Broadcast, BroadcastKind
from zhenglian_node.engines.cometbft.bundles import (
    Bundle,
    Bundles,
    WaitingBatch,
    build_bundle,
    split_by_size,
)
from zhenglian_node.engines.cometbft.outbox import Outbox
from zhenglian_node.engines.waiting import Unproven, get_first_fate, get_own_fate
from zhenglian_proto.v1.batch_pb2 import BatchHeader, SignedBatch
from zhenglian_proto.v1.batch_pb2 import Bundle as BundleMessage

MAX_BUNDLE_BYTES: Final = MAX_BATCH_BYTES
"""A bundle grows no further. One large batch alone may be somewhat more, for its header and framing."""

_log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BundlerOptions:
    """How long batches gather, how much may wait, and when the mempool is asked again."""

    gather_seconds: float = 0.01  # for each batch that waits for a block
    max_gather_seconds: float = 0.1
    queue_seconds: float = 0.05
    max_waiting_batches: int = 10_000
    max_waiting_bytes: int = 64 << 20
    resend_seconds: float = 2.0
    resend_blocks: int = 2
    min_retry_seconds: float = 0.05
    max_retry_seconds: float = 0.5


class Bundler:
    """Takes in batches and answers for each, over an application and a way into the mempool."""

    def __init__(
        self,
        application: Application,
        broadcast: Broadcast,
        outbox: Outbox,
        clock_ms: Callable[[], int],
        options: BundlerOptions | None = None,
    ) -> None:
        """Nothing is sent before `start`. `clock_ms` is the wall clock in milliseconds since 1970."""
        self._application, self._broadcast = application, broadcast
        self._outbox, self._clock_ms = outbox, clock_ms
        self._options = options = options or BundlerOptions()
        self._by_header: dict[bytes, WaitingBatch] = {}  # all that wait for a block or a proof
        self._count = self._bytes = 0  # of those that wait for a block
        self._gathered: list[WaitingBatch] = []
        self._gathered_bytes = 0
        self._timer: asyncio.Handle | None = None
        self._due = 0.0  # when the timer fires, by the loop's clock: not every loop's handle tells
        self._bundles = Bundles(round(options.resend_seconds * 1000), options.resend_blocks)
        self._unproven = Unproven()
        self._wake = asyncio.Event()
        self._next_block = asyncio.Event()
        self._retry_seconds = 0.0
        self._task: asyncio.Task[None] | None = None
        self._is_stopping = False

    def __len__(self) -> int:
        """Batches that wait for a block."""
        return self._count

    async def start(self) -> None:
        """What the last run had taken in, and is not settled since, is on its way again."""
        for transaction in self._outbox.load():
            self._take_back(transaction)
        for batch in list(self._by_header.values()):
            fate = self._get_own_fate(batch)
            if fate is not None:
                self._settle(batch, fate)
        self._settle_late()
        self._prove_provable()
        self._task = asyncio.create_task(self._run(), name="bundler")
        self._close_bundles()

    async def stop(self) -> None:
        """Nothing is sent any more. Who waits is told NODE_STOPPING; the outbox keeps what had no fate."""
        self._is_stopping = True
        if self._task is not None:
            self._close_bundles()
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._fail_all(Denied(Code.NODE_STOPPING))

    async def wait(self) -> None:
        """Returns when the bundler was stopped; raises what made it fail."""
        if self._task is not None:
            await asyncio.wait([self._task])
            if not self._task.cancelled():
                self._task.result()

    def queue(self, batch: SignedBatch) -> asyncio.Future[Fate]:
        """As the engine port says; the batch is sent within `queue_seconds`."""
        waiting = self._take_in(batch)
        self._close_within(self._options.queue_seconds)
        return waiting.join()

    async def submit(self, batch: SignedBatch) -> Fate:
        """As the engine port says. While another batch with its nonce waits, it waits for that one's fate."""
        while True:
            try:
                waiting = self._take_in(batch)
            except InvalidBatch as error:
                fate = get_first_fate(self._application, batch, error)
                if fate is not None:
                    return await self._wait_for_proof(fate)
                if error.code != Code.REPLAYED:
                    return Fate(0, BatchResult(error.code, NO_BATCH))
                await self._next_block.wait()
            else:
                self._close_within(self._compute_gathering())
                return await waiting.join()

    def settle(
        self, height: int, transactions: Sequence[bytes], results: Sequence[Sequence[BatchResult]]
    ) -> None:
        """Block `height` is committed: its batches have their fates, and so have those it left expired.

        `results` are the outcome's: of each transaction's batches in order.
        """
        if self._count:
            for transaction, fates in zip(transactions, results, strict=True):
                bundle = self._bundles.find(transaction)
                if bundle is not None:
                    self._settle_own(bundle, height, fates)
                else:
                    self._settle_foreign(transaction, height, fates)
            self._settle_late()
            if not self._bundles:  # nothing is under way any more: whoever gathers need not wait
                self._close_bundles()
        self._wake.set()
        self._tell_block()

    def prove(self, batch_count: int) -> None:
        """The first `batch_count` batches are provable: whoever waits for one of them hears."""
        for waiting in self._unproven.prove(batch_count):
            if isinstance(waiting, WaitingBatch):
                self._by_header.pop(waiting.header, None)

    # --- taking in ---

    def _take_in(self, batch: SignedBatch) -> WaitingBatch:
        if self._is_stopping:
            raise Denied(Code.NODE_STOPPING)
        transaction = build_transaction(batch)
        waiting = self._by_header.get(batch.header)
        if waiting is not None and waiting.transaction == transaction:
            return waiting
        nonce = self._application.get_nonce(transaction)
        self._verify_room(len(transaction))
        checked = self._application.check_transaction(transaction)
        if checked.code:
            raise InvalidBatch(checked.code)
        if waiting is None:
            waiting = self._add(WaitingBatch(nonce, transaction, header=batch.header))
            self._gather(waiting)
        return waiting

    def _verify_room(self, size: int) -> None:
        options = self._options
        if self._count >= options.max_waiting_batches or self._bytes + size > options.max_waiting_bytes:
            raise Denied(Code.OVERLOADED)

    def _add(self, waiting: WaitingBatch) -> WaitingBatch:
        waiting.valid_until_ms = BatchHeader.FromString(waiting.header).valid_until_ms
        self._by_header[waiting.header] = waiting
        self._count += 1
        self._bytes += len(waiting.transaction)
        return waiting

    def _gather(self, waiting: WaitingBatch) -> None:
        is_full = self._gathered_bytes + len(waiting.transaction) > MAX_BUNDLE_BYTES
        if is_full or len(self._gathered) >= MAX_BATCHES:
            self._close_bundles()
        self._gathered.append(waiting)
        self._gathered_bytes += len(waiting.transaction)

    def _close_within(self, seconds: float) -> None:
        """What is gathered becomes a bundle in `seconds`, or earlier if that was said before."""
        if not self._gathered:
            return
        loop = asyncio.get_running_loop()
        when = loop.time() + (seconds if not self._retry_seconds else self._options.queue_seconds)
        if self._timer is None or when < self._due:
            self._cancel_timer()
            self._timer, self._due = loop.call_at(when, self._close_bundles), when

    def _close_bundles(self) -> None:
        """What is gathered is in bundles, kept on disk, to be sent. Before `start` it goes on gathering."""
        self._cancel_timer()
        if self._task is None:
            return
        gathered, self._gathered, self._gathered_bytes = self._gathered, [], 0
        waiting = [batch for batch in gathered if not batch.is_settled]
        for batches in split_by_size(waiting, MAX_BUNDLE_BYTES, MAX_BATCHES):
            self._add_bundle(build_bundle(batches))

    def _add_bundle(self, bundle: Bundle) -> None:
        self._bundles.add(bundle)
        try:
            is_kept = self._outbox.put(bundle.transaction)
        except OSError:
            is_kept = False
        if not is_kept:
            _log.warning("a bundle cannot be kept in the outbox; a restart would forget it")
        self._wake.set()

    def _compute_gathering(self) -> float:
        """Seconds to wait for company: none where nothing is under way, and the longer the more waits."""
        if not self._bundles:
            return 0.0
        return min(self._count * self._options.gather_seconds, self._options.max_gather_seconds)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _take_back(self, transaction: bytes) -> None:
        """A bundle of the last run waits again; what cannot be read is forgotten."""
        try:
            message = BundleMessage.FromString(transaction)
            batches = [self._read_back(batch) for batch in message.batches]
        except (DecodeError, InvalidBatch):
            self._remove_from_outbox(transaction)
            return
        found = [self._by_header.get(batch.header) or self._add(batch) for batch in batches]
        self._bundles.add(Bundle(transaction, found))

    def _read_back(self, batch: SignedBatch) -> WaitingBatch:
        """The batch as it will wait if its whole bundle can be read; raises InvalidBatch."""
        alone = build_transaction(batch)
        return WaitingBatch(self._application.get_nonce(alone), alone, header=batch.header)

    # --- sending ---

    async def _run(self) -> None:
        try:
            while not self._is_stopping:
                self._wake.clear()
                bundle = self._bundles.find_due(self._height, self._clock_ms())
                if bundle is not None:
                    await self._send(bundle)
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._bundles.compute_pause(self._clock_ms())):
                        await self._wake.wait()
        except Exception:
            self._is_stopping = True
            self._fail_all(Denied(Code.INTERNAL))
            raise

    async def _send(self, bundle: Bundle) -> None:
        """The bundle was offered to the mempool once."""
        result = await self._broadcast(bundle.transaction)
        if result.kind in (BroadcastKind.FULL, BroadcastKind.UNREACHABLE):
            if result.kind is BroadcastKind.UNREACHABLE:
                self._bundles.postpone(bundle)  # if it is this one's fault, the others go on
            await self._pause()
            return
        self._retry_seconds = 0.0
        if bundle not in self._bundles:
            return  # settled meanwhile
        if result.kind is BroadcastKind.REFUSED:
            self._process_refusal(bundle, result.code)
        elif result.kind is BroadcastKind.KNOWN:
            bundle.defer(self._height, self._clock_ms())
        else:
            bundle.mark_sent(self._height, self._clock_ms())

    async def _pause(self) -> None:
        options = self._options
        self._retry_seconds = min(
            max(2 * self._retry_seconds, options.min_retry_seconds), options.max_retry_seconds
        )
        await asyncio.sleep(self._retry_seconds)

    def _process_refusal(self, bundle: Bundle, told: int) -> None:
        """CheckTx refused the bundle: each batch is answered by its own code.

        One that passes by now is offered again, ever less often, until its validity ends. One that is too
        large is taken apart, also if only the mempool says so (`told`).
        """
        checked = self._application.check_transaction(bundle.transaction)
        if Code.BLOCK_LIMIT in (checked.code, told) and not bundle.is_alone:
            for half in bundle.split():
                self._add_bundle(half)
            self._remove_bundle(bundle)
            return
        limit = Code.BLOCK_LIMIT if told == Code.BLOCK_LIMIT else Code.OK
        for batch, found in zip(bundle.batches, checked.codes, strict=True):
            code = found or limit
            if code and not self._is_nonce_waited_for(batch, code):
                self._settle(batch, Fate(0, BatchResult(code, NO_BATCH)))
        if bundle.is_settled:
            self._remove_bundle(bundle)
        else:
            bundle.defer(self._height, self._clock_ms())

    def _is_nonce_waited_for(self, batch: WaitingBatch, code: Code) -> bool:
        """Whether another batch has the nonce and no fate yet: if that one fails, this may come in."""
        return code == Code.REPLAYED and self._application.get_fate(*batch.nonce) is None

    # --- settling ---

    def _settle_own(self, bundle: Bundle, height: int, results: Sequence[BatchResult]) -> None:
        for batch, result in zip(bundle.batches, results, strict=True):
            self._settle(batch, Fate(height, result))
        self._remove_bundle(bundle)

    def _settle_foreign(self, transaction: bytes, height: int, results: Sequence[BatchResult]) -> None:
        """Ours that were accepted in another node's bundle. A spoiled copy says nothing of ours."""
        if not any(result.code == Code.OK for result in results):
            return
        for batch, result in zip(BundleMessage.FromString(transaction).batches, results, strict=True):
            found = self._by_header.get(batch.header)
            if found is not None and result.code == Code.OK:
                self._settle(found, Fate(height, result))

    def _settle_late(self) -> None:
        """Batches whose validity has passed by ledger time are settled, and whole bundles leave."""
        now_ms = self._application.committed.head.time_ms
        late = [b for b in self._by_header.values() if b.valid_until_ms <= now_ms and not b.is_settled]
        for batch in late:
            self._settle(batch, Fate(0, BatchResult(Code.BATCH_EXPIRED, NO_BATCH)))
        for bundle in self._bundles.find_settled():
            self._remove_bundle(bundle)

    def _settle(self, batch: WaitingBatch, fate: Fate) -> None:
        """The batch waits for no block any more. If it is in one after all, that one is its fate."""
        if batch.is_settled:
            return
        if fate.result.code:
            fate = self._get_own_fate(batch) or fate
        batch.is_settled = True
        self._count -= 1
        self._bytes -= len(batch.transaction)
        if fate.result.code:
            self._by_header.pop(batch.header, None)
            batch.tell(fate)
        else:
            self._unproven.add(batch, fate)

    def _get_own_fate(self, batch: WaitingBatch) -> Fate | None:
        return get_own_fate(self._application, batch.nonce, batch.header)

    def _wait_for_proof(self, fate: Fate) -> asyncio.Future[Fate]:
        """The fate of a batch committed earlier, told once it is provable."""
        future = self._unproven.join(fate)
        self._prove_provable()
        return future

    def _tell_block(self) -> None:
        self._next_block.set()
        self._next_block = asyncio.Event()

    def _prove_provable(self) -> None:
        provable = self._application.provable
        if provable is not None:
            self.prove(provable.head.sizes[rows.BATCH])

    def _remove_bundle(self, bundle: Bundle) -> None:
        self._bundles.remove(bundle)
        self._remove_from_outbox(bundle.transaction)

    def _remove_from_outbox(self, transaction: bytes) -> None:
        with suppress(OSError):  # sent once more after a restart, which does no harm
            self._outbox.remove(transaction)

    def _fail_all(self, error: Exception) -> None:
        for waiting in [*self._by_header.values(), *self._unproven.take_all()]:
            waiting.fail(error)
        self._by_header.clear()
        self._tell_block()

    @property
    def _height(self) -> int:
        return self._application.committed.head.height

"""The solo engine: group commit in one process (SPEC 10.4).

A batch that comes while the engine is idle gets a block at once; those that come while a block is being made
share the next one. One that is only queued (the trace of a query) waits a moment for company, so that
answering is not slowed by recording. After a block that changed the app hash comes a proof block, which
carries what waits by then; after ten idle seconds, and at a start that comes later than that, a heartbeat.
Blocks are made in one worker thread, so the event loop stays live. A failed commit ends the engine: only
reopening the store tells whether the block happened.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, InvalidBatch, ZhenglianError
from zhenglian_ledger.transition import NO_BATCH, BatchResult
from zhenglian_node.app.application import Application
from zhenglian_node.app.engine_port import EngineStatus, Fate
from zhenglian_node.app.transactions import build_transaction
from zhenglian_node.engines.solo.block_maker import BlockMaker, SoloValidator
from zhenglian_node.engines.solo.waiting import WaitingRoom
from zhenglian_node.engines.waiting import get_first_fate
from zhenglian_proto.v1.batch_pb2 import SignedBatch
from zhenglian_proto.v1.cometbft_pb2 import LightBlock

NAME = "solo"


@dataclass(frozen=True, slots=True)
class SoloOptions:
    """Seconds before a heartbeat and before a block for what is only queued, and how much may wait."""

    heartbeat_seconds: float = 10.0
    gather_seconds: float = 0.05
    max_waiting_batches: int = 10_000
    max_waiting_bytes: int = 64 << 20


class SoloEngine:
    """An engine (`zhenglian_node.app.engine_port`) that agrees with itself."""

    def __init__(
        self,
        application: Application,
        validator: SoloValidator,
        clock_ms: Callable[[], int],
        options: SoloOptions | None = None,
    ) -> None:
        """Nothing runs yet. `clock_ms` is the wall clock in milliseconds since 1970."""
        self._application = application
        self._maker = BlockMaker(application, validator)
        self._clock_ms = clock_ms
        self._options = options = options or SoloOptions()
        self._room = WaitingRoom(options.max_waiting_batches, options.max_waiting_bytes)
        self._wake = asyncio.Event()
        self._gathering: asyncio.TimerHandle | None = None
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="block-maker")
        self._task: asyncio.Task[None] | None = None
        self._is_stopping = False

    async def start(self) -> None:
        """As the port says, and the newest header is no older than a heartbeat.

        If the last run ended between block and proof, or longer ago than a heartbeat, a block is made now:
        whoever asks first is answered under a header that is not stale.
        """
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._worker, self._maker.recover)
        if self._maker.needs_proof or self._is_newest_header_old():
            await loop.run_in_executor(self._worker, self._maker.make_block, (), self._clock_ms())
        self._task = asyncio.create_task(self._run(), name="solo engine")

    async def stop(self) -> None:
        """As the port says; the newest state is provable unless the engine had failed."""
        self._is_stopping = True
        self._end_gathering()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        self._worker.shutdown()

    async def wait(self) -> None:
        """As the port says."""
        if self._task is not None:
            await asyncio.shield(self._task)

    def queue(self, batch: SignedBatch) -> asyncio.Future[Fate]:
        """As the port says; a block is made for it within `gather_seconds`."""
        future = self._take_in(batch)
        if self._gathering is None:
            loop = asyncio.get_running_loop()
            self._gathering = loop.call_later(self._options.gather_seconds, self._end_gathering)
        return future

    def _take_in(self, batch: SignedBatch) -> asyncio.Future[Fate]:
        if self._is_stopping:
            raise Denied(Code.NODE_STOPPING)
        transaction = build_transaction(batch)
        nonce = self._application.get_nonce(transaction)
        waiting = self._room.find(nonce, transaction)
        if waiting is None:
            self._room.verify_room(len(transaction))
            checked = self._application.check_transaction(transaction, self._compute_time())
            if checked.code:
                raise InvalidBatch(checked.code)
            waiting = self._room.add(nonce, transaction)
        return waiting.join()

    def _end_gathering(self) -> None:
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        self._wake.set()

    async def submit(self, batch: SignedBatch) -> Fate:
        """As the port says."""
        try:
            future = self._take_in(batch)
            self._wake.set()
            return await future
        except InvalidBatch as error:
            fate = get_first_fate(self._application, batch, error)
            if fate is None:
                return Fate(0, BatchResult(error.code, NO_BATCH))
        return await self._wait_for_proof(fate)

    def get_status(self) -> EngineStatus:
        """As the port says."""
        head = self._application.committed.head
        return EngineStatus(NAME, head.height, head.time_ms, len(self._room))

    async def get_light_block(self, height: int) -> LightBlock | None:
        """As the port says."""
        return self._maker.get_light_block(height)

    async def _run(self) -> None:
        try:
            while await self._is_block_due():
                await self._make_block()
        except Exception as error:
            self._is_stopping = True
            known = isinstance(error, ZhenglianError)
            self._room.fail_all(error if known else Denied(Code.INTERNAL))
            raise

    def _is_newest_header_old(self) -> bool:
        age_ms = self._clock_ms() - self._application.committed.head.time_ms
        return age_ms > self._options.heartbeat_seconds * 1000

    async def _is_block_due(self) -> bool:
        """Wait for a reason to make a block; False when the engine is to stop and all is proven."""
        if not self._maker.needs_proof and not self._is_stopping:
            try:
                await asyncio.wait_for(self._wake.wait(), self._options.heartbeat_seconds)
            except TimeoutError:
                return True
        self._wake.clear()
        if self._is_stopping:
            self._room.fail_queued(Denied(Code.NODE_STOPPING))
            return self._maker.needs_proof
        return True

    async def _make_block(self) -> None:
        waiting = self._room.transactions
        made = await asyncio.get_running_loop().run_in_executor(
            self._worker, self._maker.make_block, waiting, self._clock_ms()
        )
        self._room.settle(made)
        if waiting and not made.transactions:
            self._room.turn_away_first(Code.BLOCK_LIMIT)
        if len(made.transactions) < len(waiting):
            self._wake.set()
        self._prove()

    def _wait_for_proof(self, fate: Fate) -> asyncio.Future[Fate]:
        """The fate of a batch committed earlier, told once it is provable."""
        future = self._room.join_unproven(fate)
        self._prove()
        return future

    def _prove(self) -> None:
        provable = self._application.provable
        if provable is not None:
            self._room.prove(provable.head.sizes[rows.BATCH])

    def _compute_time(self) -> int:
        """The time the next block would have."""
        return max(self._application.committed.head.time_ms + 1, self._clock_ms())

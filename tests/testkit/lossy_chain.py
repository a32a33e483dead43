"""A chain in one process whose mempool misbehaves as real ones do, around the real application.

Transactions may be lost, held back, re-ordered, doubled, or answered for wrongly; blocks are made by hand.
Whoever bundles for it is told of every block as the engine tells it.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, Final

from tests.testkit.node_kit import Clock, Sender, SoloChain
from tests.testkit.state_edits import put_rows
from zhenglian_ledger import rows
from zhenglian_ledger.leaves import decode_batch_leaf
from zhenglian_ledger.transition import BatchResult
from zhenglian_node.app.engine_port import Fate
from zhenglian_node.engines.cometbft.broadcast import BroadcastKind, BroadcastResult
from zhenglian_node.engines.cometbft.bundler import Bundler, BundlerOptions
from zhenglian_node.engines.cometbft.outbox import Outbox
from zhenglian_node.engines.solo.block_maker import MadeBlock
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_proto.v1.batch_pb2 import BatchHeader, Bundle, SignedBatch

NO_FAULTS: Final[Mapping[str, float]] = {}
MANY_FAULTS: Final = {
    "full": 0.1,
    "unreachable": 0.1,
    "arrived unanswered": 0.1,
    "taken and lost": 0.15,
    "held back": 0.3,
    "doubled": 0.05,
    "forgotten": 0.05,
}
"""How often each thing goes wrong: the first five by call or transaction, the last two by block."""

QUICK: Final = BundlerOptions(gather_seconds=0, queue_seconds=0, min_retry_seconds=0, max_retry_seconds=0)


class LossyChain:
    """One node's application, its mempool, and its bundler."""

    def __init__(
        self,
        directory: Path,
        *,
        seed: int = 0,
        faults: Mapping[str, float] = NO_FAULTS,
        options: BundlerOptions = QUICK,
        genesis: bytes | None = None,
    ) -> None:
        """The ledger has its genesis; the bundler is not started."""
        self.random = Random(seed)
        self.faults = faults
        self.pool: list[bytes] = []
        self.known: set[bytes] = set()
        self.offered: list[bytes] = []
        self._directory, self._options, self._genesis = directory, options, genesis
        self._store = MemoryStore()
        self.clock = Clock()
        self._open()

    def _open(self) -> None:
        self.chain = SoloChain(self._store, self._genesis)
        self.chain.clock = self.clock
        self.application = self.chain.application
        self.sender = Sender(self.application.chain_id, self.clock)
        outbox = Outbox(self._directory / "outbox")
        self.bundler = Bundler(self.application, self.broadcast, outbox, self.clock, self._options)

    async def restart(self, *, is_mempool_lost: bool = True) -> None:
        """The process was killed: nothing in memory is left; another runs on the same store and outbox."""
        task = self.bundler._task
        assert task is not None
        self.bundler._cancel_timer()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if is_mempool_lost:
            self.forget()
        numbers = self.sender._numbers
        self._open()
        self.sender._numbers = numbers
        await self.bundler.start()

    def forget(self) -> None:
        """The mempool is empty, and remembers nothing."""
        self.pool.clear()
        self.known.clear()

    async def broadcast(self, transaction: bytes) -> BroadcastResult:
        """What `broadcast_tx_sync` does, with faults."""
        await asyncio.sleep(0)
        self.offered.append(transaction)
        if self._goes_wrong("full"):
            return BroadcastResult(BroadcastKind.FULL)
        if self._goes_wrong("unreachable"):
            return BroadcastResult(BroadcastKind.UNREACHABLE)
        result = self._take(transaction)
        is_silent = self._goes_wrong("arrived unanswered")
        return BroadcastResult(BroadcastKind.UNREACHABLE) if is_silent else result

    def _take(self, transaction: bytes) -> BroadcastResult:
        if sha256(transaction).digest() in self.known:
            return BroadcastResult(BroadcastKind.KNOWN)
        checked = self.application.check_transaction(transaction)
        if checked.code:
            return BroadcastResult(BroadcastKind.REFUSED, checked.code)
        if not self._goes_wrong("taken and lost"):
            self.known.add(sha256(transaction).digest())
            self.pool.append(transaction)
        return BroadcastResult(BroadcastKind.ACCEPTED)

    def add_foreign(self, transaction: bytes) -> None:
        """Another node's bundle waits for the next block, before ours."""
        self.pool.insert(0, transaction)

    async def make_block(self, *, is_told: bool = True) -> MadeBlock:
        """A block of what the mempool gives, a second later; the bundler is told and has sent what it can."""
        taken = [transaction for transaction in self.pool if not self._goes_wrong("held back")]
        if self.faults:
            self.random.shuffle(taken)
        if taken and self._goes_wrong("doubled"):
            taken.append(taken[0])
        made = self.chain.make_block(taken)
        self.pool = [transaction for transaction in self.pool if transaction not in made.transactions]
        self._recheck()
        if self._goes_wrong("forgotten"):
            self.forget()
        if is_told:
            self.tell(made)
        await self.idle()
        return made

    def _recheck(self) -> None:
        """What CheckTx turns away after the block is forgotten, also by the cache."""
        for transaction in list(self.pool):
            if self.application.recheck_transaction(transaction).code:
                self.pool.remove(transaction)
                self.known.discard(sha256(transaction).digest())

    def put_rows(self, writes: Mapping[bytes, bytes]) -> None:
        """The newest state has these rows, as a vote in its block would have left them."""
        put_rows(self.application, self._store, writes)

    def tell(self, made: MadeBlock) -> None:
        """The bundler hears of a block, and of what it proves."""
        self.bundler.settle(made.height, made.transactions, made.results)
        provable = self.application.provable
        assert provable is not None
        self.bundler.prove(provable.head.sizes[rows.BATCH])

    async def idle(self) -> None:
        """Everything that can happen without a block or the clock has happened."""
        for _ in range(30):
            await asyncio.sleep(0)

    async def wait_for(self, future: asyncio.Future[Fate], blocks: int = 200) -> Fate:
        """The fate, after as many blocks as it takes; TimeoutError if those do not bring it."""
        for _ in range(blocks):
            await self.idle()
            if future.done():
                return future.result()
            await self.make_block()
        raise TimeoutError

    def read_log(self) -> list[bytes]:
        """The headers of all accepted batches in order, the system's own left out."""
        view, size = self.application.committed.view, self.application.committed.head.sizes[rows.BATCH]
        leaves = (view.get(rows.entry_key(rows.BATCH, index)) or b"" for index in range(size))
        return [decode_batch_leaf(leaf).header for leaf in leaves]

    def read_outbox(self) -> list[bytes]:
        """The bundles that another process would find."""
        return Outbox(self._directory / "outbox").load()

    def _goes_wrong(self, fault: str) -> bool:
        return self.random.random() < self.faults.get(fault, 0)


def get_nonce(header: bytes) -> tuple[str, bytes]:
    """System and nonce of a header."""
    message = BatchHeader.FromString(header)
    return message.system, message.nonce


def count_batches(transaction: bytes) -> int:
    """Batches in a transaction."""
    return len(Bundle.FromString(transaction).batches)


def refused(code: int, height: int = 0) -> Fate:
    """The fate of a batch that was not accepted."""
    return Fate(height, BatchResult(code, 2**64 - 1))


def run(story: Coroutine[Any, Any, None]) -> None:
    """The story, told to its end within a minute."""

    async def limited() -> None:
        await asyncio.wait_for(story, 60)

    asyncio.run(limited())


def story(
    *, is_started: bool = True, **options: Any
) -> Callable[[Callable[[LossyChain], Coroutine[Any, Any, None]]], Callable[[Path], None]]:
    """A test that is told with a chain of these `options`; its bundler is started before and stopped after.

    A story that is not started for it starts and stops the bundler itself.
    """

    def decorate(tell: Callable[[LossyChain], Coroutine[Any, Any, None]]) -> Callable[[Path], None]:
        async def told(directory: Path) -> None:
            chain = LossyChain(directory, **options)
            if is_started:
                await chain.bundler.start()
            await tell(chain)
            if is_started:
                await chain.bundler.stop()

        def test(tmp_path: Path) -> None:
            run(told(tmp_path))

        return test

    return decorate


async def until(is_so: Callable[[], bool]) -> None:
    """Returns once it is so; a story ends where that takes too long."""
    while not is_so():  # noqa: ASYNC110  what becomes so knows of nobody who waits
        await asyncio.sleep(0.001)


def submit(chain: LossyChain, batch: SignedBatch) -> asyncio.Task[Fate]:
    """A caller of the bundler who waits."""
    return asyncio.create_task(chain.bundler.submit(batch))

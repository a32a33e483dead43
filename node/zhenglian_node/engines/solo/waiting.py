"""Batches that wait for the solo engine's next blocks. Event loop only."""

import asyncio
from collections.abc import Iterable

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied
from zhenglian_ledger.transition import NO_BATCH, BatchResult
from zhenglian_node.app.engine_port import Fate
from zhenglian_node.app.transactions import Nonce
from zhenglian_node.engines.solo.block_maker import MadeBlock
from zhenglian_node.engines.waiting import Unproven, Waiting


class WaitingRoom:
    """A bounded queue of batches for the next blocks, and those whose block is not provable yet."""

    def __init__(self, max_batches: int, max_bytes: int) -> None:
        """Start empty."""
        self._max_batches, self._max_bytes = max_batches, max_bytes
        self._bytes = 0
        self._queue: dict[bytes, Waiting] = {}
        self._unproven = Unproven()
        self._by_nonce: dict[Nonce, Waiting] = {}

    def __len__(self) -> int:
        """Batches waiting for a block."""
        return len(self._queue)

    @property
    def transactions(self) -> list[bytes]:
        """What waits for a block, in order of arrival."""
        return list(self._queue)

    def find(self, nonce: Nonce, transaction: bytes) -> Waiting | None:
        """The very same batch on its way, or None."""
        waiting = self._by_nonce.get(nonce)
        return waiting if waiting is not None and waiting.transaction == transaction else None

    def verify_room(self, size: int) -> None:
        """One more transaction of `size` bytes may wait; raises Denied(OVERLOADED)."""
        if len(self._queue) >= self._max_batches or self._bytes + size > self._max_bytes:
            raise Denied(Code.OVERLOADED)

    def add(self, nonce: Nonce, transaction: bytes) -> Waiting:
        """The batch waits for a block."""
        waiting = Waiting(nonce, transaction)
        self._queue[transaction] = self._by_nonce[nonce] = waiting
        self._bytes += len(transaction)
        return waiting

    def join_unproven(self, fate: Fate) -> asyncio.Future[Fate]:
        """A future that gets `fate`, of a batch committed earlier, once it is provable."""
        return self._unproven.join(fate)

    def settle(self, made: MadeBlock) -> None:
        """The block's batches wait no more for a block; those not accepted know their fate."""
        for transaction, results in zip(made.transactions, made.results, strict=True):
            waiting = self._take(transaction)
            fate = Fate(made.height, results[0])
            if fate.result.code:
                self._leave(waiting, fate)
            else:
                self._unproven.add(waiting, fate)

    def prove(self, batch_count: int) -> None:
        """The first `batch_count` batches are provable: whoever waits for one knows its fate."""
        for waiting in self._unproven.prove(batch_count):
            self._forget(waiting)

    def turn_away_first(self, code: Code) -> None:
        """The batch that waits longest will not come into a block."""
        self._leave(self._take(next(iter(self._queue))), Fate(0, BatchResult(code, NO_BATCH)))

    def fail_queued(self, error: Exception) -> None:
        """Nobody waits for a block any more."""
        self._fail(list(self._queue.values()), error)
        self._queue.clear()
        self._bytes = 0

    def fail_all(self, error: Exception) -> None:
        """Nobody waits any more."""
        self.fail_queued(error)
        self._fail(self._unproven.take_all(), error)

    def _fail(self, entries: Iterable[Waiting], error: Exception) -> None:
        for waiting in entries:
            self._by_nonce.pop(waiting.nonce, None)
            waiting.fail(error)

    def _take(self, transaction: bytes) -> Waiting:
        waiting = self._queue.pop(transaction)
        self._bytes -= len(transaction)
        return waiting

    def _leave(self, waiting: Waiting, fate: Fate) -> None:
        self._forget(waiting)
        waiting.tell(fate)

    def _forget(self, waiting: Waiting) -> None:
        if self._by_nonce.get(waiting.nonce) is waiting:
            del self._by_nonce[waiting.nonce]

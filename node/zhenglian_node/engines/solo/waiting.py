"""Batches on their way: waiting for a block, then for the header that proves it. Event loop only."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied
from zhenglian_ledger.transition import NO_BATCH, BatchResult
from zhenglian_node.app.admission import Nonce
from zhenglian_node.app.engine_port import Fate
from zhenglian_node.engines.solo.block_maker import MadeBlock


@dataclass(slots=True, eq=False)
class Waiting:
    """One batch in its transaction, with everybody who waits for its fate."""

    nonce: Nonce
    transaction: bytes
    futures: list[asyncio.Future[Fate]] = field(default_factory=list)

    def join(self) -> asyncio.Future[Fate]:
        """A future of one's own; it may be forgotten or cancelled."""
        future: asyncio.Future[Fate] = asyncio.get_running_loop().create_future()
        future.add_done_callback(_retrieve)
        self.futures.append(future)
        return future

    def tell(self, fate: Fate) -> None:
        """Everybody who still waits knows the fate."""
        for future in self.futures:
            if not future.done():
                future.set_result(fate)

    def fail(self, error: Exception) -> None:
        """Everybody who still waits knows that the fate will not be told."""
        for future in self.futures:
            if not future.done():
                future.set_exception(error)


class WaitingRoom:
    """A bounded queue of batches for the next blocks, and those whose block is not provable yet."""

    def __init__(self, max_batches: int, max_bytes: int) -> None:
        """Start empty."""
        self._max_batches, self._max_bytes = max_batches, max_bytes
        self._bytes = 0
        self._queue: dict[bytes, Waiting] = {}
        self._unproven: list[tuple[Waiting, Fate]] = []
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

    def add_unproven(self, nonce: Nonce, fate: Fate) -> Waiting:
        """A batch committed earlier waits for its proof again."""
        waiting = Waiting(nonce, b"")
        self._unproven.append((waiting, fate))
        return waiting

    def settle(self, made: MadeBlock) -> None:
        """The block's batches wait no more for a block; those not accepted know their fate."""
        for transaction, results in zip(made.transactions, made.results, strict=True):
            waiting = self._take(transaction)
            fate = Fate(made.height, results[0])
            if fate.result.code:
                self._leave(waiting, fate)
            else:
                self._unproven.append((waiting, fate))

    def prove(self, batch_count: int) -> None:
        """The first `batch_count` batches are provable: whoever waits for one knows its fate."""
        unproven, self._unproven = self._unproven, []
        for waiting, fate in unproven:
            if fate.result.batch_index < batch_count:
                self._leave(waiting, fate)
            else:
                self._unproven.append((waiting, fate))

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
        self._fail([waiting for waiting, _ in self._unproven], error)
        self._unproven = []

    def _fail(self, entries: Iterable[Waiting], error: Exception) -> None:
        for waiting in entries:
            self._by_nonce.pop(waiting.nonce, None)
            waiting.fail(error)

    def _take(self, transaction: bytes) -> Waiting:
        waiting = self._queue.pop(transaction)
        self._bytes -= len(transaction)
        return waiting

    def _leave(self, waiting: Waiting, fate: Fate) -> None:
        if self._by_nonce.get(waiting.nonce) is waiting:
            del self._by_nonce[waiting.nonce]
        waiting.tell(fate)


def _retrieve(future: asyncio.Future[Fate]) -> None:
    """An error nobody waits for is no news."""
    if not future.cancelled():
        future.exception()

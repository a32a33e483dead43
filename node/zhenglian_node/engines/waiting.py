"""Batches on their way, as both engines know them: who waits for one, and for the header that proves it.

Event loop only. A caller's future is its own, so one that gives up takes the fate from nobody else.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidBatch
from zhenglian_ledger.leaves import decode_batch_leaf
from zhenglian_node.app.application import Application
from zhenglian_node.app.engine_port import Fate
from zhenglian_node.app.transactions import Nonce, build_transaction
from zhenglian_proto.v1.batch_pb2 import SignedBatch

_NO_NONCE: Final[Nonce] = ("", b"")  # of who waits for a proof alone, and is found by nobody


@dataclass(slots=True, eq=False)
class Waiting:
    """One batch, alone in its transaction, with everybody who waits for its fate."""

    nonce: Nonce
    transaction: bytes
    futures: dict[asyncio.Future[Fate], None] = field(default_factory=dict)  # in order of arrival

    def join(self) -> asyncio.Future[Fate]:
        """A future of one's own; it may be forgotten or cancelled, and one that was is kept no longer."""
        future: asyncio.Future[Fate] = asyncio.get_running_loop().create_future()
        future.add_done_callback(self._leave)
        self.futures[future] = None
        return future

    def tell(self, fate: Fate) -> None:
        """Everybody who still waits knows the fate."""
        for future in list(self.futures):
            if not future.done():
                future.set_result(fate)

    def fail(self, error: Exception) -> None:
        """Everybody who still waits knows that the fate will not be told."""
        for future in list(self.futures):
            if not future.done():
                future.set_exception(error)

    def _leave(self, future: asyncio.Future[Fate]) -> None:
        """Nothing is owed to a future that is done; an error nobody waits for is no news."""
        self.futures.pop(future, None)
        if not future.cancelled():
            future.exception()


class Unproven:
    """Accepted batches whose block is not provable yet, with the fate that will be told."""

    def __init__(self) -> None:
        """Start empty."""
        self._entries: list[tuple[Waiting, Fate]] = []
        self._asked_again: dict[int, Waiting] = {}  # batch index → all who came after its block

    def add(self, waiting: Waiting, fate: Fate) -> None:
        """`fate` is told once it is provable."""
        self._entries.append((waiting, fate))

    def join(self, fate: Fate) -> asyncio.Future[Fate]:
        """A future that gets `fate`, of a batch committed earlier, once it is provable."""
        waiting = self._asked_again.get(fate.result.batch_index)
        if waiting is None:
            waiting = self._asked_again[fate.result.batch_index] = Waiting(_NO_NONCE, b"")
            self.add(waiting, fate)
        return waiting.join()

    def prove(self, batch_count: int) -> list[Waiting]:
        """The first `batch_count` batches are provable: whoever waited for one knows; these are returned."""
        entries, self._entries = self._entries, []
        for index in [index for index in self._asked_again if index < batch_count]:
            del self._asked_again[index]
        told = []
        for waiting, fate in entries:
            if fate.result.batch_index < batch_count:
                waiting.tell(fate)
                told.append(waiting)
            else:
                self._entries.append((waiting, fate))
        return told

    def take_all(self) -> list[Waiting]:
        """Nothing is unproven here any more; what was is returned untold."""
        self._asked_again.clear()
        entries, self._entries = self._entries, []
        return [waiting for waiting, _ in entries]


def get_first_fate(application: Application, batch: SignedBatch, error: InvalidBatch) -> Fate | None:
    """The fate that the batch `error` turns away got before, or that the first batch with its nonce got.

    A batch that was accepted stays so, though by now its validity has passed or its key has ended.
    """
    try:
        nonce = application.get_nonce(build_transaction(batch))
    except InvalidBatch:
        return None
    is_replayed = error.code == Code.REPLAYED
    return application.get_fate(*nonce) if is_replayed else get_own_fate(application, nonce, batch.header)


def get_own_fate(application: Application, nonce: Nonce, header: bytes) -> Fate | None:
    """The fate of the accepted batch with this very header, or None."""
    fate = application.get_fate(*nonce)
    if fate is None:
        return None
    leaf = application.committed.view.get(rows.entry_key(rows.BATCH, fate.result.batch_index))
    return fate if decode_batch_leaf(leaf or b"").header == header else None

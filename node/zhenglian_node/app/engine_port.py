"""What the rest of a node knows about its engine.

Whether one process or a network of validators agrees on the
next block is nobody else's business.
"""

from collections.abc import Awaitable
from typing import NamedTuple, Protocol

from zhenglian_ledger.transition import BatchResult
from zhenglian_proto.v1.batch_pb2 import SignedBatch
from zhenglian_proto.v1.cometbft_pb2 import LightBlock


class Fate(NamedTuple):
    """What became of a batch. With code 0 it is in the batch log, provable, its results in its leaf.

    `height` is the block that held it, 0 if it never came into one.
    """

    height: int
    result: BatchResult


class EngineStatus(NamedTuple):
    """Which engine runs, the newest block it committed, and how many batches wait for the next."""

    name: str
    height: int
    time_ms: int
    waiting: int


class Engine(Protocol):
    """Orders batches into blocks and drives the application with them."""

    def queue(self, batch: SignedBatch) -> Awaitable[Fate]:
        """The batch waits for a block; the awaitable gives its fate once that is final and provable.

        Need not be awaited. The very same batch joins the one already waiting. Raises InvalidBatch as
        CheckTx finds it (REPLAYED if its nonce was used), Denied(OVERLOADED, NODE_STOPPING).
        """

    async def submit(self, batch: SignedBatch) -> Fate:
        """The batch's fate, once it is final and provable. A nonce used before gives the fate it got then.

        Raises Denied(OVERLOADED, NODE_STOPPING), and StoreError if the engine failed: the fate is then
        unknown.
        """

    def get_status(self) -> EngineStatus:
        """Where the engine stands."""

    async def get_light_block(self, height: int) -> LightBlock | None:
        """The committed header of `height` with its commit and validators, or None."""

    async def start(self) -> None:
        """Recovered from whatever the last run left, and making blocks. Raises StoreError(…)."""

    async def stop(self) -> None:
        """No block is being made; batches still waiting were told NODE_STOPPING."""

    async def wait(self) -> None:
        """Returns when the engine has stopped; raises what made it fail, after which the process must end."""

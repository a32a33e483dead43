"""What the rest of a node knows about its engine.

Whether one process or a network of validators agrees on the
next block is nobody else's business.
"""

from collections.abc import Awaitable
from typing import Final, NamedTuple, Protocol

from zhenglian_ledger.codes import Code
from zhenglian_ledger.transition import BatchResult
from zhenglian_proto.v1.batch_pb2 import SignedBatch
from zhenglian_proto.v1.cometbft_pb2 import LightBlock

FINAL_CODES: Final = frozenset(
    {
        Code.OK,
        # what the bytes say, whatever the ledger holds
        Code.NOT_CANONICAL,
        Code.UNPARSABLE,
        Code.TOO_LARGE,
        Code.UNDEFINED_ENUM,
        Code.OUT_OF_RANGE,
        Code.MISSING_FIELD,
        Code.FOREIGN_CHAIN,
        Code.WRONG_OPERATION_COUNT,
        Code.WRONG_OPERATIONS_ROOT,
        # what no later ledger takes back: time goes on, keys never change and never come back
        Code.BATCH_EXPIRED,
        Code.KEY_NOT_IN_FORCE,
        Code.KEY_OF_OTHER_SYSTEM,
        Code.SUITE_UNSUPPORTED,
        Code.WRONG_SIGNATURE,
    }
)
"""What a batch can be told that stays so for ever.

All others may be lifted: VALIDITY_TOO_LONG by time, UNKNOWN_SYSTEM and UNKNOWN_KEY by a registration,
SYSTEM_NOT_IN_FORCE and BLOCK_LIMIT by a vote, and REPLAYED where the first with the nonce only waits.
"""


class Fate(NamedTuple):
    """What became of a batch. With code 0 it is in the batch log, provable, its results in its leaf.

    `height` is the block that held it, 0 if it never came into one. With another code this node does nothing
    more about it, and it consumed nothing so far.
    """

    height: int
    result: BatchResult

    @property
    def is_final(self) -> bool:
        """Whether the very same bytes can have no other fate, on any node, ever.

        Where it is not, the ledger may change so that the batch becomes acceptable, and whoever has a copy
        may bring it in again, until its validity has passed by ledger time.
        """
        return self.result.code in FINAL_CODES


class EngineStatus(NamedTuple):
    """Which engine runs, the newest block it committed, and how many batches wait for the next."""

    name: str
    height: int
    time_ms: int
    waiting: int


class Engine(Protocol):
    """Orders batches into blocks and drives the application with them."""

    def queue(self, batch: SignedBatch) -> Awaitable[Fate]:
        """The batch waits for a block; the awaitable gives its fate, provable if the batch was accepted.

        A refusal is told as soon as this node meets it, final or not (`Fate.is_final`). Need not be awaited.
        The very same batch joins the one already waiting. Raises InvalidBatch as CheckTx finds it (REPLAYED
        if its nonce was used), Denied(OVERLOADED, NODE_STOPPING).
        """

    async def submit(self, batch: SignedBatch) -> Fate:
        """The batch's fate, as `queue` gives it. A nonce used before gives the fate it got then.

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

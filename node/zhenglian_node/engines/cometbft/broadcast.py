"""What CometBFT says of a transaction handed to its mempool (RPC `broadcast_tx_sync`).

None of these is a fate: a transaction taken in may still be lost, and only a block tells.
"""

from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import NamedTuple


class BroadcastKind(Enum):
    """What became of the call."""

    ACCEPTED = auto()
    """CheckTx passed: the transaction is in the mempool, unless that filled up at this very moment."""
    KNOWN = auto()
    """The mempool's cache has it: it waits there, or was committed."""
    FULL = auto()
    """The mempool has no room now."""
    REFUSED = auto()
    """CheckTx found no batch that passes, and `code` is the transaction's; BLOCK_LIMIT if it is too large."""
    UNREACHABLE = auto()
    """No answer: it may have arrived or not."""


class BroadcastResult(NamedTuple):
    """The answer to one call."""

    kind: BroadcastKind
    code: int = 0


Broadcast = Callable[[bytes], Awaitable[BroadcastResult]]
"""Hands one transaction to the mempool; raises nothing for what a `BroadcastKind` says."""

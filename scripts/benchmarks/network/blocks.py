"""What a consensus engine says of its blocks, over its own RPC socket."""

from pathlib import Path
from typing import Final, NamedTuple

from zhenglian_node.engines.cometbft.rpc import Rpc, RpcRefused

PAGE: Final = 20
"""Blocks a call tells of at most."""


class Block(NamedTuple):
    """A block by its height, and how many transactions are in it."""

    height: int
    transactions: int


def connect(home: Path) -> Rpc:
    """The engine whose home this is."""
    path = str(home / "rpc.sock")
    return Rpc(lambda: path)


async def list_blocks(rpc: Rpc, first: int) -> list[Block]:
    """The blocks from height `first` on, oldest first, a page of them at most; empty if there are none yet.

    Raises RpcUnreachable.
    """
    try:
        found = await rpc.call("blockchain", minHeight=str(first), maxHeight=str(first + PAGE - 1))
    except RpcRefused:
        return []
    return [
        Block(int(meta["header"]["height"]), int(meta["num_txs"])) for meta in reversed(found["block_metas"])
    ]


async def count_transactions(rpc: Rpc, above: int) -> int:
    """How many transactions are in all blocks above that height; raises RpcUnreachable."""
    count = 0
    while blocks := await list_blocks(rpc, above + 1):
        count += sum(block.transactions for block in blocks)
        above = blocks[-1].height
    return count

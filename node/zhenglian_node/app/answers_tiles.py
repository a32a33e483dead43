"""Reading a log's tiles for proofs, with the hashes above them remembered.

A path takes up to 255 hashes from each tile it crosses, and every path crosses the same upper tiles. What is
over a tile's hashes depends on these alone, so it is remembered by the tile's own bytes and is never stale.
"""

from functools import lru_cache
from typing import Final

from zhenglian_ledger import rows
from zhenglian_ledger.merkle.frontier import TILE_HEIGHT
from zhenglian_ledger.merkle.hashing import HASH_SIZE, compute_parents
from zhenglian_ledger.merkle.tile_reader import TILE_WIDTH, TileReader
from zhenglian_ledger.state import View

REMEMBERED_TILES: Final = 1024
"""Tiles whose inner hashes are kept: at most 25 MB."""


class RememberingReader(TileReader):
    """A tile reader over one log of a view."""

    def __init__(self, view: View, log: int) -> None:
        """Nothing is read yet."""
        super().__init__(lambda level, number: view.get(rows.tile_key(log, level, number)) or b"")

    def compute_subtree_hash(self, height: int, index: int) -> bytes:
        """As the base, from what is remembered of the tile."""
        level, rest = divmod(height, TILE_HEIGHT)
        tile, first = divmod(index << rest, TILE_WIDTH)
        end = first + (1 << rest)
        if not rest:
            return self.get_prefix(level, tile, end)[-HASH_SIZE:]
        inner = compute_inner_hashes(self.get_stored(level, tile, end))[rest]
        start = (first >> rest) * HASH_SIZE
        return inner[start : start + HASH_SIZE]

    def get_stored(self, level: int, index: int, width: int) -> bytes:
        """The tile as stored, at least `width` hashes wide; raises StoreError(STORE_CORRUPTED)."""
        self.get_prefix(level, index, width)
        return self._tiles[level, index]


@lru_cache(maxsize=REMEMBERED_TILES)
def compute_inner_hashes(tile: bytes) -> tuple[bytes, ...]:
    """For each height 0-8, the roots of the full subtrees over a tile's hashes, 32 bytes each, in order."""
    hashes = [tile[start : start + HASH_SIZE] for start in range(0, len(tile), HASH_SIZE)]
    heights = [tile]
    while len(hashes) > 1:
        hashes = compute_parents(hashes)
        heights.append(b"".join(hashes))
    return tuple(heights)

"""Subtree hashes of a log read back from its tiles.

A tile of level l, index n holds the hashes n·256 … of height 8·l. The store keeps one value a (level,
index) and overwrites a partial tile by a fuller one; a partial tile of an older size is a prefix of it, so
every tree size up to the current one stays readable. A hash above the leaves is in a tile only if its
subtree is full.
"""

from collections.abc import Callable
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.merkle.frontier import TILE_HEIGHT
from zhenglian_ledger.merkle.hashing import HASH_SIZE, compute_root, compute_root_of_edge

TILE_WIDTH: Final = 256
"""Hashes in a full tile."""

ReadTile = Callable[[int, int], bytes]
"""Port: (level, index) → that tile's stored bytes, 32 a hash, as wide as stored; empty if there is none."""


class TileReader:
    """Computes hashes of one log from `read_tile`, reading each tile at most once in its own lifetime."""

    def __init__(self, read_tile: ReadTile) -> None:
        """Keep the port; nothing is read yet."""
        self._read_tile = read_tile
        self._tiles: dict[tuple[int, int], bytes] = {}

    def get_prefix(self, level: int, index: int, width: int) -> bytes:
        """Return the first `width` hashes of a tile; raises StoreError(STORE_CORRUPTED) if it holds fewer."""
        tile = self._tiles.get((level, index))
        if tile is None:
            tile = self._tiles[level, index] = self._read_tile(level, index)
        if len(tile) < width * HASH_SIZE:
            raise StoreError(Code.STORE_CORRUPTED, what=f"tile {level}/{index} is narrower than {width}")
        return tile[: width * HASH_SIZE]

    def compute_subtree_hash(self, height: int, index: int) -> bytes:
        """Return the root of the full subtree over leaves [index·2^height, (index+1)·2^height)."""
        level, rest = divmod(height, TILE_HEIGHT)
        tile_index, first = divmod(index << rest, TILE_WIDTH)
        end = first + (1 << rest)
        tile = self.get_prefix(level, tile_index, end)
        starts = range(first * HASH_SIZE, end * HASH_SIZE, HASH_SIZE)
        return compute_root([tile[start : start + HASH_SIZE] for start in starts])

    def compute_range_edge(self, begin: int, end: int) -> list[bytes]:
        """Return the roots of the full subtrees of leaves [begin, end), largest first.

        `begin` must be a multiple of the smallest power of two that is not below `end - begin`.
        """
        edge: list[bytes] = []
        while begin < end:
            height = (end - begin).bit_length() - 1
            edge.append(self.compute_subtree_hash(height, begin >> height))
            begin += 1 << height
        return edge

    def compute_range_root(self, begin: int, end: int) -> bytes:
        """Return MTH(D[begin:end]) under the same condition as `compute_range_edge`."""
        return compute_root_of_edge(self.compute_range_edge(begin, end))

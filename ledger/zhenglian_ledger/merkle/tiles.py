"""C2SP tlog-tiles: names of tiles, how wide each is at a tree size, and what an append writes.

Tiles have height 8. Hash i of tile n at level l is MTH(D[(n·256+i)·256^l : (n·256+i+1)·256^l]); a partial
tile is never hashed upward and an empty one does not exist.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.merkle.frontier import TILE_HEIGHT, Frontier
from zhenglian_ledger.merkle.hashing import HASH_SIZE
from zhenglian_ledger.merkle.tile_reader import TILE_WIDTH, ReadTile, TileReader

TILE_BYTES: Final = TILE_WIDTH * HASH_SIZE
"""Bytes of a full tile."""

MAX_LEVEL: Final = 63
"""Highest level a tile path can name (C2SP tlog-tiles)."""

ENTRIES: Final = "entries"
"""What stands for the level in the path of a bundle of entries."""

_DIGITS: Final = frozenset("0123456789")


@dataclass(frozen=True, slots=True)
class TileCoordinates:
    """One tile as served: `level` (None for entries), `index`, and its `width` in hashes, 1-256."""

    level: int | None
    index: int
    width: int = TILE_WIDTH


class Append(NamedTuple):
    """What an append leaves: the new `frontier`, and the `tiles` to store by (level, index)."""

    frontier: Frontier
    tiles: dict[tuple[int, int], bytes]


def compute_append(frontier: Frontier, leaf_hashes: Iterable[bytes], read_tile: ReadTile) -> Append:
    """Return frontier and written tiles after appending `leaf_hashes` to the log that `frontier` ends.

    Reads at most one partial tile a level. Raises StoreError(STORE_CORRUPTED) if that tile is too narrow.
    """
    grown, gained = frontier.append_with_tile_hashes(leaf_hashes)
    reader = TileReader(read_tile)
    tiles: dict[tuple[int, int], bytes] = {}
    for level, hashes in enumerate(gained):
        index, width = divmod(frontier.size >> TILE_HEIGHT * level, TILE_WIDTH)
        data = b"".join([reader.get_prefix(level, index, width), *hashes] if width else hashes)
        for start in range(0, len(data), TILE_BYTES):
            tiles[level, index] = data[start : start + TILE_BYTES]
            index += 1
    return Append(grown, tiles)


def compute_tile_width(size: int, level: int, index: int) -> int:
    """Return how many hashes tile (level, index) holds in a tree of `size` leaves: 0 (no tile) to 256."""
    return max(0, min(TILE_WIDTH, (size >> TILE_HEIGHT * level) - index * TILE_WIDTH))


def compute_tiles_of_tree(size: int) -> Iterator[TileCoordinates]:
    """Yield every tile of a tree of `size` leaves, level by level, the partial one of a level last."""
    level = 0
    while hashes := size >> TILE_HEIGHT * level:
        for index in range(-(-hashes // TILE_WIDTH)):
            yield TileCoordinates(level, index, compute_tile_width(size, level, index))
        level += 1


def compute_tile_path(level: int | None, index: int, width: int = TILE_WIDTH) -> str:
    """Return `tile/<L>/<N>[.p/<W>]`, with `entries` as <L> for a level of None.

    N is written in groups of three digits, all but the last prefixed with `x`.
    """
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    partial = f".p/{width}" if width != TILE_WIDTH else ""
    return f"tile/{ENTRIES if level is None else level}/{'/'.join(groups)}{partial}"


def compute_tile_coordinates(path: str) -> TileCoordinates:
    """Return the tile a path names; raises InvalidInput(WRONG_FORM) unless it is its one canonical path."""
    full, _, partial = path.partition(".p/")
    prefix, _, rest = full.partition("/")
    label, _, number = rest.partition("/")
    digits = "".join(group.removeprefix("x") for group in number.split("/"))
    texts = [digits] + [label] * (label != ENTRIES) + [partial] * (".p/" in path)
    if prefix == "tile" and all(0 < len(text) <= 21 and _DIGITS.issuperset(text) for text in texts):
        level = None if label == ENTRIES else int(label)
        found = TileCoordinates(level, int(digits), int(partial) if partial else TILE_WIDTH)
        allowed = (level or 0) <= MAX_LEVEL and 1 <= found.width <= TILE_WIDTH
        if allowed and compute_tile_path(found.level, found.index, found.width) == path:
            return found
    raise InvalidInput(Code.WRONG_FORM, what="tile path")

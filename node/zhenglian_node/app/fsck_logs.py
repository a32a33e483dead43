"""Checking a log: its entries lead to its tiles, and these to the frontier in the head (SPEC 4.3)."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from zhenglian_ledger import rows
from zhenglian_ledger.head import Head
from zhenglian_ledger.merkle.frontier import Frontier
from zhenglian_ledger.merkle.hashing import compute_leaf_hashes
from zhenglian_ledger.merkle.tiles import TILE_BYTES, compute_append, compute_tiles_of_tree
from zhenglian_ledger.rows import ACCESS, BATCH, REGISTRY
from zhenglian_node.storage.port import Snapshot

NAMES: Final[dict[int, str]] = {BATCH: "batch log", REGISTRY: "registry log", ACCESS: "access log"}
_CHUNK: Final = 16_384


def check_log(view: Snapshot, head: Head, log: int) -> Iterator[str]:
    """What is wrong with `log`: entries missing or surplus, tiles that do not follow, another frontier."""
    name = NAMES[log]
    size = head.sizes[log]
    frontier = Frontier()
    partial: dict[tuple[int, int], bytes] = {}
    scanned = view.scan(rows.ENTRY + bytes([log]))
    while chunk := list(islice(scanned, _CHUNK)):
        for offset, (key, _) in enumerate(chunk):
            if key != rows.entry_key(log, frontier.size + offset):
                yield f"{name}: entry {frontier.size + offset} is missing"
                return
        appended = compute_append(
            frontier,
            compute_leaf_hashes(leaf for _, leaf in chunk),
            lambda level, number: partial.get((level, number), b""),
        )
        frontier = appended.frontier
        for place, tile in appended.tiles.items():
            if len(tile) == TILE_BYTES:
                partial.pop(place, None)
                yield from _check_tile(view, log, place, tile)
            else:
                partial[place] = tile
    for place, tile in partial.items():
        yield from _check_tile(view, log, place, tile)
    if frontier != head.frontiers[log]:
        yield f"{name}: {frontier.size} entries do not give the head's frontier of {size}"
    tiles = sum(1 for _ in view.scan(rows.TILE + bytes([log])))
    expected = sum(1 for _ in compute_tiles_of_tree(frontier.size))
    if tiles != expected:
        yield f"{name}: {tiles} tiles instead of {expected}"


def _check_tile(view: Snapshot, log: int, place: tuple[int, int], tile: bytes) -> Iterator[str]:
    if view.get(rows.tile_key(log, *place)) != tile:
        yield f"{NAMES[log]}: tile {place[0]}/{place[1]} does not follow from the entries"

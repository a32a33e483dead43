"""The right edge of an append-only tree: all that appending needs to know of it.

A frontier of `size` leaves holds one hash for each one-bit of `size`: the roots of the perfect subtrees the
leaves split into, largest first. It is a value: appending returns another one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidEncoding
from zhenglian_ledger.merkle.hashing import HASH_SIZE, compute_parents, compute_root_of_edge

TILE_HEIGHT: Final = 8
"""Levels of the tree in one level of tiles (C2SP tlog-tiles)."""

_SIZE_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Frontier:
    """A tree of `size` leaves by its right edge: one 32-byte hash for each one-bit of `size`."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def append_with_tile_hashes(self, leaf_hashes: Iterable[bytes]) -> tuple["Frontier", list[list[bytes]]]:
        """Return the frontier after appending, and per tile level the hashes that level gained, in order.

        Works level by level on whole lists: the nodes completed at height 8·l are exactly what tile level l
        gains, so tiles cost no further hashing.
        """
        nodes = list(leaf_hashes)
        size = self.size + len(nodes)
        kept = list(self.hashes)
        edge: list[bytes] = []
        gained: list[list[bytes]] = []
        height = 0
        while nodes:
            if height % TILE_HEIGHT == 0:
                gained.append(nodes)
            if self.size >> height & 1:
                nodes = [kept.pop(), *nodes]
            if len(nodes) & 1:
                edge.append(nodes[-1])
            nodes = compute_parents(nodes)
            height += 1
        return Frontier(size, (*kept, *reversed(edge))), gained

    def compute_root(self) -> bytes:
        """Return the RFC 6962 root of the whole tree."""
        return compute_root_of_edge(self.hashes)

    def to_bytes(self) -> bytes:
        """Return `u64 size ‖ hashes`, the one encoding of this frontier."""
        return self.size.to_bytes(_SIZE_BYTES, "big") + b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return the frontier encoded as `data`; raises InvalidEncoding(WRONG_LENGTH)."""
        size = int.from_bytes(data[:_SIZE_BYTES], "big")
        expected = _SIZE_BYTES + HASH_SIZE * size.bit_count()
        if len(data) != expected:
            raise InvalidEncoding(Code.WRONG_LENGTH, what="frontier", expected=expected, found=len(data))
        starts = range(_SIZE_BYTES, expected, HASH_SIZE)
        return cls(size, tuple(data[start : start + HASH_SIZE] for start in starts))

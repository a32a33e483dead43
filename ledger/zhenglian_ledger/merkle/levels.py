"""Nodes of one in-memory Merkle tree, with an overlay for the next version and an undo for the previous one.

Three versions meet here, because a block is computed, committed and proven at different times:
- *next*: `preview` computes it as a delta and changes nothing, so it may be repeated or thrown away;
- *current*: what `commit` applied last;
- *previous*: what stood before that commit. It stays readable until the next commit, since a state is proven
  only by the header after its block.

Level h has ceil(count / 2^h) nodes in one bytearray, node i at byte i << 5; a last node without a
sibling is carried upward unchanged, which is the shape of RFC 6962. Leaves are replaced and appended,
never removed. One thread owns a tree.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, StoreError
from zhenglian_ledger.merkle.hashing import EMPTY_ROOT, HASH_SIZE


@dataclass(frozen=True, slots=True)
class LevelsDelta:
    """A next version: its leaf `count` and `root`, and per level the nodes that differ, by index.

    `base` names the version it was computed on; it can be committed on no other.
    """

    base: int
    count: int
    root: bytes
    nodes: tuple[dict[int, bytes], ...]


@dataclass(frozen=True, slots=True)
class _Version:
    """Count and root of a version, and the nodes in which it differs from the stored levels."""

    count: int
    root: bytes
    nodes: tuple[dict[int, bytearray], ...] = ()


class NodeLevels:
    """A binary tree over leaf hashes that can be previewed, committed and read one version back."""

    def __init__(self, leaves: bytes = b"") -> None:
        """Build every level over `leaves`, the concatenated leaf hashes; previous equals current."""
        self._levels = [bytearray(leaves)] if leaves else []
        while self._levels and len(self._levels[-1]) > HASH_SIZE:
            self._levels.append(_compute_next_level(self._levels[-1]))
        self._start_at(len(leaves) // HASH_SIZE)

    @classmethod
    def from_uniform(cls, leaf: bytes, height: int) -> "NodeLevels":
        """Return the full tree of 2^height leaves that all hash to `leaf`, with one hash a level."""
        tree = cls()
        node = leaf
        for level in range(height, -1, -1):
            tree._levels.append(bytearray(node * (1 << level)))
            node = sha256(b"\x01" + node + node).digest()
        tree._start_at(1 << height)
        return tree

    @property
    def count(self) -> int:
        """Leaves of the current version."""
        return self._current.count

    @property
    def root(self) -> bytes:
        """Root of the current version; `EMPTY_ROOT` without leaves."""
        return self._current.root

    @property
    def previous_count(self) -> int:
        """Leaves before the last commit."""
        return self._previous.count

    @property
    def previous_root(self) -> bytes:
        """Root before the last commit."""
        return self._previous.root

    def path(self, index: int) -> list[bytes]:
        """Return a leaf's RFC 6962 path to `root`; raises InvalidInput(OUT_OF_RANGE)."""
        return self._compute_path(self._current, index)

    def previous_path(self, index: int) -> list[bytes]:
        """Return a leaf's RFC 6962 path to `previous_root`; raises InvalidInput(OUT_OF_RANGE)."""
        return self._compute_path(self._previous, index)

    def preview(self, count: int, leaves: Mapping[int, bytes]) -> LevelsDelta:
        """Return the version of `count` leaves with `leaves` (index → hash) put in; change nothing.

        Every leaf from the current count on must be among them. Raises InvalidInput(OUT_OF_RANGE).
        """
        if count < self.count or any(not 0 <= index < count for index in leaves):
            raise InvalidInput(Code.OUT_OF_RANGE, field="leaf index")
        if any(index not in leaves for index in range(self.count, count)):
            raise InvalidInput(Code.OUT_OF_RANGE, field="appended leaves")
        changed = dict(leaves)
        nodes = [changed]
        width = count
        while width > 1:
            changed = self._compute_parents(len(nodes) - 1, width, changed)
            nodes.append(changed)
            width = (width + 1) >> 1
        return LevelsDelta(self._version, count, nodes[-1].get(0, self.root), tuple(nodes))

    def commit(self, delta: LevelsDelta) -> None:
        """Make `delta` the current version and what was current the previous one.

        Raises StoreError(STALE_DELTA) if `delta` was computed on another version; nothing has changed then.
        """
        if delta.base != self._version:
            raise StoreError(Code.STALE_DELTA)
        undo: list[dict[int, bytearray]] = []
        width = delta.count
        for height, changed in enumerate(delta.nodes if width else ()):
            if height == len(self._levels):
                self._levels.append(bytearray())
            level = self._levels[height]
            kept = len(level) // HASH_SIZE
            level.extend(bytes((width - kept) * HASH_SIZE))
            old = {index: level[index << 5 : (index << 5) + 32] for index in changed if index < kept}
            for index, node in changed.items():
                level[index << 5 : (index << 5) + 32] = node
            undo.append(old)
            width = (width + 1) >> 1
        self._previous = _Version(self.count, self.root, tuple(undo))
        self._current = _Version(delta.count, delta.root)
        self._version += 1

    def _start_at(self, count: int) -> None:
        root = bytes(self._levels[-1]) if count else EMPTY_ROOT
        self._version = 0
        self._current = self._previous = _Version(count, root)

    def _compute_parents(self, height: int, width: int, changed: Mapping[int, bytes]) -> dict[int, bytes]:
        """Return the nodes above `changed`; a node that is not in it stands in the stored level."""
        level = self._levels[height] if height < len(self._levels) else bytearray()
        parents: dict[int, bytes] = {}
        for index, node in changed.items():
            sibling = changed.get(index ^ 1)
            if index & 1:
                if sibling is None:  # a changed left sibling makes the parent itself
                    left = level[(index << 5) - 32 : index << 5]
                    parents[index >> 1] = sha256(b"\x01" + left + node).digest()
            elif index + 1 == width:
                parents[index >> 1] = node
            elif sibling is None:
                right = level[(index << 5) + 32 : (index << 5) + 64]
                parents[index >> 1] = sha256(b"\x01" + node + right).digest()
            else:
                parents[index >> 1] = sha256(b"\x01" + node + sibling).digest()
        return parents

    def _compute_path(self, version: _Version, index: int) -> list[bytes]:
        if not 0 <= index < version.count:
            raise InvalidInput(Code.OUT_OF_RANGE, field="leaf index")
        path: list[bytes] = []
        last = version.count - 1
        for height in range(last.bit_length()):
            sibling = index >> height ^ 1
            if sibling <= last >> height:
                kept = version.nodes[height].get(sibling) if version.nodes else None
                path.append(bytes(kept or self._levels[height][sibling << 5 : (sibling << 5) + 32]))
        return path


def _compute_next_level(level: bytearray) -> bytearray:
    """Return the level above: the node hash of each pair, an odd last node carried as it is."""
    size = 2 * HASH_SIZE
    paired = len(level) - len(level) % size
    view = bytes(level)
    parents = [sha256(b"\x01" + view[start : start + size]).digest() for start in range(0, paired, size)]
    return bytearray(b"".join(parents) + view[paired:])

"""The status vector: 4 bits for every index of the registry log, under one root (SPEC 4.4).

Packing is the IETF token status list's, least significant nibble first. A chunk is 128 bytes, 256
statuses; the last is padded with NONE. A chunk's leaf is SHA-256(00 ‖ chunk), and the tree is RFC 6962
over ceil(size / 256) chunks. An index at or beyond `size` has no status.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, VerificationFailed
from zhenglian_ledger.merkle.hashing import leaf_hash
from zhenglian_ledger.merkle.levels import LevelsDelta, NodeLevels
from zhenglian_ledger.merkle.proof import compute_root_from_path

CHUNK_STATUSES: Final = 256
"""Statuses in a chunk."""

CHUNK_BYTES: Final = 128
"""Bytes of a chunk."""

EMPTY_CHUNK: Final = b"\xff" * CHUNK_BYTES
"""A chunk of nothing but NONE."""

_EMPTY_LEAF: Final = leaf_hash(EMPTY_CHUNK)


class Status(IntEnum):
    """What is in force at a registry-log index; the value is its nibble."""

    VALID = 0
    INVALID = 1
    SUSPENDED = 2
    DISPUTED = 3
    PENDING = 0xC
    SUSPENDED_DISPUTED = 0xD
    SUPERSEDED = 0xE
    NONE = 0xF


_STATUS_BY_NIBBLE: Final = {status.value: status for status in Status}

ReadChunk = Callable[[int], bytes]
"""Port: chunk index → the stored chunk of 128 bytes; empty if the vector does not reach it yet."""


def compute_chunk_count(size: int) -> int:
    """Return ceil(size / 256)."""
    return (size + CHUNK_STATUSES - 1) // CHUNK_STATUSES


def get_status(chunk: bytes, index: int) -> Status:
    """Return the status of registry-log `index` from the chunk that holds it.

    Raises VerificationFailed(PROOF_WRONG_STATUS) on an undefined nibble or a chunk of another length.
    """
    if len(chunk) == CHUNK_BYTES:
        byte = chunk[index % CHUNK_STATUSES >> 1]
        status = _STATUS_BY_NIBBLE.get(byte >> 4 if index & 1 else byte & 0xF)
        if status is not None:
            return status
    raise VerificationFailed(Code.PROOF_WRONG_STATUS)


def set_status(chunk: bytes, index: int, status: Status) -> bytes:
    """Return `chunk` with the status of registry-log `index` replaced."""
    packed = bytearray(chunk)
    _put(packed, index, status)
    return bytes(packed)


def compute_changed_chunks(statuses: Mapping[int, int], read_chunk: ReadChunk) -> dict[int, bytes]:
    """Return the chunks that `statuses` (registry-log index → status) leave changed, by chunk index.

    Each chunk is read once; one that is not stored yet starts as NONE. Chunks whose bytes stay the same are
    left out, a new chunk is always in.
    """
    packed: dict[int, bytearray] = {}
    stored: dict[int, bytes] = {}
    for index, status in statuses.items():
        number = index // CHUNK_STATUSES
        chunk = packed.get(number)
        if chunk is None:
            stored[number] = read_chunk(number)
            chunk = packed[number] = bytearray(stored[number] or EMPTY_CHUNK)
        _put(chunk, index, status)
    return {number: bytes(chunk) for number, chunk in packed.items() if chunk != stored[number]}


@dataclass(frozen=True, slots=True)
class StatusDelta:
    """The status tree of the next block: commit it, or drop it and preview again."""

    size: int
    levels: LevelsDelta


class StatusTree:
    """The tree over all chunks, held in memory: 32 bytes a node, 25 MB at 100 million statuses.

    Hashes only; the chunks stand in the store. Commit every block that changes the app hash, also with no
    changed chunk, so that `previous_…` always means the state before the newest such block. After a restart
    build it with the chunks as they stood before the newest block, then preview and commit that block again.
    """

    def __init__(self) -> None:
        """Start with no status: size 0, root `EMPTY_ROOT`."""
        self._levels = NodeLevels()
        self._size = self._previous_size = 0

    @classmethod
    def from_chunks(cls, size: int, chunks: Iterable[bytes]) -> "StatusTree":
        """Return the tree over the stored chunks, in order.

        Raises InvalidInput(WRONG_LENGTH) unless there are ceil(size / 256) of them.
        """
        tree = cls()
        leaves = b"".join([leaf_hash(chunk) for chunk in chunks])
        tree._levels = NodeLevels(leaves)
        tree._size = tree._previous_size = size
        if tree._levels.count != compute_chunk_count(size):
            expected = compute_chunk_count(size)
            raise InvalidInput(Code.WRONG_LENGTH, what="chunks", expected=expected, found=tree._levels.count)
        return tree

    @property
    def size(self) -> int:
        """Statuses in the current version."""
        return self._size

    @property
    def root(self) -> bytes:
        """Status root of the current version."""
        return self._levels.root

    @property
    def previous_size(self) -> int:
        """Statuses before the last commit."""
        return self._previous_size

    @property
    def previous_root(self) -> bytes:
        """Status root before the last commit."""
        return self._levels.previous_root

    def path(self, chunk_index: int) -> list[bytes]:
        """Return a chunk's path to `root`; raises InvalidInput(OUT_OF_RANGE)."""
        return self._levels.path(chunk_index)

    def previous_path(self, chunk_index: int) -> list[bytes]:
        """Return a chunk's path to `previous_root`; raises InvalidInput(OUT_OF_RANGE)."""
        return self._levels.previous_path(chunk_index)

    def preview(self, size: int, changes: Mapping[int, bytes]) -> tuple[bytes, StatusDelta]:
        """Return root and delta of the version with `size` statuses and `changes` (chunk index → chunk).

        Changes nothing. A new chunk that is not among the changes holds NONE alone. Raises
        InvalidInput(OUT_OF_RANGE) on a smaller size or a chunk beyond it, InvalidInput(WRONG_LENGTH) on a
        chunk that is not 128 bytes.
        """
        if size < self._size:
            raise InvalidInput(Code.OUT_OF_RANGE, field="size")
        for chunk in changes.values():
            if len(chunk) != CHUNK_BYTES:
                raise InvalidInput(Code.WRONG_LENGTH, what="chunk", expected=CHUNK_BYTES, found=len(chunk))
        count = compute_chunk_count(size)
        leaves = dict.fromkeys(range(self._levels.count, count), _EMPTY_LEAF)
        leaves.update((index, leaf_hash(chunk)) for index, chunk in changes.items())
        delta = self._levels.preview(count, leaves)
        return delta.root, StatusDelta(size, delta)

    def commit(self, delta: StatusDelta) -> None:
        """Make `delta` current and keep what was current as previous; raises StoreError(STALE_DELTA)."""
        self._levels.commit(delta.levels)
        self._previous_size, self._size = self._size, delta.size


def verify_status(
    index: int,
    size: int,
    chunk: bytes,
    path: Sequence[bytes],
    root: bytes,
    *,
    other_root: Code = Code.PROOF_WRONG_STATUS,
) -> Status:
    """Return the status that (size, root) holds for registry-log `index`.

    Raises VerificationFailed(PROOF_TRUNCATED_PATH) on a wrong path length, PROOF_WRONG_STATUS on an index
    at or beyond `size`, a chunk of another length, padding other than NONE or an undefined nibble, and
    `other_root` where a chunk of the right length leads to another root.
    """
    if not 0 <= index < size or len(chunk) != CHUNK_BYTES:
        raise VerificationFailed(Code.PROOF_WRONG_STATUS)
    number, count = index // CHUNK_STATUSES, compute_chunk_count(size)
    found = compute_root_from_path(leaf_hash(chunk), number, count, path, Code.PROOF_WRONG_STATUS)
    if found != root:
        raise VerificationFailed(other_root)
    if not _is_padded(chunk, size - number * CHUNK_STATUSES):
        raise VerificationFailed(Code.PROOF_WRONG_STATUS)
    return get_status(chunk, index)


def _is_padded(chunk: bytes, used: int) -> bool:
    """Tell whether every nibble from `used` on is NONE."""
    if used >= CHUNK_STATUSES:
        return True
    tail = chunk[(used + 1) // 2 :]
    return tail == EMPTY_CHUNK[: len(tail)] and (not used & 1 or chunk[used // 2] >> 4 == Status.NONE)


def _put(chunk: bytearray, index: int, status: int) -> None:
    place = index % CHUNK_STATUSES >> 1
    kept = chunk[place]
    chunk[place] = (kept & 0x0F) | status << 4 if index & 1 else (kept & 0xF0) | status

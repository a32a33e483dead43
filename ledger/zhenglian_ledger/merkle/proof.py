"""Inclusion and consistency proofs of a log: computed from tiles, verified from bytes alone.

Paths run from the leaf to the root (RFC 9162 2.1.3 and 2.1.4, which keep RFC 6962's tree). A verifier
first asks whether the path has the one length that index and size allow (PROOF_TRUNCATED_PATH), then
whether it leads to the root (PROOF_WRONG_PATH); it returns None or raises VerificationFailed.
"""

from collections.abc import Sequence

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, VerificationFailed
from zhenglian_ledger.merkle.hashing import EMPTY_ROOT, HASH_SIZE, node_hash
from zhenglian_ledger.merkle.tile_reader import ReadTile, TileReader

__all__ = [
    "compute_consistency_path",
    "compute_consistency_path_length",
    "compute_inclusion_path",
    "compute_inclusion_path_length",
    "compute_inclusion_path_with",
    "compute_root_from_path",
    "verify_consistency",
    "verify_inclusion",
]


def compute_inclusion_path(index: int, size: int, read_tile: ReadTile) -> list[bytes]:
    """Return PATH(index, D[size]) of RFC 9162 2.1.3.1.

    Raises InvalidInput(OUT_OF_RANGE) unless index < size.
    """
    return compute_inclusion_path_with(TileReader(read_tile), index, size)


def compute_inclusion_path_with(reader: TileReader, index: int, size: int) -> list[bytes]:
    """Return the same path by a reader the caller keeps, with whatever it remembers."""
    if not 0 <= index < size:
        raise InvalidInput(Code.OUT_OF_RANGE, field="index")
    path: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _compute_split(end - begin)
        if index < middle:
            path.append(reader.compute_range_root(middle, end))
            end = middle
        else:
            path.append(reader.compute_range_root(begin, middle))
            begin = middle
    path.reverse()
    return path


def compute_consistency_path(old_size: int, new_size: int, read_tile: ReadTile) -> list[bytes]:
    """Return PROOF(old, D[new]) of RFC 9162 2.1.4.1; empty for equal sizes and for an empty old tree.

    Raises InvalidInput(OUT_OF_RANGE) if the old size exceeds the new one.
    """
    if not 0 <= old_size <= new_size:
        raise InvalidInput(Code.OUT_OF_RANGE, field="old_size")
    if old_size in (0, new_size):
        return []
    reader = TileReader(read_tile)
    path: list[bytes] = []
    begin, end = 0, new_size
    while old_size != end:
        middle = begin + _compute_split(end - begin)
        if old_size <= middle:
            path.append(reader.compute_range_root(middle, end))
            end = middle
        else:
            path.append(reader.compute_range_root(begin, middle))
            begin = middle
    if begin:  # the old tree is no single full subtree: its last one opens the path
        path.append(reader.compute_range_root(begin, end))
    path.reverse()
    return path


def compute_inclusion_path_length(index: int, size: int) -> int:
    """Return the number of hashes in an inclusion path, for index < size."""
    inner = (index ^ (size - 1)).bit_length()
    return inner + (index >> inner).bit_count()


def compute_consistency_path_length(old_size: int, new_size: int) -> int:
    """Return the number of hashes in a consistency path, for old_size <= new_size."""
    if old_size in (0, new_size):
        return 0
    trailing = (old_size & -old_size).bit_length() - 1
    opening = 0 if old_size == 1 << trailing else 1
    return compute_inclusion_path_length(old_size - 1, new_size) - trailing + opening


def compute_root_from_path(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], code: Code = Code.PROOF_WRONG_PATH
) -> bytes:
    """Return the root to which `path` leads from the leaf hash `leaf` at `index` (RFC 9162 2.1.3.2).

    Raises VerificationFailed(PROOF_TRUNCATED_PATH) on a path too short or too long, and with `code` if the
    index is not below the size or a hash is not 32 bytes.
    """
    if not 0 <= index < size:
        raise VerificationFailed(code)
    if len(path) != compute_inclusion_path_length(index, size):
        raise VerificationFailed(Code.PROOF_TRUNCATED_PATH)
    siblings = list(path)  # a field of a message gives each hash anew
    if len(leaf) != HASH_SIZE or any(len(sibling) != HASH_SIZE for sibling in siblings):
        raise VerificationFailed(code)
    node, last, root = index, size - 1, leaf
    for sibling in siblings:
        while node == last and not node & 1:  # no right sibling: the node moves up as it is
            node, last = node >> 1, last >> 1
        root = node_hash(sibling, root) if node & 1 else node_hash(root, sibling)
        node, last = node >> 1, last >> 1
    return root


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Return if leaf hash `leaf` stands at `index` of the tree (size, root).

    Raises VerificationFailed with PROOF_TRUNCATED_PATH or PROOF_WRONG_PATH.
    """
    if compute_root_from_path(leaf, index, size, path) != root:
        raise VerificationFailed(Code.PROOF_WRONG_PATH)


def verify_consistency(
    old_size: int, new_size: int, path: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Return if the tree (old_size, old_root) is a prefix of (new_size, new_root) (RFC 9162 2.1.4.2).

    Raises VerificationFailed with PROOF_TRUNCATED_PATH or PROOF_WRONG_PATH.
    """
    if not 0 <= old_size <= new_size:
        raise VerificationFailed(Code.PROOF_WRONG_PATH)
    if len(path) != compute_consistency_path_length(old_size, new_size):
        raise VerificationFailed(Code.PROOF_TRUNCATED_PATH)
    if any(len(found) != HASH_SIZE for found in (old_root, new_root, *path)):
        raise VerificationFailed(Code.PROOF_WRONG_PATH)
    if old_size == new_size:
        holds = old_root == new_root and (new_size > 0 or new_root == EMPTY_ROOT)
    elif old_size == 0:
        holds = old_root == EMPTY_ROOT
    else:
        holds = _compute_both_roots(old_size, new_size, path, old_root) == (old_root, new_root)
    if not holds:
        raise VerificationFailed(Code.PROOF_WRONG_PATH)


def _compute_both_roots(
    old_size: int, new_size: int, path: Sequence[bytes], old_root: bytes
) -> tuple[bytes, bytes]:
    """Follow RFC 9162 2.1.4.2 from the last full subtree of the old tree; 0 < old_size < new_size."""
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    hashes = [old_root, *path] if old_size & (old_size - 1) == 0 else list(path)
    old = new = hashes[0]
    for sibling in hashes[1:]:
        while node == last and not node & 1:
            node, last = node >> 1, last >> 1
        if node & 1:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return old, new


def _compute_split(count: int) -> int:
    """Return the largest power of two below `count`, for count > 1."""
    return 1 << (count - 1).bit_length() - 1

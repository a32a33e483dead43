"""RFC 6962 2.1 hashing: the one place that knows the leaf and node prefixes.

A leaf and a node never hash alike: a leaf is prefixed with 00, a node with 01.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

HASH_SIZE: Final = 32
"""Bytes of one SHA-256 hash."""

EMPTY_ROOT: Final = sha256(b"").digest()
"""Root of the tree without leaves: SHA-256 of nothing (RFC 6962 2.1)."""


def leaf_hash(data: bytes) -> bytes:
    """Return SHA-256(00 ‖ data), 32 bytes."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(01 ‖ left ‖ right), 32 bytes."""
    return sha256(b"\x01" + left + right).digest()


def compute_leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """Return the leaf hash of every entry, in order."""
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def compute_parents(hashes: Sequence[bytes]) -> list[bytes]:
    """Return the node hash of each adjacent pair; an odd last hash is left out."""
    pairs = iter(hashes)
    return [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=False)]


def compute_root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the RFC 6962 root (MTH) over leaf hashes; `EMPTY_ROOT` for none.

    Pairing level by level and carrying an odd last node upward gives the same tree as splitting at the
    largest power of two.
    """
    if not leaf_hashes:
        return EMPTY_ROOT
    nodes = leaf_hashes
    while len(nodes) > 1:
        parents = compute_parents(nodes)
        if len(nodes) & 1:
            parents.append(nodes[-1])
        nodes = parents
    return nodes[0]


def compute_root_of_edge(hashes: Sequence[bytes]) -> bytes:
    """Return the root over perfect subtrees of falling size (the right edge of a tree), largest first."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in hashes[-2::-1]:
        root = sha256(b"\x01" + left + root).digest()
    return root

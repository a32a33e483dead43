"""Slow, obvious twins of `zhenglian_ledger.merkle`: the definitions, written as recursions over plain lists.

Nothing here shares code with the fast paths; tests and vector generation compare the two.
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from struct import pack


def reference_leaf(data: bytes) -> bytes:
    """SHA-256(00 ‖ data)."""
    return sha256(b"\x00" + data).digest()


def reference_node(left: bytes, right: bytes) -> bytes:
    """SHA-256(01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


def _split(count: int) -> int:
    """Largest power of two below `count`."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def reference_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 2.1 over leaf hashes."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    middle = _split(len(leaves))
    return reference_node(reference_root(leaves[:middle]), reference_root(leaves[middle:]))


def reference_inclusion_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962 2.1.1."""
    if len(leaves) == 1:
        return []
    middle = _split(len(leaves))
    if index < middle:
        return [*reference_inclusion_path(index, leaves[:middle]), reference_root(leaves[middle:])]
    return [*reference_inclusion_path(index - middle, leaves[middle:]), reference_root(leaves[:middle])]


def reference_consistency_path(old_size: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PROOF of RFC 6962 2.1.2; empty for an empty old tree."""
    return _subproof(old_size, leaves, is_known=True) if old_size else []


def _subproof(old_size: int, leaves: Sequence[bytes], *, is_known: bool) -> list[bytes]:
    if old_size == len(leaves):
        return [] if is_known else [reference_root(leaves)]
    middle = _split(len(leaves))
    if old_size <= middle:
        return [*_subproof(old_size, leaves[:middle], is_known=is_known), reference_root(leaves[middle:])]
    return [*_subproof(old_size - middle, leaves[middle:], is_known=False), reference_root(leaves[:middle])]


def reference_tiles(leaves: Sequence[bytes]) -> dict[tuple[int, int], bytes]:
    """Every tile of a tree, each hash by its definition MTH(D[i·256^l : (i+1)·256^l])."""
    tiles: dict[tuple[int, int], bytes] = {}
    level, span = 0, 1
    while span <= len(leaves):
        for number in range(len(leaves) // span):
            place = (level, number // 256)
            found = reference_root(leaves[number * span : (number + 1) * span])
            tiles[place] = tiles.get(place, b"") + found
        level, span = level + 1, span * 256
    return tiles


def reference_reader(tiles: Mapping[tuple[int, int], bytes]) -> Callable[[int, int], bytes]:
    """A read port over a dict of tiles."""
    return lambda level, index: tiles.get((level, index), b"")


def reference_chunks(statuses: Sequence[int]) -> list[bytes]:
    """The status chunks of a whole vector: two nibbles a byte, low first, padded with 0xF."""
    padded = list(statuses)
    while len(padded) % 256:
        padded.append(0xF)
    packed = bytes(low + 16 * high for low, high in zip(padded[::2], padded[1::2], strict=True))
    return [packed[start : start + 128] for start in range(0, len(packed), 128)]


def reference_status_root(statuses: Sequence[int]) -> bytes:
    """The status root, rebuilt from every status."""
    return reference_root([reference_leaf(chunk) for chunk in reference_chunks(statuses)])


def reference_trace_key(kind: int, identifier: bytes) -> bytes:
    """k = SHA-256("zl/trace/v1" ‖ 00 ‖ kind ‖ identifier)."""
    return sha256(b"zl/trace/v1\x00" + bytes([kind]) + identifier).digest()


def reference_head(entries: Sequence[tuple[int, int, int, bytes]]) -> bytes:
    """The head of a chain of (log, epoch, index, leaf hash), from the first entry on."""
    head = bytes(32)
    for log, epoch, index, leaf in entries:
        head = sha256(head + pack(">B", log) + pack(">I", epoch) + pack(">Q", index) + leaf).digest()
    return head


def _reference_bits(key: bytes, bits: int) -> str:
    return "".join(f"{byte:08b}" for byte in key)[:bits]


def reference_run(rows: Mapping[bytes, tuple[int, bytes]], bucket: int, bits: int) -> bytes:
    """The run of one bucket out of all rows (key → count, head)."""
    keys = [key for key in sorted(rows) if _reference_bits(key, bits) == f"{bucket:0{bits}b}"]
    return b"".join(
        key[:16] + sha256(b"\x00" + key + pack(">Q", rows[key][0]) + rows[key][1]).digest() for key in keys
    )


def reference_trace_leaves(rows: Mapping[bytes, tuple[int, bytes]], bits: int) -> list[bytes]:
    """The leaf of every bucket."""
    return [reference_leaf(reference_run(rows, bucket, bits)) for bucket in range(2**bits)]


def reference_trace_root(rows: Mapping[bytes, tuple[int, bytes]], bits: int) -> bytes:
    """The trace root, rebuilt from every row."""
    return reference_root(reference_trace_leaves(rows, bits))

"""The trace tree: for each traced key a hash chain of its log entries, so none can be left out (SPEC 4.5).

A key's chain is summed up as (count, head). Keys fall into 2^trace_bits buckets by their first bits. A
bucket is the run of its keys' elements, sorted by full key: `k[:16] ‖ SHA-256(00 ‖ k ‖ u64 count ‖ head)`;
its leaf is SHA-256(00 ‖ run) and the buckets are the leaves of a full binary tree. A proof shows the whole
run, but count and head of the proven key only, so its neighbours stay private.

Two keys may share their first 16 bytes. Both elements then stand in the run, in the order of the full keys. A
verifier cannot see that order and asks only that no shown prefix falls; presence holds if one of the elements
under the prefix is the key's, absence cannot be proven.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_ledger.merkle.hashing import HASH_SIZE, leaf_hash
from zhenglian_ledger.merkle.levels import LevelsDelta, NodeLevels
from zhenglian_ledger.merkle.proof import compute_root_from_path
from zhenglian_ledger.tags import TRACE, tagged

PREFIX_BYTES: Final = 16
"""Bytes of a key that an element shows."""

ELEMENT_BYTES: Final = PREFIX_BYTES + HASH_SIZE
"""Bytes of an element of a run."""

EMPTY_HEAD: Final = bytes(HASH_SIZE)
"""Head of a key without entries."""

EMPTY_BUCKET: Final = leaf_hash(b"")
"""Leaf of a bucket without keys: SHA-256(00)."""

UNIT_PERIOD_MS: Final = 2_592_000_000
"""Length of a UNIT key's period: 30 days."""

_ENTRY: Final = struct.Struct(">BIQ")


class TraceKind(IntEnum):
    """What a trace key is about."""

    SUBJECT = 1
    GRANT = 2
    RECORD = 3
    UNIT = 4


@dataclass(frozen=True, slots=True)
class TraceElement:
    """One entry of a trace: `log` (2 registry, 3 access), `epoch` u32, `index` u64, and its leaf hash."""

    log: int
    epoch: int
    index: int
    leaf_hash: bytes


def compute_trace_key(kind: TraceKind, identifier: bytes) -> bytes:
    """Return k = SHA-256("zl/trace/v1" ‖ 00 ‖ u8 kind ‖ identifier)."""
    return tagged(TRACE, bytes((kind,)), identifier)


def compute_unit_identifier(unit: bytes, block_time_ms: int) -> bytes:
    """Return the identifier of a UNIT key: `unit ‖ 00 ‖ u32 number of the 30-day period since 1970`."""
    return unit + b"\x00" + (block_time_ms // UNIT_PERIOD_MS).to_bytes(4, "big")


def compute_next_head(head: bytes, log: int, epoch: int, index: int, leaf: bytes) -> bytes:
    """Return SHA-256(head ‖ u8 log ‖ u32 epoch ‖ u64 index ‖ leaf hash)."""
    return sha256(head + _ENTRY.pack(log, epoch, index) + leaf).digest()


def compute_bucket(key: bytes, trace_bits: int) -> int:
    """Return the first `trace_bits` (1-32) bits of a key as a bucket index."""
    return int.from_bytes(key[:4], "big") >> (32 - trace_bits)


def compute_element(key: bytes, count: int, head: bytes) -> bytes:
    """Return the 48 bytes by which a key stands in its bucket's run."""
    return key[:PREFIX_BYTES] + sha256(b"\x00" + key + count.to_bytes(8, "big") + head).digest()


def compute_run(rows: Iterable[tuple[bytes, int, bytes]]) -> bytes:
    """Return the run of one bucket from its (key, count, head) rows, in any order."""
    return b"".join([compute_element(*row) for row in sorted(rows)])


def compute_bucket_leaf(run: bytes) -> bytes:
    """Return SHA-256(00 ‖ run)."""
    return leaf_hash(run)


@dataclass(frozen=True, slots=True)
class TraceDelta:
    """The trace tree of the next block: commit it, or drop it and preview again."""

    levels: LevelsDelta


class TraceTree:
    """The tree over all buckets, held in memory: 4 MB at 16 bits, 134 MB at 21.

    The discipline is `StatusTree`'s: preview changes nothing, commit keeps the version before it readable,
    and every block that changes the app hash commits, also with no touched bucket.
    """

    def __init__(self, trace_bits: int, leaves: Mapping[int, bytes] | None = None) -> None:
        """Start with `leaves` (bucket → leaf hash), all other buckets empty; previous equals current."""
        self.trace_bits = trace_bits
        self._levels = NodeLevels.from_uniform(EMPTY_BUCKET, trace_bits)
        if leaves:
            packed = bytearray(EMPTY_BUCKET * (1 << trace_bits))
            for bucket, leaf in leaves.items():
                packed[bucket * HASH_SIZE : (bucket + 1) * HASH_SIZE] = leaf
            self._levels = NodeLevels(bytes(packed))

    @property
    def root(self) -> bytes:
        """Trace root of the current version."""
        return self._levels.root

    @property
    def previous_root(self) -> bytes:
        """Trace root before the last commit."""
        return self._levels.previous_root

    def path(self, bucket: int) -> list[bytes]:
        """Return a bucket's `trace_bits` siblings up to `root`; raises InvalidInput(OUT_OF_RANGE)."""
        return self._levels.path(bucket)

    def previous_path(self, bucket: int) -> list[bytes]:
        """Return a bucket's siblings up to `previous_root`; raises InvalidInput(OUT_OF_RANGE)."""
        return self._levels.previous_path(bucket)

    def preview(self, leaves: Mapping[int, bytes]) -> tuple[bytes, TraceDelta]:
        """Return root and delta with `leaves` (bucket → leaf hash) replaced; changes nothing.

        Raises InvalidInput(OUT_OF_RANGE) on a bucket beyond 2^trace_bits.
        """
        delta = self._levels.preview(self._levels.count, leaves)
        return delta.root, TraceDelta(delta)

    def commit(self, delta: TraceDelta) -> None:
        """Make `delta` current and keep what was current as previous; raises StoreError(STALE_DELTA)."""
        self._levels.commit(delta.levels)


def verify_trace_presence(
    key: bytes, count: int, head: bytes, run: bytes, path: Sequence[bytes], root: bytes, trace_bits: int
) -> None:
    """Return if the trace root holds exactly (count, head) for `key`.

    Raises VerificationFailed(PROOF_WRONG_TRACE) if it holds another count or head, PROOF_WRONG_TRACE_PATH if
    it does not hold the key or the run does not lead to the root.
    """
    shown = _verify_run(key, run, path, root, trace_bits)
    if not shown or not 0 <= count < 1 << 64:
        raise VerificationFailed(Code.PROOF_WRONG_TRACE_PATH)
    found = compute_element(key, count, head)
    if found not in shown:
        expected = shown[0][PREFIX_BYTES:].hex()
        raise VerificationFailed(Code.PROOF_WRONG_TRACE, expected=expected, found=found[PREFIX_BYTES:].hex())


def verify_trace_absence(key: bytes, run: bytes, path: Sequence[bytes], root: bytes, trace_bits: int) -> None:
    """Return if the trace root holds nothing for `key`: no entry of it was ever recorded.

    Raises VerificationFailed(PROOF_WRONG_TRACE) if an element with the key's prefix stands in the run,
    PROOF_WRONG_TRACE_PATH if the run does not lead to the root.
    """
    shown = _verify_run(key, run, path, root, trace_bits)
    if shown:
        raise VerificationFailed(Code.PROOF_WRONG_TRACE, expected=shown[0][PREFIX_BYTES:].hex(), found="")


def verify_trace_elements(
    elements: Iterable[TraceElement], count: int, head: bytes, start: tuple[int, bytes] = (0, EMPTY_HEAD)
) -> None:
    """Return if `elements`, in order, are exactly the entries between `start` and (count, head).

    `start` is (0, 32 zero bytes) or a (count, head) proven earlier. Raises
    VerificationFailed(PROOF_WRONG_TRACE) with both heads in hex if an element was dropped, repeated, moved or
    altered; with both counts if the heads agree.
    """
    found_count, found = start
    for element in elements:
        try:
            found = compute_next_head(found, element.log, element.epoch, element.index, element.leaf_hash)
        except struct.error:  # a field beyond its width: no chain holds such an entry
            raise VerificationFailed(Code.PROOF_WRONG_TRACE, expected=head.hex(), found="") from None
        found_count += 1
    if found != head:
        raise VerificationFailed(Code.PROOF_WRONG_TRACE, expected=head.hex(), found=found.hex())
    if found_count != count:
        raise VerificationFailed(
            Code.PROOF_WRONG_TRACE, expected=f"{count:016x}", found=f"{found_count:016x}"
        )


def _verify_run(key: bytes, run: bytes, path: Sequence[bytes], root: bytes, trace_bits: int) -> list[bytes]:
    """Return the elements under the key's prefix once the run is known to be its bucket's under `root`."""
    elements = [run[start : start + ELEMENT_BYTES] for start in range(0, len(run), ELEMENT_BYTES)]
    prefixes = [element[:PREFIX_BYTES] for element in elements]
    if (
        len(key) != HASH_SIZE
        or not 1 <= trace_bits <= 32
        or len(path) != trace_bits
        or len(run) % ELEMENT_BYTES
        or prefixes != sorted(prefixes)
    ):
        raise VerificationFailed(Code.PROOF_WRONG_TRACE_PATH)
    bucket, leaf = compute_bucket(key, trace_bits), compute_bucket_leaf(run)
    found = compute_root_from_path(leaf, bucket, 1 << trace_bits, path, Code.PROOF_WRONG_TRACE_PATH)
    if found != root:
        raise VerificationFailed(Code.PROOF_WRONG_TRACE_PATH)
    return [element for element in elements if element[:PREFIX_BYTES] == key[:PREFIX_BYTES]]

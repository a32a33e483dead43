"""Leaf formats of the three logs (SPEC 4.3). These bytes are hashed for ever.

- batch leaf: what was signed, by whom, when, with which results, and where its entries begin;
- entry (version 1): one accepted operation; refusal (version 2): one refused operation of the uses family.
"""

from struct import pack, unpack
from typing import Final, NamedTuple

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_ledger.rows import u64

ENTRY_ACCEPTED: Final = 1
ENTRY_REFUSED: Final = 2
_ENTRY_HEAD: Final = 1 + 8 + 2 + 8 + 8 + 32
_LEAF_HEAD: Final = 1 + 8 + 8 + 32 + 8 + 8 + 2


class BatchLeaf(NamedTuple):
    """An accepted batch as the batch log holds it."""

    height: int
    time_ms: int
    prev_app_hash: bytes
    first_registry_index: int
    first_access_index: int
    header: bytes
    signature: bytes
    results: tuple[int, ...]
    refused: tuple[bytes, ...]  # leaf hash of each operation with result != 0, in order

    def encode(self) -> bytes:
        """The leaf's bytes (SPEC 4.3.1)."""
        return b"".join(
            (
                pack(">BQQ", 1, self.height, self.time_ms),
                self.prev_app_hash,
                pack(">QQH", self.first_registry_index, self.first_access_index, len(self.header)),
                self.header,
                self.signature,
                pack(f">{len(self.results) + 1}H", len(self.results), *self.results),
                *self.refused,
            )
        )


class Entry(NamedTuple):
    """One operation as the registry or access log holds it; `code` is 0 when it was accepted."""

    batch_index: int
    ordinal: int
    height: int
    time_ms: int
    header_digest: bytes
    code: int
    operation: bytes


def compute_entry_prefix(
    batch_index: int, height: int, time_ms: int, header_digest: bytes
) -> tuple[bytes, bytes]:
    """The parts of an entry before and after its ordinal, equal for all entries of a batch."""
    return u64(batch_index), u64(height) + u64(time_ms) + header_digest


def decode_entry(data: bytes) -> Entry:
    """The entry whose bytes are `data`; raises VerificationFailed(PROOF_MALFORMED)."""
    if len(data) <= _ENTRY_HEAD or data[0] not in (ENTRY_ACCEPTED, ENTRY_REFUSED):
        raise VerificationFailed(Code.PROOF_MALFORMED, field="entry")
    code, rest = 0, data[_ENTRY_HEAD:]
    if data[0] == ENTRY_REFUSED:
        code, rest = int.from_bytes(rest[:2], "big"), rest[2:]
    return Entry(
        batch_index=int.from_bytes(data[1:9], "big"),
        ordinal=int.from_bytes(data[9:11], "big"),
        height=int.from_bytes(data[11:19], "big"),
        time_ms=int.from_bytes(data[19:27], "big"),
        header_digest=data[27:59],
        code=code,
        operation=rest,
    )


def decode_batch_leaf(data: bytes) -> BatchLeaf:
    """The batch leaf whose bytes are `data`; raises VerificationFailed(PROOF_MALFORMED)."""
    if len(data) < _LEAF_HEAD or data[0] != 1:
        raise VerificationFailed(Code.PROOF_MALFORMED, field="batch leaf")
    cut = _LEAF_HEAD + int.from_bytes(data[65:67], "big")
    count = int.from_bytes(data[cut + 64 : cut + 66], "big")
    end = cut + 66 + 2 * count
    results = unpack(f">{count}H", data[cut + 66 : end]) if len(data) >= end else ()
    refused = tuple(data[at : at + 32] for at in range(end, len(data), 32))
    is_whole = count > 0 and len(data) >= end and (not refused or len(refused[-1]) == 32)
    if not is_whole or len(refused) != count - results.count(0):
        raise VerificationFailed(Code.PROOF_MALFORMED, field="batch leaf")
    return BatchLeaf(
        height=int.from_bytes(data[1:9], "big"),
        time_ms=int.from_bytes(data[9:17], "big"),
        prev_app_hash=data[17:49],
        first_registry_index=int.from_bytes(data[49:57], "big"),
        first_access_index=int.from_bytes(data[57:65], "big"),
        header=data[_LEAF_HEAD:cut],
        signature=data[cut : cut + 64],
        results=results,
        refused=refused,
    )

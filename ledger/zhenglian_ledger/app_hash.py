"""The app hash and the delta chain under it (SPEC 4.6): everything a header vouches for, in 32 bytes."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from zhenglian_ledger.rows import LOGICAL, u16, u32, u64
from zhenglian_ledger.tags import APP, DELTA, tagged
from zhenglian_proto.v1 import proof_pb2

EMPTY_DELTA: Final = bytes(32)
"""The delta chain before its first block."""

_LOGICAL: Final = frozenset(prefix[0] for prefix in LOGICAL)


def compute_app_hash(parts: proof_pb2.AppHashParts) -> bytes:
    """SHA-256 over sizes and roots of the three logs, access epoch, status root, trace root, delta."""
    logs = (parts.batch, parts.registry, parts.access)
    return tagged(
        APP,
        *(u64(log.size) + log.root for log in logs),
        u32(parts.access_epoch),
        parts.status_root,
        parts.trace_root,
        parts.delta,
    )


def compute_next_delta(delta: bytes, writes: Mapping[bytes, bytes]) -> bytes:
    """The delta chain after a block that wrote `writes`; only logical rows count, in key order."""
    parts: list[bytes] = []
    for key in sorted(key for key in writes if key[0] in _LOGICAL):
        value = writes[key]
        parts += (u16(len(key)), key, b"\x01", u32(len(value)), value)
    return tagged(DELTA, delta, sha256(b"".join(parts)).digest())

"""The app hash, recomputed the slow way from a store's rows: every root from every leaf (SPEC 4)."""

from collections.abc import Mapping
from hashlib import sha256
from struct import pack

from tests.testkit.reference_merkle import (
    reference_head,
    reference_leaf,
    reference_root,
    reference_status_root,
    reference_trace_root,
)

Rows = Mapping[bytes, bytes]


def reference_leaves(rows: Rows, log: int) -> list[bytes]:
    """The leaves of a log (1 batch, 2 registry, 3 access), in order."""
    prefix = b"\x20" + bytes([log])
    return [rows[key] for key in sorted(rows) if key.startswith(prefix)]


def reference_traces(rows: Rows) -> dict[bytes, tuple[int, bytes]]:
    """Trace key → (count, head), each head chained anew over the feed's entries."""
    chains: dict[bytes, list[tuple[int, int, int, bytes]]] = {}
    for key in sorted(key for key in rows if key.startswith(b"\x2d")):
        place = rows[key]
        log, epoch, index = place[0], int.from_bytes(place[1:5], "big"), int.from_bytes(place[5:], "big")
        leaf = rows[b"\x20" + bytes([log]) + pack(">Q", index)]
        chains.setdefault(key[1:33], []).append((log, epoch, index, reference_leaf(leaf)))
    return {key: (len(chain), reference_head(chain)) for key, chain in chains.items()}


def reference_delta(delta: bytes, writes: Rows) -> bytes:
    """The next value of the delta chain after a block that wrote `writes`; prefixes 10-13 are logical."""
    logical = b""
    for key in sorted(writes):
        if 0x10 <= key[0] <= 0x13:
            value = writes[key]
            logical += pack(">H", len(key)) + key + b"\x01" + pack(">I", len(value)) + value
    return sha256(b"zl/delta/v1\x00" + delta + sha256(logical).digest()).digest()


def reference_app_hash(rows: Rows, statuses: list[int], trace_bits: int, delta: bytes) -> bytes:
    """The app hash of a store with these statuses whose delta chain stands at `delta`."""
    preimage = b"zl/app/v1\x00"
    for log in (1, 2, 3):
        leaves = reference_leaves(rows, log)
        preimage += pack(">Q", len(leaves)) + reference_root([reference_leaf(leaf) for leaf in leaves])
    preimage += pack(">I", 0) + reference_status_root(statuses)
    preimage += reference_trace_root(reference_traces(rows), trace_bits) + delta
    return sha256(preimage).digest()

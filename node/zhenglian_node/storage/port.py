"""What a store promises. Everything above it relies on these sentences and on nothing else.

A store is an ordered map of bytes to bytes; a row is put or replaced, never removed. Writing happens in one
place, `commit`, and reading happens on snapshots, so that a reader never sees half a block.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol


class Snapshot(Protocol):
    """The rows as they stood when it was taken: a ledger `View`, safe to read from any thread."""

    def get(self, key: bytes) -> bytes | None:
        """The value of `key`, or None; raises StoreError(STORE_CORRUPTED, STORE_FAILED)."""

    def scan(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Rows whose key starts with `prefix` and is not below `start`, in key order; raises as `get`."""

    def close(self) -> None:
        """The snapshot is given back and may not be read again; also happens when it is forgotten."""


class Store(Protocol):
    """Rows on which one process works. Reads see the newest commit; `snapshot` sees one commit for ever."""

    def get(self, key: bytes) -> bytes | None:
        """The value of `key`, or None; raises StoreError(STORE_CORRUPTED, STORE_FAILED)."""

    def scan(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Rows whose key starts with `prefix` and is not below `start`, in key order, as of the call."""

    def commit(self, writes: Mapping[bytes, bytes]) -> None:
        """All of `writes` are stored and survive a power cut, as one atomic batch in key order.

        Raises StoreError: then all of them may be stored or none, never a part. Only reopening the store
        tells which, so a caller stops and recovers as after a crash; it never commits again on the same
        store.
        """

    def snapshot(self) -> Snapshot:
        """The rows as they stand now, unchanged by later commits."""

    def close(self) -> None:
        """The store is given back: its lock is free, its snapshots may not be read again."""


def compute_end(prefix: bytes) -> bytes | None:
    """The first key after all keys that start with `prefix`, or None if there is none."""
    kept = prefix.rstrip(b"\xff")
    return kept[:-1] + bytes([kept[-1] + 1]) if kept else None

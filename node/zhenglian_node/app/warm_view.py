"""A snapshot that keeps in memory the few rows which nearly every call reads, and the nonces nobody used.

Who a system is, which key it signs with, what a licence type demands: the same hundred rows for every batch,
query and answer, changed by one block in a thousand. They are carried from block to block and dropped when a
block writes them, so a warm view always equals its snapshot. Entries never change and are asked for only
below the log's size.

Whether a nonce is unused is asked when its batch comes, is proposed, voted on and applied, and the answer is
no row all along; it is remembered as the rows are.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from zhenglian_ledger import rows
from zhenglian_ledger.state import ADMINISTERED
from zhenglian_node.app.caches import BoundedCache
from zhenglian_node.storage.port import Snapshot

MAX_ROWS: Final = 65_536
MAX_UNUSED: Final = 16_384
MAX_ENTRY_BYTES: Final = 8 << 20

_KINDS: Final = sorted(ADMINISTERED)
_KEPT: Final = frozenset(
    [rows.PARAMETERS, *(table + bytes([kind]) for table in (rows.ID, rows.STATE) for kind in _KINDS)]
)
_ENTRY: Final = rows.ENTRY + bytes([rows.REGISTRY])

Entries = BoundedCache[bytes, bytes]
"""Registry entries by row key. An entry never changes, so one cache serves every view."""


def build_entries() -> Entries:
    """An empty cache of entries."""
    return BoundedCache(MAX_ENTRY_BYTES)


class WarmView:
    """A store's snapshot, read through memory where that pays."""

    def __init__(
        self,
        snapshot: Snapshot,
        entries: Entries,
        kept: dict[bytes, bytes] | None = None,
        unused: set[bytes] | None = None,
    ) -> None:
        """Read `snapshot`; `kept` are rows of it that are known already, `unused` keys of rows it lacks."""
        self._snapshot = snapshot
        self._entries = entries
        self._kept = kept if kept is not None else {}
        self._unused = unused if unused is not None else set()

    def advance(self, snapshot: Snapshot, writes: Mapping[bytes, bytes]) -> "WarmView":
        """The view of `snapshot`, which is this one's after `writes`."""
        kept = dict(self._kept)  # at once: other threads are reading, and keeping more
        for key in [key for key in kept if key in writes]:
            del kept[key]
        unused = self._unused - writes.keys()
        return WarmView(snapshot, self._entries, kept, unused if len(unused) < MAX_UNUSED else set())

    def get(self, key: bytes) -> bytes | None:
        """As the port says."""
        table = key[:2]
        if table in _KEPT:
            return self._get_kept(key)
        if table == _ENTRY:
            return self._get_entry(key)
        if key[:1] == rows.NONCE:
            return self._get_nonce(key)
        return self._snapshot.get(key)

    def scan(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """As the port says."""
        return self._snapshot.scan(prefix, start)

    def close(self) -> None:
        """As the port says."""
        self._snapshot.close()

    def _get_kept(self, key: bytes) -> bytes | None:
        value = self._kept.get(key)
        if value is None:
            value = self._snapshot.get(key)
            if value is not None and len(self._kept) < MAX_ROWS:
                self._kept[key] = value
        return value

    def _get_entry(self, key: bytes) -> bytes | None:
        value = self._entries.get(key)
        if value is None:
            value = self._snapshot.get(key)
            if value is not None:
                self._entries.put(key, value, len(value))
        return value

    def _get_nonce(self, key: bytes) -> bytes | None:
        if key in self._unused:
            return None
        value = self._snapshot.get(key)
        if value is None and len(self._unused) < MAX_UNUSED:
            self._unused.add(key)
        return value

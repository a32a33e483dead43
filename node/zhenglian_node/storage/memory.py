"""The store's twin in memory: same promises but durability. For tests, `rebuild --dry` and `fsck --full`.

Each key keeps its values by the number of the commit that wrote them, so a snapshot is a number.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from threading import Lock

from zhenglian_node.storage.port import compute_end


class MemoryStore:
    """A store whose rows live as long as it does."""

    def __init__(self) -> None:
        """Start without rows."""
        self._values: dict[bytes, list[tuple[int, bytes]]] = {}
        self._keys: list[bytes] = []
        self._fresh: list[bytes] = []
        self._version = 0
        self._lock = Lock()

    def get(self, key: bytes) -> bytes | None:
        """As the port says."""
        return self.get_at(self._version, key)

    def scan(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """As the port says."""
        return self.scan_at(self._version, prefix, start)

    def commit(self, writes: Mapping[bytes, bytes]) -> None:
        """As the port says, but for the power cut."""
        with self._lock:
            version = self._version + 1
            for key, value in writes.items():
                values = self._values.get(key)
                if values is None:
                    self._values[key] = [(version, value)]
                    self._fresh.append(key)
                else:
                    values.append((version, value))
            self._version = version

    def snapshot(self) -> "MemorySnapshot":
        """As the port says."""
        return MemorySnapshot(self, self._version)

    def close(self) -> None:
        """Nothing is held; the rows stay, so that a test can open them again."""

    def get_at(self, version: int, key: bytes) -> bytes | None:
        """The value of `key` after commit number `version`."""
        for written, value in reversed(self._values.get(key, ())):
            if written <= version:
                return value
        return None

    def scan_at(self, version: int, prefix: bytes, start: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Rows under `prefix` after commit number `version`."""
        with self._lock:
            if self._fresh:
                self._keys = sorted(self._keys + self._fresh)
                self._fresh = []
            first = bisect_left(self._keys, max(prefix, start))
            end = compute_end(prefix)
            last = bisect_left(self._keys, end) if end is not None else len(self._keys)
            keys = self._keys[first:last]
        found = ((key, self.get_at(version, key)) for key in keys)
        return ((key, value) for key, value in found if value is not None)


class MemorySnapshot:
    """A memory store after one of its commits."""

    def __init__(self, store: MemoryStore, version: int) -> None:
        """Keep the number of the commit."""
        self._store = store
        self._version = version

    def get(self, key: bytes) -> bytes | None:
        """As the port says."""
        return self._store.get_at(self._version, key)

    def scan(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """As the port says."""
        return self._store.scan_at(self._version, prefix, start)

    def close(self) -> None:
        """As the port says."""

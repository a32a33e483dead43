"""The store on disk: LevelDB, one database a node. The only file that knows it.

Sized for a hundred million rows: a bloom filter answers most "not there", a large write buffer keeps
compactions rare, and batches in key order keep them cheap. Every block read from disk is checked.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import plyvel

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_node.storage.port import compute_end

WRITE_BUFFER_BYTES: Final = 64 << 20
CACHE_BYTES: Final = 128 << 20
BLOOM_BITS: Final = 10
PRIVATE: Final = 0o700
"""The mode of a directory that is made here: its rows are for its owner alone."""


class LevelDbSnapshot:
    """The database after one of its commits."""

    def __init__(self, reader: Any) -> None:  # noqa: ANN401  plyvel is untyped
        """Keep a plyvel snapshot."""
        self._reader = reader

    def get(self, key: bytes) -> bytes | None:
        """As the port says."""
        return _get(self._reader, key)

    def scan(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """As the port says."""
        return _scan(self._reader, prefix, start)

    def close(self) -> None:
        """As the port says."""
        self._reader.close()


class LevelDbStore:
    """A LevelDB directory that this process alone has open."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Open the directory, or make it.

        Raises StoreError: STORE_MISSING (not `create`, nothing there), STORE_LOCKED, STORE_CORRUPTED,
        STORE_FAILED.
        """
        if not create and not (path / "CURRENT").exists():
            raise StoreError(Code.STORE_MISSING, path=str(path))
        path.mkdir(PRIVATE, parents=True, exist_ok=True)
        try:
            self._database = plyvel.DB(
                str(path),
                create_if_missing=create,
                paranoid_checks=True,
                write_buffer_size=WRITE_BUFFER_BYTES,
                lru_cache_size=CACHE_BYTES,
                bloom_filter_bits=BLOOM_BITS,
            )
        except plyvel.Error as error:
            raise _build_error(error) from error

    def get(self, key: bytes) -> bytes | None:
        """As the port says."""
        return _get(self._database, key)

    def scan(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """As the port says."""
        return _scan(self._database, prefix, start)

    def commit(self, writes: Mapping[bytes, bytes]) -> None:
        """As the port says: one write-ahead record, synced."""
        try:
            with self._database.write_batch(transaction=True, sync=True) as batch:
                for key in sorted(writes):
                    batch.put(key, writes[key])
        except plyvel.Error as error:
            raise _build_error(error) from error

    def snapshot(self) -> LevelDbSnapshot:
        """As the port says."""
        return LevelDbSnapshot(self._database.snapshot())

    def close(self) -> None:
        """As the port says."""
        self._database.close()


def _get(reader: Any, key: bytes) -> bytes | None:  # noqa: ANN401
    try:
        value: bytes | None = reader.get(key, verify_checksums=True)
    except plyvel.Error as error:
        raise _build_error(error) from error
    return value


def _scan(reader: Any, prefix: bytes, start: bytes) -> Iterator[tuple[bytes, bytes]]:  # noqa: ANN401
    """Open the iterator at once, so that a scan shows the rows as of the call."""
    try:
        iterator = reader.iterator(start=max(prefix, start), stop=compute_end(prefix), verify_checksums=True)
    except plyvel.Error as error:
        raise _build_error(error) from error
    return _iterate(iterator)


def _iterate(iterator: Any) -> Iterator[tuple[bytes, bytes]]:  # noqa: ANN401
    try:
        with iterator:
            yield from iterator
    except plyvel.Error as error:
        raise _build_error(error) from error


def _build_error(error: Exception) -> StoreError:
    """The typed error of what LevelDB says; only its sentence tells a held lock from other I/O errors."""
    said = error.args[0] if error.args else ""
    sentence = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    if isinstance(error, plyvel.CorruptionError):
        return StoreError(Code.STORE_CORRUPTED, what=sentence)
    if isinstance(error, plyvel.IOError) and "lock" in sentence.lower():
        return StoreError(Code.STORE_LOCKED)
    return StoreError(Code.STORE_FAILED, what=sentence)

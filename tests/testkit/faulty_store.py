"""A store that meets one fault at a chosen commit, and is dead until it is reopened."""

from collections.abc import Iterator, Mapping
from enum import Enum

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_node.storage.port import Snapshot, Store


class Fault(Enum):
    """What goes wrong at the commit."""

    LOST = "the batch never reaches the disk"
    STORED_BUT_ERROR = "the batch is stored, and the caller is told it failed"


class FaultyStore:
    """Wraps a real store; after its fault nothing is written any more."""

    def __init__(self, store: Store, fault: Fault | None = None, at_commit: int = 0) -> None:
        """Meet `fault` at the commit of that number, counted from 0."""
        self.inner = store
        self.fault, self.at_commit = fault, at_commit
        self.commits = 0
        self.is_dead = False

    def get(self, key: bytes) -> bytes | None:
        return self.inner.get(key)

    def scan(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        return self.inner.scan(prefix, start)

    def commit(self, writes: Mapping[bytes, bytes]) -> None:
        assert not self.is_dead, "a failed store was written to again"
        number, self.commits = self.commits, self.commits + 1
        if self.fault is not None and number == self.at_commit:
            self.is_dead = True
            if self.fault is Fault.STORED_BUT_ERROR:
                self.inner.commit(writes)
            raise StoreError(Code.STORE_FAILED, what=self.fault.value)
        self.inner.commit(writes)

    def snapshot(self) -> Snapshot:
        return self.inner.snapshot()

    def close(self) -> None:
        self.is_dead = True

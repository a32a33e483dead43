"""The last of the disk is not written: a commit that might not fit does not begin.

A full disk may leave the engine's files and the store at different heights. So a node ends before a commit
while enough is left to end in order, and does not start below that.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_node.storage.port import Snapshot, Store

GIB: Final = 1 << 30
MIB: Final = 1 << 20
USUAL_RESERVE: Final = GIB
USUAL_SHARE: Final = 20
"""Unless configured, the reserve is 1 GiB, or a twentieth of a disk that is smaller than 20 GiB."""


class Room(NamedTuple):
    """The disk under `path`: its size, what is free for the node's user, and what must stay so, in bytes."""

    path: Path
    total: int
    free: int
    reserve: int

    @property
    def is_enough(self) -> bool:
        """Whether a commit may begin."""
        return self.free >= self.reserve


def measure_room(path: Path, reserve: int = 0) -> Room:
    """The disk that `path`, or its first parent that is there, lies on; `reserve` 0: the usual one.

    Raises StoreError(HOME_UNWRITABLE).
    """
    place = path
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        found = os.statvfs(place)
    except OSError as error:
        raise StoreError(Code.HOME_UNWRITABLE, path=f"{path}: {error.strerror}") from error
    total = found.f_blocks * found.f_frsize
    return Room(path, total, found.f_bavail * found.f_frsize, reserve or compute_usual_reserve(total))


def compute_usual_reserve(total: int) -> int:
    """What stays free of a disk of `total` bytes where nothing else is configured."""
    return min(USUAL_RESERVE, total // USUAL_SHARE)


def measure_least(paths: Sequence[Path], reserve: int = 0) -> Room:
    """Of the disks under `paths`, the one with the least above its reserve; raises as `measure_room`."""
    return min((measure_room(path, reserve) for path in paths), key=lambda room: room.free - room.reserve)


def verify_room(paths: Sequence[Path], reserve: int = 0) -> None:
    """Every disk under `paths` has more than its reserve; raises StoreError: DISK_LOW, HOME_UNWRITABLE."""
    room = measure_least(paths, reserve)
    if not room.is_enough:
        free, needed = format_bytes(room.free), format_bytes(room.reserve)
        raise StoreError(Code.DISK_LOW, path=str(room.path), free=free, needed=needed)


def format_bytes(count: int) -> str:
    """As people read it: `1.5 GiB`, `512 MiB`."""
    return f"{count / GIB:.1f} GiB" if count >= GIB else f"{count / MIB:.0f} MiB"


class ReservedStore:
    """A store whose commits leave the reserve of its disks alone (`zhenglian_node.storage.port.Store`)."""

    def __init__(self, store: Store, paths: Sequence[Path], reserve: int = 0) -> None:
        """Keep the store; `paths` lie on the disks that fill with it."""
        self._store = store
        self._paths = paths
        self._reserve = reserve

    def get(self, key: bytes) -> bytes | None:
        """As the port says."""
        return self._store.get(key)

    def scan(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """As the port says."""
        return self._store.scan(prefix, start)

    def commit(self, writes: Mapping[bytes, bytes]) -> None:
        """As the port says. Raises StoreError(DISK_LOW) before anything was written."""
        verify_room(self._paths, self._reserve)
        self._store.commit(writes)

    def snapshot(self) -> Snapshot:
        """As the port says."""
        return self._store.snapshot()

    def close(self) -> None:
        """As the port says."""
        self._store.close()

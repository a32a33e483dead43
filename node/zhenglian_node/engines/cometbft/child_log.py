"""What CometBFT writes: kept in one file that stays small, read while it grows.

The file is opened for appending by whoever writes, so it can be emptied under the writer's hands: a full one
is copied to the side, in the place of the one put there before, and cut to nothing.
"""

import os
import shutil
from pathlib import Path
from typing import Final

MAX_LOG: Final = 16 << 20
"""Bytes after which the log is put aside."""

_TAIL: Final = 256 << 10


class ChildLog:
    """The log of one run in a file of many."""

    def __init__(self, path: Path) -> None:
        """Nothing is open; nothing of an earlier run will be read."""
        self._path = path
        self._start = self._read = 0

    def open(self) -> int:
        """A descriptor for the writer; this run's lines begin here."""
        self.keep_small()
        log = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._start = self._read = os.lseek(log, 0, os.SEEK_END)
        return log

    def read_new(self) -> list[str]:
        """The whole lines of this run that were not read yet, at most the last 256 KiB of them."""
        data, begin = self._read_from(self._read)
        whole = data.rfind(b"\n") + 1
        self._read = begin + whole
        self.keep_small()
        return data[:whole].decode(errors="replace").splitlines()

    def read_tail(self) -> list[str]:
        """The last 256 KiB that this run wrote, in lines, oldest first; read or not."""
        data, _ = self._read_from(self._start)
        return data.decode(errors="replace").splitlines()

    def keep_small(self) -> None:
        """A file that has grown past MAX_LOG is put aside and begun anew."""
        if self._path.exists() and self._path.stat().st_size > MAX_LOG:
            self._put_aside(self._path.with_suffix(".log.1"))
            os.truncate(self._path, 0)
            self._start = self._read = 0

    def _put_aside(self, path: Path) -> None:
        """What was written is in `path`, which is its owner's alone from its first byte."""
        path.unlink(missing_ok=True)
        copy = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(copy, "wb") as target, self._path.open("rb") as source:
            shutil.copyfileobj(source, target)

    def _read_from(self, start: int) -> tuple[bytes, int]:
        """What stands in the file from `start` on, cut to its last part, and where that part begins."""
        try:
            with self._path.open("rb") as log:
                begin = max(start, log.seek(0, os.SEEK_END) - _TAIL)
                log.seek(begin)
                return log.read(), begin
        except OSError:
            return b"", start

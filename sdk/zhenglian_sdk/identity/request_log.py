"""The gateway's own record of who asked for what: one JSON line a request, on disk before the answer.

It is what the ledger is reconciled with: every id that was resolved for a case should be followed by that
case. Numbers are masked and ids are left out, so the log itself maps nobody to anything.
"""

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from zhenglian_ledger.codes import Code
from zhenglian_sdk.files import sync_directory
from zhenglian_sdk.identity.pseudonyms import compute_masked


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it is logged: the call, the caller's key id and system, why, and the numbers."""

    call: str
    key: bytes
    system: str
    reason: Mapping[str, str] = field(default_factory=dict)
    numbers: Sequence[str] = ()


class RequestLog:
    """An append-only file of lines; nothing here ever rewrites one."""

    def __init__(self, path: Path) -> None:
        """Open the file at `path`, made if missing and readable by its owner alone."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        sync_directory(path.parent)
        size = os.fstat(self._descriptor).st_size
        if size and os.pread(self._descriptor, 1, size - 1) != b"\n":
            self._write(b"\n")  # a crash tore the last line: end it, so that it spoils no other
        self._writing = asyncio.Lock()

    async def append(self, request: Request, at_ms: int, code: Code) -> None:
        """The request and how it ended (OK or the error's code) are on disk; raises OSError if not."""
        line = json.dumps(
            {
                "at_ms": at_ms,
                "call": request.call,
                "key": request.key.hex(),
                "system": request.system,
                "reason": dict(request.reason),
                "count": len(request.numbers),
                "numbers": [compute_masked(number) for number in request.numbers],
                "code": code.name,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        async with self._writing:
            await asyncio.to_thread(self._write, line.encode("utf-8", "backslashreplace") + b"\n")

    def close(self) -> None:
        """The file is closed."""
        os.close(self._descriptor)

    def _write(self, line: bytes) -> None:
        while line:
            line = line[os.write(self._descriptor, line) :]
        os.fsync(self._descriptor)

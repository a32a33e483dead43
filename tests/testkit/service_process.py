"""A program of the sandbox in a process of its own, which says on which port it listens.

    with ServiceProcess(["-m", "zhenglian_sdk.identity", "serve", "--config", config], log) as service:
        connect(f"127.0.0.1:{service.port}")

Nothing here sleeps: `start` returns when the program has said it is ready, `stop` and `kill` when it ended.
"""

import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.testkit.node_process import build_environment

READY: Final = b"listening on port "
START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 30.0


class ServiceProcess:
    """This Python with some arguments; a context manager that starts and stops it."""

    def __init__(self, arguments: Sequence[str], log: Path) -> None:
        """`log` takes what it says on standard error."""
        self.log = log
        self.port = 0
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """The program answers; fails with its own words if it ends instead."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self._arguments],
                stdout=subprocess.PIPE, stderr=log, env=build_environment(),
            )  # fmt: skip
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], START_SECONDS)
        line: bytes = self._process.stdout.readline() if readable else b""
        if not line.startswith(READY):
            self.kill()
            raise AssertionError(f"it did not start:\n{self.log.read_text(encoding='utf-8')}")
        self.port = int(line.removeprefix(READY))
        return self

    def stop(self) -> int:
        """The program was asked to end (SIGTERM) and has; returns its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """The program was killed (kill -9)."""
        return self._end(signal.SIGKILL)

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self.is_running:
            self.stop()

    def _end(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        code = self._process.wait(STOP_SECONDS)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return code

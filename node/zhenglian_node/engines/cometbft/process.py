"""CometBFT as a child process: spawned beside this one, ended with it, and never two on one home.

    HOME/cometbft/{config,data}  abci.sock  rpc.sock  cometbft.pid  cometbft.log

The child's working directory is its home, so the socket names in its configuration are short and relative;
this process reaches them through a descriptor of that directory, so that the length of a path (107 bytes on
Linux) never matters. The child has a session of its own: a Ctrl-C at a terminal reaches only this process,
which then ends it in order. Should this process die, the kernel kills the child at once: left alone, a
CometBFT without its application may hang for ever while it stops. It recovers as from a power cut.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Final

import structlog

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_node.engines.cometbft.child_log import ChildLog
from zhenglian_node.engines.cometbft.diagnosis import diagnose, find_failure

ABCI_SOCKET: Final = "abci.sock"
RPC_SOCKET: Final = "rpc.sock"
PID_FILE: Final = "cometbft.pid"
LOG_FILE: Final = "cometbft.log"

STOP_SECONDS: Final = 10.0
LEFTOVER_SECONDS: Final = 3.0

_LAUNCH: Final = """
import ctypes, os, sys
os.umask(0o077)
PR_SET_PDEATHSIG, SIGKILL, PR_SET_TIMERSLACK = 1, 9, 29
prctl = ctypes.CDLL(None).prctl
prctl(PR_SET_PDEATHSIG, SIGKILL)
prctl(PR_SET_TIMERSLACK, ctypes.c_ulong(2_000_000))
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""
"""Becomes the program in its arguments, to be killed when the parent in the first one dies (prctl(2)).

What it writes is its owner's alone. Its timers may be 2 ms late: Go's monitor looks around every 20 µs while
anything runs, a quarter of all that an engine spends under load. A vote may leave so much later.
"""

_POLL_SECONDS: Final = 0.02
_LOG_SECONDS: Final = 0.5

_log = structlog.get_logger(__name__)


class CometBftProcess:
    """One child for one home. `open` comes first, `close` last."""

    def __init__(self, binary: str, home: Path, metrics_port: int = 0) -> None:
        """Nothing runs. `home` is the directory that holds config/ and data/.

        `metrics_port` is of its own page on 127.0.0.1, 0 for none, whatever its config.toml says.
        """
        self._binary = binary
        self._metrics_port = metrics_port
        self._home = home.absolute()
        self._directory = -1
        self._child: asyncio.subprocess.Process | None = None
        self._child_log = ChildLog(self._home / LOG_FILE)

    def open(self) -> None:
        """No other CometBFT runs on this home, and its sockets are gone.

        Blocks while a leftover ends. Raises StoreError(CONFIG_INVALID) if there is no such home.
        """
        try:
            self._directory = os.open(self._home, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise StoreError(Code.CONFIG_INVALID, field=str(self._home)) from error
        end_leftover(self._home)
        for name in (ABCI_SOCKET, RPC_SOCKET, PID_FILE):
            (self._home / name).unlink(missing_ok=True)

    def get_socket_path(self, name: str) -> str:
        """A path of at most 40 bytes to the socket `name`, for this process alone."""
        return f"/proc/self/fd/{self._directory}/{name}"

    def listen(self) -> socket.socket:
        """The ABCI socket, listening; raises StoreError(HOME_UNWRITABLE)."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listener.bind(self.get_socket_path(ABCI_SOCKET))
            (self._home / ABCI_SOCKET).chmod(0o600)
            listener.listen()
            listener.setblocking(False)
        except OSError as error:
            listener.close()
            raise StoreError(Code.HOME_UNWRITABLE, path=str(self._home / ABCI_SOCKET)) from error
        return listener

    async def spawn(self) -> None:
        """The child runs; raises StoreError(ENGINE_MISSING) if the program cannot be run."""
        command = build_command(_find_program(self._binary), self._home)
        log = self._child_log.open()
        try:
            self._child = await asyncio.create_subprocess_exec(
                *command, cwd=self._home, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, env={**os.environ, **build_environment(self._metrics_port)},
            )  # fmt: skip
        except OSError as error:
            raise StoreError(Code.ENGINE_MISSING, path=self._binary) from error
        finally:
            os.close(log)
        _write_private(self._home / PID_FILE, f"{self._child.pid}\n")
        _log.info("CometBFT has started", pid=self._child.pid)

    def protect_rpc(self) -> None:
        """The RPC socket, once it is there, is open to its owner alone."""
        with contextlib.suppress(FileNotFoundError):
            (self._home / RPC_SOCKET).chmod(0o600)

    @property
    def pid(self) -> int | None:
        """The child's process id once it was spawned."""
        return None if self._child is None else self._child.pid

    async def wait(self) -> StoreError:
        """Returns when the child has ended, with what its exit code and its last errors tell."""
        if self._child is None:
            raise StoreError(Code.ENGINE_FAILED, what="CometBFT was not started")
        code = await self._child.wait()
        _log.warning("CometBFT has ended", pid=self._child.pid, code=code)
        if code < 0:
            return StoreError(Code.ENGINE_ENDED, reason=f"signal {-code}")
        return diagnose(self._child_log.read_tail())

    async def wait_for_failure(self) -> StoreError:
        """Returns when consensus has failed, which the child itself survives; else never."""
        while True:
            await asyncio.sleep(_LOG_SECONDS)
            lines = self._child_log.read_new()
            if find_failure(lines) is not None:
                return diagnose(lines)

    async def stop(self) -> None:
        """The child has ended: of its own accord after SIGTERM, else killed."""
        child = self._child
        if child is None:
            return
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.terminate()
            try:
                await asyncio.wait_for(child.wait(), STOP_SECONDS)
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    child.kill()
                await child.wait()
        (self._home / PID_FILE).unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing of the home is held."""
        if self._directory >= 0:
            for name in (ABCI_SOCKET, RPC_SOCKET):
                (self._home / name).unlink(missing_ok=True)
            os.close(self._directory)
            self._directory = -1


def _write_private(path: Path, text: str) -> None:
    """The file is new, holds `text`, and is its owner's alone."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def build_command(program: str, home: Path) -> list[str]:
    """What runs CometBFT, the program at the path `program`, on `home` as a child of this process."""
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCH, str(os.getpid())]
    return [*launcher, program, "start", "--home", str(home)]


def build_environment(metrics_port: int) -> dict[str, str]:
    """What CometBFT reads before its config.toml: its page is where node.toml has it."""
    if not metrics_port:
        return {"CMT_INSTRUMENTATION_PROMETHEUS": "false"}
    return {
        "CMT_INSTRUMENTATION_PROMETHEUS": "true",
        "CMT_INSTRUMENTATION_PROMETHEUS_LISTEN_ADDR": f"127.0.0.1:{metrics_port}",
    }


def _find_program(binary: str) -> str:
    """The absolute path of the program, found as a shell would; raises StoreError(ENGINE_MISSING)."""
    found = shutil.which(binary)
    if found is None:
        raise StoreError(Code.ENGINE_MISSING, path=binary)
    return str(Path(found).absolute())


def end_leftover(home: Path) -> None:
    """No CometBFT that an earlier run of this home left behind is alive.

    It ends by itself once it notices that its application is gone; one that does not is terminated, then
    killed.
    """
    pid = find_leftover(home)
    for number in (0, signal.SIGTERM, signal.SIGKILL):
        if pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + LEFTOVER_SECONDS
        while find_leftover(home) is not None and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        pid = find_leftover(home)
    if pid is not None:
        raise StoreError(Code.ENGINE_LEFT_OVER, what=f"{home} ({pid})")


def find_leftover(home: Path) -> int | None:
    """The process that the pid file names, if it is a CometBFT on this very home; a pid may be anybody's."""
    try:
        pid = int((home / PID_FILE).read_text())
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if arguments[1:4] == [b"start", b"--home", os.fsencode(home.absolute())] else None

"""What this machine says about ports, processes and its clock's keeper. Read from the system, never changed.

Who holds a port is read from /proc: where another user's process holds it, its name may not be told.
"""

import errno
import socket
import subprocess
from pathlib import Path
from typing import Final, NamedTuple

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError

LISTENING: Final = "0A"
"""TCP_LISTEN in /proc/net/tcp."""

_PROC: Final = Path("/proc")
_TOOL_SECONDS: Final = 3.0
_ANY: Final = {"0.0.0.0": "0.0.0.0", "": "0.0.0.0", "[::]": "::"}  # noqa: S104  recognised, not served


class PortOwner(NamedTuple):
    """The process that listens on a port; pid 0 and an empty name where the system does not tell."""

    pid: int
    name: str

    def __str__(self) -> str:
        """As a sentence names it."""
        return f"{self.name} {self.pid}" if self.pid else "进程未知 unknown process"


def verify_port_free(address: str) -> None:
    """Nobody listens on host:port `address`, so this process can; port 0 is always free.

    Raises StoreError: PORT_TAKEN with the port and its owner; CONFIG_INVALID if the machine has no such
    address, or may not use the port.
    """
    host, _, port = address.rpartition(":")
    number = int(port)
    if number == 0:
        return
    host = _ANY.get(host, host.strip("[]"))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, number))
            probe.listen()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise StoreError(Code.CONFIG_INVALID, field=f"{address}: {error.strerror}") from error
        raise StoreError(Code.PORT_TAKEN, port=number, owner=str(find_port_owner(number))) from error


def read_socket_buffer() -> int:
    """Bytes that a local socket holds until its reader takes them, as this kernel gives it to a program."""
    with socket.socket(socket.AF_UNIX) as fresh:
        return fresh.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)


def is_listening(address: str, seconds: float = 2.0) -> bool:
    """Whether somebody accepts TCP connections at host:port."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), seconds).close()
    except OSError:
        return False
    return True


def find_port_owner(port: int) -> PortOwner:
    """The process that listens on TCP `port`, as far as the system tells."""
    sockets = {f"socket:[{inode}]" for inode in _find_listening(port)}
    for directory in _PROC.iterdir() if sockets else ():
        if directory.name.isdecimal() and _holds(directory, sockets):
            return PortOwner(int(directory.name), read_process_name(int(directory.name)))
    return PortOwner(0, "")


def read_process_name(pid: int) -> str:
    """The name of a process, empty if there is none."""
    try:
        return (_PROC / str(pid) / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def ask_clock_keeper() -> tuple[str, bool | None]:
    """What keeps the clock right (`chrony`, `timedatectl`, or empty), and whether it says that it is."""
    for name, command, is_right in _KEEPERS:
        try:
            said = subprocess.run(  # noqa: S603  fixed commands
                command, capture_output=True, timeout=_TOOL_SECONDS, check=True, text=True
            ).stdout
        except (OSError, subprocess.SubprocessError):
            continue
        return name, is_right in said
    return "", None


_KEEPERS: Final = (
    ("chrony", ["chronyc", "-n", "tracking"], "Leap status     : Normal"),
    ("timedatectl", ["timedatectl", "show", "-p", "NTPSynchronized"], "=yes"),
)


def _find_listening(port: int) -> set[str]:
    """Inodes of the sockets that listen on `port`, of both families (proc(5), /proc/net/tcp)."""
    inodes = set()
    for table in ("tcp", "tcp6"):
        try:
            lines = (_PROC / "net" / table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            local, state, inode = fields[1], fields[3], fields[9]
            if state == LISTENING and int(local.rpartition(":")[2], 16) == port:
                inodes.add(inode)
    return inodes


def _holds(directory: Path, sockets: set[str]) -> bool:
    """Whether a process has one of `sockets` open; False where this user may not look."""
    try:
        return any(_read_link(link) in sockets for link in (directory / "fd").iterdir())
    except OSError:
        return False


def _read_link(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""

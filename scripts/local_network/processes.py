"""Node processes that outlive whoever started them, known again by their pid files.

A pid file holds the process's number and the moment it started (in clock ticks since boot), so that a number
which the system gave to another process later is never taken for a node.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from local_network.layout import Node

STOPPING_S: Final = 30.0
POLL_S: Final = 0.05


def find_process(node: Node) -> int | None:
    """The number of the process that runs the node, if one does; a stale pid file counts for nothing."""
    try:
        pid, started = (int(text) for text in node.pid_file.read_text(encoding="ascii").split())
    except (OSError, ValueError):
        return None
    return pid if _get_start(pid) == started else None


def start(node: Node) -> None:
    """A process of its own session runs the node, unless one does already."""
    if find_process(node) is not None:
        return
    for folder in (node.log.parent, node.pid_file.parent):
        folder.mkdir(exist_ok=True)
    with node.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "zhenglian_node", "run", "--home", str(node.home.resolve()), "--json"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _write(node.pid_file, f"{process.pid} {_get_start(process.pid)}\n")
    process.returncode = 0  # it is not ours to wait for: it outlives this command


def stop(nodes: Sequence[Node]) -> list[str]:
    """No process runs any of the nodes; returns the members whose node had to be killed."""
    for node in nodes:
        _send(node, signal.SIGTERM)
    killed = []
    if not _wait_for_end(nodes, STOPPING_S):
        killed = [node.member for node in nodes if find_process(node) is not None]
        for node in nodes:
            _send(node, signal.SIGKILL)
        _wait_for_end(nodes, STOPPING_S)
    for node in nodes:
        node.pid_file.unlink(missing_ok=True)
    return killed


def read_last_line(log: Path) -> str:
    """The last thing a node said, shortened."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return lines[-1][:300] if lines else ""


def _wait_for_end(nodes: Sequence[Node], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while any(find_process(node) is not None for node in nodes):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def _send(node: Node, number: signal.Signals) -> None:
    pid = find_process(node)
    if pid is not None:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return


def _get_start(pid: int) -> int | None:
    """When the process started, in clock ticks since boot (proc(5), field 22); None if it has ended."""
    try:
        fields = (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="ascii")
    fresh.replace(path)

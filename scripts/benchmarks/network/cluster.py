"""A network of real node processes on this machine, laid out as an operator's would be, and clients of it.

Every node is its own program, which starts its own consensus engine; nodes and clients meet over their real
channels. Nothing sleeps: a node is up when it says so.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from select import select
from time import monotonic
from typing import Any, Final

from benchmarks.network.processes import (
    Spent,
    compute_memory,
    compute_resident,
    compute_spent,
    find_children,
)
from zhenglian import AsyncClient, connect_async

START_SECONDS: Final = 180.0
STOP_SECONDS: Final = 60.0
LINES: Final = 20
_READY: Final = b"ready "


class NodeFailed(Exception):
    """A node ended before it was ready; the text is the end of what it said."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member with a node: its unit, its home, and the configuration of its office's client."""

    unit: str
    home: Path
    agency: Path
    is_validator: bool


@dataclass(slots=True)
class Cluster:
    """A network with its nodes, stopped at first. The centre comes first, and may administer."""

    root: Path
    members: list[Member]
    profile: Path | None = None
    _processes: "list[subprocess.Popen[bytes]]" = field(default_factory=list)
    _clients: list[AsyncClient] = field(default_factory=list)

    @classmethod
    def create(cls, root: Path, binary: str, nodes: int, validators: int) -> "Cluster":
        """A network of `nodes` members in `root`, of whom the first `validators` make blocks."""
        departments = min(2, nodes - 1)
        command = [
            sys.executable, "-m", "zhenglian_node", "network", "init", "--out", str(root),
            "--departments", str(departments), "--districts", str(nodes - 1 - departments),
            "--validators", str(validators), "--cometbft", binary,
        ]  # fmt: skip
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=_build_environment())
        document = json.loads((root / "network.json").read_text(encoding="utf-8"))
        return cls(root, [_read_member(root, member) for member in document["members"]])

    @property
    def validators(self) -> list[Member]:
        """The members whose nodes make blocks."""
        return [member for member in self.members if member.is_validator]

    def get_engine_home(self, member: Member) -> Path:
        """The home of the member's consensus engine."""
        return member.home / "cometbft"

    def start(self) -> None:
        """Every node answers; raises NodeFailed. The first one writes a profile if one is wanted."""
        (self.root / "logs").mkdir(exist_ok=True)
        self._processes = [self._spawn(number, member) for number, member in enumerate(self.members)]
        deadline = monotonic() + START_SECONDS
        for member, process in zip(self.members, self._processes, strict=True):
            output = process.stdout
            left = max(0.0, deadline - monotonic())
            ready = select([output], [], [], left)[0] if output else []
            if output is None or not ready or not output.readline().startswith(_READY):
                raise NodeFailed(read_end(self._get_log(member)))

    async def stop(self) -> None:
        """Clients are closed and every node has ended, with its engine."""
        for client in self._clients:
            await client.close()
        self._clients.clear()
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                await asyncio.to_thread(process.wait, STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()  # its engine ends with it
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        self._processes.clear()

    async def connect(self, member: Member) -> AsyncClient:
        """A client of the member's office at its own node; it is closed with the network."""
        client = await connect_async(member.agency)
        self._clients.append(client)
        return client

    async def connect_all(self, members: Sequence[Member], count: int) -> list[AsyncClient]:
        """As many clients, spread over `members` in turn."""
        return [await self.connect(members[number % len(members)]) for number in range(count)]

    def compute_spent(self) -> Spent:
        """Processor time of all nodes, their engines, and this process."""
        return compute_spent(self._get_nodes(), self._get_engines())

    def compute_memory(self) -> int:
        """Bytes that all nodes and engines hold together."""
        return sum(compute_memory(pid) for pid in (*self._get_nodes(), *self._get_engines()))

    def compute_largest_node(self) -> int:
        """Bytes that the largest node's own program holds, without its engine."""
        return max(compute_resident(pid) for pid in self._get_nodes())

    def compute_largest_engine(self) -> int:
        """Bytes that the largest engine holds."""
        return max(compute_resident(pid) for pid in self._get_engines())

    def _get_nodes(self) -> list[int]:
        return [process.pid for process in self._processes]

    def _get_engines(self) -> list[int]:
        return [child for pid in self._get_nodes() for child in find_children(pid)]

    def _spawn(self, number: int, member: Member) -> "subprocess.Popen[bytes]":
        is_profiled = self.profile is not None and number == 0
        program = (
            ["benchmarks.network.profiled_node", str(self.profile)] if is_profiled else ["zhenglian_node"]
        )
        with self._get_log(member).open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", *program, "run", "--home", str(member.home)],
                stdout=subprocess.PIPE,
                stderr=log,
                env=_build_environment(),
            )

    def _get_log(self, member: Member) -> Path:
        return self.root / "logs" / f"{member.home.name}.log"


def read_end(log: Path) -> str:
    """The last lines of a log: its folder is gone when somebody reads this."""
    return "\n".join(
        [f"{log.name}:", *log.read_text(encoding="utf-8", errors="replace").splitlines()[-LINES:]]
    )


def _read_member(root: Path, described: dict[str, Any]) -> Member:
    return Member(
        unit=described["unit"],
        home=root / described["home"],
        agency=root / described["agency"],
        is_validator=described["validator"],
    )


def _build_environment() -> dict[str, str]:
    paths = [str(Path(entry).resolve()) for entry in sys.path if entry]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}

"""A network for measuring: the story's members and systems, one node as a process of its own, SDK clients.

Node and client share two cores, as in a small sandbox. Nothing sleeps: the node is up when it says so.
"""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from select import select
from typing import Final

import plyvel

from story import world
from story.building import build_home
from story.home import NODE, Home
from zhenglian import AsyncClient, connect_async

CORES: Final = 2
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 60.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class NodeFailed(Exception):
    """The node ended before it was ready; the text names its log."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Processor seconds of the node and of this process so far."""

    node: float
    client: float


@dataclass(slots=True)
class Sandbox:
    """A home with its node, stopped at first; `issued` counts the licences issued in bulk."""

    home: Home
    profile: Path | None = None
    issued: int = 0
    _process: "subprocess.Popen[bytes] | None" = None
    _clients: list[AsyncClient] = field(default_factory=list)

    @classmethod
    def create(cls, root: Path, *, profile: Path | None = None) -> "Sandbox":
        """A home in `root`, initialised; `profile` is where the node's profile is to be written."""
        sandbox = cls(build_home(root), profile)
        sandbox._run_init()
        return sandbox

    def start(self) -> None:
        """The node answers; raises NodeFailed."""
        arguments = ["run", "--home", str(self.home.node)]
        if self.profile is None:
            command = [sys.executable, "-m", "zhenglian_node", *arguments]
        else:
            command = [sys.executable, "-m", "benchmarks.profiled_node", str(self.profile), *arguments]
        with self.home.get_log(NODE).open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, env=_build_environment()
            )
        output = self._process.stdout
        ready = select([output], [], [], START_SECONDS)[0] if output else []
        if output is None or not ready or not output.readline().startswith(b"ready "):
            self._process.kill()
            raise NodeFailed(str(self.home.get_log(NODE)))

    async def stop(self) -> None:
        """Clients are closed and the node has ended."""
        for client in self._clients:
            await client.close()
        self._clients.clear()
        if self._process is not None:
            self._process.terminate()
            self._process.wait(STOP_SECONDS)
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    async def connect(self, system: str) -> AsyncClient:
        """A client of `system`; it is closed with the node."""
        client = await connect_async(self.home.get_system(system) / "agency.toml")
        self._clients.append(client)
        return client

    def compute_spent(self) -> Spent:
        """Processor time of the node and of this process."""
        fields = (self._get_proc() / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
        mine = os.times()
        return Spent((int(fields[11]) + int(fields[12])) / _TICKS, mine.user + mine.system)

    def compute_node_memory(self) -> tuple[int, int]:
        """Bytes of memory the node holds now, and held at most."""
        lines = (self._get_proc() / "status").read_text(encoding="ascii").splitlines()
        sizes = {name: value for name, _, value in (line.partition(":") for line in lines)}
        now, most = (int(sizes[name].split()[0]) << 10 for name in ("VmRSS", "VmHWM"))
        return now, most

    @property
    def store(self) -> Path:
        """The directory of the node's store."""
        return self.home.node / "store"

    def _get_proc(self) -> Path:
        if self._process is None:
            raise NodeFailed(str(self.home.get_log(NODE)))
        return Path("/proc") / str(self._process.pid)

    def _run_init(self) -> None:
        validator = self.home.root / "validator"
        command = [
            sys.executable, "-m", "zhenglian_node", "init",
            "--home", str(self.home.node), "--genesis", str(self.home.root / "genesis.json"),
            "--validator-key", str(validator / "sign.key.json"),
            "--passphrase-file", str(validator / "passphrase"), "--listen", self.home.addresses[NODE],
            "--tls-certificate", str(validator / "tls.pem"), "--tls-key", str(validator / "tls.key.pem"),
        ]  # fmt: skip
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=_build_environment())


def use_two_cores() -> int:
    """This process and those it starts share at most two cores; returns how many they have."""
    cores = sorted(os.sched_getaffinity(0))[:CORES]
    os.sched_setaffinity(0, cores)
    return len(cores)


def compute_disk_bytes(folder: Path) -> int:
    """Bytes that the files in `folder` take on disk."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def compact(store: Path) -> None:
    """The closed store is as LevelDB leaves it after a while: sorted, and without a log of recent writes."""
    for _ in range(2):  # what opening recovers from the log is written out, and merged the second time
        database = plyvel.DB(str(store), bloom_filter_bits=10)
        database.compact_range()
        database.close()


def _build_environment() -> dict[str, str]:
    paths = [str(Path(entry).resolve()) for entry in sys.path if entry]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}


ISSUER: Final = world.PLANNING_OFFICE
STEWARD: Final = world.CENTRE_OFFICE
RELYING: Final = world.XUHUI_COUNTER
COUNTER: Final = world.PUTUO_COUNTER
"""Systems by what they do here: one issues, one administers, one uses, one attests at its counter."""

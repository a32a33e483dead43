"""A network of real nodes on this machine: each a `zhenglian-node run` with its CometBFT, killed at will.

    with Network.create(tmp_path / "net", districts=3, validators=4) as network:
        network.start()
        network.nodes[0].kill(Victim.ENGINE)        # kill -9; app and CometBFT live and die together
        network.nodes[0].start()
        network.verify_agreement()

Homes are made as `zhenglian-node network init` makes them, with a licence type that every member's unit
issues. With `hosts` (see `virtual_network`) every node runs in a network namespace of its own. Nothing sleeps
to be safe: every wait is for something, with a deadline, and fails with what was found instead.
"""

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from enum import Enum, auto
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import grpc

from tests.testkit.cometbft_binary import find_cometbft
from tests.testkit.ledger_kit import wrap
from tests.testkit.ledger_objects import LAW, put_licence_type, put_rule
from tests.testkit.node_process import build_command, build_environment
from tests.testkit.virtual_network import Host
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.genesis_text import format_genesis
from zhenglian_node.app.format import get_head
from zhenglian_node.cli.exits import Exit
from zhenglian_node.cli.network.local import LocalPlan, build_members, create_local_network
from zhenglian_node.config import NodeConfig, read_config
from zhenglian_node.storage.leveldb import LevelDbStore
from zhenglian_proto.v1.node_pb2 import NodeStatus, StatusRequest
from zhenglian_proto.v1.node_pb2_grpc import NodeStub
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.state_pb2 import Genesis

LICENCE: Final = "LT.NETWORK"
"""A licence type that the unit of every member issues."""

START_S: Final = 120.0
STOP_S: Final = 40.0
PATIENCE_S: Final = 60.0
_POLL_S: Final = 0.05


class Victim(Enum):
    """What kill -9 hits."""

    APP = auto()
    ENGINE = auto()
    BOTH = auto()


class NetworkNode:
    """One member's node: its home, and the process that runs it, if one does."""

    def __init__(self, root: Path, member: dict[str, object], host: Host | None = None) -> None:
        """`member` is its row of network.json."""
        self.member = str(member["id"])
        self.home = root / str(member["home"])
        self.agency = root / str(member["agency"])
        self.is_validator = bool(member["validator"])
        self.log = self.home / "node.log"
        self._authorities = root / "authorities.pem"
        self._host = host
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: grpc.Channel | None = None

    @property
    def config(self) -> NodeConfig:
        """Its node.toml."""
        return read_config(self.home)

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def launch(self, *, module: str = "zhenglian_node", **environment: str) -> None:
        """The process exists; `await_ready` tells when it answers. `module` takes the node's place."""
        command = build_command("run", "--home", str(self.home), "--json", module=module)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._host.wrap(command) if self._host else command,
                stdout=subprocess.PIPE, stderr=log, env=build_environment() | environment,
            )  # fmt: skip

    def await_ready(self) -> None:
        """The node answers; fails with its own words if it ends instead."""
        assert self._process is not None
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], START_S)
        line: bytes = self._process.stdout.readline() if readable else b""
        if not line:
            self.end(signal.SIGKILL)
            raise AssertionError(f"{self.member} did not start:\n{self.read_log_end()}")
        assert json.loads(line)["event"] == "ready"

    def start(self, *, module: str = "zhenglian_node", **environment: str) -> None:
        """The node answers."""
        self.launch(module=module, **environment)
        self.await_ready()

    def stop(self) -> int:
        """The node was asked to end (SIGTERM) and has; returns its exit code."""
        return self.end(signal.SIGTERM)

    def kill(self, victim: Victim) -> None:
        """kill -9; the node has ended, and so has its CometBFT, whichever was hit."""
        assert self._process is not None
        engine = self.get_engine_pid()
        if victim is not Victim.APP:
            os.kill(engine, signal.SIGKILL)
        if victim is not Victim.ENGINE:
            self._process.kill()
        self.wait()

    def wait(self) -> int:
        """The node has ended by itself, and so has its CometBFT; returns its exit code."""
        assert self._process is not None
        engine = self._read_engine_pid()
        code = self._process.wait(STOP_S)
        if self._process.stdout is not None:
            self._process.stdout.close()
        wait_until(f"{self.member}'s CometBFT has ended", lambda: not is_process(engine))
        return code

    def end(self, number: signal.Signals) -> int:
        """The node was sent a signal and has ended; returns its exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        return self.wait()

    def signal_engine(self, number: signal.Signals) -> None:
        """Its CometBFT was sent a signal."""
        os.kill(self.get_engine_pid(), number)

    def get_engine_pid(self) -> int:
        """The process of its CometBFT."""
        pid = self._read_engine_pid()
        assert pid, f"{self.member} has no CometBFT"
        return pid

    def get_status(self, trusted_height: int = 0) -> NodeStatus | None:
        """What the node says of itself, or None where it does not answer."""
        try:
            return NodeStub(self._open_channel()).GetStatus(
                StatusRequest(trusted_height=trusted_height), timeout=5
            )
        except grpc.RpcError:
            return None

    def read_stored_height(self) -> int:
        """The height on disk, while the node does not run."""
        store = LevelDbStore(self.config.store)
        try:
            head = get_head(store)
        finally:
            store.close()
        return -1 if head is None else head.height

    def read_log_end(self, lines: int = 30) -> str:
        """The last things that node and CometBFT said."""
        logs = (self.log, self.home / "cometbft" / "cometbft.log")
        texts = (path.read_text(encoding="utf-8", errors="replace") for path in logs if path.exists())
        return "\n---\n".join("\n".join(text.splitlines()[-lines:]) for text in texts)

    def close(self) -> None:
        """No process and no channel is left."""
        if self.is_running:
            self.end(signal.SIGKILL)
        self._close_channel()

    def _open_channel(self) -> grpc.Channel:
        if self._channel is None:
            tls, config = self.home / "tls", self.config
            credentials = grpc.ssl_channel_credentials(
                self._authorities.read_bytes(),
                (tls / "node.key.pem").read_bytes(),
                (tls / "node.crt.pem").read_bytes(),
            )
            backoff = [("grpc.max_reconnect_backoff_ms", 500), ("grpc.initial_reconnect_backoff_ms", 100)]
            address = config.listen.replace("0.0.0.0", self._host.address) if self._host else config.listen
            self._channel = grpc.secure_channel(address, credentials, backoff)
        return self._channel

    def _close_channel(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def _read_engine_pid(self) -> int:
        try:
            return int((self.home / "cometbft" / "cometbft.pid").read_text(encoding="ascii").split()[0])
        except (OSError, ValueError, IndexError):
            return 0


class Network:
    """All nodes of a network; a context that leaves no process behind."""

    def __init__(self, root: Path, hosts: Sequence[Host] = ()) -> None:
        """The network that lies in `root`."""
        self.root = root
        members = json.loads((root / "network.json").read_text(encoding="utf-8"))["members"]
        places = [*hosts, *[None] * len(members)]
        self.nodes = [NetworkNode(root, member, places[number]) for number, member in enumerate(members)]

    @classmethod
    def create(
        cls,
        root: Path,
        *,
        departments: int = 0,
        districts: int,
        validators: int,
        hosts: Sequence[Host] = (),
        extra: Sequence[Operation] = (),
    ) -> Self:
        """A new network in `root`, not running; fails, or skips, where there is no CometBFT.

        Its genesis ends with `extra`.
        """
        plan = LocalPlan(
            departments=departments,
            districts=districts,
            validators=validators,
            binary=find_cometbft(),
            draft=build_draft([member.id for member in build_members(departments, districts)], extra),
            hosts=tuple(host.address for host in hosts),
        )
        create_local_network(root, plan, int(time.time() * 1000))
        return cls(root, hosts)

    def start(self, nodes: Iterable[NetworkNode] | None = None) -> None:
        """The nodes (all by default) answer."""
        chosen = self.nodes if nodes is None else list(nodes)
        for node in chosen:
            node.launch()
        for node in chosen:
            node.await_ready()

    def stop(self, nodes: Iterable[NetworkNode] | None = None) -> None:
        """The nodes (all by default) that run have ended in order."""
        running = [node for node in (self.nodes if nodes is None else nodes) if node.is_running]
        for node in running:
            assert node.stop() == Exit.OK, node.read_log_end()

    def get_heights(self, nodes: Iterable[NetworkNode] | None = None) -> list[int]:
        """Committed heights; -1 for a node that does not answer."""
        statuses = [node.get_status() for node in (self.nodes if nodes is None else nodes)]
        return [-1 if status is None else status.height for status in statuses]

    def wait_for_progress(self, blocks: int = 2, nodes: Iterable[NetworkNode] | None = None) -> None:
        """Every one of the nodes has committed so many more blocks than the highest had."""
        chosen = self.nodes if nodes is None else list(nodes)
        goal = max(self.get_heights(chosen)) + blocks
        wait_until(
            f"height {goal}", lambda: min(self.get_heights(chosen)) >= goal, lambda: self.describe(chosen)
        )

    def verify_agreement(self, nodes: Iterable[NetworkNode] | None = None) -> bytes:
        """The nodes stand, at one moment, at one height with one app hash, which is returned."""
        chosen = self.nodes if nodes is None else list(nodes)
        found: dict[int, bytes] = {}

        def is_together() -> bool:
            statuses = [node.get_status() for node in chosen]
            heights = {status.provable_height for status in statuses if status is not None}
            for status in statuses:
                if status is not None:
                    known = found.setdefault(status.provable_height, status.app_hash)
                    assert known == status.app_hash, f"a fork at height {status.provable_height}"
            return None not in statuses and len(heights) == 1

        wait_until("one height everywhere", is_together, lambda: self.describe(chosen))
        return found[max(found)]

    def describe(self, nodes: Iterable[NetworkNode] | None = None) -> str:
        """Where every node stands, with the last words of those that do not answer."""
        lines = []
        for node in self.nodes if nodes is None else nodes:
            status = node.get_status()
            stands = node.read_log_end(8) if status is None else f"height {status.height}"
            lines.append(f"{node.member}: {stands}")
        return "\n".join(lines)

    def __enter__(self) -> Self:
        """The network itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        """No process is left."""
        for node in self.nodes:
            node.close()


def build_draft(units: Sequence[str], extra: Sequence[Operation] = ()) -> Genesis:
    """What a network's genesis has besides its members: a licence type that all their `units` issue."""
    operations = (put_rule(), put_licence_type(id=LICENCE, basis=LAW, issuing_units=units))
    return Genesis(operations=[*(serialise(wrap(each)) for each in operations), *map(serialise, extra)])


def write_draft(path: Path, units: Sequence[str]) -> Path:
    """The same as a file for `network assemble --draft`."""
    path.write_text(format_genesis(build_draft(units)), encoding="utf-8")
    return path


def wait_until(
    what: str, is_so: Callable[[], bool], describe: Callable[[], str] = str, seconds: float = PATIENCE_S
) -> None:
    """It is so; fails after `seconds` with what was found instead."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what}\n{describe()}")
        time.sleep(_POLL_S)


def is_process(pid: int) -> bool:
    """Whether a process of that number is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"

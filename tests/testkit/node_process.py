"""A real node in a process of its own, and clients that speak to it over mTLS.

    home = SandboxHome.create(tmp_path)
    with NodeProcess(home) as node:                       # started, and its ready line was read
        market = node.connect(MARKET_OFFICE)
        receipt = market.submit(issue_licence())          # one signed batch; the node's SubmitReply
        market.stub.GetObject(...)
        node.kill(); node.start()                         # kill -9, and up again on the same address

Nothing here sleeps: `start` returns when the node has said it is ready, `stop` and `kill` when it has ended.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self, cast

import grpc
from google.protobuf.message import Message

from tests.testkit.ledger_kit import wrap
from tests.testkit.ledger_objects import compute_seed
from tests.testkit.node_home import SandboxHome, TlsPaths
from zhenglian_ledger.batch import Batch, build_batch
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.error_detail import METADATA_KEY, parse_error_detail
from zhenglian_ledger.errors import ZhenglianError
from zhenglian_ledger.keys import compute_key_id
from zhenglian_proto.v1 import batch_pb2, node_pb2
from zhenglian_proto.v1.node_pb2_grpc import NodeStub

HOUR_MS: Final = 3_600_000
START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 30.0


class NodeProcess:
    """`zhenglian-node run` on a home; a context manager that starts and stops it."""

    def __init__(self, home: SandboxHome, *, module: str = "zhenglian_node", **environment: str) -> None:
        """`module` takes the node's place: it knows `run`, and `environment` beside this process's."""
        self.home = home
        self._module, self._environment = module, environment
        self.height = -1
        self.address = home.address
        self.log = home.config.home / "node.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._channels: list[grpc.Channel] = []

    def start(self) -> "NodeProcess":
        """The node answers; fails with its own words if it ends instead."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                build_command("run", "--home", str(self.home.config.home), "--json", module=self._module),
                stdout=subprocess.PIPE, stderr=log, env=build_environment() | self._environment,
            )  # fmt: skip
        ready = json.loads(self._read_line())
        self.address, self.height = ready["address"], ready["height"]
        return self

    def stop(self) -> int:
        """The node was asked to end (SIGTERM) and has; returns its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """The node was killed (kill -9)."""
        return self._end(signal.SIGKILL)

    def wait(self) -> int:
        """The node has ended by itself; returns its exit code."""
        return self._reap()

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def connect(self, system: str) -> "SystemClient":
        """A client with the channel and the SIGN key of a system; it is closed with the node."""
        return self.connect_as(system, "")

    def connect_as(self, system: str, member: str) -> "SystemClient":
        """As `connect`, for any name under the CA of `member`."""
        channel = self.open_channel(self.home.write_tls(system, member))
        return SystemClient(self.home.chain_id, system, channel)

    def open_channel(self, tls: TlsPaths) -> grpc.Channel:
        """A channel with any certificate."""
        credentials = grpc.ssl_channel_credentials(
            tls.roots.read_bytes(), tls.key.read_bytes(), tls.certificate.read_bytes()
        )
        channel = grpc.secure_channel(self.address, credentials, [("grpc.max_send_message_length", 64 << 20)])
        self._channels.append(channel)
        return channel

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for channel in self._channels:
            channel.close()
        if self.is_running:
            self.stop()

    def _read_line(self) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], START_SECONDS)
        line: bytes = self._process.stdout.readline() if readable else b""
        if not line:
            self.kill()
            raise AssertionError(f"the node did not start:\n{self.log.read_text(encoding='utf-8')}")
        return line

    def _end(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        return self._reap()

    def _reap(self) -> int:
        assert self._process is not None
        code = self._process.wait(STOP_SECONDS)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return code


class SystemClient:
    """One system's channel to a node and its SIGN key; calls go through the plain gRPC stub."""

    def __init__(self, chain_id: str, system: str, channel: grpc.Channel) -> None:
        self.chain_id = chain_id
        self.system = system
        self.channel = channel
        self.stub = NodeStub(channel)

    def submit(self, *operations: Message) -> node_pb2.SubmitReply:
        """The node's reply to a fresh batch of `operations`."""
        return self.send(self.sign(*operations))

    def send(self, batch: Batch) -> node_pb2.SubmitReply:
        """The node's reply to a batch."""
        return self.stub.Submit(node_pb2.SubmitRequest(batch=batch.to_message()), timeout=20)

    def ask(self, query: Message) -> node_pb2.QueryRequest:
        """A signed read request of one query."""
        return node_pb2.QueryRequest(batch=self.sign(query).to_message())

    def sign(
        self,
        *operations: Message,
        nonce: bytes = b"",
        chain_id: str = "",
        system: str = "",
        atomic: bool = False,
        valid_until_ms: int = 0,
    ) -> Batch:
        """A batch of the system (or of another, with its key), valid for an hour, with a fresh nonce."""
        author = system or self.system
        seed = compute_seed(author)
        return build_batch(
            [serialise(wrap(operation)) for operation in operations],
            suite=batch_pb2.SUITE_ED25519,
            chain_id=chain_id or self.chain_id,
            system=author,
            key=compute_key_id(batch_pb2.SUITE_ED25519, ed25519.compute_public_key(seed)),
            nonce=nonce or os.urandom(16),
            valid_until_ms=valid_until_ms or int(time.time() * 1000) + HOUR_MS,
            sign=lambda message: ed25519.sign(seed, message),
            atomic=atomic,
        )


def build_command(*arguments: str, module: str = "zhenglian_node") -> list[str]:
    """The node's command line as a subprocess runs it."""
    return [sys.executable, "-m", module, *arguments]


def build_environment() -> dict[str, str]:
    """This process's environment and module search path."""
    paths = [str(Path(entry).resolve()) for entry in sys.path if entry]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}


def get_error(error: grpc.RpcError) -> ZhenglianError:
    """The typed error that a failed call carries; fails if it carries none."""
    metadata = cast("list[tuple[str, bytes]]", error.trailing_metadata() or [])
    details = [value for key, value in metadata if key == METADATA_KEY]
    assert details, f"untyped: {error}"
    return parse_error_detail(details[0])

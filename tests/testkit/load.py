"""Load on a node that may go away at any moment: who sent what, what each was told, and nothing forgotten.

`Load` sends through the plain stub and gives up when the node is gone, so that it knows exactly what was told
and what was not; `Traffic` goes through the SDK, which does not give up.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

import grpc

from tests.testkit.ledger_objects import (
    MARKET_COUNTER,
    MARKET_OFFICE,
    compute_id,
    compute_seed,
    issue_licence,
)
from tests.testkit.node_home import SandboxHome
from tests.testkit.node_process import NodeProcess, SystemClient
from zhenglian_ledger import rows
from zhenglian_ledger.batch import Batch
from zhenglian_ledger.cometbft.header import compute_header_hash
from zhenglian_ledger.cometbft.light import build_era_start
from zhenglian_ledger.errors import Unreachable
from zhenglian_ledger.trustfile import parse_trust_file
from zhenglian_ledger.verify.anchor import verify_anchor
from zhenglian_ledger.verify.receipt import verify_receipt
from zhenglian_node.storage.port import Store
from zhenglian_proto.v1 import node_pb2, types_pb2
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_sdk.channel import TlsFiles, open_channel, read_channel_credentials
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.client.connection import NodeConnection
from zhenglian_sdk.client.options import Options
from zhenglian_sdk.client.session import Session
from zhenglian_sdk.client.trust import read_trust_store
from zhenglian_sdk.signer import MemorySigner

SENDERS: Final = (MARKET_OFFICE, MARKET_OFFICE, MARKET_COUNTER, MARKET_COUNTER)
PAIR: Final = 2  # licences in a batch: a batch there in part would show one
MOST: Final = 200  # batches a sender sends at most, should the node not die


class Sent(NamedTuple):
    """A batch that was sent, and the names of its licences."""

    system: str
    batch: Batch
    names: tuple[str, ...]


class Load:
    """Systems that each send batch after batch, and what they were told; all they hear is verified."""

    def __init__(self, home: SandboxHome) -> None:
        self.home = home
        self.sent: list[Sent] = []
        self.leaves: dict[bytes, bytes] = {}  # nonce → the leaf its sender was shown
        self.headers: dict[int, bytes] = {}  # height → hash, as anybody was shown it
        trust = parse_trust_file(home.config.trust.read_text(encoding="utf-8"))
        self._start = build_era_start(trust.anchor, trust.time_ms)

    def send_until_killed(self, node: NodeProcess) -> None:
        """Every sender sends at once, until the node is gone."""
        clients = [node.connect(system) for system in SENDERS]
        with ThreadPoolExecutor(len(SENDERS)) as threads:
            list(threads.map(self._send_all, clients, range(len(SENDERS))))

    def send_again(self, node: NodeProcess) -> None:
        """The same bytes of every batch once more: each gets a receipt, the told ones the same as before."""
        clients = {system: node.connect(system) for system in SENDERS}
        with ThreadPoolExecutor(len(SENDERS)) as threads:
            replies = list(threads.map(lambda sent: clients[sent.system].send(sent.batch), self.sent))
        for sent, reply in zip(self.sent, replies, strict=True):
            self._take(sent, reply)

    def verify_receipts(self, node: NodeProcess) -> None:
        """GetReceipt gives every told batch its leaf, and knows another one only as a whole."""
        clients = {system: node.connect(system) for system in SENDERS}
        for sent in self.sent:
            request = node_pb2.ReceiptRequest(system=sent.system, nonce=sent.batch.header.nonce)
            reply = clients[sent.system].stub.GetReceipt(request, timeout=20)
            if reply.unknown:
                assert sent.batch.header.nonce not in self.leaves, "an acknowledged batch is gone"
            else:
                self._take(sent, reply)

    def is_told(self, sent: Sent) -> bool:
        return sent.batch.header.nonce in self.leaves

    def _send_all(self, client: SystemClient, number: int) -> None:
        for count in range(MOST):
            names = tuple(f"{number}-{count}-{part}" for part in range(PAIR))
            sent = Sent(client.system, client.sign(*map(issue_licence, names)), names)
            self.sent.append(sent)
            try:
                self._take(sent, client.send(sent.batch))
            except grpc.RpcError:
                return

    def _take(self, sent: Sent, reply: node_pb2.SubmitReply) -> None:
        """The reply is a proven receipt of the very batch, all accepted, as it was if it was told before."""
        assert reply.WhichOneof("fate") == "receipt", reply
        anchor, now_ms = reply.receipt.anchor, int(time.time() * 1000)
        proven = verify_anchor(self._start, anchor, now_ms)
        assert verify_receipt(proven, reply.receipt, sent.batch).is_accepted
        leaf = self.leaves.setdefault(sent.batch.header.nonce, reply.receipt.batch.leaf)
        assert reply.receipt.batch.leaf == leaf
        self.see(proven.trusted.height, proven.trusted.header_hash)

    def see(self, height: int, header_hash: bytes) -> None:
        """Somebody was shown that header; nobody was ever shown another one of its height."""
        assert self.headers.setdefault(height, header_hash) == header_hash


def is_there(store: Store, sent: Sent) -> bool:
    """Whether the batch is there, as a whole."""
    parts = {
        store.get(rows.id_key(types_pb2.KIND_LICENCE, compute_id(name))) is not None for name in sent.names
    }
    assert len(parts) == 1, "a batch is there in part"
    return parts.pop()


class Traffic:
    """SDK clients that submit without pause, each call by a request id, through every outage."""

    def __init__(self, home: SandboxHome) -> None:
        self.home = home
        self.requests: list[str] = []
        self.receipts: dict[str, int] = {}  # request id → batch index
        self.headers: dict[int, bytes] = {}
        self.is_over = False
        self._progress = asyncio.Condition()

    async def wait_for(self, more: int) -> None:
        """So many more receipts have come."""
        goal = len(self.receipts) + more
        async with self._progress:
            await asyncio.wait_for(self._progress.wait_for(lambda: len(self.receipts) >= goal), 30)

    async def submit_all(self, client: AsyncClient, number: int) -> None:
        """Submit until it is over; a call that certainly never left is made again under its request id."""
        while not self.is_over:
            request = f"request {number}-{len(self.requests)}"
            self.requests.append(request)
            operations = [Operation(issue_licence=issue_licence(f"{request} {part}")) for part in range(PAIR)]
            while request not in self.receipts:
                try:
                    receipt = await client.submit(operations, request_id=request)
                except Unreachable:
                    await asyncio.sleep(0.05)
                    continue
                assert receipt.is_accepted
                self._see(receipt.proof)
                async with self._progress:
                    self.receipts[request] = receipt.batch_index
                    self._progress.notify_all()

    def _see(self, proof: node_pb2.Receipt) -> None:
        header = proof.anchor.light_block.signed_header.header
        header_hash = compute_header_hash(header)
        assert self.headers.setdefault(header.height, header_hash) == header_hash


@contextlib.asynccontextmanager
async def connect(home: SandboxHome, system: str, state: Path) -> AsyncIterator[AsyncClient]:
    """The SDK's client of a system, with trust that is kept in `state` and never goes back."""
    tls = home.write_tls(system)
    credentials = read_channel_credentials(TlsFiles(tls.certificate, tls.key, (tls.roots,)))
    session = Session(
        node=NodeConnection(open_channel(home.address, credentials), home.address),
        signer=MemorySigner(compute_seed(system)),
        system=system,
        trust=read_trust_store(home.config.trust, state),
        options=Options(patience_s=0.1),
    )
    async with AsyncClient(session) as client:
        yield client

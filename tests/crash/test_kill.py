"""What kill -9 leaves behind: real node processes, real channels and signatures, a real disk.

`test_crash_table` plays the same table on parts in one process; here the process is gone, and the operating
system closes what it had open. Always:

- every acknowledged batch is there with the very leaf its sender was shown;
- every other one is there as a whole or not at all, and the same bytes sent again have exactly one leaf;
- `fsck` finds nothing, before and after the next run;
- every header follows from the trust file, and no height has two headers that anybody has seen.
"""

import asyncio
import contextlib
import io
import random
import signal
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

import grpc
import pytest

from tests.testkit.crashing_node import CrashingNode, CrashPoint
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
from zhenglian_ledger.batch import Batch, compute_request_nonce
from zhenglian_ledger.cometbft.header import compute_header_hash
from zhenglian_ledger.cometbft.light import build_era_start, verify_light_block
from zhenglian_ledger.cometbft.validators import build_validator_set
from zhenglian_ledger.errors import Unreachable
from zhenglian_ledger.head import Head
from zhenglian_ledger.leaves import decode_batch_leaf
from zhenglian_ledger.trustfile import parse_trust_file
from zhenglian_ledger.verify.anchor import verify_anchor
from zhenglian_ledger.verify.receipt import verify_receipt
from zhenglian_node.cli import main
from zhenglian_node.cli.exits import Exit
from zhenglian_node.storage.leveldb import LevelDbStore
from zhenglian_node.storage.port import Store
from zhenglian_proto.v1 import node_pb2, types_pb2
from zhenglian_proto.v1.batch_pb2 import BatchHeader
from zhenglian_proto.v1.cometbft_pb2 import LightBlock, SignedHeader
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_sdk.channel import TlsFiles, open_channel, read_channel_credentials
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.client.connection import NodeConnection
from zhenglian_sdk.client.session import Session
from zhenglian_sdk.client.trust import read_trust_store
from zhenglian_sdk.signer import MemorySigner

SENDERS: Final = (MARKET_OFFICE, MARKET_OFFICE, MARKET_COUNTER, MARKET_COUNTER)
PAIR: Final = 2  # licences in a batch: a batch there in part would show one
OCCURRENCE: Final = 12  # at which a point kills: some batches are acknowledged by then
MOST: Final = 200  # batches a sender sends at most, should the node not die

ON_DISK: Final = {
    CrashPoint.BEFORE_FINALIZE: False,
    CrashPoint.AFTER_FINALIZE: False,
    CrashPoint.BEFORE_WRITE: False,
    CrashPoint.AFTER_WRITE: True,
    CrashPoint.AFTER_COMMIT: True,
    CrashPoint.BEFORE_PROOF_BLOCK: False,
    CrashPoint.BEFORE_PROOF_WRITE: False,
    CrashPoint.AFTER_PROOF_WRITE: True,
}
"""Whether the block that was being made is on disk afterwards."""

PROOF_POINTS: Final = {
    CrashPoint.BEFORE_PROOF_BLOCK,
    CrashPoint.BEFORE_PROOF_WRITE,
    CrashPoint.AFTER_PROOF_WRITE,
}
"""Points at which the block before the one being made is on disk, and its senders were not told."""


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


# what is on disk


@contextlib.contextmanager
def open_store(home: SandboxHome) -> Iterator[LevelDbStore]:
    """The store of a node that does not run."""
    store = LevelDbStore(home.config.store)
    try:
        yield store
    finally:
        store.close()


def get_head(store: Store) -> Head:
    value = store.get(rows.HEAD)
    assert value is not None
    return Head.decode(value)


def is_there(store: Store, sent: Sent) -> bool:
    """Whether the batch is there, as a whole."""
    parts = {
        store.get(rows.id_key(types_pb2.KIND_LICENCE, compute_id(name))) is not None for name in sent.names
    }
    assert len(parts) == 1, "a batch is there in part"
    return parts.pop()


def verify_one_leaf_each(store: Store, nonces: list[bytes]) -> None:
    """Every nonce has exactly one leaf in the batch log, and there is no other beside those of genesis."""
    leaves = (decode_batch_leaf(leaf) for _, leaf in store.scan(rows.ENTRY + bytes([rows.BATCH])))
    found = [BatchHeader.FromString(leaf.header).nonce for leaf in leaves if leaf.height]
    assert sorted(found) == sorted(nonces)


def verify_headers(home: SandboxHome, store: Store, seen: dict[int, bytes]) -> None:
    """Every header follows from the trust file, carries the app hash its batches name, and was the one seen."""
    trust = parse_trust_file(home.config.trust.read_text(encoding="utf-8"))
    validators = build_validator_set(trust.validators)
    reached, hashes, app_hashes = build_era_start(trust.anchor, trust.time_ms), {}, {}
    for _, value in store.scan(rows.ENGINE + b"\x01"):
        block = LightBlock(signed_header=SignedHeader.FromString(value), validator_set=validators)
        reached = verify_light_block(reached, block, int(time.time() * 1000))
        hashes[reached.height] = compute_header_hash(block.signed_header.header)
        app_hashes[reached.height] = reached.app_hash
    assert list(hashes) == list(range(1, get_head(store).height + 1))
    assert hashes.items() >= seen.items()
    for _, value in store.scan(rows.ENTRY + bytes([rows.BATCH])):
        leaf = decode_batch_leaf(value)
        if leaf.height:
            assert leaf.prev_app_hash == app_hashes[leaf.height]


class Said(NamedTuple):
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


def command(*arguments: object) -> Said:
    """A command of the node's command line, run in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as end:
            return Said(int(end.code or 0), out.getvalue(), err.getvalue())
    raise AssertionError("the command line returned")


def verify_sound(home: SandboxHome) -> None:
    for depth in ("--quick", "--full"):
        said = command("fsck", "--home", home.config.home, depth)
        assert said.code == Exit.OK, said


def verify_survival(home: SandboxHome, load: Load) -> None:
    """The next run of the node owes nobody anything."""
    with NodeProcess(home) as node:
        load.verify_receipts(node)
        load.send_again(node)
        assert node.stop() == Exit.OK
    verify_sound(home)
    with open_store(home) as store:
        verify_one_leaf_each(store, [sent.batch.header.nonce for sent in load.sent])
        verify_headers(home, store, load.headers)


# killed at every point of a block's life


def run_until_killed(home: SandboxHome, point: CrashPoint) -> tuple[Load, int]:
    """A node under load that dies at `point`: what was sent and told, and the block it was making."""
    load, node = Load(home), CrashingNode(home, point, OCCURRENCE)
    with node:
        load.send_until_killed(node)
        assert node.wait() == -signal.SIGKILL
    assert load.leaves, "nobody was told anything before the kill"
    return load, node.get_height()


@pytest.mark.parametrize("point", list(CrashPoint), ids=lambda point: point.name.lower())
def test_a_node_killed_at_this_point_owes_nobody_anything(tmp_path: Path, point: CrashPoint) -> None:
    home = SandboxHome.create(tmp_path)
    load, height = run_until_killed(home, point)
    with open_store(home) as store:
        assert get_head(store).height == (height if ON_DISK[point] else height - 1)
        there = {sent.batch.header.nonce: is_there(store, sent) for sent in load.sent}
    assert all(there[nonce] for nonce in load.leaves)
    untold = [there[sent.batch.header.nonce] for sent in load.sent if not load.is_told(sent)]
    if ON_DISK[point] or point in PROOF_POINTS:
        assert any(untold), "no batch was committed without its sender being told"
    else:
        assert not all(untold), "no batch of the block was lost"
    verify_sound(home)
    verify_survival(home, load)


def test_a_write_that_a_power_cut_tore_is_not_there_at_all(tmp_path: Path) -> None:
    """The kill comes after the write; then the end of its record is cut off, as if it had not been synced."""
    home = SandboxHome.create(tmp_path)
    load, height = run_until_killed(home, CrashPoint.AFTER_WRITE)
    journal = max(home.config.store.glob("*.log"))
    with journal.open("r+b") as file:
        file.truncate(journal.stat().st_size - 100)
    with open_store(home) as store:
        assert get_head(store).height == height - 1
        assert all(is_there(store, sent) for sent in load.sent if load.is_told(sent))
    verify_sound(home)
    verify_survival(home, load)


# killed at any moment


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
    )
    async with AsyncClient(session) as client:
        yield client


def test_a_node_killed_again_and_again_gives_every_request_one_receipt(tmp_path: Path) -> None:
    home, moments = SandboxHome.create(tmp_path), random.Random(20_260_101)
    traffic = asyncio.run(asyncio.wait_for(submit_through_kills(home, moments, tmp_path / "state"), 100))
    verify_sound(home)
    assert sorted(traffic.receipts) == sorted(traffic.requests)
    with open_store(home) as store:
        verify_one_leaf_each(store, [compute_request_nonce(request) for request in traffic.requests])
        verify_headers(home, store, traffic.headers)


async def submit_through_kills(home: SandboxHome, moments: random.Random, state: Path) -> Traffic:
    """Five kills at moments of the generator, each under load; then the node is stopped in peace."""
    traffic, node = Traffic(home), NodeProcess(home)
    node.start()
    async with contextlib.AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(connect(home, system, state / system)) for system in set(SENDERS)
        ]
        async with asyncio.TaskGroup() as tasks:
            for number, client in enumerate(clients * 2):
                tasks.create_task(traffic.submit_all(client, number))
            for _ in range(5):
                await traffic.wait_for(moments.randint(4, 20))
                await asyncio.sleep(moments.uniform(0, 0.03))
                assert node.kill() == -signal.SIGKILL
                await asyncio.to_thread(node.start)
            await traffic.wait_for(10)
            traffic.is_over = True
    assert await asyncio.to_thread(node.stop) == Exit.OK
    return traffic

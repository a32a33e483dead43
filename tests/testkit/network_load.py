"""Load on a network whose nodes come and go: SDK clients that submit without pause, and what they were told.

Every call has a request id, so one that certainly never left is made again and cannot happen twice. What a
client is told is verified by the SDK; here it is only remembered, to be looked for on every disk afterwards.
"""

import asyncio
import contextlib
import os
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import zhenglian
from tests.testkit.ledger_objects import issue_licence
from tests.testkit.network import LICENCE, PATIENCE_S, Network, NetworkNode, wait_until
from zhenglian import AsyncClient
from zhenglian_ledger import rows
from zhenglian_ledger.batch import compute_request_nonce
from zhenglian_ledger.errors import Denied, Unreachable
from zhenglian_ledger.leaves import decode_batch_leaf
from zhenglian_node.app.fsck import check_full
from zhenglian_node.storage.leveldb import LevelDbStore
from zhenglian_proto.v1.batch_pb2 import BatchHeader
from zhenglian_proto.v1.operation_pb2 import Operation

PAIR: Final = 2
"""Licences in a batch: a batch there in part would show one."""

_PAUSE_S: Final = 0.1


class NetworkLoad:
    """Clients of several members' offices at work, in a thread with a loop of its own."""

    def __init__(self, nodes: Sequence[NetworkNode], senders: int = 2) -> None:
        """`senders` callers at the office of each node's member."""
        self._nodes, self._senders = nodes, senders
        self._is_over = False
        self._run = os.urandom(4).hex()
        self.told: dict[str, int] = {}  # request id → batch index
        self.failures: list[BaseException] = []

    @contextmanager
    def running(self) -> Iterator["NetworkLoad"]:
        """Requests are made; at the end every request that was begun has its answer."""
        thread = threading.Thread(target=self._work, name="load", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._is_over = True
            thread.join(PATIENCE_S * 2)
        assert not thread.is_alive(), "a request has no answer"
        if self.failures:
            raise self.failures[0]

    def wait_for(self, more: int, seconds: float = PATIENCE_S) -> None:
        """So many more requests were answered."""
        goal = len(self.told) + more
        wait_until(
            f"{more} more answers", lambda: bool(self.failures) or len(self.told) >= goal,
            lambda: f"{len(self.told)} answers in all", seconds,
        )  # fmt: skip
        if self.failures:
            raise self.failures[0]

    @property
    def nonces(self) -> set[bytes]:
        """Of every request that was answered."""
        return {compute_request_nonce(request) for request in self.told}

    def _work(self) -> None:
        try:
            asyncio.run(self._work_all())
        except BaseException as error:  # noqa: BLE001  told in the test's own thread
            self.failures.append(error)

    async def _work_all(self) -> None:
        async with contextlib.AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            for node in self._nodes:
                client = await stack.enter_async_context(open_client(node.agency))
                for number in range(self._senders):
                    tasks.create_task(self._submit_all(client, node.member, number))

    async def _submit_all(self, client: AsyncClient, unit: str, number: int) -> None:
        count = 0
        while not self._is_over:
            request = f"{self._run} {unit} {number} {count}"
            count += 1
            operations = [build_licence(unit, f"{request} {part}") for part in range(PAIR)]
            while request not in self.told:
                try:
                    receipt = await client.submit(operations, request_id=request)
                except (Unreachable, Denied):
                    await asyncio.sleep(_PAUSE_S)
                    continue
                assert receipt.is_accepted
                self.told[request] = receipt.batch_index


def build_licence(unit: str, name: str, **changes: Any) -> Operation:
    """A licence that the unit issues and keeps."""
    fields = {"type": LICENCE, "issuing_unit": unit, "custodian": unit} | changes
    return Operation(issue_licence=issue_licence(name, **fields))


@contextlib.asynccontextmanager
async def open_client(agency: Path) -> AsyncIterator[AsyncClient]:
    """A client of an office, once its node can be reached."""
    client = await zhenglian.connect_async(agency)
    try:
        yield client
    finally:
        await client.close()


def verify_disks(network: Network, nonces: set[bytes]) -> None:
    """On every stopped node: the store is sound, and each of `nonces` has exactly one leaf, the same one."""
    leaves = [_read_leaves(node) for node in network.nodes]
    for node, found in zip(network.nodes, leaves, strict=True):
        assert nonces <= found.keys(), (
            f"{node.member} lacks {len(nonces - found.keys())} acknowledged batches"
        )
    shared = [{nonce: found[nonce] for nonce in nonces} for found in leaves]
    assert all(each == shared[0] for each in shared)


def _read_leaves(node: NetworkNode) -> dict[bytes, bytes]:
    """Every leaf of the node's batch log after genesis, by nonce; its store is sound."""
    store = LevelDbStore(node.config.store)
    try:
        assert check_full(store, None) == []
        found: dict[bytes, bytes] = {}
        for _, leaf in store.scan(rows.ENTRY + bytes([rows.BATCH])):
            decoded = decode_batch_leaf(leaf)
            if decoded.height:
                nonce = BatchHeader.FromString(decoded.header).nonce
                assert nonce not in found, f"{node.member} has a batch twice"
                found[nonce] = leaf
        return found
    finally:
        store.close()

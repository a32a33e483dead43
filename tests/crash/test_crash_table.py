"""What a crash at each arrow of a record's life leaves behind, played on real parts.

    check → FinalizeBlock → (1) → Commit (2, 3) → (4) reply … proof block: Commit (5) → (6) reply

| arrow | fault | on disk afterwards |
|---|---|---|
| 1 | the process dies before Commit | nothing of the block |
| 2 | Commit is lost | nothing of the block |
| 3 | Commit is stored, but reported as failed | the whole block, nobody was told |
| 4 | the process dies between Commit and the reply | the whole block, nobody was told |
| 5 | the proof block's Commit is lost | the whole block, unproven, nobody was told |
| 6 | the proof block's Commit is stored, but reported as failed | block and proof, nobody was told |

Always: the store is sound, no acknowledged batch is missing, no batch is there in part, no height has two
headers that anybody could have seen, and sending every batch again gives each exactly one place in the log.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.testkit.faulty_store import Fault, FaultyStore
from tests.testkit.ledger_objects import MARKET_OFFICE, compute_id, issue_licence
from tests.testkit.ledger_story import build_story
from tests.testkit.node_kit import VALIDATOR, Clock, Sender, SoloChain, build_genesis, bundle
from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.header import compute_header_hash
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.leaves import decode_batch_leaf
from zhenglian_node.app.application import Application
from zhenglian_node.app.engine_port import Fate
from zhenglian_node.app.fsck import check_full
from zhenglian_node.app.rebuild import rebuild_store
from zhenglian_node.engines.solo.engine import SoloEngine
from zhenglian_node.storage.leveldb import LevelDbStore
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_node.storage.port import Store
from zhenglian_proto.v1 import types_pb2
from zhenglian_proto.v1.batch_pb2 import SignedBatch
from zhenglian_proto.v1.cometbft_pb2 import SignedHeader

PAIR = 2  # licences in a batch: a batch there in part would show one


class Run:
    """One life of a node on a store, up to a fault; then the next life on what is left."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.application = Application(store, build_genesis())
        self.clock = Clock()
        self.sender = Sender(self.application.chain_id, self.clock)
        self.engine = SoloEngine(self.application, VALIDATOR, self.clock)

    async def submit_until_fault(self, batches: list[SignedBatch]) -> dict[int, Fate]:
        """The fates told before the fault, by position; then the engine is gone."""
        told: dict[int, Fate] = {}
        try:
            await self.engine.start()
            for position, batch in enumerate(batches):
                told[position] = await self.engine.submit(batch)
        except StoreError:
            pass
        finally:
            await self.engine.stop()
        return told

    def get_headers(self) -> dict[int, bytes]:
        """Hash of every header this store would serve."""
        headers = [
            SignedHeader.FromString(value).header for _, value in self.store.scan(rows.ENGINE + b"\x01")
        ]
        return {header.height: compute_header_hash(header) for header in headers}


def build_batches(sender: Sender, count: int) -> list[SignedBatch]:
    return [
        sender.build(MARKET_OFFICE, *(issue_licence(f"{number}-{part}") for part in range(PAIR)))
        for number in range(count)
    ]


def has_licence(store: Store, name: str) -> bool:
    return store.get(rows.id_key(types_pb2.KIND_LICENCE, compute_id(name))) is not None


def verify_nothing_in_part(store: Store, count: int) -> list[bool]:
    """Which batches are there, each as a whole."""
    there = []
    for number in range(count):
        parts = {has_licence(store, f"{number}-{part}") for part in range(PAIR)}
        assert len(parts) == 1, f"batch {number} is there in part"
        there.append(parts.pop())
    return there


def live(chain: SoloChain, story: list[list[bytes]]) -> None:
    for transactions in story:
        chain.make_block(transactions)


def count_leaves(store: Store, batch: SignedBatch) -> int:
    leaves = (decode_batch_leaf(leaf) for _, leaf in store.scan(rows.ENTRY + bytes([rows.BATCH])))
    return sum(leaf.header == batch.header for leaf in leaves)


def run(story: Coroutine[Any, Any, None]) -> None:
    async def limited() -> None:
        await asyncio.wait_for(story, 60)

    asyncio.run(limited())


# Commits of a life: 0 genesis, 1 first proof block, then a block and its proof block for each batch.
FIRST_OF_BATCH = 2


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("at_commit", range(8))
def test_arrows_2_3_5_6_a_commit_goes_wrong(fault: Fault, at_commit: int) -> None:
    async def story() -> None:
        disk = MemoryStore()
        first = Run(FaultyStore(disk, fault, at_commit))
        batches = build_batches(first.sender, 3)
        told = await first.submit_until_fault(batches)
        assert len(told) == max(0, (at_commit - FIRST_OF_BATCH) // 2)
        assert first.store.is_dead  # type: ignore[attr-defined]
        headers = first.get_headers()
        if disk.get(rows.HEAD) is not None:
            assert check_full(disk) == []
        there = verify_nothing_in_part(disk, len(batches))
        assert all(there[position] for position in told)

        second = Run(disk)
        again = await second.submit_until_fault(batches)
        assert all(again[position] == told[position] for position in told)
        assert [fate.result.code for fate in again.values()] == [Code.OK] * len(batches)
        assert all(count_leaves(disk, batch) == 1 for batch in batches)
        assert second.get_headers().items() >= headers.items()
        assert check_full(disk) == []

    run(story())


def test_arrow_1_a_crash_between_finalize_and_commit_leaves_nothing() -> None:
    disk = MemoryStore()
    chain = SoloChain(disk)
    chain.make_block()
    before = list(disk.scan(b""))
    batches = build_batches(chain.sender, 2)
    chain.application.finalize_block([bundle(*batches)], 2, chain.clock())
    assert list(disk.scan(b"")) == before
    again = SoloChain(disk)
    assert verify_nothing_in_part(disk, 2) == [False, False]
    again.make_block([bundle(*batches)])
    assert verify_nothing_in_part(disk, 2) == [True, True]
    assert check_full(disk) == []


def test_arrow_4_a_crash_between_commit_and_reply_keeps_the_batch_and_its_fate() -> None:
    """The first life commits and vanishes; its clients send again and get the fate they were owed."""

    async def story() -> None:
        disk = MemoryStore()
        chain = SoloChain(disk)
        chain.make_block()
        (batch,) = build_batches(chain.sender, 1)
        made = chain.make_block([bundle(batch)])
        assert check_full(disk) == []

        second = Run(disk)
        told = await second.submit_until_fault([batch])
        assert told[0] == (made.height, made.results[0][0])
        assert count_leaves(disk, batch) == 1
        provable = second.application.provable
        assert provable is not None
        assert provable.height >= made.height

    run(story())


def test_a_crash_during_genesis_leaves_no_ledger_or_a_whole_one() -> None:
    for fault in Fault:
        disk = MemoryStore()
        with pytest.raises(StoreError):
            SoloChain(FaultyStore(disk, fault, 0))
        chain = SoloChain(disk)
        chain.make_block()
        assert check_full(disk) == []


@pytest.mark.parametrize("fault", list(Fault))
def test_every_commit_of_a_whole_life_may_go_wrong(fault: Fault) -> None:
    """The story of all kinds of rows, broken at each of its commits, ends in the same ledger."""
    expected = SoloChain(MemoryStore())
    story = list(build_story(expected.sender))
    for transactions in story:
        expected.make_block(transactions)
    expected_rows = list(expected.application._store.scan(rows.ENTRY))
    for at_commit in range(1, len(story) + 1):
        disk = MemoryStore()
        chain = SoloChain(FaultyStore(disk, fault, at_commit))
        with pytest.raises(StoreError):
            live(chain, story)
        assert check_full(disk) == []
        again = SoloChain(disk)
        again.clock.now_ms = chain.clock.now_ms - (1_000 if fault is Fault.LOST else 0)
        height = again.application.committed.head.height
        assert height == at_commit - (fault is Fault.LOST)
        for transactions in story[height:]:
            again.make_block(transactions)
        assert list(disk.scan(rows.ENTRY)) == expected_rows
        assert check_full(disk) == []


@pytest.mark.parametrize("fault", list(Fault))
def test_a_failed_rebuild_leaves_the_source_alone(fault: Fault) -> None:
    source = MemoryStore()
    chain = SoloChain(source)
    chain.make_block([bundle(*build_batches(chain.sender, 2))])
    before = list(source.scan(b""))
    for at_commit in range(3):
        with pytest.raises(StoreError):
            rebuild_store(source, FaultyStore(MemoryStore(), fault, at_commit))
        assert list(source.scan(b"")) == before


def test_the_table_holds_on_disk_too(tmp_path: Any) -> None:
    """One arrow on LevelDB: the file system is asked, not the twin."""

    async def story() -> None:
        open_disk: Callable[[], LevelDbStore] = lambda: LevelDbStore(tmp_path, create=True)  # noqa: E731
        disk = open_disk()
        first = Run(FaultyStore(disk, Fault.STORED_BUT_ERROR, FIRST_OF_BATCH))
        batches = build_batches(first.sender, 2)
        assert await first.submit_until_fault(batches) == {}
        disk.close()
        disk = open_disk()
        second = Run(disk)
        told = await second.submit_until_fault(batches)
        assert [fate.result.code for fate in told.values()] == [Code.OK, Code.OK]
        assert check_full(disk) == []
        disk.close()

    run(story())

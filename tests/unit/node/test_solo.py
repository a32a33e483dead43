"""The solo engine: what a submitter sees, what verifiers get, and what a restart finds."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from threading import Event
from typing import Any

import pytest

from tests.testkit.ledger_objects import GENESIS_MS, MARKET_OFFICE, compute_id, issue_licence
from tests.testkit.node_kit import VALIDATOR, Clock, Sender, SoloChain, build_genesis
from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.encoding import compute_time_ms
from zhenglian_ledger.cometbft.light import TrustAnchor, build_era_start, verify_light_block
from zhenglian_ledger.cometbft.validators import build_validator_set, compute_validators_hash
from zhenglian_ledger.errors import Denied, InvalidBatch, StoreError
from zhenglian_ledger.transition import NO_BATCH
from zhenglian_node.app.application import Application
from zhenglian_node.app.transactions import build_transaction
from zhenglian_node.engines.solo.block_maker import SoloValidator
from zhenglian_node.engines.solo.engine import SoloEngine, SoloOptions
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_node.storage.port import Store
from zhenglian_proto.v1 import types_pb2


class Node:
    """A running solo engine with a sender and a clock."""

    def __init__(
        self, store: Store, options: SoloOptions | None = None, now_ms: int = GENESIS_MS + 1_000
    ) -> None:
        self.application = Application(store, build_genesis())
        self.clock = Clock(now_ms)
        self.sender = Sender(self.application.chain_id, self.clock)
        self.engine = SoloEngine(self.application, VALIDATOR, self.clock, options)

    async def read_header_times(self) -> list[int]:
        """The times of all headers in milliseconds, oldest first."""
        times = []
        for height in range(1, self.engine.get_status().height + 1):
            light_block = await self.engine.get_light_block(height)
            assert light_block is not None
            times.append(compute_time_ms(light_block.signed_header.header.time))
        return times

    def has_provable_licence(self, name: str) -> bool:
        provable = self.application.provable
        key = rows.id_key(types_pb2.KIND_LICENCE, compute_id(name))
        return provable is not None and provable.view.get(key) is not None


@asynccontextmanager
async def running(
    store: Store | None = None, options: SoloOptions | None = None, now_ms: int = GENESIS_MS + 1_000
) -> AsyncIterator[Node]:
    node = Node(store or MemoryStore(), options, now_ms)
    await node.engine.start()
    try:
        yield node
    finally:
        await node.engine.stop()


def run(story: Coroutine[Any, Any, None]) -> None:
    async def limited() -> None:
        await asyncio.wait_for(story, 30)

    asyncio.run(limited())


class GatedStore(MemoryStore):
    """A store whose commits wait while the gate is shut, and can be made to fail."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = Event()
        self.gate.set()
        self.entered = Event()
        self.is_broken = False

    def commit(self, writes: Mapping[bytes, bytes]) -> None:
        self.entered.set()
        assert self.gate.wait(20)
        if self.is_broken:
            raise StoreError(Code.STORE_FAILED, what="disk full")
        super().commit(writes)

    async def shut_until_entered(self) -> None:
        """The next commit is under way and stays so."""
        await asyncio.get_running_loop().run_in_executor(None, self.entered.wait, 20)


def test_a_fresh_ledger_is_provable_as_soon_as_the_engine_runs() -> None:
    async def story() -> None:
        async with running() as node:
            assert node.application.provable is not None
            assert node.application.provable.height == 0
            assert node.engine.get_status().height == 1

    run(story())


def test_a_submitter_is_answered_when_the_batch_is_committed_and_provable() -> None:
    async def story() -> None:
        async with running() as node:
            fate = await node.engine.submit(node.sender.licence("a"))
            assert fate.result.code == Code.OK
            assert node.has_provable_licence("a")
            provable = node.application.provable
            assert provable is not None
            assert provable.height >= fate.height
            assert provable.head.sizes[rows.BATCH] == fate.result.batch_index + 1

    run(story())


def test_batches_that_come_during_a_block_share_the_next_one() -> None:
    async def story() -> None:
        store = GatedStore()
        async with running(store) as node:
            store.entered.clear()
            store.gate.clear()
            first = node.engine.queue(node.sender.licence("first"))
            await store.shut_until_entered()
            rest = [node.engine.queue(node.sender.licence(f"{number}")) for number in range(20)]
            assert node.engine.get_status().waiting == 21
            store.gate.set()
            fates = await asyncio.gather(first, *rest)
            assert len({fate.height for fate in fates[1:]}) == 1
            assert fates[1].height == fates[0].height + 1
            assert [fate.result.batch_index for fate in fates] == sorted(
                {f.result.batch_index for f in fates}
            )

    run(story())


def test_a_batch_that_would_not_be_accepted_is_rejected_at_once() -> None:
    async def story() -> None:
        async with running() as node:
            height = node.engine.get_status().height
            expired = node.sender.build(MARKET_OFFICE, issue_licence("a"), valid_until_ms=1)
            fate = await node.engine.submit(expired)
            assert fate == (0, (Code.BATCH_EXPIRED, NO_BATCH))
            malformed = node.sender.licence("b")
            malformed.ClearField("operations")
            assert (await node.engine.submit(malformed)).result.code == Code.MISSING_FIELD
            with pytest.raises(InvalidBatch):
                node.engine.queue(expired)
            assert node.engine.get_status().height == height

    run(story())


def test_the_same_batch_sent_twice_gets_one_fate() -> None:
    async def story() -> None:
        async with running() as node:
            batch = node.sender.licence("a")
            first, second = await asyncio.gather(node.engine.submit(batch), node.engine.submit(batch))
            assert first == second
            assert await node.engine.submit(batch) == first
            assert node.engine.get_status().waiting == 0

    run(story())


def test_one_caller_giving_up_does_not_take_the_fate_from_another() -> None:
    async def story() -> None:
        store = GatedStore()
        async with running(store) as node:
            store.entered.clear()
            store.gate.clear()
            batch = node.sender.licence("a")
            impatient, patient = node.engine.queue(batch), node.engine.queue(batch)
            await store.shut_until_entered()
            impatient.cancel()
            store.gate.set()
            assert (await patient).result.code == Code.OK

    run(story())


def test_a_nonce_in_use_by_another_waiting_batch_is_turned_away() -> None:
    async def story() -> None:
        store = GatedStore()
        async with running(store) as node:
            store.gate.clear()
            waiting = node.engine.queue(node.sender.build(MARKET_OFFICE, issue_licence("a"), nonce=b"n" * 16))
            other = node.sender.build(MARKET_OFFICE, issue_licence("b"), nonce=b"n" * 16)
            assert await node.engine.submit(other) == (0, (Code.REPLAYED, NO_BATCH))
            store.gate.set()
            first = await waiting
            assert await node.engine.submit(other) == first

    run(story())


def test_an_accepted_batch_stays_so_though_its_validity_has_passed() -> None:
    async def story() -> None:
        async with running() as node:
            until_ms = node.clock() + 10_000
            batch = node.sender.build(MARKET_OFFICE, issue_licence("a"), valid_until_ms=until_ms)
            fate = await node.engine.submit(batch)
            assert fate.result.code == Code.OK
            node.clock.now_ms += 20_000
            assert await node.engine.submit(batch) == fate

    run(story())


def test_too_many_waiting_batches_are_refused_not_lost() -> None:
    async def story() -> None:
        store = GatedStore()
        async with running(store, SoloOptions(max_waiting_batches=2)) as node:
            store.gate.clear()
            kept = [node.engine.queue(node.sender.licence(f"{number}")) for number in range(2)]
            with pytest.raises(Denied) as caught:
                node.engine.queue(node.sender.licence("one too many"))
            assert caught.value.code == Code.OVERLOADED
            store.gate.set()
            assert all([(await fate).result.code == Code.OK for fate in kept])

    run(story())


def test_bytes_that_wait_are_bounded_too() -> None:
    async def story() -> None:
        async with running(options=SoloOptions(max_waiting_bytes=10)) as node:
            with pytest.raises(Denied):
                await node.engine.submit(node.sender.licence("a"))

    run(story())


def test_more_than_a_block_holds_goes_into_several() -> None:
    async def story() -> None:
        store = MemoryStore()
        genesis = build_genesis(max_block_operations=2)
        application, clock = Application(store, genesis), Clock()
        engine = SoloEngine(application, VALIDATOR, clock)
        await engine.start()
        sender = Sender(application.chain_id, clock)
        fates = await asyncio.gather(*(engine.submit(sender.licence(f"{number}")) for number in range(7)))
        await engine.stop()
        heights = [fate.height for fate in fates]
        assert max(heights.count(height) for height in heights) == 2
        assert heights == sorted(heights)

    run(story())


def test_the_headers_verify_one_by_one_from_the_genesis_alone() -> None:
    async def story() -> None:
        async with running() as node:
            for number in range(3):
                await node.engine.submit(node.sender.licence(f"{number}"))
            application = node.application
            anchor = TrustAnchor(
                application.chain_id,
                0,
                0,
                application.genesis_digest,
                compute_validators_hash(build_validator_set([(VALIDATOR.public_key, 1)])),
            )
            trusted = build_era_start(anchor, application.genesis.genesis_time_ms)
            for height in range(1, node.engine.get_status().height + 1):
                light_block = await node.engine.get_light_block(height)
                assert light_block is not None
                trusted = verify_light_block(trusted, light_block, node.clock() + 1_000)
            assert await node.engine.get_light_block(trusted.height + 1) is None

    run(story())


def test_block_time_never_stands_still_even_if_the_clock_does() -> None:
    async def story() -> None:
        async with running() as node:
            for number in range(3):
                node.clock.now_ms -= 5_000
                await node.engine.submit(node.sender.licence(f"{number}"))
            times = await node.read_header_times()
            assert times == sorted(set(times))

    run(story())


def test_an_idle_engine_beats_and_its_state_grows_no_older() -> None:
    async def story() -> None:
        async with running(options=SoloOptions(heartbeat_seconds=0.005)) as node:
            fate = await node.engine.submit(node.sender.licence("a"))
            while node.engine.get_status().height < fate.height + 5:  # noqa: ASYNC110  nothing signals a beat
                await asyncio.sleep(0.005)
            provable = node.application.provable
            assert provable is not None
            assert provable.height > fate.height
            assert node.has_provable_licence("a")

    run(story())


def test_stopping_proves_what_was_committed_and_refuses_what_was_not() -> None:
    async def story() -> None:
        store = GatedStore()
        async with running(store) as node:
            store.entered.clear()
            store.gate.clear()
            first = node.engine.queue(node.sender.licence("first"))
            await store.shut_until_entered()
            late = node.engine.queue(node.sender.licence("late"))
            stopping = asyncio.create_task(node.engine.stop())
            store.gate.set()
            with pytest.raises(Denied):
                await late
            assert (await first).result.code == Code.OK
            await stopping
            assert node.has_provable_licence("first")
            with pytest.raises(Denied) as caught:
                node.engine.queue(node.sender.licence("never"))
            assert caught.value.code == Code.NODE_STOPPING

    run(story())


def test_a_failed_commit_ends_the_engine_and_nobody_is_told_a_fate() -> None:
    async def story() -> None:
        store = GatedStore()
        async with running(store) as node:
            store.is_broken = True
            with pytest.raises(StoreError):
                await node.engine.submit(node.sender.licence("a"))
            with pytest.raises(StoreError):
                await node.engine.wait()
            with pytest.raises(Denied):
                await node.engine.submit(node.sender.licence("b"))

    run(story())


def test_a_restart_goes_on_where_the_last_run_stopped() -> None:
    async def story() -> None:
        store = MemoryStore()
        async with running(store) as node:
            batch = node.sender.licence("a")
            fate = await node.engine.submit(batch)
            height = node.engine.get_status().height
        async with running(store) as node:
            assert node.engine.get_status().height == height
            assert node.has_provable_licence("a")
            assert await node.engine.submit(batch) == fate
            other = node.sender.build(MARKET_OFFICE, issue_licence("b"), nonce=b"n" * 16)
            assert (await node.engine.submit(other)).height > height

    run(story())


@pytest.mark.parametrize(
    ("away_ms", "blocks"), [(0, 0), (10_000, 0), (10_001, 1), (40_000, 1), (86_400_000, 1), (-40_000, 0)]
)
def test_a_start_after_more_than_a_heartbeat_makes_a_header_of_now(away_ms: int, blocks: int) -> None:
    async def story() -> None:
        store = MemoryStore()
        async with running(store) as node:
            await node.engine.submit(node.sender.licence("a"))
            before = await node.read_header_times()
        now_ms = before[-1] + away_ms
        async with running(store, now_ms=now_ms) as node:
            after = await node.read_header_times()
            assert after == before + [now_ms] * blocks
            assert node.application.committed.head.time_ms == after[-1]
            assert node.has_provable_licence("a")

    run(story())


def test_a_first_start_long_after_genesis_makes_a_header_of_now() -> None:
    async def story() -> None:
        now_ms = GENESIS_MS + 86_400_000
        async with running(now_ms=now_ms) as node:
            assert await node.read_header_times() == [now_ms]

    run(story())


def test_a_proof_block_missing_for_long_is_the_header_of_now_too() -> None:
    async def story() -> None:
        chain = SoloChain(MemoryStore())
        chain.make_block([build_transaction(chain.sender.licence("a"))])
        before = chain.application.committed.head
        now_ms = before.time_ms + 86_400_000
        async with running(chain.application._store, now_ms=now_ms) as node:
            assert node.engine.get_status().height == before.height + 1
            assert (await node.read_header_times())[-1] == now_ms

    run(story())


def test_a_restart_between_block_and_proof_makes_the_proof_block() -> None:
    async def story() -> None:
        chain = SoloChain(MemoryStore())
        chain.make_block([build_transaction(chain.sender.licence("a"))])
        height = chain.application.committed.head.height
        async with running(chain.application._store) as node:
            assert node.engine.get_status().height == height + 1
            assert node.has_provable_licence("a")

    run(story())


def test_a_key_that_is_not_the_genesis_validators_cannot_run_the_ledger() -> None:
    async def story() -> None:
        application = Application(MemoryStore(), build_genesis())
        engine = SoloEngine(application, SoloValidator(bytes(32), lambda _: bytes(64)), Clock())
        with pytest.raises(StoreError) as caught:
            await engine.start()
        assert caught.value.code == Code.CONFIG_INVALID
        await engine.stop()

    run(story())


def test_what_is_only_queued_waits_for_company_and_comes_along_with_a_submission() -> None:
    async def story() -> None:
        async with running(options=SoloOptions(gather_seconds=60)) as node:
            height = node.engine.get_status().height
            queued = [node.engine.queue(node.sender.licence(f"queued {number}")) for number in range(3)]
            await asyncio.sleep(0)
            assert node.engine.get_status().waiting == 3
            fate = await node.engine.submit(node.sender.licence("submitted"))
            assert fate.height == height + 1
            assert {(await future).height for future in queued} == {fate.height}

    run(story())


def test_what_is_only_queued_comes_into_a_block_by_itself() -> None:
    async def story() -> None:
        async with running(options=SoloOptions(gather_seconds=0.001)) as node:
            height = node.engine.get_status().height
            assert (await node.engine.queue(node.sender.licence("queued"))).height == height + 1

    run(story())

"""The bundler: every caller hears once, and the truth, whatever becomes of transactions and nodes."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.testkit.ledger_objects import MARKET_OFFICE, issue_licence
from tests.testkit.lossy_chain import (
    MANY_FAULTS,
    QUICK,
    LossyChain,
    count_batches,
    get_nonce,
    refused,
)
from tests.testkit.node_kit import build_genesis, bundle
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, InvalidBatch
from zhenglian_node.app.engine_port import Fate
from zhenglian_node.engines.cometbft.broadcast import BroadcastKind, BroadcastResult
from zhenglian_node.engines.cometbft.bundler import MAX_BUNDLE_BYTES
from zhenglian_node.engines.cometbft.outbox import Outbox
from zhenglian_proto.v1.batch_pb2 import SignedBatch


def run(story: Coroutine[Any, Any, None]) -> None:
    async def limited() -> None:
        await asyncio.wait_for(story, 60)

    asyncio.run(limited())


def submit(chain: LossyChain, batch: SignedBatch) -> asyncio.Task[Fate]:
    return asyncio.create_task(chain.bundler.submit(batch))


def test_a_caller_hears_when_the_block_is_provable_and_not_before(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path)
        await chain.bundler.start()
        call = submit(chain, chain.sender.licence("a"))
        await chain.idle()
        made = await chain.make_block()
        assert made.results[0][0].code == Code.OK
        assert not call.done()
        await chain.make_block()
        assert await call == Fate(made.height, made.results[0][0])
        await chain.bundler.stop()

    run(story())


def test_the_first_batch_goes_at_once_and_those_that_follow_gather(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path, options=replace(QUICK, gather_seconds=0.02))
        await chain.bundler.start()
        calls = [submit(chain, chain.sender.licence("first"))]
        await chain.idle()
        assert [count_batches(transaction) for transaction in chain.pool] == [1]
        for number in range(7):
            calls.append(submit(chain, chain.sender.licence(f"{number}")))
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)
        assert [count_batches(transaction) for transaction in chain.pool] == [1, 7]
        fates = [await chain.wait_for(call) for call in calls]
        assert [fate.result.code for fate in fates] == [0] * 8
        await chain.bundler.stop()

    run(story())


def test_what_is_only_queued_waits_for_company(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path, options=replace(QUICK, queue_seconds=60))
        await chain.bundler.start()
        queued = [chain.bundler.queue(chain.sender.licence(f"queued {number}")) for number in range(3)]
        await chain.idle()
        assert chain.pool == []
        submitted = submit(chain, chain.sender.licence("submitted"))
        await chain.idle()
        assert [count_batches(transaction) for transaction in chain.pool] == [4]
        assert {(await chain.wait_for(future)).height for future in [*queued, submitted]} == {1}
        await chain.bundler.stop()

    run(story())


def test_no_bundle_is_larger_than_it_may_be_and_none_is_lost(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path, options=replace(QUICK, queue_seconds=0.01))
        await chain.bundler.start()
        operations = [issue_licence(f"{number}") for number in range(900)]
        batches = [
            chain.sender.build(MARKET_OFFICE, *operations[100 * group : 100 * group + 100])
            for group in range(9)
        ]
        size = max(len(bundle(batch)) for batch in batches)
        number_of_copies = MAX_BUNDLE_BYTES // size
        copies = [chain.sender.build(MARKET_OFFICE, *operations[:100]) for _ in range(number_of_copies)]
        futures = [chain.bundler.queue(batch) for batch in [*batches, *copies]]
        await asyncio.sleep(0.1)
        assert len(chain.pool) >= 2
        assert max(map(len, chain.pool)) <= MAX_BUNDLE_BYTES
        assert sum(map(count_batches, chain.pool)) == len(futures)
        for future in futures:
            assert (await chain.wait_for(future)).result.code == Code.OK
        await chain.bundler.stop()

    run(story())


def test_a_bundle_of_which_a_part_is_refused_tells_each_caller_its_own_fate(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path)
        await chain.bundler.start()
        soon = chain.clock() + 500  # the next block is a second later
        good = [submit(chain, chain.sender.licence(name)) for name in ("a", "b")]
        late = submit(chain, chain.sender.build(MARKET_OFFICE, issue_licence("c"), valid_until_ms=soon))
        await chain.idle()
        assert [count_batches(transaction) for transaction in chain.pool] == [3]
        assert await chain.wait_for(late) == refused(Code.BATCH_EXPIRED, 1)
        assert [(await chain.wait_for(call)).result.code for call in good] == [0, 0]
        assert len(chain.bundler) == 0
        await chain.bundler.stop()

    run(story())


def test_a_batch_that_cannot_be_accepted_is_turned_away_at_once(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path)
        await chain.bundler.start()
        expired = chain.sender.build(MARKET_OFFICE, issue_licence("a"), valid_until_ms=1)
        assert await chain.bundler.submit(expired) == refused(Code.BATCH_EXPIRED)
        with pytest.raises(InvalidBatch):
            chain.bundler.queue(expired)
        assert chain.offered == []
        await chain.bundler.stop()

    run(story())


def test_the_very_same_batch_joins_and_later_gets_the_same_fate(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path)
        await chain.bundler.start()
        batch = chain.sender.licence("a")
        first, second = submit(chain, batch), submit(chain, batch)
        await chain.idle()
        assert len(chain.bundler) == 1
        await chain.make_block()
        between = submit(chain, batch)  # committed, not provable yet
        fate = await chain.wait_for(first)
        assert [await second, await between, await chain.bundler.submit(batch)] == [fate] * 3
        other = chain.sender.build(
            MARKET_OFFICE, issue_licence("b"), nonce=get_nonce(batch.header)[1], valid_until_ms=None
        )
        assert await chain.bundler.submit(other) == fate
        await chain.bundler.stop()

    run(story())


def test_a_batch_that_another_node_bundled_is_settled_by_that_bundle(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path)
        await chain.bundler.start()
        batch = chain.sender.licence("a")
        call = submit(chain, batch)
        await chain.idle()
        ours = chain.pool.pop()
        chain.add_foreign(bundle(chain.sender.licence("x"), batch))
        fate = await chain.wait_for(call)
        assert fate.result.code == Code.OK
        chain.pool.append(ours)  # it comes into a block after all, and means nothing
        made = await chain.make_block()
        assert made.results == [[refused(Code.REPLAYED).result]]
        assert fate == chain.application.get_fate(*get_nonce(batch.header))
        assert Outbox(tmp_path / "outbox").load() == []
        await chain.bundler.stop()

    run(story())


def test_another_nodes_bundle_of_the_same_block_settles_the_batch_too(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path)
        await chain.bundler.start()
        batch = chain.sender.licence("a")
        call = submit(chain, batch)
        await chain.idle()
        chain.add_foreign(bundle(chain.sender.licence("x"), batch))
        made = await chain.make_block()
        assert made.results[1][0].code == Code.REPLAYED
        assert await chain.wait_for(call) == Fate(made.height, made.results[0][1])
        await chain.bundler.stop()

    run(story())


def test_a_spoiled_copy_in_another_nodes_bundle_does_not_settle_ours(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path)
        await chain.bundler.start()
        batch = chain.sender.licence("a")
        call = submit(chain, batch)
        await chain.idle()
        ours = chain.pool.pop()
        spoiled = SignedBatch(header=batch.header, signature=bytes(64), operations=batch.operations)
        chain.add_foreign(bundle(spoiled, chain.sender.licence("x")))
        made = await chain.make_block()
        assert made.results[0][0].code == Code.WRONG_SIGNATURE
        chain.pool.append(ours)
        assert (await chain.wait_for(call)).result.code == Code.OK
        await chain.bundler.stop()

    run(story())


def test_a_batch_whose_nonce_another_batch_took_is_told_so(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path)
        await chain.bundler.start()
        call = submit(chain, chain.sender.build(MARKET_OFFICE, issue_licence("a"), nonce=b"n" * 16))
        await chain.idle()
        chain.add_foreign(bundle(chain.sender.build(MARKET_OFFICE, issue_licence("b"), nonce=b"n" * 16)))
        made = await chain.make_block()
        assert made.results[0][0].code == Code.OK
        assert await call == refused(Code.REPLAYED, made.height)
        await chain.bundler.stop()

    run(story())


def test_a_second_batch_with_a_waiting_nonce_hears_the_fate_of_the_first(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path)
        await chain.bundler.start()
        first = submit(chain, chain.sender.build(MARKET_OFFICE, issue_licence("a"), nonce=b"n" * 16))
        await chain.idle()
        rebuilt = chain.sender.build(MARKET_OFFICE, issue_licence("b"), nonce=b"n" * 16)
        second = submit(chain, rebuilt)
        assert await chain.wait_for(second) == await first
        with pytest.raises(InvalidBatch):
            chain.bundler.queue(rebuilt)
        await chain.bundler.stop()

    run(story())


def test_a_second_batch_with_a_waiting_nonce_comes_in_if_the_first_does_not(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path)
        await chain.bundler.start()
        soon = chain.clock() + 500
        first = submit(
            chain,
            chain.sender.build(MARKET_OFFICE, issue_licence("a"), nonce=b"n" * 16, valid_until_ms=soon),
        )
        await chain.idle()
        second = submit(chain, chain.sender.build(MARKET_OFFICE, issue_licence("b"), nonce=b"n" * 16))
        assert (await chain.wait_for(second)).result.code == Code.OK
        assert await first == refused(Code.BATCH_EXPIRED, 1)
        await chain.bundler.stop()

    run(story())


def test_an_accepted_batch_stays_so_though_its_validity_has_passed(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path)
        await chain.bundler.start()
        until_ms = chain.clock() + 2_500
        batch = chain.sender.build(MARKET_OFFICE, issue_licence("a"), valid_until_ms=until_ms)
        fate = await chain.wait_for(submit(chain, batch))
        assert fate.result.code == Code.OK
        for _ in range(4):
            await chain.make_block()
        assert await chain.bundler.submit(batch) == fate
        await chain.bundler.stop()

    run(story())


def test_a_bundle_the_mempool_lost_is_sent_again_after_two_blocks(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path)
        await chain.bundler.start()
        call = submit(chain, chain.sender.licence("a"))
        await chain.idle()
        chain.forget()
        await chain.make_block()
        assert len(chain.offered) == 1
        await chain.make_block()
        assert chain.offered == [chain.offered[0]] * 2
        assert (await chain.wait_for(call)).result.code == Code.OK
        await chain.bundler.stop()

    run(story())


def test_without_blocks_a_lost_bundle_is_sent_again_after_a_while(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path, options=replace(QUICK, resend_seconds=0.02))
        await chain.bundler.start()
        call = submit(chain, chain.sender.licence("a"))
        await chain.idle()
        chain.forget()
        chain.clock.now_ms += 20
        while not chain.pool:  # noqa: ASYNC110  the bundler looks at the clock by itself
            await asyncio.sleep(0.005)
        assert (await chain.wait_for(call)).result.code == Code.OK
        await chain.bundler.stop()

    run(story())


def test_a_mempool_that_has_the_bundle_is_asked_ever_less_often(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path)
        await chain.bundler.start()
        submit(chain, chain.sender.licence("a"))
        await chain.idle()
        waiting, chain.pool = chain.pool, []
        for _ in range(30):
            await chain.make_block()
            chain.clock.now_ms -= 1_000  # the blocks alone count here
        assert len(chain.offered) == 5
        chain.pool = waiting
        await chain.bundler.stop()

    run(story())


def test_a_full_or_silent_mempool_is_tried_until_it_takes_the_bundle(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path, faults={"full": 0.5, "unreachable": 0.5, "arrived unanswered": 0.5})
        await chain.bundler.start()
        calls = [submit(chain, chain.sender.licence(f"{number}")) for number in range(5)]
        assert [(await chain.wait_for(call)).result.code for call in calls] == [0] * 5
        assert len(chain.offered) > 1
        await chain.bundler.stop()

    run(story())


def test_a_transaction_that_is_never_taken_does_not_hold_up_the_others(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path)
        stuck = chain.sender.licence("stuck")
        usual = chain.broadcast

        async def broadcast(transaction: bytes) -> BroadcastResult:
            if transaction == bundle(stuck):
                await asyncio.sleep(0)
                return BroadcastResult(BroadcastKind.UNREACHABLE)
            return await usual(transaction)

        chain.bundler._broadcast = broadcast
        await chain.bundler.start()
        never = submit(chain, stuck)
        await chain.idle()
        assert (await chain.wait_for(submit(chain, chain.sender.licence("b")))).result.code == Code.OK
        assert not never.done()
        await chain.bundler.stop()
        with pytest.raises(Denied):
            await never

    run(story())


def test_too_many_waiting_batches_are_refused_not_lost(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path, options=replace(QUICK, max_waiting_batches=2))
        await chain.bundler.start()
        kept = [submit(chain, chain.sender.licence(f"{number}")) for number in range(2)]
        await chain.idle()
        with pytest.raises(Denied) as caught:
            await chain.bundler.submit(chain.sender.licence("one too many"))
        assert caught.value.code == Code.OVERLOADED
        assert [(await chain.wait_for(call)).result.code for call in kept] == [0, 0]
        assert (await chain.wait_for(submit(chain, chain.sender.licence("now")))).result.code == Code.OK
        await chain.bundler.stop()

    run(story())


def test_bytes_that_wait_are_bounded_too(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path, options=replace(QUICK, max_waiting_bytes=10))
        await chain.bundler.start()
        with pytest.raises(Denied):
            await chain.bundler.submit(chain.sender.licence("a"))
        await chain.bundler.stop()

    run(story())


def test_more_than_a_members_share_of_a_block_goes_into_several_bundles(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path, genesis=build_genesis(max_member_block_operations=3))
        await chain.bundler.start()
        calls = [submit(chain, chain.sender.licence(f"{number}")) for number in range(8)]
        fates = [await chain.wait_for(call) for call in calls]
        assert [fate.result.code for fate in fates] == [0] * 8
        heights = [fate.height for fate in fates]
        assert max(heights.count(height) for height in heights) <= 3
        await chain.bundler.stop()

    run(story())


def test_a_batch_no_block_can_hold_is_turned_away(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path, genesis=build_genesis(max_member_block_operations=3))
        await chain.bundler.start()
        batch = chain.sender.build(MARKET_OFFICE, *(issue_licence(f"{number}") for number in range(4)))
        assert await chain.bundler.submit(batch) == refused(Code.BLOCK_LIMIT)
        await chain.bundler.stop()

    run(story())


def test_a_batch_that_came_into_no_block_is_final_when_its_validity_has_passed(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path, faults={"held back": 1.0})
        await chain.bundler.start()
        until_ms = chain.clock() + 2_500
        call = submit(chain, chain.sender.build(MARKET_OFFICE, issue_licence("a"), valid_until_ms=until_ms))
        await chain.idle()
        for _ in range(2):
            await chain.make_block()
            assert not call.done()
        await chain.make_block()
        assert await call == refused(Code.BATCH_EXPIRED)
        assert len(chain.bundler) == 0
        assert Outbox(tmp_path / "outbox").load() == []
        await chain.bundler.stop()

    run(story())


def test_a_refusal_by_checktx_tells_each_caller_its_own_code(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path, faults={"full": 1.0})
        await chain.bundler.start()
        soon = chain.clock() + 500
        late = submit(chain, chain.sender.build(MARKET_OFFICE, issue_licence("a"), valid_until_ms=soon))
        taken = submit(chain, chain.sender.build(MARKET_OFFICE, issue_licence("b"), nonce=b"n" * 16))
        await chain.idle()
        chain.add_foreign(bundle(chain.sender.build(MARKET_OFFICE, issue_licence("c"), nonce=b"n" * 16)))
        await chain.make_block(is_told=False)
        chain.faults = {}
        await chain.idle()
        assert await late == refused(Code.BATCH_EXPIRED)
        assert await taken == refused(Code.REPLAYED)
        await chain.bundler.stop()

    run(story())


def test_a_refusal_that_is_only_news_of_the_batchs_own_acceptance_is_told_as_that(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path, faults={"full": 1.0})
        await chain.bundler.start()
        batch = chain.sender.licence("a")
        call = submit(chain, batch)
        await chain.idle()
        chain.add_foreign(bundle(batch, chain.sender.licence("b")))
        made = await chain.make_block(is_told=False)
        chain.faults = {}
        await chain.idle()
        assert await chain.wait_for(call) == Fate(made.height, made.results[0][0])
        await chain.bundler.stop()

    run(story())


def test_stopping_tells_who_waits_and_the_next_run_brings_their_batches_in(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path)
        await chain.bundler.start()
        batches = [chain.sender.licence("sent"), chain.sender.licence("gathered")]
        calls = [submit(chain, batches[0])]
        await chain.idle()
        calls.append(submit(chain, batches[1]))
        await asyncio.sleep(0)
        await chain.bundler.stop()
        for call in calls:
            with pytest.raises(Denied) as caught:
                await call
            assert caught.value.code == Code.NODE_STOPPING
        with pytest.raises(Denied):
            chain.bundler.queue(batches[0])
        await chain.restart()
        assert len(chain.bundler) == 2
        again = [submit(chain, batch) for batch in batches]
        assert [(await chain.wait_for(call)).result.code for call in again] == [0, 0]
        assert len(chain.read_log()) == len(set(chain.read_log()))
        await chain.bundler.stop()

    run(story())


def test_a_killed_nodes_batches_get_in_without_anybody_asking_again(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path)
        await chain.bundler.start()
        batches = [chain.sender.licence(f"{number}") for number in range(5)]
        for batch in batches:
            submit(chain, batch)
            await chain.idle()
        await chain.restart()
        for _ in range(3):
            await chain.make_block()
        log = chain.read_log()
        assert all(log.count(batch.header) == 1 for batch in batches)
        assert Outbox(tmp_path / "outbox").load() == []
        await chain.bundler.stop()

    run(story())


def test_a_node_killed_between_commit_and_settling_does_not_send_again(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path)
        await chain.bundler.start()
        batch = chain.sender.licence("a")
        submit(chain, batch)
        await chain.idle()
        await chain.make_block(is_told=False)
        offered = len(chain.offered)
        await chain.restart()
        await chain.make_block()
        assert len(chain.offered) == offered
        assert (await chain.bundler.submit(batch)).height == 1
        assert Outbox(tmp_path / "outbox").load() == []
        await chain.bundler.stop()

    run(story())


def test_a_bundle_on_disk_that_cannot_be_read_stops_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        Outbox(tmp_path / "outbox").put(b"no bundle at all")
        outbox = Outbox(tmp_path / "outbox")
        outbox.load()
        outbox.put(b"")
        chain = LossyChain(tmp_path)
        await chain.bundler.start()
        assert (await chain.wait_for(submit(chain, chain.sender.licence("a")))).result.code == Code.OK
        assert Outbox(tmp_path / "outbox").load() == []
        await chain.bundler.stop()

    run(story())


def test_what_comes_before_the_start_is_sent_then(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path)
        call = submit(chain, chain.sender.licence("a"))
        await asyncio.sleep(0.01)
        assert chain.offered == []
        await chain.bundler.start()
        assert (await chain.wait_for(call)).result.code == Code.OK
        await chain.bundler.stop()

    run(story())


def test_one_caller_giving_up_does_not_take_the_fate_from_another(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path)
        await chain.bundler.start()
        batch = chain.sender.licence("a")
        impatient, patient = chain.bundler.queue(batch), submit(chain, batch)
        await chain.idle()
        impatient.cancel()
        assert (await chain.wait_for(patient)).result.code == Code.OK
        await chain.bundler.stop()

    run(story())


def test_an_engine_fault_fails_the_bundler_and_is_told(tmp_path: Path) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path)

        async def broken(_transaction: bytes) -> BroadcastResult:
            raise RuntimeError("not foreseen")

        chain.bundler._broadcast = broken
        await chain.bundler.start()
        with pytest.raises(Denied):
            await chain.bundler.submit(chain.sender.licence("a"))
        with pytest.raises(RuntimeError):
            await chain.bundler.wait()

    run(story())


class Crowd:
    """Clients that submit, repeat and give up at random, and what each was told."""

    def __init__(self, chain: LossyChain) -> None:
        self.chain = chain
        self.batches: list[SignedBatch] = []
        self.calls: list[tuple[SignedBatch, asyncio.Task[Fate]]] = []
        self.told: list[tuple[SignedBatch, Fate]] = []

    def act(self) -> None:
        """Somebody does something."""
        chain, random = self.chain, self.chain.random
        choice = random.random()
        if choice < 0.5 or not self.batches:
            self.batches.append(chain.sender.licence(f"{len(self.batches)}"))
        elif choice < 0.6:
            until_ms = chain.clock() + random.randrange(200, 4_000)
            self.batches.append(
                chain.sender.build(
                    MARKET_OFFICE, issue_licence(f"{len(self.batches)}"), valid_until_ms=until_ms
                )
            )
        elif choice < 0.65:
            nonce = get_nonce(random.choice(self.batches).header)[1]
            self.batches.append(
                chain.sender.build(MARKET_OFFICE, issue_licence(f"{len(self.batches)}"), nonce=nonce)
            )
        batch = self.batches[-1] if choice < 0.65 else random.choice(self.batches)
        if choice < 0.9:
            self.calls.append((batch, submit(chain, batch)))
        else:
            chain.add_foreign(bundle(batch, *random.choices(self.batches, k=random.randrange(3))))

    def collect(self, *, is_restarted: bool = False) -> None:
        """Whoever was answered is noted; after a restart the others have lost their connection."""
        open_calls = []
        for batch, call in self.calls:
            if call.done():
                self.told.append((batch, call.result()))
            elif is_restarted:
                call.cancel()
            else:
                open_calls.append((batch, call))
        self.calls = open_calls

    def verify(self) -> None:
        """Everybody was told, and told what stands in the ledger; nothing is in it twice."""
        log = self.chain.read_log()
        nonces = [get_nonce(header) for header in log]
        ours = {get_nonce(batch.header) for batch in self.batches}
        assert all(nonces.count(nonce) <= 1 for nonce in ours)
        for batch, fate in self.told:
            if fate.result.code:
                assert fate.result.code in (Code.BATCH_EXPIRED, Code.REPLAYED)
                assert batch.header not in log, (fate, get_nonce(batch.header))
            else:
                assert nonces[fate.result.batch_index] == get_nonce(batch.header)
                assert self.chain.application.get_fate(*get_nonce(batch.header)) == fate


@pytest.mark.parametrize("seed", range(25))
def test_whatever_goes_wrong_every_caller_hears_the_truth_once(tmp_path: Path, seed: int) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path, seed=seed, faults=MANY_FAULTS)
        await chain.bundler.start()
        crowd = Crowd(chain)
        for _ in range(60):
            for _ in range(chain.random.randrange(4)):
                crowd.act()
            if chain.random.random() < 0.7:
                await chain.make_block()
            if chain.random.random() < 0.06:
                crowd.collect()
                await chain.restart(is_mempool_lost=chain.random.random() < 0.5)
                crowd.collect(is_restarted=True)
            crowd.collect()
        for _ in range(300):
            if not crowd.calls and not len(chain.bundler):
                break
            await chain.make_block()
            crowd.collect()
        assert crowd.calls == []
        assert len(crowd.told) > 20
        crowd.verify()
        assert Outbox(tmp_path / "outbox").load() == []
        await chain.bundler.stop()

    run(story())

"""The bundler and its mempool: what is lost, refused or left unanswered there gets its fate all the same."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tests.testkit.ledger_objects import MARKET_OFFICE, issue_licence
from tests.testkit.lossy_chain import (
    QUICK,
    LossyChain,
    refused,
    run,
    submit,
)
from tests.testkit.node_kit import bundle
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied
from zhenglian_node.app.engine_port import Fate
from zhenglian_node.engines.cometbft.broadcast import BroadcastKind, BroadcastResult


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

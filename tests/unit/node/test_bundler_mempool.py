"""The bundler and its mempool: what is lost, refused or left unanswered there gets its fate all the same."""

import asyncio
from dataclasses import replace

import pytest

from tests.testkit.ledger_objects import MARKET_OFFICE, issue_licence
from tests.testkit.lossy_chain import QUICK, LossyChain, refused, story, submit
from tests.testkit.node_kit import bundle
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied
from zhenglian_node.app.engine_port import Fate
from zhenglian_node.engines.cometbft.broadcast import BroadcastKind, BroadcastResult


@story()
async def test_a_bundle_the_mempool_lost_is_sent_again_after_two_blocks(chain: LossyChain) -> None:
    call = submit(chain, chain.sender.licence("a"))
    await chain.idle()
    chain.forget()
    await chain.make_block()
    assert len(chain.offered) == 1
    await chain.make_block()
    assert chain.offered == [chain.offered[0]] * 2
    assert (await chain.wait_for(call)).result.code == Code.OK


@story(options=replace(QUICK, resend_seconds=0.02))
async def test_without_blocks_a_lost_bundle_is_sent_again_after_a_while(chain: LossyChain) -> None:
    call = submit(chain, chain.sender.licence("a"))
    await chain.idle()
    chain.forget()
    chain.clock.now_ms += 20
    while not chain.pool:  # noqa: ASYNC110  the bundler looks at the clock by itself
        await asyncio.sleep(0.005)
    assert (await chain.wait_for(call)).result.code == Code.OK


@story()
async def test_a_mempool_that_has_the_bundle_is_asked_ever_less_often(chain: LossyChain) -> None:
    submit(chain, chain.sender.licence("a"))
    await chain.idle()
    waiting, chain.pool = chain.pool, []
    for _ in range(30):
        await chain.make_block()
        chain.clock.now_ms -= 1_000  # the blocks alone count here
    assert len(chain.offered) == 5
    chain.pool = waiting


@story(faults={"full": 0.5, "unreachable": 0.5, "arrived unanswered": 0.5})
async def test_a_full_or_silent_mempool_is_tried_until_it_takes_the_bundle(chain: LossyChain) -> None:
    calls = [submit(chain, chain.sender.licence(f"{number}")) for number in range(5)]
    assert [(await chain.wait_for(call)).result.code for call in calls] == [0] * 5
    assert len(chain.offered) > 1


@story(is_started=False)
async def test_a_transaction_that_is_never_taken_does_not_hold_up_the_others(chain: LossyChain) -> None:
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


@story(faults={"full": 1.0})
async def test_a_refusal_by_checktx_tells_each_caller_its_own_code(chain: LossyChain) -> None:
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


@story(faults={"full": 1.0})
async def test_a_refusal_that_is_only_news_of_the_batchs_own_acceptance_is_told_as_that(
    chain: LossyChain,
) -> None:
    batch = chain.sender.licence("a")
    call = submit(chain, batch)
    await chain.idle()
    chain.add_foreign(bundle(batch, chain.sender.licence("b")))
    made = await chain.make_block(is_told=False)
    chain.faults = {}
    await chain.idle()
    assert await chain.wait_for(call) == Fate(made.height, made.results[0][0])

"""The bundler's limits: how large a bundle is, how much may wait, and what no block can hold."""

import asyncio
from dataclasses import replace

import pytest

from tests.testkit.ledger_objects import MARKET_OFFICE, issue_licence
from tests.testkit.lossy_chain import QUICK, LossyChain, count_batches, refused, story, submit
from tests.testkit.node_kit import build_genesis, bundle
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied
from zhenglian_node.engines.cometbft.bundler import MAX_BUNDLE_BYTES


@story(options=replace(QUICK, queue_seconds=0.01))
async def test_no_bundle_is_larger_than_it_may_be_and_none_is_lost(chain: LossyChain) -> None:
    operations = [issue_licence(f"{number}") for number in range(900)]
    batches = [
        chain.sender.build(MARKET_OFFICE, *operations[100 * group : 100 * group + 100]) for group in range(9)
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


@story(options=replace(QUICK, max_waiting_batches=2))
async def test_too_many_waiting_batches_are_refused_not_lost(chain: LossyChain) -> None:
    kept = [submit(chain, chain.sender.licence(f"{number}")) for number in range(2)]
    await chain.idle()
    with pytest.raises(Denied) as caught:
        await chain.bundler.submit(chain.sender.licence("one too many"))
    assert caught.value.code == Code.OVERLOADED
    assert [(await chain.wait_for(call)).result.code for call in kept] == [0, 0]
    assert (await chain.wait_for(submit(chain, chain.sender.licence("now")))).result.code == Code.OK


@story(options=replace(QUICK, max_waiting_bytes=10))
async def test_bytes_that_wait_are_bounded_too(chain: LossyChain) -> None:
    with pytest.raises(Denied):
        await chain.bundler.submit(chain.sender.licence("a"))


@story(genesis=build_genesis(max_member_block_operations=3))
async def test_more_than_a_members_share_of_a_block_goes_into_several_bundles(chain: LossyChain) -> None:
    calls = [submit(chain, chain.sender.licence(f"{number}")) for number in range(8)]
    fates = [await chain.wait_for(call) for call in calls]
    assert [fate.result.code for fate in fates] == [0] * 8
    heights = [fate.height for fate in fates]
    assert max(heights.count(height) for height in heights) <= 3


@story(genesis=build_genesis(max_member_block_operations=3))
async def test_a_batch_no_block_can_hold_is_turned_away(chain: LossyChain) -> None:
    batch = chain.sender.build(MARKET_OFFICE, *(issue_licence(f"{number}") for number in range(4)))
    assert await chain.bundler.submit(batch) == refused(Code.BLOCK_LIMIT)

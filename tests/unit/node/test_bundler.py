"""The bundler: every caller hears once, and the truth, whatever becomes of transactions and nodes."""

from dataclasses import replace

import pytest

from tests.testkit.ledger_objects import MARKET_OFFICE, issue_licence
from tests.testkit.lossy_chain import (
    QUICK,
    LossyChain,
    count_batches,
    get_nonce,
    refused,
    story,
    submit,
    until,
)
from tests.testkit.node_kit import bundle
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidBatch
from zhenglian_node.app.engine_port import Fate
from zhenglian_proto.v1.batch_pb2 import SignedBatch


@story()
async def test_a_caller_hears_when_the_block_is_provable_and_not_before(chain: LossyChain) -> None:
    call = submit(chain, chain.sender.licence("a"))
    await chain.idle()
    made = await chain.make_block()
    assert made.results[0][0].code == Code.OK
    assert not call.done()
    await chain.make_block()
    assert await call == Fate(made.height, made.results[0][0])


@story(options=replace(QUICK, gather_seconds=0.01, max_gather_seconds=0.05))
async def test_the_first_batch_goes_at_once_and_those_that_follow_gather(chain: LossyChain) -> None:
    calls = [submit(chain, chain.sender.licence("first"))]
    await chain.idle()
    assert [count_batches(transaction) for transaction in chain.pool] == [1]
    calls += [submit(chain, chain.sender.licence(f"{number}")) for number in range(7)]
    await until(lambda: len(chain.pool) > 1)
    assert [count_batches(transaction) for transaction in chain.pool] == [1, 7]
    fates = [await chain.wait_for(call) for call in calls]
    assert [fate.result.code for fate in fates] == [0] * 8


@story(options=replace(QUICK, gather_seconds=60, max_gather_seconds=0.02))
async def test_however_many_wait_they_gather_no_longer_than_the_limit(chain: LossyChain) -> None:
    calls = [submit(chain, chain.sender.licence("first"))]
    await chain.idle()
    calls.append(submit(chain, chain.sender.licence("second")))
    await chain.idle()
    assert len(chain.pool) == 1
    await until(lambda: len(chain.pool) == 2)
    assert [(await chain.wait_for(call)).result.code for call in calls] == [0, 0]


@story(options=replace(QUICK, queue_seconds=60))
async def test_what_is_only_queued_waits_for_company(chain: LossyChain) -> None:
    queued = [chain.bundler.queue(chain.sender.licence(f"queued {number}")) for number in range(3)]
    await chain.idle()
    assert chain.pool == []
    submitted = submit(chain, chain.sender.licence("submitted"))
    await chain.idle()
    assert [count_batches(transaction) for transaction in chain.pool] == [4]
    assert {(await chain.wait_for(future)).height for future in [*queued, submitted]} == {1}


@story()
async def test_a_bundle_of_which_a_part_is_refused_tells_each_caller_its_own_fate(chain: LossyChain) -> None:
    soon = chain.clock() + 500  # the next block is a second later
    good = [submit(chain, chain.sender.licence(name)) for name in ("a", "b")]
    late = submit(chain, chain.sender.build(MARKET_OFFICE, issue_licence("c"), valid_until_ms=soon))
    await chain.idle()
    assert [count_batches(transaction) for transaction in chain.pool] == [3]
    assert await chain.wait_for(late) == refused(Code.BATCH_EXPIRED, 1)
    assert [(await chain.wait_for(call)).result.code for call in good] == [0, 0]
    assert len(chain.bundler) == 0


@story()
async def test_a_batch_that_cannot_be_accepted_is_turned_away_at_once(chain: LossyChain) -> None:
    expired = chain.sender.build(MARKET_OFFICE, issue_licence("a"), valid_until_ms=1)
    assert await chain.bundler.submit(expired) == refused(Code.BATCH_EXPIRED)
    with pytest.raises(InvalidBatch):
        chain.bundler.queue(expired)
    assert chain.offered == []


@story()
async def test_the_very_same_batch_joins_and_later_gets_the_same_fate(chain: LossyChain) -> None:
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


@story()
async def test_a_batch_that_another_node_bundled_is_settled_by_that_bundle(chain: LossyChain) -> None:
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
    assert chain.read_outbox() == []


@story()
async def test_another_nodes_bundle_of_the_same_block_settles_the_batch_too(chain: LossyChain) -> None:
    batch = chain.sender.licence("a")
    call = submit(chain, batch)
    await chain.idle()
    chain.add_foreign(bundle(chain.sender.licence("x"), batch))
    made = await chain.make_block()
    assert made.results[1][0].code == Code.REPLAYED
    assert await chain.wait_for(call) == Fate(made.height, made.results[0][1])


@story()
async def test_a_spoiled_copy_in_another_nodes_bundle_does_not_settle_ours(chain: LossyChain) -> None:
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


@story()
async def test_a_batch_whose_nonce_another_batch_took_is_told_so(chain: LossyChain) -> None:
    call = submit(chain, chain.sender.build(MARKET_OFFICE, issue_licence("a"), nonce=b"n" * 16))
    await chain.idle()
    chain.add_foreign(bundle(chain.sender.build(MARKET_OFFICE, issue_licence("b"), nonce=b"n" * 16)))
    made = await chain.make_block()
    assert made.results[0][0].code == Code.OK
    assert await call == refused(Code.REPLAYED, made.height)


@story()
async def test_a_second_batch_with_a_waiting_nonce_hears_the_fate_of_the_first(chain: LossyChain) -> None:
    first = submit(chain, chain.sender.build(MARKET_OFFICE, issue_licence("a"), nonce=b"n" * 16))
    await chain.idle()
    rebuilt = chain.sender.build(MARKET_OFFICE, issue_licence("b"), nonce=b"n" * 16)
    second = submit(chain, rebuilt)
    assert await chain.wait_for(second) == await first
    with pytest.raises(InvalidBatch):
        chain.bundler.queue(rebuilt)


@story()
async def test_a_second_batch_with_a_waiting_nonce_comes_in_if_the_first_does_not(chain: LossyChain) -> None:
    soon = chain.clock() + 500
    first = submit(
        chain,
        chain.sender.build(MARKET_OFFICE, issue_licence("a"), nonce=b"n" * 16, valid_until_ms=soon),
    )
    await chain.idle()
    second = submit(chain, chain.sender.build(MARKET_OFFICE, issue_licence("b"), nonce=b"n" * 16))
    assert (await chain.wait_for(second)).result.code == Code.OK
    assert await first == refused(Code.BATCH_EXPIRED, 1)


@story()
async def test_an_accepted_batch_stays_so_though_its_validity_has_passed(chain: LossyChain) -> None:
    until_ms = chain.clock() + 2_500
    batch = chain.sender.build(MARKET_OFFICE, issue_licence("a"), valid_until_ms=until_ms)
    fate = await chain.wait_for(submit(chain, batch))
    assert fate.result.code == Code.OK
    for _ in range(4):
        await chain.make_block()
    assert await chain.bundler.submit(batch) == fate


@story(faults={"held back": 1.0})
async def test_a_batch_that_came_into_no_block_is_final_when_its_validity_has_passed(
    chain: LossyChain,
) -> None:
    until_ms = chain.clock() + 2_500
    call = submit(chain, chain.sender.build(MARKET_OFFICE, issue_licence("a"), valid_until_ms=until_ms))
    await chain.idle()
    for _ in range(2):
        await chain.make_block()
        assert not call.done()
    await chain.make_block()
    assert await call == refused(Code.BATCH_EXPIRED)
    assert len(chain.bundler) == 0
    assert chain.read_outbox() == []


@story()
async def test_one_caller_giving_up_does_not_take_the_fate_from_another(chain: LossyChain) -> None:
    batch = chain.sender.licence("a")
    impatient, patient = chain.bundler.queue(batch), submit(chain, batch)
    await chain.idle()
    impatient.cancel()
    assert (await chain.wait_for(patient)).result.code == Code.OK

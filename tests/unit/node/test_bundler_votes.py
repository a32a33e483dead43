"""The bundler while votes change what is acceptable: what was said stays true, and nothing waits for ever."""

import asyncio

import pytest

from tests.testkit.ledger_objects import MARKET_OFFICE, issue_licence
from tests.testkit.lossy_chain import LossyChain, count_batches, refused, story, submit
from tests.testkit.node_kit import bundle
from zhenglian_ledger import rows
from zhenglian_ledger.batch import MAX_BATCHES
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.transition import BatchResult
from zhenglian_node.app.engine_port import FINAL_CODES, Fate
from zhenglian_node.engines.cometbft.broadcast import BroadcastKind, BroadcastResult
from zhenglian_proto.v1.batch_pb2 import Bundle, SignedBatch
from zhenglian_proto.v1.state_pb2 import STANDING_IN_FORCE, STANDING_SUSPENDED, AdministeredState, Standing
from zhenglian_proto.v1.types_pb2 import KIND_MEMBER

LIFTABLE = (
    Code.VALIDITY_TOO_LONG,
    Code.UNKNOWN_SYSTEM,
    Code.SYSTEM_NOT_IN_FORCE,
    Code.UNKNOWN_KEY,
    Code.REPLAYED,
    Code.BLOCK_LIMIT,
)


def lower_limit(chain: LossyChain, operations: int) -> None:
    parameters = chain.application.genesis.parameters
    parameters.max_block_operations = operations
    chain.put_rows({rows.PARAMETERS: serialise(parameters)})


def set_standing(chain: LossyChain, standing: Standing) -> None:
    index = chain.application._build_state().get_index(KIND_MEMBER, b"market")
    assert index is not None
    chain.put_rows({rows.state_key(KIND_MEMBER, index): serialise(AdministeredState(standing=standing))})


@pytest.mark.parametrize("code", LIFTABLE)
def test_a_refusal_that_the_ledger_may_lift_is_not_final(code: Code) -> None:
    assert not Fate(0, BatchResult(code, 0)).is_final


def test_every_code_of_acceptance_is_final_or_liftable() -> None:
    acceptance = {code for code in Code if code < 60} - {Code.ATOMIC_SIBLING_REFUSED}
    assert acceptance == FINAL_CODES | set(LIFTABLE)


@story()
async def test_a_suspended_members_batch_is_refused_for_now_and_may_come_in_after_all(
    chain: LossyChain,
) -> None:
    batch = chain.sender.licence("a")
    call = submit(chain, batch)
    await chain.idle()
    copy = chain.pool[0]
    set_standing(chain, STANDING_SUSPENDED)
    fate = await chain.wait_for(call)
    assert (fate, fate.is_final) == (refused(Code.SYSTEM_NOT_IN_FORCE, 1), False)
    set_standing(chain, STANDING_IN_FORCE)
    chain.add_foreign(copy)
    await chain.make_block()
    assert batch.header in chain.read_log()


@story(is_started=False)
async def test_bundles_that_fit_no_block_any_more_are_taken_apart(chain: LossyChain) -> None:
    batches = [
        chain.sender.build(MARKET_OFFICE, *[issue_licence(f"{g}-{n}") for n in range(400)]) for g in range(3)
    ]
    futures = [chain.bundler.queue(batch) for batch in batches]
    await chain.bundler.start()
    await chain.idle()
    assert [count_batches(transaction) for transaction in chain.pool] == [3]
    lower_limit(chain, 1_024)
    fates = [await chain.wait_for(future, blocks=10) for future in futures]
    assert [fate.result.code for fate in fates] == [Code.OK] * 3
    await chain.bundler.stop()


@story()
async def test_a_batch_that_fits_no_block_any_more_is_told_so(chain: LossyChain) -> None:
    large = chain.sender.build(MARKET_OFFICE, *[issue_licence(f"{n}") for n in range(400)])
    call = submit(chain, large)
    await chain.idle()
    lower_limit(chain, 399)
    fate = await chain.wait_for(call, blocks=10)
    assert (fate, fate.is_final, len(chain.bundler)) == (refused(Code.BLOCK_LIMIT), False, 0)


@story(is_started=False)
async def test_a_bundle_too_large_for_the_mempool_is_taken_apart_and_holds_nobody_up(
    chain: LossyChain,
) -> None:
    usual = chain.broadcast
    alone = chain.sender.licence("alone")

    async def broadcast(transaction: bytes) -> BroadcastResult:
        if count_batches(transaction) > 1 or transaction == bundle(alone):
            await asyncio.sleep(0)
            return BroadcastResult(BroadcastKind.REFUSED, Code.BLOCK_LIMIT)
        return await usual(transaction)

    chain.bundler._broadcast = broadcast
    futures = [chain.bundler.queue(chain.sender.licence(f"{number}")) for number in range(5)]
    never = chain.bundler.queue(alone)
    await chain.bundler.start()
    assert [(await chain.wait_for(future)).result.code for future in futures] == [Code.OK] * 5
    assert await never == refused(Code.BLOCK_LIMIT)
    await chain.bundler.stop()


@story()
async def test_a_spoiled_copy_in_a_block_does_not_send_the_genuine_batch_away(chain: LossyChain) -> None:
    victim = chain.sender.licence("victim")
    call = submit(chain, victim)
    await chain.idle()
    waiting, chain.pool = chain.pool, []
    spoiled = SignedBatch(header=victim.header, signature=bytes(64), operations=victim.operations)
    chain.add_foreign(bundle(chain.sender.licence("attacker"), spoiled))
    await chain.make_block()
    chain.pool = waiting
    chain._recheck()
    assert chain.pool == waiting
    assert (await chain.wait_for(call)).result.code == Code.OK


@story()
async def test_callers_that_gave_up_are_not_kept(chain: LossyChain) -> None:
    batch = chain.sender.licence("a")

    async def give_up(times: int) -> None:
        for _ in range(times):
            call = submit(chain, batch)
            await asyncio.sleep(0)
            call.cancel()
        await chain.idle()

    await give_up(100)
    assert [len(waiting.futures) for waiting in chain.bundler._by_header.values()] == [0]
    made = await chain.make_block(is_told=False)
    chain.bundler.settle(made.height, made.transactions, made.results)  # and no header that proves it
    await give_up(100)
    entries = chain.bundler._unproven._entries
    assert (len(entries), sum(len(waiting.futures) for waiting, _ in entries)) == (1, 0)
    call = submit(chain, batch)
    await chain.make_block()
    assert (await call).result.code == Code.OK
    assert chain.bundler._unproven._entries == []


@story(is_started=False)
async def test_a_bundle_holds_no_more_batches_than_a_transaction_may(chain: LossyChain) -> None:
    batches = [chain.sender.licence(f"{number}") for number in range(MAX_BATCHES + 1)]
    for batch in batches:
        chain.bundler.queue(batch)
    await chain.bundler.start()
    await chain.idle()
    assert [count_batches(transaction) for transaction in chain.pool] == [MAX_BATCHES, 1]
    await chain.bundler.stop()


@story(is_started=False)
async def test_a_kept_bundle_of_which_one_batch_cannot_be_read_leaves_nothing_behind(
    chain: LossyChain,
) -> None:
    good = chain.sender.licence("good")
    damaged = Bundle(batches=[good, SignedBatch(header=b"junk")]).SerializeToString()
    chain.bundler._outbox.put(damaged)
    await chain.bundler.start()
    assert (len(chain.bundler), chain.bundler._by_header, len(chain.bundler._outbox)) == (0, {}, 0)
    assert (await chain.wait_for(submit(chain, good))).result.code == Code.OK
    await chain.bundler.stop()

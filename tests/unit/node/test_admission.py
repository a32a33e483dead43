"""What goes on waiting after a block: a spoiled copy evicts nobody, a lowered limit does."""

from tests.testkit.ledger_objects import MARKET_OFFICE, issue_licence
from tests.testkit.node_kit import SoloChain, bundle
from tests.testkit.state_edits import put_rows
from zhenglian_ledger import rows
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_proto.v1.batch_pb2 import SignedBatch


def test_a_spoiled_copy_in_a_block_evicts_nobody() -> None:
    chain = SoloChain(MemoryStore())
    victim = chain.sender.licence("victim")
    waiting = bundle(victim)
    assert chain.application.check_transaction(waiting).code == Code.OK
    spoiled = SignedBatch(header=victim.header, signature=bytes(64), operations=victim.operations)
    made = chain.make_block([bundle(chain.sender.licence("attacker"), spoiled)])
    assert [result.code for result in made.results[0]] == [Code.OK, Code.WRONG_SIGNATURE]
    assert chain.application.recheck_transaction(waiting).code == Code.OK
    assert chain.make_block([waiting]).results[0][0].code == Code.OK
    assert chain.application.recheck_transaction(waiting).code == Code.REPLAYED


def test_another_batch_with_the_nonce_that_was_accepted_evicts() -> None:
    chain = SoloChain(MemoryStore())
    first = chain.sender.build(MARKET_OFFICE, issue_licence("a"), nonce=bytes(16))
    second = chain.sender.build(MARKET_OFFICE, issue_licence("b"), nonce=bytes(16))
    assert chain.application.check_transaction(bundle(first)).code == Code.OK
    chain.make_block([bundle(second)])
    assert chain.application.recheck_transaction(bundle(first)).code == Code.REPLAYED


def test_a_bundle_that_fits_no_block_any_more_leaves_the_mempool() -> None:
    store = MemoryStore()
    chain = SoloChain(store)
    batches = [
        chain.sender.build(MARKET_OFFICE, *[issue_licence(f"{g}-{n}") for n in range(400)]) for g in range(3)
    ]
    large, small = bundle(*batches), bundle(chain.sender.licence("small"))
    assert [chain.application.check_transaction(each).code for each in (large, small)] == [Code.OK, Code.OK]
    parameters = chain.application.genesis.parameters
    parameters.max_block_operations = 1_024
    put_rows(chain.application, store, {rows.PARAMETERS: serialise(parameters)})
    rechecked = [chain.application.recheck_transaction(each).code for each in (large, small)]
    assert rechecked == [Code.BLOCK_LIMIT, Code.OK]
    assert chain.application.prepare_proposal([large, small]) == [small]

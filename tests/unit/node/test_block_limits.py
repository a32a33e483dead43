"""What a block's limits are charged for: nobody pays for what others say, and nothing is free."""

from typing import Any

import pytest

from tests.testkit.ledger_objects import HOUSING_OFFICE, MARKET_OFFICE, issue_licence
from tests.testkit.node_kit import SoloChain, build_genesis, bundle
from zhenglian_ledger.batch import MAX_BATCHES
from zhenglian_ledger.codes import Code
from zhenglian_node.app.application import Application
from zhenglian_node.app.transactions import MAX_KEPT_BYTES, TransactionReader, estimate_weight
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_proto.v1.batch_pb2 import SignedBatch

MEMBER_LIMIT = 1_024
JUNK = b"\x0a\x00"
"""A batch of nothing in a bundle."""


def build_chain(**parameters: Any) -> SoloChain:
    return SoloChain(MemoryStore(), build_genesis(**parameters))


def spoil(batch: SignedBatch, operations: int = 1) -> SignedBatch:
    """Another batch under the same header and signature."""
    return SignedBatch(header=batch.header, signature=batch.signature, operations=[b""] * operations)


def test_a_malformed_batch_costs_an_operation_of_the_nameless_member() -> None:
    application = build_chain(max_member_block_operations=MEMBER_LIMIT).application
    full, one = JUNK * MAX_BATCHES, JUNK
    assert application.process_proposal([full])
    assert not application.process_proposal([full, one])
    assert application.prepare_proposal([full, one]) == [full]


def test_a_proposal_is_judged_no_further_than_its_first_excess(monkeypatch: pytest.MonkeyPatch) -> None:
    application = build_chain(max_member_block_operations=MEMBER_LIMIT).application
    read: list[bytes] = []
    genuine = TransactionReader.read

    def count(reader: TransactionReader, transaction: bytes) -> object:
        read.append(transaction)
        return genuine(reader, transaction)

    monkeypatch.setattr(TransactionReader, "read", count)
    assert not application.process_proposal([JUNK * MAX_BATCHES, JUNK * 2, JUNK * 3])
    assert read == [JUNK * MAX_BATCHES, JUNK * 2]
    read.clear()
    assert not application.process_proposal([bytes(application.genesis.parameters.max_block_bytes + 1)])
    assert read == [], "what cannot fit by its very bytes is not parsed"


@pytest.mark.parametrize("kind", ["spoiled signature", "spoiled operations", "doubled", "committed before"])
def test_a_member_does_not_pay_for_copies_that_others_bring(kind: str) -> None:
    chain = build_chain(max_member_block_operations=MEMBER_LIMIT)
    licences = [issue_licence(f"old-{number}") for number in range(600)]
    old = chain.sender.build(MARKET_OFFICE, *licences)
    if kind == "committed before":
        chain.make_block([bundle(old)])
    copy = {
        "spoiled signature": SignedBatch(header=old.header, signature=bytes(64), operations=old.operations),
        "spoiled operations": spoil(old, 600),
    }.get(kind, old)
    own = chain.sender.build(HOUSING_OFFICE, issue_licence("own"))
    attack = bundle(own, *[copy] * (2 if kind == "doubled" else 1))
    victim = bundle(chain.sender.build(MARKET_OFFICE, *[issue_licence(f"v-{n}") for n in range(424)]))
    application = chain.application
    assert application.prepare_proposal([attack, victim]) == [attack, victim]
    assert application.process_proposal([attack, victim])


def test_a_member_pays_for_what_it_signed() -> None:
    chain = build_chain(max_member_block_operations=MEMBER_LIMIT)
    first, second = (
        bundle(chain.sender.build(MARKET_OFFICE, *[issue_licence(f"{g}-{n}") for n in range(600)]))
        for g in range(2)
    )
    other = bundle(chain.sender.build(HOUSING_OFFICE, issue_licence("other")))
    application = chain.application
    assert application.prepare_proposal([first, second, other]) == [first, other]
    assert not application.process_proposal([first, second])


def test_nodes_that_checked_different_things_judge_a_proposal_alike() -> None:
    chain = build_chain(max_member_block_operations=MEMBER_LIMIT)
    genesis = chain.application.genesis_bytes
    fresh = Application(MemoryStore(), genesis)
    fresh.init_chain()
    batches = [
        chain.sender.build(MARKET_OFFICE, *[issue_licence(f"{g}-{n}") for n in range(300)]) for g in range(5)
    ]
    transactions = [bundle(batch, spoil(batch, 200)) for batch in batches]
    for transaction in transactions[1:]:
        chain.application.check_transaction(transaction)
    assert chain.application.prepare_proposal(transactions) == fresh.prepare_proposal(transactions)
    for count in range(1, 6):
        some = transactions[:count]
        assert chain.application.process_proposal(some) == fresh.process_proposal(some)


def test_what_check_tx_refuses_is_not_kept() -> None:
    chain = build_chain()
    reader = chain.application._reader
    refused, taken = JUNK * 500, bundle(chain.sender.licence("a"))
    assert chain.application.check_transaction(refused).code == Code.WRONG_SIGNATURE
    assert reader._cache._weight == 0
    assert chain.application.check_transaction(taken).code == Code.OK
    assert reader._cache._weight > len(taken)
    chain.make_block([taken])
    assert reader._cache._weight == 0
    assert chain.application.recheck_transaction(taken).code == Code.REPLAYED
    assert reader._cache._weight == 0


def test_tiny_batches_weigh_what_they_take_in_memory() -> None:
    reader = TransactionReader()
    transaction = JUNK * MAX_BATCHES
    batches = reader.read(transaction)
    assert batches is not None
    weight = estimate_weight(transaction, batches)
    assert weight > 1_000 * MAX_BATCHES
    assert reader._cache._weight == weight


def test_one_heavy_transaction_does_not_make_all_others_forgotten() -> None:
    chain = build_chain()
    reader = TransactionReader()
    kept = bundle(chain.sender.licence("kept"))
    first = reader.read(kept)
    header = chain.sender.licence("heavy")
    heavy = bundle(*[spoil(header, 1_000) for _ in range(64)])
    batches = reader.read(heavy)
    assert batches is not None
    assert estimate_weight(heavy, batches) > MAX_KEPT_BYTES
    assert reader.read(kept) is first
    assert reader.read(heavy) is not batches

"""A receipt: one leaf says what became of every operation of one's own batch, and where its entries are."""

from collections.abc import Callable

import pytest

from tests.testkit.chain_kit import ProvenChain, altered, fails
from tests.testkit.ledger_objects import HUANGPU_COUNTER, MARKET_OFFICE, compute_id, issue_licence, open_case
from zhenglian_ledger.batch import Batch
from zhenglian_ledger.codes import CODES, Code
from zhenglian_ledger.leaves import decode_batch_leaf, decode_entry
from zhenglian_ledger.rows import ACCESS, REGISTRY
from zhenglian_ledger.verify.receipt import VerifiedReceipt, compute_entry_indexes, verify_receipt
from zhenglian_node.app.answers import ProofBuilder, build_receipt
from zhenglian_proto.v1 import cases_pb2, types_pb2, uses_pb2
from zhenglian_proto.v1.node_pb2 import Receipt


def query(name: str, case_number: str = "") -> uses_pb2.VerifyQuery:
    return uses_pb2.VerifyQuery(
        record=compute_id(name), purpose=types_pb2.PURPOSE_SERVICE, case_number=case_number
    )


def mixed_batch(chain: ProvenChain, *, atomic: bool = False) -> Batch:
    """Accepted and refused operations of both logs, one after another."""
    return chain.build_batch(
        HUANGPU_COUNTER,
        open_case(),
        query("licence"),
        query("licence", "no-such-case"),
        open_case(),
        cases_pb2.AdvanceCase(number="2026-0001", event=cases_pb2.CASE_EVENT_ACCEPT),
        query("nothing"),
        atomic=atomic,
    )


def read(chain: ProvenChain, receipt: Receipt, batch: Batch) -> VerifiedReceipt:
    return verify_receipt(chain.prove(receipt.anchor), receipt, batch)


@pytest.fixture
def chain() -> ProvenChain:
    chain = ProvenChain()
    chain.accept(MARKET_OFFICE, issue_licence())
    return chain


def test_results_and_places_of_every_operation_follow_from_one_leaf(chain: ProvenChain) -> None:
    batch = mixed_batch(chain)
    verified = read(chain, chain.settle(batch), batch)
    names = [CODES[result].name for result in verified.results]
    assert names == ["OK", "OK", "NOT_FOUND", "ALREADY_EXISTS", "OK", "OK"]
    assert sorted(verified.registry_indexes) == [0, 4]
    assert sorted(verified.access_indexes) == [1, 2, 5]
    assert not verified.is_accepted
    builder = ProofBuilder(chain.provable)
    for log, indexes in ((REGISTRY, verified.registry_indexes), (ACCESS, verified.access_indexes)):
        for ordinal, index in indexes.items():
            entry = decode_entry(builder.get_leaf(log, index))
            assert (entry.batch_index, entry.ordinal) == (verified.batch_index, ordinal)
            assert entry.operation == batch.operations[ordinal]


def test_an_atomic_batch_with_a_refusal_made_no_entry(chain: ProvenChain) -> None:
    batch = mixed_batch(chain, atomic=True)
    verified = read(chain, chain.settle(batch), batch)
    assert all(verified.results)
    assert (verified.registry_indexes, verified.access_indexes) == ({}, {})


def test_an_operation_that_cannot_be_read_made_no_entry(chain: ProvenChain) -> None:
    batch = mixed_batch(chain)
    leaf = decode_batch_leaf(chain.settle(batch).batch.leaf)
    unreadable = Batch(
        batch.header_bytes, batch.signature, [*batch.operations[:2], b"\xff", *batch.operations[3:]]
    )
    registry, access = compute_entry_indexes(leaf, unreadable)
    assert (sorted(registry), sorted(access)) == ([0, 4], [1, 5])


def test_there_is_no_receipt_of_a_batch_that_is_not_provable(chain: ProvenChain) -> None:
    size = chain.head.sizes[1]
    assert build_receipt(chain.provable, size) is None
    assert build_receipt(chain.provable, 2**64 - 1) is None


def test_the_receipt_of_another_batch_is_not_mine(chain: ProvenChain) -> None:
    mine, other = mixed_batch(chain), chain.build_batch(HUANGPU_COUNTER, query("licence"))
    chain.settle(mine)
    receipt = chain.settle(other)
    assert fails(lambda: read(chain, receipt, mine)) is Code.PROOF_WRONG_RESULT


def test_the_receipt_covers_the_operations_that_were_sent(chain: ProvenChain) -> None:
    batch = mixed_batch(chain)
    receipt = chain.settle(batch)
    sent = Batch(batch.header_bytes, batch.signature, [*batch.operations[:-1]])
    assert fails(lambda: read(chain, receipt, sent)) is Code.PROOF_WRONG_RESULT
    swapped = Batch(
        batch.header_bytes, batch.signature, [*batch.operations[:2], b"\x00", *batch.operations[3:]]
    )
    assert fails(lambda: read(chain, receipt, swapped)) is Code.PROOF_WRONG_RESULT


def test_a_leaf_is_read_whole_or_not_at_all(chain: ProvenChain) -> None:
    data = chain.settle(mixed_batch(chain)).batch.leaf
    leaf = decode_batch_leaf(data)
    assert leaf.encode() == data
    assert len(leaf.refused) == 2
    for cut in range(1, len(data) + 1):
        assert fails(lambda: decode_batch_leaf(data[:-cut])) is Code.PROOF_MALFORMED  # noqa: B023
    for wrong in (
        data + bytes(1),
        data + bytes(32),
        leaf._replace(refused=leaf.refused[:1]).encode(),
        leaf._replace(results=(0,) * len(leaf.results)).encode(),
        leaf._replace(results=(), refused=()).encode(),
    ):
        assert fails(lambda: decode_batch_leaf(wrong)) is Code.PROOF_MALFORMED  # noqa: B023


def turn_refusal_into_acceptance(receipt: Receipt) -> None:
    leaf = decode_batch_leaf(receipt.batch.leaf)
    accepted = leaf._replace(results=(0,) * len(leaf.results), refused=())
    receipt.batch.leaf = accepted.encode()


def claim_registry(receipt: Receipt) -> None:
    receipt.batch.log = REGISTRY


def shorten(receipt: Receipt) -> None:
    del receipt.batch.path[-1]


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        (turn_refusal_into_acceptance, Code.PROOF_WRONG_PATH),
        (claim_registry, Code.PROOF_SWAPPED),
        (shorten, Code.PROOF_TRUNCATED_PATH),
    ],
)
def test_an_altered_receipt_is_refused(
    chain: ProvenChain, lie: Callable[[Receipt], None], code: Code
) -> None:
    batch = mixed_batch(chain)
    receipt = altered(chain.settle(batch), lie)
    assert fails(lambda: read(chain, receipt, batch)) is code

"""A receipt of what was just sent: of that very batch, or told apart from it, and proven either way."""

from collections.abc import Callable
from functools import partial

import pytest

from tests.testkit.chain_kit import ProvenChain, altered, fails, flip
from tests.testkit.ledger_objects import MARKET_OFFICE, compute_seed, issue_licence
from zhenglian_ledger.batch import Batch, build_batch
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.leaves import decode_batch_leaf
from zhenglian_proto.v1.node_pb2 import Receipt as Proof
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_sdk.client.receipts import Receipt, verify_first_receipt, verify_sent_receipt
from zhenglian_sdk.signer import MemorySigner

NONCE = bytes(range(16))


@pytest.fixture
def chain() -> ProvenChain:
    chain = ProvenChain()
    chain.accept(MARKET_OFFICE, issue_licence())
    return chain


def sign(
    chain: ProvenChain, *names: str, nonce: bytes = NONCE, valid_for_ms: int = 60_000, atomic: bool = False
) -> Batch:
    """A batch that issues licences of those names."""
    signer = MemorySigner(compute_seed(MARKET_OFFICE))
    return build_batch(
        [serialise(Operation(issue_licence=issue_licence(name))) for name in names],
        suite=signer.suite,
        chain_id=chain.chain_id,
        system=MARKET_OFFICE,
        key=signer.key_id,
        nonce=nonce,
        valid_until_ms=chain.now_ms + valid_for_ms,
        sign=signer.sign,
        atomic=atomic,
    )


def read(chain: ProvenChain, proof: Proof, sent: Batch) -> Receipt:
    return verify_sent_receipt(chain.prove(proof.anchor), proof, sent)


def test_the_receipt_of_what_was_sent_says_the_same_as_one_that_is_asked_for(chain: ProvenChain) -> None:
    sent = sign(chain, "first", "second", "first")
    proof = chain.settle(sent)
    receipt = read(chain, proof, sent)
    assert [each.code for each in receipt.results] == [Code.OK, Code.OK, Code.IDENTIFIER_REUSED]
    assert receipt.identical
    proven = chain.prove(proof.anchor)
    asked = verify_first_receipt(proven, proof, system=MARKET_OFFICE, nonce=NONCE, operations=sent.operations)
    assert receipt == asked


def test_an_earlier_batch_of_the_same_operations_is_identical(chain: ProvenChain) -> None:
    proof = chain.settle(sign(chain, "first"))
    receipt = read(chain, proof, sign(chain, "first", valid_for_ms=90_000))
    assert receipt.identical
    assert receipt.results[0].registry_index is not None


def test_an_earlier_batch_of_other_operations_is_told_apart(chain: ProvenChain) -> None:
    proof = chain.settle(sign(chain, "first", "first"))
    receipt = read(chain, proof, sign(chain, "second", "third"))
    assert not receipt.identical
    assert [each.code for each in receipt.results] == [Code.OK, Code.IDENTIFIER_REUSED]
    assert [each.registry_index for each in receipt.results] == [None, None]


def test_the_same_header_under_another_signature_is_not_taken_for_what_was_sent(chain: ProvenChain) -> None:
    """What was proven counts, so the receipt stands: it is compared operation by operation."""
    sent = sign(chain, "first")
    proof = chain.settle(sent)
    otherwise = Batch(sent.header_bytes, flip(sent.signature), sent.operations)
    assert read(chain, proof, otherwise) == read(chain, proof, sent)
    emptied = Batch(sent.header_bytes, flip(sent.signature), sign(chain, "second").operations)
    assert not read(chain, proof, emptied).identical


def test_a_batch_of_another_nonce_is_no_receipt(chain: ProvenChain) -> None:
    proof = chain.settle(sign(chain, "first"))
    other = sign(chain, "first", nonce=flip(NONCE))
    assert fails(lambda: read(chain, proof, other)) is Code.PROOF_WRONG_RESULT


def refuse_the_accepted(proof: Proof) -> None:
    leaf = decode_batch_leaf(proof.batch.leaf)
    refused = (bytes(32),) * len(leaf.results)
    proof.batch.leaf = leaf._replace(results=(1,) * len(leaf.results), refused=refused).encode()


def move_entries(proof: Proof) -> None:
    leaf = decode_batch_leaf(proof.batch.leaf)
    proof.batch.leaf = leaf._replace(first_registry_index=leaf.first_registry_index + 1).encode()


def turn_path(proof: Proof) -> None:
    proof.batch.path[0] = flip(proof.batch.path[0])


@pytest.mark.parametrize("lie", [refuse_the_accepted, move_entries, turn_path])
def test_a_leaf_of_the_very_batch_must_stand_in_the_log(
    chain: ProvenChain, lie: Callable[[Proof], None]
) -> None:
    sent = sign(chain, "first", "second")
    proof = altered(chain.settle(sent), lie)
    proven = chain.prove(proof.anchor)
    assert fails(lambda: verify_sent_receipt(proven, proof, sent)) is Code.PROOF_WRONG_PATH
    for operations in (sent.operations, None):
        asked = partial(
            verify_first_receipt, proven, proof, system=MARKET_OFFICE, nonce=NONCE, operations=operations
        )
        assert fails(asked) is Code.PROOF_WRONG_PATH


def test_a_receipt_of_another_place_is_refused(chain: ProvenChain) -> None:
    sent = sign(chain, "first")
    proof = chain.settle(sent)
    proof.batch.index -= 1
    assert fails(lambda: read(chain, proof, sent)) in {Code.PROOF_WRONG_PATH, Code.PROOF_TRUNCATED_PATH}

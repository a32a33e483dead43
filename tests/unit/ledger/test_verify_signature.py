"""One operation under its author's signature: who signed it, and whether that key can still be believed."""

from collections.abc import Callable

import pytest

from tests.testkit.chain_kit import ProvenChain, altered, fails, flip
from tests.testkit.ledger_kit import CHAIN_ID, sign_key_operation
from tests.testkit.ledger_objects import (
    MARKET,
    MARKET_COUNTER,
    MARKET_OFFICE,
    compute_id,
    issue_licence,
    key_body,
)
from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.verify.answer import compute_answer
from zhenglian_ledger.verify.record import verify_record
from zhenglian_ledger.verify.record_answer import VerifiedRecordAnswer, verify_record_answer
from zhenglian_ledger.verify.signature import verify_signature
from zhenglian_node.app.answers import ProofBuilder, build_record_answer
from zhenglian_proto.v1 import members_pb2, types_pb2
from zhenglian_proto.v1.node_pb2 import RecordAnswer

LICENCE = compute_id("licence")


@pytest.fixture
def chain() -> ProvenChain:
    """Li Lei's licence, signed with four siblings in one batch; another batch by the same system."""
    chain = ProvenChain()
    chain.accept(MARKET_OFFICE, *[issue_licence(name) for name in ("a", "b", "licence", "c", "d")])
    chain.accept(MARKET_OFFICE, issue_licence("later"))
    return chain


def ask(chain: ProvenChain, name: str = "licence") -> RecordAnswer:
    return build_record_answer(chain.provable, identifier=compute_id(name), with_signature=True)


def read(chain: ProvenChain, reply: RecordAnswer) -> VerifiedRecordAnswer:
    verified = verify_record_answer(chain.prove(reply.anchor), reply, with_signature=True, identifier=LICENCE)
    assert verified is not None
    return verified


def test_the_author_of_one_operation_among_many_is_proven(chain: ProvenChain) -> None:
    signature = read(chain, ask(chain)).signature
    assert signature is not None
    assert (signature.system, signature.unit) == (MARKET_OFFICE, MARKET)
    assert not signature.is_key_compromised


def test_a_refused_sibling_does_not_break_the_proof() -> None:
    chain = ProvenChain()
    operations = [issue_licence("a"), issue_licence("a"), issue_licence()]
    assert [code.name for code in chain.apply(MARKET_OFFICE, *operations)] == [
        "OK",
        "IDENTIFIER_REUSED",
        "OK",
    ]
    assert read(chain, ask(chain)).signature is not None


def test_genesis_is_signed_by_nobody(chain: ProvenChain) -> None:
    builder = ProofBuilder(chain.provable)
    index = builder.get_index(types_pb2.KIND_UNIT, MARKET.encode())
    assert index is not None
    proven = chain.prove(builder.build_anchor())
    shown = builder.build_record(types_pb2.KIND_UNIT, index, with_signature=True)
    unit = verify_record(proven, shown, kind=types_pb2.KIND_UNIT, identifier=MARKET.encode())
    assert verify_signature(proven, unit.entry, shown.signature).system == ""


def test_what_was_signed_after_the_key_was_lost_is_in_doubt(chain: ProvenChain) -> None:
    key = ProofBuilder(chain.provable)
    identifier = ask(chain).record.signature.key
    assert identifier.entry.log == rows.REGISTRY
    header = read(chain, ask(chain)).signature
    assert header is not None
    lost_ms = key.state.get_entry(rows.REGISTRY, ask(chain).record.entry.index).time_ms - 1
    sequence = key.state.get_counter(rows.COUNTER_KEY_SEQUENCE, MARKET.encode()) + 1
    end = members_pb2.KeyEnd(key=header.key, not_after_ms=lost_ms)
    body = key_body(MARKET, sequence, chain_id=CHAIN_ID, end=end)
    chain.accept(MARKET_COUNTER, sign_key_operation(body, f"{MARKET}-recovery"))
    reply = ask(chain)
    said = compute_answer(read(chain, reply), chain.prove(reply.anchor))
    assert (said.state.value, said.disputed, said.code) == ("VALID", True, Code.SIGNING_KEY_COMPROMISED)


def use_other_batch(reply: RecordAnswer, other: RecordAnswer) -> None:
    reply.record.signature.batch.CopyFrom(other.record.signature.batch)


def use_other_key(reply: RecordAnswer, other: RecordAnswer) -> None:
    reply.record.signature.key.CopyFrom(other.record.signature.key)


def use_other_system(reply: RecordAnswer, other: RecordAnswer) -> None:
    reply.record.signature.system.CopyFrom(other.record.signature.system)


def use_other_ordinal(reply: RecordAnswer, _other: RecordAnswer) -> None:
    reply.record.signature.ordinal += 1


def shorten_path(reply: RecordAnswer, _other: RecordAnswer) -> None:
    del reply.record.signature.operation_path[-1]


def alter_path(reply: RecordAnswer, _other: RecordAnswer) -> None:
    path = reply.record.signature.operation_path
    path[0] = flip(path[0])


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        (use_other_batch, Code.PROOF_SWAPPED),
        (use_other_key, Code.PROOF_OTHER_RECORD),
        (use_other_system, Code.PROOF_OTHER_RECORD),
        (use_other_ordinal, Code.PROOF_SWAPPED),
        (shorten_path, Code.PROOF_TRUNCATED_PATH),
        (alter_path, Code.PROOF_WRONG_PATH),
    ],
)
def test_a_signature_of_somebody_or_something_else_is_refused(
    chain: ProvenChain, lie: Callable[[RecordAnswer, RecordAnswer], None], code: Code
) -> None:
    chain.accept(MARKET_COUNTER, issue_licence("elsewhere"))  # same unit, another system, another key
    other = ask(chain, "elsewhere")
    reply = altered(ask(chain), lambda each: lie(each, other))
    assert fails(lambda: read(chain, reply)) is code


def test_an_entry_under_another_header_was_signed_by_nobody_known(chain: ProvenChain) -> None:
    reply = ask(chain)
    proven = chain.prove(reply.anchor)
    record = read(chain, reply).record
    stolen = record.entry._replace(header_digest=bytes(32))
    assert fails(lambda: verify_signature(proven, stolen, reply.record.signature)) is Code.PROOF_WRONG_SIGNER


def hide_signature(reply: RecordAnswer) -> None:
    reply.record.ClearField("signature")


def hide_key(reply: RecordAnswer) -> None:
    reply.record.signature.ClearField("key")


def hide_system(reply: RecordAnswer) -> None:
    reply.record.signature.ClearField("system")


@pytest.mark.parametrize("lie", [hide_signature, hide_key, hide_system])
def test_a_signature_that_was_asked_for_cannot_be_left_out(
    chain: ProvenChain, lie: Callable[[RecordAnswer], None]
) -> None:
    """Else a node could hide that the signer's key was compromised."""
    reply = altered(ask(chain), lie)
    assert fails(lambda: read(chain, reply)) is Code.PROOF_WRONG_SIGNER


def test_a_signature_that_was_not_asked_for_may_be_left_out(chain: ProvenChain) -> None:
    reply = altered(ask(chain), hide_signature)
    proven = chain.prove(reply.anchor)
    verified = verify_record_answer(proven, reply, with_signature=False, identifier=LICENCE)
    assert verified is not None
    assert verified.signature is None

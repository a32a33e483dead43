"""A trace is complete or it is no trace: each way of shortening one is found, and absence is proven."""

from collections.abc import Callable, Sequence

import pytest

from tests.testkit.chain_kit import ProvenChain, altered, fails, flip
from tests.testkit.ledger_objects import (
    HUANGPU,
    HUANGPU_COUNTER,
    LI_LEI,
    MARKET_OFFICE,
    compute_id,
    issue_licence,
)
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_ledger.leaves import BatchLeaf, Entry
from zhenglian_ledger.merkle.trace import UNIT_PERIOD_MS, TraceKind
from zhenglian_ledger.verify.inclusion import decode_header, decode_operation
from zhenglian_ledger.verify.trace import START, Position, VerifiedTrace, compute_trace_target, verify_trace
from zhenglian_node.app.answers import build_trace_answer
from zhenglian_node.app.answers_traces import MAX_ELEMENTS
from zhenglian_proto.v1 import types_pb2, uses_pb2
from zhenglian_proto.v1.node_pb2 import TraceAnswer, TraceElement

NOBODY = compute_id("nobody")


def verify_query(name: str = "licence") -> uses_pb2.VerifyQuery:
    return uses_pb2.VerifyQuery(record=compute_id(name), purpose=types_pb2.PURPOSE_SERVICE)


@pytest.fixture
def chain() -> ProvenChain:
    """Li Lei's licence, looked at five times."""
    chain = ProvenChain()
    chain.accept(MARKET_OFFICE, issue_licence())
    for _ in range(5):
        chain.accept(HUANGPU_COUNTER, verify_query())
    return chain


def ask(chain: ProvenChain, subject: bytes = LI_LEI, start: int = 0) -> TraceAnswer:
    return build_trace_answer(chain.provable, TraceKind.SUBJECT, subject, start)


def read(
    chain: ProvenChain,
    reply: TraceAnswer,
    subject: bytes = LI_LEI,
    start: Position = START,
    earlier: Sequence[TraceElement] = (),
) -> VerifiedTrace:
    proven = chain.prove(reply.anchor)
    return verify_trace(
        proven, reply, kind=TraceKind.SUBJECT, identifier=subject, start=start, earlier=earlier
    )


def test_all_uses_recorded_are_shown_in_order(chain: ProvenChain) -> None:
    trace = read(chain, ask(chain))
    assert trace.is_complete
    assert (trace.count, [each.index for each in trace.entries]) == (5, [0, 1, 2, 3, 4])
    assert all(each.operation.verify_query.record == compute_id("licence") for each in trace.entries)


def test_a_trace_is_read_on_from_where_it_was_known(chain: ProvenChain) -> None:
    known = read(chain, ask(chain))
    chain.accept(HUANGPU_COUNTER, verify_query())
    later = read(chain, ask(chain, start=known.count), start=known.reached)
    assert (later.count, [each.index for each in later.entries]) == (6, [5])


def test_nothing_recorded_is_proven_by_absence(chain: ProvenChain) -> None:
    trace = read(chain, ask(chain, NOBODY), NOBODY)
    assert (trace.count, trace.entries, trace.is_complete) == (0, (), True)


def test_a_refused_use_is_in_the_trace_of_its_unit(chain: ProvenChain) -> None:
    refused = uses_pb2.PlanQuery(case_number="no-such-case")
    assert chain.apply(HUANGPU_COUNTER, refused) == [Code.NOT_FOUND]
    query = uses_pb2.AuditQuery(
        actor=uses_pb2.ActorRef(unit=HUANGPU), reason="check", period=chain.time_ms // UNIT_PERIOD_MS
    )
    kind, identifier = compute_trace_target(query)
    reply = build_trace_answer(chain.provable, kind, identifier)
    trace = verify_trace(chain.prove(reply.anchor), reply, kind=kind, identifier=identifier)
    assert [each.entry.code for each in trace.entries] == [0, 0, 0, 0, 0, Code.NOT_FOUND]


def drop_first(reply: TraceAnswer) -> None:
    del reply.elements[0]


def drop_middle(reply: TraceAnswer) -> None:
    del reply.elements[2]


def drop_last(reply: TraceAnswer) -> None:
    del reply.elements[-1]


def drop_last_and_claim_fewer(reply: TraceAnswer) -> None:
    del reply.elements[-1]
    reply.proof.count -= 1


def repeat(reply: TraceAnswer) -> None:
    reply.elements.append(reply.elements[-1])


def reorder(reply: TraceAnswer) -> None:
    first, second = reply.elements[0], reply.elements[1]
    kept = type(first)()
    kept.CopyFrom(first)
    first.CopyFrom(second)
    second.CopyFrom(kept)


def alter(reply: TraceAnswer) -> None:
    reply.elements[1].leaf = flip(reply.elements[1].leaf, 70)


def renumber(reply: TraceAnswer) -> None:
    reply.elements[1].index += 1


def promise_more(reply: TraceAnswer) -> None:
    reply.more = True


def promise_more_of_nothing(reply: TraceAnswer) -> None:
    reply.more = True
    del reply.elements[:]


def show_nothing(reply: TraceAnswer) -> None:
    reply.proof.present = False
    del reply.elements[:]


@pytest.mark.parametrize(
    "lie",
    [
        drop_first,
        drop_middle,
        drop_last,
        drop_last_and_claim_fewer,
        repeat,
        reorder,
        alter,
        renumber,
        promise_more,
        promise_more_of_nothing,
        show_nothing,
    ],
)
def test_a_trace_that_is_not_the_whole_is_refused(
    chain: ProvenChain, lie: Callable[[TraceAnswer], None]
) -> None:
    reply = altered(ask(chain), lie)
    assert fails(lambda: read(chain, reply)) is Code.PROOF_WRONG_TRACE


def test_what_was_expected_and_found_is_shown(chain: ProvenChain) -> None:
    reply = altered(ask(chain), drop_last)
    with pytest.raises(VerificationFailed) as caught:
        read(chain, reply)
    assert caught.value.fields["expected"] == reply.proof.head.hex()
    assert caught.value.fields["found"] != reply.proof.head.hex()


def test_the_trace_of_another_subject_is_swapped(chain: ProvenChain) -> None:
    assert fails(lambda: read(chain, ask(chain, NOBODY), LI_LEI)) is Code.PROOF_SWAPPED


def drop_hash(reply: TraceAnswer) -> None:
    del reply.proof.path[-1]


def empty_the_bucket(reply: TraceAnswer) -> None:
    reply.proof.run = b""
    show_nothing(reply)


@pytest.mark.parametrize("lie", [drop_hash, empty_the_bucket])
def test_a_bucket_that_does_not_lead_to_the_root_is_refused(
    chain: ProvenChain, lie: Callable[[TraceAnswer], None]
) -> None:
    reply = altered(ask(chain), lie)
    assert fails(lambda: read(chain, reply)) is Code.PROOF_WRONG_TRACE_PATH


def test_the_trace_of_an_older_height_is_refused(chain: ProvenChain) -> None:
    older = ask(chain)
    chain.accept(HUANGPU_COUNTER, verify_query())
    lie = altered(older, lambda reply: reply.anchor.CopyFrom(ask(chain).anchor))
    assert fails(lambda: read(chain, lie)) is Code.PROOF_WRONG_TRACE_PATH


def test_a_long_trace_comes_in_pages_and_is_complete_with_the_last() -> None:
    chain = ProvenChain()
    chain.accept(MARKET_OFFICE, issue_licence())
    for _ in range(5):
        chain.accept(HUANGPU_COUNTER, *[verify_query()] * 1000)
    page = ask(chain)
    first = read(chain, page)
    assert (len(page.elements), first.is_complete) == (MAX_ELEMENTS, False)
    assert (first.entries, first.reached) == ((), START)  # nothing of it is proven yet
    rest = ask(chain, start=MAX_ELEMENTS)
    last = read(chain, rest, earlier=page.elements)
    assert (len(last.entries), last.is_complete) == (5000, True)
    forged = altered(page, alter)
    assert fails(lambda: read(chain, rest, earlier=forged.elements)) is Code.PROOF_WRONG_TRACE
    assert fails(lambda: read(chain, rest)) is Code.PROOF_WRONG_TRACE


def show_garbage(reply: TraceAnswer) -> None:
    reply.more = True
    del reply.elements[1:]
    reply.elements[0].leaf = b"\x01" + bytes(58) + b"\xff\xff"


def test_bytes_that_no_one_can_read_are_not_read_before_they_are_proven(chain: ProvenChain) -> None:
    page = altered(ask(chain), show_garbage)
    assert read(chain, page).entries == ()
    rest = altered(ask(chain), drop_first)
    assert fails(lambda: read(chain, rest, earlier=page.elements)) is Code.PROOF_WRONG_TRACE


@pytest.mark.parametrize("garbage", [b"\xff", b"\xff\xff", b"\x0a\x7f"])
def test_bytes_that_are_no_message_are_malformed_and_no_crash(garbage: bytes) -> None:
    entry = Entry(0, 0, 1, 1, bytes(32), 0, garbage)
    assert fails(lambda: decode_operation(entry)) is Code.PROOF_MALFORMED
    leaf = BatchLeaf(1, 1, bytes(32), 0, 0, garbage, bytes(64), (0,), ())
    assert fails(lambda: decode_header(leaf)) is Code.PROOF_MALFORMED

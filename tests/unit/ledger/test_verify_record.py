"""A record's answer: what it proves, what it says, and the code that each kind of lie is met with."""

from collections.abc import Callable

import pytest

from tests.testkit.chain_kit import ProvenChain, altered, fails, flip
from tests.testkit.ledger_objects import (
    BUSINESS_LICENCE,
    CENTRE_OFFICE,
    GENESIS_MS,
    HUANGPU_COUNTER,
    MARKET_OFFICE,
    clear_dispute,
    collect_material,
    compute_id,
    issue_licence,
    open_case,
    put_licence_type,
    raise_dispute,
)
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_ledger.rows import REGISTRY
from zhenglian_ledger.verify.answer import Answer, compute_answer, compute_not_found, compute_unknown
from zhenglian_ledger.verify.grants import TIME_TOLERANCE_MS
from zhenglian_ledger.verify.record_answer import verify_record_answer
from zhenglian_ledger.verify.sentences import AnswerState, Assurance, Clock
from zhenglian_node.app.answers import ProofBuilder, build_record_answer
from zhenglian_proto.v1 import records_pb2, types_pb2
from zhenglian_proto.v1.node_pb2 import RecordAnswer
from zhenglian_proto.v1.proof_pb2 import LOG_ACCESS

LICENCE = compute_id("licence")


@pytest.fixture
def chain() -> ProvenChain:
    chain = ProvenChain()
    chain.accept(MARKET_OFFICE, issue_licence(), issue_licence("other"))
    return chain


def change(chain: ProvenChain, event: records_pb2.LicenceEvent, reason: records_pb2.Reason) -> None:
    chain.accept(MARKET_OFFICE, records_pb2.ChangeLicence(licence=LICENCE, event=event, reason=reason))


def ask(chain: ProvenChain, name: str = "licence") -> RecordAnswer:
    return build_record_answer(chain.provable, identifier=compute_id(name))


def answer(chain: ProvenChain, name: str = "licence", device_ms: int = 0) -> Answer:
    """What a client says of the record after verifying a node's answer."""
    reply = ask(chain, name)
    proven = chain.prove(reply.anchor)
    verified = verify_record_answer(proven, reply, with_signature=False, identifier=compute_id(name))
    return compute_not_found(proven) if verified is None else compute_answer(verified, proven, device_ms)


def meet(chain: ProvenChain, reply: RecordAnswer, name: str = "licence") -> Code | None:
    """The code that a client meets the reply with when it asked for that record."""
    proven = chain.prove(reply.anchor)
    return fails(
        lambda: verify_record_answer(proven, reply, with_signature=False, identifier=compute_id(name))
    )


# what is said


def test_a_licence_in_force_is_proven_valid(chain: ProvenChain) -> None:
    said = answer(chain)
    assert (said.state, said.disputed, said.assurance) == (AnswerState.VALID, False, Assurance.PROVEN)
    assert (said.zh, said.en) == ("有效", "valid")
    assert (said.height, said.time_ms) == (chain.head.height, chain.time_ms)


def test_a_record_is_found_by_its_digest(chain: ProvenChain) -> None:
    sha256 = compute_id("sha256 licence")
    reply = build_record_answer(chain.provable, sha256=sha256)
    verified = verify_record_answer(chain.prove(reply.anchor), reply, with_signature=False, sha256=sha256)
    assert verified is not None
    assert verified.record.message.id == LICENCE


def test_the_digest_of_another_file_is_another_record(chain: ProvenChain) -> None:
    reply = build_record_answer(chain.provable, sha256=compute_id("sha256 other"))
    proven = chain.prove(reply.anchor)
    code = fails(
        lambda: verify_record_answer(proven, reply, with_signature=False, sha256=compute_id("sha256 licence"))
    )
    assert code is Code.PROOF_OTHER_RECORD


@pytest.mark.parametrize(
    ("event", "reason", "state", "zh"),
    [
        (
            records_pb2.LICENCE_EVENT_REVOKE,
            records_pb2.REASON_REVOKED_AS_PENALTY,
            AnswerState.REVOKED,
            "吊销",
        ),
        (records_pb2.LICENCE_EVENT_CANCEL, records_pb2.REASON_LAPSED, AnswerState.CANCELLED, "失效"),
        (records_pb2.LICENCE_EVENT_SUSPEND, records_pb2.REASON_WITHHELD, AnswerState.SUSPENDED, "暂扣"),
    ],
)
def test_a_licence_out_of_force_says_why(
    chain: ProvenChain,
    event: records_pb2.LicenceEvent,
    reason: records_pb2.Reason,
    state: AnswerState,
    zh: str,
) -> None:
    change(chain, event, reason)
    said = answer(chain)
    assert (said.state, said.reason) == (state, records_pb2.Reason.Name(reason))
    assert said.zh.endswith(zh)


def test_why_a_licence_is_suspended_now_is_only_stated(chain: ProvenChain) -> None:
    """An earlier suspension has the same effect; the node can show it instead, and nobody can tell."""
    change(chain, records_pb2.LICENCE_EVENT_SUSPEND, records_pb2.REASON_ISSUED_IN_ERROR)
    earlier = ask(chain).record.change.index
    change(chain, records_pb2.LICENCE_EVENT_RESUME, records_pb2.REASON_RETURNED)
    change(chain, records_pb2.LICENCE_EVENT_SUSPEND, records_pb2.REASON_WITHHELD)
    honest = answer(chain)
    assert (honest.reason, honest.assurance) == ("REASON_WITHHELD", Assurance.PROVEN)
    assert honest.reason_assurance is Assurance.STATED
    shown = ProofBuilder(chain.provable).build_inclusion(REGISTRY, earlier)
    lie = altered(ask(chain), lambda reply: reply.record.change.CopyFrom(shown))
    assert meet(chain, lie) is None
    proven = chain.prove(lie.anchor)
    verified = verify_record_answer(proven, lie, with_signature=False, identifier=LICENCE)
    assert verified is not None
    told = compute_answer(verified, proven)
    assert (told.reason, told.reason_assurance) == ("REASON_ISSUED_IN_ERROR", Assurance.STATED)


def test_why_a_licence_ended_is_proven(chain: ProvenChain) -> None:
    change(chain, records_pb2.LICENCE_EVENT_SUSPEND, records_pb2.REASON_WITHHELD)
    revoke(chain)
    assert (answer(chain).reason, answer(chain).reason_assurance) == ("REASON_RESCINDED", Assurance.PROVEN)


def test_a_resumed_licence_is_valid_again(chain: ProvenChain) -> None:
    change(chain, records_pb2.LICENCE_EVENT_SUSPEND, records_pb2.REASON_WITHHELD)
    change(chain, records_pb2.LICENCE_EVENT_RESUME, records_pb2.REASON_RETURNED)
    assert (answer(chain).state, answer(chain).reason) == (AnswerState.VALID, "")


def test_a_superseded_licence_names_its_successor(chain: ProvenChain) -> None:
    chain.accept(MARKET_OFFICE, issue_licence("newer", supersedes=LICENCE))
    said = answer(chain)
    assert (said.state, said.successor) == (AnswerState.SUPERSEDED, compute_id("newer"))


def test_a_dispute_stands_beside_the_state(chain: ProvenChain) -> None:
    chain.accept(HUANGPU_COUNTER, raise_dispute())
    said = answer(chain)
    assert (said.state, said.disputed) == (AnswerState.VALID, True)
    assert len(ask(chain).disputes) == 1


def test_a_suspended_and_disputed_licence_still_shows_why_it_was_suspended(chain: ProvenChain) -> None:
    change(chain, records_pb2.LICENCE_EVENT_SUSPEND, records_pb2.REASON_WITHHELD)
    chain.accept(HUANGPU_COUNTER, raise_dispute())
    said = answer(chain)
    assert (said.state, said.disputed, said.reason) == (AnswerState.SUSPENDED, True, "REASON_WITHHELD")


def test_expiry_is_computed_by_the_later_clock_and_says_which(chain: ProvenChain) -> None:
    end = GENESIS_MS + 60_000
    valid = types_pb2.Interval(from_ms=1, to_ms=end)
    chain.accept(MARKET_OFFICE, issue_licence("short", valid=valid))
    assert answer(chain, "short", device_ms=end - 1).state is AnswerState.VALID
    by_device = answer(chain, "short", device_ms=end)
    assert (by_device.state, by_device.clock) == (AnswerState.EXPIRED, Clock.DEVICE)
    chain.wait(60_000)
    chain.accept(MARKET_OFFICE, issue_licence("later"))
    by_ledger = answer(chain, "short", device_ms=end - 1)
    assert (by_ledger.state, by_ledger.clock) == (AnswerState.EXPIRED, Clock.LEDGER)


def test_a_beginning_may_lie_ahead_by_the_time_tolerance(chain: ProvenChain) -> None:
    """Ledger time lags after idling: a licence of this minute is not denied to whoever holds it."""
    begin = chain.time_ms + 60_000
    chain.accept(MARKET_OFFICE, issue_licence("soon", valid=types_pb2.Interval(from_ms=begin)))
    at_ms = begin - TIME_TOLERANCE_MS
    assert answer(chain, "soon", device_ms=at_ms - 1).state is AnswerState.NOT_YET_VALID
    assert answer(chain, "soon", device_ms=at_ms).state is AnswerState.VALID


def test_a_licence_of_tomorrow_is_not_yet_valid(chain: ProvenChain) -> None:
    valid = types_pb2.Interval(from_ms=GENESIS_MS + 86_400_000)
    chain.accept(MARKET_OFFICE, issue_licence("tomorrow", valid=valid))
    assert answer(chain, "tomorrow").state is AnswerState.NOT_YET_VALID


def test_a_material_is_pending_until_its_case_decides(chain: ProvenChain) -> None:
    chain.accept(HUANGPU_COUNTER, open_case(), collect_material())
    assert answer(chain, "material").state is AnswerState.PENDING
    event = records_pb2.MATERIAL_EVENT_REJECT
    chain.accept(HUANGPU_COUNTER, records_pb2.DecideMaterial(material=compute_id("material"), event=event))
    said = answer(chain, "material")
    assert (said.state, said.reason) == (AnswerState.INVALID, "MATERIAL_EVENT_REJECT")


def test_that_there_is_no_record_is_only_stated(chain: ProvenChain) -> None:
    said = answer(chain, "nothing")
    assert (said.state, said.assurance) == (AnswerState.NOT_FOUND, Assurance.STATED)


def test_a_stale_header_leaves_everything_unknown() -> None:
    said = compute_unknown(VerificationFailed(Code.PROOF_STALE))
    assert (said.state, said.code, said.assurance) == (
        AnswerState.UNKNOWN,
        Code.PROOF_STALE,
        Assurance.STATED,
    )


# lies


def revoke(chain: ProvenChain) -> None:
    change(chain, records_pb2.LICENCE_EVENT_REVOKE, records_pb2.REASON_RESCINDED)


def test_another_record_is_not_the_one_asked_for(chain: ProvenChain) -> None:
    assert meet(chain, ask(chain, "other")) is Code.PROOF_OTHER_RECORD


def test_the_status_of_an_older_height_is_refused(chain: ProvenChain) -> None:
    older = ask(chain)
    revoke(chain)

    def lie(reply: RecordAnswer) -> None:
        reply.record.status.CopyFrom(older.record.status)
        reply.record.ClearField("change")

    assert meet(chain, altered(ask(chain), lie)) is Code.PROOF_OLD_STATUS


def test_the_status_of_another_record_is_swapped(chain: ProvenChain) -> None:
    other = ask(chain, "other")
    revoke(chain)
    lie = altered(ask(chain), lambda reply: reply.record.status.CopyFrom(other.record.status))
    assert meet(chain, lie) is Code.PROOF_SWAPPED


def test_a_status_chunk_of_another_length_is_no_chunk(chain: ProvenChain) -> None:
    lie = altered(ask(chain), lambda reply: setattr(reply.record.status, "chunk", b"\x00" * 127))
    assert meet(chain, lie) is Code.PROOF_WRONG_STATUS


def test_a_revoked_licence_without_the_revocation_is_refused(chain: ProvenChain) -> None:
    revoke(chain)
    lie = altered(ask(chain), lambda reply: reply.record.ClearField("change"))
    assert meet(chain, lie) is Code.PROOF_WRONG_STATUS


def test_the_revocation_of_another_licence_does_not_explain_this_one(chain: ProvenChain) -> None:
    revoke(chain)
    chain.accept(
        MARKET_OFFICE,
        records_pb2.ChangeLicence(
            licence=compute_id("other"),
            event=records_pb2.LICENCE_EVENT_CANCEL,
            reason=records_pb2.REASON_CANCELLED,
        ),
    )
    other = ask(chain, "other").record.change
    lie = altered(ask(chain), lambda reply: reply.record.change.CopyFrom(other))
    assert meet(chain, lie) is Code.PROOF_OTHER_RECORD


def test_a_suspension_does_not_explain_a_revocation(chain: ProvenChain) -> None:
    change(chain, records_pb2.LICENCE_EVENT_SUSPEND, records_pb2.REASON_WITHHELD)
    index = ask(chain).record.change.index
    revoke(chain)
    suspension = ProofBuilder(chain.provable).build_inclusion(REGISTRY, index)
    lie = altered(ask(chain), lambda reply: reply.record.change.CopyFrom(suspension))
    assert meet(chain, lie) is Code.PROOF_WRONG_STATUS


def drop_last_hash(reply: RecordAnswer) -> None:
    del reply.record.entry.path[-1]


def repeat_last_hash(reply: RecordAnswer) -> None:
    reply.record.entry.path.append(reply.record.entry.path[-1])


def alter_hash(reply: RecordAnswer) -> None:
    reply.record.entry.path[0] = flip(reply.record.entry.path[0])


def alter_entry(reply: RecordAnswer) -> None:
    reply.record.entry.leaf = flip(reply.record.entry.leaf, -1 % len(reply.record.entry.leaf))


def move_entry(reply: RecordAnswer) -> None:
    reply.record.entry.index ^= 1
    reply.record.status.index ^= 1


def claim_other_log(reply: RecordAnswer) -> None:
    reply.record.entry.log = LOG_ACCESS


def lengthen_status_path(reply: RecordAnswer) -> None:
    reply.record.status.path.append(bytes(32))


def swap_type(reply: RecordAnswer) -> None:
    reply.type.CopyFrom(reply.record)


def claim_other_kind(reply: RecordAnswer) -> None:
    reply.kind = types_pb2.KIND_MATERIAL


def claim_no_kind(reply: RecordAnswer) -> None:
    reply.kind = types_pb2.KIND_UNIT


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        (drop_last_hash, Code.PROOF_TRUNCATED_PATH),
        (repeat_last_hash, Code.PROOF_TRUNCATED_PATH),
        (alter_hash, Code.PROOF_WRONG_PATH),
        (alter_entry, Code.PROOF_WRONG_PATH),
        (move_entry, Code.PROOF_WRONG_PATH),
        (claim_other_log, Code.PROOF_SWAPPED),
        (lengthen_status_path, Code.PROOF_TRUNCATED_PATH),
        (swap_type, Code.PROOF_OTHER_RECORD),
        (claim_other_kind, Code.PROOF_OTHER_RECORD),
        (claim_no_kind, Code.PROOF_MALFORMED),
    ],
)
def test_each_altered_part_is_met_with_its_own_code(
    chain: ProvenChain, lie: Callable[[RecordAnswer], None], code: Code
) -> None:
    assert meet(chain, altered(ask(chain), lie)) is code


def test_the_dispute_of_another_record_cannot_be_shown_with_this_one(chain: ProvenChain) -> None:
    chain.accept(HUANGPU_COUNTER, raise_dispute(record="other"))
    other = ask(chain, "other")
    lie = altered(ask(chain), lambda reply: reply.disputes.extend(other.disputes))
    assert meet(chain, lie) is Code.PROOF_OTHER_RECORD


def test_a_superseded_version_of_the_type_is_refused(chain: ProvenChain) -> None:
    old = ProofBuilder(chain.provable).get_index(types_pb2.KIND_LICENCE_TYPE, BUSINESS_LICENCE.encode())
    assert old is not None
    chain.accept(CENTRE_OFFICE, put_licence_type(id=BUSINESS_LICENCE, name="营业执照"))
    assert meet(chain, ask(chain)) is None
    shown = ProofBuilder(chain.provable).build_record(types_pb2.KIND_LICENCE_TYPE, old)
    lie = altered(ask(chain), lambda reply: reply.type.CopyFrom(shown))
    assert meet(chain, lie) is Code.PROOF_WRONG_STATUS


def test_a_cleared_dispute_cannot_be_shown_as_open(chain: ProvenChain) -> None:
    chain.accept(HUANGPU_COUNTER, raise_dispute())
    chain.accept(MARKET_OFFICE, clear_dispute())
    cleared = ProofBuilder(chain.provable).build_existing(types_pb2.KIND_DISPUTE, compute_id("dispute"))
    assert not ask(chain).disputes
    lie = altered(ask(chain), lambda reply: reply.disputes.append(cleared))
    assert meet(chain, lie) is Code.PROOF_WRONG_STATUS

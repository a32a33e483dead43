"""Builders: friendly arguments become canonical operations, mistakes are met before anything is signed."""

from datetime import timedelta
from typing import Any

import pytest

from tests.testkit.ledger_objects import HUANGPU, LI_LEI, MARKET, build_content, build_parameters, compute_id
from zhenglian_ledger.attestation import compute_grant_id, compute_present_target
from zhenglian_ledger.canonical import parse_canonical, serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import ZhenglianError
from zhenglian_ledger.identifiers import compute_uscc_check
from zhenglian_ledger.operations import OPERATIONS
from zhenglian_proto.v1 import batch_pb2, types_pb2
from zhenglian_proto.v1.governance_pb2 import Change, Propose
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_sdk import builders as build
from zhenglian_sdk.actors import Actors
from zhenglian_sdk.attesting import attest_at_counter, attest_by_holder_key
from zhenglian_sdk.signer import MemorySigner

CHAIN = "sandbox-00000000"
ALWAYS = build.interval("2026-01-01")
SIGNER = MemorySigner(b"\x01" * 32)
USCC = "11310101000000000" + compute_uscc_check("11310101000000000")
RECORD, USE, GRANT = compute_id("record"), compute_id("use"), compute_id("grant")
PARTICULARS = build.particulars(matter="M.1", case_number="HP-1", whole_document=True)
SCOPE = build.scope(types=["LT.BUSINESS"], whole_document=True, case=(HUANGPU, "HP-1"))
BODY = build.grant_body(chain_id=CHAIN, grantor=LI_LEI, grantee=HUANGPU, valid=ALWAYS, scope=SCOPE)
BIND = build.holder_key(LI_LEI, SIGNER.public_key, chain_id=CHAIN)
CHANGE = build.grant_change(GRANT, "REVOKE", chain_id=CHAIN, sequence=1)
END = build.holder_key_end(SIGNER.key_id, "COMPROMISED", chain_id=CHAIN)
PARTICIPANT = build.participant(compute_id("project"), LI_LEI, "OWNER", valid=ALWAYS, chain_id=CHAIN)
ATTESTATION = attest_by_holder_key(compute_grant_id(BODY), LI_LEI, SIGNER)

SUSPENSION = build.suspend_member(USCC)
PARAMETERS = build_parameters(min_validators=4, max_validators=7)

KEY_PLACE: dict[str, Any] = {"chain_id": CHAIN, "member": USCC, "sequence": 2, "recovery": SIGNER}

BUILT = {
    "put_member": build.put_member(USCC, "区", tier="DISTRICT", votes=True),
    "put_unit": build.put_unit(
        USCC, "局", member=USCC, level="DISTRICT", region="310101", roles=["RELYING", "ACCEPTING"]
    ),
    "put_system": build.put_system("s-1", "系统", unit=USCC, kind="COUNTER"),
    "key": build.add_key(
        SIGNER.public_key, suite=batch_pb2.SUITE_ED25519, usage="SIGN", system="s-1", **KEY_PLACE
    ),
    "put_node": build.put_node(bytes(20), member=USCC),
    "put_region": build.put_region("310101", "黄浦区", valid=ALWAYS),
    "put_rule": build.put_rule("law-1", "办法", valid=ALWAYS, article="第三条"),
    "put_recognition_list": build.put_recognition_list(
        "list-1", "清单", types=["LT.1"], issuing_units=[USCC], valid=ALWAYS
    ),
    "put_mandate": build.put_mandate(
        "m-1", principal=MARKET, agent=HUANGPU, types=["LT.1"], valid=ALWAYS, basis="law-1"
    ),
    "put_licence_type": build.put_licence_type("LT.1", "证照", issuing_units=[MARKET], grade="INTERNAL"),
    "put_material_type": build.put_material_type(
        "MT.1", "材料", grade="INTERNAL", reuse_key="SUBJECT", originators=["APPLICANT"],
        max_age=timedelta(90),
    ),
    "retire": build.retire("RULE", "law-1"),
    "put_matter": build.put_matter(
        "M.1", "事项", version=1, basic_code="000131005000", basis="law-1", unit=HUANGPU, handling_item="NEW",
        promised=timedelta(days=5),
        rows=[build.material_row("form", "申请表", source="APPLICANT_MADE", material_types=["MT.1"])],
    ),
    "open_case": build.open_case(
        "HP-1", matter="M.1", matter_version=1, applicant=LI_LEI, promised="2026-02-01"
    ),
    "advance_case": build.advance_case("HP-1", "ACCEPT"),
    "open_project": build.open_project(code="2026-1", kind="building", lead=LI_LEI),
    "admit_participant": build.admit_participant(PARTICIPANT, ATTESTATION),
    "issue_licence": build.issue_licence(
        id=RECORD, type="LT.1", holders=[LI_LEI], issuing_unit=MARKET, custodian=MARKET, valid=ALWAYS,
        content=build_content("licence"), paper_issued="2026-01-02", case=(HUANGPU, "HP-1"),
    ),
    "change_licence": build.change_licence(RECORD, "SUSPEND", "WITHHELD"),
    "collect_material": build.collect_material(
        type="MT.1", holders=[LI_LEI], case_number="HP-1", originator="APPLICANT", custodian=HUANGPU,
        valid=ALWAYS, content=build_content("material"), retention=timedelta(days=365),
    ),
    "decide_material": build.decide_material(RECORD, "ACCEPT"),
    "bind_holder_key": build.bind_holder_key(BIND, ATTESTATION),
    "end_holder_key": build.end_holder_key(END, ATTESTATION),
    "give_grant": build.give_grant(BODY, ATTESTATION),
    "change_grant": build.change_grant(CHANGE, ATTESTATION),
    "plan_query": build.plan_query("HP-1"),
    "verify_query": build.verify_query(record=RECORD),
    "audit_query": build.audit_query("why", unit=HUANGPU, actor=compute_id("clerk"), period=7),
    "present": build.present(RECORD, id=USE, particulars=PARTICULARS, attestation=ATTESTATION),
    "open_use": build.open_use(RECORD, grants=[GRANT], particulars=PARTICULARS, recipient_key=USE),
    "close_use": build.close_use(USE, "RELEASED", sha256=compute_id("sha")),
    "rely": build.rely(RECORD, use=USE, particulars=PARTICULARS),
    "raise_dispute": build.raise_dispute(RECORD, ground="WRONG_FIELD", statement=compute_id("said")),
    "clear_dispute": build.clear_dispute(compute_id("d"), resolution="REJECTED", root_cause="NO_ERROR"),
    "propose": build.propose(SUSPENSION, reason="理由", valid_until="2026-02-01"),
    "vote": build.vote(Propose(id=RECORD, change=SUSPENSION), approve=True),
}  # fmt: skip


def test_there_is_a_builder_for_every_kind_of_operation() -> None:
    assert set(BUILT) == set(OPERATIONS) - {"begin_era"}  # no system writes it: it stands in an era's file


@pytest.mark.parametrize("kind", sorted(BUILT))
def test_what_is_built_is_canonical_and_of_its_kind(kind: str) -> None:
    operation = BUILT[kind]
    assert operation.WhichOneof("kind") == kind
    assert parse_canonical(Operation, serialise(operation)) == operation


CHANGES = {
    "put_member": build.admit_member(USCC, "区", tier="DISTRICT"),
    "suspend_member": SUSPENSION,
    "resume_member": build.resume_member(USCC),
    "add_recovery_key": build.add_recovery_key(USCC, bytes(32)),
    "put_node": build.allow_node(bytes(20), member=USCC),
    "remove_node": build.remove_node(bytes(20)),
    "add_validator": build.add_validator(bytes(32), member=USCC),
    "remove_validator": build.remove_validator(bytes(32)),
    "put_parameters": build.change_parameters(PARAMETERS, max_children=7),
}


def test_there_is_a_builder_for_every_kind_of_change() -> None:
    kinds = {field.name for field in Change.DESCRIPTOR.oneofs_by_name["kind"].fields}
    assert set(CHANGES) == kinds
    assert {kind: change.WhichOneof("kind") for kind, change in CHANGES.items()} == {k: k for k in kinds}


def test_a_vote_repeats_what_it_approves_and_a_rejection_does_not() -> None:
    proposal = BUILT["propose"].propose
    assert build.vote(proposal, approve=True).vote.change == proposal.change
    assert not build.vote(proposal, approve=False).vote.HasField("change")


def test_parameters_that_are_not_named_stay_as_they_are() -> None:
    changed = build.change_parameters(PARAMETERS, max_children=7).put_parameters
    assert (changed.max_children, changed.trace_bits) == (7, PARAMETERS.trace_bits)
    assert PARAMETERS.max_children != 7


def test_ids_drawn_at_random_differ_and_given_ones_are_kept() -> None:
    drawn = [build.open_project(code="1", kind="b", lead=LI_LEI).open_project.id for _ in range(2)]
    assert drawn[0] != drawn[1]
    assert build.open_project(code="1", kind="b", lead=LI_LEI, id=RECORD).open_project.id == RECORD


def test_choices_are_given_by_number_or_by_name() -> None:
    by_name = build.context(channel="window", stage="STAGE_REVIEW")
    assert by_name == build.context(channel=types_pb2.CHANNEL_WINDOW, stage=types_pb2.STAGE_REVIEW)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: build.context(channel="FAX"), Code.UNDEFINED_ENUM),
        (lambda: build.context(channel="UNSPECIFIED"), Code.UNDEFINED_ENUM),
        (lambda: build.context(channel=""), Code.UNDEFINED_ENUM),
        (lambda: build.context(channel=types_pb2.CHANNEL_UNSPECIFIED), Code.UNDEFINED_ENUM),
        (lambda: build.context(stage=99), Code.UNDEFINED_ENUM),  # type: ignore[arg-type]
        (lambda: build.context(actor=b"short"), Code.WRONG_DIGEST),
        (lambda: build.put_system("s", "s", unit=USCC[:-1] + "9", kind="COUNTER"), Code.WRONG_CHECK_DIGIT),
        (lambda: build.put_system("系统", "s", unit=USCC, kind="COUNTER"), Code.INVALID_NAME),
        (lambda: build.put_region("31010", "x", valid=ALWAYS), Code.WRONG_LENGTH),
        (lambda: build.put_licence_type(
            USCC[:-1] + "9" + "001", "x", issuing_units=[MARKET], grade="PUBLIC"), Code.WRONG_CHECK_DIGIT),
        (lambda: build.open_case(
            "", matter="M", matter_version=1, applicant=LI_LEI, promised=1), Code.MISSING_FIELD),
        (lambda: build.open_case(
            "1", matter="M", matter_version=1, applicant=b"", promised=1), Code.WRONG_DIGEST),
        (build.verify_query, Code.MISSING_FIELD),
        (lambda: build.allow_node(bytes(19), member=USCC), Code.WRONG_DIGEST),
        (lambda: build.add_validator(bytes(31), member=USCC), Code.WRONG_DIGEST),
        (lambda: build.suspend_member(""), Code.INVALID_NAME),
        (lambda: build.change_parameters(PARAMETERS, no_such=1), Code.INPUT_INVALID),
        (lambda: build.change_parameters(PARAMETERS, trace_bits=9), Code.INPUT_INVALID),
        (lambda: build.change_parameters(PARAMETERS, max_children=-1), Code.OUT_OF_RANGE),
        (lambda: build.change_parameters(PARAMETERS, max_children=0), Code.MISSING_FIELD),
        (lambda: build.propose(SUSPENSION, reason="", valid_until="2026-02-01"), Code.MISSING_FIELD),
        (lambda: build.scope(purposes=[]), Code.MISSING_FIELD),
        (lambda: build.scope(records=[RECORD, RECORD]), Code.DUPLICATE),
        (lambda: build.open_use(
            RECORD, grants=[], particulars=PARTICULARS, recipient_key=RECORD), Code.MISSING_FIELD),
    ],
)  # fmt: skip
def test_a_mistake_is_met_on_the_spot(call: Any, code: Code) -> None:
    with pytest.raises(ZhenglianError) as caught:
        call()
    assert caught.value.code == code


def test_a_grant_that_cites_a_rule_is_statutory_and_others_rest_on_the_subject() -> None:
    statutory = build.grant_body(
        chain_id=CHAIN, grantor=MARKET, grantee=HUANGPU, valid=ALWAYS, scope=SCOPE, rule="law-1"
    )
    assert (statutory.kind, statutory.grantor.unit) == (3, MARKET)
    assert (BODY.kind, BODY.grantor.subject) == (1, LI_LEI)
    assert len(BODY.nonce) == 16


def test_a_counter_attests_with_everything_the_rule_asks_for() -> None:
    target = compute_present_target(RECORD, USE, HUANGPU, CHAIN)
    attested = attest_at_counter(
        target,
        LI_LEI,
        SIGNER,
        system="s-1",
        clerk=compute_id("clerk"),
        window="3",
        written_grant=RECORD,
        at_ms=7,
    )
    assert (attested.system, attested.window, attested.at_ms, attested.level) == ("s-1", "3", 7, 0)


def test_an_actors_pseudonym_is_the_units_own_and_nobody_elses() -> None:
    key = b"\x07" * 32
    first = Actors(key, HUANGPU).compute_clerk("0042")
    assert first == Actors(key, HUANGPU).compute_clerk("0042")
    others = {
        Actors(key, HUANGPU).compute_clerk("0043"),
        Actors(key, MARKET).compute_clerk("0042"),
        Actors(b"\x08" * 32, HUANGPU).compute_clerk("0042"),
        Actors(key, HUANGPU).compute_machine("0042", "1"),
    }
    assert len(first) == 32
    assert first not in others
    assert len(others) == 4
    with pytest.raises(ZhenglianError):
        Actors(b"", HUANGPU)

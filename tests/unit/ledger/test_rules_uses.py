"""Uses without a release: plan, verify, audit, present, rely; what each needs and which traces it leaves."""

from typing import Any

import pytest

from tests.testkit.grant_objects import (
    CASE,
    LICENCE,
    Attest,
    bind_key,
    build_grant,
    build_statutory,
    by_counter,
    by_gateway,
    by_holder,
    close_use,
    get_use_standing,
    give,
    give_accepted,
    open_case_of_li_lei,
    open_use,
    present,
    rely,
    to_unit,
)
from tests.testkit.ledger_kit import DAY_MS, Sandbox
from tests.testkit.ledger_objects import (
    BUILDING,
    BUSINESS_LICENCE,
    CENTRE,
    CENTRE_OFFICE,
    GATEWAY,
    GATEWAY_SYSTEM,
    GENESIS_MS,
    HAN_MEIMEI,
    HOUSE_PERMIT,
    HOUSING,
    HOUSING_OFFICE,
    HUANGPU,
    HUANGPU_COUNTER,
    HUANGPU_OFFICE,
    LI_LEI,
    MARKET,
    MARKET_OFFICE,
    PUDONG,
    PUDONG_OFFICE,
    UNITS,
    build_key,
    compute_id,
    issue_licence,
    key_body,
    open_case,
    put_licence_type,
    put_system,
    put_unit,
    raise_dispute,
)
from zhenglian_ledger import rows
from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_ledger.codes import Code
from zhenglian_ledger.merkle.trace import TraceKind, compute_trace_key, compute_unit_identifier
from zhenglian_ledger.rows import ACCESS, u64
from zhenglian_ledger.rules.usable_records import MAX_BY_DIGEST, get_records_by_digest
from zhenglian_proto.v1 import (
    cases_pb2,
    members_pb2,
    records_pb2,
    registries_pb2,
    state_pb2,
    types_pb2,
    uses_pb2,
)
from zhenglian_proto.v1.types_pb2 import HOLDER_RULE_ALL, PURPOSE_SERVICE, Interval

RELEASE_WINDOW_MS = 600_000


@pytest.fixture
def sandbox() -> Sandbox:
    """Li Lei holds a licence and has an open case at Huangpu."""
    sandbox = Sandbox()
    sandbox.accept(MARKET_OFFICE, issue_licence())
    open_case_of_li_lei(sandbox)
    return sandbox


def plan(number: str = CASE) -> uses_pb2.PlanQuery:
    return uses_pb2.PlanQuery(case_number=number)


def verify(**by: Any) -> uses_pb2.VerifyQuery:
    return uses_pb2.VerifyQuery(**{"purpose": PURPOSE_SERVICE, **by})


def audit(**target: Any) -> uses_pb2.AuditQuery:
    return uses_pb2.AuditQuery(reason="spot check", **target)


def advance_to_closed(sandbox: Sandbox) -> None:
    for event in (cases_pb2.CASE_EVENT_ACCEPT, cases_pb2.CASE_EVENT_REFUSE):
        sandbox.accept(HUANGPU_COUNTER, cases_pb2.AdvanceCase(number=CASE, event=event))


def get_unit_trace(sandbox: Sandbox, unit: str) -> list[tuple[int, int]]:
    return sandbox.get_trace(TraceKind.UNIT, compute_unit_identifier(unit.encode(), sandbox.time_ms))


def last_access(sandbox: Sandbox) -> tuple[int, int]:
    return ACCESS, sandbox.sizes[ACCESS] - 1


def assert_traced(sandbox: Sandbox, unit: str, subjects: list[bytes], grants: list[bytes]) -> None:
    """The newest access entry is in the unit's trace, and in those of exactly these subjects and grants."""
    newest = last_access(sandbox)
    expected = {compute_trace_key_of_unit(sandbox, unit)}
    expected |= {compute_trace_key(TraceKind.SUBJECT, subject) for subject in subjects}
    expected |= {compute_trace_key(TraceKind.GRANT, grant) for grant in grants}
    assert {key for key, entries in sandbox.traces.items() if newest in entries} == expected
    assert all(entries.count(newest) <= 1 for entries in sandbox.traces.values())


def compute_trace_key_of_unit(sandbox: Sandbox, unit: str) -> bytes:
    return compute_trace_key(TraceKind.UNIT, compute_unit_identifier(unit.encode(), sandbox.time_ms))


# plan


def test_a_unit_plans_its_own_open_case(sandbox: Sandbox) -> None:
    assert sandbox.apply(HUANGPU_COUNTER, plan()) == [Code.OK]
    assert_traced(sandbox, HUANGPU, [LI_LEI], [])


def test_nobody_plans_anothers_case(sandbox: Sandbox) -> None:
    assert sandbox.apply(PUDONG_OFFICE, plan()) == [Code.NOT_FOUND]
    assert_traced(sandbox, PUDONG, [], [])


def test_a_decided_case_has_no_plan(sandbox: Sandbox) -> None:
    advance_to_closed(sandbox)
    assert sandbox.apply(HUANGPU_COUNTER, plan()) == [Code.CASE_NOT_OPEN]
    assert_traced(sandbox, HUANGPU, [LI_LEI], [])


# verify


def test_any_unit_verifies_by_id_or_digest(sandbox: Sandbox) -> None:
    for by in ({"record": LICENCE}, {"sha256": compute_id("sha256 licence")}):
        assert sandbox.apply(PUDONG_OFFICE, verify(**by)) == [Code.OK]
        assert_traced(sandbox, PUDONG, [LI_LEI], [])


def test_a_verification_of_nothing_is_recorded_too(sandbox: Sandbox) -> None:
    for by in ({"record": compute_id("nothing")}, {"sha256": compute_id("nothing")}):
        assert sandbox.apply(PUDONG_OFFICE, verify(**by)) == [Code.OK]
        assert_traced(sandbox, PUDONG, [], [])


def test_a_digest_shared_by_two_units_records_concerns_the_holders_of_both(sandbox: Sandbox) -> None:
    content = issue_licence().content
    twin: dict[str, Any] = {
        "type": HOUSE_PERMIT,
        "issuing_unit": HOUSING,
        "custodian": HOUSING,
        "content": content,
    }
    sandbox.accept(HOUSING_OFFICE, issue_licence("twin", holders=[HAN_MEIMEI], **twin))
    assert sandbox.apply(PUDONG_OFFICE, verify(sha256=content.sha256)) == [Code.OK]
    assert_traced(sandbox, PUDONG, [LI_LEI, HAN_MEIMEI], [])


def test_no_unit_hides_anothers_record_behind_many_of_its_own(sandbox: Sandbox) -> None:
    content = issue_licence().content
    flood: dict[str, Any] = {
        "type": HOUSE_PERMIT,
        "issuing_unit": HOUSING,
        "custodian": HOUSING,
        "content": content,
    }
    squatted = [issue_licence(f"{number}", holders=[HAN_MEIMEI], **flood) for number in range(20)]
    sandbox.accept(HOUSING_OFFICE, *squatted)
    found = get_records_by_digest(sandbox.state, content.sha256)
    assert [record.identifier for record in found] == [squatted[-1].id, LICENCE]
    assert sandbox.apply(PUDONG_OFFICE, verify(sha256=content.sha256)) == [Code.OK]
    assert_traced(sandbox, PUDONG, [LI_LEI, HAN_MEIMEI], [])


def test_of_many_units_the_newest_answer_for_a_digest(sandbox: Sandbox) -> None:
    step, content = sandbox.build_step(), issue_licence().content
    index = sandbox.find(types_pb2.KIND_LICENCE, LICENCE).index
    for number in range(MAX_BY_DIGEST + 1):
        row = rows.DIGEST + content.sha256 + f"unit-{number}".encode()
        step.state.put(row, bytes([types_pb2.KIND_LICENCE]) + u64(index))
    assert len(get_records_by_digest(step.state, content.sha256)) == MAX_BY_DIGEST


def test_a_verification_names_only_the_units_own_case(sandbox: Sandbox) -> None:
    query = verify(record=LICENCE, case_number=CASE)
    assert sandbox.apply(HUANGPU_OFFICE, query) == [Code.OK]
    assert sandbox.apply(PUDONG_OFFICE, query) == [Code.NOT_FOUND]
    assert_traced(sandbox, PUDONG, [LI_LEI], [])


# audit


def test_an_auditor_asks_for_anything_even_what_does_not_exist(sandbox: Sandbox) -> None:
    grant = build_grant()
    give_accepted(sandbox, grant)
    cases: list[tuple[dict[str, Any], list[bytes], list[bytes]]] = [
        ({"subject": HAN_MEIMEI}, [HAN_MEIMEI], []),
        ({"grant": compute_grant_id(grant)}, [], [compute_grant_id(grant)]),
        ({"grant": compute_id("no grant")}, [], []),
        ({"record": LICENCE}, [LI_LEI], []),
        ({"record": compute_id("no record")}, [], []),
        ({"actor": uses_pb2.ActorRef(unit=HUANGPU)}, [], []),
    ]
    for target, subjects, grants in cases:
        assert sandbox.apply(CENTRE_OFFICE, audit(**target)) == [Code.OK]
        assert_traced(sandbox, "centre", subjects, grants)


def test_others_ask_for_what_concerns_them(sandbox: Sandbox) -> None:
    grant = build_grant(grantee=to_unit(PUDONG))
    give_accepted(sandbox, grant)  # submitted by Huangpu
    by_grant = audit(grant=compute_grant_id(grant))
    assert sandbox.apply(PUDONG_OFFICE, by_grant) == [Code.OK]
    assert sandbox.apply(HUANGPU_OFFICE, by_grant) == [Code.OK]
    assert sandbox.apply(GATEWAY_SYSTEM, by_grant) == [Code.OK]
    assert sandbox.apply(MARKET_OFFICE, by_grant) == [Code.NOT_PERMITTED]
    assert_traced(sandbox, MARKET, [], [compute_grant_id(grant)])
    own = audit(actor=uses_pb2.ActorRef(unit=PUDONG, actor=compute_id("clerk")))
    assert sandbox.apply(PUDONG_OFFICE, own) == [Code.OK]
    assert sandbox.apply(HUANGPU_OFFICE, own) == [Code.NOT_PERMITTED]
    assert sandbox.apply(PUDONG_OFFICE, audit(record=LICENCE)) == [Code.OK]
    assert sandbox.apply(PUDONG_OFFICE, audit(grant=compute_id("no grant"))) == [Code.NOT_PERMITTED]


def test_a_subjects_trace_is_for_auditors_and_the_gateway(sandbox: Sandbox) -> None:
    query = audit(subject=LI_LEI)
    assert sandbox.apply(GATEWAY_SYSTEM, query) == [Code.OK]
    assert sandbox.apply(HUANGPU_OFFICE, query) == [Code.NOT_PERMITTED]
    assert_traced(sandbox, HUANGPU, [LI_LEI], [])


def test_whoever_submits_a_grant_may_audit_it_in_the_same_batch(sandbox: Sandbox) -> None:
    grant = build_grant(grantee=to_unit(PUDONG))
    operations = (give(sandbox, grant), audit(grant=compute_grant_id(grant)))
    assert sandbox.apply(HUANGPU_COUNTER, *operations) == [Code.OK, Code.OK]


def test_a_grant_of_genesis_was_submitted_by_nobody(sandbox: Sandbox) -> None:
    grant = build_statutory(grantee=to_unit(PUDONG))
    sandbox.apply_genesis(give(sandbox, grant))
    query = audit(grant=compute_grant_id(grant))
    assert sandbox.apply(HUANGPU_OFFICE, query) == [Code.NOT_PERMITTED]
    assert sandbox.apply(PUDONG_OFFICE, query) == [Code.OK]


# present


@pytest.mark.parametrize("attested", [by_gateway, by_holder])
def test_a_holder_shows_a_record(sandbox: Sandbox, attested: Attest) -> None:
    sandbox.accept(HUANGPU_COUNTER, bind_key(sandbox))
    shown = present(sandbox, "1", attested=attested, particulars={"case_number": CASE})
    assert sandbox.apply(HUANGPU_COUNTER, shown) == [Code.OK]
    assert get_use_standing(sandbox, "1") == state_pb2.USE_STANDING_DONE
    assert sandbox.has_rows(rows.USE + rows.case_id(HUANGPU, CASE) + b"\x00" + u64(last_access(sandbox)[1]))
    assert_traced(sandbox, HUANGPU, [LI_LEI], [])


def test_one_holder_suffices_to_show(sandbox: Sandbox) -> None:
    shared = issue_licence("shared", holders=[LI_LEI, HAN_MEIMEI], holder_rule=HOLDER_RULE_ALL)
    sandbox.accept(MARKET_OFFICE, shared)
    assert sandbox.apply(HUANGPU_COUNTER, present(sandbox, "1", record=shared.id)) == [Code.OK]
    assert_traced(sandbox, HUANGPU, [LI_LEI, HAN_MEIMEI], [])


def test_a_presentation_is_for_its_record_use_and_unit(sandbox: Sandbox) -> None:
    assert sandbox.apply(HUANGPU_COUNTER, present(sandbox, "1", unit=PUDONG)) == [Code.WRONG_ATTESTATION]
    other = present(sandbox, "1")
    other.id = compute_id("use 2")
    assert sandbox.apply(HUANGPU_COUNTER, other) == [Code.WRONG_ATTESTATION]


def test_a_presentation_attested_for_another_chain_is_refused(sandbox: Sandbox) -> None:
    elsewhere = present(sandbox, "1", chain_id="sandbox-ffffffff")
    assert sandbox.apply(HUANGPU_COUNTER, elsewhere) == [Code.WRONG_ATTESTATION]
    assert sandbox.apply(HUANGPU_COUNTER, present(sandbox, "1")) == [Code.OK]


def test_only_holders_show_and_not_on_paper(sandbox: Sandbox) -> None:
    by_stranger = present(sandbox, "1", subject=HAN_MEIMEI)
    assert sandbox.apply(HUANGPU_COUNTER, by_stranger) == [Code.PRESENTATION_INVALID]
    assert_traced(sandbox, HUANGPU, [LI_LEI], [])
    on_paper = present(sandbox, "2", attested=by_counter)
    assert sandbox.apply(HUANGPU_COUNTER, on_paper) == [Code.PRESENTATION_INVALID]


def test_a_unit_does_not_attest_what_it_is_shown(sandbox: Sandbox) -> None:
    name = "gateway-office"
    relying = put_unit(UNITS[1], roles=[members_pb2.ROLE_IDENTITY_GATEWAY, members_pb2.ROLE_RELYING])
    system = put_system(name, GATEWAY, members_pb2.SYSTEM_KIND_BACK_OFFICE)
    key = members_pb2.KeyOperation(body=key_body(CENTRE, 4, add=build_key(name, name)))
    assert not any(sandbox.apply_genesis(relying, system, key))
    assert sandbox.apply(name, present(sandbox, "1", unit=GATEWAY)) == [Code.ATTESTOR_IS_GRANTEE]


def test_a_use_id_is_used_once(sandbox: Sandbox) -> None:
    sandbox.accept(HUANGPU_COUNTER, present(sandbox, "1"))
    assert sandbox.apply(HUANGPU_COUNTER, present(sandbox, "1")) == [Code.ALREADY_EXISTS]


def test_an_unknown_record_is_not_shown(sandbox: Sandbox) -> None:
    unknown = present(sandbox, "1", record=compute_id("nothing"))
    assert sandbox.apply(HUANGPU_COUNTER, unknown) == [Code.NOT_FOUND]
    assert_traced(sandbox, HUANGPU, [], [])


def test_a_use_in_a_case_fits_the_case(sandbox: Sandbox) -> None:
    other_matter = present(sandbox, "1", particulars={"case_number": CASE, "matter": "M.OTHER"})
    assert sandbox.apply(HUANGPU_COUNTER, other_matter) == [Code.OUTSIDE_MATTER]
    no_case = present(sandbox, "1", particulars={"case_number": "2026-9999"})
    assert sandbox.apply(HUANGPU_COUNTER, no_case) == [Code.NOT_FOUND]
    advance_to_closed(sandbox)
    decided = present(sandbox, "1", particulars={"case_number": CASE})
    assert sandbox.apply(HUANGPU_COUNTER, decided) == [Code.CASE_NOT_OPEN]


# whether a record can be used


def change_licence(event: records_pb2.LicenceEvent) -> records_pb2.ChangeLicence:
    return records_pb2.ChangeLicence(licence=LICENCE, event=event, reason=records_pb2.REASON_WITHHELD)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (records_pb2.LICENCE_EVENT_SUSPEND, Code.RECORD_NOT_USABLE),
        (records_pb2.LICENCE_EVENT_REVOKE, Code.RECORD_NOT_USABLE),
        (records_pb2.LICENCE_EVENT_CANCEL, Code.RECORD_NOT_USABLE),
    ],
)
def test_a_record_out_of_force_is_not_used(
    sandbox: Sandbox, event: records_pb2.LicenceEvent, code: Code
) -> None:
    sandbox.accept(MARKET_OFFICE, change_licence(event))
    assert sandbox.apply(HUANGPU_COUNTER, present(sandbox, "1")) == [code]


def test_a_type_may_tolerate_suspension_and_forbid_disputes(sandbox: Sandbox) -> None:
    sandbox.accept(MARKET_OFFICE, change_licence(records_pb2.LICENCE_EVENT_SUSPEND))
    warn, forbid = registries_pb2.EFFECT_WARN, registries_pb2.EFFECT_FORBID
    tolerant = put_licence_type(id=BUSINESS_LICENCE, on_suspension=warn, on_dispute=forbid)
    sandbox.accept(CENTRE_OFFICE, tolerant)
    sandbox.accept(HUANGPU_COUNTER, present(sandbox, "while suspended"))
    sandbox.accept(MARKET_OFFICE, raise_dispute())
    assert sandbox.apply(HUANGPU_COUNTER, present(sandbox, "while disputed")) == [Code.DISPUTED]


def test_a_dispute_that_warns_forbids_nothing(sandbox: Sandbox) -> None:
    sandbox.accept(MARKET_OFFICE, raise_dispute())
    assert sandbox.apply(HUANGPU_COUNTER, present(sandbox, "1")) == [Code.OK]


def test_a_record_is_used_in_its_interval(sandbox: Sandbox) -> None:
    short = issue_licence("short", valid=Interval(from_ms=GENESIS_MS + DAY_MS, to_ms=GENESIS_MS + 2 * DAY_MS))
    sandbox.accept(MARKET_OFFICE, short)
    early = present(sandbox, "1", record=short.id)
    assert sandbox.apply(HUANGPU_COUNTER, early) == [Code.NOT_YET_VALID]
    sandbox.wait(DAY_MS)
    sandbox.accept(HUANGPU_COUNTER, present(sandbox, "1", record=short.id))
    sandbox.wait(DAY_MS)
    late = present(sandbox, "2", record=short.id)
    assert sandbox.apply(HUANGPU_COUNTER, late) == [Code.EXPIRED]


# rely


def test_a_unit_relies_on_what_it_was_shown_in_the_case(sandbox: Sandbox) -> None:
    sandbox.accept(HUANGPU_COUNTER, present(sandbox, "1", particulars={"case_number": CASE}))
    assert sandbox.apply(HUANGPU_OFFICE, rely("2", "1")) == [Code.OK]
    assert get_use_standing(sandbox, "2") == state_pb2.USE_STANDING_DONE
    assert_traced(sandbox, HUANGPU, [LI_LEI], [])


def test_a_unit_relies_on_what_it_retrieved(sandbox: Sandbox) -> None:
    grant = build_grant()
    give_accepted(sandbox, grant)
    sandbox.accept(HUANGPU_COUNTER, open_use("1", grant, case_number=CASE))
    assert sandbox.apply(HUANGPU_OFFICE, rely("2", "1")) == [Code.OK]
    assert_traced(sandbox, HUANGPU, [LI_LEI], [compute_grant_id(grant)])


@pytest.mark.parametrize(("is_released", "code"), [(True, Code.OK), (False, Code.NO_PRIOR_USE)])
def test_what_is_relied_on_later_was_released_in_its_window(
    sandbox: Sandbox, code: Code, *, is_released: bool
) -> None:
    grant = build_grant()
    give_accepted(sandbox, grant)
    opened_ms = sandbox.time_ms
    sandbox.accept(HUANGPU_COUNTER, open_use("1", grant, case_number=CASE))
    if is_released:
        sandbox.accept(MARKET_OFFICE, close_use("1"))
    sandbox.wait(opened_ms + RELEASE_WINDOW_MS - 1 - sandbox.time_ms)
    assert sandbox.apply(HUANGPU_OFFICE, rely("2", "1")) == [Code.OK]
    sandbox.wait(opened_ms + RELEASE_WINDOW_MS - sandbox.time_ms)
    assert sandbox.apply(HUANGPU_OFFICE, rely("3", "1")) == [code]


def test_nobody_relies_on_what_was_not_released(sandbox: Sandbox) -> None:
    grant = build_grant()
    give_accepted(sandbox, grant)
    sandbox.accept(HUANGPU_COUNTER, open_use("1", grant, case_number=CASE))
    sandbox.accept(MARKET_OFFICE, close_use("1", outcome=uses_pb2.OUTCOME_NOT_RELEASED, sha256=b""))
    assert sandbox.apply(HUANGPU_OFFICE, rely("2", "1")) == [Code.NO_PRIOR_USE]


def test_relying_needs_a_use_of_the_same_record_unit_and_case(sandbox: Sandbox) -> None:
    sandbox.accept(MARKET_OFFICE, issue_licence("other"))
    in_case = {"case_number": CASE}
    sandbox.accept(
        HUANGPU_COUNTER,
        present(sandbox, "in no case"),
        present(sandbox, "of another record", record=compute_id("other"), particulars=in_case),
        present(sandbox, "1", particulars=in_case),
    )
    sandbox.accept(HUANGPU_COUNTER, rely("a reliance", "1"))
    for prior in ("in no case", "of another record", "a reliance", "never opened"):
        assert sandbox.apply(HUANGPU_OFFICE, rely("2", prior)) == [Code.NO_PRIOR_USE]
    assert sandbox.apply(HUANGPU_OFFICE, rely("2", "1", case_number="")) == [Code.MISSING_FIELD]
    assert sandbox.apply(HUANGPU_OFFICE, rely("1", "1")) == [Code.ALREADY_EXISTS]
    assert sandbox.apply(PUDONG_OFFICE, rely("2", "1")) == [Code.NOT_FOUND]
    nothing = rely("2", "1", record=compute_id("nothing"))
    assert sandbox.apply(HUANGPU_OFFICE, nothing) == [Code.NOT_FOUND]


def test_nobody_relies_on_anothers_use(sandbox: Sandbox) -> None:
    sandbox.accept(PUDONG_OFFICE, open_case(matter=BUILDING))
    sandbox.accept(HUANGPU_COUNTER, present(sandbox, "1", particulars={"case_number": CASE}))
    assert sandbox.apply(PUDONG_OFFICE, rely("2", "1", matter=BUILDING)) == [Code.NO_PRIOR_USE]


# what every use leaves


def test_a_refused_use_is_in_the_access_log_but_makes_nothing(sandbox: Sandbox) -> None:
    size = sandbox.sizes[ACCESS]
    by_stranger = present(sandbox, "1", subject=HAN_MEIMEI)
    assert sandbox.apply(HUANGPU_COUNTER, by_stranger) == [Code.PRESENTATION_INVALID]
    assert sandbox.sizes[ACCESS] == size + 1
    assert sandbox.state.get_object(types_pb2.KIND_USE, compute_id("use 1")) is None
    assert not sandbox.has_rows(rows.USE)


def test_every_use_is_in_its_units_trace_of_the_period(sandbox: Sandbox) -> None:
    for number in range(3):
        sandbox.accept(HUANGPU_COUNTER, present(sandbox, str(number)))
    assert [index for _, index in get_unit_trace(sandbox, HUANGPU)] == [0, 1, 2]
    sandbox.wait(30 * DAY_MS)
    assert get_unit_trace(sandbox, HUANGPU) == []
    assert get_unit_trace(sandbox, HOUSING) == get_unit_trace(sandbox, GATEWAY) == []


def test_the_records_own_trace_never_names_a_use(sandbox: Sandbox) -> None:
    sandbox.accept(HUANGPU_COUNTER, present(sandbox, "1"), verify(record=LICENCE), audit(record=LICENCE))
    assert sandbox.get_trace(TraceKind.RECORD, LICENCE) == []

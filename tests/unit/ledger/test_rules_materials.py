"""Materials: collected in an open case, about its applicant, reusable once the case has accepted them."""

from typing import Any

import pytest

from tests.testkit.grant_objects import by_gateway
from tests.testkit.ledger_kit import CHAIN_ID, Sandbox
from tests.testkit.ledger_objects import (
    ACME,
    APPLICATION_FORM,
    BUILDING,
    BUSINESS_LICENCE,
    CENTRE_OFFICE,
    DRAWINGS,
    HAN_MEIMEI,
    HOUSING_OFFICE,
    HUANGPU,
    HUANGPU_COUNTER,
    LEASE,
    LI_LEI,
    MARKET,
    MARKET_OFFICE,
    PUDONG,
    PUDONG_COUNTER,
    REPORT,
    always,
    applicant_row,
    collect_material,
    compute_id,
    issue_licence,
    open_case,
    open_project,
    put_matter,
    raise_dispute,
)
from zhenglian_ledger import rows
from zhenglian_ledger.attestation import compute_participant_target
from zhenglian_ledger.codes import Code
from zhenglian_ledger.lifecycle import MATERIALS, compute_record_status
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.merkle.trace import TraceKind
from zhenglian_proto.v1.cases_pb2 import (
    CASE_EVENT_ACCEPT,
    CASE_EVENT_GRANT,
    CASE_EVENT_WITHDRAW,
    PROJECT_ROLE_DESIGNER,
    AdmitParticipant,
    AdvanceCase,
)
from zhenglian_proto.v1.records_pb2 import (
    MATERIAL_EVENT_ACCEPT,
    MATERIAL_EVENT_REJECT,
    MATERIAL_EVENT_WITHDRAW,
    CollectMaterial,
    DecideMaterial,
    MaterialEvent,
)
from zhenglian_proto.v1.registries_pb2 import (
    ORIGINATOR_GOVERNMENT,
    ORIGINATOR_SOCIAL,
    Retire,
)
from zhenglian_proto.v1.state_pb2 import (
    RECORD_STANDING_PENDING,
    RECORD_STANDING_REJECTED,
    RECORD_STANDING_VALID,
    RECORD_STANDING_WITHDRAWN,
    RecordStanding,
)
from zhenglian_proto.v1.types_pb2 import KIND_MATERIAL, KIND_MATERIAL_TYPE, KIND_UNIT, Interval

MATERIAL = compute_id("material")
PROJECT, OTHER_PROJECT = compute_id("project"), compute_id("other project")
SHOP, OTHER_SHOP = compute_id("shop"), compute_id("other shop")


@pytest.fixture
def sandbox() -> Sandbox:
    """Li Lei's case for his shop in Huangpu, Acme's project case in Pudong."""
    sandbox = Sandbox()
    sandbox.accept(PUDONG_COUNTER, open_project())
    sandbox.accept(HUANGPU_COUNTER, open_case(premises=SHOP))
    sandbox.accept(PUDONG_COUNTER, open_case(number="P-1", matter=BUILDING, applicant=ACME, project=PROJECT))
    return sandbox


def decide(event: MaterialEvent, name: str = "material") -> DecideMaterial:
    return DecideMaterial(material=compute_id(name), event=event)


def advance(*events: Any) -> list[AdvanceCase]:
    return [AdvanceCase(number="2026-0001", event=event) for event in events]


def drawings(name: str = "drawings", **changes: Any) -> CollectMaterial:
    fields = {
        "type": DRAWINGS, "holders": [ACME], "case_number": "P-1", "project": PROJECT, "custodian": PUDONG,
    }  # fmt: skip
    return collect_material(name, **{**fields, **changes})


# collecting


def test_a_collected_material_is_pending_and_found_but_not_traced(sandbox: Sandbox) -> None:
    sandbox.accept(HUANGPU_COUNTER, collect_material(type=LEASE, premises=SHOP))
    index = sandbox.find(KIND_MATERIAL, MATERIAL).index
    assert sandbox.statuses[index] == Status.PENDING
    assert sandbox.get_record(KIND_MATERIAL, MATERIAL).standing == RECORD_STANDING_PENDING
    entry = rows.u64(index)
    for row in (
        rows.HOLDING + LI_LEI + bytes([KIND_MATERIAL]) + entry,
        rows.DIGEST + compute_id("sha256 material") + b"huangpu",
        rows.PREMISES + SHOP + entry,
        rows.COLLECTED + b"huangpu\x002026-0001\x00" + entry,
    ):
        assert sandbox.has_rows(row)
    assert sandbox.get_trace(TraceKind.RECORD, MATERIAL) == []
    assert sandbox.get_trace(TraceKind.SUBJECT, LI_LEI) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, Code.OK),
        ({"premises": SHOP}, Code.OK),
        ({"type": LEASE, "premises": SHOP}, Code.OK),
        ({"type": REPORT, "originator": ORIGINATOR_SOCIAL}, Code.OK),
        ({"type": REPORT, "originator": ORIGINATOR_GOVERNMENT, "originating_unit": MARKET}, Code.OK),
        ({"holders": [LI_LEI, HAN_MEIMEI]}, Code.OK),
        ({"case_number": "none"}, Code.NOT_FOUND),
        ({"type": "never"}, Code.UNKNOWN_TYPE),
        ({"type": BUSINESS_LICENCE}, Code.UNKNOWN_TYPE),
        ({"type": DRAWINGS}, Code.NOT_ON_LIST),
        ({"originator": ORIGINATOR_SOCIAL}, Code.ORIGINATOR_NOT_ALLOWED),
        ({"type": REPORT}, Code.ORIGINATOR_NOT_ALLOWED),
        ({"originating_unit": "never"}, Code.NOT_FOUND),
        ({"custodian": "never"}, Code.NOT_FOUND),
        ({"holders": [LI_LEI, LI_LEI]}, Code.DUPLICATE),
        ({"valid": Interval(from_ms=9, to_ms=8)}, Code.WRONG_INTERVAL),
        ({"holders": [HAN_MEIMEI]}, Code.SUBJECT_MISMATCH),
        ({"project": PROJECT}, Code.SUBJECT_MISMATCH),
        ({"type": LEASE}, Code.MISSING_FIELD),
        ({"type": LEASE, "premises": OTHER_SHOP}, Code.SUBJECT_MISMATCH),
        ({"premises": OTHER_SHOP}, Code.SUBJECT_MISMATCH),
    ],
)
def test_a_material_belongs_to_its_case_or_is_refused(
    sandbox: Sandbox, changes: dict[str, Any], code: Code
) -> None:
    assert sandbox.apply(HUANGPU_COUNTER, collect_material(**changes)) == [code]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, Code.OK),
        ({"holders": [ACME, HAN_MEIMEI]}, Code.OK),
        ({"holders": [HAN_MEIMEI]}, Code.SUBJECT_MISMATCH),
        ({"project": OTHER_PROJECT}, Code.SUBJECT_MISMATCH),
        ({"project": b""}, Code.OK),
        ({"project": b"", "holders": [HAN_MEIMEI]}, Code.SUBJECT_MISMATCH),
    ],
)
def test_a_project_material_is_of_the_cases_project(
    sandbox: Sandbox, changes: dict[str, Any], code: Code
) -> None:
    assert sandbox.apply(PUDONG_COUNTER, drawings(**changes)) == [code]
    assert sandbox.has_rows(rows.PROJECT + PROJECT) == (code == Code.OK and "project" not in changes)


def test_a_participants_material_serves_another_participants_case(sandbox: Sandbox) -> None:
    of_designer = drawings(holders=[HAN_MEIMEI])
    assert sandbox.apply(PUDONG_COUNTER, of_designer) == [Code.SUBJECT_MISMATCH]
    body = AdmitParticipant.Body(
        chain_id=CHAIN_ID, project=PROJECT, subject=HAN_MEIMEI, role=PROJECT_ROLE_DESIGNER, valid=always()
    )
    attestation = by_gateway(sandbox, compute_participant_target(body), ACME)
    sandbox.accept(PUDONG_COUNTER, AdmitParticipant(body=body, attestation=attestation))
    sandbox.accept(PUDONG_COUNTER, of_designer)
    of_stranger = drawings("second", holders=[HAN_MEIMEI, LI_LEI])
    assert sandbox.apply(PUDONG_COUNTER, of_stranger) == [Code.SUBJECT_MISMATCH]


def test_a_case_collects_by_the_list_of_its_opening(sandbox: Sandbox) -> None:
    sandbox.accept(CENTRE_OFFICE, put_matter(version=2, rows=[applicant_row("drawings", DRAWINGS)]))
    assert sandbox.apply(HUANGPU_COUNTER, collect_material("x", type=DRAWINGS)) == [Code.NOT_ON_LIST]
    sandbox.accept(HUANGPU_COUNTER, collect_material(type=APPLICATION_FORM))


def test_a_retired_type_is_collected_no_longer(sandbox: Sandbox) -> None:
    sandbox.accept(CENTRE_OFFICE, Retire(kind=KIND_MATERIAL_TYPE, id=APPLICATION_FORM))
    assert sandbox.apply(HUANGPU_COUNTER, collect_material()) == [Code.UNKNOWN_TYPE]


def test_a_custodian_is_in_force(sandbox: Sandbox) -> None:
    sandbox.accept(CENTRE_OFFICE, Retire(kind=KIND_UNIT, id=MARKET))
    assert sandbox.apply(HUANGPU_COUNTER, collect_material(custodian=MARKET)) == [Code.NOT_IN_FORCE]


def test_a_material_id_is_used_once_even_by_a_licence(sandbox: Sandbox) -> None:
    sandbox.accept(MARKET_OFFICE, issue_licence())
    sandbox.accept(HUANGPU_COUNTER, collect_material())
    assert sandbox.apply(HUANGPU_COUNTER, collect_material(), collect_material("licence")) == [
        Code.ALREADY_EXISTS,
        Code.ALREADY_EXISTS,
    ]


@pytest.mark.parametrize("events", [(CASE_EVENT_WITHDRAW,), (CASE_EVENT_ACCEPT, CASE_EVENT_GRANT)])
def test_a_case_that_is_over_collects_and_accepts_nothing(sandbox: Sandbox, events: tuple[Any, ...]) -> None:
    sandbox.accept(HUANGPU_COUNTER, collect_material(), *advance(*events))
    assert sandbox.apply(HUANGPU_COUNTER, collect_material("late")) == [Code.CASE_NOT_OPEN]
    assert sandbox.apply(HUANGPU_COUNTER, decide(MATERIAL_EVENT_ACCEPT)) == [Code.CASE_NOT_OPEN]
    sandbox.accept(HUANGPU_COUNTER, decide(MATERIAL_EVENT_REJECT))


# deciding

PATHS: dict[RecordStanding, list[MaterialEvent]] = {
    RECORD_STANDING_PENDING: [],
    RECORD_STANDING_VALID: [MATERIAL_EVENT_ACCEPT],
    RECORD_STANDING_REJECTED: [MATERIAL_EVENT_REJECT],
    RECORD_STANDING_WITHDRAWN: [MATERIAL_EVENT_WITHDRAW],
}


@pytest.mark.parametrize("event", [event for event in MaterialEvent.values() if event])
@pytest.mark.parametrize("standing", list(PATHS))
def test_a_material_goes_where_the_lifecycle_lets_it_and_nowhere_else(
    sandbox: Sandbox, standing: RecordStanding, event: MaterialEvent
) -> None:
    sandbox.accept(HUANGPU_COUNTER, collect_material())
    for step in PATHS[standing]:
        sandbox.accept(HUANGPU_COUNTER, decide(step))
    after = MATERIALS.get((standing, event))
    codes = sandbox.apply(HUANGPU_COUNTER, decide(event))
    assert codes == [Code.OK if after is not None else Code.WRONG_STATE]
    expected = standing if after is None else after
    assert sandbox.get_record(KIND_MATERIAL, MATERIAL).standing == expected
    assert sandbox.get_status(KIND_MATERIAL, MATERIAL) == compute_record_status(expected, 0)


def test_acceptance_dates_the_material_and_only_a_later_withdrawal_is_traced(sandbox: Sandbox) -> None:
    sandbox.accept(HUANGPU_COUNTER, collect_material())
    accepted_ms = sandbox.time_ms
    sandbox.accept(HUANGPU_COUNTER, decide(MATERIAL_EVENT_ACCEPT))
    assert sandbox.get_record(KIND_MATERIAL, MATERIAL).decided_ms == accepted_ms
    assert sandbox.get_trace(TraceKind.RECORD, MATERIAL) == []
    sandbox.accept(HUANGPU_COUNTER, decide(MATERIAL_EVENT_WITHDRAW))
    assert sandbox.get_record(KIND_MATERIAL, MATERIAL).decided_ms == accepted_ms
    assert len(sandbox.get_trace(TraceKind.RECORD, MATERIAL)) == 1


@pytest.mark.parametrize("event", [MATERIAL_EVENT_REJECT, MATERIAL_EVENT_WITHDRAW])
def test_what_was_never_accepted_leaves_no_trace(sandbox: Sandbox, event: MaterialEvent) -> None:
    sandbox.accept(HUANGPU_COUNTER, collect_material(), decide(event))
    assert sandbox.get_trace(TraceKind.RECORD, MATERIAL) == []


def test_only_the_collecting_unit_decides_even_against_a_case_of_the_same_number(sandbox: Sandbox) -> None:
    sandbox.accept(PUDONG_COUNTER, open_case(matter=BUILDING, applicant=LI_LEI))
    sandbox.accept(HUANGPU_COUNTER, collect_material(custodian=PUDONG))
    assert sandbox.apply(PUDONG_COUNTER, decide(MATERIAL_EVENT_ACCEPT)) == [Code.NOT_OWNER]
    assert sandbox.apply(HOUSING_OFFICE, decide(MATERIAL_EVENT_ACCEPT)) == [Code.NOT_OWNER]
    assert sandbox.apply(CENTRE_OFFICE, decide(MATERIAL_EVENT_ACCEPT)) == [Code.NOT_PERMITTED]


def test_only_a_material_is_decided_over(sandbox: Sandbox) -> None:
    sandbox.accept(MARKET_OFFICE, issue_licence())
    codes = sandbox.apply(
        MARKET_OFFICE, decide(MATERIAL_EVENT_ACCEPT, "licence"), decide(MATERIAL_EVENT_ACCEPT, "none")
    )
    assert codes == [Code.NOT_FOUND, Code.NOT_FOUND]


def test_a_dispute_raised_while_pending_shows_once_the_material_is_accepted(sandbox: Sandbox) -> None:
    sandbox.accept(HUANGPU_COUNTER, collect_material())
    sandbox.accept(MARKET_OFFICE, raise_dispute(record="material"))
    assert sandbox.get_status(KIND_MATERIAL, MATERIAL) == Status.PENDING
    sandbox.accept(HUANGPU_COUNTER, decide(MATERIAL_EVENT_ACCEPT))
    assert sandbox.get_status(KIND_MATERIAL, MATERIAL) == Status.DISPUTED


def test_collecting_and_deciding_fit_in_one_batch(sandbox: Sandbox) -> None:
    codes = sandbox.apply(
        HUANGPU_COUNTER,
        open_case(number="2"),
        collect_material(case_number="2"),
        decide(MATERIAL_EVENT_ACCEPT),
        atomic=True,
    )
    assert codes == [Code.OK] * 3
    assert sandbox.has_rows(rows.COLLECTED + rows.case_id(HUANGPU, "2"))

"""Cases and projects: opened by their unit, under a list, by the applicant or an agent the matter allows."""

from typing import Any

import pytest

from tests.testkit.grant_objects import (
    build_grant,
    build_scope,
    by_gateway,
    change,
    give_accepted,
    to_subject,
    to_unit,
)
from tests.testkit.ledger_kit import CHAIN_ID, DAY_MS, Sandbox
from tests.testkit.ledger_objects import (
    ACME,
    BUILDING,
    BUSINESS_LICENCE,
    CENTRE_OFFICE,
    GATEWAY_SYSTEM,
    GENESIS_MS,
    HAN_MEIMEI,
    HUANGPU,
    HUANGPU_COUNTER,
    LI_LEI,
    MARKET_OFFICE,
    PUDONG,
    PUDONG_COUNTER,
    RESTAURANT,
    always,
    compute_id,
    open_case,
    open_project,
    put_matter,
)
from zhenglian_ledger.attestation import compute_grant_id, compute_participant_target
from zhenglian_ledger.codes import Code
from zhenglian_ledger.lifecycle import CASE_STATUS, CASES
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.rows import case_id
from zhenglian_proto.v1 import grants_pb2
from zhenglian_proto.v1.cases_pb2 import (
    CASE_EVENT_ACCEPT,
    CASE_EVENT_CLOSE,
    CASE_EVENT_GRANT,
    CASE_EVENT_REFUSE,
    CASE_EVENT_WITHDRAW,
    PROJECT_ROLE_DESIGNER,
    PROJECT_ROLE_LEAD,
    PROJECT_ROLE_SURVEYOR,
    AdmitParticipant,
    AdvanceCase,
    CaseEvent,
)
from zhenglian_proto.v1.operation_pb2 import Context
from zhenglian_proto.v1.state_pb2 import (
    CASE_STANDING_ACCEPTED,
    CASE_STANDING_CLOSED,
    CASE_STANDING_GRANTED,
    CASE_STANDING_OPENED,
    CASE_STANDING_REFUSED,
    CASE_STANDING_WITHDRAWN,
    CaseStanding,
    CaseState,
)
from zhenglian_proto.v1.types_pb2 import (
    CHANNEL_MOBILE,
    CHANNEL_WINDOW,
    KIND_CASE,
    KIND_PARTICIPANT,
    PURPOSE_ENFORCEMENT,
    CaseRef,
    Interval,
)

CASE = case_id(HUANGPU, "2026-0001")
PROJECT = compute_id("project")


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


def get_standing(sandbox: Sandbox) -> CaseStanding:
    return sandbox.state.get_state(KIND_CASE, sandbox.find(KIND_CASE, CASE).index, CaseState).standing


# opening


@pytest.mark.parametrize(
    ("system", "changes", "code"),
    [
        (HUANGPU_COUNTER, {}, Code.OK),
        (HUANGPU_COUNTER, {"matter": "never"}, Code.NOT_FOUND),
        (HUANGPU_COUNTER, {"matter_version": 2}, Code.NOT_IN_FORCE),
        (HUANGPU_COUNTER, {"matter": BUILDING}, Code.NOT_OWNER),
        (PUDONG_COUNTER, {}, Code.NOT_OWNER),
        (CENTRE_OFFICE, {}, Code.NOT_PERMITTED),
        (HUANGPU_COUNTER, {"promised_ms": GENESIS_MS}, Code.OUT_OF_RANGE),
        (HUANGPU_COUNTER, {"project": compute_id("no project")}, Code.NOT_FOUND),
        (HUANGPU_COUNTER, {"number": "号"}, Code.INVALID_NAME),
        (HUANGPU_COUNTER, {"applicant": b"short"}, Code.WRONG_DIGEST),
    ],
)
def test_a_case_is_opened_by_its_matters_unit_under_the_list_in_force(
    sandbox: Sandbox, system: str, changes: dict[str, Any], code: Code
) -> None:
    assert sandbox.apply(system, open_case(**changes)) == [code]


def test_a_case_number_is_used_once_in_its_unit_and_freely_elsewhere(sandbox: Sandbox) -> None:
    sandbox.accept(HUANGPU_COUNTER, open_case())
    assert sandbox.get_status(KIND_CASE, CASE) == Status.VALID
    assert sandbox.apply(HUANGPU_COUNTER, open_case()) == [Code.ALREADY_EXISTS]
    sandbox.accept(PUDONG_COUNTER, open_case(matter=BUILDING))


# the way of a case

PATHS: dict[CaseStanding, list[CaseEvent]] = {
    CASE_STANDING_OPENED: [],
    CASE_STANDING_ACCEPTED: [CASE_EVENT_ACCEPT],
    CASE_STANDING_GRANTED: [CASE_EVENT_ACCEPT, CASE_EVENT_GRANT],
    CASE_STANDING_REFUSED: [CASE_EVENT_ACCEPT, CASE_EVENT_REFUSE],
    CASE_STANDING_CLOSED: [CASE_EVENT_ACCEPT, CASE_EVENT_GRANT, CASE_EVENT_CLOSE],
    CASE_STANDING_WITHDRAWN: [CASE_EVENT_WITHDRAW],
}


@pytest.mark.parametrize("event", [event for event in CaseEvent.values() if event])
@pytest.mark.parametrize("standing", list(PATHS))
def test_a_case_goes_where_the_lifecycle_lets_it_and_nowhere_else(
    sandbox: Sandbox, standing: CaseStanding, event: CaseEvent
) -> None:
    sandbox.accept(HUANGPU_COUNTER, open_case())
    for step in PATHS[standing]:
        sandbox.accept(HUANGPU_COUNTER, AdvanceCase(number="2026-0001", event=step))
    after = CASES.get((standing, event))
    codes = sandbox.apply(HUANGPU_COUNTER, AdvanceCase(number="2026-0001", event=event))
    assert codes == [Code.OK if after is not None else Code.WRONG_STATE]
    expected = standing if after is None else after
    assert get_standing(sandbox) == expected
    assert sandbox.get_status(KIND_CASE, CASE) == CASE_STATUS[expected]


def test_every_standing_of_a_case_has_a_nibble() -> None:
    assert set(CASE_STATUS) == {standing for standing in CaseStanding.values() if standing}


def test_another_units_case_cannot_be_advanced(sandbox: Sandbox) -> None:
    sandbox.accept(HUANGPU_COUNTER, open_case())
    advance = AdvanceCase(number="2026-0001", event=CASE_EVENT_ACCEPT)
    assert sandbox.apply(PUDONG_COUNTER, advance) == [Code.NOT_FOUND]


# agents


def agency(name: str = "agency", scope: dict[str, Any] | None = None, **changes: Any) -> grants_pb2.GrantBody:
    """Li Lei lets Han Meimei act for him."""
    granted = build_scope(**{"records": [], "types": [BUSINESS_LICENCE], "depth": 2, **(scope or {})})
    return build_grant(name, **{"grantee": to_subject(HAN_MEIMEI), "scope": granted, **changes})


def open_by_agent(grant: grants_pb2.GrantBody, **changes: Any) -> Any:
    return open_case(**{"agent": HAN_MEIMEI, "agent_grant": compute_grant_id(grant), **changes})


def test_an_agent_opens_the_case_under_the_applicants_grant(sandbox: Sandbox) -> None:
    give_accepted(sandbox, agency())
    sandbox.accept(HUANGPU_COUNTER, open_by_agent(agency()))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"agent_grant": b""}, Code.GRANT_REQUIRED),
        ({"agent": b""}, Code.MISSING_FIELD),
        ({"agent": ACME}, Code.SUBJECT_MISMATCH),
        ({"applicant": ACME}, Code.SUBJECT_MISMATCH),
        ({"agent_grant": compute_id("no grant")}, Code.NOT_FOUND),
    ],
)
def test_an_agent_needs_the_applicants_own_grant(
    sandbox: Sandbox, changes: dict[str, Any], code: Code
) -> None:
    give_accepted(sandbox, agency())
    assert sandbox.apply(HUANGPU_COUNTER, open_by_agent(agency(), **changes)) == [code]


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        ({"matters": [RESTAURANT]}, Code.OK),
        ({"regions": ["310101"]}, Code.OK),
        ({"channels": [CHANNEL_WINDOW]}, Code.OK),
        ({"case": CaseRef(unit=HUANGPU, number="2026-0001")}, Code.OK),
        ({"purposes": [PURPOSE_ENFORCEMENT]}, Code.OUTSIDE_PURPOSE),
        ({"matters": [BUILDING]}, Code.OUTSIDE_MATTER),
        ({"regions": ["310115"]}, Code.OUTSIDE_REGION),
        ({"channels": [CHANNEL_MOBILE]}, Code.OUTSIDE_CHANNEL),
        ({"case": CaseRef(unit=PUDONG, number="2026-0001")}, Code.OUTSIDE_CASE),
    ],
)
def test_an_agent_acts_within_the_scope_of_the_grant(
    sandbox: Sandbox, scope: dict[str, Any], code: Code
) -> None:
    grant = agency(scope=scope)
    give_accepted(sandbox, grant)
    context = Context(channel=CHANNEL_WINDOW)
    assert sandbox.apply(HUANGPU_COUNTER, open_by_agent(grant), context=context) == [code]


def test_a_revoked_grant_lets_nobody_act(sandbox: Sandbox) -> None:
    give_accepted(sandbox, agency())
    sandbox.accept(HUANGPU_COUNTER, change(sandbox, agency(), grants_pb2.GRANT_EVENT_REVOKE))
    assert sandbox.apply(HUANGPU_COUNTER, open_by_agent(agency())) == [Code.GRANT_REVOKED]


def test_a_grant_to_a_unit_makes_no_agent(sandbox: Sandbox) -> None:
    grant = agency(grantee=to_unit(HUANGPU), scope={"depth": 0})
    give_accepted(sandbox, grant)
    assert sandbox.apply(HUANGPU_COUNTER, open_by_agent(grant)) == [Code.SUBJECT_MISMATCH]


def test_delegation_goes_as_deep_as_the_matter_allows(sandbox: Sandbox) -> None:
    child = agency(
        "child",
        {"depth": 1},
        parent=compute_grant_id(agency()),
        grantor=to_subject(HAN_MEIMEI),
        grantee=to_subject(ACME),
    )
    give_accepted(sandbox, agency(), child)
    by_acme = open_by_agent(child, agent=ACME)
    assert sandbox.apply(HUANGPU_COUNTER, by_acme) == [Code.DELEGATION_NOT_ALLOWED]
    sandbox.accept(CENTRE_OFFICE, put_matter(version=2, delegation_depth=2))
    sandbox.accept(HUANGPU_COUNTER, open_by_agent(child, agent=ACME, matter_version=2))


def test_a_matter_without_delegation_is_opened_by_the_applicant_only(sandbox: Sandbox) -> None:
    give_accepted(sandbox, agency())
    by_agent = open_by_agent(agency(), matter=BUILDING)
    assert sandbox.apply(PUDONG_COUNTER, by_agent) == [Code.DELEGATION_NOT_ALLOWED]
    by_agent.agent_grant = b""
    assert sandbox.apply(PUDONG_COUNTER, by_agent) == [Code.DELEGATION_NOT_ALLOWED]


# projects


def admit(sandbox: Sandbox, subject: bytes = LI_LEI, lead: bytes = ACME, **changes: Any) -> AdmitParticipant:
    fields = {
        "chain_id": CHAIN_ID,
        "project": PROJECT,
        "subject": subject,
        "role": PROJECT_ROLE_DESIGNER,
        "valid": always(),
    }
    body = AdmitParticipant.Body(**{**fields, **changes})
    return AdmitParticipant(
        body=body, attestation=by_gateway(sandbox, compute_participant_target(body), lead)
    )


def in_project(number: str, applicant: bytes = LI_LEI) -> Any:
    return open_case(number=number, applicant=applicant, project=PROJECT)


def test_the_lead_and_admitted_participants_apply_in_a_project(sandbox: Sandbox) -> None:
    sandbox.accept(PUDONG_COUNTER, open_project())
    sandbox.accept(HUANGPU_COUNTER, in_project("1", ACME))
    assert sandbox.apply(HUANGPU_COUNTER, in_project("2")) == [Code.NOT_PARTICIPANT]
    sandbox.accept(PUDONG_COUNTER, admit(sandbox))
    sandbox.accept(HUANGPU_COUNTER, in_project("2"))
    assert sandbox.apply(HUANGPU_COUNTER, in_project("3", HAN_MEIMEI)) == [Code.NOT_PARTICIPANT]


def test_a_participant_takes_part_in_its_interval_only(sandbox: Sandbox) -> None:
    sandbox.accept(PUDONG_COUNTER, open_project())
    start, end = sandbox.time_ms + DAY_MS, sandbox.time_ms + 2 * DAY_MS
    sandbox.accept(PUDONG_COUNTER, admit(sandbox, valid=Interval(from_ms=start, to_ms=end)))
    assert sandbox.apply(HUANGPU_COUNTER, in_project("1")) == [Code.NOT_PARTICIPANT]
    sandbox.time_ms = start
    sandbox.accept(HUANGPU_COUNTER, in_project("1"))
    sandbox.time_ms = end
    assert sandbox.apply(HUANGPU_COUNTER, in_project("2")) == [Code.NOT_PARTICIPANT]


def test_a_new_admission_replaces_the_old_one_of_that_role_and_cannot_be_undone_by_replay(
    sandbox: Sandbox,
) -> None:
    sandbox.accept(PUDONG_COUNTER, open_project())
    first = admit(sandbox)
    sandbox.accept(PUDONG_COUNTER, first)
    before = sandbox.find(KIND_PARTICIPANT, PROJECT + LI_LEI + bytes([PROJECT_ROLE_DESIGNER])).index
    over = Interval(from_ms=1, to_ms=sandbox.time_ms)
    sandbox.accept(PUDONG_COUNTER, admit(sandbox, valid=over))
    assert sandbox.statuses[before] == Status.SUPERSEDED
    assert sandbox.apply(HUANGPU_COUNTER, in_project("1")) == [Code.NOT_PARTICIPANT]
    assert sandbox.apply(PUDONG_COUNTER, first) == [Code.ATTESTATION_TOO_OLD]


def test_a_subject_may_take_part_in_two_roles(sandbox: Sandbox) -> None:
    sandbox.accept(PUDONG_COUNTER, open_project())
    sandbox.accept(PUDONG_COUNTER, admit(sandbox))
    over = Interval(from_ms=1, to_ms=sandbox.time_ms)
    sandbox.accept(PUDONG_COUNTER, admit(sandbox, role=PROJECT_ROLE_SURVEYOR, valid=over))
    sandbox.accept(HUANGPU_COUNTER, in_project("1"))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"chain_id": "other-00000000"}, Code.FOREIGN_CHAIN),
        ({"project": compute_id("no project")}, Code.NOT_FOUND),
        ({"role": PROJECT_ROLE_LEAD}, Code.OUT_OF_RANGE),
        ({"valid": Interval(from_ms=5, to_ms=5)}, Code.WRONG_INTERVAL),
        ({"lead": LI_LEI}, Code.WRONG_ATTESTATION),
    ],
)
def test_only_the_lead_admits_and_only_soundly(sandbox: Sandbox, changes: dict[str, Any], code: Code) -> None:
    sandbox.accept(PUDONG_COUNTER, open_project())
    assert sandbox.apply(PUDONG_COUNTER, admit(sandbox, **changes)) == [code]


def test_a_project_id_is_used_once_and_only_by_an_accepting_unit(sandbox: Sandbox) -> None:
    assert sandbox.apply(GATEWAY_SYSTEM, open_project()) == [Code.NOT_PERMITTED]
    sandbox.accept(PUDONG_COUNTER, open_project())
    assert sandbox.apply(MARKET_OFFICE, open_project()) == [Code.ALREADY_EXISTS]


def test_a_list_of_a_matter_without_rows_can_still_open_cases(sandbox: Sandbox) -> None:
    sandbox.accept(CENTRE_OFFICE, put_matter(version=2, rows=[]))
    sandbox.accept(HUANGPU_COUNTER, open_case(matter_version=2))

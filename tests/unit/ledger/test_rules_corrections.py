"""Disputes: anybody may raise one, the responsible unit clears it, and the record's state stays its own."""

import pytest
from google.protobuf.message import Message

from tests.testkit.ledger_kit import DAY_MS, Sandbox
from tests.testkit.ledger_objects import (
    ACME,
    CENTRE_OFFICE,
    GATEWAY_SYSTEM,
    HOUSING_COUNTER,
    HOUSING_OFFICE,
    HUANGPU_COUNTER,
    HUANGPU_OFFICE,
    LI_LEI,
    MARKET_OFFICE,
    PUDONG_COUNTER,
    clear_dispute,
    collect_material,
    compute_id,
    issue_licence,
    open_case,
    put_mandate,
    raise_dispute,
)
from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.lifecycle import DISPUTE_STATUS
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.merkle.trace import TraceKind
from zhenglian_proto.v1.corrections_pb2 import ROOT_CAUSE_UNSPECIFIED
from zhenglian_proto.v1.records_pb2 import (
    LICENCE_EVENT_CANCEL,
    LICENCE_EVENT_RESUME,
    LICENCE_EVENT_REVOKE,
    LICENCE_EVENT_SUSPEND,
    MATERIAL_EVENT_ACCEPT,
    MATERIAL_EVENT_REJECT,
    REASON_WITHHELD,
    ChangeLicence,
    DecideMaterial,
    LicenceEvent,
    MaterialEvent,
)
from zhenglian_proto.v1.state_pb2 import DISPUTE_STANDING_CLEARED, DisputeStanding, DisputeState
from zhenglian_proto.v1.types_pb2 import KIND_DISPUTE, KIND_LICENCE, KIND_MATERIAL

LICENCE, DISPUTE = compute_id("licence"), compute_id("dispute")


@pytest.fixture
def sandbox() -> Sandbox:
    """The market bureau's licence of Li Lei and Acme."""
    sandbox = Sandbox()
    sandbox.accept(MARKET_OFFICE, issue_licence(holders=[LI_LEI, ACME]))
    return sandbox


def change(event: LicenceEvent) -> ChangeLicence:
    return ChangeLicence(licence=LICENCE, event=event, reason=REASON_WITHHELD)


def test_a_dispute_shows_on_the_record_and_in_its_holders_traces(sandbox: Sandbox) -> None:
    sandbox.accept(HUANGPU_OFFICE, raise_dispute())
    raised = sandbox.find(KIND_DISPUTE, DISPUTE).index
    record = sandbox.get_record(KIND_LICENCE, LICENCE)
    assert record.open_disputes == 1
    assert sandbox.get_status(KIND_LICENCE, LICENCE) == Status.DISPUTED
    assert sandbox.statuses[raised] == Status.VALID
    assert sandbox.has_rows(rows.DISPUTE + LICENCE + rows.u64(raised))

    sandbox.accept(MARKET_OFFICE, clear_dispute())
    cleared = sandbox.sizes[rows.REGISTRY] - 1
    assert sandbox.get_status(KIND_LICENCE, LICENCE) == Status.VALID
    assert sandbox.statuses[raised] == Status.INVALID
    assert sandbox.statuses[cleared] == Status.NONE
    state = sandbox.state.get_state(KIND_DISPUTE, raised, DisputeState)
    assert (state.standing, state.cleared_index) == (DISPUTE_STANDING_CLEARED, cleared)
    expected = [(rows.REGISTRY, raised), (rows.REGISTRY, cleared)]
    assert sandbox.get_trace(TraceKind.RECORD, LICENCE) == expected
    assert sandbox.get_trace(TraceKind.SUBJECT, LI_LEI) == expected
    assert sandbox.get_trace(TraceKind.SUBJECT, ACME) == expected


def test_the_nibble_returns_with_the_last_open_dispute(sandbox: Sandbox) -> None:
    sandbox.accept(HUANGPU_OFFICE, raise_dispute("first"))
    sandbox.accept(HOUSING_OFFICE, raise_dispute("second"))
    sandbox.accept(MARKET_OFFICE, clear_dispute("first"))
    assert sandbox.get_status(KIND_LICENCE, LICENCE) == Status.DISPUTED
    sandbox.accept(MARKET_OFFICE, clear_dispute("second"))
    assert sandbox.get_status(KIND_LICENCE, LICENCE) == Status.VALID


@pytest.mark.parametrize(
    ("event", "disputed", "cleared"),
    [
        (LICENCE_EVENT_SUSPEND, Status.SUSPENDED_DISPUTED, Status.SUSPENDED),
        (LICENCE_EVENT_REVOKE, Status.INVALID, Status.INVALID),
        (LICENCE_EVENT_CANCEL, Status.INVALID, Status.INVALID),
    ],
)
@pytest.mark.parametrize("disputed_first", [True, False])
def test_a_dispute_stands_beside_the_state_whatever_came_first(
    sandbox: Sandbox, event: LicenceEvent, disputed: Status, cleared: Status, *, disputed_first: bool
) -> None:
    steps: list[tuple[str, Message]] = [(HUANGPU_OFFICE, raise_dispute()), (MARKET_OFFICE, change(event))]
    for system, operation in steps if disputed_first else reversed(steps):
        sandbox.accept(system, operation)
    assert sandbox.get_status(KIND_LICENCE, LICENCE) == disputed
    sandbox.accept(MARKET_OFFICE, clear_dispute())
    assert sandbox.get_status(KIND_LICENCE, LICENCE) == cleared


def test_a_disputed_licence_that_is_resumed_is_disputed_again(sandbox: Sandbox) -> None:
    sandbox.accept(
        MARKET_OFFICE, change(LICENCE_EVENT_SUSPEND), raise_dispute(), change(LICENCE_EVENT_RESUME)
    )
    assert sandbox.get_status(KIND_LICENCE, LICENCE) == Status.DISPUTED


def test_a_superseded_licence_stays_superseded_beside_its_dispute(sandbox: Sandbox) -> None:
    sandbox.accept(MARKET_OFFICE, issue_licence("new", holders=[LI_LEI, ACME], supersedes=LICENCE))
    sandbox.accept(HUANGPU_OFFICE, raise_dispute())
    assert sandbox.get_status(KIND_LICENCE, LICENCE) == Status.SUPERSEDED
    sandbox.accept(MARKET_OFFICE, clear_dispute())
    assert sandbox.get_status(KIND_LICENCE, LICENCE) == Status.SUPERSEDED


@pytest.mark.parametrize("system", [CENTRE_OFFICE, GATEWAY_SYSTEM, MARKET_OFFICE, PUDONG_COUNTER])
def test_any_registered_unit_may_dispute(sandbox: Sandbox, system: str) -> None:
    assert sandbox.apply(system, raise_dispute()) == [Code.OK]


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (raise_dispute("taken"), Code.ALREADY_EXISTS),
        (raise_dispute(record="none"), Code.NOT_FOUND),
        (raise_dispute(fields=["NAME", "NAME"]), Code.DUPLICATE),
        (raise_dispute(statement=b""), Code.MISSING_FIELD),
    ],
)
def test_a_dispute_that_names_nothing_sound_is_refused(
    sandbox: Sandbox, operation: Message, code: Code
) -> None:
    sandbox.accept(HUANGPU_OFFICE, raise_dispute("taken"))
    assert sandbox.apply(HOUSING_OFFICE, operation) == [code]


def test_a_members_disputes_of_a_day_are_limited_whichever_system_raises_them(sandbox: Sandbox) -> None:
    names = [f"dispute {number}" for number in range(5)]
    codes = sandbox.apply(HOUSING_OFFICE, *[raise_dispute(name) for name in names[:2]])
    codes += sandbox.apply(HOUSING_COUNTER, *[raise_dispute(name) for name in names[2:]])
    assert codes == [Code.OK] * 3 + [Code.DISPUTE_QUOTA] * 2
    sandbox.accept(HUANGPU_OFFICE, raise_dispute("of another member"))
    sandbox.wait(DAY_MS - sandbox.time_ms % DAY_MS - 1)  # the day's last millisecond
    assert sandbox.apply(HOUSING_OFFICE, raise_dispute("late")) == [Code.DISPUTE_QUOTA]
    sandbox.accept(HOUSING_OFFICE, raise_dispute("late"))


def test_a_refused_dispute_takes_nothing_from_the_quota(sandbox: Sandbox) -> None:
    codes = sandbox.apply(HOUSING_OFFICE, *[raise_dispute(record="none")] * 4, raise_dispute())
    assert codes == [Code.NOT_FOUND] * 4 + [Code.OK]


@pytest.mark.parametrize(
    ("system", "operation", "code"),
    [
        (MARKET_OFFICE, clear_dispute("none"), Code.NOT_FOUND),
        (MARKET_OFFICE, clear_dispute("old"), Code.DISPUTE_CLOSED),
        (MARKET_OFFICE, clear_dispute(root_cause=ROOT_CAUSE_UNSPECIFIED), Code.MISSING_FIELD),
        (HOUSING_OFFICE, clear_dispute(), Code.NOT_RESPONSIBLE),
        (HUANGPU_OFFICE, clear_dispute(), Code.NOT_RESPONSIBLE),
        (CENTRE_OFFICE, clear_dispute(), Code.NOT_PERMITTED),
    ],
)
def test_only_the_responsible_unit_clears_once_and_with_a_root_cause(
    sandbox: Sandbox, system: str, operation: Message, code: Code
) -> None:
    sandbox.accept(HUANGPU_OFFICE, raise_dispute(), raise_dispute("old"))
    sandbox.accept(MARKET_OFFICE, clear_dispute("old"))
    assert sandbox.apply(system, operation) == [code]


def test_the_issuing_unit_answers_for_what_its_agent_collected(sandbox: Sandbox) -> None:
    sandbox.accept(CENTRE_OFFICE, put_mandate())
    sandbox.accept(HOUSING_OFFICE, issue_licence("mandated"))
    sandbox.accept(HUANGPU_OFFICE, raise_dispute(record="mandated"))
    assert sandbox.apply(HOUSING_OFFICE, clear_dispute()) == [Code.NOT_RESPONSIBLE]
    sandbox.accept(MARKET_OFFICE, clear_dispute())


def test_the_collecting_unit_answers_for_a_material(sandbox: Sandbox) -> None:
    sandbox.accept(HUANGPU_COUNTER, open_case(), collect_material())
    sandbox.accept(MARKET_OFFICE, raise_dispute(record="material"))
    assert sandbox.apply(PUDONG_COUNTER, clear_dispute()) == [Code.NOT_RESPONSIBLE]
    sandbox.accept(HUANGPU_OFFICE, clear_dispute())
    assert sandbox.get_status(KIND_MATERIAL, compute_id("material")) == Status.PENDING
    assert len(sandbox.get_trace(TraceKind.SUBJECT, LI_LEI)) == 2


@pytest.mark.parametrize(
    ("event", "traced"), [(None, 0), (MATERIAL_EVENT_REJECT, 0), (MATERIAL_EVENT_ACCEPT, 2)]
)
def test_a_materials_own_trace_begins_after_its_acceptance(
    sandbox: Sandbox, event: MaterialEvent | None, traced: int
) -> None:
    material = compute_id("material")
    sandbox.accept(HUANGPU_COUNTER, open_case(), collect_material())
    if event is not None:
        sandbox.accept(HUANGPU_COUNTER, DecideMaterial(material=material, event=event))
    sandbox.accept(MARKET_OFFICE, raise_dispute(record="material"))
    sandbox.accept(HUANGPU_OFFICE, clear_dispute())
    assert len(sandbox.get_trace(TraceKind.RECORD, material)) == traced
    assert len(sandbox.get_trace(TraceKind.SUBJECT, LI_LEI)) == 2


def test_every_standing_of_a_dispute_has_a_nibble() -> None:
    assert set(DISPUTE_STATUS) == {standing for standing in DisputeStanding.values() if standing}

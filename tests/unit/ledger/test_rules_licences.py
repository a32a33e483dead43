"""Licences: issued by who is listed, changed by who answers for them, superseded by their like."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.testkit.ledger_kit import DAY_MS, Sandbox
from tests.testkit.ledger_objects import (
    ACME,
    BUSINESS_LICENCE,
    CENTRE_OFFICE,
    COMPOSITE,
    FOOD_PERMIT,
    GENESIS_MS,
    HAN_MEIMEI,
    HOUSE_PERMIT,
    HOUSING,
    HOUSING_OFFICE,
    HUANGPU,
    HUANGPU_OFFICE,
    LI_LEI,
    MARKET,
    MARKET_OFFICE,
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
from zhenglian_ledger.lifecycle import LICENCES, RECORD_STATUS, compute_record_status
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.merkle.trace import TraceKind
from zhenglian_proto.v1.records_pb2 import (
    LICENCE_EVENT_CANCEL,
    LICENCE_EVENT_REVOKE,
    LICENCE_EVENT_SUSPEND,
    REASON_LAPSED,
    ChangeLicence,
    IssueLicence,
    LicenceEvent,
)
from zhenglian_proto.v1.registries_pb2 import Retire
from zhenglian_proto.v1.state_pb2 import (
    RECORD_STANDING_CANCELLED,
    RECORD_STANDING_REVOKED,
    RECORD_STANDING_SUPERSEDED,
    RECORD_STANDING_SUSPENDED,
    RECORD_STANDING_VALID,
    RecordStanding,
)
from zhenglian_proto.v1.types_pb2 import (
    KIND_LICENCE,
    KIND_LICENCE_TYPE,
    KIND_MANDATE,
    KIND_UNIT,
    CaseRef,
    Interval,
)

LICENCE = compute_id("licence")


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


def change(event: LicenceEvent, name: str = "licence") -> ChangeLicence:
    return ChangeLicence(licence=compute_id(name), event=event, reason=REASON_LAPSED)


def food_permit(name: str, **changes: Any) -> IssueLicence:
    return issue_licence(name, **{"type": FOOD_PERMIT, **changes})


def composite(*parts: str, **changes: Any) -> IssueLicence:
    return issue_licence(
        "composite", **{"type": COMPOSITE, "parts": [compute_id(part) for part in parts], **changes}
    )


# issuing


def test_an_issued_licence_is_valid_and_found_but_not_traced(sandbox: Sandbox) -> None:
    sandbox.accept(MARKET_OFFICE, issue_licence(holders=[LI_LEI, ACME]))
    assert sandbox.get_status(KIND_LICENCE, LICENCE) == Status.VALID
    assert sandbox.get_record(KIND_LICENCE, LICENCE).standing == RECORD_STANDING_VALID
    for holder in (LI_LEI, ACME):
        assert sandbox.has_rows(rows.HOLDING + holder)
        assert sandbox.get_trace(TraceKind.SUBJECT, holder) == []
    assert sandbox.has_rows(rows.DIGEST + compute_id("sha256 licence"))
    assert sandbox.get_trace(TraceKind.RECORD, LICENCE) == []


@pytest.mark.parametrize(
    ("system", "licence", "code"),
    [
        (MARKET_OFFICE, issue_licence(type="never"), Code.UNKNOWN_TYPE),
        (MARKET_OFFICE, issue_licence(type="gone"), Code.UNKNOWN_TYPE),
        (MARKET_OFFICE, issue_licence(type=HOUSE_PERMIT), Code.ISSUER_NOT_LISTED),
        (HOUSING_OFFICE, issue_licence(), Code.MANDATE_REQUIRED),
        (HUANGPU_OFFICE, issue_licence(), Code.NOT_PERMITTED),
        (MARKET_OFFICE, issue_licence(custodian="never"), Code.NOT_FOUND),
        (MARKET_OFFICE, issue_licence(holders=[LI_LEI, LI_LEI]), Code.DUPLICATE),
        (MARKET_OFFICE, issue_licence(holders=[]), Code.MISSING_FIELD),
        (MARKET_OFFICE, issue_licence(valid=Interval(from_ms=9, to_ms=9)), Code.WRONG_INTERVAL),
        (MARKET_OFFICE, issue_licence(case=CaseRef(unit=HUANGPU, number="none")), Code.NOT_FOUND),
        (MARKET_OFFICE, issue_licence(supersedes=compute_id("none")), Code.NOT_FOUND),
        (MARKET_OFFICE, issue_licence(parts=[compute_id("none")]), Code.NOT_FOUND),
        (MARKET_OFFICE, issue_licence(valid=Interval(from_ms=9, to_ms=10)), Code.OK),
        (MARKET_OFFICE, issue_licence(custodian=HOUSING), Code.OK),
    ],
)
def test_a_licence_is_issued_by_its_listed_unit_or_refused(
    sandbox: Sandbox, system: str, licence: IssueLicence, code: Code
) -> None:
    assert sandbox.apply(system, licence) == [code]


def test_a_licence_id_is_used_once_even_by_a_material(sandbox: Sandbox) -> None:
    sandbox.accept(MARKET_OFFICE, issue_licence())
    assert sandbox.apply(MARKET_OFFICE, issue_licence()) == [Code.IDENTIFIER_REUSED]
    sandbox.accept(HUANGPU_OFFICE, open_case(), collect_material())
    assert sandbox.apply(MARKET_OFFICE, issue_licence("material")) == [Code.IDENTIFIER_REUSED]


def test_a_licence_of_a_retired_type_or_issuer_is_refused(sandbox: Sandbox) -> None:
    sandbox.accept(CENTRE_OFFICE, put_mandate())
    sandbox.accept(CENTRE_OFFICE, Retire(kind=KIND_UNIT, id=MARKET))
    assert sandbox.apply(HOUSING_OFFICE, issue_licence()) == [Code.NOT_IN_FORCE]
    sandbox.accept(CENTRE_OFFICE, Retire(kind=KIND_LICENCE_TYPE, id=BUSINESS_LICENCE))
    assert sandbox.apply(HOUSING_OFFICE, issue_licence()) == [Code.UNKNOWN_TYPE]


def test_a_mandate_lets_another_unit_submit_while_it_holds(sandbox: Sandbox) -> None:
    ended = Interval(from_ms=1, to_ms=GENESIS_MS)
    sandbox.accept(CENTRE_OFFICE, put_mandate(id="ended", valid=ended))
    sandbox.accept(CENTRE_OFFICE, put_mandate(id="other", types=[FOOD_PERMIT]))
    assert sandbox.apply(HOUSING_OFFICE, issue_licence()) == [Code.MANDATE_REQUIRED]
    sandbox.accept(CENTRE_OFFICE, put_mandate())
    sandbox.accept(HOUSING_OFFICE, issue_licence())
    assert sandbox.apply(HOUSING_OFFICE, change(LICENCE_EVENT_REVOKE)) == [Code.NOT_OWNER]
    sandbox.accept(MARKET_OFFICE, change(LICENCE_EVENT_SUSPEND))
    sandbox.accept(CENTRE_OFFICE, Retire(kind=KIND_MANDATE, id="mandate-1"))
    assert sandbox.apply(HOUSING_OFFICE, issue_licence("next")) == [Code.MANDATE_REQUIRED]


# composite licences


@pytest.mark.parametrize(
    ("licence", "code"),
    [
        (composite("business", "food"), Code.OK),
        (composite("food", "business"), Code.OK),
        (composite("business"), Code.WRONG_PARTS),
        (composite(), Code.WRONG_PARTS),
        (composite("business", "business"), Code.WRONG_PARTS),
        (composite("business", "food of another"), Code.WRONG_PARTS),
        (composite("business", "food suspended"), Code.WRONG_PARTS),
        (composite("business", "food ended"), Code.WRONG_PARTS),
        (composite("business", "food not begun"), Code.WRONG_PARTS),
        (composite("business", "food", type=BUSINESS_LICENCE), Code.WRONG_PARTS),
    ],
)
def test_a_composite_links_one_valid_licence_of_each_part_type(
    sandbox: Sandbox, licence: IssueLicence, code: Code
) -> None:
    sandbox.accept(
        MARKET_OFFICE,
        issue_licence("business"),
        food_permit("food"),
        food_permit("food of another", holders=[HAN_MEIMEI]),
        food_permit("food suspended"),
        food_permit("food ended", valid=Interval(from_ms=1, to_ms=GENESIS_MS)),
        food_permit("food not begun", valid=Interval(from_ms=GENESIS_MS + DAY_MS)),
        change(LICENCE_EVENT_SUSPEND, "food suspended"),
    )
    assert sandbox.apply(MARKET_OFFICE, licence) == [code]


# superseding


def test_a_successor_takes_the_licences_place(sandbox: Sandbox) -> None:
    sandbox.accept(MARKET_OFFICE, issue_licence())
    sandbox.accept(MARKET_OFFICE, issue_licence("new", supersedes=LICENCE))
    before, after = sandbox.get_record(KIND_LICENCE, LICENCE), sandbox.find(KIND_LICENCE, compute_id("new"))
    assert (before.standing, before.successor) == (RECORD_STANDING_SUPERSEDED, after.index)
    assert sandbox.get_status(KIND_LICENCE, LICENCE) == Status.SUPERSEDED
    assert sandbox.statuses[after.index] == Status.VALID
    assert sandbox.get_trace(TraceKind.RECORD, LICENCE) == [(rows.REGISTRY, after.index)]
    assert sandbox.apply(MARKET_OFFICE, issue_licence("third", supersedes=LICENCE)) == [Code.WRONG_STATE]


@pytest.mark.parametrize(
    "changes", [{"type": FOOD_PERMIT}, {"holders": [HAN_MEIMEI]}, {"holders": [LI_LEI, ACME]}], ids=str
)
def test_a_successor_is_of_the_same_type_and_holders(sandbox: Sandbox, changes: dict[str, Any]) -> None:
    sandbox.accept(MARKET_OFFICE, issue_licence())
    successor = issue_licence("new", supersedes=LICENCE, **changes)
    assert sandbox.apply(MARKET_OFFICE, successor) == [Code.SUPERSEDED_MISMATCH]
    assert sandbox.get_status(KIND_LICENCE, LICENCE) == Status.VALID


def test_a_material_is_no_licence_to_change_or_supersede(sandbox: Sandbox) -> None:
    sandbox.accept(HUANGPU_OFFICE, open_case(), collect_material())
    assert sandbox.apply(MARKET_OFFICE, change(LICENCE_EVENT_REVOKE, "material")) == [Code.NOT_FOUND]
    successor = issue_licence("new", supersedes=compute_id("material"))
    assert sandbox.apply(MARKET_OFFICE, successor) == [Code.NOT_FOUND]


# the way of a licence

PATHS: dict[RecordStanding, list[LicenceEvent]] = {
    RECORD_STANDING_VALID: [],
    RECORD_STANDING_SUSPENDED: [LICENCE_EVENT_SUSPEND],
    RECORD_STANDING_REVOKED: [LICENCE_EVENT_REVOKE],
    RECORD_STANDING_CANCELLED: [LICENCE_EVENT_CANCEL],
}


@pytest.mark.parametrize("event", [event for event in LicenceEvent.values() if event])
@pytest.mark.parametrize("standing", list(PATHS))
def test_a_licence_goes_where_the_lifecycle_lets_it_and_nowhere_else(
    sandbox: Sandbox, standing: RecordStanding, event: LicenceEvent
) -> None:
    sandbox.accept(MARKET_OFFICE, issue_licence())
    for step in PATHS[standing]:
        sandbox.accept(MARKET_OFFICE, change(step))
    after = LICENCES.get((standing, event))
    codes = sandbox.apply(MARKET_OFFICE, change(event))
    assert codes == [Code.OK if after is not None else Code.WRONG_STATE]
    expected = standing if after is None else after
    assert sandbox.get_record(KIND_LICENCE, LICENCE).standing == expected
    assert sandbox.get_status(KIND_LICENCE, LICENCE) == compute_record_status(expected, 0)
    changes = len(PATHS[standing]) + (after is not None)
    assert len(sandbox.get_trace(TraceKind.RECORD, LICENCE)) == changes


def test_only_the_issuing_unit_changes_its_licence(sandbox: Sandbox) -> None:
    sandbox.accept(MARKET_OFFICE, issue_licence())
    assert sandbox.apply(HOUSING_OFFICE, change(LICENCE_EVENT_REVOKE)) == [Code.NOT_OWNER]
    assert sandbox.apply(MARKET_OFFICE, change(LICENCE_EVENT_REVOKE, "none")) == [Code.NOT_FOUND]


def test_a_refused_sibling_undoes_an_atomic_batch_only(sandbox: Sandbox) -> None:
    operations = [issue_licence(), issue_licence("second", type="never")]
    assert sandbox.apply(MARKET_OFFICE, *operations, atomic=True) == [
        Code.ATOMIC_SIBLING_REFUSED,
        Code.UNKNOWN_TYPE,
    ]
    assert sandbox.apply(MARKET_OFFICE, *operations) == [Code.OK, Code.UNKNOWN_TYPE]


# any sequence of events

ACTIONS = (
    *(("change", event) for event in LicenceEvent.values() if event),
    ("raise", 0),
    ("clear", 0),
    ("supersede", 0),
)


@given(st.lists(st.sampled_from(ACTIONS), max_size=12))
@settings(max_examples=60)
def test_no_sequence_of_events_leaves_the_table_and_the_nibble_always_fits(
    actions: list[tuple[str, LicenceEvent]],
) -> None:
    sandbox = Sandbox()
    sandbox.accept(MARKET_OFFICE, issue_licence())
    model = {"standing": RECORD_STANDING_VALID, "open": 0}
    open_disputes: list[str] = []
    for number, (action, event) in enumerate(actions):
        expected = _apply_to_model(sandbox, model, open_disputes, action, event, number)
        record = sandbox.get_record(KIND_LICENCE, LICENCE)
        assert (record.standing, record.open_disputes) == (model["standing"], model["open"]), (
            action,
            expected,
        )
        status = compute_record_status(record.standing, record.open_disputes)
        assert sandbox.get_status(KIND_LICENCE, LICENCE) == status
        shown = status in (Status.DISPUTED, Status.SUSPENDED_DISPUTED)
        standing_shows = record.standing in (RECORD_STANDING_VALID, RECORD_STANDING_SUSPENDED)
        assert shown == (bool(open_disputes) and standing_shows)


def _apply_to_model(
    sandbox: Sandbox,
    model: dict[str, Any],
    open_disputes: list[str],
    action: str,
    event: LicenceEvent,
    number: int,
) -> Code:
    """Apply one action to the ledger and to the model; the ledger's code must be the model's."""
    expected = Code.OK
    if action == "change":
        after = LICENCES.get((model["standing"], event))
        expected = Code.WRONG_STATE if after is None else Code.OK
        model["standing"] = model["standing"] if after is None else after
        codes = sandbox.apply(MARKET_OFFICE, change(event))
    elif action == "raise":
        open_disputes.append(f"dispute {number}")
        model["open"] += 1
        sandbox.wait(86_400_000)  # a fresh daily quota
        codes = sandbox.apply(HUANGPU_OFFICE, raise_dispute(open_disputes[-1]))
    elif action == "clear":
        name = open_disputes.pop() if open_disputes else "none"
        expected = Code.OK if name != "none" else Code.NOT_FOUND
        model["open"] -= name != "none"
        codes = sandbox.apply(MARKET_OFFICE, clear_dispute(name))
    else:
        if model["standing"] in (RECORD_STANDING_VALID, RECORD_STANDING_SUSPENDED):
            model["standing"] = RECORD_STANDING_SUPERSEDED
        else:
            expected = Code.WRONG_STATE
        codes = sandbox.apply(MARKET_OFFICE, issue_licence(f"successor {number}", supersedes=LICENCE))
    assert codes == [expected]
    return expected


def test_every_standing_of_a_record_has_its_two_nibbles() -> None:
    assert set(RECORD_STATUS) == {standing for standing in RecordStanding.values() if standing}

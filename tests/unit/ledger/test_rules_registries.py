"""Registries: whatever an entry names is in force when it is made, and retiring takes things out of force."""

import pytest
from google.protobuf.message import Message

from tests.testkit.ledger_kit import Sandbox
from tests.testkit.ledger_objects import (
    BUSINESS_LICENCE,
    CENTRE,
    CENTRE_OFFICE,
    COMPOSITE,
    FOOD_PERMIT,
    GENESIS_MS,
    HOUSING,
    HUANGPU_OFFICE,
    LAW,
    LEASE,
    MARKET,
    MARKET_OFFICE,
    PUDONG,
    PUDONG_OFFICE,
    RESTAURANT,
    YEAR_MS,
    always,
    open_case,
    put_licence_type,
    put_mandate,
    put_material_type,
    put_matter,
    put_recognition_list,
    put_region,
    put_rule,
)
from zhenglian_ledger.codes import Code
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.rules.registries import RETIRABLE
from zhenglian_proto.v1.registries_pb2 import (
    ORIGINATOR_APPLICANT,
    ORIGINATOR_GOVERNMENT,
    ORIGINATOR_UNSPECIFIED,
    Retire,
)
from zhenglian_proto.v1.types_pb2 import (
    KIND_CASE,
    KIND_LICENCE_TYPE,
    KIND_MANDATE,
    KIND_MATERIAL_TYPE,
    KIND_MATTER,
    KIND_MEMBER,
    KIND_RECOGNITION_LIST,
    KIND_REGION,
    KIND_RULE,
    KIND_SYSTEM,
    KIND_UNIT,
    Interval,
    Kind,
)

EMPTY = Interval(from_ms=5, to_ms=5)
PAST = Interval(from_ms=1, to_ms=GENESIS_MS)
FUTURE = Interval(from_ms=GENESIS_MS + YEAR_MS)
GONE = "gone"


@pytest.fixture
def sandbox() -> Sandbox:
    """A ledger that also has a retired unit's type, an expired rule, a future rule and a retired one."""
    sandbox = Sandbox()
    sandbox.accept(
        CENTRE_OFFICE,
        put_rule(id="past", valid=PAST),
        put_rule(id="future", valid=FUTURE),
        put_rule(id=GONE),
        put_licence_type(id=GONE),
        Retire(kind=KIND_RULE, id=GONE),
        Retire(kind=KIND_LICENCE_TYPE, id=GONE),
        Retire(kind=KIND_UNIT, id=HOUSING),
    )
    return sandbox


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (put_region(valid=EMPTY), Code.WRONG_INTERVAL),
        (put_region(id="31010"), Code.INVALID_NAME),
        (put_rule(valid=EMPTY), Code.WRONG_INTERVAL),
        (put_recognition_list(valid=EMPTY), Code.WRONG_INTERVAL),
        (put_recognition_list(types=[BUSINESS_LICENCE] * 2), Code.DUPLICATE),
        (put_recognition_list(types=[GONE]), Code.UNKNOWN_TYPE),
        (put_recognition_list(types=["never"]), Code.UNKNOWN_TYPE),
        (put_recognition_list(issuing_units=[PUDONG] * 2), Code.DUPLICATE),
        (put_recognition_list(issuing_units=["never"]), Code.NOT_FOUND),
        (put_recognition_list(issuing_units=[HOUSING]), Code.NOT_IN_FORCE),
        (put_mandate(agent=PUDONG, valid=EMPTY), Code.WRONG_INTERVAL),
        (put_mandate(agent=MARKET), Code.DUPLICATE),
        (put_mandate(agent=HOUSING), Code.NOT_IN_FORCE),
        (put_mandate(agent=PUDONG, principal="never"), Code.NOT_FOUND),
        (put_mandate(agent=PUDONG, types=[BUSINESS_LICENCE] * 2), Code.DUPLICATE),
        (put_mandate(agent=PUDONG, types=[LEASE]), Code.UNKNOWN_TYPE),
        (put_mandate(agent=PUDONG, basis="past"), Code.RULE_NOT_IN_FORCE),
        (put_mandate(agent=PUDONG, basis="future"), Code.RULE_NOT_IN_FORCE),
        (put_mandate(agent=PUDONG, basis=GONE), Code.RULE_NOT_IN_FORCE),
        (put_mandate(agent=PUDONG, basis="never"), Code.RULE_NOT_IN_FORCE),
        (put_licence_type(issuing_units=[MARKET] * 2), Code.DUPLICATE),
        (put_licence_type(issuing_units=[HOUSING]), Code.NOT_IN_FORCE),
        (put_licence_type(issuing_units=["never"]), Code.NOT_FOUND),
        (put_licence_type(issuing_units=[]), Code.MISSING_FIELD),
        (put_licence_type(fields=["NAME", "NAME"]), Code.DUPLICATE),
        (put_licence_type(part_types=[FOOD_PERMIT] * 2), Code.DUPLICATE),
        (put_licence_type(part_types=[GONE]), Code.UNKNOWN_TYPE),
        (put_licence_type(id=COMPOSITE, part_types=[COMPOSITE]), Code.WRONG_PARTS),
        (put_licence_type(basis="past"), Code.RULE_NOT_IN_FORCE),
        (put_licence_type(id=LEASE), Code.ALREADY_EXISTS),
        (put_material_type(id=BUSINESS_LICENCE), Code.ALREADY_EXISTS),
        (put_material_type(id=GONE), Code.ALREADY_EXISTS),  # a licence type that was retired
        (put_material_type(originators=[ORIGINATOR_APPLICANT] * 2), Code.DUPLICATE),
        (put_material_type(originators=[ORIGINATOR_UNSPECIFIED]), Code.MISSING_FIELD),
        (put_material_type(review_points=["签章", "签章"]), Code.DUPLICATE),
        (Retire(kind=KIND_MEMBER, id=CENTRE), Code.OUT_OF_RANGE),
        (Retire(kind=KIND_CASE, id="2026-0001"), Code.OUT_OF_RANGE),
        (Retire(kind=KIND_RULE, id="never"), Code.NOT_FOUND),
        (Retire(kind=KIND_RULE, id=GONE), Code.NOT_IN_FORCE),
    ],
)
def test_an_entry_that_names_what_is_not_in_force_is_refused(
    sandbox: Sandbox, operation: Message, code: Code
) -> None:
    assert sandbox.apply(CENTRE_OFFICE, operation) == [code]


@pytest.mark.parametrize(
    "operation",
    [
        put_region(),
        put_region(id="310101005", name="外滩街道"),
        put_rule(valid=PAST),
        put_recognition_list(types=[BUSINESS_LICENCE, LEASE]),
        put_mandate(agent=PUDONG),
        put_licence_type(basis=""),
        put_licence_type(part_types=[FOOD_PERMIT]),
        put_material_type(originators=[ORIGINATOR_APPLICANT, ORIGINATOR_GOVERNMENT]),
    ],
)
def test_a_sound_entry_is_accepted_from_the_steward_and_from_nobody_else(
    sandbox: Sandbox, operation: Message
) -> None:
    assert sandbox.apply(MARKET_OFFICE, operation) == [Code.NOT_PERMITTED]
    assert sandbox.apply(CENTRE_OFFICE, operation) == [Code.OK]


def test_a_sibling_in_the_same_batch_may_be_cited(sandbox: Sandbox) -> None:
    codes = sandbox.apply(
        CENTRE_OFFICE,
        put_rule(id="law-2"),
        put_licence_type(basis="law-2"),
        put_licence_type(id="x", basis="law-3"),
    )
    assert codes == [Code.OK, Code.OK, Code.RULE_NOT_IN_FORCE]


RETIRED = {
    KIND_UNIT: PUDONG,
    KIND_SYSTEM: PUDONG_OFFICE,
    KIND_REGION: "310115",
    KIND_RULE: LAW,
    KIND_RECOGNITION_LIST: "list-1",
    KIND_MANDATE: "mandate-1",
    KIND_LICENCE_TYPE: FOOD_PERMIT,
    KIND_MATERIAL_TYPE: LEASE,
    KIND_MATTER: RESTAURANT,
}


@pytest.mark.parametrize("kind", sorted(RETIRABLE))
def test_what_is_retired_is_invalid_and_out_of_force(sandbox: Sandbox, kind: Kind) -> None:
    sandbox.accept(CENTRE_OFFICE, put_recognition_list(), put_mandate(agent=PUDONG))
    identifier = RETIRED[kind]
    sandbox.accept(CENTRE_OFFICE, Retire(kind=kind, id=identifier))
    assert sandbox.get_status(kind, identifier) == Status.INVALID
    assert sandbox.state.get_in_force(kind, identifier) is None
    assert sandbox.apply(CENTRE_OFFICE, Retire(kind=kind, id=identifier)) == [Code.NOT_IN_FORCE]


def test_a_retired_object_may_come_back_as_a_new_entry(sandbox: Sandbox) -> None:
    gone = sandbox.find(KIND_RULE, GONE).index
    sandbox.accept(CENTRE_OFFICE, put_rule(id=GONE, valid=always()))
    assert sandbox.statuses[gone] == Status.SUPERSEDED
    assert sandbox.get_status(KIND_RULE, GONE) == Status.VALID


def test_a_retired_matter_opens_no_case_but_returns_with_the_next_version(sandbox: Sandbox) -> None:
    sandbox.accept(CENTRE_OFFICE, Retire(kind=KIND_MATTER, id=RESTAURANT))
    assert sandbox.apply(HUANGPU_OFFICE, open_case()) == [Code.NOT_IN_FORCE]
    assert sandbox.apply(CENTRE_OFFICE, put_matter(version=1)) == [Code.WRONG_VERSION]
    sandbox.accept(CENTRE_OFFICE, put_matter(version=2))

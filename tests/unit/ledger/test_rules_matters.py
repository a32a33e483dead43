"""Matters and their material lists: what government issued is not asked of the applicant without a basis."""

import pytest

from tests.testkit.ledger_kit import Sandbox
from tests.testkit.ledger_objects import (
    APPLICATION_FORM,
    BUSINESS_LICENCE,
    CENTRE_OFFICE,
    GENESIS_MS,
    HUANGPU_COUNTER,
    HUANGPU_OFFICE,
    LAW,
    LEASE,
    MARKET,
    MARKET_OFFICE,
    PUDONG,
    PUDONG_OFFICE,
    RESTAURANT,
    applicant_row,
    issued_row,
    open_case,
    put_matter,
    put_rule,
)
from zhenglian_ledger.codes import Code
from zhenglian_ledger.merkle.status import Status
from zhenglian_proto.v1.registries_pb2 import SOURCE_APPLICANT_MADE, MaterialRow, Matter, Retire
from zhenglian_proto.v1.state_pb2 import CaseState
from zhenglian_proto.v1.types_pb2 import KIND_CASE, KIND_MATTER, Interval

SECOND = {"version": 2}


@pytest.fixture
def sandbox() -> Sandbox:
    sandbox = Sandbox()
    sandbox.accept(CENTRE_OFFICE, put_rule(id="past", valid=Interval(from_ms=1, to_ms=GENESIS_MS)))
    return sandbox


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (applicant_row("a", APPLICATION_FORM), Code.OK),
        (applicant_row("a", APPLICATION_FORM, LEASE, licence_types=[BUSINESS_LICENCE]), Code.OK),
        (applicant_row("a", APPLICATION_FORM, commitment_allowed=True, may_follow=True), Code.OK),
        (applicant_row("a", APPLICATION_FORM, paper_demanded=True), Code.OK),
        (issued_row("a", BUSINESS_LICENCE), Code.OK),
        (issued_row("a", BUSINESS_LICENCE, paper_demanded=True, paper_basis=LAW), Code.OK),
        (applicant_row("a"), Code.MISSING_FIELD),
        (applicant_row("a", LEASE, LEASE), Code.DUPLICATE),
        (issued_row("a", BUSINESS_LICENCE, BUSINESS_LICENCE), Code.DUPLICATE),
        (applicant_row("a", "never"), Code.UNKNOWN_TYPE),
        (applicant_row("a", BUSINESS_LICENCE), Code.UNKNOWN_TYPE),
        (issued_row("a", LEASE), Code.UNKNOWN_TYPE),
        (issued_row("a", BUSINESS_LICENCE, issuing_unit=""), Code.MISSING_FIELD),
        (issued_row("a", BUSINESS_LICENCE, issuing_unit="never"), Code.NOT_FOUND),
        (issued_row("a", BUSINESS_LICENCE, paper_demanded=True), Code.BASIS_REQUIRED),
        (
            issued_row("a", BUSINESS_LICENCE, paper_demanded=True, source=SOURCE_APPLICANT_MADE),
            Code.BASIS_REQUIRED,
        ),
        (
            issued_row("a", licence_types=[], material_types=[LEASE], paper_demanded=True),
            Code.BASIS_REQUIRED,
        ),
        (issued_row("a", BUSINESS_LICENCE, paper_demanded=True, paper_basis="past"), Code.RULE_NOT_IN_FORCE),
        (applicant_row("a", LEASE, paper_basis="never"), Code.RULE_NOT_IN_FORCE),
    ],
)
def test_a_row_asks_for_what_it_may_or_the_list_is_refused(
    sandbox: Sandbox, row: MaterialRow, code: Code
) -> None:
    assert sandbox.apply(HUANGPU_OFFICE, put_matter(version=2, rows=[row])) == [code]


def test_a_genesis_list_obeys_the_same_rule(sandbox: Sandbox) -> None:
    row = issued_row("a", BUSINESS_LICENCE, paper_demanded=True)
    assert sandbox.apply_genesis(put_matter(version=2, rows=[row])) == [Code.BASIS_REQUIRED]


@pytest.mark.parametrize(
    ("system", "matter", "code"),
    [
        (HUANGPU_OFFICE, put_matter(**SECOND), Code.OK),
        (HUANGPU_OFFICE, put_matter(**SECOND, situation="连锁"), Code.OK),
        (CENTRE_OFFICE, put_matter(**SECOND), Code.OK),
        (CENTRE_OFFICE, put_matter(**SECOND, name="餐饮许可", unit=PUDONG), Code.OK),
        (CENTRE_OFFICE, put_matter(id="M.NEW"), Code.OK),
        (HUANGPU_OFFICE, put_matter(id="M.NEW"), Code.NOT_PERMITTED),
        (PUDONG_OFFICE, put_matter(**SECOND), Code.NOT_OWNER),
        (PUDONG_OFFICE, put_matter(**SECOND, unit=PUDONG), Code.NOT_OWNER),
        (HUANGPU_OFFICE, put_matter(**SECOND, unit=PUDONG), Code.NOT_OWNER),
        (HUANGPU_OFFICE, put_matter(**SECOND, name="餐饮许可"), Code.NOT_PERMITTED),
        (HUANGPU_OFFICE, put_matter(**SECOND, basic_code="000131005001"), Code.NOT_PERMITTED),
        (HUANGPU_OFFICE, put_matter(version=1), Code.WRONG_VERSION),
        (HUANGPU_OFFICE, put_matter(version=3), Code.WRONG_VERSION),
        (CENTRE_OFFICE, put_matter(id="M.NEW", version=2), Code.WRONG_VERSION),
        (HUANGPU_OFFICE, put_matter(**SECOND, basis="past", id="M.RESTAURANT"), Code.NOT_PERMITTED),
        (CENTRE_OFFICE, put_matter(**SECOND, basis="past"), Code.RULE_NOT_IN_FORCE),
        (CENTRE_OFFICE, put_matter(**SECOND, unit="never"), Code.NOT_FOUND),
        (HUANGPU_OFFICE, put_matter(**SECOND, rows=[applicant_row("a", LEASE)] * 2), Code.DUPLICATE),
        (HUANGPU_OFFICE, put_matter(**SECOND, delegation_depth=9), Code.OUT_OF_RANGE),
        (MARKET_OFFICE, put_matter(id="M.MARKET", unit=MARKET), Code.NOT_PERMITTED),
    ],
)
def test_a_version_follows_its_predecessor_by_whoever_may_write_it(
    sandbox: Sandbox, system: str, matter: Matter, code: Code
) -> None:
    assert sandbox.apply(system, matter) == [code]


def test_only_a_steward_brings_a_retired_matter_back(sandbox: Sandbox) -> None:
    sandbox.accept(CENTRE_OFFICE, Retire(kind=KIND_MATTER, id=RESTAURANT))
    assert sandbox.apply(HUANGPU_OFFICE, put_matter(**SECOND)) == [Code.NOT_PERMITTED]
    sandbox.accept(CENTRE_OFFICE, put_matter(**SECOND))
    sandbox.accept(HUANGPU_OFFICE, put_matter(version=3))


def test_a_case_keeps_the_list_it_was_opened_under(sandbox: Sandbox) -> None:
    first = sandbox.find(KIND_MATTER, RESTAURANT).index
    sandbox.accept(HUANGPU_COUNTER, open_case())
    sandbox.accept(HUANGPU_OFFICE, put_matter(version=2, rows=[applicant_row("lease", LEASE)]))
    case = sandbox.find(KIND_CASE, b"huangpu\x002026-0001")
    assert sandbox.state.get_state(KIND_CASE, case.index, CaseState).matter_index == first
    assert sandbox.statuses[first] == Status.SUPERSEDED
    assert sandbox.apply(HUANGPU_COUNTER, open_case(number="2", matter_version=1)) == [Code.NOT_IN_FORCE]
    sandbox.accept(HUANGPU_COUNTER, open_case(number="2", matter_version=2))

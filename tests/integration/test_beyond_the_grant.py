"""Nobody gives, uses or reads more than is theirs: each attempt is refused by its own code and sentences.

Each is tried beside the honest case, so that the refusal is for that reason alone.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from tests.testkit.attesting import confirm
from tests.testkit.ledger_kit import wrap
from tests.testkit.ledger_objects import (
    BUILDING,
    BUSINESS_LICENCE,
    HAN_MEIMEI,
    HUANGPU,
    LI_LEI,
    PUDONG,
    RESTAURANT,
    open_case,
)
from tests.testkit.offices import CASE, LICENCE, NOWHERE, OTHER, UNKNOWN, Offices, fails, open_offices
from zhenglian import Code, build
from zhenglian_ledger.attestation import compute_grant_event_target, compute_grant_id
from zhenglian_ledger.errors import Denied, Refused, Unreachable
from zhenglian_ledger.narrowing import NARROWING
from zhenglian_ledger.rows import case_id
from zhenglian_proto.v1.grants_pb2 import GrantBody
from zhenglian_proto.v1.types_pb2 import KIND_CASE, CaseRef


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offices]:
    with open_offices(tmp_path_factory.mktemp("offices")) as offices:
        yield offices


# grants


def build_body(offices: Offices, *, grantee: bytes | str = HUANGPU, **changes: Any) -> GrantBody:
    """Li Lei lets Huangpu use one field of his licence for his matter, at the window, ten times."""
    given = {name: changes.pop(name) for name in ("grantor", "parent", "valid") if name in changes}
    scope: dict[str, Any] = {
        "records": [LICENCE], "fields": ["NAME"], "matters": [RESTAURANT], "regions": ["310101"],
        "channels": ["WINDOW"], "uses": 10,
    }  # fmt: skip
    fields: dict[str, Any] = {"grantor": LI_LEI, "valid": build.interval("2000-01-01", "2199-12-31")}
    return build.grant_body(
        chain_id=offices.node.home.chain_id, grantee=grantee, scope=build.scope(**(scope | changes)),
        **(fields | given),
    )  # fmt: skip


PARENT: Final[Mapping[str, Any]] = {
    "scenes": ["SC.1"], "case": CaseRef(unit=HUANGPU, number=CASE), "depth": 2, "project": UNKNOWN,
    "frequency": (2, timedelta(days=1)),
}  # fmt: skip
WIDENED: Final[Mapping[str, dict[str, Any]]] = {
    "valid": {"valid": build.interval("2000-01-01", "2200-01-01")},
    "records": {"records": [LICENCE, OTHER]},
    "types": {"types": [BUSINESS_LICENCE]},
    "fields": {"fields": ["NAME", "NUMBER"]},
    "whole_document": {"whole_document": True},
    "purposes": {"purposes": ["SERVICE", "ENFORCEMENT"]},
    "matters": {"matters": []},
    "scenes": {"scenes": ["SC.1", "SC.2"]},
    "regions": {"regions": ["310000"]},
    "channels": {"channels": ["WINDOW", "PC"]},
    "case": {"case": None},
    "uses": {"uses": 11},
    "frequency": {"frequency": (3, timedelta(days=1))},
    "retention": {"retention": "DURATION", "retained_for": timedelta(days=1)},
    "depth": {"depth": 2},
    "project": {"project": b""},
}
OF_SUBJECTS: Final = {"kind", "grantee_system"}
"""Fields that a grant to a subject, which alone has children, cannot narrow."""


def test_a_grant_is_not_handed_on_wider_in_any_field(offices: Offices) -> None:
    assert set(WIDENED) | OF_SUBJECTS == {comparator.field for comparator in NARROWING}
    parent = offices.give(build_body(offices, grantee=HAN_MEIMEI, **PARENT))
    handed_on: dict[str, Any] = {**PARENT, "grantor": HAN_MEIMEI, "parent": parent, "depth": 1}
    bodies = [build_body(offices, **(handed_on | changes)) for changes in ({}, *WIDENED.values())]
    operations = [build.give_grant(body, confirm(compute_grant_id(body), HAN_MEIMEI)) for body in bodies]
    receipt = offices.counter.submit(operations)
    results = dict(zip(["as it is", *WIDENED], receipt.results, strict=True))
    assert results.pop("as it is").code is Code.OK
    assert {field: result.code for field, result in results.items()} == dict.fromkeys(
        WIDENED, Code.GRANT_WIDENED
    )
    fails(Refused, Code.GRANT_WIDENED, receipt.raise_for_refusals)


def test_nobody_grants_what_is_another_persons(offices: Offices) -> None:
    fails(Refused, Code.GRANTOR_NOT_HOLDER, lambda: offices.give(build_body(offices, records=[OTHER])))
    fails(
        Refused,
        Code.GRANTOR_NOT_HOLDER,
        lambda: offices.give(build_body(offices, grantor=HAN_MEIMEI)),
    )
    body = build_body(offices)
    attestation = confirm(compute_grant_id(body), HAN_MEIMEI)  # her will, his licence
    fails(Refused, Code.WRONG_ATTESTATION, lambda: offices.counter.give_grant(body, attestation))
    other = confirm(compute_grant_id(build_body(offices)))  # his will, for another grant
    fails(Refused, Code.WRONG_ATTESTATION, lambda: offices.counter.give_grant(body, other))
    fails(Refused, Code.MISSING_FIELD, lambda: offices.counter.give_grant(body))
    offices.give(body)
    fails(Refused, Code.ALREADY_EXISTS, lambda: offices.give(body))


def test_nobody_but_its_grantor_changes_a_grant(offices: Offices) -> None:
    grant = offices.give(build_body(offices))
    change = offices.counter.prepare_grant_change(grant, "REVOKE")
    attestation = confirm(compute_grant_event_target(change), HAN_MEIMEI)
    fails(Refused, Code.NOT_GRANTOR, lambda: offices.counter.change_grant(change, attestation))
    fails(Refused, Code.NOT_FOUND, lambda: offices.counter.prepare_grant_change(UNKNOWN, "REVOKE"))
    assert offices.counter.get_grant(grant).is_live


# uses


def open_use(offices: Offices, grant: bytes, **changes: Any) -> bytes:
    """The use is opened as the grant allows it, but for `changes`."""
    client = changes.pop("client", offices.counter)
    record, context = changes.pop("record", LICENCE), changes.pop("context", None)
    usual: dict[str, Any] = {"matter": RESTAURANT, "case_number": CASE, "fields": ["NAME"]}
    particulars = build.particulars(**(usual | changes))
    used = client.open_use(record, [grant], particulars, recipient_key=UNKNOWN, context=context)
    return bytes(used.id)


BEYOND: Final[Mapping[Code, dict[str, Any]]] = {
    Code.OUTSIDE_PURPOSE: {"purpose": "ENFORCEMENT"},
    Code.OUTSIDE_MATTER: {"case_number": ""},  # nothing but a case shows of which matter a use is
    Code.OUTSIDE_FIELDS: {"fields": ["NAME", "NUMBER"]},
    Code.WHOLE_DOCUMENT_NOT_GRANTED: {"whole_document": True, "fields": []},
    Code.OUTSIDE_RECORDS: {"record": OTHER},
    Code.OUTSIDE_CHANNEL: {"context": build.context(channel="PC")},
}


@pytest.mark.parametrize("code", BEYOND)
def test_a_use_beyond_its_grant_is_refused_and_takes_nothing(offices: Offices, code: Code) -> None:
    grant = offices.give(build_body(offices))
    fails(Refused, code, lambda: open_use(offices, grant, **BEYOND[code]))
    open_use(offices, grant)
    assert offices.counter.get_grant(grant).uses_left == 9


class Limit(NamedTuple):
    """What a grant says, and how often it can be used before the code comes."""

    code: Code
    uses: int
    says: Mapping[str, Any]


LIMITS: Final = (
    Limit(Code.NO_USES_LEFT, 2, {"uses": 2}),
    Limit(Code.FREQUENCY_EXCEEDED, 1, {"frequency": (1, timedelta(days=3650))}),
    Limit(Code.GRANT_EXPIRED, 0, {"valid": build.interval("2000-01-01", "2000-12-31")}),
    Limit(Code.GRANT_NOT_YET_VALID, 0, {"valid": build.interval("2190-01-01")}),
    Limit(Code.OUTSIDE_MATTER, 0, {"matters": [BUILDING]}),
    Limit(Code.OUTSIDE_REGION, 0, {"regions": ["310115"]}),
    Limit(Code.OUTSIDE_SCENE, 0, {"scenes": ["SC.1"]}),
    Limit(Code.OUTSIDE_CASE, 0, {"case": CaseRef(unit=HUANGPU, number="2026-0009")}),
    Limit(Code.GRANT_NOT_FOR_UNIT, 0, {"grantee": PUDONG}),
)


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.code.name)
def test_a_grant_is_used_within_its_limits_and_no_further(offices: Offices, limit: Limit) -> None:
    grant = offices.give(build_body(offices, **limit.says))
    for _ in range(limit.uses):
        open_use(offices, grant)
    fails(Refused, limit.code, lambda: open_use(offices, grant))


@pytest.mark.parametrize(
    ("event", "code"), [("REVOKE", Code.GRANT_REVOKED), ("SUSPEND", Code.GRANT_SUSPENDED)]
)
def test_what_ends_a_grant_ends_what_was_handed_on_under_it(offices: Offices, event: str, code: Code) -> None:
    root = offices.give(build_body(offices, grantee=HAN_MEIMEI, depth=1))
    leaf = offices.give(build_body(offices, grantor=HAN_MEIMEI, parent=root))
    open_use(offices, leaf)
    offices.change_grant(root, event)
    fails(Refused, code, lambda: open_use(offices, leaf))
    assert offices.counter.get_grant(leaf).chain.liveness == (code, root)


def test_nothing_is_relied_on_that_was_not_used(offices: Offices) -> None:
    use = open_use(offices, offices.give(build_body(offices, matters=[])), case_number="")
    particulars = build.particulars(matter=RESTAURANT, case_number=CASE)
    fails(Refused, Code.NO_PRIOR_USE, lambda: offices.counter.rely(LICENCE, use, particulars))
    fails(Refused, Code.NO_PRIOR_USE, lambda: offices.counter.rely(LICENCE, UNKNOWN, particulars))


# reading


def test_there_is_no_plan_of_a_case_that_is_over(offices: Offices) -> None:
    offices.counter.submit([wrap(open_case(number="2026-0003"))]).raise_for_refusals()
    assert offices.counter.plan("2026-0003").rows
    offices.counter.submit([build.advance_case("2026-0003", "WITHDRAW")]).raise_for_refusals()
    fails(Refused, Code.CASE_NOT_OPEN, lambda: offices.counter.plan("2026-0003"))
    fails(Refused, Code.NOT_FOUND, lambda: offices.counter.plan("2026-9999"))
    fails(Refused, Code.NOT_FOUND, lambda: offices.pudong.plan(CASE))  # another unit's


def test_what_is_another_units_is_not_shown(offices: Offices) -> None:
    grant = offices.give(build_body(offices))
    use = open_use(offices, grant)
    pudong = offices.pudong
    for look in (
        lambda: pudong.get_object(KIND_CASE, case_id(HUANGPU, CASE)),
        lambda: pudong.get_grant(grant),
        lambda: pudong.get_use(use),
        lambda: pudong.trace_unit(HUANGPU, "curiosity"),
        lambda: pudong.trace_grant(grant, "curiosity"),
        lambda: pudong.trace_subject(LI_LEI, "curiosity"),
    ):
        fails(Denied, Code.READ_NOT_PERMITTED, look)
    fails(Refused, Code.NOT_FOUND, lambda: pudong.verify(LICENCE, case_number=CASE))
    assert offices.counter.get_grant(grant).is_live
    assert offices.counter.get_use(use).unit == HUANGPU


def test_a_vault_out_of_reach_leaves_no_file(offices: Offices, tmp_path: Path) -> None:
    grant = offices.give(build_body(offices, whole_document=True, fields=[]))
    use = open_use(offices, grant, whole_document=True, fields=[])
    vault = offices.counter.connect_vault(NOWHERE)
    path = tmp_path / "licence.pdf"
    error = fails(Unreachable, Code.VAULT_UNREACHABLE, lambda: offices.counter.fetch(vault, use, path))
    assert error.fields == {"target": NOWHERE}
    assert list(tmp_path.iterdir()) == []


# what is left of it all


def test_after_all_that_the_store_is_sound(offices: Offices) -> None:
    offices.verify_store_sound()

"""Narrowing: for every field, what a child may be and what widens its parent."""

from typing import Any

import pytest

from tests.testkit.grant_objects import build_grant, build_scope, to_subject
from tests.testkit.ledger_objects import HAN_MEIMEI, LI_LEI, compute_id
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.narrowing import NARROWING, describe_narrowing, verify_narrowing
from zhenglian_proto.v1.grants_pb2 import (
    GRANT_KIND_STATUTORY,
    RETENTION_CASE,
    RETENTION_DURATION,
    RETENTION_NONE,
    Frequency,
    GrantBody,
    Scope,
)
from zhenglian_proto.v1.types_pb2 import (
    CHANNEL_PC,
    CHANNEL_WINDOW,
    PURPOSE_ENFORCEMENT,
    PURPOSE_SERVICE,
    CaseRef,
    Interval,
)

A, B, C = compute_id("a"), compute_id("b"), compute_id("c")

BODY_FIELDS = ("kind", "grantee_system", "valid")


def pair(field: str, parent: Any, child: Any, **both: Any) -> tuple[GrantBody, GrantBody]:
    """A parent and a child that differ in one field and in depth."""
    bodies = []
    for value, depth in ((parent, 3), (child, 2)):
        scope = {"depth": depth, **both}
        if field not in BODY_FIELDS:
            scope[field] = value
        if scope.get("records") is None:
            scope.pop("records", None)
        body: dict[str, Any] = {
            "scope": build_scope(**{name: given for name, given in scope.items() if given is not None})
        }
        if field in BODY_FIELDS:
            body[field] = value
        bodies.append(build_grant(grantor=to_subject(LI_LEI), grantee=to_subject(HAN_MEIMEI), **body))
    return bodies[0], bodies[1]


def rate(count: int, window_ms: int) -> Frequency:
    return Frequency(count=count, window_ms=window_ms)


NO_DOCUMENT = {"whole_document": False}
DURATION = {"retention": RETENTION_DURATION}

NARROWER: list[tuple[str, Any, Any, dict[str, Any]]] = [
    ("grantee_system", "", "s-1", {}),
    ("grantee_system", "s-1", "s-1", {}),
    ("valid", Interval(from_ms=10), Interval(from_ms=10, to_ms=20), {}),
    ("valid", Interval(from_ms=10, to_ms=20), Interval(from_ms=11, to_ms=20), {}),
    ("records", [A, B], [B], {}),
    ("records", [A], [], {"types": ["T"]}),
    ("records", [], [B], {"types": ["T"]}),
    ("records", [A], [B], {"types": ["T"]}),
    ("types", ["T", "U"], ["U"], {}),
    ("fields", ["X", "Y"], ["Y"], NO_DOCUMENT),
    ("fields", [], ["Y"], {}),
    ("whole_document", True, False, {}),
    ("purposes", [PURPOSE_SERVICE, PURPOSE_ENFORCEMENT], [PURPOSE_SERVICE], {}),
    ("matters", [], ["M"], {}),
    ("matters", ["M", "N"], ["N"], {}),
    ("scenes", [], ["S"], {}),
    ("scenes", ["S", "R"], ["S"], {}),
    ("regions", [], ["310101"], {}),
    ("regions", ["310000"], ["310101", "310115007"], {}),
    ("regions", ["310101"], ["310101000"], {}),
    ("channels", [], [CHANNEL_PC], {}),
    ("channels", [CHANNEL_PC, CHANNEL_WINDOW], [CHANNEL_PC], {}),
    ("case", None, CaseRef(unit="u", number="1"), {}),
    ("case", CaseRef(unit="u", number="1"), CaseRef(unit="u", number="1"), {}),
    ("uses", 5, 5, {}),
    ("uses", 5, 1, {}),
    ("frequency", None, rate(1, 10), {}),
    ("frequency", rate(3, 10), rate(1, 4), {}),
    ("frequency", rate(3, 10), rate(3, 10), {}),
    ("frequency", rate(3, 10), rate(30, 100), {}),
    ("retention", RETENTION_CASE, RETENTION_NONE, {}),
    ("retention", RETENTION_DURATION, RETENTION_CASE, {"retention_ms": 5}),
    ("retention_ms", 5, 5, DURATION),
    ("project", None, A, {}),
    ("project", A, A, {}),
]

WIDER: list[tuple[str, Any, Any, dict[str, Any]]] = [
    ("kind", 1, GRANT_KIND_STATUTORY, {}),
    ("grantee_system", "s-1", "", {}),
    ("grantee_system", "s-1", "s-2", {}),
    ("valid", Interval(from_ms=10, to_ms=20), Interval(from_ms=9, to_ms=20), {}),
    ("valid", Interval(from_ms=10, to_ms=20), Interval(from_ms=10, to_ms=21), {}),
    ("valid", Interval(from_ms=10, to_ms=20), Interval(from_ms=10), {}),
    ("records", [A, B], [B, C], {}),
    ("types", ["T"], ["T", "U"], {}),
    ("types", [], ["T"], {}),
    ("fields", ["X"], ["X", "Y"], NO_DOCUMENT),
    ("whole_document", False, True, {}),
    ("purposes", [PURPOSE_SERVICE], [PURPOSE_SERVICE, PURPOSE_ENFORCEMENT], {}),
    ("matters", ["M"], [], {}),
    ("matters", ["M"], ["M", "N"], {}),
    ("scenes", ["S"], [], {}),
    ("scenes", ["S"], ["R"], {}),
    ("regions", ["310101"], [], {}),
    ("regions", ["310101"], ["310000"], {}),
    ("regions", ["310101"], ["310101", "310115"], {}),
    ("channels", [CHANNEL_PC], [], {}),
    ("channels", [CHANNEL_PC], [CHANNEL_WINDOW], {}),
    ("case", CaseRef(unit="u", number="1"), None, {}),
    ("case", CaseRef(unit="u", number="1"), CaseRef(unit="v", number="1"), {}),
    ("uses", 5, 6, {}),
    ("frequency", rate(3, 10), None, {}),
    ("frequency", rate(3, 10), rate(1, 3), {}),
    ("frequency", rate(3, 10), rate(4, 10), {}),
    ("frequency", rate(1, 2**64 - 1), rate(1, 2**64 - 2), {}),
    ("retention", RETENTION_NONE, RETENTION_CASE, {}),
    ("retention", RETENTION_CASE, RETENTION_DURATION, {"retention_ms": 1}),
    ("project", A, None, {}),
    ("project", A, B, {}),
]


@pytest.mark.parametrize(("field", "parent", "child", "both"), NARROWER)
def test_a_child_may_be_as_wide_or_narrower(
    field: str, parent: Any, child: Any, both: dict[str, Any]
) -> None:
    verify_narrowing(*pair(field, parent, child, **both))


@pytest.mark.parametrize(("field", "parent", "child", "both"), WIDER)
def test_a_wider_child_is_refused_naming_the_field(
    field: str, parent: Any, child: Any, both: dict[str, Any]
) -> None:
    with pytest.raises(Refused) as caught:
        verify_narrowing(*pair(field, parent, child, **both))
    assert caught.value.code == Code.GRANT_WIDENED
    assert caught.value.fields["field"] == field


def test_a_longer_duration_widens_retention() -> None:
    with pytest.raises(Refused) as caught:
        verify_narrowing(*pair("retention_ms", 5, 6, **DURATION))
    assert caught.value.fields["field"] == "retention"


@pytest.mark.parametrize(("parent", "child"), [(0, 0), (1, 1), (2, 3)])
def test_every_hop_costs_one_of_depth(parent: int, child: int) -> None:
    with pytest.raises(Refused) as caught:
        verify_narrowing(*pair("depth", parent, child))
    assert caught.value.fields["field"] == "depth"


def test_every_field_of_a_scope_has_a_comparator() -> None:
    compared = {comparator.field for comparator in NARROWING}
    in_a_scope = {field.name for field in Scope.DESCRIPTOR.fields} - {"retention_ms"}  # part of retention
    who_and_which = {"chain_id", "nonce", "grantor", "parent", "grantee", "rule", "scope"}
    in_a_body = {field.name for field in GrantBody.DESCRIPTOR.fields} - who_and_which
    assert compared == in_a_scope | in_a_body
    assert len(NARROWING) == len(compared)


def test_the_table_describes_itself() -> None:
    described = describe_narrowing()
    assert [field for field, _ in described] == [comparator.field for comparator in NARROWING]
    assert all(rule for _, rule in described)

"""Narrowing: a child grant may only be as wide as its parent, field by field, by one table (SPEC 5.8.3).

Pure comparison of two bodies. What a body cannot tell (whether a record is of a granted type, how often the
parent has been used) is checked at each use, because a use must lie within every grant of its chain and takes
from the counters of every one. The documentation's table is generated from this one.
"""

from collections.abc import Callable, Collection
from typing import Final, NamedTuple

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.identifiers.regions import is_region_within
from zhenglian_proto.v1.grants_pb2 import RETENTION_DURATION, GrantBody, Scope
from zhenglian_proto.v1.types_pb2 import Interval

IsWithin = Callable[[GrantBody, GrantBody], bool]
"""(parent, child) → whether the child's field is within the parent's."""


class Comparator(NamedTuple):
    """How one field narrows: its name, the rule in words, and the rule."""

    field: str
    rule: str
    is_within: IsWithin


def verify_narrowing(parent: GrantBody, child: GrantBody) -> None:
    """Every field of `child` is within `parent`'s; raises Refused(GRANT_WIDENED) naming the first not."""
    for comparator in NARROWING:
        if not comparator.is_within(parent, child):
            raise Refused(Code.GRANT_WIDENED, field=comparator.field)


def describe_narrowing() -> list[tuple[str, str]]:
    """The table for people: (field, rule in words), in the order the fields are checked."""
    return [(comparator.field, comparator.rule) for comparator in NARROWING]


def is_interval_within(outer: Interval, inner: Interval) -> bool:
    """Whether `inner` begins no earlier and ends no later than `outer`; an end of 0 is no end."""
    ends = not outer.to_ms or 0 < inner.to_ms <= outer.to_ms
    return inner.from_ms >= outer.from_ms and ends


def _is_subset(outer: Collection[object], inner: Collection[object]) -> bool:
    return set(inner) <= set(outer)


def _is_limit_kept(outer: Collection[object], inner: Collection[object]) -> bool:
    """Whether `inner` is within `outer` where an empty list means any."""
    return not outer or (len(inner) > 0 and _is_subset(outer, inner))


def _are_records_within(parent: Scope, child: Scope) -> bool:
    return bool(parent.types) or _is_subset(parent.records, child.records)


def _are_fields_within(parent: Scope, child: Scope) -> bool:
    return parent.whole_document or _is_subset(parent.fields, child.fields)


def _are_regions_within(parent: Scope, child: Scope) -> bool:
    if not parent.regions:
        return True
    return len(child.regions) > 0 and all(
        any(is_region_within(region, outer) for outer in parent.regions) for region in child.regions
    )


def _is_case_kept(parent: Scope, child: Scope) -> bool:
    return not parent.HasField("case") or (child.HasField("case") and child.case == parent.case)


def _is_frequency_within(parent: Scope, child: Scope) -> bool:
    if not parent.HasField("frequency"):
        return True
    fastest, rate = parent.frequency, child.frequency
    return child.HasField("frequency") and rate.count * fastest.window_ms <= fastest.count * rate.window_ms


def _compute_retention(scope: Scope) -> tuple[int, int]:
    return scope.retention, scope.retention_ms if scope.retention == RETENTION_DURATION else 0


def _in_scope(is_within: Callable[[Scope, Scope], bool]) -> IsWithin:
    return lambda parent, child: is_within(parent.scope, child.scope)


NARROWING: Final = (
    Comparator("kind", "the same", lambda parent, child: child.kind == parent.kind),
    Comparator(
        "grantee_system",
        "the same, where the parent names one",
        lambda parent, child: parent.grantee_system in ("", child.grantee_system),
    ),
    Comparator(
        "valid",
        "begins no earlier and ends no later",
        lambda parent, child: is_interval_within(parent.valid, child.valid),
    ),
    Comparator(
        "records",
        "a subset; any record where the parent names types, because its type is checked at each use",
        _in_scope(_are_records_within),
    ),
    Comparator("types", "a subset", _in_scope(lambda parent, child: _is_subset(parent.types, child.types))),
    Comparator(
        "fields",
        "a subset; any field where the parent grants the whole document",
        _in_scope(_are_fields_within),
    ),
    Comparator(
        "whole_document",
        "only where the parent grants it",
        _in_scope(lambda parent, child: parent.whole_document or not child.whole_document),
    ),
    Comparator(
        "purposes", "a subset", _in_scope(lambda parent, child: _is_subset(parent.purposes, child.purposes))
    ),
    Comparator(
        "matters",
        "a subset and not empty, where the parent names any",
        _in_scope(lambda parent, child: _is_limit_kept(parent.matters, child.matters)),
    ),
    Comparator(
        "scenes",
        "a subset and not empty, where the parent names any",
        _in_scope(lambda parent, child: _is_limit_kept(parent.scenes, child.scenes)),
    ),
    Comparator(
        "regions",
        "not empty and each within one of the parent's, where it names any",
        _in_scope(_are_regions_within),
    ),
    Comparator(
        "channels",
        "a subset and not empty, where the parent names any",
        _in_scope(lambda parent, child: _is_limit_kept(parent.channels, child.channels)),
    ),
    Comparator("case", "the same, where the parent names one", _in_scope(_is_case_kept)),
    Comparator("uses", "no more", _in_scope(lambda parent, child: child.uses <= parent.uses)),
    Comparator(
        "frequency",
        "count per window no faster, where the parent sets one: child count × parent window "
        "≤ parent count × child window; bursts are held by the parent's own quota",
        _in_scope(_is_frequency_within),
    ),
    Comparator(
        "retention",
        "no longer: none, then the case's file, then a duration in milliseconds",
        _in_scope(lambda parent, child: _compute_retention(child) <= _compute_retention(parent)),
    ),
    Comparator("depth", "at least one hop less", _in_scope(lambda parent, child: child.depth < parent.depth)),
    Comparator(
        "project",
        "the same, where the parent names one",
        _in_scope(lambda parent, child: parent.project in (b"", child.project)),
    ),
)
"""The one table. Who and which (chain_id, nonce, grantor, parent, grantee, rule) do not narrow."""

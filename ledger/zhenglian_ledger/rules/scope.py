"""Whether a use lies within a grant's scope (SPEC 5.9.3). Pure; asked of every link of a chain.

A grant that names records and types grants both. Fields are granted by name, or all of them with the whole
document; a grant of fields never gives the document.
"""

from typing import NamedTuple

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.identifiers.regions import is_region_within
from zhenglian_proto.v1.grants_pb2 import Scope
from zhenglian_proto.v1.types_pb2 import Channel, Purpose


class Facts(NamedTuple):
    """What a use is: the record, and for what, where and how it is used."""

    record: bytes
    type: str
    project: bytes
    purpose: Purpose
    matter: str
    scene: str
    unit: str
    case_number: str
    region: str
    channel: Channel
    fields: frozenset[str]
    whole_document: bool


def verify_within_scope(scope: Scope, facts: Facts) -> None:
    """The use is within the scope in every respect but counters and time.

    Raises Refused: OUTSIDE_RECORDS, OUTSIDE_PURPOSE, OUTSIDE_MATTER, OUTSIDE_SCENE, OUTSIDE_REGION,
    OUTSIDE_CHANNEL, OUTSIDE_CASE, WHOLE_DOCUMENT_NOT_GRANTED, OUTSIDE_FIELDS.
    """
    for is_within, code in (
        (_is_record_within(scope, facts), Code.OUTSIDE_RECORDS),
        (facts.purpose in scope.purposes, Code.OUTSIDE_PURPOSE),
        (_is_matter_within(scope, facts), Code.OUTSIDE_MATTER),
        (not scope.scenes or facts.scene in scope.scenes, Code.OUTSIDE_SCENE),
        (_is_region_within(scope, facts), Code.OUTSIDE_REGION),
        (not scope.channels or facts.channel in scope.channels, Code.OUTSIDE_CHANNEL),
        (_is_case_within(scope, facts), Code.OUTSIDE_CASE),
        (scope.whole_document or not facts.whole_document, Code.WHOLE_DOCUMENT_NOT_GRANTED),
        (scope.whole_document or facts.fields <= set(scope.fields), Code.OUTSIDE_FIELDS),
    ):
        if not is_within:
            raise Refused(code)


def _is_record_within(scope: Scope, facts: Facts) -> bool:
    named = facts.record in scope.records or facts.type in scope.types
    return named and scope.project in (b"", facts.project)


def _is_matter_within(scope: Scope, facts: Facts) -> bool:
    """A matter is proven by an open case of it, so a scope that names matters asks for a case."""
    return not scope.matters or (bool(facts.case_number) and facts.matter in scope.matters)


def _is_region_within(scope: Scope, facts: Facts) -> bool:
    return not scope.regions or any(is_region_within(facts.region, region) for region in scope.regions)


def _is_case_within(scope: Scope, facts: Facts) -> bool:
    if not scope.HasField("case"):
        return True
    return (scope.case.unit, scope.case.number) == (facts.unit, facts.case_number)

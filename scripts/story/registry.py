"""What the story's network has to know before the first act, as one table in the order that rules demand.

    region ← member ← unit ← system ← key      rule ← type ← matter, recognition list, mandate

Everything a later entry names stands before it. What is not in the tables (keys, addresses) is given. There
are two ways in: `genesis` makes a network of its own from it, `registration` brings it to one that runs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from story import catalogue, world
from zhenglian_proto.v1.members_pb2 import Key
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.types_pb2 import Interval
from zhenglian_sdk import builders

SINCE = "2020-01-01"


class MemberKey(NamedTuple):
    """A key that a member registers, for itself or for a system of its own."""

    member: str
    key: Key


Entry = Operation | MemberKey
"""A key's operation depends on the way in: genesis only numbers it, later RECOVERY signs it."""


@dataclass(slots=True)
class Registrations:
    """What is not in the tables: CAs and RECOVERY keys by member, keys and addresses by system."""

    authorities: dict[str, bytes] = field(default_factory=dict)
    member_keys: dict[str, Key] = field(default_factory=dict)
    system_keys: dict[str, list[Key]] = field(default_factory=dict)
    endpoints: Mapping[str, str] = field(default_factory=dict)


def build_entries(registrations: Registrations) -> Iterator[Entry]:
    """Every entry, in order."""
    valid = builders.interval(SINCE)
    for region, name in catalogue.REGIONS:
        yield builders.put_region(region, name, valid=valid)
    for member in world.MEMBERS:
        yield from _build_member(member, registrations)
    yield from _build_registries(valid)
    for matter in catalogue.MATTERS:
        yield _build_matter(matter)


def _build_member(member: world.Member, registrations: Registrations) -> Iterator[Entry]:
    """A member and its RECOVERY key, then its units and their systems, each with its keys."""
    yield builders.put_member(
        member.id,
        member.zh,
        tier=member.tier,
        votes=member.votes,
        runs_node=member.runs_node,
        transport_ca=registrations.authorities[member.id],
    )
    yield MemberKey(member.id, registrations.member_keys[member.id])
    for unit in (unit for unit in world.UNITS if unit.member == member.id):
        yield builders.put_unit(
            unit.id, unit.zh, member=unit.member, level=unit.level, region=unit.region, roles=unit.roles
        )
        for system in (system for system in world.SYSTEMS if system.unit == unit.id):
            yield builders.put_system(
                system.id,
                system.zh,
                unit=system.unit,
                kind=system.kind,
                relay=system.relay,
                endpoint=registrations.endpoints.get(system.id, ""),
            )
            for key in registrations.system_keys[system.id]:
                yield MemberKey(member.id, key)


def _build_registries(valid: Interval) -> Iterator[Operation]:
    for rule in catalogue.RULES:
        yield builders.put_rule(
            rule.id, rule.title, valid=valid, document_number=rule.document_number, article=rule.article
        )
    for kind in catalogue.LICENCE_TYPES:
        yield builders.put_licence_type(
            kind.id,
            kind.zh,
            issuing_units=kind.issuers,
            grade="INTERNAL",
            basis=catalogue.E_LICENCES,
            part_types=kind.parts,
            fields=catalogue.FIELDS,
        )
    for material in catalogue.MATERIAL_TYPES:
        yield builders.put_material_type(
            material.id,
            material.zh,
            grade="INTERNAL",
            reuse_key=material.reuse_key,
            originators=[material.originator],
            review_points=material.review_points,
        )
    list_id, title, types, units = catalogue.RECOGNISED
    yield builders.put_recognition_list(list_id, title, types=types, issuing_units=units, valid=valid)
    mandate, principal, agent, types = catalogue.MANDATE
    yield builders.put_mandate(
        mandate, principal=principal, agent=agent, types=types, valid=valid, basis=catalogue.E_LICENCES
    )


def _build_matter(matter: catalogue.Matter) -> Operation:
    rows = [
        builders.material_row(
            row.id,
            row.zh,
            source=row.source,
            licence_types=row.licence_types,
            material_types=row.material_types,
            issuing_unit=row.issuing_unit,
            commitment_allowed=row.commitment_allowed,
            may_follow=row.may_follow,
        )
        for row in matter.rows
    ]
    return builders.put_matter(
        matter.id,
        matter.zh,
        version=1,
        basic_code=matter.basic_code,
        basis=matter.basis,
        unit=matter.unit,
        handling_item=matter.handling_item,
        promised=matter.promised,
        delegation_depth=matter.depth,
        rows=rows,
    )

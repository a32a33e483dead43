"""The genesis of the story's network, in the order that rules demand.

    region ← member ← unit ← system ← key      rule ← type ← matter, recognition list, mandate

Everything a later entry names stands before it. What is not in the tables (keys, addresses) is given.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from story import catalogue, world
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.genesis import DEFAULT_PARAMETERS
from zhenglian_ledger.rules_digest import compute_rules_digest
from zhenglian_proto.v1.members_pb2 import Key, KeyOperation
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.state_pb2 import MODE_SANDBOX, Genesis, GenesisValidator
from zhenglian_proto.v1.types_pb2 import Interval
from zhenglian_sdk import builders

SINCE = "2020-01-01"


@dataclass(slots=True)
class Registrations:
    """What is not in the tables: CAs and RECOVERY keys by member, keys and addresses by system."""

    validator: bytes = b""
    authorities: dict[str, bytes] = field(default_factory=dict)
    member_keys: dict[str, Key] = field(default_factory=dict)
    system_keys: dict[str, list[Key]] = field(default_factory=dict)
    endpoints: Mapping[str, str] = field(default_factory=dict)


def build_genesis(registrations: Registrations, now_ms: int) -> Genesis:
    """The whole genesis, its time `now_ms`."""
    return Genesis(
        name=world.NETWORK,
        genesis_time_ms=now_ms,
        mode=MODE_SANDBOX,
        rules_digest=compute_rules_digest(),
        parameters=DEFAULT_PARAMETERS,
        validators=[GenesisValidator(public_key=registrations.validator, member=world.CENTRE)],
        operations=[serialise(operation) for operation in build_operations(registrations)],
    )


def build_operations(registrations: Registrations) -> Iterator[Operation]:
    """Every operation of the genesis, in order."""
    valid = builders.interval(SINCE)
    for region, name in catalogue.REGIONS:
        yield builders.put_region(region, name, valid=valid)
    for member in world.MEMBERS:
        yield from _build_member(member, registrations)
    yield from _build_registries(valid)
    for matter in catalogue.MATTERS:
        yield _build_matter(matter)


def _build_member(member: world.Member, registrations: Registrations) -> Iterator[Operation]:
    """A member, then its units and their systems; its keys in one sequence, RECOVERY first."""
    authority = registrations.authorities[member.id]
    yield builders.put_member(
        member.id, member.zh, tier=member.tier, votes=True, runs_node=member.runs_node, transport_ca=authority
    )
    keys = [registrations.member_keys[member.id]]
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
            keys += registrations.system_keys[system.id]
    for sequence, key in enumerate(keys, start=1):
        body = KeyOperation.Body(member=member.id, sequence=sequence, add=key)
        yield Operation(key=KeyOperation(body=body))


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

"""Registries 目录 (SPEC 5.2): regions, legal rules, recognition lists, mandates, licence and material types.

Everything an entry names is in force when the entry is made; what later happens to it is asked again by
whoever relies on it. A change is a complete new entry; a retired object has no successor. Licence and
material types share one id space, because a grant names a type without saying of which kind it is.
"""

from collections.abc import Iterable
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.rules.records import verify_interval, verify_unique
from zhenglian_ledger.rules.representatives import verify_retirement
from zhenglian_ledger.step import Step
from zhenglian_proto.v1 import registries_pb2, state_pb2
from zhenglian_proto.v1.types_pb2 import (
    KIND_LICENCE_TYPE,
    KIND_MANDATE,
    KIND_MATERIAL_TYPE,
    KIND_MATTER,
    KIND_RECOGNITION_LIST,
    KIND_REGION,
    KIND_RULE,
    KIND_SYSTEM,
    KIND_UNIT,
    Kind,
)

RETIRABLE: Final = frozenset(
    {
        KIND_UNIT, KIND_SYSTEM, KIND_REGION, KIND_RULE, KIND_RECOGNITION_LIST, KIND_MANDATE,
        KIND_LICENCE_TYPE, KIND_MATERIAL_TYPE, KIND_MATTER,
    }
)  # fmt: skip
"""What may be taken out of force; members leave by vote."""

_RETIRED: Final = state_pb2.AdministeredState(standing=state_pb2.STANDING_RETIRED)


def process_put_region(step: Step, region: registries_pb2.Region) -> None:
    """The region is registered with its validity; raises Refused(WRONG_INTERVAL)."""
    verify_interval(region.valid)
    step.administer(KIND_REGION, region.id.encode())


def process_put_rule(step: Step, rule: registries_pb2.LegalRule) -> None:
    """The legal basis may be cited while it is valid; raises Refused(WRONG_INTERVAL)."""
    verify_interval(rule.valid)
    step.administer(KIND_RULE, rule.id.encode())


def process_put_recognition_list(step: Step, recognised: registries_pb2.RecognitionList) -> None:
    """The listed types of the listed units are recognised while the list is valid.

    Raises Refused: WRONG_INTERVAL, DUPLICATE, UNKNOWN_TYPE, NOT_FOUND, NOT_IN_FORCE.
    """
    verify_interval(recognised.valid)
    verify_unique(recognised.types, "types")
    verify_types(step, recognised.types, KIND_LICENCE_TYPE, KIND_MATERIAL_TYPE)
    verify_units(step, recognised.issuing_units)
    step.administer(KIND_RECOGNITION_LIST, recognised.id.encode())


def process_put_mandate(step: Step, mandate: registries_pb2.CollectingMandate) -> None:
    """`agent` may issue the mandate's types in the name of `principal` while it is valid.

    Raises Refused: WRONG_INTERVAL, NOT_FOUND, NOT_IN_FORCE, DUPLICATE, UNKNOWN_TYPE, RULE_NOT_IN_FORCE.
    """
    verify_interval(mandate.valid)
    verify_units(step, (mandate.principal, mandate.agent))
    verify_unique(mandate.types, "types")
    verify_types(step, mandate.types, KIND_LICENCE_TYPE)
    verify_rule_in_force(step, mandate.basis)
    step.administer(KIND_MANDATE, mandate.id.encode())


def process_put_licence_type(step: Step, licence_type: registries_pb2.LicenceType) -> None:
    """Licences of the type may be issued by the units on its list.

    Raises Refused: ALREADY_EXISTS (as a material type), DUPLICATE, NOT_FOUND, NOT_IN_FORCE,
    RULE_NOT_IN_FORCE, UNKNOWN_TYPE, WRONG_PARTS.
    """
    step.verify_unused(KIND_MATERIAL_TYPE, licence_type.id.encode())
    verify_units(step, licence_type.issuing_units)
    verify_unique(licence_type.fields, "fields")
    verify_unique(licence_type.part_types, "part_types")
    if licence_type.id in licence_type.part_types:
        raise Refused(Code.WRONG_PARTS)
    verify_types(step, licence_type.part_types, KIND_LICENCE_TYPE)
    if licence_type.basis:
        verify_rule_in_force(step, licence_type.basis)
    step.administer(KIND_LICENCE_TYPE, licence_type.id.encode())


def process_put_material_type(step: Step, material_type: registries_pb2.MaterialType) -> None:
    """Materials of the type may be collected.

    Raises Refused: ALREADY_EXISTS (as a licence type), DUPLICATE.
    """
    step.verify_unused(KIND_LICENCE_TYPE, material_type.id.encode())
    verify_unique(material_type.originators, "originators")
    verify_unique(material_type.review_points, "review_points")
    step.administer(KIND_MATERIAL_TYPE, material_type.id.encode())


def process_retire(step: Step, retire: registries_pb2.Retire) -> None:
    """The object is out of force without a successor.

    Raises Refused: OUT_OF_RANGE for a kind that is not retired this way, NOT_FOUND, NOT_IN_FORCE,
    and as `verify_retirement`.
    """
    if retire.kind not in RETIRABLE:
        raise Refused(Code.OUT_OF_RANGE, field="kind")
    found = step.get_in_force(retire.kind, retire.id, retire.id)
    verify_retirement(step, found.operation)
    step.state.put_state(retire.kind, found.index, _RETIRED)
    step.state.set_status(found.index, Status.INVALID)


def verify_units(step: Step, units: Iterable[str]) -> None:
    """Every unit is in force and none is named twice; raises Refused(DUPLICATE, NOT_FOUND, NOT_IN_FORCE)."""
    names = list(units)
    verify_unique(names, "units")
    for name in names:
        step.get_unit(name)


def verify_types(step: Step, types: Iterable[str], *kinds: Kind) -> None:
    """Every type is in force in one of the registries `kinds`; raises Refused(UNKNOWN_TYPE)."""
    for name in types:
        if all(step.state.get_in_force(kind, name) is None for kind in kinds):
            raise Refused(Code.UNKNOWN_TYPE)


def verify_rule_in_force(step: Step, identifier: str) -> None:
    """The rule is registered, not retired, and valid now; raises Refused(RULE_NOT_IN_FORCE)."""
    if not is_rule_in_force(step, identifier):
        raise Refused(Code.RULE_NOT_IN_FORCE)


def is_rule_in_force(step: Step, rule: str) -> bool:
    """Whether the legal basis of that id is in force and in its interval."""
    found = step.state.get_in_force(KIND_RULE, rule)
    return found is not None and step.is_time_within(found.operation.put_rule.valid)

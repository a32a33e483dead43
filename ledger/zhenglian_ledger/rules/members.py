"""Members, units and systems (SPEC 5.1): who takes part, and in which order they hang together.

    member ← unit ← system ← key

A change is a complete new entry. Only the upward link never changes: a system's keys were registered under
the RECOVERY key of its member; moving the system or its unit elsewhere would let those keys speak for others.
"""

from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.identifiers.uscc import USCC_ALPHABET, USCC_LENGTH, verify_uscc
from zhenglian_ledger.rules.records import verify_unique
from zhenglian_ledger.rules.representatives import note_representative, verify_representation
from zhenglian_ledger.step import Step
from zhenglian_proto.v1 import members_pb2
from zhenglian_proto.v1.types_pb2 import KIND_MEMBER, KIND_REGION, KIND_SYSTEM, KIND_UNIT

_SERVED: Final = frozenset({members_pb2.SYSTEM_KIND_VAULT, members_pb2.SYSTEM_KIND_GATEWAY})
"""Kinds of systems that others call, so that they need an address."""

_USCC_CHARACTERS: Final = frozenset(USCC_ALPHABET)


def process_put_member(step: Step, member: members_pb2.Member) -> None:
    """The member takes part with what this entry says; genesis only, which the permission table sees to.

    Raises InvalidIdentifier(WRONG_CHECK_DIGIT) for an id that is written like a USCC and is none.
    """
    _verify_identifier(member.id)
    step.administer(KIND_MEMBER, member.id.encode())


def process_put_unit(step: Step, unit: members_pb2.Unit) -> None:
    """The unit is in force with what this entry says.

    Raises Refused: NOT_FOUND or NOT_IN_FORCE (member), ALREADY_EXISTS (as another member's unit), DUPLICATE,
    UNKNOWN_REGION, REGION_NOT_IN_FORCE, and as `verify_representation`; InvalidIdentifier(WRONG_CHECK_DIGIT).
    """
    _verify_identifier(unit.id)
    step.get_in_force(KIND_MEMBER, unit.member, "成员单位 member")
    before = step.state.get_object(KIND_UNIT, unit.id.encode())
    if before is not None and before.operation.put_unit.member != unit.member:
        raise Refused(Code.ALREADY_EXISTS)
    verify_region(step, unit.region)
    verify_unique(unit.roles, "roles")
    verify_representation(step, unit)
    note_representative(step, unit)
    step.administer(KIND_UNIT, unit.id.encode())


def process_put_system(step: Step, system: members_pb2.System) -> None:
    """The system is in force with what this entry says.

    Raises Refused: NOT_FOUND or NOT_IN_FORCE (unit), ALREADY_EXISTS (another unit's system), MISSING_FIELD.
    """
    step.get_unit(system.unit)
    before = step.state.get_object(KIND_SYSTEM, system.id.encode())
    if before is not None and before.operation.put_system.unit != system.unit:
        raise Refused(Code.ALREADY_EXISTS)
    if system.kind in _SERVED and not system.endpoint:
        raise Refused(Code.MISSING_FIELD, field="endpoint")
    step.administer(KIND_SYSTEM, system.id.encode())


def verify_region(step: Step, code: str) -> None:
    """The place's district (6 digits) is registered and in force now.

    Raises Refused(UNKNOWN_REGION, REGION_NOT_IN_FORCE).
    """
    found = step.state.get_object(KIND_REGION, code[:6].encode())
    if found is None:
        raise Refused(Code.UNKNOWN_REGION, found=code)
    if not step.state.is_in_force(KIND_REGION, found.index) or not step.is_time_within(
        found.operation.put_region.valid
    ):
        raise Refused(Code.REGION_NOT_IN_FORCE, found=code)


def _verify_identifier(identifier: str) -> None:
    """An id that is written like a USCC (GB 32100) is one."""
    if len(identifier) == USCC_LENGTH and _USCC_CHARACTERS.issuperset(identifier):
        verify_uscc(identifier)

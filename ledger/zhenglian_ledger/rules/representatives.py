"""By which units a member votes (SPEC 5.1.1): nobody but the member itself gives that up or passes it on.

A steward keeps the registries. Could it also take REPRESENTATIVE from a unit, or retire the unit or its
systems, one steward would silence every member, and no vote could ever suspend it. So a steward gives the
role only to a member that has no representative; a representative that is no steward changes that role alone.
"""

from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.step import Step
from zhenglian_proto.v1.members_pb2 import ROLE_REPRESENTATIVE, ROLE_STEWARD, Unit
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.types_pb2 import KIND_UNIT


def verify_representation(step: Step, unit: Unit) -> None:
    """The author may give the unit this new entry.

    Raises Refused: NOT_PERMITTED (it is no steward, and more would change than the role REPRESENTATIVE of a
    unit of its own member), NOT_OWN_REPRESENTATIVE.
    """
    author = step.author
    if author.is_genesis:
        return
    found = step.state.get_in_force(KIND_UNIT, unit.id)
    before = None if found is None else found.operation.put_unit
    is_own = author.member == unit.member
    if ROLE_STEWARD not in author.roles and not (is_own and before and _is_same_besides_role(before, unit)):
        raise Refused(Code.NOT_PERMITTED)
    was, will_be = before is not None and _is_representative(before), _is_representative(unit)
    if was == will_be or is_own:
        return
    if was or _has_representative(step, unit.member):
        raise Refused(Code.NOT_OWN_REPRESENTATIVE)


def verify_retirement(step: Step, operation: Operation) -> None:
    """The author may retire what `operation` made, which is in force.

    Raises Refused: NOT_PERMITTED, NOT_OWN_REPRESENTATIVE (a representative unit, or a system of one).
    """
    author, unit = step.author, _find_unit(step, operation)
    if author.is_genesis:
        return
    if unit is not None and _is_representative(unit):
        if author.member != unit.member:
            raise Refused(Code.NOT_OWN_REPRESENTATIVE)
    elif ROLE_STEWARD not in author.roles:
        raise Refused(Code.NOT_PERMITTED)


def note_representative(step: Step, unit: Unit) -> None:
    """The unit is found among its member's representatives for as long as it is one."""
    if _is_representative(unit):
        step.state.put(_prefix(unit.member) + unit.id.encode(), b"")


def _find_unit(step: Step, operation: Operation) -> Unit | None:
    """The unit that is meant, or whose system is; None for anything else."""
    if operation.HasField("put_unit"):
        return operation.put_unit
    found = step.state.get_in_force(KIND_UNIT, operation.put_system.unit)
    return None if found is None else found.operation.put_unit


def _has_representative(step: Step, member: str) -> bool:
    """Whether some unit of the member in force is one; there are a handful in its life."""
    prefix = _prefix(member)
    names = (key[len(prefix) :].decode() for key, _ in step.state.scan(prefix))
    units = (step.state.get_in_force(KIND_UNIT, name) for name in names)
    return any(found is not None and _is_representative(found.operation.put_unit) for found in units)


def _is_representative(unit: Unit) -> bool:
    return ROLE_REPRESENTATIVE in unit.roles


def _is_same_besides_role(before: Unit, after: Unit) -> bool:
    """Whether nothing but the role REPRESENTATIVE has come or gone."""
    plain = []
    for unit in (before, after):
        copy = Unit()
        copy.CopyFrom(unit)
        del copy.roles[:]
        copy.roles.extend(sorted(role for role in unit.roles if role != ROLE_REPRESENTATIVE))
        plain.append(copy)
    return plain[0] == plain[1]


def _prefix(member: str) -> bytes:
    return rows.REPRESENTATIVE + member.encode() + b"\x00"

"""Who may sign now: a system with its unit and member, and the key it signs with (SPEC 2.3, 5.7).

Asked of the system that signs a batch, and of the gateway or counter that attests: whoever may not write may
not attest. What is missing is told as None, because the two callers have different words for it.
"""

from zhenglian_ledger.state import Found, State
from zhenglian_ledger.step import Author
from zhenglian_proto.v1 import members_pb2, state_pb2
from zhenglian_proto.v1.types_pb2 import KIND_KEY, KIND_MEMBER, KIND_SYSTEM, KIND_UNIT


def find_author(state: State, system_id: str) -> Author | None:
    """The system with its unit and member, all three in force, or None."""
    system = state.get_in_force(KIND_SYSTEM, system_id)
    unit = system and state.get_in_force(KIND_UNIT, system.operation.put_system.unit)
    member = unit and state.get_in_force(KIND_MEMBER, unit.operation.put_unit.member)
    if system is None or unit is None or member is None:
        return None
    return Author(
        system=system_id,
        unit=unit.operation.put_unit.id,
        member=member.operation.put_member.id,
        region=unit.operation.put_unit.region,
        roles=frozenset(unit.operation.put_unit.roles),
        system_kind=system.operation.put_system.kind,
    )


def is_key_in_force(state: State, found: Found) -> bool:
    """Whether the key made by that entry has not been ended."""
    return state.get_state(KIND_KEY, found.index, state_pb2.KeyState).standing == state_pb2.STANDING_IN_FORCE


def is_signing_key_of(key: members_pb2.Key, system_id: str) -> bool:
    """Whether the key is the system's, and for signing."""
    return key.system == system_id and key.usage == members_pb2.KEY_USAGE_SIGN

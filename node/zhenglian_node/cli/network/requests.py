"""What the ledger is to say of a member that asks to join; all of it follows from its request 入网申请.

That is its entry, a unit of the same id, that unit's office system (by which the member votes), its keys and
its node.
"""

from collections.abc import Iterator
from typing import Final

from zhenglian_ledger.join_request import JoinRequest, build_office_keys
from zhenglian_proto.v1.batch_pb2 import SUITE_ED25519
from zhenglian_proto.v1.governance_pb2 import NetworkNode
from zhenglian_proto.v1.members_pb2 import (
    KEY_USAGE_RECOVERY,
    LEVEL_CITY,
    LEVEL_DISTRICT,
    ROLE_ACCEPTING,
    ROLE_ISSUING,
    ROLE_RELYING,
    ROLE_REPRESENTATIVE,
    ROLE_STEWARD,
    SYSTEM_KIND_BACK_OFFICE,
    TIER_DISTRICT,
    TIER_MUNICIPAL,
    Key,
    KeyOperation,
    Member,
    Role,
    System,
    Tier,
    Unit,
)
from zhenglian_proto.v1.operation_pb2 import Operation

CITY: Final = "310000"

_ROLES: Final = (ROLE_REPRESENTATIVE, ROLE_RELYING, ROLE_ACCEPTING, ROLE_ISSUING)


def build_member_operations(request: JoinRequest) -> Iterator[Operation]:
    """What genesis says of the member, in the order that the rules demand; its node comes last."""
    member, system = request.member, request.system
    yield Operation(
        put_member=Member(
            id=member,
            name=request.name,
            tier=request.tier,
            votes=request.votes,
            runs_node=True,
            transport_ca=request.transport_ca,
        )
    )
    level = LEVEL_DISTRICT if request.tier == TIER_DISTRICT else LEVEL_CITY
    unit = Unit(
        id=member,
        name=request.name,
        member=member,
        level=level,
        region=request.region,
        roles=compute_roles(request.tier),
    )
    yield Operation(put_unit=unit)
    office = System(id=system, unit=member, name=f"{request.name} 业务系统", kind=SYSTEM_KIND_BACK_OFFICE)
    yield Operation(put_system=office)
    recovery = Key(suite=SUITE_ED25519, public_key=request.recovery_key, usage=KEY_USAGE_RECOVERY)
    for sequence, key in enumerate((recovery, *build_office_keys(request)), start=1):
        body = KeyOperation.Body(member=member, sequence=sequence, add=key)
        yield Operation(key=KeyOperation(body=body))
    yield Operation(put_node=NetworkNode(node_id=request.node_id, member=member))


def compute_roles(tier: Tier) -> list[Role]:
    """What the unit of a member of that tier may do; the municipal one keeps the registries too."""
    return sorted((*_ROLES, ROLE_STEWARD) if tier == TIER_MUNICIPAL else _ROLES)

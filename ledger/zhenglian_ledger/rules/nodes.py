"""Nodes that others let in (SPEC 5.11): registered at genesis or by vote, taken off the list by vote.

While no node was ever registered the list does not exist, and everyone is let in.
"""

from typing import Final

from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.state import State
from zhenglian_ledger.step import Step
from zhenglian_proto.v1 import governance_pb2, members_pb2, state_pb2
from zhenglian_proto.v1.types_pb2 import KIND_MEMBER, KIND_NODE

_RETIRED: Final = state_pb2.AdministeredState(standing=state_pb2.STANDING_RETIRED)


def process_put_node(step: Step, node: governance_pb2.NetworkNode) -> None:
    """The member's node is let in.

    Raises Refused: NOT_FOUND or NOT_IN_FORCE (member), MEMBER_RUNS_NO_NODE, ALREADY_EXISTS (as another
    member's), NOTHING_CHANGES (it is let in already).
    """
    get_node_member(step, node.member)
    before = step.state.get_object(KIND_NODE, node.node_id)
    if before is not None:
        if before.operation.put_node.member != node.member:
            raise Refused(Code.ALREADY_EXISTS)
        if step.state.is_in_force(KIND_NODE, before.index):
            raise Refused(Code.NOTHING_CHANGES)
    step.administer(KIND_NODE, node.node_id)


def process_remove_node(step: Step, node_id: bytes) -> None:
    """The node is let in no more.

    Raises Refused: NOT_FOUND, NOT_IN_FORCE; MEMBER_HAS_VALIDATOR for the last node of a member whose key
    still votes on blocks: it would count in every quorum and reach nobody.
    """
    found = step.get_existing(KIND_NODE, node_id, "节点 node")
    if not step.state.is_in_force(KIND_NODE, found.index):
        raise Refused(Code.NOT_IN_FORCE, what="节点 node")
    member = found.operation.put_node.member
    is_validating = any(validator.member == member for validator in step.state.get_validators())
    if is_validating and find_nodes(step.state, member) == [node_id]:
        raise Refused(Code.MEMBER_HAS_VALIDATOR)
    step.state.put_state(KIND_NODE, found.index, _RETIRED)
    step.state.set_status(found.index, Status.INVALID)


def get_node_member(step: Step, identifier: str) -> members_pb2.Member:
    """The member in force, which runs a node.

    Raises Refused: NOT_FOUND, NOT_IN_FORCE, MEMBER_RUNS_NO_NODE.
    """
    member = step.get_in_force(KIND_MEMBER, identifier, "成员单位 member").operation.put_member
    if not member.runs_node:
        raise Refused(Code.MEMBER_RUNS_NO_NODE, member=identifier)
    return member


def find_nodes(state: State, member: str) -> list[bytes]:
    """The ids of the member's nodes that are let in, ascending."""
    found: list[bytes] = []
    for key, value in state.scan(rows.id_key(KIND_NODE, b"")):
        index = int.from_bytes(value, "big")
        node = state.get_operation(rows.REGISTRY, index).put_node
        if node.member == member and state.is_in_force(KIND_NODE, index):
            found.append(key[2:])
    return found

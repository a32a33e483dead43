"""Who takes part, by vote (SPEC 5.11): members admitted, changed, suspended, resumed, and their first keys.

A suspended member writes nothing: its systems are not in force from that operation on. What it wrote stands,
and a vote may register a new RECOVERY key for it before it is resumed. One member that votes always remains.
"""

from typing import Final

from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.lifecycle import ADMINISTERED_STATUS
from zhenglian_ledger.plain import compute_recovery_key
from zhenglian_ledger.rules.keys import add_key
from zhenglian_ledger.rules.members import process_put_member
from zhenglian_ledger.state import State
from zhenglian_ledger.step import Step
from zhenglian_proto.v1 import governance_pb2, members_pb2
from zhenglian_proto.v1.state_pb2 import (
    STANDING_IN_FORCE,
    STANDING_SUSPENDED,
    AdministeredState,
    Standing,
)
from zhenglian_proto.v1.types_pb2 import KIND_MEMBER

_WHAT: Final = "成员单位 member"


def process_admit_member(step: Step, member: members_pb2.Member) -> None:
    """The member takes part with what the change says; what was said of it before is superseded.

    Raises Refused: MEMBER_SUSPENDED (it is resumed first), NOTHING_CHANGES, LAST_VOTER, MEMBER_HAS_VALIDATOR;
    InvalidIdentifier(WRONG_CHECK_DIGIT).
    """
    before = step.state.get_object(KIND_MEMBER, member.id.encode())
    if before is not None:
        if not step.state.is_in_force(KIND_MEMBER, before.index):
            raise Refused(Code.MEMBER_SUSPENDED)
        if before.operation.put_member == member:
            raise Refused(Code.NOTHING_CHANGES)
        if not member.votes:
            _verify_voter_besides(step.state, member.id)
        if not member.runs_node and any(v.member == member.id for v in step.state.get_validators()):
            raise Refused(Code.MEMBER_HAS_VALIDATOR)
    process_put_member(step, member)


def process_suspend_member(step: Step, identifier: str) -> None:
    """The member writes nothing from now on.

    Raises Refused: NOT_FOUND, NOT_IN_FORCE, LAST_VOTER.
    """
    found = step.get_in_force(KIND_MEMBER, identifier, _WHAT)
    _verify_voter_besides(step.state, identifier)
    _set_standing(step, found.index, STANDING_SUSPENDED)


def process_resume_member(step: Step, identifier: str) -> None:
    """The suspended member takes part again; raises Refused(NOT_FOUND, WRONG_STATE)."""
    found = step.get_existing(KIND_MEMBER, identifier.encode(), _WHAT)
    standing = step.state.get_state(KIND_MEMBER, found.index, AdministeredState).standing
    if standing != STANDING_SUSPENDED:
        raise Refused(Code.WRONG_STATE, state=int(standing))
    _set_standing(step, found.index, STANDING_IN_FORCE)


def process_add_recovery_key(step: Step, recovery: governance_pb2.RecoveryKey) -> None:
    """The member, suspended or not, has one more RECOVERY key; its key sequence stays.

    Raises Refused: NOT_FOUND, KEY_REUSED.
    """
    step.get_existing(KIND_MEMBER, recovery.member.encode(), _WHAT)
    add_key(step, recovery.member, compute_recovery_key(recovery))


def _set_standing(step: Step, index: int, standing: Standing) -> None:
    step.state.put_state(KIND_MEMBER, index, AdministeredState(standing=standing))
    step.state.set_status(index, ADMINISTERED_STATUS[standing])


def find_voters(state: State) -> list[str]:
    """The members in force that vote, by id."""
    found = ((key[2:].decode(), state.get_in_force(KIND_MEMBER, key[2:].decode()))
             for key, _ in state.scan(rows.id_key(KIND_MEMBER, b"")))  # fmt: skip
    return [name for name, member in found if member is not None and member.operation.put_member.votes]


def _verify_voter_besides(state: State, identifier: str) -> None:
    """Some other member in force votes; raises Refused(LAST_VOTER)."""
    if not any(voter != identifier for voter in find_voters(state)):
        raise Refused(Code.LAST_VOTER)

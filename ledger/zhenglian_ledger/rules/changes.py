"""What a vote may change: kind of change → the rule that makes it (SPEC 5.11)."""

from collections.abc import Callable
from typing import Any, Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.rules import membership, nodes, parameters, validators
from zhenglian_ledger.step import Step
from zhenglian_proto.v1.governance_pb2 import Change

CHANGES: Final[dict[str, Callable[[Step, Any], None]]] = {
    "put_member": membership.process_admit_member,
    "suspend_member": membership.process_suspend_member,
    "resume_member": membership.process_resume_member,
    "add_recovery_key": membership.process_add_recovery_key,
    "put_node": nodes.process_put_node,
    "remove_node": nodes.process_remove_node,
    "add_validator": validators.process_add_validator,
    "remove_validator": validators.process_remove_validator,
    "put_parameters": parameters.process_put_parameters,
}

_CONCERNED: Final = frozenset({"suspend_member", "resume_member"})
"""Changes on which the member itself casts no vote."""

_OF_VALIDATORS: Final = frozenset({"add_validator", "remove_validator"})


def process_change(step: Step, change: Change) -> None:
    """The change is made by the operation of `step`.

    Raises what its rule raises, and Refused(VALIDATOR_CHANGE_IN_BLOCK) for a second change of the validators.
    """
    kind = get_change_kind(change)
    if kind in _OF_VALIDATORS and validators.is_changed_in_block(step):
        raise Refused(Code.VALIDATOR_CHANGE_IN_BLOCK)
    CHANGES[kind](step, getattr(change, kind))


def verify_change(step: Step, change: Change) -> None:
    """The change could be made now; raises what its rule raises. Nothing is changed."""
    kind = get_change_kind(change)
    step.state.begin()
    try:
        CHANGES[kind](step, getattr(change, kind))
    finally:
        step.state.drop()


def get_change_kind(change: Change) -> str:
    """Which member of the oneof is set: one is, or parsing would have refused it."""
    return change.WhichOneof("kind") or ""


def find_concerned(change: Change) -> str:
    """The member that casts no vote on the change, which is about it; empty where all vote."""
    kind = get_change_kind(change)
    return str(getattr(change, kind)) if kind in _CONCERNED else ""

"""Validators (SPEC 5.12): whose keys vote on blocks. Each has power 1; at most one changes in a block.

A change takes effect in its own block's results and nothing is pending, so whoever follows headers need look
only at the blocks that changed the set. A set that is too small, or empty, would stop every node for ever.
"""

from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.keys import compute_key_id
from zhenglian_ledger.rules.nodes import get_node_member
from zhenglian_ledger.step import Step
from zhenglian_proto.v1 import governance_pb2
from zhenglian_proto.v1.batch_pb2 import SUITE_ED25519
from zhenglian_proto.v1.state_pb2 import Parameters, ValidatorState
from zhenglian_proto.v1.types_pb2 import KIND_HOLDER_KEY, KIND_KEY


def process_add_validator(step: Step, validator: governance_pb2.Validator) -> None:
    """The member's key is in the set.

    Raises Refused: what `register_validator` raises, TOO_MANY_VALIDATORS.
    """
    register_validator(step, validator)
    verify_set_size(len(step.state.get_validators()), step.state.get_parameters())
    _record_change(step)


def process_remove_validator(step: Step, public_key: bytes) -> None:
    """The key is in the set no more; raises Refused(VALIDATOR_UNKNOWN, TOO_FEW_VALIDATORS)."""
    known = step.state.get_validator(public_key)
    if known is None or not known.power:
        raise Refused(Code.VALIDATOR_UNKNOWN)
    step.state.put_validator(ValidatorState(public_key=public_key, member=known.member))
    verify_set_size(len(step.state.get_validators()), step.state.get_parameters())
    _record_change(step)


def register_validator(step: Step, validator: governance_pb2.Validator) -> None:
    """The member's key has power 1, however many there are.

    Raises Refused: NOT_FOUND or NOT_IN_FORCE (member), MEMBER_RUNS_NO_NODE, VALIDATOR_EXISTS, KEY_REUSED (it
    was another member's, or serves elsewhere).
    """
    get_node_member(step, validator.member)
    known = step.state.get_validator(validator.public_key)
    if known is not None and known.power:
        raise Refused(Code.VALIDATOR_EXISTS)
    if known is not None and known.member != validator.member:
        raise Refused(Code.KEY_REUSED)
    identifier = compute_key_id(SUITE_ED25519, validator.public_key)
    if any(step.state.get_index(kind, identifier) is not None for kind in (KIND_KEY, KIND_HOLDER_KEY)):
        raise Refused(Code.KEY_REUSED)
    step.state.put_validator(
        ValidatorState(public_key=validator.public_key, member=validator.member, power=1)
    )


def verify_set_size(size: int, parameters: Parameters) -> None:
    """A set of that size is within the limits; raises Refused(TOO_FEW_VALIDATORS, TOO_MANY_VALIDATORS)."""
    if size < parameters.min_validators:
        raise Refused(Code.TOO_FEW_VALIDATORS, limit=parameters.min_validators)
    if size > parameters.max_validators:
        raise Refused(Code.TOO_MANY_VALIDATORS, limit=parameters.max_validators)


def is_changed_in_block(step: Step) -> bool:
    """Whether the block has changed the set already."""
    return step.state.get(_change_key(step)) is not None


def _record_change(step: Step) -> None:
    step.state.put(_change_key(step), b"")


def _change_key(step: Step) -> bytes:
    return rows.VALIDATOR_CHANGE + rows.u64(step.height)

"""Eras (SPEC 5.14): the ledger goes on under another set of validators, or another engine.

Only the system batch of an era's first block carries this operation. Nobody signs it: every node of the era
was given the same one by hand, and whoever verifies is given a trust file that names its validators.
"""

from zhenglian_ledger import rows
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.rules.validators import register_validator, verify_set_size
from zhenglian_ledger.state import State
from zhenglian_ledger.step import Step
from zhenglian_proto.v1.eras_pb2 import ENGINE_KIND_SOLO, BeginEra, EraState
from zhenglian_proto.v1.state_pb2 import Parameters, ValidatorState


def process_begin_era(step: Step, era: BeginEra) -> None:
    """The era's validators are the whole set, within its limits; the era is known by its number.

    Raises Refused: NOT_PERMITTED outside the system batch of an era; ERA_DOES_NOT_FOLLOW naming the field;
    TOO_FEW_VALIDATORS, TOO_MANY_VALIDATORS; what `register_validator` raises.
    """
    if not step.author.is_era:
        raise Refused(Code.NOT_PERMITTED)
    for field, found, expected in (
        ("chain_id", era.chain_id, step.chain_id),
        ("era", era.era, get_era_number(step.state) + 1),
        ("first_height", era.first_height, step.height),
    ):
        if found != expected:
            raise Refused(Code.ERA_DOES_NOT_FOLLOW, field=field)
    _put_limits(step, era)
    for former in step.state.get_validators():
        step.state.put_validator(ValidatorState(public_key=former.public_key, member=former.member))
    for validator in era.validators:
        register_validator(step, validator)
    begun = EraState(first_height=era.first_height, index=step.index)
    step.state.put(rows.ERA + rows.u32(era.era), serialise(begun))


def get_era_number(state: State) -> int:
    """The newest era that has begun, 0 in that of genesis."""
    number = 0
    while state.get(rows.ERA + rows.u32(number + 1)) is not None:
        number += 1
    return number


def _put_limits(step: Step, era: BeginEra) -> None:
    """The limits hold from now on; a solo engine has one validator for good."""
    parameters = Parameters()
    parameters.CopyFrom(step.state.get_parameters())
    parameters.min_validators, parameters.max_validators = era.min_validators, era.max_validators
    verify_set_size(len(era.validators), parameters)
    if era.engine == ENGINE_KIND_SOLO and era.max_validators != 1:
        raise Refused(Code.TOO_MANY_VALIDATORS, limit=1)
    step.state.put_parameters(parameters)

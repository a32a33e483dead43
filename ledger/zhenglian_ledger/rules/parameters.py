"""Parameters changed by vote (SPEC 5.13): which may change at all, and how far.

Genesis may say what it likes; a vote keeps what it changes within bounds with which a network still works: a
block takes the largest bundle, a member can send a full batch, an attestation outlives a walk to the counter.
"""

from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.validators import MAX_VALIDATORS
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.rules.validators import verify_set_size
from zhenglian_ledger.step import Step
from zhenglian_proto.v1.state_pb2 import Parameters

FIXED: Final = frozenset({"trace_bits"})
"""Never change: the tree of traces is built on it."""

_SECOND_MS: Final = 1_000
_HEARTBEAT_MS: Final = 10 * _SECOND_MS
"""How far ledger time may lag: a network that idles makes a block in that time (SPEC 1.6)."""

_HOUR_MS: Final = 3_600 * _SECOND_MS
_DAY_MS: Final = 24 * _HOUR_MS

BOUNDS: Final[dict[str, tuple[int, int]]] = {
    "max_validity_ms": (60 * _SECOND_MS, 7 * _DAY_MS),
    "time_tolerance_ms": (_HEARTBEAT_MS, 60 * _SECOND_MS),
    "attestation_age_ms": (60 * _SECOND_MS, _DAY_MS),
    "release_window_ms": (60 * _SECOND_MS, _DAY_MS),
    "max_children": (1, 1_000),
    "max_block_operations": (1_024, 1 << 20),
    "max_block_bytes": (1 << 20, 64 << 20),
    "max_member_block_operations": (1_024, 1 << 20),
    "max_member_disputes_a_day": (1, 1_000_000),
    "backdating_ms": (_DAY_MS, 90 * _DAY_MS),
    "min_validators": (1, MAX_VALIDATORS),
    "max_validators": (1, MAX_VALIDATORS),
}
"""Parameter → least and greatest value a vote may give it."""

NETWORK_MIN_VALIDATORS: Final = 4
"""Fewer bear no fault: a vote does not go below, unless genesis already had."""


def process_put_parameters(step: Step, parameters: Parameters) -> None:
    """The network has these parameters from the next operation on; its blocks, from the next block on.

    Raises Refused: NOTHING_CHANGES, PARAMETER_FIXED, OUT_OF_RANGE, TOO_FEW_VALIDATORS, TOO_MANY_VALIDATORS.
    """
    before = step.state.get_parameters()
    changed = [name for name in BOUNDS.keys() | FIXED if getattr(before, name) != getattr(parameters, name)]
    if not changed:
        raise Refused(Code.NOTHING_CHANGES)
    for name in sorted(changed):
        _verify_change(name, getattr(parameters, name), is_alone=before.max_validators == 1)
    if parameters.min_validators < min(before.min_validators, NETWORK_MIN_VALIDATORS):
        raise Refused(Code.OUT_OF_RANGE, field="min_validators")
    verify_set_size(len(step.state.get_validators()), parameters)
    step.state.put_parameters(parameters)


def _verify_change(name: str, value: int, *, is_alone: bool) -> None:
    """The parameter may change, to that value; a ledger with one validator for good has no set to bound."""
    if name in FIXED or (is_alone and name in ("min_validators", "max_validators")):
        raise Refused(Code.PARAMETER_FIXED, field=name)
    least, greatest = BOUNDS[name]
    if not least <= value <= greatest:
        raise Refused(Code.OUT_OF_RANGE, field=name)

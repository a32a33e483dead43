"""Keys (SPEC 5.1): registered and ended under the member's offline RECOVERY key, in one sequence a member.

The RECOVERY signature covers the chain, the member and the sequence, so a key operation is good once, on one
chain, whoever's batch carries it: a member that is new, or has lost the keys of its systems, has none to send
it by. A key id is registered once for ever, as a system's or a holder's,
never both. An ended key's past signatures are not rewritten: `not_after_ms` says from when on they are to be
doubted.
"""

from typing import Final, NamedTuple

from zhenglian_ledger import rows
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.keys import PUBLIC_KEY_SIZES, compute_key_id
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.rows import COUNTER_KEY_SEQUENCE, u64
from zhenglian_ledger.signers import is_key_in_force
from zhenglian_ledger.step import Step
from zhenglian_ledger.tags import KEY_OPERATION, tag_bytes
from zhenglian_proto.v1 import members_pb2, state_pb2
from zhenglian_proto.v1.batch_pb2 import SUITE_ED25519, SUITE_P256, SUITE_SM2, SUITE_X25519
from zhenglian_proto.v1.members_pb2 import (
    KEY_USAGE_ENCRYPT,
    KEY_USAGE_RECOVERY,
    KEY_USAGE_SIGN,
    KEY_USAGE_TRANSPORT,
)
from zhenglian_proto.v1.types_pb2 import KIND_HOLDER_KEY, KIND_KEY, KIND_MEMBER, KIND_SYSTEM

_IN_FORCE: Final = state_pb2.KeyState(standing=state_pb2.STANDING_IN_FORCE)


class Fit(NamedTuple):
    """What a key of some usage may be: its suites, and whether it is a system's or the member's own."""

    suites: frozenset[int]
    of_system: bool


FITS: Final = {
    KEY_USAGE_SIGN: Fit(frozenset({SUITE_ED25519, SUITE_SM2}), of_system=True),
    KEY_USAGE_TRANSPORT: Fit(frozenset({SUITE_P256}), of_system=True),
    KEY_USAGE_ENCRYPT: Fit(frozenset({SUITE_X25519}), of_system=True),
    KEY_USAGE_RECOVERY: Fit(frozenset({SUITE_ED25519}), of_system=False),
}

_POINT_SUITES: Final = frozenset({SUITE_SM2, SUITE_P256})
"""Suites whose public keys are uncompressed points: 04 ‖ x ‖ y."""


def process_key(step: Step, operation: members_pb2.KeyOperation) -> None:
    """The member's next key change has happened: a key is added VALID, or one is ended INVALID.

    Raises Refused: FOREIGN_CHAIN, NOT_FOUND or NOT_IN_FORCE (member, system), NOT_OWNER, WRONG_KEY_SEQUENCE,
    WRONG_RECOVERY_SIGNATURE, WRONG_KEY_USAGE, KEY_REUSED, KEY_NOT_IN_FORCE, BACKDATED_TOO_FAR, OUT_OF_RANGE,
    LAST_KEY.
    """
    body = operation.body
    _verify_body(step, body)
    if not step.author.is_genesis:
        _verify_recovery_signature(step, operation)
    if body.HasField("add"):
        add_key(step, body.member, body.add)
    else:
        _end_key(step, body.member, body.end)
    step.state.put_counter(COUNTER_KEY_SEQUENCE, body.member.encode(), body.sequence)


def _verify_body(step: Step, body: members_pb2.KeyOperation.Body) -> None:
    """It is meant for this chain, for a member in force, and is the next."""
    if body.chain_id != ("" if step.author.is_genesis else step.chain_id):
        raise Refused(Code.FOREIGN_CHAIN)
    step.get_in_force(KIND_MEMBER, body.member, "成员单位 member")
    expected = step.state.get_counter(COUNTER_KEY_SEQUENCE, body.member.encode()) + 1
    if body.sequence != expected:
        raise Refused(Code.WRONG_KEY_SEQUENCE, expected=expected)


def _verify_recovery_signature(step: Step, operation: members_pb2.KeyOperation) -> None:
    """The named key is a RECOVERY key of the member, in force, and signed the body (P9)."""
    found = step.state.get_object(KIND_KEY, operation.recovery_key)
    if found is None or not is_key_in_force(step.state, found):
        raise Refused(Code.WRONG_RECOVERY_SIGNATURE)
    registered = found.operation.key.body
    message = tag_bytes(KEY_OPERATION, serialise(operation.body))
    if (
        registered.member != operation.body.member
        or registered.add.usage != KEY_USAGE_RECOVERY
        or not ed25519.is_signature_valid(registered.add.public_key, message, operation.signature)
    ):
        raise Refused(Code.WRONG_RECOVERY_SIGNATURE)


def add_key(step: Step, member: str, key: members_pb2.Key) -> None:
    """The operation registers `key` for the member.

    Raises Refused: WRONG_KEY_USAGE, KEY_REUSED, NOT_FOUND or NOT_IN_FORCE (system), NOT_OWNER.
    """
    _verify_fit(key)
    identifier = compute_key_id(key.suite, key.public_key)
    if any(step.state.get_index(kind, identifier) is not None for kind in (KIND_KEY, KIND_HOLDER_KEY)):
        raise Refused(Code.KEY_REUSED)
    if key.suite == SUITE_ED25519 and step.state.get_validator(key.public_key) is not None:
        raise Refused(Code.KEY_REUSED)
    if key.system:
        system = step.get_in_force(KIND_SYSTEM, key.system, "信息系统 system").operation.put_system
        if step.get_unit(system.unit).member != member:
            raise Refused(Code.NOT_OWNER)
    else:
        step.state.put(_recovery_prefix(member) + u64(step.index), b"")
    step.create(KIND_KEY, identifier, _IN_FORCE, Status.VALID)


def _verify_fit(key: members_pb2.Key) -> None:
    """Suite, form and owner fit the usage; raises Refused(WRONG_KEY_USAGE)."""
    fit = FITS[key.usage]
    if (
        key.suite not in fit.suites
        or len(key.public_key) != PUBLIC_KEY_SIZES[key.suite]
        or (key.suite in _POINT_SUITES and key.public_key[0] != 4)
        or bool(key.system) != fit.of_system
    ):
        raise Refused(Code.WRONG_KEY_USAGE)


def _end_key(step: Step, member: str, end: members_pb2.KeyEnd) -> None:
    found = step.get_existing(KIND_KEY, end.key, "密钥 key")
    if found.operation.key.body.member != member:
        raise Refused(Code.NOT_OWNER)
    if not is_key_in_force(step.state, found):
        raise Refused(Code.KEY_NOT_IN_FORCE)
    if end.not_after_ms + step.parameters.backdating_ms < step.time_ms:
        raise Refused(Code.BACKDATED_TOO_FAR)
    if end.not_after_ms > step.time_ms + step.parameters.time_tolerance_ms:
        raise Refused(Code.OUT_OF_RANGE, field="not_after_ms")
    if found.operation.key.body.add.usage == KEY_USAGE_RECOVERY and _count_recovery_keys(step, member) == 1:
        raise Refused(Code.LAST_KEY)
    ended = state_pb2.KeyState(standing=state_pb2.STANDING_RETIRED, not_after_ms=end.not_after_ms)
    step.state.put_state(KIND_KEY, found.index, ended)
    step.state.set_status(found.index, Status.INVALID)


def _count_recovery_keys(step: Step, member: str) -> int:
    """How many RECOVERY keys of the member are in force; it has a handful in its life."""
    indexes = [int.from_bytes(key[-8:], "big") for key, _ in step.state.scan(_recovery_prefix(member))]
    states = [step.state.get_state(KIND_KEY, index, state_pb2.KeyState) for index in indexes]
    return sum(1 for state in states if state.standing == state_pb2.STANDING_IN_FORCE)


def _recovery_prefix(member: str) -> bytes:
    return rows.RECOVERY + member.encode() + b"\x00"

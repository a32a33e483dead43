"""Attestations under the rules (SPEC 5.7): whose key may speak for a subject, and how fresh its word must be.

Three kinds: a holder key bound to the subject; the identity gateway for a session; an accepting unit's
counter for a written grant. Who attests is never who is granted to, nor the system that submits it. One
missing or foreign part makes the whole attestation wrong: a caller learns that it does not hold, not how to
bend it.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from zhenglian_ledger.attestation import verify_attestation_signature
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.signers import find_author, is_key_in_force, is_signing_key_of
from zhenglian_ledger.step import Step
from zhenglian_proto.v1 import batch_pb2, members_pb2, state_pb2
from zhenglian_proto.v1.types_pb2 import (
    ATTESTATION_KIND_COUNTER,
    ATTESTATION_KIND_HOLDER_KEY,
    ATTESTATION_KIND_IDENTITY_GATEWAY,
    KIND_HOLDER_KEY,
    KIND_KEY,
    KIND_SYSTEM,
    Attestation,
)


class Attestor(NamedTuple):
    """Who attests: the key, and for a gateway or counter its system and unit; empty for a holder key."""

    suite: batch_pb2.Suite
    public_key: bytes
    system: str = ""
    unit: str = ""


def verify_attestation(
    step: Step, attestation: Attestation, *, target: bytes, subject: bytes, grantee_unit: str | None = None
) -> None:
    """`subject` wills `target` (32 bytes), now, by somebody entitled to say so; `grantee_unit` gains by it.

    Raises Refused: WRONG_ATTESTATION, HOLDER_KEY_UNKNOWN, ATTESTATION_TOO_OLD, NOT_YET_VALID,
    ATTESTOR_IS_GRANTEE, ATTESTOR_IS_SUBMITTER, SUITE_UNSUPPORTED.
    """
    if attestation.subject != subject:
        raise Refused(Code.WRONG_ATTESTATION)
    _verify_form(attestation)
    _verify_age(step, attestation)
    attestor = _ATTESTORS[attestation.kind](step, attestation)
    if attestor.unit and attestor.unit == grantee_unit:
        raise Refused(Code.ATTESTOR_IS_GRANTEE)
    if attestor.system and attestor.system == step.author.system:
        raise Refused(Code.ATTESTOR_IS_SUBMITTER)
    verify_attestation_signature(target, attestation, attestor.suite, attestor.public_key)


def get_attesting_unit(step: Step, attestation: Attestation) -> str:
    """The unit of the gateway or counter that attested, whatever its standing; empty for a holder key."""
    found = step.state.get_object(KIND_SYSTEM, attestation.system.encode())
    return "" if found is None else found.operation.put_system.unit


_FORM: Final = {
    ATTESTATION_KIND_HOLDER_KEY: frozenset[str](),
    ATTESTATION_KIND_IDENTITY_GATEWAY: frozenset({"system", "level", "session"}),
    ATTESTATION_KIND_COUNTER: frozenset({"system", "clerk", "window", "written_grant"}),
}
_FORMED: Final = ("system", "level", "session", "clerk", "window", "written_grant")


def _verify_form(attestation: Attestation) -> None:
    """The attestation has every field of its kind and none of another's."""
    expected = _FORM.get(attestation.kind)
    if expected is None or any(bool(getattr(attestation, name)) != (name in expected) for name in _FORMED):
        raise Refused(Code.WRONG_ATTESTATION)


def _verify_age(step: Step, attestation: Attestation) -> None:
    if attestation.at_ms + step.parameters.attestation_age_ms < step.time_ms:
        raise Refused(Code.ATTESTATION_TOO_OLD)
    if not step.has_begun(attestation.at_ms):
        raise Refused(Code.NOT_YET_VALID)


def _get_holder_key(step: Step, attestation: Attestation) -> Attestor:
    found = step.state.get_object(KIND_HOLDER_KEY, attestation.key)
    if found is None:
        raise Refused(Code.HOLDER_KEY_UNKNOWN)
    body = found.operation.bind_holder_key.body
    standing = step.state.get_state(KIND_HOLDER_KEY, found.index, state_pb2.HolderKeyState).standing
    if body.subject != attestation.subject or standing != state_pb2.HOLDER_KEY_STANDING_BOUND:
        raise Refused(Code.HOLDER_KEY_UNKNOWN)
    return Attestor(body.suite, body.public_key)


_ENTITLED: Final = {
    ATTESTATION_KIND_IDENTITY_GATEWAY: (
        members_pb2.SYSTEM_KIND_GATEWAY,
        members_pb2.ROLE_IDENTITY_GATEWAY,
    ),
    ATTESTATION_KIND_COUNTER: (members_pb2.SYSTEM_KIND_COUNTER, members_pb2.ROLE_ACCEPTING),
}
"""Kind of attestation → the kind of its system and the role of its unit; both are needed."""


def _get_system(step: Step, attestation: Attestation) -> Attestor:
    """The system is of the right kind, of a unit in the right role, and in force as if it wrote."""
    author = step.state.recall(find_author, attestation.system)
    kind, role = _ENTITLED[attestation.kind]
    if author is None or author.system_kind != kind or role not in author.roles:
        raise Refused(Code.WRONG_ATTESTATION)
    found = step.state.get_object(KIND_KEY, attestation.key)
    if found is None or not is_key_in_force(step.state, found):
        raise Refused(Code.WRONG_ATTESTATION)
    key = found.operation.key.body.add
    if not is_signing_key_of(key, attestation.system):
        raise Refused(Code.WRONG_ATTESTATION)
    return Attestor(key.suite, key.public_key, attestation.system, author.unit)


_ATTESTORS: Final[dict[int, Callable[[Step, Attestation], Attestor]]] = {
    ATTESTATION_KIND_HOLDER_KEY: _get_holder_key,
    ATTESTATION_KIND_IDENTITY_GATEWAY: _get_system,
    ATTESTATION_KIND_COUNTER: _get_system,
}

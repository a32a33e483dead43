"""Holder keys (SPEC 5.7): bound to a subject, replaced and ended only by the gateway or a key of the subject.

A key id is accepted once for ever, and never as both a system's and a holder's key. A replaced key's grants
live on; a compromised key takes the grants it attested with it, which is why the second may still follow the
first.
"""

from typing import Final

from zhenglian_ledger.attestation import compute_holder_key_end_target, compute_holder_key_target
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.keys import PUBLIC_KEY_SIZES, compute_key_id
from zhenglian_ledger.lifecycle import HOLDER_KEY_STATUS, HOLDER_KEYS, compute_next
from zhenglian_ledger.merkle.trace import TraceKind
from zhenglian_ledger.rules.attestations import verify_attestation
from zhenglian_ledger.step import Step
from zhenglian_proto.v1 import batch_pb2
from zhenglian_proto.v1.grants_pb2 import BindHolderKey, EndHolderKey
from zhenglian_proto.v1.state_pb2 import HOLDER_KEY_STANDING_BOUND, HolderKeyState
from zhenglian_proto.v1.types_pb2 import ATTESTATION_KIND_COUNTER, KIND_HOLDER_KEY, KIND_KEY, Attestation

_BOUND: Final = HolderKeyState(standing=HOLDER_KEY_STANDING_BOUND)


def process_bind_holder_key(step: Step, bind: BindHolderKey) -> None:
    """The key speaks for the subject from now on; the subject's trace says so.

    Raises Refused: FOREIGN_CHAIN, SUITE_UNSUPPORTED, WRONG_LENGTH, KEY_REUSED, and those of an attestation.
    """
    body = bind.body
    if body.chain_id != step.chain_id:
        raise Refused(Code.FOREIGN_CHAIN)
    _verify_public_key(body)
    identifier = compute_key_id(body.suite, body.public_key)
    if any(step.state.get_index(kind, identifier) is not None for kind in (KIND_HOLDER_KEY, KIND_KEY)):
        raise Refused(Code.KEY_REUSED)
    _verify_entitled(step, bind.attestation, compute_holder_key_target(body), body.subject)
    step.create(KIND_HOLDER_KEY, identifier, _BOUND, HOLDER_KEY_STATUS[HOLDER_KEY_STANDING_BOUND])
    step.trace(TraceKind.SUBJECT, body.subject)


def process_end_holder_key(step: Step, end: EndHolderKey) -> None:
    """The key attests nothing more; COMPROMISED also ends the grants it attested. The trace says so.

    Raises Refused: FOREIGN_CHAIN, NOT_FOUND, WRONG_STATE, and those of an attestation.
    """
    body = end.body
    if body.chain_id != step.chain_id:
        raise Refused(Code.FOREIGN_CHAIN)
    found = step.get_existing(KIND_HOLDER_KEY, body.key, "持有人密钥 holder key")
    subject = found.operation.bind_holder_key.body.subject
    standing = step.state.get_state(KIND_HOLDER_KEY, found.index, HolderKeyState).standing
    after = compute_next(HOLDER_KEYS, standing, body.reason)
    _verify_entitled(step, end.attestation, compute_holder_key_end_target(body), subject)
    step.state.put_state(KIND_HOLDER_KEY, found.index, HolderKeyState(standing=after))
    step.state.set_status(found.index, HOLDER_KEY_STATUS[after])
    step.trace(TraceKind.SUBJECT, subject)


def _verify_public_key(body: BindHolderKey.Body) -> None:
    """The suite is one that attests here; raises Refused(SUITE_UNSUPPORTED, WRONG_LENGTH)."""
    if body.suite != batch_pb2.SUITE_ED25519:
        raise Refused(Code.SUITE_UNSUPPORTED)
    expected = PUBLIC_KEY_SIZES[body.suite]
    if len(body.public_key) != expected:
        raise Refused(Code.WRONG_LENGTH, what="public_key", expected=expected, found=len(body.public_key))


def _verify_entitled(step: Step, attestation: Attestation, target: bytes, subject: bytes) -> None:
    """The gateway or a bound key of the subject attests; a counter may not."""
    if attestation.kind == ATTESTATION_KIND_COUNTER:
        raise Refused(Code.WRONG_ATTESTATION)
    verify_attestation(step, attestation, target=target, subject=subject)

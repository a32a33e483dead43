"""Attestations of a subject's will: what they are made over, and their signature (SPEC 5.7).

An attestation covers one 32-byte *target* and its own fields, under its own tag, so it is provable without
the batch that carries it and can serve for nothing else. Whether its key is bound, its kind allowed and its
time recent enough is for the rules; here it is only bytes.
"""

from collections.abc import Callable
from typing import Final

from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.keys import compute_key_id
from zhenglian_ledger.tags import (
    ATTEST,
    GRANT,
    GRANT_EVENT,
    HOLDER_KEY,
    HOLDER_KEY_END,
    PARTICIPANT,
    PRESENT,
    tag_bytes,
    tagged,
)
from zhenglian_proto.v1 import batch_pb2
from zhenglian_proto.v1.cases_pb2 import AdmitParticipant
from zhenglian_proto.v1.grants_pb2 import BindHolderKey, ChangeGrant, EndHolderKey, GrantBody
from zhenglian_proto.v1.types_pb2 import Attestation

Sign = Callable[[bytes], bytes]

_VERIFIERS: Final = {batch_pb2.SUITE_ED25519: ed25519.is_signature_valid}


def compute_grant_id(body: GrantBody) -> bytes:
    """SHA-256("zl/grant/v1" ‖ 00 ‖ body), 32 bytes: the id of a grant and what its attestation covers."""
    return tagged(GRANT, serialise(body))


def compute_participant_target(body: AdmitParticipant.Body) -> bytes:
    """What the lead of a project attests to admit a participant, 32 bytes."""
    return tagged(PARTICIPANT, serialise(body))


def compute_holder_key_target(body: BindHolderKey.Body) -> bytes:
    """What is attested to bind a holder key, 32 bytes."""
    return tagged(HOLDER_KEY, serialise(body))


def compute_holder_key_end_target(body: EndHolderKey.Body) -> bytes:
    """What is attested to end a holder key, 32 bytes."""
    return tagged(HOLDER_KEY_END, serialise(body))


def compute_grant_event_target(body: ChangeGrant.Body) -> bytes:
    """What the grantor attests to suspend, resume or revoke a grant, 32 bytes."""
    return tagged(GRANT_EVENT, serialise(body))


def compute_present_target(record: bytes, use: bytes, unit: str, chain_id: str) -> bytes:
    """What a holder attests to show `record` to `unit` as `use` (32-byte ids) on one chain, 32 bytes."""
    return tagged(PRESENT, record, use, unit.encode(), b"\x00", chain_id.encode())


def compute_attestation_message(target: bytes, attestation: Attestation) -> bytes:
    """The signed bytes: "zl/attest/v1" ‖ 00 ‖ target[32] ‖ the attestation without its signature."""
    unsigned = Attestation()
    unsigned.CopyFrom(attestation)
    unsigned.ClearField("signature")
    return tag_bytes(ATTEST, target, serialise(unsigned))


def sign_attestation(target: bytes, attestation: Attestation, sign: Sign) -> Attestation:
    """A copy of `attestation` whose signature over `target` is made by `sign`, holder of the key it names."""
    signed = Attestation()
    signed.CopyFrom(attestation)
    signed.signature = sign(compute_attestation_message(target, attestation))
    return signed


def verify_attestation_signature(
    target: bytes, attestation: Attestation, suite: batch_pb2.Suite, public_key: bytes
) -> None:
    """The attestation names this key and its signature over `target` verifies.

    Raises Refused: WRONG_ATTESTATION, or SUITE_UNSUPPORTED for a suite that signs no attestations here.
    """
    is_valid = _VERIFIERS.get(suite)
    if is_valid is None:
        raise Refused(Code.SUITE_UNSUPPORTED)
    if attestation.key != compute_key_id(suite, public_key):
        raise Refused(Code.WRONG_ATTESTATION)
    if not is_valid(public_key, compute_attestation_message(target, attestation), attestation.signature):
        raise Refused(Code.WRONG_ATTESTATION)

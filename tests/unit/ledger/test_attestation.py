"""Attestations: the exact bytes signed, and every change that ends a signature's validity."""

from collections.abc import Callable
from hashlib import sha256

import pytest

from zhenglian_ledger import attestation as module
from zhenglian_ledger.attestation import (
    compute_attestation_message,
    compute_grant_id,
    sign_attestation,
    verify_attestation_signature,
)
from zhenglian_ledger.codes import Code
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.keys import compute_key_id
from zhenglian_proto.v1 import batch_pb2
from zhenglian_proto.v1.cases_pb2 import PROJECT_ROLE_LEAD, AdmitParticipant
from zhenglian_proto.v1.grants_pb2 import (
    GRANT_EVENT_REVOKE,
    HOLDER_KEY_END_REPLACED,
    BindHolderKey,
    ChangeGrant,
    EndHolderKey,
    GrantBody,
)
from zhenglian_proto.v1.types_pb2 import ATTESTATION_KIND_IDENTITY_GATEWAY, Attestation

SUITE = batch_pb2.SUITE_ED25519
SEED = b"\x07" * 32
PUBLIC_KEY = ed25519.compute_public_key(SEED)
TARGET = b"\xaa" * 32
CHAIN = "sandbox-01020304"


def sign(message: bytes) -> bytes:
    return ed25519.sign(SEED, message)


def attestation() -> Attestation:
    return Attestation(
        kind=ATTESTATION_KIND_IDENTITY_GATEWAY,
        subject=b"\x01" * 32,
        system="gateway",
        key=compute_key_id(SUITE, PUBLIC_KEY),
        level=3,
        session=b"\x02" * 32,
        at_ms=1_700_000_000_000,
    )


def test_the_signed_bytes_are_tag_target_and_attestation_without_signature() -> None:
    signed = sign_attestation(TARGET, attestation(), sign)
    expected = b"zl/attest/v1\x00" + TARGET + attestation().SerializeToString(deterministic=True)
    assert compute_attestation_message(TARGET, signed) == expected
    assert len(signed.signature) == 64


def test_signing_leaves_the_given_attestation_alone() -> None:
    given = attestation()
    sign_attestation(TARGET, given, sign)
    assert given == attestation()


def test_a_signed_attestation_verifies() -> None:
    verify_attestation_signature(TARGET, sign_attestation(TARGET, attestation(), sign), SUITE, PUBLIC_KEY)


def _set_level(signed: Attestation) -> None:
    signed.level = 4


def _set_subject(signed: Attestation) -> None:
    signed.subject = b"\x03" * 32


def _set_time(signed: Attestation) -> None:
    signed.at_ms += 1


def _drop_signature(signed: Attestation) -> None:
    signed.ClearField("signature")


def _set_key(signed: Attestation) -> None:
    signed.key = b"\x04" * 32


@pytest.mark.parametrize("change", [_set_level, _set_subject, _set_time, _drop_signature, _set_key])
def test_any_change_ends_its_validity(change: Callable[[Attestation], None]) -> None:
    signed = sign_attestation(TARGET, attestation(), sign)
    change(signed)
    with pytest.raises(Refused) as caught:
        verify_attestation_signature(TARGET, signed, SUITE, PUBLIC_KEY)
    assert caught.value.code == Code.WRONG_ATTESTATION


def test_it_holds_for_its_target_and_key_only() -> None:
    signed = sign_attestation(TARGET, attestation(), sign)
    with pytest.raises(Refused):
        verify_attestation_signature(b"\xab" * 32, signed, SUITE, PUBLIC_KEY)
    with pytest.raises(Refused):
        verify_attestation_signature(TARGET, signed, SUITE, ed25519.compute_public_key(b"\x08" * 32))


def test_a_suite_that_signs_nothing_here_is_refused() -> None:
    signed = sign_attestation(TARGET, attestation(), sign)
    with pytest.raises(Refused) as caught:
        verify_attestation_signature(TARGET, signed, batch_pb2.SUITE_X25519, PUBLIC_KEY)
    assert caught.value.code == Code.SUITE_UNSUPPORTED


def test_targets_are_the_documented_hashes() -> None:
    participant = AdmitParticipant.Body(
        chain_id=CHAIN, project=b"\x01" * 32, subject=TARGET, role=PROJECT_ROLE_LEAD
    )
    binding = BindHolderKey.Body(chain_id=CHAIN, subject=TARGET, suite=SUITE, public_key=PUBLIC_KEY)
    ending = EndHolderKey.Body(chain_id=CHAIN, key=TARGET, reason=HOLDER_KEY_END_REPLACED)
    event = ChangeGrant.Body(chain_id=CHAIN, grant=TARGET, event=GRANT_EVENT_REVOKE, sequence=1)
    grant = GrantBody(chain_id=CHAIN, nonce=b"\x05" * 16)
    expected = {
        module.compute_participant_target(participant): (b"zl/participant/v1", participant),
        module.compute_holder_key_target(binding): (b"zl/holderkey/v1", binding),
        module.compute_holder_key_end_target(ending): (b"zl/holderkeyend/v1", ending),
        module.compute_grant_event_target(event): (b"zl/grantevent/v1", event),
        compute_grant_id(grant): (b"zl/grant/v1", grant),
    }
    for target, (tag, body) in expected.items():
        assert target == sha256(tag + b"\x00" + body.SerializeToString(deterministic=True)).digest()


def test_a_presentation_names_record_use_unit_and_chain() -> None:
    target = module.compute_present_target(b"\x01" * 32, b"\x02" * 32, "unit-1", "city-1")
    named = b"\x01" * 32 + b"\x02" * 32 + b"unit-1" + b"\x00" + b"city-1"
    assert target == sha256(b"zl/present/v1\x00" + named).digest()

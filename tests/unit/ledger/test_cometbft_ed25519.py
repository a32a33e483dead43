"""Ed25519 against RFC 8032 section 7.1, and the strictness that determinism asks for."""

import pytest

from zhenglian_ledger.codes import Code
from zhenglian_ledger.crypto.ed25519 import compute_public_key, is_signature_valid, sign
from zhenglian_ledger.errors import InvalidInput

GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493

# seed, public key, message, signature
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
]


@pytest.mark.parametrize(("seed", "public_key", "message", "signature"), RFC_8032)
def test_rfc_8032_vectors(seed: str, public_key: str, message: str, signature: str) -> None:
    assert compute_public_key(bytes.fromhex(seed)).hex() == public_key
    assert sign(bytes.fromhex(seed), bytes.fromhex(message)).hex() == signature
    assert is_signature_valid(bytes.fromhex(public_key), bytes.fromhex(message), bytes.fromhex(signature))


def test_one_changed_bit_anywhere_is_not_valid() -> None:
    _, public_key, message, signature = (bytes.fromhex(part) for part in RFC_8032[1])
    for position in range(64):
        changed = bytearray(signature)
        changed[position] ^= 1
        assert not is_signature_valid(public_key, message, bytes(changed))
    assert not is_signature_valid(public_key, message + b"\x00", signature)
    assert not is_signature_valid(compute_public_key(bytes(32)), message, signature)


@pytest.mark.parametrize(
    ("key_size", "signature_size"), [(31, 64), (33, 64), (0, 64), (32, 63), (32, 65), (32, 0)]
)
def test_any_other_length_is_not_valid(key_size: int, signature_size: int) -> None:
    assert not is_signature_valid(bytes(key_size), b"m", bytes(signature_size))


def test_bytes_shifted_between_signature_and_message_are_not_valid() -> None:
    _, public_key, message, signature = (bytes.fromhex(part) for part in RFC_8032[1])
    assert not is_signature_valid(public_key, signature[-1:] + message, signature[:-1])
    assert not is_signature_valid(public_key, b"", signature + message)


def test_a_scalar_past_the_group_order_is_not_valid() -> None:
    _, public_key, message, signature = (bytes.fromhex(part) for part in RFC_8032[1])
    scalar = int.from_bytes(signature[32:], "little") + GROUP_ORDER
    assert not is_signature_valid(public_key, message, signature[:32] + scalar.to_bytes(32, "little"))


def test_a_key_of_small_order_is_not_valid() -> None:
    identity = b"\x01" + bytes(31)
    assert not is_signature_valid(identity, b"any message", identity + bytes(32))


def test_a_seed_of_another_length_is_refused() -> None:
    for use in (compute_public_key, lambda seed: sign(seed, b"m")):
        with pytest.raises(InvalidInput) as failure:
            use(bytes(31))
        assert failure.value.code is Code.WRONG_LENGTH

"""Keys by suite: what a seed yields, how long a public key is, and the id of a key (SPEC 1.5).

A seed is 32 bytes of randomness whatever the suite. For P-256 it is reduced to a private scalar in [1, n-1],
so every seed is usable; the bias of 2⁻³² does not matter for a long-term key.
"""

from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from zhenglian_ledger.codes import Code
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.tags import KEY, tagged
from zhenglian_proto.v1 import batch_pb2

SEED_SIZE: Final = 32

PUBLIC_KEY_SIZES: Final = {
    batch_pb2.SUITE_ED25519: 32,
    batch_pb2.SUITE_SM2: 65,
    batch_pb2.SUITE_P256: 65,
    batch_pb2.SUITE_X25519: 32,
}
"""Bytes of a public key of each suite; uncompressed points start with 04."""

_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # FIPS 186-4 D.1.2.3


def compute_key_id(suite: batch_pb2.Suite, public_key: bytes) -> bytes:
    """SHA-256("zl/key/v1" ‖ 00 ‖ u8 suite ‖ public key), 32 bytes."""
    return tagged(KEY, suite.to_bytes(1, "big"), public_key)


def compute_public_key(suite: batch_pb2.Suite, seed: bytes) -> bytes:
    """The public key of a 32-byte `seed`; raises InvalidInput (WRONG_LENGTH, SUITE_UNSUPPORTED)."""
    verify_seed(seed)
    if suite == batch_pb2.SUITE_ED25519:
        return ed25519.compute_public_key(seed)
    if suite == batch_pb2.SUITE_P256:
        return compute_point(derive_p256_key(seed).public_key())
    if suite == batch_pb2.SUITE_X25519:
        return x25519.X25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    raise InvalidInput(Code.SUITE_UNSUPPORTED)


def derive_p256_key(seed: bytes) -> ec.EllipticCurvePrivateKey:
    """The P-256 private key of a 32-byte `seed`; raises InvalidInput(WRONG_LENGTH)."""
    verify_seed(seed)
    return ec.derive_private_key(int.from_bytes(seed, "big") % (_P256_ORDER - 1) + 1, ec.SECP256R1())


def compute_point(public_key: ec.EllipticCurvePublicKey) -> bytes:
    """The public key as an uncompressed point: 04 ‖ x ‖ y, 65 bytes."""
    return public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def verify_seed(seed: bytes) -> None:
    """A seed is 32 bytes; raises InvalidInput(WRONG_LENGTH)."""
    if len(seed) != SEED_SIZE:
        raise InvalidInput(Code.WRONG_LENGTH, what="seed", expected=SEED_SIZE, found=len(seed))

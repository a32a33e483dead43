"""Ed25519 by one pinned library, so that every node gives the same verdict on the same bytes.

The library is libsodium through PyNaCl. It is stricter than ZIP-215, which a CometBFT node applies:
it refuses keys of small order and non-canonical encodings. Honest signatures pass both; a crafted one may
pass there and fail here, which is why a failing commit signature is left uncounted and never fatal.

`nacl.bindings.crypto_sign_open` was the fastest of the bindings that PyNaCl offers (75 µs a signature on
the reference machine, against 79 µs for `VerifyKey.verify`).
"""

from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair
from nacl.exceptions import CryptoError

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput

PUBLIC_KEY_SIZE = 32
SEED_SIZE = 32
SIGNATURE_SIZE = 64


def is_signature_valid(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether `signature` (64 B) over `message` verifies under `public_key` (32 B), RFC 8032.

    Any other length, a key of small order and any non-canonical encoding are simply not valid.
    """
    if len(public_key) != PUBLIC_KEY_SIZE or len(signature) != SIGNATURE_SIZE:
        return False
    try:
        crypto_sign_open(signature + message, public_key)
    except CryptoError:
        return False
    return True


def sign(seed: bytes, message: bytes) -> bytes:
    """Return the 64 B signature over `message` by the key of the 32 B `seed`; raises WRONG_LENGTH."""
    return sign_expanded(compute_secret_key(seed), message)


def sign_expanded(secret_key: bytes, message: bytes) -> bytes:
    """Return the 64 B signature over `message` by an expanded key, at half the cost of `sign`."""
    return crypto_sign(message, secret_key)[:SIGNATURE_SIZE]


def compute_secret_key(seed: bytes) -> bytes:
    """Return the 64 B expanded key (seed ‖ public key) of the 32 B `seed`; raises WRONG_LENGTH."""
    _, secret_key = crypto_sign_seed_keypair(_checked_seed(seed))
    return secret_key


def compute_public_key(seed: bytes) -> bytes:
    """Return the 32 B public key of the 32 B RFC 8032 `seed`; raises WRONG_LENGTH."""
    public_key, _ = crypto_sign_seed_keypair(_checked_seed(seed))
    return public_key


def _checked_seed(seed: bytes) -> bytes:
    if len(seed) != SEED_SIZE:
        raise InvalidInput(Code.WRONG_LENGTH, what="Ed25519 seed", expected=SEED_SIZE, found=len(seed))
    return seed

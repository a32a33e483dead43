"""Validator sets: their order, their hash and the addresses in them.

Only public keys and powers are under validators_hash. Address, total power, proposer and priorities in a
received set are claims: an address is checked against its key, the other three are never read.
"""

from collections.abc import Iterable
from hashlib import sha256

from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.encoding import serialize
from zhenglian_ledger.cometbft.header import compute_leaves_root
from zhenglian_ledger.crypto.ed25519 import PUBLIC_KEY_SIZE
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_proto.v1.cometbft_pb2 import PublicKey, SimpleValidator, Validator, ValidatorSet

ADDRESS_SIZE = 20
MAX_VALIDATORS = 128  # of one set: what trust files, parameters and eras have room for
MAX_TOTAL_POWER = (2**63 - 1) // 8  # CometBFT's own cap


def compute_address(public_key: bytes) -> bytes:
    """Return a validator's 20 B address, a node's id: the start of SHA-256 of its Ed25519 public key."""
    return sha256(public_key).digest()[:ADDRESS_SIZE]


def build_validator_set(members: Iterable[tuple[bytes, int]]) -> ValidatorSet:
    """Return the set of (public key, voting power), power descending, then address ascending.

    Raises PROOF_MALFORMED for anything `verify_validator_set` refuses.
    """
    validators = [
        Validator(
            address=compute_address(public_key), pub_key=PublicKey(ed25519=public_key), voting_power=power
        )
        for public_key, power in members
    ]
    validators.sort(key=lambda validator: (-validator.voting_power, validator.address))
    validator_set = ValidatorSet(validators=validators)
    validator_set.total_voting_power = compute_total_power(validator_set)
    verify_validator_set(validator_set)
    return validator_set


def compute_validators_hash(validator_set: ValidatorSet) -> bytes:
    """Return the root over (public key, power) of each validator, in the order given."""
    return compute_leaves_root(
        serialize(
            SimpleValidator(
                pub_key=PublicKey(ed25519=validator.pub_key.ed25519), voting_power=validator.voting_power
            )
        )
        for validator in validator_set.validators
    )


def compute_total_power(validator_set: ValidatorSet) -> int:
    """Return the sum of the voting powers; the message's own total is not read."""
    return sum(validator.voting_power for validator in validator_set.validators)


def verify_validator_set(validator_set: ValidatorSet) -> None:
    """Accept a set of at least one, with distinct Ed25519 keys, matching addresses and powers of at least 1.

    Raises PROOF_MALFORMED naming the field.
    """
    addresses = set()
    for validator in validator_set.validators:
        if len(validator.pub_key.ed25519) != PUBLIC_KEY_SIZE:
            raise VerificationFailed(Code.PROOF_MALFORMED, field="validator_set.pub_key")
        if validator.address != compute_address(validator.pub_key.ed25519):
            raise VerificationFailed(Code.PROOF_MALFORMED, field="validator_set.address")
        if validator.voting_power < 1:
            raise VerificationFailed(Code.PROOF_MALFORMED, field="validator_set.voting_power")
        addresses.add(validator.address)
    if not addresses or len(addresses) != len(validator_set.validators):
        raise VerificationFailed(Code.PROOF_MALFORMED, field="validator_set.validators")
    if compute_total_power(validator_set) > MAX_TOTAL_POWER:
        raise VerificationFailed(Code.PROOF_MALFORMED, field="validator_set.voting_power")

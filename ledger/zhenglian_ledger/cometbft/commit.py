"""The commit rule: more than two thirds of a validator set signed exactly this header.

A signature that does not verify is not counted; it never aborts the tally. CometBFT verifies by ZIP-215,
which admits crafted signatures that a strict library refuses, so a single validator could otherwise blind
every strict verifier with one odd signature in an honest commit.
"""

from collections.abc import Iterable, Iterator

from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.header import compute_header_hash
from zhenglian_ledger.cometbft.validators import (
    compute_total_power,
    compute_validators_hash,
    verify_validator_set,
)
from zhenglian_ledger.cometbft.votes import compute_vote_sign_bytes
from zhenglian_ledger.crypto.ed25519 import is_signature_valid
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_proto.v1.cometbft_pb2 import (
    BLOCK_ID_FLAG_COMMIT,
    Commit,
    CommitSig,
    Header,
    Validator,
    ValidatorSet,
)


def verify_commit_light(chain_id: str, header: Header, commit: Commit, validators: ValidatorSet) -> None:
    """Accept `header` if `validators` is its own set and more than 2/3 of their power signed it.

    Says nothing about whether that set is to be trusted. Raises, in this order:
    PROOF_OTHER_CHAIN; PROOF_WRONG_VALIDATORS (the set is not the header's); PROOF_WRONG_HEADER (the commit is
    for another block or height); PROOF_MALFORMED (not one signature slot a validator, or a set that is none);
    PROOF_NOT_ENOUGH_POWER.
    """
    if header.chain_id != chain_id:
        raise VerificationFailed(Code.PROOF_OTHER_CHAIN)
    if compute_validators_hash(validators) != header.validators_hash:
        raise VerificationFailed(Code.PROOF_WRONG_VALIDATORS)
    if commit.height != header.height or commit.block_id.hash != compute_header_hash(header):
        raise VerificationFailed(Code.PROOF_WRONG_HEADER)
    if len(commit.signatures) != len(validators.validators):
        raise VerificationFailed(Code.PROOF_MALFORMED, field="commit.signatures")
    verify_validator_set(validators)
    votes = zip(commit.signatures, validators.validators, strict=True)
    _verify_more_than_two_thirds(chain_id, commit, votes, compute_total_power(validators))


def verify_commit_trusting(chain_id: str, commit: Commit, trusted: ValidatorSet) -> None:
    """Accept `commit` if more than 2/3 of the power of `trusted`, an earlier set, signed it.

    Validators are found by address and counted once. Says nothing about which header the commit is for.
    Raises PROOF_NOT_ENOUGH_POWER, or PROOF_MALFORMED if `trusted` is not a validator set.
    """
    verify_validator_set(trusted)
    votes = _match_by_address(commit, trusted)
    _verify_more_than_two_thirds(chain_id, commit, votes, compute_total_power(trusted))


def _match_by_address(commit: Commit, trusted: ValidatorSet) -> Iterator[tuple[CommitSig, Validator]]:
    """Yield every slot of a known validator, repeated ones too: only a valid vote uses its validator up."""
    by_address = {validator.address: validator for validator in trusted.validators}
    for signature in commit.signatures:
        validator = by_address.get(signature.validator_address)
        if validator is not None:
            yield signature, validator


def _verify_more_than_two_thirds(
    chain_id: str, commit: Commit, votes: Iterable[tuple[CommitSig, Validator]], total_power: int
) -> None:
    needed = total_power * 2 // 3
    power = 0
    counted: set[bytes] = set()
    for signature, validator in votes:
        if validator.address in counted or not _is_vote_valid(chain_id, commit, signature, validator):
            continue
        counted.add(validator.address)
        power += validator.voting_power
        if power > needed:
            return
    raise VerificationFailed(Code.PROOF_NOT_ENOUGH_POWER)


def _is_vote_valid(chain_id: str, commit: Commit, signature: CommitSig, validator: Validator) -> bool:
    if signature.block_id_flag != BLOCK_ID_FLAG_COMMIT or signature.validator_address != validator.address:
        return False
    message = compute_vote_sign_bytes(
        chain_id, commit.height, commit.round, commit.block_id, signature.timestamp
    )
    return is_signature_valid(validator.pub_key.ed25519, message, signature.signature)

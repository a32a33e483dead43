"""The commit rule on real commits, and every way to spoil them."""

from functools import partial

import pytest

from tests.testkit import cometbft_vectors as vectors
from tests.testkit.cometbft_chain import CHAIN_ID, TestChain, seed_of, validators_of
from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.commit import verify_commit_light, verify_commit_trusting
from zhenglian_ledger.cometbft.signed_header import BlockDraft, build_signed_block
from zhenglian_ledger.cometbft.validators import (
    MAX_TOTAL_POWER,
    build_validator_set,
    compute_address,
    compute_validators_hash,
    verify_validator_set,
)
from zhenglian_ledger.crypto.ed25519 import compute_public_key, sign
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_ledger.merkle.hashing import leaf_hash
from zhenglian_proto.v1.cometbft_pb2 import ValidatorSet

COMMITS = vectors.load_vectors("commit")
MUTATIONS = [(vector, mutation) for vector in COMMITS for mutation in vector["mutations"]]


def verify(vector: vectors.Vector) -> Code:
    try:
        verify_commit_light(
            vector["chain_id"],
            vectors.build_header(vector["header"]),
            vectors.build_commit(vector["commit"]),
            vectors.build_validators(vector["validators"]),
        )
    except VerificationFailed as failure:
        return failure.code
    return Code.OK


@pytest.mark.parametrize("vector", COMMITS, ids=lambda vector: str(vector["name"]))
def test_a_real_commit_verifies(vector: vectors.Vector) -> None:
    assert verify(vector) is Code.OK


@pytest.mark.parametrize(
    ("vector", "mutation"),
    MUTATIONS,
    ids=[f"{vector['name']}: {mutation['name']}" for vector, mutation in MUTATIONS],
)
def test_a_changed_commit_gives_its_own_code(vector: vectors.Vector, mutation: vectors.Vector) -> None:
    assert verify(vectors.mutate(vector, mutation["set"])).name == mutation["code"]


@pytest.mark.parametrize("vector", COMMITS, ids=lambda vector: str(vector["name"]))
def test_a_set_built_from_keys_has_the_real_order_addresses_and_hash(vector: vectors.Vector) -> None:
    real = vectors.build_validators(vector["validators"])
    built = build_validator_set(
        (validator.pub_key.ed25519, validator.voting_power) for validator in reversed(real.validators)
    )
    assert list(built.validators) == list(real.validators)
    assert compute_validators_hash(built).hex() == vector["header"]["validators_hash"]


def test_power_comes_before_address_in_the_order() -> None:
    keys = sorted((compute_public_key(seed_of(name)) for name in "abc"), key=compute_address)
    ordered = build_validator_set([(keys[0], 1), (keys[1], 2), (keys[2], 2)])
    assert [validator.pub_key.ed25519 for validator in ordered.validators] == [keys[1], keys[2], keys[0]]
    assert ordered.total_voting_power == 5


def test_the_leaf_of_an_ed25519_validator() -> None:
    key = compute_public_key(seed_of("a"))
    leaf = bytes.fromhex("0a220a20") + key + bytes.fromhex("10ac02")
    assert compute_validators_hash(build_validator_set([(key, 300)])) == leaf_hash(leaf)


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ([], "validator_set.validators"),
        ([(bytes(31), 1)], "validator_set.pub_key"),
        ([(bytes(32), 0)], "validator_set.voting_power"),
        ([(bytes(32), -1)], "validator_set.voting_power"),
        ([(bytes(32), 1), (bytes(32), 1)], "validator_set.validators"),
        ([(bytes(32), MAX_TOTAL_POWER), (bytes(31) + b"\x01", 1)], "validator_set.voting_power"),
    ],
)
def test_what_is_no_validator_set(members: list[tuple[bytes, int]], field: str) -> None:
    with pytest.raises(VerificationFailed) as failure:
        build_validator_set(members)
    assert failure.value.code is Code.PROOF_MALFORMED
    assert failure.value.fields == {"field": field}


def test_claimed_total_proposer_and_priorities_are_never_read() -> None:
    block = TestChain("abcd").grow(signed_by="ab")
    claimed = ValidatorSet(total_voting_power=1)
    claimed.validators.extend(block.light_block.validator_set.validators)
    claimed.validators[0].proposer_priority = 9
    with pytest.raises(VerificationFailed) as failure:
        verify_commit_light(CHAIN_ID, block.header, block.commit, claimed)
    assert failure.value.code is Code.PROOF_NOT_ENOUGH_POWER


@pytest.mark.parametrize(
    ("names", "signed_by"), [("a", "a"), ("abc", "abc"), ("abcd", "abc"), ("abcdef", "abcde")]
)
def test_more_than_two_thirds_is_enough(names: str, signed_by: str) -> None:
    block = TestChain(names).grow(signed_by=signed_by)
    verify_commit_light(CHAIN_ID, block.header, block.commit, block.light_block.validator_set)


@pytest.mark.parametrize(
    ("names", "signed_by"), [("a", ""), ("abc", "ab"), ("abcd", "ab"), ("abcdef", "abcd")]
)
def test_exactly_two_thirds_is_not_enough(names: str, signed_by: str) -> None:
    block = TestChain(names).grow(signed_by=signed_by)
    with pytest.raises(VerificationFailed) as failure:
        verify_commit_light(CHAIN_ID, block.header, block.commit, block.light_block.validator_set)
    assert failure.value.code is Code.PROOF_NOT_ENOUGH_POWER


def test_power_counts_not_heads() -> None:
    """One validator of power 7 among ten signs alone, then the three others do."""
    powers = {"heavy": 7, "a": 1, "b": 1, "c": 1}
    keys = {name: compute_public_key(seed_of(name)) for name in powers}
    validators = build_validator_set((keys[name], power) for name, power in powers.items())
    draft = BlockDraft(
        chain_id=CHAIN_ID,
        height=1,
        time_ms=1,
        transactions=(),
        previous_results=(),
        app_hash=b"",
        validators=validators,
    )
    alone = build_signed_block(draft, {keys["heavy"]: partial(sign, seed_of("heavy"))})
    verify_commit_light(CHAIN_ID, alone.header, alone.commit, validators)
    others = build_signed_block(draft, {keys[name]: partial(sign, seed_of(name)) for name in "abc"})
    with pytest.raises(VerificationFailed):
        verify_commit_light(CHAIN_ID, others.header, others.commit, validators)


def test_an_earlier_set_is_matched_by_address_and_counted_once() -> None:
    commit = TestChain("abcde").grow().commit
    verify_commit_trusting(CHAIN_ID, commit, validators_of("abc"))
    verify_commit_trusting(CHAIN_ID, commit, validators_of("abcx"))
    with pytest.raises(VerificationFailed):
        verify_commit_trusting(CHAIN_ID, commit, validators_of("abxy"))

    del commit.signatures[1:]
    commit.signatures.extend([commit.signatures[0]] * 3)
    with pytest.raises(VerificationFailed):
        verify_commit_trusting(CHAIN_ID, commit, validators_of("abcde"))


def test_a_forged_slot_does_not_shadow_the_real_vote_behind_it() -> None:
    commit = TestChain("abcd").grow().commit
    forged = type(commit.signatures[0])()
    forged.CopyFrom(commit.signatures[0])
    forged.signature = bytes(64)
    slots = [forged, *commit.signatures]
    del commit.signatures[:]
    commit.signatures.extend(slots)
    verify_commit_trusting(CHAIN_ID, commit, validators_of("abcd"))


def test_a_set_of_claims_is_refused_before_any_signature_is_checked() -> None:
    claims = validators_of("abcd")
    claims.validators[0].address, claims.validators[1].address = (
        claims.validators[1].address,
        claims.validators[0].address,
    )
    with pytest.raises(VerificationFailed) as failure:
        verify_validator_set(claims)
    assert failure.value.fields == {"field": "validator_set.address"}

"""Trust moves to an answer's state only along headers that known validators signed, and never backwards."""

from dataclasses import replace
from functools import partial

import pytest

from tests.testkit.chain_kit import (
    ProvenChain,
    altered,
    build_validators,
    compute_validator_seed,
    fails,
    flip,
)
from tests.testkit.ledger_objects import MARKET_OFFICE, issue_licence
from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.light import TrustedState
from zhenglian_ledger.cometbft.signed_header import BlockDraft, build_signed_block
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.verify.anchor import AnchorOptions, verify_anchor
from zhenglian_node.app.answers import ProofBuilder
from zhenglian_proto.v1.cometbft_pb2 import LightBlock
from zhenglian_proto.v1.proof_pb2 import Anchor

OTHERS = ("five", "six", "seven", "eight")


@pytest.fixture
def chain() -> ProvenChain:
    chain = ProvenChain()
    chain.accept(MARKET_OFFICE, issue_licence("first"))
    return chain


def build_anchor(chain: ProvenChain) -> Anchor:
    return ProofBuilder(chain.provable).build_anchor()


def sign_other_block(
    chain: ProvenChain, anchor: Anchor, names: tuple[str, ...], app_hash: bytes
) -> LightBlock:
    """A block of the anchor's height with another app hash, signed by `names` as the whole validator set."""
    header = anchor.light_block.signed_header.header
    draft = BlockDraft(
        chain_id=chain.chain_id, height=header.height, time_ms=chain.time_ms, transactions=(),
        previous_results=(), app_hash=app_hash, validators=build_validators(names),
        last_block_id=header.last_block_id,
    )  # fmt: skip
    seeds = [compute_validator_seed(name) for name in names]
    signers = {ed25519.compute_public_key(seed): partial(ed25519.sign, seed) for seed in seeds}
    return build_signed_block(draft, signers).light_block


def see(chain: ProvenChain, anchor: Anchor, trusted: TrustedState | None = None) -> Code | None:
    return fails(lambda: chain.prove(anchor, trusted))


def test_the_state_before_the_header_is_proven(chain: ProvenChain) -> None:
    proven = chain.prove(build_anchor(chain))
    assert proven.height == chain.head.height
    assert proven.parts == chain.head.parts()
    assert proven.trusted.height == proven.height + 1


def test_the_same_block_again_is_accepted_and_keeps_the_trust(chain: ProvenChain) -> None:
    anchor = build_anchor(chain)
    proven = chain.prove(anchor)
    assert chain.prove(anchor, proven.trusted).trusted is proven.trusted


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("app_hash", Code.PROOF_WRONG_HEADER),
        ("data_hash", Code.PROOF_WRONG_HEADER),
        ("next_validators_hash", Code.PROOF_WRONG_HEADER),
        ("validators_hash", Code.PROOF_WRONG_VALIDATORS),
    ],
)
def test_the_same_block_with_one_bit_turned_is_another_one(
    chain: ProvenChain, field: str, code: Code
) -> None:
    anchor = build_anchor(chain)
    trusted = chain.prove(anchor).trusted

    def turn(lie: Anchor) -> None:
        header = lie.light_block.signed_header.header
        setattr(header, field, flip(getattr(header, field)))

    assert see(chain, altered(anchor, turn), trusted) is code


def test_parts_of_another_state_are_not_vouched_for_by_the_same_block_either(chain: ProvenChain) -> None:
    older = build_anchor(chain)
    chain.accept(MARKET_OFFICE, issue_licence("second"))
    anchor = build_anchor(chain)
    trusted = chain.prove(anchor).trusted
    lie = altered(anchor, lambda each: each.parts.CopyFrom(older.parts))
    assert see(chain, lie, trusted) is Code.PROOF_WRONG_APP_HASH


def test_trust_follows_the_path_and_skips_what_it_covers(chain: ProvenChain) -> None:
    chain.accept(MARKET_OFFICE, issue_licence("second"))
    chain.accept(MARKET_OFFICE, issue_licence("third"))
    anchor = build_anchor(chain)
    anchor.path.extend(chain.light_block(height) for height in (1, 2, 3))
    assert chain.prove(anchor).height == chain.head.height


def test_parts_of_another_state_are_not_vouched_for(chain: ProvenChain) -> None:
    older = build_anchor(chain)
    chain.accept(MARKET_OFFICE, issue_licence("second"))
    lie = altered(build_anchor(chain), lambda anchor: anchor.parts.CopyFrom(older.parts))
    assert see(chain, lie) is Code.PROOF_WRONG_APP_HASH


def test_parts_with_shifted_bytes_are_malformed_though_they_hash_alike(chain: ProvenChain) -> None:
    def shift(anchor: Anchor) -> None:
        anchor.parts.delta = anchor.parts.trace_root[-1:] + anchor.parts.delta
        anchor.parts.trace_root = anchor.parts.trace_root[:-1]

    assert see(chain, altered(build_anchor(chain), shift)) is Code.PROOF_MALFORMED


def test_a_header_of_another_chain_is_told_apart(chain: ProvenChain) -> None:
    other = ProvenChain(chain_id="sandbox-11111111")
    assert see(chain, build_anchor(other)) is Code.PROOF_OTHER_CHAIN


def test_a_header_signed_by_unknown_keys_is_refused(chain: ProvenChain) -> None:
    anchor = build_anchor(chain)
    forged = sign_other_block(chain, anchor, OTHERS, anchor.light_block.signed_header.header.app_hash)
    lie = altered(anchor, lambda each: each.light_block.CopyFrom(forged))
    assert see(chain, lie) is Code.PROOF_WRONG_VALIDATORS


def test_a_header_that_half_the_validators_signed_is_refused(chain: ProvenChain) -> None:
    def blank(anchor: Anchor) -> None:
        for signature in anchor.light_block.signed_header.commit.signatures[:2]:
            signature.signature = flip(signature.signature)

    assert see(chain, altered(build_anchor(chain), blank)) is Code.PROOF_NOT_ENOUGH_POWER


def test_a_header_altered_after_signing_is_refused(chain: ProvenChain) -> None:
    def alter(anchor: Anchor) -> None:
        anchor.light_block.signed_header.header.app_hash = bytes(32)

    assert see(chain, altered(build_anchor(chain), alter)) is Code.PROOF_WRONG_HEADER


def test_an_answer_older_than_one_already_seen_is_a_roll_back(chain: ProvenChain) -> None:
    older = build_anchor(chain)
    chain.accept(MARKET_OFFICE, issue_licence("second"))
    newer = chain.prove(build_anchor(chain))
    assert see(chain, older, newer.trusted) is Code.PROOF_ROLLED_BACK


def test_two_headers_of_one_height_by_the_same_validators_prove_a_fork(chain: ProvenChain) -> None:
    anchor = build_anchor(chain)
    trusted = chain.prove(anchor).trusted
    fork = sign_other_block(chain, anchor, ("one", "two", "three", "four"), bytes(32))
    lie = altered(anchor, lambda each: each.light_block.CopyFrom(fork))
    assert see(chain, lie, trusted) is Code.NODES_DISAGREE


def test_another_header_of_one_height_by_others_proves_nothing(chain: ProvenChain) -> None:
    anchor = build_anchor(chain)
    trusted = chain.prove(anchor).trusted
    forged = sign_other_block(chain, anchor, OTHERS, bytes(32))
    lie = altered(anchor, lambda each: each.light_block.CopyFrom(forged))
    assert see(chain, lie, trusted) is Code.PROOF_WRONG_VALIDATORS


def test_a_true_but_old_header_is_stale_unless_any_age_will_do(chain: ProvenChain) -> None:
    anchor = build_anchor(chain)
    trusted = chain.prove(anchor).trusted
    late = chain.now_ms + 31_000
    assert fails(lambda: verify_anchor(trusted, anchor, late)) is Code.PROOF_STALE
    assert verify_anchor(trusted, anchor, late, AnchorOptions(max_staleness_ms=None)).trusted == trusted


def test_a_false_header_is_never_excused_by_its_age(chain: ProvenChain) -> None:
    anchor = build_anchor(chain)
    trusted = replace(chain.prove(anchor).trusted)
    lie = altered(anchor, lambda each: setattr(each.parts, "delta", bytes(32)))
    assert fails(lambda: verify_anchor(trusted, lie, chain.now_ms + 31_000)) is Code.PROOF_WRONG_APP_HASH

"""Moving trust along self-built chains of one and of four validators."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from tests.testkit.chain_kit import flip
from tests.testkit.cometbft_chain import BLOCK_MS, CHAIN_ID, GENESIS_DIGEST, GENESIS_TIME_MS, TestChain
from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.header import compute_header_hash
from zhenglian_ledger.cometbft.light import (
    CLOCK_DRIFT_MS,
    TRUSTING_PERIOD_MS,
    LightOptions,
    TrustAnchor,
    TrustedState,
    build_era_start,
    is_genesis_anchor,
    is_header_of,
    verify_light_block,
    verify_trusted_block,
)
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_proto.v1.cometbft_pb2 import ExecTxResult, Header, LightBlock

NOW_MS = GENESIS_TIME_MS + 60_000


def trust_at(chain: TestChain, height: int) -> TrustedState:
    block = chain.blocks[height - 1]
    anchor = TrustAnchor(CHAIN_ID, 1, height, block.block_id.hash, block.header.validators_hash)
    return verify_trusted_block(anchor, chain.light_block(height))


def code_of(
    trusted: TrustedState, light_block: LightBlock, now_ms: int = NOW_MS, options: LightOptions | None = None
) -> Code:
    try:
        verify_light_block(trusted, light_block, now_ms, options or LightOptions())
    except VerificationFailed as failure:
        return failure.code
    return Code.OK


@pytest.mark.parametrize("names", ["a", "abcd"])
def test_trust_walks_from_the_genesis_digest_block_by_block(names: str) -> None:
    chain = TestChain(names).grow_to(5)
    assert is_genesis_anchor(chain.anchor)
    trusted = build_era_start(chain.anchor)
    for height in range(1, 6):
        trusted = verify_light_block(trusted, chain.light_block(height), NOW_MS)
        header = chain.blocks[height - 1].header
        assert (trusted.height, trusted.header_hash) == (height, chain.blocks[height - 1].block_id.hash)
        assert (trusted.app_hash, trusted.time_ms) == (
            header.app_hash,
            GENESIS_TIME_MS + (height - 1) * BLOCK_MS,
        )
        assert not trusted.is_era_start


def test_blocks_with_transactions_and_results_verify_like_empty_ones() -> None:
    chain = TestChain("a")
    chain.grow(transactions=[b"bundle", bytes(200_000)])
    chain.grow(previous_results=[ExecTxResult(data=b"codes"), ExecTxResult(code=1)])
    assert chain.blocks[0].block_id.part_set_header.total == 4
    trusted = verify_light_block(build_era_start(chain.anchor), chain.light_block(1), NOW_MS)
    assert code_of(trusted, chain.light_block(2)) is Code.OK


# the trusted header again


def copy_header(chain: TestChain, height: int) -> Header:
    header = Header()
    header.CopyFrom(chain.blocks[height - 1].header)
    return header


def turn_bytes(name: str, header: Header) -> None:
    setattr(header, name, flip(getattr(header, name)))


HEADER_CHANGES: dict[str, Callable[[Header], object]] = {
    "version": lambda header: setattr(header.version, "app", header.version.app + 1),
    "chain_id": lambda header: setattr(header, "chain_id", "other"),
    "height": lambda header: setattr(header, "height", header.height + 1),
    "time": lambda header: setattr(header.time, "nanos", header.time.nanos + 1),
    "last_block_id": lambda header: setattr(header.last_block_id.part_set_header, "total", 9),
    **{
        field.name: partial(turn_bytes, field.name)
        for field in Header.DESCRIPTOR.fields
        if field.type == field.TYPE_BYTES
    },
}


@pytest.mark.parametrize("name", HEADER_CHANGES)
def test_a_header_that_differs_anywhere_is_not_the_trusted_one(name: str) -> None:
    chain = TestChain("abcd").grow_to(2)
    trusted, header = trust_at(chain, 2), copy_header(chain, 2)
    assert is_header_of(trusted, header)
    HEADER_CHANGES[name](header)
    assert not is_header_of(trusted, header)
    assert not is_header_of(replace(trusted, header=None), header)


def test_every_field_of_a_header_was_changed() -> None:
    assert set(HEADER_CHANGES) == {field.name for field in Header.DESCRIPTOR.fields}


def test_a_trust_that_has_only_the_hash_knows_its_header_too() -> None:
    chain = TestChain("abcd").grow_to(2)
    trusted = trust_at(chain, 2)
    bare = replace(trusted, header=None)
    assert bare == trusted
    assert is_header_of(bare, copy_header(chain, 2))
    assert not is_header_of(bare, copy_header(chain, 1))


def test_a_header_written_otherwise_is_known_by_its_hash() -> None:
    chain = TestChain("a").grow_to(1)
    trusted, header = trust_at(chain, 1), copy_header(chain, 1)
    header.ClearField("last_block_id")  # of a first block it says nothing, present or not
    assert header != trusted.header
    assert is_header_of(trusted, header)


def test_what_becomes_of_a_message_later_changes_no_trust() -> None:
    chain = TestChain("abcd").grow_to(2)
    light_block = chain.light_block(2)
    trusted = verify_light_block(trust_at(chain, 1), light_block, NOW_MS)
    header = light_block.signed_header.header
    header.app_hash = flip(header.app_hash)
    assert not is_header_of(trusted, header)
    assert is_header_of(trusted, copy_header(chain, 2))


@pytest.mark.parametrize("height", [1, 2])
def test_the_hash_that_is_trusted_is_the_headers_own(height: int) -> None:
    chain = TestChain("abcd").grow_to(2)
    assert trust_at(chain, height).header_hash == compute_header_hash(chain.blocks[height - 1].header)


def test_a_genesis_with_other_validators_is_not_this_one() -> None:
    anchor = TestChain("abcx").anchor
    assert (
        code_of(build_era_start(anchor), TestChain("abcd").grow_to(1).light_block(1))
        is Code.PROOF_WRONG_VALIDATORS
    )


def test_a_trust_file_of_another_genesis_is_told_by_the_chain_id() -> None:
    assert not is_genesis_anchor(replace(TestChain("a").anchor, header_hash=bytes(32)))


def test_the_first_header_of_an_era_carries_the_app_hash_of_the_era_before() -> None:
    chain = TestChain("a").grow_to(1)
    carried = chain.blocks[0].header.app_hash
    assert code_of(build_era_start(chain.anchor, app_hash=carried), chain.light_block(1)) is Code.OK
    assert (
        code_of(build_era_start(chain.anchor, app_hash=bytes(32)), chain.light_block(1))
        is Code.PROOF_WRONG_APP_HASH
    )


def test_a_first_header_names_no_predecessor() -> None:
    chain = TestChain("a").grow_to(2)
    pretended = replace(build_era_start(chain.anchor), height=1)
    assert code_of(pretended, chain.light_block(2)) is Code.PROOF_WRONG_HEADER


def test_a_skip_from_genesis_needs_its_time_and_the_same_validators() -> None:
    chain = TestChain("abcd").grow_to(9)
    assert code_of(build_era_start(chain.anchor), chain.light_block(9)) is Code.TRUST_EXPIRED
    assert code_of(build_era_start(chain.anchor, GENESIS_TIME_MS), chain.light_block(9)) is Code.OK
    changed = TestChain("abcd")
    changed.grow(next_names="abce")
    changed.grow_to(9)
    start = build_era_start(changed.anchor, GENESIS_TIME_MS)
    assert code_of(start, changed.light_block(9)) is Code.PROOF_WRONG_VALIDATORS


def test_an_announced_change_of_validators_is_followed_step_by_step() -> None:
    chain = TestChain("abcd")
    chain.grow(next_names="wxyz")
    chain.grow_to(3)
    trusted = trust_at(chain, 1)
    assert code_of(trusted, chain.light_block(2)) is Code.OK


def test_a_change_that_was_not_announced_is_refused() -> None:
    honest, hostile = TestChain("abcd").grow_to(1), TestChain("abcd")
    hostile.grow(next_names="abce", fork="hostile")
    hostile.grow_to(2)
    assert code_of(trust_at(honest, 1), hostile.light_block(2)) is Code.PROOF_WRONG_HEADER
    relinked = replace(trust_at(honest, 1), header_hash=hostile.blocks[0].block_id.hash)
    assert code_of(relinked, hostile.light_block(2)) is Code.PROOF_WRONG_VALIDATORS


def test_the_next_header_of_a_fork_is_refused_though_its_validators_signed() -> None:
    honest, forked = TestChain("abcd").grow_to(1), TestChain("abcd")
    forked.grow(fork="other")
    forked.grow()
    assert code_of(trust_at(honest, 1), forked.light_block(2)) is Code.PROOF_WRONG_HEADER


@pytest.mark.parametrize(
    ("later", "signed_by", "code"),
    [
        ("abcd", "abcd", Code.OK),
        ("abcd", "abc", Code.OK),
        ("abcd", "ab", Code.PROOF_NOT_ENOUGH_POWER),
        ("abce", "abce", Code.OK),  # three of the four trusted ones signed
        ("abce", "abe", Code.PROOF_NOT_ENOUGH_POWER),  # 3/4 of the new set, 2/4 of the trusted
        (
            "abef",
            "abef",
            Code.PROOF_NOT_ENOUGH_POWER,
        ),  # all of the new set, 2/4 of the trusted: over 1/3 is too little
        ("abcefgh", "abc", Code.PROOF_NOT_ENOUGH_POWER),  # 3/4 of the trusted, 3/7 of the new set
        ("efgh", "efgh", Code.PROOF_NOT_ENOUGH_POWER),
    ],
)
def test_a_skip_needs_two_thirds_of_both_sets(later: str, signed_by: str, code: Code) -> None:
    chain = TestChain("abcd").grow_to(2)
    chain.grow(next_names=later)
    chain.grow()
    chain.grow(signed_by=signed_by)
    assert code_of(trust_at(chain, 1), chain.light_block(5)) is code


def test_trust_expires_when_the_trusting_period_is_over() -> None:
    chain = TestChain("a").grow_to(2)
    end_ms = GENESIS_TIME_MS + TRUSTING_PERIOD_MS
    assert code_of(trust_at(chain, 1), chain.light_block(2), end_ms - 1) is Code.OK
    assert code_of(trust_at(chain, 1), chain.light_block(2), end_ms) is Code.TRUST_EXPIRED
    short = LightOptions(trusting_period_ms=1000)
    assert (
        code_of(trust_at(chain, 1), chain.light_block(2), GENESIS_TIME_MS + 1000, short) is Code.TRUST_EXPIRED
    )


def test_trust_that_began_at_an_old_genesis_expires_at_the_second_step() -> None:
    chain = TestChain("a").grow_to(2)
    late_ms = GENESIS_TIME_MS + 2 * TRUSTING_PERIOD_MS
    first = verify_light_block(build_era_start(chain.anchor), chain.light_block(1), late_ms)
    assert code_of(first, chain.light_block(2), late_ms) is Code.TRUST_EXPIRED


def test_a_header_from_the_future_is_refused_beyond_the_clock_drift() -> None:
    chain = TestChain("a").grow_to(2)
    time_ms = GENESIS_TIME_MS + BLOCK_MS
    assert code_of(trust_at(chain, 1), chain.light_block(2), time_ms - CLOCK_DRIFT_MS + 1) is Code.OK
    assert (
        code_of(trust_at(chain, 1), chain.light_block(2), time_ms - CLOCK_DRIFT_MS) is Code.PROOF_WRONG_TIME
    )
    strict = LightOptions(clock_drift_ms=0)
    assert code_of(trust_at(chain, 1), chain.light_block(2), time_ms, strict) is Code.PROOF_WRONG_TIME


@pytest.mark.parametrize(
    ("step_ms", "code"), [(1, Code.OK), (0, Code.PROOF_WRONG_TIME), (-1, Code.PROOF_WRONG_TIME)]
)
def test_time_moves_forward(step_ms: int, code: Code) -> None:
    chain = TestChain("abcd").grow_to(1)
    chain.grow(time_ms=GENESIS_TIME_MS + step_ms)
    assert code_of(trust_at(chain, 1), chain.light_block(2)) is code


def test_a_first_header_may_carry_the_genesis_time_but_none_before_it() -> None:
    chain = TestChain("a").grow_to(1)
    assert code_of(build_era_start(chain.anchor, GENESIS_TIME_MS), chain.light_block(1)) is Code.OK
    later = build_era_start(chain.anchor, GENESIS_TIME_MS + 1)
    assert code_of(later, chain.light_block(1)) is Code.PROOF_WRONG_TIME


@pytest.mark.parametrize("height", [1, 2, 3])
def test_only_newer_heights_move_trust(height: int) -> None:
    chain = TestChain("a").grow_to(4)
    assert code_of(trust_at(chain, 3), chain.light_block(height)) is Code.PROOF_NOT_NEWER


def test_another_chain_is_told_apart_first() -> None:
    chain = TestChain("a").grow_to(2)
    assert (
        code_of(replace(trust_at(chain, 1), chain_id="other"), chain.light_block(2)) is Code.PROOF_OTHER_CHAIN
    )


def test_a_changed_header_is_not_what_was_signed() -> None:
    chain = TestChain("abcd").grow_to(3)
    for height in (2, 3):
        light_block = chain.light_block(height)
        light_block.signed_header.header.app_hash = bytes(32)
        assert code_of(trust_at(chain, 1), light_block) is Code.PROOF_WRONG_HEADER


def test_a_swapped_validator_set_is_not_the_headers() -> None:
    chain = TestChain("abcd").grow_to(2)
    light_block = chain.light_block(2)
    light_block.validator_set.CopyFrom(TestChain("wxyz").grow_to(1).light_block(1).validator_set)
    assert code_of(trust_at(chain, 1), light_block) is Code.PROOF_WRONG_VALIDATORS


def test_what_is_missing_is_named() -> None:
    chain = TestChain("a").grow_to(2)
    blocks = {
        field: chain.light_block(2)
        for field in ("header", "commit", "set", "time", "nanos", "height", "next")
    }
    blocks["header"].signed_header.ClearField("header")
    blocks["commit"].signed_header.ClearField("commit")
    blocks["set"].ClearField("validator_set")
    blocks["time"].signed_header.header.time.seconds = -1
    blocks["nanos"].signed_header.header.time.nanos = 1_000_000_000
    blocks["height"].signed_header.header.height = -2
    blocks["next"].signed_header.header.next_validators_hash = b""
    for light_block in blocks.values():
        assert code_of(trust_at(chain, 1), light_block) is Code.PROOF_MALFORMED
    assert code_of(trust_at(chain, 1), LightBlock()) is Code.PROOF_MALFORMED


def test_an_anchor_is_met_by_exactly_its_block() -> None:
    chain = TestChain("abcd").grow_to(3)
    anchor = TrustAnchor(
        CHAIN_ID, 1, 2, chain.blocks[1].block_id.hash, chain.blocks[1].header.validators_hash
    )
    assert verify_trusted_block(anchor, chain.light_block(2)).height == 2
    refusals = [
        (anchor, chain.light_block(3), Code.PROOF_WRONG_HEADER),
        (replace(anchor, height=3), chain.light_block(2), Code.PROOF_WRONG_HEADER),
        (replace(anchor, header_hash=GENESIS_DIGEST), chain.light_block(2), Code.PROOF_WRONG_HEADER),
        (replace(anchor, validators_hash=bytes(32)), chain.light_block(2), Code.PROOF_WRONG_VALIDATORS),
        (replace(anchor, chain_id="other"), chain.light_block(2), Code.PROOF_OTHER_CHAIN),
    ]
    for wrong, light_block, code in refusals:
        with pytest.raises(VerificationFailed) as failure:
            verify_trusted_block(wrong, light_block)
        assert failure.value.code is code


def test_the_returned_state_does_not_share_the_callers_message() -> None:
    chain = TestChain("abcd").grow_to(2)
    light_block = chain.light_block(2)
    trusted = verify_light_block(trust_at(chain, 1), light_block, NOW_MS)
    light_block.Clear()
    assert trusted.validators == chain.light_block(2).validator_set

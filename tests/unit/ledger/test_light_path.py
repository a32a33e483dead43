"""The way past every change of the validators: all of it leads through, a gap or a false step does not."""

import random
from collections.abc import Sequence

import pytest

from tests.testkit.cometbft_chain import CHAIN_ID, GENESIS_TIME_MS, TestChain, seed_of, validators_of
from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.light import (
    TRUSTING_PERIOD_MS,
    TrustAnchor,
    TrustedState,
    build_era_start,
    verify_light_block,
    verify_trusted_block,
)
from zhenglian_ledger.cometbft.light_path import MAX_PATH, compute_path_heights
from zhenglian_ledger.cometbft.votes import compute_vote_sign_bytes
from zhenglian_ledger.crypto.ed25519 import sign
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_ledger.verify.fork import verify_fork
from zhenglian_proto.v1.cometbft_pb2 import LightBlock

NOW_MS = GENESIS_TIME_MS + 1_000_000


class ChangingChain(TestChain):
    """A chain whose blocks may change the set, as CometBFT has it: decided in c, announced in c + 1."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(names)
        self.changes: list[int] = []

    def change(self, names: Sequence[str]) -> None:
        """One block decides, the next one announces."""
        self.grow()
        self.changes.append(len(self.blocks))
        self.grow(next_names=names)


def turn_over(steps: str = "efgh") -> ChangingChain:
    """Four validators, replaced one by one by four others, with a quiet block between."""
    chain = ChangingChain("abcd").grow_to(2)
    assert isinstance(chain, ChangingChain)
    names = list("abcd")
    for joining in steps:
        names = [*names[1:], joining]
        chain.change(names)
        chain.grow()
    chain.grow()
    return chain


def trust_at(chain: TestChain, height: int) -> TrustedState:
    if height == 0:
        return build_era_start(chain.anchor, GENESIS_TIME_MS)
    block = chain.blocks[height - 1]
    anchor = TrustAnchor(CHAIN_ID, 1, height, block.block_id.hash, block.header.validators_hash)
    return verify_trusted_block(anchor, chain.light_block(height))


def follow(trusted: TrustedState, path: Sequence[LightBlock], now_ms: int = NOW_MS) -> TrustedState:
    above = [block for block in path if block.signed_header.header.height > trusted.height]
    for light_block in above:
        trusted = verify_light_block(trusted, light_block, now_ms)
    return trusted


def build_path(chain: ChangingChain, trusted_height: int) -> list[LightBlock]:
    """What a node shows, and the newest block."""
    newest = len(chain.blocks)
    heights = compute_path_heights(trusted_height, chain.changes, newest)
    return [chain.light_block(height) for height in (*heights, newest)]


def code_of(trusted: TrustedState, path: Sequence[LightBlock], now_ms: int = NOW_MS) -> Code:
    try:
        follow(trusted, path, now_ms)
    except VerificationFailed as failure:
        return failure.code
    return Code.OK


# which headers


def test_the_path_begins_with_the_trusted_block_and_has_one_header_a_change() -> None:
    assert compute_path_heights(10, [3, 9, 10, 20, 21, 30, 31], 32) == [10, 11, 21, 22, 31]


def test_a_change_announced_by_the_trusted_header_itself_needs_no_step() -> None:
    assert compute_path_heights(10, [9], 20) == [10]


def test_a_change_announced_by_the_newest_header_itself_needs_no_step() -> None:
    assert compute_path_heights(10, [19, 20], 20) == [10]


def test_genesis_is_no_block_and_nothing_leads_backwards() -> None:
    assert compute_path_heights(0, [1], 5) == [2]
    assert compute_path_heights(5, [1, 7], 5) == []
    assert compute_path_heights(6, [1, 7], 5) == []


def test_a_long_path_is_cut_and_can_be_asked_for_again_from_its_end() -> None:
    changes = list(range(1, 1000, 2))
    walked: list[int] = []
    reached = 0
    while reached < 999:
        part = compute_path_heights(reached, changes, 1001, most=7)
        assert 1 < len(part) <= 7
        walked += [height for height in part if height > reached]
        reached = walked[-1]
        if reached == 1000:
            break
    assert walked == [change + 1 for change in changes]


def test_the_longest_path_of_the_largest_set_fits_into_one_message() -> None:
    largest = TestChain([f"validator {n}" for n in range(128)]).grow_to(1).light_block(1)
    assert MAX_PATH * largest.ByteSize() < 8 << 20


# following


def test_a_complete_turnover_one_by_one_is_followed_from_every_height() -> None:
    chain = turn_over()
    newest = len(chain.blocks)
    assert set(chain.names) == set("efgh")
    for height in range(newest):
        assert follow(trust_at(chain, height), build_path(chain, height)).height == newest


@pytest.mark.parametrize("seed", range(6))
def test_any_history_of_changes_is_followed_from_every_height(seed: int) -> None:
    choice = random.Random(seed)
    chain = ChangingChain("abcd")
    chain.grow()
    while len(chain.blocks) < 24:
        match choice.randrange(3):
            case 0:
                chain.grow()
            case 1:  # however many change at once: the announced set needs no overlap
                chain.change(choice.sample("abcdefghij", choice.randint(4, 7)))
            case _:  # in blocks one after the other
                for _ in range(2):
                    chain.change(choice.sample("abcdefghij", 4))
    chain.grow()
    newest = len(chain.blocks)
    for height in range(newest):
        assert follow(trust_at(chain, height), build_path(chain, height)).height == newest


def test_one_change_in_four_needs_no_path_and_a_turnover_does() -> None:
    one = ChangingChain("abcd").grow_to(2)
    assert isinstance(one, ChangingChain)
    one.change("bcde")
    one.grow_to(6)
    assert code_of(trust_at(one, 1), [one.light_block(6)]) is Code.OK
    chain = turn_over()
    newest = chain.light_block(len(chain.blocks))
    assert code_of(trust_at(chain, 1), [newest]) is Code.PROOF_NOT_ENOUGH_POWER
    assert code_of(trust_at(chain, 0), [newest]) is Code.PROOF_WRONG_VALIDATORS


def test_a_path_without_two_of_its_steps_leads_nowhere() -> None:
    chain = turn_over()
    whole = build_path(chain, 1)
    for missing in range(1, len(whole) - 2):
        shortened = whole[:missing] + whole[missing + 2 :]
        assert code_of(trust_at(chain, 1), shortened) is Code.PROOF_NOT_ENOUGH_POWER


def test_a_path_in_another_order_is_refused() -> None:
    chain = turn_over()
    path = build_path(chain, 1)
    path[1], path[2] = path[2], path[1]
    assert code_of(trust_at(chain, 1), path) is Code.PROOF_NOT_NEWER
    doubled = build_path(chain, 1)
    doubled.insert(2, doubled[1])
    assert code_of(trust_at(chain, 1), doubled) is Code.PROOF_NOT_NEWER


def test_a_step_whose_announcement_was_altered_is_not_what_was_signed() -> None:
    chain = turn_over()
    path = build_path(chain, 1)
    header = path[1].signed_header.header
    header.next_validators_hash = path[2].signed_header.header.next_validators_hash
    assert code_of(trust_at(chain, 1), path) is Code.PROOF_WRONG_HEADER


@pytest.mark.parametrize(
    ("signed_by", "code"), [("ab", Code.PROOF_NOT_ENOUGH_POWER), ("abc", Code.OK), ("abd", Code.OK)]
)
def test_an_announcement_needs_two_thirds_of_the_old_set(signed_by: str, code: Code) -> None:
    """More than a third colluding can stop the chain; alone they cannot announce a set of their own."""
    chain = ChangingChain("abcd").grow_to(1)
    assert isinstance(chain, ChangingChain)
    chain.grow()
    chain.changes.append(2)
    chain.grow(signed_by=signed_by, next_names="wxyz")
    chain.grow_to(5)
    assert code_of(trust_at(chain, 1), build_path(chain, 1)) is code


def sign_slot(light_block: LightBlock, position: int, name: str) -> None:
    """The slot holds a true vote of `name` for this very block."""
    commit = light_block.signed_header.commit
    slot = commit.signatures[position]
    message = compute_vote_sign_bytes(CHAIN_ID, commit.height, commit.round, commit.block_id, slot.timestamp)
    slot.validator_address = validators_of([name]).validators[0].address
    slot.signature = sign(seed_of(name), message)


def test_the_signature_of_a_removed_validator_counts_for_nothing() -> None:
    chain = ChangingChain("abcd").grow_to(1)
    assert isinstance(chain, ChangingChain)
    chain.change("bcde")
    chain.grow_to(4)
    chain.grow(signed_by="bc")  # two of four
    path = build_path(chain, 1)
    assert code_of(trust_at(chain, 1), path) is Code.PROOF_NOT_ENOUGH_POWER
    empty = [n for n, vote in enumerate(path[-1].signed_header.commit.signatures) if not vote.signature]
    sign_slot(path[-1], empty[0], "a")  # the third, had it not been removed
    assert code_of(trust_at(chain, 1), path) is Code.PROOF_NOT_ENOUGH_POWER


def test_the_old_set_cannot_go_on_without_the_change_it_announced() -> None:
    chain = ChangingChain("abcd").grow_to(1)
    assert isinstance(chain, ChangingChain)
    chain.change("efgh")
    stubborn = TestChain("abcd")
    stubborn.blocks = list(chain.blocks)
    stubborn.grow()
    trusted = follow(trust_at(chain, 1), build_path(chain, 1))
    assert code_of(trusted, [stubborn.light_block(4)]) is Code.PROOF_WRONG_VALIDATORS


def test_trust_that_has_expired_is_not_revived_by_a_path() -> None:
    chain = turn_over()
    late_ms = GENESIS_TIME_MS + TRUSTING_PERIOD_MS + 1
    with pytest.raises(VerificationFailed) as caught:
        follow(trust_at(chain, 1), build_path(chain, 1), late_ms)
    assert caught.value.code is Code.TRUST_EXPIRED
    assert caught.value.fields["days"] == 30
    assert "30 天" in caught.value.zh
    assert "30 days" in caught.value.en


# forks


def fork_of(names: str, first_by: str = "", second_by: str = "") -> tuple[LightBlock, LightBlock]:
    blocks = []
    for fork, signed_by in (("one", first_by), ("other", second_by)):
        chain = TestChain(names).grow_to(2)
        chain.grow(fork=fork, signed_by=signed_by or names)
        blocks.append(chain.light_block(3))
    return blocks[0], blocks[1]


def test_two_signed_headers_of_one_height_prove_a_fork_to_everybody() -> None:
    verify_fork(CHAIN_ID, *fork_of("abcd", "abc", "bcd"))


@pytest.mark.parametrize(
    ("blocks", "code"),
    [
        (fork_of("abcd", "abc", "cd"), Code.PROOF_NOT_ENOUGH_POWER),
        ((fork_of("abcd")[0], fork_of("abcd")[0]), Code.PROOF_MALFORMED),
        ((fork_of("abcd")[0], TestChain("abcd").grow_to(2).light_block(2)), Code.PROOF_MALFORMED),
        ((fork_of("abcd")[0], LightBlock()), Code.PROOF_MALFORMED),
    ],
)
def test_what_proves_no_fork_says_why(blocks: tuple[LightBlock, LightBlock], code: Code) -> None:
    with pytest.raises(VerificationFailed) as caught:
        verify_fork(CHAIN_ID, *blocks)
    assert caught.value.code is code
    with pytest.raises(VerificationFailed):
        verify_fork("another-00000000", *blocks)

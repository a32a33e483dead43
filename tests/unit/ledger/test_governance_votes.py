"""Votes: who may, how many it takes, when it is over (SPEC 5.11)."""

from itertools import product
from typing import Any

import pytest

from tests.testkit.consortium import (
    WEEK_MS,
    Consortium,
    build_vote,
    member,
    member_id,
    node,
    office,
    unit,
)
from tests.testkit.ledger_kit import DAY_MS
from tests.testkit.ledger_objects import build_key, put_system
from tests.testkit.reference_votes import reference_standing
from zhenglian_ledger.codes import Code
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.rules.changes import CHANGES
from zhenglian_ledger.rules.proposals import MAX_PROPOSAL_MS
from zhenglian_ledger.rules.thresholds import THRESHOLDS
from zhenglian_proto.v1 import members_pb2
from zhenglian_proto.v1.governance_pb2 import Change, Vote
from zhenglian_proto.v1.state_pb2 import BALLOT_APPROVED, BALLOT_REJECTED, ProposalStanding
from zhenglian_proto.v1.types_pb2 import KIND_NODE, KIND_PROPOSAL

STATUS = {"PENDING": Status.PENDING, "ADOPTED": Status.VALID, "REJECTED": Status.INVALID}
NODE = Change(put_node=node(2))


@pytest.fixture
def four() -> Consortium:
    return Consortium(4)


def test_every_kind_of_change_has_a_rule_and_a_threshold() -> None:
    kinds = {field.name for field in Change.DESCRIPTOR.oneofs_by_name["kind"].fields}
    assert kinds == CHANGES.keys() == THRESHOLDS.keys()


@pytest.mark.parametrize("kind", THRESHOLDS)
def test_what_is_needed_is_the_least_number_above_the_part(kind: str) -> None:
    part = THRESHOLDS[kind]
    for electors in range(1, 129):
        needed = part.compute_needed(electors)
        assert needed * part.denominator > electors * part.numerator
        assert (needed - 1) * part.denominator <= electors * part.numerator
        assert needed <= electors, "even unanimous members could not adopt it"
        assert (needed <= electors - 1) == (electors >= 4), "without the one that is to be suspended"


@pytest.mark.parametrize("members", range(1, 7))
def test_every_course_of_votes_ends_as_counting_says(members: int) -> None:
    """All sequences of approvals and rejections in electorates of one to six."""
    consortium = Consortium(members)
    for number, ballots in enumerate(product([True, False], repeat=members), start=1):
        proposal = consortium.propose(Change(put_node=node(number, of=1)))
        for cast, approve in enumerate(ballots, start=1):
            before = reference_standing(members, ballots[: cast - 1])
            code = consortium.vote(proposal, cast, approve=approve)
            assert code == (Code.OK if before == "PENDING" else Code.PROPOSAL_DECIDED)
            expected = reference_standing(members, ballots[:cast])
            standing = consortium.get_proposal(proposal).standing
            assert ProposalStanding.Name(standing) == f"PROPOSAL_STANDING_{expected}"
            assert consortium.get_proposal_status(proposal) == STATUS[expected]
            is_made = consortium.state.get_index(KIND_NODE, node(number).node_id) is not None
            assert is_made == (expected == "ADOPTED")


@pytest.mark.parametrize("members", range(4, 8))
def test_a_suspension_needs_two_thirds_of_all_though_one_has_no_vote(members: int) -> None:
    """All sequences of the others' approvals and rejections, counted against the whole."""
    for ballots in product([True, False], repeat=members - 1):
        consortium = Consortium(members)
        proposal = consortium.propose(Change(suspend_member=member_id(members)))
        for cast, approve in enumerate(ballots, start=1):
            if reference_standing(members - 1, ballots[: cast - 1], members) != "PENDING":
                break
            assert consortium.vote(proposal, cast, approve=approve) == Code.OK
            expected = reference_standing(members - 1, ballots[:cast], members)
            standing = consortium.get_proposal(proposal).standing
            assert ProposalStanding.Name(standing) == f"PROPOSAL_STANDING_{expected}"
        is_suspended = consortium.get_member_status(members) == Status.SUSPENDED
        assert is_suspended == (expected == "ADOPTED")


def test_three_of_five_cannot_suspend_the_others_one_by_one() -> None:
    five = Consortium(5)
    suspensions = [five.propose(Change(suspend_member=member_id(number))) for number in (4, 5)]
    for proposal in suspensions:
        assert five.get_proposal(proposal).needed == 4
        assert [five.vote(proposal, number) for number in (1, 2, 3)] == [Code.OK] * 3
        assert five.get_proposal_status(proposal) == Status.PENDING
    assert [five.get_member_status(number) for number in (4, 5)] == [Status.VALID, Status.VALID]


@pytest.mark.parametrize("members", [2, 3])
def test_two_or_three_members_cannot_suspend_one(members: int) -> None:
    few = Consortium(members)
    assert few.try_to_propose(Change(suspend_member=member_id(2))) == Code.TOO_FEW_ELECTORS


def test_a_suspended_member_does_not_count_where_it_is_resumed(four: Consortium) -> None:
    four.adopt(Change(suspend_member=member_id(2)))
    state = four.get_proposal(four.propose(Change(resume_member=member_id(2))))
    assert (len(state.electors), state.needed) == (3, 3)


def test_proposing_is_no_vote(four: Consortium) -> None:
    proposal = four.propose(NODE)
    state = four.get_proposal(proposal)
    assert [elector.member for elector in state.electors] == [member_id(n) for n in range(1, 5)]
    assert not any(elector.ballot for elector in state.electors)
    assert state.needed == 3


def test_a_vote_is_kept_with_its_member(four: Consortium) -> None:
    proposal = four.propose(NODE)
    assert four.vote(proposal, 3) == Code.OK
    assert four.vote(proposal, 1, approve=False) == Code.OK
    ballots = [elector.ballot for elector in four.get_proposal(proposal).electors]
    assert ballots == [BALLOT_REJECTED, 0, BALLOT_APPROVED, 0]


@pytest.mark.parametrize(("first", "second"), list(product([True, False], repeat=2)))
def test_a_member_votes_once_and_for_good(four: Consortium, *, first: bool, second: bool) -> None:
    proposal = four.propose(NODE)
    assert four.vote(proposal, 2, approve=first) == Code.OK
    assert four.vote(proposal, 2, approve=second) == Code.ALREADY_VOTED


def test_two_units_of_a_member_have_one_vote_between_them(four: Consortium) -> None:
    second, plain = unit(2), unit(2)
    second.id = plain.id = "member-2-second"
    plain.roles[:] = [members_pb2.ROLE_RELYING]
    second.roles[:] = [*plain.roles, *second.roles]
    system = put_system("second", second.id, members_pb2.SYSTEM_KIND_BACK_OFFICE)
    four.accept(office(1), plain, system)
    four.accept(office(2), second)
    four.accept(office(1), four.sign_key(2, 3, add=build_key("second", "second")))
    proposal = four.propose(NODE)
    four.accept("second", build_vote(proposal))
    assert four.vote(proposal, 2) == Code.ALREADY_VOTED


def test_both_votes_may_be_in_one_batch_with_the_proposal(four: Consortium) -> None:
    proposal = four.build_proposal(NODE)
    assert four.apply(office(1), proposal, build_vote(proposal), build_vote(proposal)) == [
        Code.OK, Code.OK, Code.ALREADY_VOTED,
    ]  # fmt: skip


def test_a_vote_entry_is_no_object_until_it_decides(four: Consortium) -> None:
    proposal = four.propose(NODE)
    for number in (1, 2):
        four.vote(proposal, number)
        assert four.statuses[max(four.statuses)] == Status.NONE
    four.vote(proposal, 3)
    assert four.statuses[max(four.statuses)] == Status.VALID
    assert four.find(KIND_NODE, node(2).node_id).index == max(four.statuses)


@pytest.mark.parametrize(
    ("vote", "code"),
    [
        ({"change": Change(put_node=node(3))}, Code.VOTE_CHANGE_DIFFERS),
        ({"change": None}, Code.VOTE_CHANGE_DIFFERS),
        ({"change": Change(put_node=node(2, of=3))}, Code.VOTE_CHANGE_DIFFERS),
        ({"approve": False}, Code.VOTE_CHANGE_DIFFERS),
        ({"approve": False, "change": None}, Code.OK),
        ({"proposal": bytes(32)}, Code.NOT_FOUND),
        ({}, Code.OK),
    ],
)
def test_what_is_signed_is_what_is_approved(four: Consortium, vote: dict[str, Any], code: Code) -> None:
    proposal = four.propose(NODE)
    fields: dict[str, Any] = {"proposal": proposal.id, "approve": True, "change": proposal.change}
    assert four.apply(office(2), Vote(**(fields | vote))) == [code]


def test_a_member_without_a_vote_neither_proposes_nor_votes(four: Consortium) -> None:
    assert four.adopt(Change(put_member=member(4, votes=False))) == Code.OK
    assert four.try_to_propose(NODE, by=4) == Code.NOT_A_VOTER
    proposal = four.propose(NODE)
    assert four.vote(proposal, 4) == Code.NOT_A_VOTER
    assert len(four.get_proposal(proposal).electors) == 3


def test_a_unit_that_does_not_represent_its_member_cannot_write_for_it(four: Consortium) -> None:
    proposal = four.propose(NODE)
    four.accept(office(1), unit(2, members_pb2.ROLE_RELYING))
    other = unit(2)
    other.roles[:] = [members_pb2.ROLE_RELYING]
    four.accept(office(2), other)
    assert four.vote(proposal, 2) == Code.NOT_PERMITTED
    assert four.try_to_propose(NODE, by=2) == Code.NOT_PERMITTED


def test_the_electorate_is_that_of_the_proposal(four: Consortium) -> None:
    """Who is admitted later has no vote on it; who lost its vote since keeps this one."""
    proposal = four.propose(NODE)
    four.adopt(Change(put_member=member(5)))
    four.adopt(Change(put_member=member(4, votes=False)))
    assert [elector.member for elector in four.get_proposal(proposal).electors][-1] == member_id(4)
    assert four.vote(proposal, 4) == Code.OK
    newer = four.propose(NODE)
    assert [elector.member for elector in four.get_proposal(newer).electors] == [
        member_id(n) for n in (1, 2, 3, 5)
    ]


def test_a_suspended_voters_vote_stands_and_another_it_cannot_write(four: Consortium) -> None:
    cast, not_cast = four.propose(NODE), four.propose(Change(put_node=node(3)))
    assert four.vote(cast, 4) == Code.OK
    assert four.adopt(Change(suspend_member=member_id(4))) == Code.OK
    assert four.try_batch(four.build_batch(office(4), build_vote(not_cast))) == Code.SYSTEM_NOT_IN_FORCE
    assert [four.vote(cast, number) for number in (1, 2)] == [Code.OK, Code.OK]
    assert four.get_proposal_status(cast) == Status.VALID
    assert four.get_proposal(not_cast).needed == 3, "the missing vote is still counted as missing"


def test_the_member_concerned_has_no_vote_on_its_suspension(four: Consortium) -> None:
    proposal = four.propose(Change(suspend_member=member_id(2)))
    assert [elector.member for elector in four.get_proposal(proposal).electors] == [
        member_id(n) for n in (1, 3, 4)
    ]
    assert four.get_proposal(proposal).needed == 3
    assert four.vote(proposal, 2, approve=False) == Code.NOT_A_VOTER


def test_a_vote_after_the_proposals_time_is_refused_and_nothing_is_written(four: Consortium) -> None:
    proposal = four.propose(NODE)
    four.vote(proposal, 1)
    four.wait(WEEK_MS)
    before = dict(four.view.rows)
    assert four.vote(proposal, 2) == Code.PROPOSAL_EXPIRED
    assert four.get_proposal_status(proposal) == Status.PENDING
    written = {key for key in four.view.rows if four.view.rows[key] != before.get(key)}
    assert not any(key[0] in (0x10, 0x11, 0x12, 0x13) for key in written)


@pytest.mark.parametrize(
    ("ahead", "code"),
    [
        (0, Code.PROPOSAL_EXPIRED),
        (1, Code.OK),
        (-DAY_MS, Code.PROPOSAL_EXPIRED),
        (MAX_PROPOSAL_MS + 20_000, Code.OK),
        (MAX_PROPOSAL_MS + 20_001, Code.OUT_OF_RANGE),
        (2**60, Code.OUT_OF_RANGE),
    ],
)
def test_a_proposal_is_open_for_some_time_and_not_for_ever(four: Consortium, ahead: int, code: Code) -> None:
    assert four.try_to_propose(NODE, valid_until_ms=four.time_ms + ahead) == code


def test_the_last_millisecond_counts(four: Consortium) -> None:
    proposal = four.propose(NODE, valid_until_ms=four.time_ms + 2_001)
    assert four.vote(proposal, 1) == Code.OK
    assert four.time_ms == proposal.valid_until_ms - 1
    assert four.vote(proposal, 2) == Code.OK
    assert four.vote(proposal, 3) == Code.PROPOSAL_EXPIRED


def test_an_id_is_used_once(four: Consortium) -> None:
    proposal = four.propose(NODE)
    assert four.try_to_propose(NODE, id=proposal.id) == Code.ALREADY_EXISTS


def test_genesis_has_no_proposals(four: Consortium) -> None:
    assert four.apply_genesis(four.build_proposal(NODE)) == [Code.NOT_A_VOTER]


def test_a_change_that_cannot_be_made_is_not_proposed(four: Consortium) -> None:
    for change in (
        Change(suspend_member="nobody"),
        Change(remove_node=node(1).node_id),
        Change(resume_member=member_id(1)),
    ):
        assert four.try_to_propose(change) in (Code.NOT_FOUND, Code.WRONG_STATE)
    assert not four.has_rows(b"\x10" + bytes([KIND_PROPOSAL]))


def test_trying_a_change_leaves_nothing_behind(four: Consortium) -> None:
    before = dict(four.view.rows)
    four.propose(Change(suspend_member=member_id(2)))
    assert four.get_member_status(2) == Status.VALID
    changed = [key for key in before if four.view.rows[key] != before[key]]
    assert changed == []


def test_a_deciding_vote_that_cannot_be_carried_out_does_not_count(four: Consortium) -> None:
    """The node was let in by another proposal meanwhile; when it is off the list again, the vote works."""
    late = four.propose(NODE)
    assert [four.vote(late, number) for number in (1, 2)] == [Code.OK, Code.OK]
    assert four.adopt(NODE) == Code.OK
    assert four.vote(late, 3) == Code.NOTHING_CHANGES
    assert four.get_proposal_status(late) == Status.PENDING
    assert four.adopt(Change(remove_node=node(2).node_id)) == Code.OK
    assert four.vote(late, 3) == Code.OK
    assert four.get_proposal_status(late) == Status.VALID


def test_an_atomic_batch_takes_the_decision_back_with_its_sibling(four: Consortium) -> None:
    proposal = four.propose(NODE)
    four.vote(proposal, 1)
    four.vote(proposal, 2)
    codes = four.apply(office(3), build_vote(proposal), build_vote(proposal), atomic=True)
    assert codes == [Code.ATOMIC_SIBLING_REFUSED, Code.PROPOSAL_DECIDED]
    assert four.get_proposal_status(proposal) == Status.PENDING
    assert four.state.get_index(KIND_NODE, node(2).node_id) is None
    assert four.vote(proposal, 3) == Code.OK

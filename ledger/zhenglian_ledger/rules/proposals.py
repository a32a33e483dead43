"""Proposals and votes (SPEC 5.11): the members decide, one vote each, and the last one needed carries it out.

    propose → PENDING → vote … vote → ADOPTED, and the change is made by that very vote
                                    → REJECTED, as soon as approval cannot be reached any more

Who may vote, and how many must approve, is fixed when the proposal is made. The member that is to be
suspended casts no vote but counts: if it did not, three of five could suspend the others one by one. Expiry
is computed and never written: a vote that comes too late is refused. A deciding vote whose change cannot be
made is refused with the change's own code and does not count, so nothing is ever pending.
"""

from typing import Final

from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.lifecycle import PROPOSAL_STATUS
from zhenglian_ledger.objects import index_change
from zhenglian_ledger.rules.changes import find_concerned, get_change_kind, process_change, verify_change
from zhenglian_ledger.rules.membership import find_voters
from zhenglian_ledger.rules.thresholds import THRESHOLDS
from zhenglian_ledger.step import Step
from zhenglian_proto.v1.governance_pb2 import Propose, Vote
from zhenglian_proto.v1.state_pb2 import (
    BALLOT_APPROVED,
    BALLOT_REJECTED,
    BALLOT_UNSPECIFIED,
    PROPOSAL_STANDING_ADOPTED,
    PROPOSAL_STANDING_PENDING,
    PROPOSAL_STANDING_REJECTED,
    Elector,
    ProposalStanding,
    ProposalState,
)
from zhenglian_proto.v1.types_pb2 import KIND_PROPOSAL

MAX_PROPOSAL_MS: Final = 90 * 24 * 3_600_000
"""The longest time a proposal may wait for votes."""


def process_propose(step: Step, propose: Propose) -> None:
    """The members that vote now may vote on the change until `valid_until_ms`. Proposing is no vote.

    Raises Refused: ALREADY_EXISTS, NOT_A_VOTER, PROPOSAL_EXPIRED, OUT_OF_RANGE (more than 90 days ahead),
    TOO_FEW_ELECTORS, and what making the change now would raise.
    """
    step.verify_unused(KIND_PROPOSAL, propose.id)
    voters = find_voters(step.state)
    if step.author.member not in voters:
        raise Refused(Code.NOT_A_VOTER)
    if step.has_ended(propose.valid_until_ms):
        raise Refused(Code.PROPOSAL_EXPIRED)
    if not step.has_begun(propose.valid_until_ms - min(propose.valid_until_ms, MAX_PROPOSAL_MS)):
        raise Refused(Code.OUT_OF_RANGE, field="valid_until_ms")
    verify_change(step, propose.change)
    electors = [voter for voter in voters if voter != find_concerned(propose.change)]
    needed = THRESHOLDS[get_change_kind(propose.change)].compute_needed(len(voters))
    if needed > len(electors):
        raise Refused(Code.TOO_FEW_ELECTORS)
    state = ProposalState(
        standing=PROPOSAL_STANDING_PENDING,
        needed=needed,
        electors=[Elector(member=elector) for elector in electors],
    )
    step.create(KIND_PROPOSAL, propose.id, state, PROPOSAL_STATUS[state.standing])


def process_vote(step: Step, vote: Vote) -> None:
    """The author's member has voted; if that decides, the change is made, or the proposal is rejected.

    Raises Refused: NOT_FOUND, PROPOSAL_DECIDED, PROPOSAL_EXPIRED, NOT_A_VOTER, ALREADY_VOTED,
    VOTE_CHANGE_DIFFERS, and what making the change raises (VALIDATOR_CHANGE_IN_BLOCK among it).
    """
    found = step.get_existing(KIND_PROPOSAL, vote.proposal, "提案 proposal")
    state = step.state.get_state(KIND_PROPOSAL, found.index, ProposalState)
    _verify_open(step, state, found.operation.propose)
    _verify_same_change(vote, found.operation.propose)
    _cast(state, step.author.member, approve=vote.approve)
    state.standing = compute_standing(state)
    if state.standing == PROPOSAL_STANDING_ADOPTED:
        process_change(step, vote.change)
        index_change(step.state, "vote", vote, step.index)
        step.parameters = step.state.get_parameters()
    step.state.put_state(KIND_PROPOSAL, found.index, state)
    step.state.set_status(found.index, PROPOSAL_STATUS[state.standing])


def compute_standing(state: ProposalState) -> ProposalStanding:
    """What the votes cast so far make of a proposal."""
    approved = sum(1 for elector in state.electors if elector.ballot == BALLOT_APPROVED)
    rejected = sum(1 for elector in state.electors if elector.ballot == BALLOT_REJECTED)
    if approved >= state.needed:
        return PROPOSAL_STANDING_ADOPTED
    if len(state.electors) - rejected < state.needed:
        return PROPOSAL_STANDING_REJECTED
    return PROPOSAL_STANDING_PENDING


def _verify_open(step: Step, state: ProposalState, propose: Propose) -> None:
    if state.standing != PROPOSAL_STANDING_PENDING:
        raise Refused(Code.PROPOSAL_DECIDED)
    if step.has_ended(propose.valid_until_ms):
        raise Refused(Code.PROPOSAL_EXPIRED)


def _verify_same_change(vote: Vote, propose: Propose) -> None:
    """An approval repeats the change to the byte; a rejection has none."""
    is_same = serialise(vote.change) == serialise(propose.change)
    if vote.HasField("change") != vote.approve or (vote.approve and not is_same):
        raise Refused(Code.VOTE_CHANGE_DIFFERS)


def _cast(state: ProposalState, member: str, *, approve: bool) -> None:
    elector = next((elector for elector in state.electors if elector.member == member), None)
    if elector is None:
        raise Refused(Code.NOT_A_VOTER)
    if elector.ballot != BALLOT_UNSPECIFIED:
        raise Refused(Code.ALREADY_VOTED)
    elector.ballot = BALLOT_APPROVED if approve else BALLOT_REJECTED

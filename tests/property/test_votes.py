"""Whatever members do in whatever order, a proposal stands as counting says; no vote counts twice."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.testkit.consortium import WEEK_MS, Consortium, build_vote, member, member_id, node, office
from tests.testkit.reference_votes import reference_standing
from zhenglian_ledger.codes import Code
from zhenglian_ledger.merkle.status import Status
from zhenglian_proto.v1.governance_pb2 import Change
from zhenglian_proto.v1.state_pb2 import ProposalStanding
from zhenglian_proto.v1.types_pb2 import KIND_NODE

MEMBERS = 7
STATUS = {"PENDING": Status.PENDING, "ADOPTED": Status.VALID, "REJECTED": Status.INVALID}

events = st.lists(
    st.one_of(
        st.tuples(st.just("vote"), st.integers(1, MEMBERS), st.booleans()),
        st.tuples(st.just("suspend"), st.integers(2, MEMBERS), st.just(False)),
        st.tuples(st.just("wait"), st.sampled_from([1, WEEK_MS // 3]), st.just(False)),
    ),
    max_size=24,
)


@dataclass
class Expected:
    """What a reader of the rules would note down."""

    electors: list[int]
    until_ms: int
    suspended: set[int] = field(default_factory=set)
    ballots: dict[int, bool] = field(default_factory=dict)

    @property
    def standing(self) -> str:
        return reference_standing(len(self.electors), list(self.ballots.values()))

    def compute_code(self, number: int, now_ms: int) -> Code:
        """What a vote by that member must meet now."""
        if number in self.suspended:
            return Code.SYSTEM_NOT_IN_FORCE
        if self.standing != "PENDING":
            return Code.PROPOSAL_DECIDED
        if now_ms >= self.until_ms:
            return Code.PROPOSAL_EXPIRED
        if number not in self.electors:
            return Code.NOT_A_VOTER
        return Code.ALREADY_VOTED if number in self.ballots else Code.OK


@settings(max_examples=40)
@given(silent=st.sets(st.integers(2, MEMBERS), max_size=MEMBERS - 2), course=events)
def test_any_course_of_events_is_counted_right(silent: set[int], course: list[tuple[str, int, bool]]) -> None:
    """`silent` members have no vote; others vote, repeat it, come late, or are suspended meanwhile."""
    consortium = Consortium(MEMBERS)
    for number in sorted(silent):
        consortium.adopt(Change(put_member=member(number, votes=False)))
    proposal = consortium.propose(Change(put_node=node(1)))
    expected = Expected(
        [number for number in range(1, MEMBERS + 1) if number not in silent], proposal.valid_until_ms
    )
    for event, number, approve in course:
        if event == "wait":
            consortium.wait(number)
        elif event == "suspend":
            _suspend(consortium, number, expected)
        else:
            code = expected.compute_code(number, consortium.time_ms)
            vote = build_vote(proposal, approve=approve)
            if code == Code.SYSTEM_NOT_IN_FORCE:
                assert consortium.try_batch(consortium.build_batch(office(number), vote)) == code
            else:
                assert consortium.apply(office(number), vote) == [code]
            if code == Code.OK:
                expected.ballots[number] = approve
        state = consortium.get_proposal(proposal)
        assert ProposalStanding.Name(state.standing) == f"PROPOSAL_STANDING_{expected.standing}"
        assert consortium.get_proposal_status(proposal) == STATUS[expected.standing]
    is_made = consortium.state.get_index(KIND_NODE, node(1).node_id) is not None
    assert is_made == (expected.standing == "ADOPTED")


def _suspend(consortium: Consortium, number: int, expected: Expected) -> None:
    """The member is suspended, if others that vote are more than two thirds of all, and agree."""
    voters = [elector for elector in expected.electors if elector not in expected.suspended]
    others = [voter for voter in voters if voter != number]
    change = Change(suspend_member=member_id(number))
    code = consortium.try_to_propose(change)
    if number in expected.suspended:
        assert code == Code.NOT_IN_FORCE
        return
    if reference_standing(len(others), [], len(voters)) == "REJECTED":
        assert code == (Code.TOO_FEW_ELECTORS if others else Code.LAST_VOTER)
        return
    assert code == Code.OK
    suspension = consortium.propose(change)
    needed = consortium.get_proposal(suspension).needed
    assert [consortium.vote(suspension, elector) for elector in others[:needed]] == [Code.OK] * needed
    expected.suspended.add(number)

"""A ledger of members that vote, nothing besides: `member-1` … `member-N`, each with a unit and an office.

    consortium = Consortium(4)
    proposal = consortium.propose(Change(suspend_member="member-2"))
    assert consortium.vote(proposal, 1) == Code.OK            # member-1 approves
    assert consortium.adopt(Change(put_node=node(3))) == Code.OK

The first member is also a steward. Every member runs a node and votes; validators, if there are any, are of
the first members. Keys come from names, as in `ledger_objects`.
"""

from typing import Any

from google.protobuf.message import Message

from tests.testkit.ledger_kit import CHAIN_ID, Sandbox, sign_key_operation
from tests.testkit.ledger_objects import (
    build_key,
    build_parameters,
    compute_id,
    compute_seed,
    key_body,
    put_region,
    put_system,
)
from zhenglian_ledger import rows
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.merkle.status import Status
from zhenglian_proto.v1 import members_pb2, operation_pb2, state_pb2
from zhenglian_proto.v1.governance_pb2 import Change, NetworkNode, Propose, Validator, Vote
from zhenglian_proto.v1.state_pb2 import ProposalState
from zhenglian_proto.v1.types_pb2 import KIND_MEMBER, KIND_NODE, KIND_PROPOSAL

WEEK_MS = 7 * 86_400_000
REGION = "310106"


def member_id(number: int) -> str:
    """The id of the member of that number, from 1 on."""
    return f"member-{number}"


def office(number: int) -> str:
    """The system by which that member votes."""
    return f"member-{number}-office"


def member(number: int, **changes: Any) -> members_pb2.Member:
    """The member of that number: it votes and runs a node."""
    fields: dict[str, Any] = {
        "id": member_id(number),
        "name": f"成员 {number}",
        "tier": members_pb2.TIER_DEPARTMENT,
        "votes": True,
        "runs_node": True,
    }
    return members_pb2.Member(**(fields | changes))


def unit(number: int, *roles: members_pb2.Role) -> members_pb2.Unit:
    """The unit of that member, a representative with further `roles`."""
    return members_pb2.Unit(
        id=member_id(number),
        name=f"单位 {number}",
        member=member_id(number),
        level=members_pb2.LEVEL_CITY,
        region=REGION,
        roles=[members_pb2.ROLE_REPRESENTATIVE, *roles],
    )


def node(number: int, of: int | None = None) -> NetworkNode:
    """A node of that number, of the member of the same number or of another."""
    return NetworkNode(node_id=number.to_bytes(20, "big"), member=member_id(of or number))


def validator_key(number: int) -> bytes:
    """The public key of that member's validator."""
    return ed25519.compute_public_key(compute_seed(f"{member_id(number)}-validator"))


def validator(number: int, of: int | None = None) -> Validator:
    """The validator of that number, of the member of the same number or of another."""
    return Validator(public_key=validator_key(number), member=member_id(of or number))


def build_consortium_operations(members: int) -> list[operation_pb2.Operation]:
    """The genesis of `members` members."""
    wrap = operation_pb2.Operation
    operations = [wrap(put_region=put_region())]
    for number in range(1, members + 1):
        name = member_id(number)
        keys = [build_key(f"{name}-recovery", ""), build_key(office(number), office(number))]
        extra = (members_pb2.ROLE_STEWARD,) if number == 1 else ()
        operations += [
            wrap(put_member=member(number)),
            wrap(put_unit=unit(number, *extra)),
            wrap(put_system=put_system(office(number), name, members_pb2.SYSTEM_KIND_BACK_OFFICE)),
            *(
                wrap(key=members_pb2.KeyOperation(body=key_body(name, sequence, add=key)))
                for sequence, key in enumerate(keys, start=1)
            ),
        ]
    return operations


class Consortium(Sandbox):
    """A sandbox of voting members."""

    def __init__(self, members: int, *extra: Message, validators: int = 0, **parameters: Any) -> None:
        """`members` at genesis, of which the first `validators` have a validator each."""
        self.members = members
        super().__init__(*extra, operations=build_consortium_operations(members))  # type: ignore[arg-type]
        limits = {"min_validators": min(validators, 4) or 1, "max_validators": 128}
        self.view.rows[rows.PARAMETERS] = serialise(build_parameters(**(limits | parameters)))
        for number in range(1, validators + 1):
            state = state_pb2.ValidatorState(
                public_key=validator_key(number), member=member_id(number), power=1
            )
            self.view.rows[rows.VALIDATORS + state.public_key] = serialise(state)
        self._proposals = 0

    def build_proposal(self, change: Change, **changes: Any) -> Propose:
        """A proposal of `change` with a fresh id, open for a week."""
        self._proposals += 1
        fields: dict[str, Any] = {
            "id": compute_id(f"proposal {self._proposals}"),
            "change": change,
            "valid_until_ms": self.time_ms + WEEK_MS,
            "reason": "理由",
        }
        return Propose(**(fields | changes))

    def propose(self, change: Change, by: int = 1, **changes: Any) -> Propose:
        """The accepted proposal of `change` by that member."""
        proposal = self.build_proposal(change, **changes)
        self.accept(office(by), proposal)
        return proposal

    def try_to_propose(self, change: Change, by: int = 1, **changes: Any) -> Code:
        """The result of proposing."""
        return self.apply(office(by), self.build_proposal(change, **changes))[0]

    def vote(self, proposal: Propose, by: int, *, approve: bool = True) -> Code:
        """The result of that member's vote."""
        return self.apply(office(by), build_vote(proposal, approve=approve))[0]

    def adopt(self, change: Change, by: int = 1) -> Code:
        """A proposal of `change` is made, and approved by one elector after another until it is decided.

        Returns the result of the last vote.
        """
        proposal = self.propose(change, by)
        for elector in list(self.get_proposal(proposal).electors):
            code = self.vote(proposal, int(elector.member.rpartition("-")[2]))
            if code or self.get_proposal(proposal).standing != state_pb2.PROPOSAL_STANDING_PENDING:
                return code
        raise AssertionError("all approved and nothing was decided")

    def get_proposal(self, proposal: Propose) -> ProposalState:
        """Where the proposal stands."""
        index = self.find(KIND_PROPOSAL, proposal.id).index
        return self.state.get_state(KIND_PROPOSAL, index, ProposalState)

    def get_proposal_status(self, proposal: Propose) -> Status:
        """The nibble of the proposal's entry."""
        return self.get_status(KIND_PROPOSAL, proposal.id)

    def get_member_status(self, number: int) -> Status:
        """The nibble of that member's newest entry."""
        return self.get_status(KIND_MEMBER, member_id(number))

    def get_node_status(self, number: int) -> Status:
        """The nibble of that node's newest entry."""
        return self.get_status(KIND_NODE, node(number).node_id)

    def sign_key(self, number: int, sequence: int, **change: Any) -> members_pb2.KeyOperation:
        """A key operation of that member under its RECOVERY key."""
        body = key_body(member_id(number), sequence, chain_id=CHAIN_ID, **change)
        return sign_key_operation(body, f"{member_id(number)}-recovery")


def build_vote(proposal: Propose, *, approve: bool = True) -> Vote:
    """A vote on the proposal, as it should be."""
    return Vote(proposal=proposal.id, approve=approve, change=proposal.change if approve else None)

"""The sandbox's five members under real headers, each with an office that votes.

assembly = Assembly()
*approvals, deciding = assembly.adopt(Change(put_member=...))       # registry indexes
assembly.get(KIND_MEMBER, b"market")                               # proven as it stands
"""

from tests.testkit.chain_kit import ProvenChain
from tests.testkit.consortium import WEEK_MS, build_vote, validator_key
from tests.testkit.ledger_objects import (
    CENTRE,
    CENTRE_OFFICE,
    HOUSING_OFFICE,
    HUANGPU_OFFICE,
    MARKET_OFFICE,
    PUDONG_OFFICE,
    UNITS,
    compute_id,
    put_unit,
)
from zhenglian_ledger import rows
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.rows import REGISTRY
from zhenglian_ledger.verify.object import verify_object
from zhenglian_ledger.verify.record import VerifiedRecord
from zhenglian_node.app.answers import ProofBuilder, build_object_answer
from zhenglian_proto.v1.governance_pb2 import Change, Propose
from zhenglian_proto.v1.members_pb2 import ROLE_REPRESENTATIVE, Unit
from zhenglian_proto.v1.proof_pb2 import RecordProof
from zhenglian_proto.v1.state_pb2 import ProposalState, ValidatorState
from zhenglian_proto.v1.types_pb2 import KIND_PROPOSAL, Kind

OFFICES = (CENTRE_OFFICE, MARKET_OFFICE, HOUSING_OFFICE, HUANGPU_OFFICE, PUDONG_OFFICE)


def build_representatives() -> list[Unit]:
    """The unit of each member again, as its representative too."""
    plans = [plan for plan in UNITS if plan.unit == plan.member]
    return [put_unit(plan, roles=[*plan.roles, ROLE_REPRESENTATIVE]) for plan in plans]


class Assembly(ProvenChain):
    """The sandbox's five members, each with an office that votes."""

    def __init__(self) -> None:
        """The units of that name are representatives too."""
        super().__init__(*build_representatives())
        self.proposals = 0
        validator = ValidatorState(public_key=validator_key(1), member=CENTRE, power=1)
        row = {rows.VALIDATORS + validator.public_key: serialise(validator)}
        self.view.rows.update(row)
        self.view.store.commit(row)

    def propose(self, change: Change) -> Propose:
        self.proposals += 1
        proposal = Propose(
            id=compute_id(f"proposal {self.proposals}"), change=change, reason="理由",
            valid_until_ms=self.time_ms + WEEK_MS,
        )  # fmt: skip
        self.accept(CENTRE_OFFICE, proposal)
        return proposal

    def adopt(self, change: Change) -> list[int]:
        """The registry indexes of the approvals, the deciding one last."""
        proposal = self.propose(change)
        index = self.find(KIND_PROPOSAL, proposal.id).index
        state = self.state.get_state(KIND_PROPOSAL, index, ProposalState)
        indexes = []
        for elector in state.electors[: state.needed]:
            indexes.append(self.sizes[REGISTRY])
            self.accept(f"{elector.member}-office", build_vote(proposal))
        return indexes

    def verify(self, proof: RecordProof, kind: Kind, identifier: bytes) -> VerifiedRecord:
        anchor = ProofBuilder(self.provable).build_anchor()
        return verify_object(self.prove(anchor), proof, kind=kind, identifier=identifier)

    def prove_at(self, kind: Kind, index: int) -> RecordProof:
        return ProofBuilder(self.provable).build_record(kind, index)

    def get(self, kind: Kind, identifier: bytes) -> VerifiedRecord:
        answer = build_object_answer(self.provable, kind, identifier)
        assert answer.found
        return self.verify(answer.object, kind, identifier)

"""What the members decide about, in one answer: proposals, and the network as it stands (SPEC 5.11).

Each proposal, member and node is proven as it stands. That there are no others, who voted how, and the rows
of validators and parameters are stated: nobody can prove them by inclusion.
"""

from typing import Final

from zhenglian_ledger import rows
from zhenglian_node.app.answers_proofs import ProofBuilder
from zhenglian_node.app.provable import Provable
from zhenglian_proto.v1.node_pb2 import GovernanceAnswer, ShownProposal
from zhenglian_proto.v1.proof_pb2 import RecordProof
from zhenglian_proto.v1.state_pb2 import PROPOSAL_STANDING_PENDING, ProposalState
from zhenglian_proto.v1.types_pb2 import KIND_MEMBER, KIND_NODE, KIND_PROPOSAL, Kind

MAX_PROPOSALS: Final = 64


def build_governance_answer(provable: Provable, *, with_decided: bool = False) -> GovernanceAnswer:
    """The newest proposals that may still be voted on (or all), and the network as it stands."""
    builder = ProofBuilder(provable)
    return GovernanceAnswer(
        anchor=builder.build_anchor(),
        proposals=_build_proposals(builder, with_decided=with_decided),
        members=_build_all(builder, KIND_MEMBER),
        nodes=_build_all(builder, KIND_NODE),
        validators=builder.state.get_validators(),
        parameters=builder.state.get_parameters(),
    )


def _build_proposals(builder: ProofBuilder, *, with_decided: bool) -> list[ShownProposal]:
    shown: list[ShownProposal] = []
    for index in sorted(_find_indexes(builder, KIND_PROPOSAL), reverse=True):
        state = builder.state.get_state(KIND_PROPOSAL, index, ProposalState)
        if with_decided or (state.standing == PROPOSAL_STANDING_PENDING and _is_in_time(builder, index)):
            proof = builder.build_record(KIND_PROPOSAL, index, with_signature=True)
            shown.append(ShownProposal(proposal=proof, state=state))
        if len(shown) == MAX_PROPOSALS:
            break
    return shown


def _is_in_time(builder: ProofBuilder, index: int) -> bool:
    propose = builder.state.get_operation(rows.REGISTRY, index).propose
    return propose.valid_until_ms > builder.provable.time_ms


def _build_all(builder: ProofBuilder, kind: Kind) -> list[RecordProof]:
    return [builder.build_record(kind, index) for index in _find_indexes(builder, kind)]


def _find_indexes(builder: ProofBuilder, kind: Kind) -> list[int]:
    """The newest entry of every id, in the order of the ids."""
    found = builder.provable.view.scan(rows.id_key(kind, b""))
    return [int.from_bytes(value, "big") for _, value in found]

"""What the members decide about: proposals, and the network as it stands (SPEC 5.11).

A proposal, a member and a node are proven. Who voted how, that there are no other proposals, and the rows of
validators and parameters are stated, and confirmed by a second node where one is configured.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused, VerificationFailed
from zhenglian_ledger.leaves import decode_entry
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.plain import get_plain_operation
from zhenglian_ledger.verify.anchor import Proven
from zhenglian_ledger.verify.inclusion import decode_operation
from zhenglian_ledger.verify.object import verify_object
from zhenglian_ledger.verify.record import VerifiedRecord
from zhenglian_ledger.verify.signature import verify_signature
from zhenglian_proto.v1.governance_pb2 import Propose
from zhenglian_proto.v1.node_pb2 import GovernanceAnswer, GovernanceRequest, ObjectRequest
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.proof_pb2 import RecordProof
from zhenglian_proto.v1.state_pb2 import (
    BALLOT_APPROVED,
    BALLOT_REJECTED,
    Parameters,
    ProposalState,
    ValidatorState,
)
from zhenglian_proto.v1.types_pb2 import KIND_MEMBER, KIND_NODE, KIND_PROPOSAL, Kind
from zhenglian_sdk.client.connection import NodeConnection
from zhenglian_sdk.client.opinions import Nothing, confirm
from zhenglian_sdk.client.session import Session


class ProposalStanding(StrEnum):
    """How a proposal stands: as its status proves, and by time."""

    PENDING = "PENDING"
    ADOPTED = "ADOPTED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


_STANDINGS: Final = {
    Status.PENDING: ProposalStanding.PENDING,
    Status.VALID: ProposalStanding.ADOPTED,
    Status.INVALID: ProposalStanding.REJECTED,
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proven proposal at `height` and ledger time `time_ms`; `state` (who votes, who did) is stated.

    `proposer` is the unit that made it, as its signature proves.
    """

    record: VerifiedRecord
    proposer: str
    state: ProposalState
    height: int
    time_ms: int

    @property
    def message(self) -> Propose:
        """What was proposed."""
        message: Propose = self.record.message
        return message

    @property
    def standing(self) -> ProposalStanding:
        """How it stands: proven, but for PENDING and EXPIRED only at `time_ms`."""
        found = _STANDINGS[self.record.status]
        if found is ProposalStanding.PENDING and self.time_ms >= self.message.valid_until_ms:
            return ProposalStanding.EXPIRED
        return found

    @property
    def approved(self) -> list[str]:
        """The members that approved; stated."""
        return [elector.member for elector in self.state.electors if elector.ballot == BALLOT_APPROVED]

    @property
    def rejected(self) -> list[str]:
        """The members that rejected; stated."""
        return [elector.member for elector in self.state.electors if elector.ballot == BALLOT_REJECTED]

    @property
    def missing(self) -> list[str]:
        """The members that have not voted; stated."""
        return [elector.member for elector in self.state.electors if not elector.ballot]

    def get_stated(self) -> bytes:
        """What only the node says."""
        return serialise(self.state)


@dataclass(frozen=True, slots=True)
class Governance:
    """Proposals, newest first, and the network. Members and nodes are proven, in or out of force."""

    proposals: tuple[Proposal, ...]
    members: tuple[VerifiedRecord, ...]
    nodes: tuple[VerifiedRecord, ...]
    validators: tuple[ValidatorState, ...]
    parameters: Parameters
    height: int
    time_ms: int

    def get_stated(self) -> object:
        """What only the node says: that these are all, how was voted, validators and parameters."""
        indexes = [record.index for record in (*self.members, *self.nodes)]
        proposals = [(proposal.record.index, proposal.get_stated()) for proposal in self.proposals]
        validators = [serialise(validator) for validator in self.validators]
        return indexes, proposals, validators, serialise(self.parameters)


class GovernanceReads:
    """Questions of one session about what the members decide."""

    def __init__(self, session: Session) -> None:
        """Ask in `session`."""
        self._session = session

    async def get_proposal(self, identifier: bytes) -> Proposal:
        """The proposal of that id, proven as it stands; raises Refused(NOT_FOUND) if the node knows none.

        Raises VerificationFailed: what the proof's parts raise, NODES_DISAGREE about who voted.
        """

        async def look(node: NodeConnection) -> Proposal | Nothing:
            request = ObjectRequest(kind=KIND_PROPOSAL, id=identifier)
            answer, proven = await self._session.ask_at(node, lambda stub: stub.GetObject, lambda: request)
            if not answer.found:
                return Nothing(proven.height)
            return read_proposal(proven, answer.object, answer.proposal, identifier)

        found = await confirm(self._session, look, Proposal.get_stated)
        if isinstance(found, Nothing):
            name = identifier.hex()
            raise Refused(Code.NOT_FOUND, what=f"提案{name} proposal {name}")
        return found

    async def get_governance(self, *, with_decided: bool = False) -> Governance:
        """The proposals that may be voted on (or all, at most 64), and the network as it stands.

        Raises VerificationFailed: what the proofs' parts raise, NODES_DISAGREE about what is only stated.
        """

        async def look(node: NodeConnection) -> Governance | Nothing:
            request = GovernanceRequest(with_decided=with_decided)
            answer, proven = await self._session.ask_at(
                node, lambda stub: stub.GetGovernance, lambda: request
            )
            return read_governance(proven, answer)

        found = await confirm(self._session, look, Governance.get_stated)
        assert isinstance(found, Governance)  # noqa: S101  `look` has no other answer
        return found


def read_proposal(proven: Proven, proof: RecordProof, state: ProposalState, identifier: bytes) -> Proposal:
    """The proposal of that id, from its proof and what is stated of it; raises VerificationFailed."""
    record = verify_object(proven, proof, kind=KIND_PROPOSAL, identifier=identifier)
    if record.status not in _STANDINGS:
        raise VerificationFailed(Code.PROOF_WRONG_STATUS)
    proposer = verify_signature(proven, record.entry, proof.signature).unit
    return Proposal(record, proposer, state, proven.height, proven.time_ms)


def read_governance(proven: Proven, answer: GovernanceAnswer) -> Governance:
    """Everything in the answer that can be proven is; raises VerificationFailed."""
    return Governance(
        proposals=tuple(
            read_proposal(proven, shown.proposal, shown.state, _get_identifier(shown.proposal, KIND_PROPOSAL))
            for shown in answer.proposals
        ),
        members=_verify_all(proven, answer.members, KIND_MEMBER),
        nodes=_verify_all(proven, answer.nodes, KIND_NODE),
        validators=tuple(answer.validators),
        parameters=answer.parameters,
        height=proven.height,
        time_ms=proven.time_ms,
    )


def _verify_all(proven: Proven, proofs: Iterable[RecordProof], kind: Kind) -> tuple[VerifiedRecord, ...]:
    """The newest entry of each; which ones there are is the node's word."""
    return tuple(
        verify_object(proven, proof, kind=kind, identifier=_get_identifier(proof, kind)) for proof in proofs
    )


def _get_identifier(proof: RecordProof, kind: Kind) -> bytes:
    """The id that the entry names, not verified; empty if it makes no object of the kind."""
    operation = get_plain_operation(decode_operation(decode_entry(proof.entry.leaf)))
    return _IDENTIFIERS[kind](operation)


_IDENTIFIERS: Final[dict[Kind, Callable[[Operation], bytes]]] = {
    KIND_MEMBER: lambda operation: operation.put_member.id.encode(),
    KIND_NODE: lambda operation: operation.put_node.node_id,
    KIND_PROPOSAL: lambda operation: operation.propose.id,
}

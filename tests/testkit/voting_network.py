"""A consortium on a real application and store, driven block by block as an engine would.

    network = VotingNetwork(MemoryStore())
    outcome = network.adopt(Change(add_validator=validator(5)))     # of the block that decided

It makes no headers; nothing in it is of one engine.
"""

from google.protobuf.message import Message

from tests.testkit.consortium import (
    Consortium,
    build_consortium_operations,
    build_vote,
    member_id,
    office,
    validator_key,
)
from tests.testkit.ledger_objects import GENESIS_MS, build_parameters
from tests.testkit.node_kit import Sender, bundle
from zhenglian_ledger.block import Outcome
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.leaves import decode_batch_leaf
from zhenglian_ledger.rows import BATCH, entry_key
from zhenglian_ledger.rules_digest import compute_rules_digest
from zhenglian_ledger.state import State
from zhenglian_node.app.application import Application
from zhenglian_node.storage.port import Store
from zhenglian_proto.v1 import state_pb2
from zhenglian_proto.v1.governance_pb2 import Change
from zhenglian_proto.v1.types_pb2 import KIND_PROPOSAL


def build_genesis(members: int, validators: int, **parameters: int) -> bytes:
    """The genesis of that many members, the first of which have validators."""
    limits = {"min_validators": min(validators, 4), "max_validators": 128}
    return serialise(
        state_pb2.Genesis(
            name="city",
            genesis_time_ms=GENESIS_MS,
            mode=state_pb2.MODE_SANDBOX,
            rules_digest=compute_rules_digest(),
            parameters=build_parameters(**(limits | parameters)),
            validators=[
                state_pb2.GenesisValidator(public_key=validator_key(number), member=member_id(number))
                for number in range(1, validators + 1)
            ],
            operations=[serialise(operation) for operation in build_consortium_operations(members)],
        )
    )


class VotingNetwork:
    """Five members, four validators; `kit` builds proposals."""

    def __init__(self, store: Store, members: int = 5, validators: int = 4) -> None:
        """Genesis is applied."""
        self.store = store
        self.kit = Consortium(members)
        self.application = Application(store, build_genesis(members, validators))
        self.application.init_chain()
        self.sender = Sender(self.application.chain_id)

    @property
    def state(self) -> State:
        """The newest committed state."""
        committed = self.application.committed
        return State(committed.view, committed.head.sizes)

    def make_block(self, *signed: tuple[int, Message]) -> Outcome:
        """The outcome of the next block, committed: one batch for each (member, operation)."""
        head = self.application.committed.head
        height, time_ms = head.height + 1, head.time_ms + 1_000
        transactions = [bundle(self.sender.build(office(number), operation)) for number, operation in signed]
        outcome = self.application.finalize_block(transactions, height, time_ms).outcome
        self.application.commit()
        return outcome

    def adopt(self, change: Change) -> Outcome:
        """The outcome of the block in which the last approval needed has made the change."""
        proposal = self.kit.build_proposal(change)
        self.make_block((1, proposal))
        found = self.state.get_object(KIND_PROPOSAL, proposal.id)
        assert found is not None, self.get_results()
        state = self.state.get_state(KIND_PROPOSAL, found.index, state_pb2.ProposalState)
        *first, last = [int(elector.member.rpartition("-")[2]) for elector in state.electors[: state.needed]]
        self.make_block(*((number, build_vote(proposal)) for number in first))
        outcome = self.make_block((last, build_vote(proposal)))
        assert self.get_results() == (0,), self.get_results()
        return outcome

    def get_results(self) -> tuple[int, ...]:
        """The operations' results of the newest batch."""
        size = self.application.committed.head.sizes[BATCH]
        return decode_batch_leaf(self.store.get(entry_key(BATCH, size - 1)) or b"").results

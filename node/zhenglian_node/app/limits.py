"""How much a block may hold (SPEC 10.3): operations, bytes, and operations a member.

The parameters are the ledger's, so every node counts alike: a proposal respects them, and one that does not
is rejected. A batch whose system is unknown counts for the nameless member.
"""

from zhenglian_ledger.acceptance import get_author
from zhenglian_ledger.batch import Batch
from zhenglian_ledger.errors import InvalidBatch
from zhenglian_ledger.state import State
from zhenglian_node.app.transactions import Batches


class BlockBudget:
    """What is left of one block's limits."""

    def __init__(self, state: State, max_bytes: int | None = None) -> None:
        """Start with an empty block on `state`; the engine may set a smaller limit of bytes."""
        parameters = state.get_parameters()
        self._state = state
        self._bytes = min(parameters.max_block_bytes, max_bytes or parameters.max_block_bytes)
        self._operations = parameters.max_block_operations
        self._member_limit = parameters.max_member_block_operations
        self._left_of_member: dict[str, int] = {}
        self._members: dict[str, str] = {}

    def take(self, transaction: bytes, batches: Batches) -> bool:
        """Whether the transaction still fits; then it is counted, else nothing is."""
        wanted: dict[str, int] = {}
        for batch in batches:
            if isinstance(batch, Batch):
                member = self._get_member(batch.header.system)
                wanted[member] = wanted.get(member, 0) + len(batch.operations)
        operations = sum(wanted.values())
        left = {name: self._left_of_member.get(name, self._member_limit) - wanted[name] for name in wanted}
        if (
            len(transaction) > self._bytes
            or operations > self._operations
            or min(left.values(), default=0) < 0
        ):
            return False
        self._bytes -= len(transaction)
        self._operations -= operations
        self._left_of_member.update(left)
        return True

    def _get_member(self, system: str) -> str:
        member = self._members.get(system)
        if member is None:
            try:
                member = get_author(self._state, system).member
            except InvalidBatch:
                member = ""
            self._members[system] = member
        return member

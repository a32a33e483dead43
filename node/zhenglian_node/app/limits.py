"""How much a block may hold (SPEC 10.3): operations, bytes, and operations a member.

The parameters are the ledger's, so every node counts alike: a proposal respects them, and one that does not
is rejected. A member pays only for what it signed itself and what the newest state would accept, once a
block; whatever else a transaction carries (a spoiled or doubled copy, a batch that merely names a system, a
malformed one) is the nameless member's. Nothing is free: a batch counts as one operation at least.
"""

from typing import Final

from zhenglian_ledger.acceptance import IsSignatureValid, verify_acceptance
from zhenglian_ledger.batch import Batch
from zhenglian_ledger.errors import InvalidBatch
from zhenglian_ledger.state import State
from zhenglian_node.app.transactions import Batches, Nonce

_NAMELESS: Final = ""


class BlockBudget:
    """What is left of one block's limits."""

    def __init__(
        self,
        state: State,
        chain_id: str,
        time_ms: int,
        is_signature_valid: IsSignatureValid,
        max_bytes: int | None = None,
    ) -> None:
        """Start with an empty block on `state`, of a block at `time_ms`; the engine may allow fewer bytes."""
        parameters = state.get_parameters()
        self._state, self._chain_id, self._time_ms = state, chain_id, time_ms
        self._is_signature_valid = is_signature_valid
        self._bytes = min(parameters.max_block_bytes, max_bytes or parameters.max_block_bytes)
        self._operations = parameters.max_block_operations
        self._member_limit = parameters.max_member_block_operations
        self._left_of_member: dict[str, int] = {}
        self._charged: set[Nonce] = set()

    def has_bytes(self, transaction: bytes) -> bool:
        """Whether the bytes still fit: worth asking before anything is parsed."""
        return len(transaction) <= self._bytes

    def take(self, transaction: bytes, batches: Batches) -> bool:
        """Whether the transaction still fits; then it is counted, else nothing is."""
        operations = _count_all(batches)
        if not self.has_bytes(transaction) or operations > self._operations:
            return False
        charged: set[Nonce] = set()
        wanted: dict[str, int] = {}
        for batch in batches:
            member = self._find_payer(batch, charged) if isinstance(batch, Batch) else _NAMELESS
            wanted[member] = wanted.get(member, 0) + _count(batch)
        left = {name: self._left_of_member.get(name, self._member_limit) - wanted[name] for name in wanted}
        if min(left.values(), default=0) < 0:
            return False
        self._bytes -= len(transaction)
        self._operations -= operations
        self._left_of_member.update(left)
        self._charged |= charged
        return True

    def is_enough_for(self, transaction: bytes, batches: Batches) -> bool:
        """Whether an empty block could hold the transaction: `take`, but mostly told by counting alone."""
        operations = _count_all(batches)
        if not self.has_bytes(transaction) or operations > self._operations:
            return False
        return operations <= self._member_limit or self.take(transaction, batches)

    def _find_payer(self, batch: Batch, charged: set[Nonce]) -> str:
        """The member that signed an acceptable batch, the first with its nonce; else the nameless one."""
        if batch.nonce in self._charged or batch.nonce in charged:
            return _NAMELESS
        try:
            author = verify_acceptance(
                self._state,
                batch,
                self._chain_id,
                self._time_ms,
                is_signature_valid=self._is_signature_valid,
            )
        except InvalidBatch:
            return _NAMELESS
        charged.add(batch.nonce)
        return author.member


def _count(batch: object) -> int:
    return len(batch.operations) if isinstance(batch, Batch) else 1


def _count_all(batches: Batches) -> int:
    return sum(_count(batch) for batch in batches)

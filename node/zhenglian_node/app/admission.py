"""CheckTx: what may wait for a block (SPEC 10.2). Its verdict is a courtesy; only FinalizeBlock's counts.

Two batches with one (system, nonce) cannot both be accepted, so the second is turned away here while the
first waits. The very same batch passes again: its sender may have lost the answer.
"""

from dataclasses import dataclass
from threading import Lock

from zhenglian_ledger.acceptance import verify_acceptance
from zhenglian_ledger.batch import Batch, Malformed
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidBatch
from zhenglian_ledger.state import State
from zhenglian_node.app.caches import Verdicts
from zhenglian_node.app.limits import BlockBudget
from zhenglian_node.app.transactions import Batches, Nonce, TransactionReader


@dataclass(frozen=True, slots=True)
class Checked:
    """What CheckTx found: the transaction's `code`, and a code for each of its `batches`."""

    code: Code
    codes: tuple[Code, ...]
    batches: Batches


class Admission:
    """Checks transactions against the newest committed state and those already waiting."""

    def __init__(
        self, reader: TransactionReader, verdicts: Verdicts, chain_id: str, state: State, time_ms: int
    ) -> None:
        """Start on `state`, of a block at `time_ms`, with nothing waiting."""
        self._reader = reader
        self._verdicts = verdicts
        self._chain_id = chain_id
        self._state, self._time_ms = state, time_ms
        self._waiting: dict[Nonce, tuple[bytes, int]] = {}  # → (header digest, valid until)
        self._lock = Lock()

    def check(self, transaction: bytes, time_ms: int) -> Checked:
        """Code 0 if at least one batch would be accepted at `time_ms`, else the first batch's code.

        UNPARSABLE if it is no bundle, BLOCK_LIMIT if no block could hold it.
        """
        batches = self._reader.read(transaction)
        if batches is None:
            return Checked(Code.UNPARSABLE, (), ())
        with self._lock:
            if not self._has_room(transaction, batches):
                return self._refuse(transaction, batches, Code.BLOCK_LIMIT)
            codes = tuple(self._check_batch(batch, time_ms) for batch in batches)
        if all(codes):
            self._reader.forget(transaction)
        return Checked(codes[0] if all(codes) else Code.OK, codes, batches)

    def recheck(self, transaction: bytes) -> Checked:
        """Code 0 while at least one of its batches still waits, else REPLAYED: accepted, or expired.

        BLOCK_LIMIT if no block could hold it any more. Judges nothing else: whatever has changed since the
        check, the block will tell.
        """
        batches = self._reader.read(transaction)
        if batches is None:
            return Checked(Code.UNPARSABLE, (), ())
        with self._lock:
            if not self._has_room(transaction, batches):
                return self._refuse(transaction, batches, Code.BLOCK_LIMIT)
            codes = tuple(self._recheck_batch(batch) for batch in batches)
        if all(codes):
            self._reader.forget(transaction)
        return Checked(Code.REPLAYED if all(codes) else Code.OK, codes, batches)

    def advance(self, state: State, time_ms: int, accepted: list[Nonce]) -> None:
        """A block at `time_ms` led to `state`; what it `accepted` and what has expired waits no more.

        What it turned away waits on: a spoiled copy, which anybody can make, says nothing of the batch.
        """
        with self._lock:
            self._state, self._time_ms = state, time_ms
            for nonce in accepted:
                self._waiting.pop(nonce, None)
            expired = [nonce for nonce, (_, until_ms) in self._waiting.items() if until_ms <= time_ms]
            for nonce in expired:
                del self._waiting[nonce]

    def _has_room(self, transaction: bytes, batches: Batches) -> bool:
        budget = BlockBudget(self._state, self._chain_id, self._time_ms, self._verdicts.is_signature_valid)
        return budget.is_enough_for(transaction, batches)

    def _refuse(self, transaction: bytes, batches: Batches, code: Code) -> Checked:
        self._reader.forget(transaction)
        return Checked(code, (code,) * len(batches), batches)

    def _recheck_batch(self, batch: Batch | Malformed) -> Code:
        if isinstance(batch, Malformed):
            return batch.code
        digest, _ = self._waiting.get((batch.header.system, batch.header.nonce), (b"", 0))
        return Code.OK if digest == batch.header_digest else Code.REPLAYED

    def _check_batch(self, batch: Batch | Malformed, time_ms: int) -> Code:
        if isinstance(batch, Malformed):
            return batch.code
        try:
            verify_acceptance(
                self._state,
                batch,
                self._chain_id,
                time_ms,
                is_signature_valid=self._verdicts.is_signature_valid,
            )
        except InvalidBatch as error:
            return error.code
        nonce = (batch.header.system, batch.header.nonce)
        digest, _ = self._waiting.setdefault(nonce, (batch.header_digest, batch.header.valid_until_ms))
        return Code.OK if digest == batch.header_digest else Code.REPLAYED

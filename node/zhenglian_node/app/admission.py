"""CheckTx: what may wait for a block (SPEC 10.2). Its verdict is a courtesy; only FinalizeBlock's counts.

Two batches with one (system, nonce) cannot both be accepted, so the second is turned away here while the
first waits. The very same batch passes again: its sender may have lost the answer.

Any thread may check. Signatures are verified side by side; only the table of what waits is touched by one
at a time, and only on behalf of the newest state: a check that a block overtakes is made again.
"""

from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

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


class _Newest(NamedTuple):
    """The newest committed state, read by every check until the next block, and its block's time."""

    state: State
    time_ms: int


class Admission:
    """Checks transactions against the newest committed state and those already waiting."""

    def __init__(
        self, reader: TransactionReader, verdicts: Verdicts, chain_id: str, state: State, time_ms: int
    ) -> None:
        """Start on `state`, of a block at `time_ms`, with nothing waiting."""
        self._reader = reader
        self._verdicts = verdicts
        self._chain_id = chain_id
        self._newest = _Newest(state, time_ms)
        self._waiting: dict[Nonce, tuple[bytes, int]] = {}  # → (header digest, valid until)
        self._lock = Lock()  # of `_waiting`, and of replacing `_newest`; nothing is verified under it

    def check(self, transaction: bytes, time_ms: int) -> Checked:
        """Code 0 if at least one batch would be accepted at `time_ms`, else the first batch's code.

        UNPARSABLE if it is no bundle, BLOCK_LIMIT if no block could hold it.
        """
        batches = self._reader.read(transaction)
        if batches is None:
            return Checked(Code.UNPARSABLE, (), ())
        codes = None
        while codes is None:  # until no block comes in between; verdicts are remembered, so it is quick
            newest = self._newest
            if not self._has_room(newest, transaction, batches):
                return self._refuse(transaction, batches, Code.BLOCK_LIMIT)
            codes = self._reserve(newest, batches, [self._judge(newest, batch, time_ms) for batch in batches])
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
        if not self._has_room(self._newest, transaction, batches):
            return self._refuse(transaction, batches, Code.BLOCK_LIMIT)
        with self._lock:
            codes = tuple(self._recheck_batch(batch) for batch in batches)
        if all(codes):
            self._reader.forget(transaction)
        return Checked(Code.REPLAYED if all(codes) else Code.OK, codes, batches)

    def advance(self, state: State, time_ms: int, accepted: list[Nonce]) -> None:
        """A block at `time_ms` led to `state`; what it `accepted` and what has expired waits no more.

        What it turned away waits on: a spoiled copy, which anybody can make, says nothing of the batch.
        """
        with self._lock:
            self._newest = _Newest(state, time_ms)
            for nonce in accepted:
                self._waiting.pop(nonce, None)
            expired = [nonce for nonce, (_, until_ms) in self._waiting.items() if until_ms <= time_ms]
            for nonce in expired:
                del self._waiting[nonce]

    def _has_room(self, newest: _Newest, transaction: bytes, batches: Batches) -> bool:
        is_valid = self._verdicts.is_signature_valid
        budget = BlockBudget(newest.state, self._chain_id, newest.time_ms, is_valid)
        return budget.is_enough_for(transaction, batches)

    def _refuse(self, transaction: bytes, batches: Batches, code: Code) -> Checked:
        self._reader.forget(transaction)
        return Checked(code, (code,) * len(batches), batches)

    def _recheck_batch(self, batch: Batch | Malformed) -> Code:
        if isinstance(batch, Malformed):
            return batch.code
        digest, _ = self._waiting.get(batch.nonce, (b"", 0))
        return Code.OK if digest == batch.header_digest else Code.REPLAYED

    def _judge(self, newest: _Newest, batch: Batch | Malformed, time_ms: int) -> Code:
        """Whether `newest` would accept the batch at `time_ms`, whatever waits."""
        if isinstance(batch, Malformed):
            return batch.code
        try:
            verify_acceptance(
                newest.state,
                batch,
                self._chain_id,
                time_ms,
                is_signature_valid=self._verdicts.is_signature_valid,
            )
        except InvalidBatch as error:
            return error.code
        return Code.OK

    def _reserve(self, newest: _Newest, batches: Batches, codes: list[Code]) -> tuple[Code, ...] | None:
        """Acceptable batches wait unless another has their nonce; None if `newest` is the newest no more."""
        with self._lock:
            if newest is not self._newest:
                return None
            return tuple(
                code or self._reserve_nonce(batch) for batch, code in zip(batches, codes, strict=True)
            )

    def _reserve_nonce(self, batch: Batch | Malformed) -> Code:
        if isinstance(batch, Malformed):
            return batch.code
        held = (batch.header_digest, batch.header.valid_until_ms)
        digest, _ = self._waiting.setdefault(batch.nonce, held)
        return Code.OK if digest == batch.header_digest else Code.REPLAYED

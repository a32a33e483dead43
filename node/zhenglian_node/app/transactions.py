"""Engine transactions: bundles of signed batches, parsed once (SPEC 2.6, 10.2)."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final

from zhenglian_ledger.batch import Batch, Malformed, parse_bundle
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidEncoding
from zhenglian_ledger.rows import u16, u64
from zhenglian_ledger.transition import BatchResult
from zhenglian_node.app.caches import BoundedCache
from zhenglian_proto.v1 import batch_pb2
from zhenglian_proto.v1.cometbft_pb2 import ExecTxResult

MAX_PARSED_BYTES: Final = 64 << 20
"""What parsed transactions may weigh in memory, by estimate."""

MAX_KEPT_BYTES: Final = MAX_PARSED_BYTES // 8
"""A transaction that weighs more is parsed again rather than that all others are forgotten for it."""

BATCH_BYTES: Final = 2_048
OPERATION_BYTES: Final = 192
"""About what a parsed batch, and each of its operations, take beyond their bytes."""

RESULT_BYTES: Final = 10

Batches = Sequence[Batch | Malformed]

Nonce = tuple[str, bytes]
"""A system and the nonce of one of its batches."""


class TransactionReader:
    """Parses transactions; what CheckTx parsed, hashed and checked serves the block too."""

    def __init__(self) -> None:
        """Start with nothing parsed."""
        self._cache: BoundedCache[bytes, Batches] = BoundedCache(MAX_PARSED_BYTES)

    def read(self, transaction: bytes) -> Batches | None:
        """The batches of a transaction in order, or None if it is no bundle."""
        digest = sha256(transaction).digest()
        batches = self._cache.get(digest)
        if batches is None:
            try:
                batches = parse_bundle(transaction)
            except InvalidEncoding:
                return None
            weight = estimate_weight(transaction, batches)
            if weight <= MAX_KEPT_BYTES:
                self._cache.put(digest, batches, weight)
        return batches

    def forget(self, transaction: bytes) -> None:
        """The transaction was refused, or is in a committed block, and is not asked for again soon."""
        self._cache.drop(sha256(transaction).digest())


def estimate_weight(transaction: bytes, batches: Batches) -> int:
    """Bytes that a parsed transaction may take in memory: tiny batches are far larger than they travel."""
    operations = sum(len(batch.operations) for batch in batches if isinstance(batch, Batch))
    return len(transaction) + BATCH_BYTES * len(batches) + OPERATION_BYTES * operations


def find_accepted(batches: Batches, results: Sequence[BatchResult]) -> Iterator[Nonce]:
    """System and nonce of those of `batches` that a block accepted."""
    for batch, result in zip(batches, results, strict=True):
        if isinstance(batch, Batch) and result.code == Code.OK:
            yield batch.nonce


def build_transaction(batch: batch_pb2.SignedBatch) -> bytes:
    """The transaction that carries one batch."""
    return batch_pb2.Bundle(batches=[batch]).SerializeToString()


def build_result(results: Sequence[BatchResult] | None) -> ExecTxResult:
    """Code 0 and `u16 code ‖ u64 batch index` for each batch; code 1 and no data if it was no bundle."""
    if results is None:
        return ExecTxResult(code=Code.NOT_CANONICAL)
    return ExecTxResult(data=b"".join(u16(result.code) + u64(result.batch_index) for result in results))


def parse_result(result: ExecTxResult) -> list[BatchResult]:
    """The batches' fates in a transaction's result; empty if it was no bundle."""
    data = result.data
    return [
        BatchResult(int.from_bytes(data[at : at + 2], "big"), int.from_bytes(data[at + 2 : at + 10], "big"))
        for at in range(0, len(data), RESULT_BYTES)
    ]

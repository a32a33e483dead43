"""A receipt: what became of one's own batch, operation by operation, from one leaf (SPEC 8.7).

The leaf names the first index of each log; the rest follows from the results and from which log each kind of
operation goes to. So a thousand entries are located, and covered, by one inclusion proof.
"""

from dataclasses import dataclass

from google.protobuf.message import DecodeError

from zhenglian_ledger.batch import Batch
from zhenglian_ledger.canonical import parse_canonical
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidEncoding, VerificationFailed
from zhenglian_ledger.leaves import BatchLeaf
from zhenglian_ledger.operations import OPERATIONS
from zhenglian_ledger.rows import ACCESS, REGISTRY
from zhenglian_ledger.verify.anchor import Proven
from zhenglian_ledger.verify.inclusion import verify_batch_leaf
from zhenglian_proto.v1.node_pb2 import Receipt
from zhenglian_proto.v1.operation_pb2 import Operation


@dataclass(frozen=True, slots=True)
class VerifiedReceipt:
    """Where an accepted batch stands and what became of its operations, by ordinal.

    `registry_indexes` and `access_indexes`: ordinal → index in that log; a refused use has one too.
    """

    batch_index: int
    height: int
    time_ms: int
    results: tuple[int, ...]
    registry_indexes: dict[int, int]
    access_indexes: dict[int, int]

    @property
    def is_accepted(self) -> bool:
        """Whether every operation was accepted."""
        return not any(self.results)


def verify_receipt(proven: Proven, receipt: Receipt, batch: Batch) -> VerifiedReceipt:
    """What became of `batch`, which the caller signed.

    Raises VerificationFailed with the code named at each step.
    """
    # 1. The leaf stands in the batch log: PROOF_SWAPPED, PROOF_TRUNCATED_PATH, PROOF_WRONG_PATH.
    leaf = verify_batch_leaf(proven, receipt.batch)
    return verify_results(leaf, receipt.batch.index, batch)


def verify_results(leaf: BatchLeaf, batch_index: int, batch: Batch) -> VerifiedReceipt:
    """What became of `batch`, by the leaf that was verified to stand at `batch_index`.

    Raises VerificationFailed with the code named at each step.
    """
    # 2. It is of the very batch that was signed, not one byte less: PROOF_WRONG_RESULT.
    if leaf.header != batch.header_bytes or leaf.signature != batch.signature:
        raise VerificationFailed(Code.PROOF_WRONG_RESULT)
    # 3. Every operation has its result, and the refused ones are those that were sent: PROOF_WRONG_RESULT.
    if len(leaf.results) != len(batch.operations):
        raise VerificationFailed(Code.PROOF_WRONG_RESULT)
    refused = [batch.leaf_hashes[ordinal] for ordinal, result in enumerate(leaf.results) if result]
    if list(leaf.refused) != refused:
        raise VerificationFailed(Code.PROOF_WRONG_RESULT)
    # 4. So the place of every entry is known.
    registry, access = compute_entry_indexes(leaf, batch)
    return VerifiedReceipt(batch_index, leaf.height, leaf.time_ms, leaf.results, registry, access)


def compute_entry_indexes(leaf: BatchLeaf, batch: Batch) -> tuple[dict[int, int], dict[int, int]]:
    """(ordinal → registry index, ordinal → access index) of every operation of `batch` that made an entry."""
    next_index: dict[int, int] = {REGISTRY: leaf.first_registry_index, ACCESS: leaf.first_access_index}
    indexes: dict[int, dict[int, int]] = {REGISTRY: {}, ACCESS: {}}
    for ordinal, (data, result) in enumerate(zip(batch.operations, leaf.results, strict=True)):
        log = compute_log(data) if not result else compute_log_of_refusal(data, is_atomic=batch.header.atomic)
        if log is not None:
            indexes[log][ordinal] = next_index[log]
            next_index[log] += 1
    return indexes[REGISTRY], indexes[ACCESS]


def compute_log(data: bytes) -> int:
    """The log of an accepted operation, by its bytes; raises PROOF_WRONG_RESULT if it is none."""
    try:
        kind = Operation.FromString(data).WhichOneof("kind")
    except DecodeError as error:
        raise VerificationFailed(Code.PROOF_WRONG_RESULT) from error
    if kind is None:
        raise VerificationFailed(Code.PROOF_WRONG_RESULT)
    return OPERATIONS[kind].log


def compute_log_of_refusal(data: bytes, *, is_atomic: bool) -> int | None:
    """ACCESS where the refusal was traced: a readable use, plan or audit, in a batch that is not atomic."""
    if is_atomic:
        return None
    try:
        kind = parse_canonical(Operation, data).WhichOneof("kind")
    except InvalidEncoding:
        return None
    return ACCESS if kind is not None and OPERATIONS[kind].log == ACCESS else None

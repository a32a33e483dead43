"""A leaf stands in a log of a proven state, at the place it claims (SPEC 8.2)."""

from google.protobuf.message import DecodeError

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_ledger.leaves import BatchLeaf, Entry, decode_batch_leaf, decode_entry
from zhenglian_ledger.merkle.hashing import leaf_hash
from zhenglian_ledger.merkle.proof import verify_inclusion
from zhenglian_ledger.rows import ACCESS, BATCH, REGISTRY
from zhenglian_ledger.verify.anchor import Proven
from zhenglian_proto.v1.batch_pb2 import BatchHeader
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.proof_pb2 import AppHashParts, Inclusion, Log, LogHead


def verify_leaf(proven: Proven, inclusion: Inclusion, *, log: Log, index: int | None = None) -> None:
    """`inclusion.leaf` is what `log` of the proven state holds, at `index` where one is given."""
    # 1. The proof is about the log and the place that were asked for: PROOF_SWAPPED.
    if inclusion.log != log or (index is not None and inclusion.index != index):
        raise VerificationFailed(Code.PROOF_SWAPPED)
    # 2. Its path has the length of that place, PROOF_TRUNCATED_PATH, and leads to the root, PROOF_WRONG_PATH.
    head = get_log_head(proven.parts, log)
    verify_inclusion(leaf_hash(inclusion.leaf), inclusion.index, head.size, inclusion.path, head.root)


def verify_entry(proven: Proven, inclusion: Inclusion, *, log: Log, index: int | None = None) -> Entry:
    """The entry that the registry or access log of the proven state holds there.

    Raises VerificationFailed: PROOF_SWAPPED, PROOF_TRUNCATED_PATH, PROOF_WRONG_PATH, PROOF_MALFORMED.
    """
    verify_leaf(proven, inclusion, log=log, index=index)
    return decode_entry(inclusion.leaf)


def verify_batch_leaf(proven: Proven, inclusion: Inclusion, *, index: int | None = None) -> BatchLeaf:
    """The leaf that the batch log of the proven state holds there; raises as `verify_entry`."""
    verify_leaf(proven, inclusion, log=BATCH, index=index)
    return decode_batch_leaf(inclusion.leaf)


def decode_operation(entry: Entry) -> Operation:
    """The operation of a proven entry, canonical when the entry was made; raises PROOF_MALFORMED."""
    try:
        return Operation.FromString(entry.operation)
    except DecodeError as error:
        raise VerificationFailed(Code.PROOF_MALFORMED, field="operation") from error


def decode_header(leaf: BatchLeaf) -> BatchHeader:
    """The header that the batch's system signed; raises PROOF_MALFORMED."""
    try:
        return BatchHeader.FromString(leaf.header)
    except DecodeError as error:
        raise VerificationFailed(Code.PROOF_MALFORMED, field="batch header") from error


def get_log_head(parts: AppHashParts, log: Log) -> LogHead:
    """Size and root of one of the three logs; raises PROOF_SWAPPED for no log at all."""
    if log == BATCH:
        return parts.batch
    if log == REGISTRY:
        return parts.registry
    if log == ACCESS:
        return parts.access
    raise VerificationFailed(Code.PROOF_SWAPPED)

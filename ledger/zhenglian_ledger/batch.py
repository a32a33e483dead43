"""Signed batches: building them and the checks that need no state (SPEC 2.1, 2.2).

The header is signed; the operations hang under its `operations_root`, so one operation can be shown
with its author's signature and without its siblings.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from typing import Final, NamedTuple

from google.protobuf.message import DecodeError

from zhenglian_ledger import rows, tags
from zhenglian_ledger.canonical import parse_canonical, serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidBatch, InvalidEncoding
from zhenglian_ledger.merkle.hashing import compute_root, leaf_hash
from zhenglian_proto.v1 import batch_pb2

MAX_BATCHES: Final = 1024
MAX_OPERATIONS: Final = 1024
MAX_OPERATION_BYTES: Final = 60 * 1024
MAX_BATCH_BYTES: Final = 480 * 1024
MAX_HEADER_BYTES: Final = 512
SIGNATURE_BYTES: Final = 64

Sign = Callable[[bytes], bytes]


class Batch:
    """A signed batch whose sizes and header are in order. Costly parts are computed once, when asked for."""

    def __init__(self, header_bytes: bytes, signature: bytes, operations: Sequence[bytes]) -> None:
        """Hold the parts as they were sent; raises as `verify_sizes`, and InvalidEncoding for the header."""
        verify_sizes(header_bytes, signature, operations)
        self._read_header(header_bytes, signature)
        self.operations = operations
        self.known_results: Mapping[int, int] = {}  # of operations that are no longer at hand (`replay`)

    def _read_header(self, header_bytes: bytes, signature: bytes) -> None:
        """What is asked for at every step of a batch is read from its header once."""
        self.header_bytes, self.signature = header_bytes, signature
        self.header = header = parse_canonical(batch_pb2.BatchHeader, header_bytes)
        self.nonce = (header.system, header.nonce)
        self.nonce_key = rows.nonce_key(*self.nonce)
        self.signer = (header.system, header.key, header.suite)

    @cached_property
    def signed_bytes(self) -> bytes:
        """What the author's signature covers."""
        return tags.tag_bytes(tags.BATCH, self.header_bytes)

    @cached_property
    def header_digest(self) -> bytes:
        """SHA-256 of the signed bytes."""
        return sha256(self.signed_bytes).digest()

    @cached_property
    def leaf_hashes(self) -> list[bytes]:
        """RFC 6962 leaf hash of each operation."""
        return [leaf_hash(operation) for operation in self.operations]

    @property
    def computed_root(self) -> bytes:
        """RFC 6962 root over the operations."""
        return compute_root(self.leaf_hashes)

    @cached_property
    def fault(self) -> Code:
        """OK if the header is of these operations, else WRONG_OPERATION_COUNT or WRONG_OPERATIONS_ROOT."""
        if self.header.operation_count != len(self.operations):
            return Code.WRONG_OPERATION_COUNT
        return Code.OK if self.header.operations_root == self.computed_root else Code.WRONG_OPERATIONS_ROOT

    def to_message(self) -> batch_pb2.SignedBatch:
        """The batch as it travels."""
        return batch_pb2.SignedBatch(
            header=self.header_bytes, signature=self.signature, operations=self.operations
        )


class Malformed(NamedTuple):
    """What stands in a transaction where a batch should: no more than the code of the check it failed."""

    code: Code


def verify_sizes(header_bytes: bytes, signature: bytes, operations: Sequence[bytes]) -> None:
    """All sizes are within SPEC 2.1; raises InvalidBatch(TOO_LARGE, MISSING_FIELD or WRONG_SIGNATURE)."""
    if len(signature) != SIGNATURE_BYTES:
        raise InvalidBatch(Code.WRONG_SIGNATURE)
    if not operations:
        raise InvalidBatch(Code.MISSING_FIELD, field="operations")
    _verify_limit(len(header_bytes), MAX_HEADER_BYTES)
    _verify_limit(len(operations), MAX_OPERATIONS)
    sizes = [len(operation) for operation in operations]
    _verify_limit(max(sizes), MAX_OPERATION_BYTES)
    _verify_limit(sum(sizes), MAX_BATCH_BYTES)


def _verify_limit(size: int, limit: int) -> None:
    if size > limit:
        raise InvalidBatch(Code.TOO_LARGE, size=size, limit=limit)


def parse_batch(message: batch_pb2.SignedBatch) -> Batch:
    """The batch in `message`; raises InvalidBatch with the code of the first check it fails."""
    try:
        return Batch(message.header, message.signature, list(message.operations))
    except InvalidEncoding as error:
        raise InvalidBatch(error.code, **error.fields) from error


def parse_bundle(transaction: bytes) -> list[Batch | Malformed]:
    """The batches of an engine transaction in order; of a malformed one, its code (SPEC 2.1).

    Raises InvalidEncoding(UNPARSABLE) when the transaction is no bundle, or holds no batch or more than
    1,024: what anybody may send must not cost more than its bytes.
    """
    try:
        bundle = batch_pb2.Bundle.FromString(transaction)
    except DecodeError as error:
        raise InvalidEncoding(Code.UNPARSABLE) from error
    if not 1 <= len(bundle.batches) <= MAX_BATCHES:
        raise InvalidEncoding(Code.UNPARSABLE)
    return [_parse_or_code(message) for message in bundle.batches]


def _parse_or_code(message: batch_pb2.SignedBatch) -> Batch | Malformed:
    try:
        return parse_batch(message)
    except InvalidBatch as error:
        return Malformed(error.code)


def build_batch(  # noqa: PLR0913  one argument a header field
    operations: Sequence[bytes],
    *,
    suite: batch_pb2.Suite,
    chain_id: str,
    system: str,
    key: bytes,
    nonce: bytes,
    valid_until_ms: int,
    sign: Sign,
    atomic: bool = False,
) -> Batch:
    """A batch over `operations` (canonical Operation bytes), signed by `sign`; raises as `verify_sizes`."""
    header = batch_pb2.BatchHeader(
        suite=suite,
        chain_id=chain_id,
        system=system,
        key=key,
        nonce=nonce,
        valid_until_ms=valid_until_ms,
        atomic=atomic,
        operation_count=len(operations),
        operations_root=compute_root([leaf_hash(operation) for operation in operations]),
    )
    header_bytes = serialise(header)
    return Batch(header_bytes, sign(tags.tag_bytes(tags.BATCH, header_bytes)), operations)


def compute_request_nonce(request_id: str) -> bytes:
    """The nonce of a caller's request id: the same id always meets its first receipt (SPEC 2.5)."""
    return tags.tagged(tags.REQUEST, request_id.encode())[:16]

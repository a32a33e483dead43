"""Receipts: what became of each operation of a batch, proven by one leaf of the batch log (SPEC 2.5, 8.7).

A receipt asked for again, by the same request id, may be of an earlier batch than the one the caller holds
now. It is marked `identical` where both hold the same operations; else its results are those of the earlier
content.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from zhenglian_ledger.batch import Batch, parse_batch
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, InvalidInput, Refused, VerificationFailed
from zhenglian_ledger.leaves import BatchLeaf
from zhenglian_ledger.merkle.hashing import compute_root, leaf_hash
from zhenglian_ledger.verify.anchor import Proven
from zhenglian_ledger.verify.inclusion import decode_header, verify_batch_leaf
from zhenglian_ledger.verify.receipt import verify_results
from zhenglian_ledger.verify.sentences import Assurance
from zhenglian_proto.v1 import node_pb2
from zhenglian_proto.v1.batch_pb2 import SignedBatch

_CODES: Final = {int(code): code for code in Code}


@dataclass(frozen=True, slots=True)
class OperationResult:
    """What became of one operation: by its place in the batch, and where its entry stands.

    One of the indexes is not None where an entry was made and the operation is at hand.
    """

    ordinal: int
    code: Code
    registry_index: int | None = None
    access_index: int | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether it took effect."""
        return self.code == Code.OK

    @property
    def zh(self) -> str:
        """The result in Chinese."""
        return Refused(self.code).zh

    @property
    def en(self) -> str:
        """The result in English."""
        return Refused(self.code).en


@dataclass(frozen=True, slots=True)
class Receipt:
    """A batch that was accepted in block `height` at `time_ms`, and what became of its operations.

    `proof` is what the node showed; it was verified, so the receipt is PROVEN.
    """

    batch_index: int
    height: int
    time_ms: int
    nonce: bytes
    results: tuple[OperationResult, ...]
    identical: bool
    proof: node_pb2.Receipt
    assurance: Assurance = Assurance.PROVEN

    @property
    def is_accepted(self) -> bool:
        """Whether every operation took effect, of the very content that was asked for."""
        return self.identical and not self.refusals

    @property
    def refusals(self) -> tuple[OperationResult, ...]:
        """The operations that were refused."""
        return tuple(result for result in self.results if not result.is_accepted)

    def raise_for_refusals(self) -> "Receipt":
        """The receipt itself if all took effect.

        Raises Refused with the first refusal's code and its `ordinal`; InvalidInput(REQUEST_NOT_IDENTICAL)
        where the request id was used for other content.
        """
        if not self.identical:
            raise InvalidInput(Code.REQUEST_NOT_IDENTICAL)
        for refusal in self.refusals:
            raise Refused(refusal.code, ordinal=refusal.ordinal)
        return self


def verify_sent_receipt(proven: Proven, proof: node_pb2.Receipt, batch: Batch) -> Receipt:
    """The receipt of `batch`, which the caller built and sent, or of whatever batch had used its nonce.

    Raises as `verify_first_receipt`.
    """
    leaf = verify_batch_leaf(proven, proof.batch)
    if leaf.header == batch.header_bytes and leaf.signature == batch.signature:
        return _build_own_receipt(leaf, proof, batch)
    header = batch.header
    return _compare_receipt(leaf, proof, header.system, header.nonce, batch.operations)


def verify_first_receipt(
    proven: Proven, proof: node_pb2.Receipt, *, system: str, nonce: bytes, operations: Sequence[bytes] | None
) -> Receipt:
    """The receipt of whatever batch of `system` used `nonce`, compared with `operations`, if at hand.

    It is mostly the batch that was just sent, but a request id may have met an earlier one. Raises
    VerificationFailed: what `verify_receipt` raises, PROOF_WRONG_RESULT for another system or nonce.
    """
    return _compare_receipt(verify_batch_leaf(proven, proof.batch), proof, system, nonce, operations)


def get_code(number: int) -> Code:
    """The code of a number from a node; raises Denied(ANSWER_MALFORMED) for one that is not known here."""
    code = _CODES.get(number)
    if code is None:
        raise Denied(Code.ANSWER_MALFORMED, field=f"code {number}")
    return code


def _compare_receipt(
    leaf: BatchLeaf, proof: node_pb2.Receipt, system: str, nonce: bytes, operations: Sequence[bytes] | None
) -> Receipt:
    """As `verify_first_receipt`, of the leaf that was verified to stand where `proof` says."""
    header = decode_header(leaf)
    if header.system != system or header.nonce != nonce:
        raise VerificationFailed(Code.PROOF_WRONG_RESULT)
    if operations and compute_root([leaf_hash(each) for each in operations]) == header.operations_root:
        signed = SignedBatch(header=leaf.header, signature=leaf.signature, operations=operations)
        return _build_own_receipt(leaf, proof, parse_batch(signed))
    return Receipt(
        batch_index=proof.batch.index,
        height=leaf.height,
        time_ms=leaf.time_ms,
        nonce=nonce,
        results=tuple(OperationResult(ordinal, get_code(code)) for ordinal, code in enumerate(leaf.results)),
        identical=operations is None,
        proof=proof,
    )


def _build_own_receipt(leaf: BatchLeaf, proof: node_pb2.Receipt, batch: Batch) -> Receipt:
    """The receipt of `batch`, by the same leaf; raises as `verify_results`."""
    verified = verify_results(leaf, proof.batch.index, batch)
    results = tuple(
        OperationResult(
            ordinal,
            get_code(result),
            verified.registry_indexes.get(ordinal),
            verified.access_indexes.get(ordinal),
        )
        for ordinal, result in enumerate(verified.results)
    )
    return Receipt(
        batch_index=verified.batch_index,
        height=verified.height,
        time_ms=verified.time_ms,
        nonce=batch.header.nonce,
        results=results,
        identical=True,
        proof=proof,
    )

"""Answers with a whole trace, page by page, and receipts: complete by construction (SPEC 8.6, 8.7)."""

from typing import Final

from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.head import decode_trace_row, trace_row_key
from zhenglian_ledger.merkle.trace import TraceKind, compute_bucket, compute_run, compute_trace_key
from zhenglian_ledger.rows import BATCH, u32, u64
from zhenglian_node.app.answers_proofs import ProofBuilder
from zhenglian_node.app.provable import Provable
from zhenglian_proto.v1.node_pb2 import Receipt, TraceAnswer, TraceElement
from zhenglian_proto.v1.proof_pb2 import TraceProof

MAX_ELEMENTS: Final = 4096
"""Elements in one answer."""

MAX_ELEMENT_BYTES: Final = 2 * 1024 * 1024
"""Bytes of entries in one answer; the first element always fits."""


def build_trace_answer(provable: Provable, kind: TraceKind, identifier: bytes, start: int = 0) -> TraceAnswer:
    """The trace of `identifier` from element `start` on, with its count and head, or its absence."""
    builder = ProofBuilder(provable)
    key = compute_trace_key(kind, identifier)
    proof = build_trace_proof(builder, key)
    elements = _get_elements(builder, key, start, proof.count)
    return TraceAnswer(
        anchor=builder.build_anchor(),
        proof=proof,
        elements=elements,
        more=start + len(elements) < proof.count,
    )


def build_trace_proof(builder: ProofBuilder, key: bytes) -> TraceProof:
    """Count and head of a trace key, or its absence, under the trace root."""
    bucket = compute_bucket(key, builder.state.get_parameters().trace_bits)
    view = builder.provable.view
    proof = TraceProof(
        key=key,
        run=compute_run(decode_trace_row(*row) for row in view.scan(rows.TRACE + u32(bucket))),
        path=builder.provable.trace_path(bucket),
    )
    row_key = trace_row_key(bucket, key)
    value = view.get(row_key)
    if value is not None:
        proof.present = True
        _, proof.count, proof.head = decode_trace_row(row_key, value)
    return proof


def build_receipt(provable: Provable, batch_index: int) -> Receipt | None:
    """The leaf of an accepted batch with its path; None while the batch is not provable."""
    builder = ProofBuilder(provable)
    if not 0 <= batch_index < builder.state.base_sizes[BATCH]:
        return None
    return Receipt(batch=builder.build_inclusion(BATCH, batch_index), anchor=builder.build_anchor())


def _get_elements(builder: ProofBuilder, key: bytes, start: int, count: int) -> list[TraceElement]:
    elements: list[TraceElement] = []
    size = 0
    for number in range(start, min(count, start + MAX_ELEMENTS)):
        element = _get_element(builder, key, number)
        size += len(element.leaf)
        if elements and size > MAX_ELEMENT_BYTES:
            break
        elements.append(element)
    return elements


def _get_element(builder: ProofBuilder, key: bytes, number: int) -> TraceElement:
    row = builder.provable.view.get(rows.FEED + key + u64(number))
    if row is None:
        raise StoreError(Code.STORE_CORRUPTED, what=f"trace has no element {number}")
    log, epoch, index = row[0], int.from_bytes(row[1:5], "big"), int.from_bytes(row[5:13], "big")
    leaf = builder.get_leaf(log, index)
    return TraceElement(log=log, epoch=epoch, index=index, leaf=leaf)  # type: ignore[arg-type]

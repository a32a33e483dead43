"""A trace with its completeness: these are all the entries recorded about a key, or there are none (SPEC 8.8).

The promise in words: all that is *recorded on the ledger* up to the proven height. A long trace comes in pages;
until the last one is there, what the pages hold is an assertion, and `is_complete` says so.
"""

from dataclasses import dataclass
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_ledger.leaves import Entry, decode_entry
from zhenglian_ledger.merkle.hashing import leaf_hash
from zhenglian_ledger.merkle.trace import (
    EMPTY_HEAD,
    TraceElement,
    TraceKind,
    compute_next_head,
    compute_trace_key,
    verify_trace_absence,
    verify_trace_elements,
    verify_trace_presence,
)
from zhenglian_ledger.verify.anchor import Proven
from zhenglian_ledger.verify.inclusion import decode_operation
from zhenglian_proto.v1 import node_pb2
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.proof_pb2 import TraceProof

MAX_PAGE: Final = 4096
"""Elements in one answer; only a page this full may leave some for the next."""

Position = tuple[int, bytes]
"""How far a trace is known: (count, head)."""

START: Final[Position] = (0, EMPTY_HEAD)


@dataclass(frozen=True, slots=True)
class TracedEntry:
    """One entry of a trace: where it stands and what it says; `entry.code` is not 0 for a refused use."""

    log: int
    epoch: int
    index: int
    entry: Entry
    operation: Operation


@dataclass(frozen=True, slots=True)
class VerifiedTrace:
    """The entries from the start on; `count` is how many the key has in all, `reached` where these end."""

    entries: tuple[TracedEntry, ...]
    count: int
    reached: Position
    is_complete: bool


def verify_trace(
    proven: Proven,
    answer: node_pb2.TraceAnswer,
    *,
    kind: TraceKind,
    identifier: bytes,
    start: Position = START,
) -> VerifiedTrace:
    """The trace of `identifier` after `start`, which is 0 elements or what an earlier page or proof reached.

    Raises VerificationFailed with the code named at each step; PROOF_WRONG_TRACE shows expected and found.
    """
    # 1. The proof is about the key that was asked for: PROOF_SWAPPED.
    if answer.proof.key != compute_trace_key(kind, identifier):
        raise VerificationFailed(Code.PROOF_SWAPPED)
    # 2. The trace tree holds exactly this count and head, or nothing: PROOF_WRONG_TRACE(_PATH).
    count, head = verify_trace_position(proven, answer.proof)
    # 3. The elements lead from the start to that head, in order: none dropped, repeated, moved or altered.
    elements = [_to_element(element) for element in answer.elements]
    reached = (count, head)
    if len(elements) == MAX_PAGE and start[0] + MAX_PAGE < count:
        reached = _follow(start, elements)
    else:
        verify_trace_elements(elements, count, head, start)
    # 4. So they are entries of the ledger, and can be read.
    entries = tuple(_decode(element) for element in answer.elements)
    return VerifiedTrace(entries, count, reached, reached[0] == count)


def verify_trace_position(proven: Proven, proof: TraceProof) -> Position:
    """The proven (count, head) of `proof.key`; (0, 32 zero bytes) if nothing was ever recorded about it.

    The tree's depth is the path's length: a bucket and an inner node never hash alike, so no other length fits.
    """
    root, depth = proven.parts.trace_root, len(proof.path)
    if proof.present:
        verify_trace_presence(proof.key, proof.count, proof.head, proof.run, proof.path, root, depth)
        return proof.count, proof.head
    verify_trace_absence(proof.key, proof.run, proof.path, root, depth)
    return START


def _to_element(element: node_pb2.TraceElement) -> TraceElement:
    return TraceElement(element.log, element.epoch, element.index, leaf_hash(element.leaf))


def _follow(start: Position, elements: list[TraceElement]) -> Position:
    count, head = start
    for element in elements:
        head = compute_next_head(head, element.log, element.epoch, element.index, element.leaf_hash)
    return count + len(elements), head


def _decode(element: node_pb2.TraceElement) -> TracedEntry:
    entry = decode_entry(element.leaf)
    return TracedEntry(element.log, element.epoch, element.index, entry, decode_operation(entry))

"""A trace with its completeness: all the entries recorded about a key, or proof of none (SPEC 8.6).

The promise in words: all that is *recorded on the ledger* up to the proven height. A long trace comes in
pages; what they hold is an assertion until the last one is there, so no entry is returned before.
"""

from collections.abc import Sequence
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
    compute_trace_key,
    verify_trace_absence,
    verify_trace_elements,
    verify_trace_presence,
)
from zhenglian_ledger.rows import ACCESS, REGISTRY, u32
from zhenglian_ledger.verify.anchor import Proven
from zhenglian_ledger.verify.inclusion import decode_operation
from zhenglian_proto.v1 import node_pb2
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.proof_pb2 import TraceProof
from zhenglian_proto.v1.uses_pb2 import AuditQuery

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
    """The entries from the start on; `count` is how many the key has in all, `reached` where these end.

    Where more is to come, `is_complete` is False, there are no entries, and `reached` is the start.
    """

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
    earlier: Sequence[node_pb2.TraceElement] = (),
) -> VerifiedTrace:
    """The trace of `identifier` after `start`, which is 0 elements or what an earlier trace reached.

    `earlier` are the elements of the pages before this one, kept by the caller until the last is there.
    Raises VerificationFailed with the code named at each step; PROOF_WRONG_TRACE shows expected and found.
    """
    # 1. The proof is about the key that was asked for: PROOF_SWAPPED.
    if answer.proof.key != compute_trace_key(kind, identifier):
        raise VerificationFailed(Code.PROOF_SWAPPED)
    # 2. The trace tree holds exactly this count and head, or nothing: PROOF_WRONG_TRACE(_PATH).
    count, head = verify_trace_position(proven, answer.proof)
    # 3. The elements lead from the start to that head, in order: none dropped, repeated, moved or altered.
    shown = [*earlier, *answer.elements]
    if answer.more:
        _verify_page(start[0] + len(earlier), start[0] + len(shown), count)
        return VerifiedTrace((), count, start, is_complete=False)
    verify_trace_elements([_to_element(element) for element in shown], count, head, start)
    # 4. So they are entries of the ledger, and can be read: PROOF_MALFORMED.
    entries = tuple(_decode(element) for element in shown)
    return VerifiedTrace(entries, count, (count, head), is_complete=True)


def verify_trace_position(proven: Proven, proof: TraceProof) -> Position:
    """The proven (count, head) of `proof.key`; (0, 32 zero bytes) if nothing was ever recorded about it.

    The tree's depth is the path's length: a bucket and a node never hash alike, so no other length fits.
    """
    root, depth = proven.parts.trace_root, len(proof.path)
    if proof.present:
        verify_trace_presence(proof.key, proof.count, proof.head, proof.run, proof.path, root, depth)
        return proof.count, proof.head
    verify_trace_absence(proof.key, proof.run, proof.path, root, depth)
    return START


def compute_trace_target(query: AuditQuery) -> tuple[TraceKind, bytes]:
    """Which trace a query asks for; an actor's is its unit's in the period, to be filtered by the reader."""
    target = query.WhichOneof("target")
    if target == "actor":
        return TraceKind.UNIT, query.actor.unit.encode() + b"\x00" + u32(query.period)
    kinds = {"subject": TraceKind.SUBJECT, "grant": TraceKind.GRANT, "record": TraceKind.RECORD}
    if target is None:
        raise VerificationFailed(Code.PROOF_MALFORMED, field="target")
    return kinds[target], getattr(query, target)


def _to_element(element: node_pb2.TraceElement) -> TraceElement:
    if element.log not in (REGISTRY, ACCESS):
        raise VerificationFailed(Code.PROOF_MALFORMED, field="element.log")
    return TraceElement(element.log, element.epoch, element.index, leaf_hash(element.leaf))


def _verify_page(before: int, reached: int, count: int) -> None:
    """A page that is not the last ends between where it began and the whole."""
    if not before < reached < count:
        raise VerificationFailed(Code.PROOF_WRONG_TRACE, expected=f"{count:016x}", found=f"{reached:016x}")


def _decode(element: node_pb2.TraceElement) -> TracedEntry:
    entry = decode_entry(element.leaf)
    return TracedEntry(element.log, element.epoch, element.index, entry, decode_operation(entry))

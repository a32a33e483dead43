"""Checking statuses and traces: rows lead to the head's roots, and agree with each other (SPEC 4.4, 4.5)."""

from collections.abc import Callable, Iterator
from typing import Final

from zhenglian_ledger import rows
from zhenglian_ledger.genesis import parse_genesis
from zhenglian_ledger.head import Head, decode_trace_row, load_trees
from zhenglian_ledger.lifecycle import (
    ADMINISTERED_STATUS,
    GRANT_STATUS,
    PROPOSAL_STATUS,
    compute_record_status,
)
from zhenglian_ledger.merkle.hashing import leaf_hash
from zhenglian_ledger.merkle.status import CHUNK_STATUSES, Status, compute_chunk_count, get_status
from zhenglian_ledger.merkle.trace import EMPTY_HEAD, compute_next_head
from zhenglian_ledger.state import ADMINISTERED
from zhenglian_node.app.format import get_genesis
from zhenglian_node.storage.port import Snapshot
from zhenglian_proto.v1.state_pb2 import AdministeredState, GrantState, ProposalState, RecordState
from zhenglian_proto.v1.types_pb2 import KIND_GRANT, KIND_LICENCE, KIND_MATERIAL, KIND_PROPOSAL


def check_statuses(view: Snapshot, head: Head) -> Iterator[str]:
    """What is wrong with the chunks: missing, surplus, another root, a nibble that its row denies."""
    count = compute_chunk_count(head.sizes[rows.REGISTRY])
    chunks = [key for key, _ in view.scan(rows.CHUNK)]
    if chunks != [rows.CHUNK + rows.u64(number) for number in range(count)]:
        yield f"status: {len(chunks)} chunks instead of the first {count}"
        return
    trees = load_trees(view, head, parse_genesis(get_genesis(view)).parameters.trace_bits)
    if trees.status.root != head.status_root:
        yield "status: the chunks do not give the head's status root"
    if trees.trace.root != head.trace_root:
        yield "trace: the trace rows do not give the head's trace root"
    for kind, compute in _STATUS_OF.items():
        for key, value in view.scan(rows.STATE + bytes([kind])):
            yield from _check_nibble(view, int.from_bytes(key[2:], "big"), compute(value))


def check_traces(view: Snapshot) -> Iterator[str]:
    """What is wrong with the traces: a key whose feed does not lead to its count and head."""
    feeds = 0
    for row_key, value in view.scan(rows.TRACE):
        key, count, expected = decode_trace_row(row_key, value)
        found = EMPTY_HEAD
        for number, (feed_key, feed) in enumerate(view.scan(rows.FEED + key)):
            feeds += 1
            log, epoch, index = feed[0], int.from_bytes(feed[1:5], "big"), int.from_bytes(feed[5:], "big")
            leaf = view.get(rows.entry_key(log, index))
            if leaf is None or feed_key != rows.FEED + key + rows.u64(number):
                break
            found = compute_next_head(found, log, epoch, index, leaf_hash(leaf))
            count -= 1
        if count or found != expected:
            yield f"trace: the feed of {key.hex()} does not give its head"
    surplus = sum(1 for _ in view.scan(rows.FEED)) - feeds
    if surplus:
        yield f"trace: {surplus} feed rows belong to no trace"


def _check_nibble(view: Snapshot, index: int, expected: Status) -> Iterator[str]:
    chunk = view.get(rows.CHUNK + rows.u64(index // CHUNK_STATUSES)) or b""
    if get_status(chunk, index) != expected:
        yield f"status: index {index} is not {expected.name}, as its row says"


def _compute_record_status(value: bytes) -> Status:
    state = RecordState.FromString(value)
    return compute_record_status(state.standing, state.open_disputes)


def _compute_grant_status(value: bytes) -> Status:
    return GRANT_STATUS[GrantState.FromString(value).standing]


def _compute_administered_status(value: bytes) -> Status:
    return ADMINISTERED_STATUS[AdministeredState.FromString(value).standing]


def _compute_proposal_status(value: bytes) -> Status:
    return PROPOSAL_STATUS[ProposalState.FromString(value).standing]


_STATUS_OF: Final[dict[int, Callable[[bytes], Status]]] = {
    KIND_LICENCE: _compute_record_status,
    KIND_MATERIAL: _compute_record_status,
    KIND_GRANT: _compute_grant_status,
    KIND_PROPOSAL: _compute_proposal_status,
    **dict.fromkeys(ADMINISTERED, _compute_administered_status),
}

"""Head: where the ledger stands after a block. Trees: the two trees kept in memory beside the store."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Self

from zhenglian_ledger import rows
from zhenglian_ledger.app_hash import EMPTY_DELTA, compute_app_hash
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.merkle.frontier import Frontier
from zhenglian_ledger.merkle.hashing import EMPTY_ROOT
from zhenglian_ledger.merkle.status import StatusTree, compute_chunk_count
from zhenglian_ledger.merkle.trace import TraceTree, compute_bucket_leaf, compute_run
from zhenglian_ledger.rows import ACCESS, BATCH, REGISTRY
from zhenglian_ledger.state import LOGS, View
from zhenglian_proto.v1 import proof_pb2, state_pb2

_TRACE_KEY: Final = 1 + 4


@dataclass(frozen=True, slots=True)
class Head:
    """Height, time, right edges and roots after a block; with its app hash (SPEC 4.6)."""

    height: int
    time_ms: int
    frontiers: dict[int, Frontier]
    access_epoch: int
    status_root: bytes
    trace_root: bytes
    delta: bytes
    app_hash: bytes

    @property
    def sizes(self) -> dict[int, int]:
        """The number of leaves of each log."""
        return {log: frontier.size for log, frontier in self.frontiers.items()}

    def parts(self) -> proof_pb2.AppHashParts:
        """The preimage of the app hash."""
        heads = {
            log: proof_pb2.LogHead(size=frontier.size, root=frontier.compute_root())
            for log, frontier in self.frontiers.items()
        }
        return proof_pb2.AppHashParts(
            batch=heads[BATCH],
            registry=heads[REGISTRY],
            access=heads[ACCESS],
            access_epoch=self.access_epoch,
            status_root=self.status_root,
            trace_root=self.trace_root,
            delta=self.delta,
        )

    def with_app_hash(self) -> "Head":
        """This head with the app hash its parts give."""
        return replace(self, app_hash=compute_app_hash(self.parts()))

    def encode(self) -> bytes:
        """The HEAD row's value."""
        return serialise(
            state_pb2.LedgerHead(
                height=self.height,
                time_ms=self.time_ms,
                batch_frontier=self.frontiers[BATCH].to_bytes(),
                registry_frontier=self.frontiers[REGISTRY].to_bytes(),
                access_frontier=self.frontiers[ACCESS].to_bytes(),
                access_epoch=self.access_epoch,
                status_root=self.status_root,
                trace_root=self.trace_root,
                delta=self.delta,
                app_hash=self.app_hash,
            )
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The head in a HEAD row."""
        row = state_pb2.LedgerHead.FromString(data)
        return cls(
            height=row.height,
            time_ms=row.time_ms,
            frontiers={
                BATCH: Frontier.from_bytes(row.batch_frontier),
                REGISTRY: Frontier.from_bytes(row.registry_frontier),
                ACCESS: Frontier.from_bytes(row.access_frontier),
            },
            access_epoch=row.access_epoch,
            status_root=row.status_root,
            trace_root=row.trace_root,
            delta=row.delta,
            app_hash=row.app_hash,
        )


@dataclass(slots=True)
class Trees:
    """The status and trace trees, which a node keeps in memory and the store can rebuild."""

    status: StatusTree
    trace: TraceTree


def compute_empty_head(height: int, trace_root: bytes) -> Head:
    """The head before genesis: no leaf anywhere, app hash 32 zero bytes."""
    return Head(
        height=height,
        time_ms=0,
        frontiers={log: Frontier() for log in LOGS},
        access_epoch=0,
        status_root=EMPTY_ROOT,
        trace_root=trace_root,
        delta=EMPTY_DELTA,
        app_hash=bytes(32),
    )


def load_trees(view: View, head: Head, trace_bits: int) -> Trees:
    """The trees as the store's chunks and trace rows give them."""
    size = head.frontiers[REGISTRY].size
    chunks = (view.get(rows.CHUNK + rows.u64(number)) or b"" for number in range(compute_chunk_count(size)))
    leaves = {bucket: compute_bucket_leaf(compute_run(run)) for bucket, run in _iterate_buckets(view)}
    return Trees(StatusTree.from_chunks(size, chunks), TraceTree(trace_bits, leaves))


def _iterate_buckets(view: View) -> Iterator[tuple[int, list[tuple[bytes, int, bytes]]]]:
    bucket, run = -1, list[tuple[bytes, int, bytes]]()
    for key, value in view.scan(rows.TRACE):
        number = int.from_bytes(key[1:_TRACE_KEY], "big")
        if number != bucket and run:
            yield bucket, run
            run = []
        bucket = number
        run.append(decode_trace_row(key, value))
    if run:
        yield bucket, run


def trace_row_key(bucket: int, key: bytes) -> bytes:
    """Row of a trace key in its bucket."""
    return rows.TRACE + rows.u32(bucket) + key


def decode_trace_row(key: bytes, value: bytes) -> tuple[bytes, int, bytes]:
    """(trace key, count, head) of a trace row."""
    return key[_TRACE_KEY:], int.from_bytes(value[:8], "big"), value[8:]

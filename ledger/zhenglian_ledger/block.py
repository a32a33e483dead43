"""apply_block: from a committed state and a block's transactions to the next state (SPEC 3, 4).

    apply transactions → extend logs → set statuses → extend traces → chain the delta → app hash

Nothing is durable here and nothing given is changed: FinalizeBlock may be repeated, Commit writes the
outcome.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from zhenglian_ledger import rows
from zhenglian_ledger.acceptance import IsSignatureValid
from zhenglian_ledger.app_hash import compute_next_delta
from zhenglian_ledger.batch import Batch
from zhenglian_ledger.head import Head, Trees, decode_trace_row, trace_row_key
from zhenglian_ledger.merkle.frontier import Frontier
from zhenglian_ledger.merkle.hashing import leaf_hash
from zhenglian_ledger.merkle.status import StatusDelta, compute_changed_chunks
from zhenglian_ledger.merkle.tiles import compute_append
from zhenglian_ledger.merkle.trace import (
    EMPTY_HEAD,
    TraceDelta,
    compute_bucket,
    compute_bucket_leaf,
    compute_next_head,
    compute_run,
)
from zhenglian_ledger.rows import REGISTRY, u32, u64
from zhenglian_ledger.state import LOGS, Changes, State, View
from zhenglian_ledger.transition import (
    BatchResult,
    Block,
    Transaction,
    apply_era_batch,
    apply_transactions,
)
from zhenglian_proto.v1.state_pb2 import Parameters, ValidatorState


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a block does: the next head, every row to write (HEAD too), each batch's fate, tree deltas."""

    head: Head
    writes: dict[bytes, bytes]
    results: list[list[BatchResult]]
    status_delta: StatusDelta | None = None
    trace_delta: TraceDelta | None = None
    validator_updates: list[tuple[bytes, int]] = field(default_factory=list)  # public key, power: 0 or 1
    new_max_block_bytes: int | None = None  # where the block changed the parameter

    @property
    def is_changed(self) -> bool:
        """Whether the app hash changed: a block without an accepted batch changes nothing."""
        return self.status_delta is not None

    def commit_to(self, trees: Trees) -> None:
        """`trees` stand after this block; their previous version is the state before it."""
        if self.status_delta is not None and self.trace_delta is not None:
            trees.status.commit(self.status_delta)
            trees.trace.commit(self.trace_delta)


def apply_block(  # noqa: PLR0913  what a block is given
    view: View,
    head: Head,
    trees: Trees,
    transactions: Sequence[Transaction],
    *,
    chain_id: str,
    height: int,
    time_ms: int,
    is_signature_valid: IsSignatureValid,
    era: Batch | None = None,
) -> Outcome:
    """The outcome of the block `height` at `time_ms` with `transactions`, on the state `view` at `head`.

    `era` is the system batch that begins an era with this block; raises StoreError(ERA_INVALID) for it.
    """
    block = Block(
        state=State(view, head.sizes),
        chain_id=chain_id,
        height=height,
        time_ms=time_ms,
        prev_app_hash=head.app_hash,
        is_signature_valid=is_signature_valid,
    )
    if era is not None:
        apply_era_batch(block, era)
    apply_transactions(block, transactions)
    return seal_block(block, view, head, trees)


def seal_block(block: Block, view: View, head: Head, trees: Trees) -> Outcome:
    """The outcome of a block whose transactions have been applied."""
    changes = block.state.changes
    if not changes.leaves[rows.BATCH]:
        return _compute_idle(block, head)
    writes = changes.writes
    leaf_hashes = {log: [leaf_hash(leaf) for leaf in changes.leaves[log]] for log in LOGS}
    delta = compute_next_delta(head.delta, writes)
    frontiers = {log: _extend_log(view, head, log, leaf_hashes[log], writes) for log in LOGS}
    status_root, status_delta = _set_statuses(view, frontiers[REGISTRY].size, trees, changes)
    trace_root, trace_delta = _extend_traces(view, block.state, head, trees, leaf_hashes)
    next_head = Head(
        height=block.height,
        time_ms=block.time_ms,
        frontiers=frontiers,
        access_epoch=head.access_epoch,
        status_root=status_root,
        trace_root=trace_root,
        delta=delta,
        app_hash=b"",
    ).with_app_hash()
    writes[rows.HEAD] = next_head.encode()
    return Outcome(
        next_head,
        writes,
        block.results,
        status_delta,
        trace_delta,
        _find_validator_updates(view, block.era_validators, writes),
        _find_new_max_block_bytes(view, writes),
    )


def _compute_idle(block: Block, head: Head) -> Outcome:
    idle = replace(head, height=block.height, time_ms=block.time_ms)
    return Outcome(idle, {rows.HEAD: idle.encode()}, block.results)


def _find_validator_updates(
    view: View, begun_with: Mapping[bytes, bytes], writes: Mapping[bytes, bytes]
) -> list[tuple[bytes, int]]:
    """(public key, power) of each validator whose row the block changed, in key order.

    What an era has begun with is no change: its engine was told before the first block.
    """
    validators = sorted(key for key in writes if key.startswith(rows.VALIDATORS))
    changed = (key for key in validators if writes[key] != (begun_with.get(key) or view.get(key)))
    states = [ValidatorState.FromString(writes[key]) for key in changed]
    return [(state.public_key, state.power) for state in states]


def _find_new_max_block_bytes(view: View, writes: Mapping[bytes, bytes]) -> int | None:
    """The parameter as the block left it, if it changed what stood before; genesis changes nothing."""
    before, after = view.get(rows.PARAMETERS), writes.get(rows.PARAMETERS)
    if before is None or after is None:
        return None
    new = Parameters.FromString(after).max_block_bytes
    return new if new != Parameters.FromString(before).max_block_bytes else None


def _extend_log(
    view: View, head: Head, log: int, leaf_hashes: list[bytes], writes: dict[bytes, bytes]
) -> Frontier:
    frontier = head.frontiers[log]
    if not leaf_hashes:
        return frontier
    grown, tiles = compute_append(
        frontier, leaf_hashes, lambda level, number: view.get(rows.tile_key(log, level, number)) or b""
    )
    for (level, number), tile in tiles.items():
        writes[rows.tile_key(log, level, number)] = tile
    return grown


def _set_statuses(view: View, size: int, trees: Trees, changes: Changes) -> tuple[bytes, StatusDelta]:
    chunks = compute_changed_chunks(
        changes.statuses, lambda number: view.get(rows.CHUNK + u64(number)) or b""
    )
    for number, chunk in chunks.items():
        changes.writes[rows.CHUNK + u64(number)] = chunk
    return trees.status.preview(size, chunks)


def _extend_traces(
    view: View, state: State, head: Head, trees: Trees, leaf_hashes: dict[int, list[bytes]]
) -> tuple[bytes, TraceDelta]:
    """Every traced entry is appended to the chain of its keys, once a key, in entry order."""
    trace_bits = state.get_parameters().trace_bits
    touched: dict[int, dict[bytes, bytes]] = {}
    for key, log, index in dict.fromkeys(state.changes.traces):
        bucket = compute_bucket(key, trace_bits)
        row_key = trace_row_key(bucket, key)
        value = state.get(row_key)
        _, count, chain = (key, 0, EMPTY_HEAD) if value is None else decode_trace_row(row_key, value)
        leaf = leaf_hashes[log][index - head.frontiers[log].size]
        chain = compute_next_head(chain, log, head.access_epoch, index, leaf)
        fresh = touched.setdefault(bucket, {})
        fresh[row_key] = u64(count + 1) + chain
        state.put(row_key, fresh[row_key])
        state.put(rows.FEED + key + u64(count), bytes([log]) + u32(head.access_epoch) + u64(index))
    leaves = {bucket: compute_bucket_leaf(_compute_run(view, bucket, touched[bucket])) for bucket in touched}
    return trees.trace.preview(leaves)


def _compute_run(view: View, bucket: int, fresh: dict[bytes, bytes]) -> bytes:
    run = {**dict(view.scan(rows.TRACE + u32(bucket))), **fresh}
    return compute_run(decode_trace_row(*row) for row in sorted(run.items()))

"""State is a fold over the logs: blocks are applied again from what the logs keep of them (SPEC 4.8).

The very rules that ran when the batches came run again: acceptance, operations, results. An operation that
was refused and not traced is known by its leaf hash and its result alone, which is all its refusal left
behind. Every batch must give the very leaf that is stored; a leaf holds the results, the first indexes and
the app hash before its block, so the whole past is checked block by block.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from zhenglian_ledger import rows
from zhenglian_ledger.acceptance import IsSignatureValid
from zhenglian_ledger.batch import Batch
from zhenglian_ledger.block import Outcome, seal_block
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError, ZhenglianError
from zhenglian_ledger.head import Head, Trees
from zhenglian_ledger.leaves import BatchLeaf, Entry, decode_batch_leaf, decode_entry
from zhenglian_ledger.merkle.hashing import leaf_hash
from zhenglian_ledger.rows import ACCESS, BATCH, REGISTRY
from zhenglian_ledger.state import State, View
from zhenglian_ledger.transition import Block, apply_era_batch, apply_transactions
from zhenglian_proto.v1 import batch_pb2


class StoredBatch(Batch):
    """An accepted batch as the logs keep it, at batch-log `index`; a missing operation is empty."""

    def __init__(self, index: int, leaf_bytes: bytes, leaf: BatchLeaf, kept: dict[int, bytes]) -> None:
        """Hold the leaf and the `kept` operations by ordinal.

        Raises StoreError(STORE_CORRUPTED) if an accepted operation is not among them.
        """
        self.index, self.leaf_bytes, self.leaf = index, leaf_bytes, leaf
        self._read_header(leaf.header, leaf.signature)
        self.operations = [kept.get(ordinal, b"") for ordinal in range(len(leaf.results))]
        self.known_results = {n: result for n, result in enumerate(leaf.results) if result and n not in kept}
        if any(not result and n not in kept for n, result in enumerate(leaf.results)):
            raise StoreError(
                Code.STORE_CORRUPTED, what=f"batch {index} lacks the entry of an accepted operation"
            )
        self.__dict__["leaf_hashes"] = list(self._compute_leaf_hashes())

    def _compute_leaf_hashes(self) -> Iterator[bytes]:
        refused = iter(self.leaf.refused)
        for ordinal, result in enumerate(self.leaf.results):
            recorded = next(refused) if result else b""
            yield recorded if ordinal in self.known_results else leaf_hash(self.operations[ordinal])


def iterate_stored_blocks(source: View, first: int, size: int) -> Iterator[list[StoredBatch]]:
    """The batches [`first`, `size`) of the batch log, block by block.

    Raises StoreError(STORE_CORRUPTED) where a leaf or an entry is missing or cannot be read.
    """
    batches = (get_stored_batch(source, index) for index in range(first, size))
    for _, block in groupby(batches, key=lambda batch: batch.leaf.height):
        yield list(block)


def get_stored_batch(source: View, index: int) -> StoredBatch:
    """The batch at `index` with the operations its entries keep; raises StoreError(STORE_CORRUPTED)."""
    leaf_bytes = source.get(rows.entry_key(BATCH, index))
    if leaf_bytes is None:
        raise StoreError(Code.STORE_CORRUPTED, what=f"batch {index} is missing")
    try:
        leaf = decode_batch_leaf(leaf_bytes)
        firsts = ((REGISTRY, leaf.first_registry_index), (ACCESS, leaf.first_access_index))
        entries = [entry for log, first in firsts for entry in _iterate_entries(source, log, first, index)]
        return StoredBatch(index, leaf_bytes, leaf, {entry.ordinal: entry.operation for entry in entries})
    except StoreError:
        raise
    except ZhenglianError as error:
        raise StoreError(Code.STORE_CORRUPTED, what=f"batch {index}: {error.en}") from error


def _iterate_entries(source: View, log: int, index: int, batch_index: int) -> Iterator[Entry]:
    """The entries of `log` from `index` on that belong to the batch."""
    while (data := source.get(rows.entry_key(log, index))) is not None:
        entry = decode_entry(data)
        if entry.batch_index != batch_index:
            return
        yield entry
        index += 1


def replay_block(
    view: View,
    head: Head,
    trees: Trees,
    batches: Sequence[StoredBatch],
    *,
    chain_id: str,
    is_signature_valid: IsSignatureValid,
) -> Outcome:
    """The outcome of one stored block's `batches` on the state `view` at `head`.

    Raises StoreError(STORE_CORRUPTED) if a batch would not be accepted, or gives another leaf than the
    stored one.
    """
    block = Block(
        state=State(view, head.sizes),
        chain_id=chain_id,
        height=batches[0].leaf.height,
        time_ms=batches[0].leaf.time_ms,
        prev_app_hash=head.app_hash,
        is_signature_valid=is_signature_valid,
    )
    is_era = batches[0].header.suite == batch_pb2.SUITE_SYSTEM
    if is_era:
        apply_era_batch(block, batches[0])
    signed = batches[1:] if is_era else batches
    apply_transactions(block, [signed])
    for batch, result in zip(signed, block.results[0], strict=True):
        if result.code:
            name = Code(result.code).name  # type: ignore[call-arg]  # looked up by value
            raise StoreError(Code.STORE_CORRUPTED, what=f"batch {batch.index} is not acceptable: {name}")
    for batch, leaf in zip(batches, block.state.changes.leaves[BATCH], strict=True):
        if leaf != batch.leaf_bytes:
            raise StoreError(Code.STORE_CORRUPTED, what=f"batch {batch.index} gives another leaf")
    return seal_block(block, view, head, trees)

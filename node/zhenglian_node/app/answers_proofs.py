"""Proofs cut from the provable state: what every answer is made of (SPEC 8).

A builder serves one answer: it reads the rows of one snapshot and the trees of that version, and nothing
newer. An index at or beyond a log's size does not exist for it.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Final

from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.leaves import BatchLeaf, Entry, decode_batch_leaf, decode_entry
from zhenglian_ledger.merkle.hashing import compute_parents, leaf_hash
from zhenglian_ledger.merkle.proof import compute_inclusion_path_with
from zhenglian_ledger.merkle.status import CHUNK_STATUSES, Status, get_status
from zhenglian_ledger.rows import ACCESS, BATCH, REGISTRY, u64
from zhenglian_ledger.state import ADMINISTERED, LOGS, State
from zhenglian_node.app.answers_tiles import RememberingReader
from zhenglian_node.app.caches import BoundedCache
from zhenglian_node.app.provable import Provable
from zhenglian_proto.v1.batch_pb2 import SUITE_SYSTEM, BatchHeader
from zhenglian_proto.v1.cometbft_pb2 import LightBlock
from zhenglian_proto.v1.proof_pb2 import (
    Anchor,
    AppHashParts,
    Inclusion,
    RecordProof,
    SignatureProof,
    StatusProof,
)
from zhenglian_proto.v1.state_pb2 import AdministeredState
from zhenglian_proto.v1.types_pb2 import (
    KIND_HOLDER_KEY,
    KIND_KEY,
    KIND_LICENCE,
    KIND_SYSTEM,
    Kind,
)

Levels = Sequence[Sequence[bytes]]
"""A small tree: leaf hashes first, the root last."""

_UNCHANGED: Final = frozenset({Status.VALID, Status.DISPUTED, Status.PENDING, Status.NONE})
_SUPERSEDED_BY_ANOTHER_ID: Final = frozenset({KIND_LICENCE, KIND_HOLDER_KEY})
MAX_REMEMBERED: Final = 1_024
"""Proofs remembered with one provable state: a few megabytes."""

_BATCH_TREES: Final[BoundedCache[bytes, Levels]] = BoundedCache(1 << 19)


class ProofBuilder:
    """Builds the proofs of one answer from one provable state."""

    def __init__(self, provable: Provable) -> None:
        """Nothing is read yet."""
        self.provable = provable
        self.state = State(provable.view, provable.head.sizes)
        self._readers = {log: RememberingReader(provable.view, log) for log in LOGS}

    @cached_property
    def parts(self) -> AppHashParts:
        """The preimage of the proven app hash."""
        return self.provable.head.parts()

    def build_anchor(self, path: Sequence[LightBlock] = ()) -> Anchor:
        """What the answer's proofs hang under; `path` are light blocks that lead to it, newest last."""
        return Anchor(light_block=self.provable.light_block, parts=self.parts, path=path)

    def get_index(self, kind: Kind, identifier: bytes) -> int | None:
        """The index of the newest entry of an id in the provable state, or None."""
        return self.state.get_index(kind, identifier)

    def build_inclusion(self, log: int, index: int) -> Inclusion:
        """The leaf at `index`, which must exist, with its path to the log's root."""
        path = compute_inclusion_path_with(self._readers[log], index, self.state.base_sizes[log])
        return Inclusion(log=log, index=index, leaf=self.get_leaf(log, index), path=path)  # type: ignore[arg-type]

    def build_status(self, index: int) -> StatusProof:
        """The status chunk of a registry index, which must exist, with its path."""
        number = index // CHUNK_STATUSES
        return StatusProof(index=index, chunk=self.get_chunk(number), path=self.provable.status_path(number))

    def build_record(self, kind: Kind, index: int, *, with_signature: bool = False) -> RecordProof:
        """The object of `kind` made by registry entry `index`, as it stands."""
        proof = RecordProof(entry=self.build_inclusion(REGISTRY, index), status=self.build_status(index))
        change = self.find_change(kind, index)
        if change is not None:
            proof.change.CopyFrom(self.build_inclusion(REGISTRY, change))
        if with_signature:
            proof.signature.CopyFrom(self.build_signature(decode_entry(self.get_leaf(REGISTRY, index))))
        return proof

    def build_object(self, kind: Kind, identifier: bytes) -> RecordProof | None:
        """The newest object of that id as it stands, or None. Not to be changed: others may get it too.

        Keys, systems, types and their like stand behind every other answer: their proofs are remembered for
        as long as the state is the provable one.
        """
        remembered = self.provable.remembered
        proof = remembered.get((kind, identifier))
        if proof is None:
            index = self.get_index(kind, identifier)
            proof = None if index is None else self.build_record(kind, index)
            if proof is not None and kind in ADMINISTERED and len(remembered) < MAX_REMEMBERED:
                remembered[kind, identifier] = proof
        return proof

    def build_existing(self, kind: Kind, identifier: bytes) -> RecordProof:
        """The newest object of that id, which an accepted entry names; raises StoreError(STORE_CORRUPTED)."""
        proof = self.build_object(kind, identifier)
        if proof is None:
            raise StoreError(Code.STORE_CORRUPTED, what=f"object of kind {kind}")
        return proof

    def build_signature(self, entry: Entry) -> SignatureProof:
        """The operation of `entry` under its author's signature, with the author's key and system."""
        leaf = decode_batch_leaf(self.get_leaf(BATCH, entry.batch_index))
        header = BatchHeader.FromString(leaf.header)
        tree = self.get_batch_tree(entry.batch_index, leaf, header)
        proof = SignatureProof(
            batch=self.build_inclusion(BATCH, entry.batch_index),
            operation_path=compute_path_in(tree, entry.ordinal),
            ordinal=entry.ordinal,
        )
        if header.suite == SUITE_SYSTEM:
            return proof
        for field, kind, identifier in (
            (proof.key, KIND_KEY, header.key),
            (proof.system, KIND_SYSTEM, header.system.encode()),
        ):
            field.CopyFrom(self.build_existing(kind, identifier))
        return proof

    # reading

    def get_leaf(self, log: int, index: int) -> bytes:
        """The leaf at `index` of `log`, which must exist."""
        leaf = self.provable.view.get(rows.entry_key(log, index))
        if leaf is None:
            raise StoreError(Code.STORE_CORRUPTED, what=f"log {log} has no leaf {index}")
        return leaf

    def get_chunk(self, number: int) -> bytes:
        """A status chunk; empty if there is none."""
        return self.provable.view.get(rows.CHUNK + u64(number)) or b""

    def get_status(self, index: int) -> Status:
        """The status of a registry index."""
        return get_status(self.get_chunk(index // CHUNK_STATUSES), index)

    def find_change(self, kind: Kind, index: int) -> int | None:
        """The entry that suspended, superseded or ended the object made by `index`; None while in force."""
        status = self.get_status(index)
        if status in _UNCHANGED:
            return None
        if status == Status.SUPERSEDED and kind not in _SUPERSEDED_BY_ANOTHER_ID:
            return int(self.state.get_state(kind, index, AdministeredState).successor)
        value = self.provable.view.get(rows.CHANGE + u64(index))
        return None if value is None else int.from_bytes(value, "big")

    def get_batch_tree(self, batch_index: int, leaf: BatchLeaf, header: BatchHeader) -> Levels:
        """The tree over the operations of a batch, remembered by its root."""
        levels = _BATCH_TREES.get(header.operations_root)
        if levels is None:
            levels = compute_levels(self._read_operation_hashes(batch_index, leaf))
            _BATCH_TREES.put(header.operations_root, levels, weight=sum(map(len, levels)))
        return levels

    def _read_operation_hashes(self, batch_index: int, leaf: BatchLeaf) -> list[bytes]:
        """From the batch's entries and, for what was refused, its leaf."""
        hashes: dict[int, bytes] = {}
        for log, first in ((REGISTRY, leaf.first_registry_index), (ACCESS, leaf.first_access_index)):
            for index in range(first, self.state.base_sizes[log]):
                entry = decode_entry(self.get_leaf(log, index))
                if entry.batch_index != batch_index:
                    break
                hashes[entry.ordinal] = leaf_hash(entry.operation)
        refused = (ordinal for ordinal, result in enumerate(leaf.results) if result)
        hashes.update(zip(refused, leaf.refused, strict=True))
        return [hashes[ordinal] for ordinal in range(len(leaf.results))]


def compute_levels(leaf_hashes: Sequence[bytes]) -> Levels:
    """The tree over a few leaves (RFC 6962 2.1): pairs are hashed, an odd last node is carried upward."""
    levels = [leaf_hashes]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([*compute_parents(below), *(below[-1:] if len(below) & 1 else ())])
    return levels


def compute_path_in(levels: Levels, index: int) -> list[bytes]:
    """The path of a leaf to the root: its sibling on every level where it has one."""
    path: list[bytes] = []
    for level in levels[:-1]:
        path += level[index ^ 1 : (index ^ 1) + 1]
        index >>= 1
    return path

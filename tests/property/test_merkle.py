"""Fast equals slow: roots, tiles, proofs and both updatable trees against the RFC's recursions."""

from collections.abc import Callable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.testkit.reference_merkle import (
    reference_chunks,
    reference_consistency_path,
    reference_inclusion_path,
    reference_leaf,
    reference_reader,
    reference_root,
    reference_run,
    reference_status_root,
    reference_tiles,
    reference_trace_leaves,
    reference_trace_root,
)
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_ledger.merkle.frontier import Frontier
from zhenglian_ledger.merkle.hashing import compute_root
from zhenglian_ledger.merkle.proof import (
    compute_consistency_path,
    compute_consistency_path_length,
    compute_inclusion_path,
    compute_inclusion_path_length,
    verify_consistency,
    verify_inclusion,
)
from zhenglian_ledger.merkle.status import Status, StatusTree, compute_changed_chunks, verify_status
from zhenglian_ledger.merkle.tile_reader import TileReader
from zhenglian_ledger.merkle.tiles import compute_append
from zhenglian_ledger.merkle.trace import (
    TraceTree,
    compute_bucket,
    compute_bucket_leaf,
    compute_run,
    verify_trace_absence,
    verify_trace_presence,
)

LEAVES = [reference_leaf(number.to_bytes(4, "big")) for number in range(1200)]
READ_TILE = reference_reader(reference_tiles(LEAVES))
SIZES = st.integers(0, len(LEAVES)) | st.sampled_from([1, 2, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025])
STATUSES = list(Status)
FEW = settings(max_examples=40)


@given(st.lists(st.integers(0, 300), max_size=6))
@FEW
def test_appends_of_any_batches_leave_the_same_frontier_and_tiles(batches: list[int]) -> None:
    store: dict[tuple[int, int], bytes] = {}
    frontier = Frontier()
    for batch in batches:
        added = LEAVES[frontier.size : frontier.size + batch]
        grown, tiles = compute_append(frontier, added, reference_reader(store))
        store.update(tiles)
        frontier = Frontier.from_bytes(grown.to_bytes())
    leaves = LEAVES[: frontier.size]
    assert store == reference_tiles(leaves)
    assert frontier.compute_root() == compute_root(leaves) == reference_root(leaves)


@given(st.data())
@FEW
def test_proofs_from_tiles_are_the_recursions_and_verify(data: st.DataObject) -> None:
    size = max(1, data.draw(SIZES))
    index, old_size = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    leaves, root, old_root = LEAVES[:size], reference_root(LEAVES[:size]), reference_root(LEAVES[:old_size])
    assert TileReader(READ_TILE).compute_range_root(0, size) == root
    path, steps = (
        compute_inclusion_path(index, size, READ_TILE),
        compute_consistency_path(old_size, size, READ_TILE),
    )
    assert path == reference_inclusion_path(index, leaves)
    assert steps == reference_consistency_path(old_size, leaves)
    verify_inclusion(leaves[index], index, size, path, root)
    verify_consistency(old_size, size, steps, old_root, root)


@given(st.data())
@settings(max_examples=100)
def test_no_changed_byte_verifies(data: st.DataObject) -> None:
    size = max(2, data.draw(SIZES))
    index, old_size = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size - 1))
    path, steps = (
        compute_inclusion_path(index, size, READ_TILE),
        compute_consistency_path(old_size, size, READ_TILE),
    )
    root, old_root = compute_root(LEAVES[:size]), compute_root(LEAVES[:old_size])
    leaf, *siblings = flip(data, [LEAVES[index], *path])
    assert fails(lambda: verify_inclusion(leaf, index, size, siblings, root)) == Code.PROOF_WRONG_PATH
    first, last, *hashes = flip(data, [old_root, root, *steps])
    assert fails(lambda: verify_consistency(old_size, size, hashes, first, last)) == Code.PROOF_WRONG_PATH


@given(st.integers(1, 2**64 - 1), st.data())
@settings(max_examples=100)
def test_paths_of_the_computed_length_end_even_in_trees_of_any_size(size: int, data: st.DataObject) -> None:
    index, old_size = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    path = [bytes(32)] * compute_inclusion_path_length(index, size)
    steps = [bytes(32)] * compute_consistency_path_length(old_size, size)
    if path:
        assert (
            fails(lambda: verify_inclusion(bytes(32), index, size, path, bytes(32))) == Code.PROOF_WRONG_PATH
        )
        longer = [*path, bytes(32)]
        assert (
            fails(lambda: verify_inclusion(bytes(32), index, size, longer, bytes(32)))
            == Code.PROOF_TRUNCATED_PATH
        )
    if old_size < size:
        wrong = fails(lambda: verify_consistency(old_size, size, steps, bytes(32), bytes(32)))
        assert wrong == Code.PROOF_WRONG_PATH


CHANGES = st.lists(st.tuples(st.integers(0, 2**16), st.sampled_from(list(Status))), max_size=12)


@given(st.integers(0, 900), st.lists(st.tuples(st.integers(0, 700), CHANGES, st.booleans()), max_size=6))
@FEW
def test_a_status_tree_under_growth_and_changes_equals_a_rebuild(
    first: int, blocks: list[tuple[int, list[tuple[int, Status]], bool]]
) -> None:
    statuses: list[int] = [STATUSES[leaf[0] % 8] for leaf in LEAVES[:first]]
    chunks = dict(enumerate(reference_chunks(statuses)))
    tree = StatusTree.from_chunks(first, chunks.values())
    for growth, changes, is_repeated in blocks:
        before, size = list(statuses), len(statuses) + growth
        told: dict[int, int] = {
            place: STATUSES[LEAVES[place % 1200][1] % 8] for place in range(len(statuses), size)
        }
        told.update((place % size, status) for place, status in changes if size)
        statuses.extend([Status.NONE] * growth)
        for place, status in told.items():
            statuses[place] = status
        changed = compute_changed_chunks(told, lambda number: chunks.get(number, b""))
        if is_repeated:
            tree.preview(size + 256, {})
        root, delta = tree.preview(size, changed)
        tree.commit(delta)
        chunks.update(changed)
        assert root == tree.root == reference_status_root(statuses)
        assert list(chunks.values()) == reference_chunks(statuses)
        assert (tree.previous_size, tree.previous_root) == (len(before), reference_status_root(before))
        check_statuses(statuses, tree.root, [tree.path(number) for number in range(len(chunks))])
        count = len(reference_chunks(before))
        check_statuses(before, tree.previous_root, [tree.previous_path(number) for number in range(count)])


KEYS = st.integers(0, 40).map(lambda number: reference_leaf(bytes([number])))
ROWS = st.dictionaries(
    KEYS, st.tuples(st.integers(1, 2**64 - 1), st.binary(min_size=32, max_size=32)), max_size=8
)


@given(st.integers(1, 5), st.lists(ROWS, max_size=5))
@FEW
def test_a_trace_tree_under_changes_equals_a_rebuild(
    bits: int, blocks: list[dict[bytes, tuple[int, bytes]]]
) -> None:
    rows: dict[bytes, tuple[int, bytes]] = {}
    tree = TraceTree(bits)
    for block in blocks:
        before = dict(rows)
        rows.update(block)
        touched = {compute_bucket(key, bits) for key in block}
        runs = {
            bucket: compute_run(
                (key, *row) for key, row in rows.items() if compute_bucket(key, bits) == bucket
            )
            for bucket in touched
        }
        root, delta = tree.preview({bucket: compute_bucket_leaf(run) for bucket, run in runs.items()})
        assert tree.root == reference_trace_root(before, bits)
        tree.commit(delta)
        assert root == tree.root == reference_trace_root(rows, bits)
        assert tree.root == TraceTree(bits, dict(enumerate(reference_trace_leaves(rows, bits)))).root
        assert tree.previous_root == reference_trace_root(before, bits)
        for number in range(0, 41, 5):
            key = reference_leaf(bytes([number]))
            bucket = compute_bucket(key, bits)
            check_trace(key, rows, tree.path(bucket), tree.root, bits)
            check_trace(key, before, tree.previous_path(bucket), tree.previous_root, bits)


def check_statuses(statuses: Sequence[int], root: bytes, paths: list[list[bytes]]) -> None:
    size, chunks = len(statuses), reference_chunks(statuses)
    leaves = [reference_leaf(chunk) for chunk in chunks]
    assert paths == [reference_inclusion_path(number, leaves) for number in range(len(chunks))]
    for index in range(0, size, 97):
        assert verify_status(index, size, chunks[index // 256], paths[index // 256], root) == statuses[index]


def check_trace(
    key: bytes, rows: dict[bytes, tuple[int, bytes]], path: list[bytes], root: bytes, bits: int
) -> None:
    run = reference_run(rows, compute_bucket(key, bits), bits)
    if key in rows:
        verify_trace_presence(key, *rows[key], run, path, root, bits)
    else:
        verify_trace_absence(key, run, path, root, bits)


def flip(data: st.DataObject, hashes: list[bytes]) -> list[bytes]:
    """Change one bit in one of the hashes."""
    which, bit = data.draw(st.integers(0, len(hashes) - 1)), data.draw(st.integers(0, 255))
    changed = bytearray(hashes[which])
    changed[bit // 8] ^= 1 << bit % 8
    return [*hashes[:which], bytes(changed), *hashes[which + 1 :]]


def fails(check: Callable[[], None]) -> Code:
    """Return the code with which `check` fails."""
    try:
        check()
    except VerificationFailed as failure:
        return failure.code
    raise AssertionError("verified")

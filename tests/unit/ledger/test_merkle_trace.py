"""The trace tree: keys, chains, runs, three versions, and how a lying node is told apart."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from tests.testkit.reference_merkle import (
    reference_head,
    reference_run,
    reference_trace_leaves,
    reference_trace_root,
)
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, StoreError, VerificationFailed
from zhenglian_ledger.merkle.trace import (
    EMPTY_BUCKET,
    EMPTY_HEAD,
    TraceElement,
    TraceKind,
    TraceTree,
    compute_bucket,
    compute_bucket_leaf,
    compute_next_head,
    compute_run,
    compute_trace_key,
    compute_unit_identifier,
    verify_trace_absence,
    verify_trace_elements,
    verify_trace_presence,
)

BITS = 3
Rows = dict[bytes, tuple[int, bytes]]


def make_rows(count: int) -> Rows:
    return {
        compute_trace_key(TraceKind.RECORD, bytes([number])): (number + 1, bytes([number]) * 32)
        for number in range(count)
    }


def make_tree(rows: Rows) -> TraceTree:
    return TraceTree(BITS, dict(enumerate(reference_trace_leaves(rows, BITS))))


def head_of(entries: Sequence[TraceElement]) -> bytes:
    return reference_head([(entry.log, entry.epoch, entry.index, entry.leaf_hash) for entry in entries])


def catch(check: Callable[[], None]) -> VerificationFailed:
    with pytest.raises(VerificationFailed) as caught:
        check()
    return caught.value


def test_a_unit_key_changes_every_thirty_days() -> None:
    period = 30 * 24 * 3600 * 1000
    assert compute_unit_identifier(b"u", period - 1) == b"u\x00" + bytes(4)
    assert compute_unit_identifier(b"u", period) == b"u\x00\x00\x00\x00\x01"


def test_kinds_of_the_same_identifier_have_different_keys() -> None:
    assert len({compute_trace_key(kind, b"same") for kind in TraceKind}) == 4


def test_a_bucket_is_the_first_bits_of_a_key() -> None:
    key = bytes.fromhex("80000001") + bytes(28)
    assert [compute_bucket(key, bits) for bits in (1, 16, 21, 32)] == [1, 0x8000, 0x100000, 0x80000001]


def test_a_run_is_sorted_by_full_key_even_where_prefixes_collide() -> None:
    low, high = b"\x01" * 31 + b"\x00", b"\x01" * 32
    rows: Rows = {high: (1, EMPTY_HEAD), low: (2, EMPTY_HEAD)}
    run = compute_run([(key, *row) for key, row in rows.items()])
    assert run == reference_run(rows, 0, BITS)
    tree = make_tree(rows)
    for key, (count, head) in rows.items():
        verify_trace_presence(key, count, head, run, tree.path(0), tree.root, BITS)
    third = b"\x01" * 16 + b"\x02" * 16
    assert (
        catch(lambda: verify_trace_absence(third, run, tree.path(0), tree.root, BITS)).code
        == Code.PROOF_WRONG_TRACE
    )


@pytest.mark.parametrize("bits", [1, 8, 16])
def test_an_empty_tree_starts_with_every_bucket_empty(bits: int) -> None:
    tree = TraceTree(bits)
    assert tree.root == TraceTree(bits, {0: EMPTY_BUCKET}).root
    key = compute_trace_key(TraceKind.SUBJECT, b"nobody")
    verify_trace_absence(key, b"", tree.path(compute_bucket(key, bits)), tree.root, bits)


def test_every_key_is_present_and_another_is_absent() -> None:
    rows = make_rows(20)
    tree = make_tree(rows)
    assert tree.root == reference_trace_root(rows, BITS)
    for key, (count, head) in rows.items():
        bucket = compute_bucket(key, BITS)
        run = reference_run(rows, bucket, BITS)
        verify_trace_presence(key, count, head, run, tree.path(bucket), tree.root, BITS)
        wrong = catch(lambda: verify_trace_absence(key, run, tree.path(bucket), tree.root, BITS))  # noqa: B023
        assert wrong.code == Code.PROOF_WRONG_TRACE
    other = compute_trace_key(TraceKind.RECORD, b"other")
    bucket = compute_bucket(other, BITS)
    run = reference_run(rows, bucket, BITS)
    verify_trace_absence(other, run, tree.path(bucket), tree.root, BITS)
    wrong = catch(
        lambda: verify_trace_presence(other, 1, EMPTY_HEAD, run, tree.path(bucket), tree.root, BITS)
    )
    assert wrong.code == Code.PROOF_WRONG_TRACE_PATH


def test_another_count_or_head_is_a_wrong_trace_and_another_run_a_wrong_path() -> None:
    rows = make_rows(20)
    tree = make_tree(rows)
    key, (count, head) = next(iter(rows.items()))
    bucket = compute_bucket(key, BITS)
    run, path, root = reference_run(rows, bucket, BITS), tree.path(bucket), tree.root
    element = [
        run[start + 16 : start + 48] for start in range(0, len(run), 48) if run[start:].startswith(key[:16])
    ]
    for told in ((count - 1, head), (count + 1, head), (count, EMPTY_HEAD[:-1] + b"\x01")):
        wrong = catch(lambda: verify_trace_presence(key, *told, run, path, root, BITS))  # noqa: B023
        assert wrong.code == Code.PROOF_WRONG_TRACE
        assert wrong.fields["expected"] == element[0].hex() != wrong.fields["found"]
    swapped = run[48:96] + run[:48] + run[96:]
    other = tree.path(bucket ^ 1)
    for bad_run, bad_path, bad_bits in (
        (swapped, path, BITS), (run[:-1], path, BITS), (run[48:], path, BITS), (b"", path, BITS),
        (run, other, BITS), (run, path[:-1], BITS), (run, [*path, path[0]], BITS),
        (run, path, BITS + 1), (run, path, 0),
    ):  # fmt: skip
        wrong = catch(lambda: verify_trace_presence(key, count, head, bad_run, bad_path, root, bad_bits))  # noqa: B023
        assert wrong.code == Code.PROOF_WRONG_TRACE_PATH
        wrong = catch(lambda: verify_trace_absence(key, bad_run, bad_path, root, bad_bits))  # noqa: B023
        assert wrong.code == Code.PROOF_WRONG_TRACE_PATH


def test_a_malformed_run_is_refused_even_under_its_own_root() -> None:
    key, lower, higher = b"\x10" * 32, b"\x01" * 32, b"\x11" * 32
    sorted_run = compute_run([(lower, 1, EMPTY_HEAD), (higher, 1, EMPTY_HEAD)])
    unsorted_run = sorted_run[48:] + sorted_run[:48]
    for run in (unsorted_run, sorted_run + b"\x12" * 16, sorted_run[:-1]):
        tree = TraceTree(BITS, {0: compute_bucket_leaf(run)})
        wrong = catch(lambda: verify_trace_absence(key, run, tree.path(0), tree.root, BITS))  # noqa: B023
        assert wrong.code == Code.PROOF_WRONG_TRACE_PATH


@pytest.mark.parametrize("bits", [-1, 0, 33, 64])
def test_a_tree_of_no_possible_height_proves_nothing(bits: int) -> None:
    path = [bytes(32)] * max(0, bits)
    wrong = catch(lambda: verify_trace_absence(bytes(32), b"", path, EMPTY_BUCKET, bits))
    assert wrong.code == Code.PROOF_WRONG_TRACE_PATH


def test_preview_repeats_and_the_previous_version_answers_until_the_next_commit() -> None:
    old, new = make_rows(5), make_rows(9)
    tree = make_tree(old)
    leaves = dict(enumerate(reference_trace_leaves(new, BITS)))
    first, second = tree.preview(leaves), tree.preview(leaves)
    assert first == second
    assert tree.root == reference_trace_root(old, BITS)
    tree.commit(second[1])
    assert (tree.root, tree.previous_root) == (
        reference_trace_root(new, BITS),
        reference_trace_root(old, BITS),
    )
    for rows, root, path in ((old, tree.previous_root, tree.previous_path), (new, tree.root, tree.path)):
        for key, (count, head) in rows.items():
            bucket = compute_bucket(key, BITS)
            run = reference_run(rows, bucket, BITS)
            verify_trace_presence(key, count, head, run, path(bucket), root, BITS)
    with pytest.raises(StoreError) as caught:
        tree.commit(first[1])
    assert caught.value.code == Code.STALE_DELTA
    tree.commit(tree.preview({})[1])
    assert tree.previous_root == tree.root


def test_a_bucket_beyond_the_tree_is_refused() -> None:
    tree = TraceTree(BITS)
    with pytest.raises(InvalidInput):
        tree.preview({8: EMPTY_BUCKET})
    with pytest.raises(InvalidInput):
        tree.path(8)


def test_a_trace_is_whole_only_with_every_entry_in_order() -> None:
    entries = [TraceElement(2 + number % 2, 0, number * 7, bytes([number]) * 32) for number in range(6)]
    head = head_of(entries)
    verify_trace_elements(entries, 6, head)
    verify_trace_elements([], 0, EMPTY_HEAD)
    early = (2, head_of(entries[:2]))
    verify_trace_elements(entries[2:], 6, head, early)
    assert compute_next_head(head_of(entries[:5]), 3, 0, 35, bytes([5]) * 32) == head
    first, second, *rest = entries
    for told in (
        entries[:-1], entries[1:], [*entries, entries[-1]], [second, first, *rest],
        [replace(first, log=3), second, *rest], [replace(first, epoch=1), second, *rest],
        [replace(first, index=1), second, *rest], [replace(first, leaf_hash=bytes(31)), second, *rest],
        [replace(first, log=256), second, *rest], [replace(first, index=-1), second, *rest], [],
    ):  # fmt: skip
        wrong = catch(lambda: verify_trace_elements(told, 6, head))  # noqa: B023
        assert wrong.code == Code.PROOF_WRONG_TRACE
        assert wrong.fields["expected"] == head.hex() != wrong.fields["found"]
    wrong = catch(lambda: verify_trace_elements(entries, 7, head))
    assert wrong.fields == {"expected": f"{7:016x}", "found": f"{6:016x}"}
    assert catch(lambda: verify_trace_elements(entries[2:], 6, head)).code == Code.PROOF_WRONG_TRACE


def test_a_stored_bucket_leaf_is_the_hash_of_its_run() -> None:
    assert compute_bucket_leaf(b"") == EMPTY_BUCKET
    rows = make_rows(4)
    run = compute_run((key, *row) for key, row in rows.items() if compute_bucket(key, BITS) == 5)
    assert compute_bucket_leaf(run) == reference_trace_leaves(rows, BITS)[5]

"""The status vector: packing, the tree over three versions, and proofs of one status."""

import pytest

from tests.testkit.reference_merkle import reference_chunks, reference_leaf, reference_status_root
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, StoreError, VerificationFailed
from zhenglian_ledger.merkle.hashing import EMPTY_ROOT
from zhenglian_ledger.merkle.status import (
    EMPTY_CHUNK,
    Status,
    StatusTree,
    compute_changed_chunks,
    get_status,
    set_status,
    verify_status,
)

STATUSES = [status.value for status in Status]


def make_statuses(size: int) -> list[int]:
    """Statuses without a period, so that no two chunks are alike."""
    return [STATUSES[reference_leaf(index.to_bytes(4, "big"))[0] % 8] for index in range(size)]


def test_the_first_status_stands_in_the_low_nibble_of_the_first_byte() -> None:
    chunk = set_status(set_status(EMPTY_CHUNK, 0, Status.INVALID), 1, Status.SUSPENDED)
    assert chunk == b"\x21" + EMPTY_CHUNK[1:]
    assert [get_status(chunk, index) for index in (0, 1, 2, 256)] == [1, 2, 0xF, 1]


def test_changed_chunks_are_read_once_and_left_out_when_nothing_changed() -> None:
    stored = {0: set_status(EMPTY_CHUNK, 7, Status.VALID)}
    reads: list[int] = []

    def read_chunk(index: int) -> bytes:
        reads.append(index)
        return stored.get(index, b"")

    changed = compute_changed_chunks({7: 0, 256: 0, 257: 2, 600: 0xF}, read_chunk)
    assert reads == [0, 1, 2]
    assert changed == {1: b"\x20" + EMPTY_CHUNK[1:], 2: EMPTY_CHUNK}


def test_an_empty_vector_has_the_empty_root_and_no_paths() -> None:
    tree = StatusTree()
    assert (tree.size, tree.root, tree.previous_root) == (0, EMPTY_ROOT, EMPTY_ROOT)
    with pytest.raises(InvalidInput):
        tree.path(0)
    root, delta = tree.preview(0, {})
    tree.commit(delta)
    assert root == tree.root == EMPTY_ROOT


@pytest.mark.parametrize("size", [1, 255, 256, 257, 512, 513, 768, 1281, 2049])
def test_every_index_of_a_vector_can_be_proven(size: int) -> None:
    statuses = make_statuses(size)
    chunks = reference_chunks(statuses)
    tree = StatusTree.from_chunks(size, chunks)
    assert tree.root == reference_status_root(statuses)
    for index in {0, size // 2, size - 1}:
        path = tree.path(index // 256)
        assert verify_status(index, size, chunks[index // 256], path, tree.root) is Status(statuses[index])


def test_preview_changes_nothing_and_may_be_repeated() -> None:
    statuses = make_statuses(700)
    tree = StatusTree.from_chunks(700, reference_chunks(statuses))
    before, paths = tree.root, [tree.path(index) for index in range(3)]
    grown = [*statuses, *make_statuses(400)]
    changes = dict(enumerate(reference_chunks(grown)))
    first, second = tree.preview(1100, changes), tree.preview(1100, changes)
    assert first == second
    assert (tree.size, tree.root, [tree.path(index) for index in range(3)]) == (700, before, paths)
    tree.commit(second[1])
    assert tree.root == first[0] == reference_status_root(grown)


def test_the_previous_version_answers_until_the_next_commit() -> None:
    old, new = make_statuses(600), make_statuses(600)
    new[3] = Status.INVALID
    new.extend([Status.VALID] * 800)
    tree = StatusTree.from_chunks(600, reference_chunks(old))
    tree.commit(tree.preview(1400, dict(enumerate(reference_chunks(new))))[1])
    assert (tree.previous_size, tree.previous_root) == (600, reference_status_root(old))
    for number, chunk in enumerate(reference_chunks(old)):
        verify_status(number * 256, 600, chunk, tree.previous_path(number), tree.previous_root)
    with pytest.raises(InvalidInput):
        tree.previous_path(3)
    tree.commit(tree.preview(1400, {})[1])
    assert (tree.previous_size, tree.previous_root) == (tree.size, tree.root)
    assert [tree.previous_path(index) for index in range(6)] == [tree.path(index) for index in range(6)]


def test_a_new_chunk_that_is_not_among_the_changes_holds_none() -> None:
    tree = StatusTree()
    root, _ = tree.preview(600, {1: reference_chunks([0] * 256)[0]})
    assert root == reference_status_root([0xF] * 256 + [0] * 256 + [0xF] * 88)


def test_a_delta_of_another_version_is_refused_and_changes_nothing() -> None:
    tree = StatusTree.from_chunks(3, reference_chunks([0, 0, 0]))
    _, stale = tree.preview(4, {0: reference_chunks([0, 0, 0, 1])[0]})
    tree.commit(tree.preview(3, {0: reference_chunks([0, 1, 0])[0]})[1])
    with pytest.raises(StoreError) as caught:
        tree.commit(stale)
    assert caught.value.code == Code.STALE_DELTA
    assert (tree.size, tree.root) == (3, reference_status_root([0, 1, 0]))


def test_what_cannot_be_a_next_version_is_not_previewed() -> None:
    tree = StatusTree.from_chunks(3, reference_chunks([0, 0, 0]))
    for size, changes in ((2, {}), (3, {1: EMPTY_CHUNK}), (3, {-1: EMPTY_CHUNK}), (3, {0: b"\xff"})):
        with pytest.raises(InvalidInput):
            tree.preview(size, changes)
    with pytest.raises(InvalidInput):
        StatusTree.from_chunks(257, [EMPTY_CHUNK])


@pytest.mark.parametrize("size", [3, 4, 255])
def test_padding_other_than_none_is_refused(size: int) -> None:
    for index in range(size, 256, 50):
        chunk = set_status(reference_chunks([0] * size)[0], index, Status.VALID)
        tree = StatusTree.from_chunks(size, [chunk])
        with pytest.raises(VerificationFailed) as caught:
            verify_status(0, size, chunk, [], tree.root)
        assert caught.value.code == Code.PROOF_WRONG_STATUS


def test_an_undefined_nibble_or_an_index_beyond_the_size_has_no_status() -> None:
    chunk = bytes([0x40]) + EMPTY_CHUNK[1:]
    tree = StatusTree.from_chunks(2, [chunk])
    assert verify_status(0, 2, chunk, [], tree.root) is Status.VALID
    for index in (1, 2, -1, 256):
        with pytest.raises(VerificationFailed) as caught:
            verify_status(index, 2, chunk, [], tree.root)
        assert caught.value.code == Code.PROOF_WRONG_STATUS


def test_a_chunk_that_leads_to_another_root_has_the_code_that_the_caller_gives_it() -> None:
    """What a verifier takes for an old status; any other fault keeps its own code."""
    chunk = reference_chunks([0, 0, 0])[0]
    tree = StatusTree.from_chunks(3, [chunk])
    older = reference_chunks([0, 1, 0])[0]
    given = {older: Code.PROOF_OLD_STATUS, chunk[:-1]: Code.PROOF_WRONG_STATUS}
    for shown, code in given.items():
        with pytest.raises(VerificationFailed) as caught:
            verify_status(0, 3, shown, [], tree.root, other_root=Code.PROOF_OLD_STATUS)
        assert caught.value.code == code

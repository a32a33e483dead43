"""Logs: RFC 6962 roots, frontiers, tiles, and how proofs fail."""

from itertools import pairwise

import pytest

from tests.testkit.reference_merkle import (
    reference_consistency_path,
    reference_inclusion_path,
    reference_leaf,
    reference_reader,
    reference_root,
    reference_tiles,
)
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidEncoding, InvalidInput, StoreError, VerificationFailed
from zhenglian_ledger.merkle.frontier import Frontier
from zhenglian_ledger.merkle.hashing import (
    EMPTY_ROOT,
    compute_leaf_hashes,
    compute_root,
    leaf_hash,
    node_hash,
)
from zhenglian_ledger.merkle.proof import (
    compute_consistency_path,
    compute_consistency_path_length,
    compute_inclusion_path,
    compute_inclusion_path_length,
    verify_consistency,
    verify_inclusion,
)
from zhenglian_ledger.merkle.tile_reader import TileReader
from zhenglian_ledger.merkle.tiles import (
    TileCoordinates,
    compute_append,
    compute_tile_coordinates,
    compute_tile_path,
    compute_tile_width,
    compute_tiles_of_tree,
)

# The eight leaves and nine roots published with certificate transparency.
CT_LEAVES = (
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)
CT_ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def make_leaves(count: int) -> list[bytes]:
    return [reference_leaf(number.to_bytes(4, "big")) for number in range(count)]


def test_published_roots_hold_for_every_prefix_of_the_published_leaves() -> None:
    leaves = compute_leaf_hashes(bytes.fromhex(text) for text in CT_LEAVES)
    for size, root in enumerate(CT_ROOTS):
        assert compute_root(leaves[:size]).hex() == root
        assert Frontier().append_with_tile_hashes(leaves[:size])[0].compute_root().hex() == root


def test_a_frontier_grows_leaf_by_leaf_as_it_grows_at_once() -> None:
    leaves = make_leaves(70)
    frontier = Frontier()
    for size, leaf in enumerate(leaves, 1):
        frontier = frontier.append_with_tile_hashes([leaf])[0]
        assert frontier == Frontier().append_with_tile_hashes(leaves[:size])[0]
        assert frontier.compute_root() == reference_root(leaves[:size])


def test_a_frontier_has_one_encoding() -> None:
    frontier = Frontier().append_with_tile_hashes(make_leaves(13))[0]
    encoded = frontier.to_bytes()
    assert Frontier.from_bytes(encoded) == frontier
    assert len(encoded) == 8 + 3 * 32
    assert Frontier.from_bytes(bytes(8)) == Frontier()
    for damaged in (encoded[:-1], encoded + b"\x00", b"", encoded[:7], encoded[:8]):
        with pytest.raises(InvalidEncoding) as caught:
            Frontier.from_bytes(damaged)
        assert caught.value.code == Code.WRONG_LENGTH


def test_tile_paths_follow_the_published_examples() -> None:
    assert compute_tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert compute_tile_path(3, 0, 7) == "tile/3/000.p/7"
    assert compute_tile_path(None, 1000, 255) == "tile/entries/x001/000.p/255"


def test_a_tile_path_is_read_back_and_any_other_spelling_is_refused() -> None:
    for place in (
        TileCoordinates(0, 1234067),
        TileCoordinates(63, 5, 1),
        TileCoordinates(None, 999_999, 255),
    ):
        assert compute_tile_coordinates(compute_tile_path(place.level, place.index, place.width)) == place
    for text in (
        "", "tile", "tile/0", "tile/0/", "tile/0/1", "tile/00/001", "tile/64/001", "tile/-1/001",
        "tile/0/x000/001", "tile/0/xx01/001", "tile/0/x001", "tile/0/001/002", "tile/0/001/",
        "tile/0/001.p/256", "tile/0/001.p/0", "tile/0/001.p/07", "tile/0/001.p/", "tile/0/001.p/5.p/5",
        "tile/0/\u0661\u0662\u0663", "tile/0/001.p/\uff15", "xtile/0/001", "tile/entries",
        "tile/0/" + "x999/" * 8 + "999",
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as caught:
            compute_tile_coordinates(text)
        assert caught.value.code == Code.WRONG_FORM, text


def test_seventy_thousand_leaves_have_the_published_tiles() -> None:
    places = list(compute_tiles_of_tree(70_000))
    partial = [TileCoordinates(0, 273, 112), TileCoordinates(1, 1, 17), TileCoordinates(2, 0, 1)]
    assert [place for place in places if place.width < 256] == partial
    assert len(places) == 274 + 2 + 1
    assert compute_tile_width(70_000, 0, 274) == compute_tile_width(70_000, 3, 0) == 0


def test_stored_tiles_are_what_their_definition_says_across_three_levels() -> None:
    leaves = make_leaves(66_200)
    store: dict[tuple[int, int], bytes] = {}
    frontier = Frontier()
    for begin, end in pairwise((0, 1, 255, 256, 257, 1000, 65_535, 65_536, 65_537, 66_200)):
        frontier, tiles = compute_append(frontier, leaves[begin:end], reference_reader(store))
        store.update(tiles)
    assert store == reference_tiles(leaves)
    widths = {(place.level, place.index): place.width for place in compute_tiles_of_tree(66_200)}
    assert widths == {place: len(tile) // 32 for place, tile in store.items()}
    for size in (1, 256, 257, 65_535, 65_536, 66_200):
        assert TileReader(reference_reader(store)).compute_range_root(0, size) == compute_root(leaves[:size])
    for index, size in ((0, 66_200), (65_535, 66_200), (66_199, 66_200), (65_536, 65_537), (300, 65_537)):
        path = compute_inclusion_path(index, size, reference_reader(store))
        verify_inclusion(leaves[index], index, size, path, compute_root(leaves[:size]))


def test_appending_nothing_writes_nothing() -> None:
    frontier = Frontier().append_with_tile_hashes(make_leaves(5))[0]
    assert compute_append(frontier, [], reference_reader({})) == (frontier, {})


def test_a_missing_or_narrow_tile_is_a_corrupted_store() -> None:
    tiles = reference_tiles(make_leaves(300))
    tiles[0, 1] = tiles[0, 1][:-32]
    for damaged in (tiles, {}):
        with pytest.raises(StoreError) as caught:
            TileReader(reference_reader(damaged)).compute_range_root(0, 300)
        assert caught.value.code == Code.STORE_CORRUPTED


def test_every_proof_of_every_small_tree_is_the_rfcs_and_verifies() -> None:
    leaves = make_leaves(34)
    read_tile = reference_reader(reference_tiles(leaves))
    roots = [reference_root(leaves[:size]) for size in range(35)]
    for size in range(1, 35):
        for index in range(size):
            path = compute_inclusion_path(index, size, read_tile)
            assert path == reference_inclusion_path(index, leaves[:size])
            assert len(path) == compute_inclusion_path_length(index, size)
            verify_inclusion(leaves[index], index, size, path, roots[size])
        for old_size in range(size + 1):
            path = compute_consistency_path(old_size, size, read_tile)
            assert path == reference_consistency_path(old_size, leaves[:size])
            assert len(path) == compute_consistency_path_length(old_size, size)
            verify_consistency(old_size, size, path, roots[old_size], roots[size])


def test_a_path_too_short_or_too_long_is_told_apart_from_a_wrong_one() -> None:
    leaves = make_leaves(11)
    root, old_root = reference_root(leaves), reference_root(leaves[:6])
    path, steps = reference_inclusion_path(4, leaves), reference_consistency_path(6, leaves)
    for wrong in (path[:-1], path[1:], [*path, path[0]], []):
        with pytest.raises(VerificationFailed) as caught:
            verify_inclusion(leaves[4], 4, 11, wrong, root)
        assert caught.value.code == Code.PROOF_TRUNCATED_PATH
    for wrong in (steps[:-1], [*steps, bytes(32)], []):
        with pytest.raises(VerificationFailed) as caught:
            verify_consistency(6, 11, wrong, old_root, root)
        assert caught.value.code == Code.PROOF_TRUNCATED_PATH


@pytest.mark.parametrize(("index", "size"), [(0, 0), (11, 11), (-1, 11), (2**64, 11)])
def test_an_index_outside_the_tree_is_never_included(index: int, size: int) -> None:
    with pytest.raises(VerificationFailed) as caught:
        verify_inclusion(EMPTY_ROOT, index, size, [], EMPTY_ROOT)
    assert caught.value.code == Code.PROOF_WRONG_PATH


def test_a_hash_of_another_length_cannot_shift_the_boundary_between_siblings() -> None:
    left, right = make_leaves(2)
    with pytest.raises(VerificationFailed):
        verify_inclusion(b"", 0, 2, [left + right], reference_root([left, right]))


def test_a_boundary_shifted_between_siblings_is_refused_even_where_the_hashes_meet() -> None:
    """Old root and forged new root both follow from these hashes, but they are not 32 bytes each."""
    first, second, third, fourth = make_leaves(4)
    left = node_hash(first, second)
    shifted, cut = left[31:] + third, left[:31]
    forged = node_hash(cut, node_hash(shifted, fourth))
    with pytest.raises(VerificationFailed) as caught:
        verify_consistency(3, 4, [shifted, fourth, cut], node_hash(left, third), forged)
    assert caught.value.code == Code.PROOF_WRONG_PATH


def test_an_empty_or_equal_old_tree_needs_the_right_root_and_no_path() -> None:
    root = reference_root(make_leaves(5))
    verify_consistency(0, 5, [], EMPTY_ROOT, root)
    verify_consistency(0, 0, [], EMPTY_ROOT, EMPTY_ROOT)
    verify_consistency(5, 5, [], root, root)
    wrong = ((0, 5, root), (5, 5, EMPTY_ROOT), (0, 0, root), (6, 5, root), (-1, 5, root))
    for old_size, new_size, old_root in wrong:
        with pytest.raises(VerificationFailed) as caught:
            verify_consistency(old_size, new_size, [], old_root, root)
        assert caught.value.code == Code.PROOF_WRONG_PATH


def test_paths_outside_the_tree_are_not_computed() -> None:
    with pytest.raises(InvalidInput):
        compute_inclusion_path(3, 3, reference_reader({}))
    with pytest.raises(InvalidInput):
        compute_consistency_path(4, 3, reference_reader({}))


def test_a_leaf_is_not_a_node() -> None:
    left, right = make_leaves(2)
    assert leaf_hash(left + right) != compute_root([left, right])

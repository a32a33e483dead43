"""The outbox: what a killed process had taken in, the next one finds."""

from pathlib import Path

import pytest

from zhenglian_node.engines.cometbft.outbox import Outbox


def test_what_was_put_is_found_by_the_next_run_in_the_same_order(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    bundles = [bytes([number]) * 100 for number in (7, 3, 9, 1)]
    assert all(outbox.put(bundle) for bundle in bundles)
    assert Outbox(tmp_path / "outbox").load() == bundles


def test_a_run_that_loads_goes_on_numbering_where_the_last_stopped(tmp_path: Path) -> None:
    Outbox(tmp_path).put(b"first")
    second = Outbox(tmp_path)
    second.load()
    second.put(b"second")
    assert Outbox(tmp_path).load() == [b"first", b"second"]


def test_what_was_removed_is_gone_and_removing_it_twice_does_no_harm(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    outbox.put(b"a")
    outbox.put(b"b")
    outbox.remove(b"a")
    outbox.remove(b"a")
    assert len(outbox) == 1
    assert Outbox(tmp_path).load() == [b"b"]


def test_a_loaded_bundle_can_be_removed(tmp_path: Path) -> None:
    Outbox(tmp_path).put(b"a")
    outbox = Outbox(tmp_path)
    outbox.load()
    outbox.remove(b"a")
    assert list(tmp_path.iterdir()) == []


def test_the_same_bundle_is_kept_once(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, max_bytes=4)
    assert outbox.put(b"abcd")
    assert outbox.put(b"abcd")
    assert len(outbox) == 1


def test_a_full_outbox_says_so_and_has_room_again_after_a_removal(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, max_bytes=10)
    assert outbox.put(b"12345678")
    assert not outbox.put(b"123")
    outbox.remove(b"12345678")
    assert outbox.put(b"123")
    assert Outbox(tmp_path).load() == [b"123"]


@pytest.mark.parametrize("damage", ["cut short", "altered", "emptied", "renamed", "foreign", "unfinished"])
def test_a_file_that_is_no_whole_bundle_is_ignored_and_removed(tmp_path: Path, damage: str) -> None:
    outbox = Outbox(tmp_path)
    outbox.put(b"whole")
    outbox.put(b"damaged")
    file = sorted(tmp_path.iterdir())[1]
    match damage:
        case "cut short":
            file.write_bytes(b"damag")
        case "altered":
            file.write_bytes(b"damageD")
        case "emptied":
            file.write_bytes(b"")
        case "renamed":
            file.rename(tmp_path / "x.bundle")
        case "foreign":
            file.rename(tmp_path / file.name.replace("2-", "\uff12-", 1))
        case _:
            file.rename(file.with_suffix(".part"))
    assert Outbox(tmp_path).load() == [b"whole"]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_directory_in_the_outbox_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    assert Outbox(tmp_path).load() == []
    assert (tmp_path / "notes").is_dir()


def test_nobody_else_may_look_into_a_new_outbox(tmp_path: Path) -> None:
    Outbox(tmp_path / "outbox")
    assert (tmp_path / "outbox").stat().st_mode & 0o077 == 0

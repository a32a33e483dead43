"""One contract, two stores: whatever holds for LevelDB holds for its twin in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_node.storage.leveldb import LevelDbStore
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_node.storage.port import Store, compute_end


@pytest.fixture(params=["leveldb", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened: Store = (
        LevelDbStore(tmp_path / "store", create=True) if request.param == "leveldb" else MemoryStore()
    )
    yield opened
    opened.close()


def test_a_new_store_holds_nothing(store: Store) -> None:
    assert store.get(b"a") is None
    assert list(store.scan(b"")) == []


def test_committed_rows_are_read_back(store: Store) -> None:
    store.commit({b"b": b"2", b"a": b"1", b"empty": b""})
    assert store.get(b"a") == b"1"
    assert store.get(b"empty") == b""
    assert list(store.scan(b"")) == [(b"a", b"1"), (b"b", b"2"), (b"empty", b"")]


def test_a_later_commit_replaces_rows(store: Store) -> None:
    store.commit({b"a": b"1", b"b": b"2"})
    store.commit({b"b": b"3"})
    assert list(store.scan(b"")) == [(b"a", b"1"), (b"b", b"3")]


def test_a_scan_gives_the_prefix_alone_and_in_key_order(store: Store) -> None:
    store.commit({b"\x10\x02": b"", b"\x10\x01": b"", b"\x0f\xff": b"", b"\x11": b"", b"\x10": b""})
    assert [key for key, _ in store.scan(b"\x10")] == [b"\x10", b"\x10\x01", b"\x10\x02"]


def test_a_scan_of_the_highest_prefix_reaches_the_end(store: Store) -> None:
    store.commit({b"\xfe": b"", b"\xff": b"", b"\xff\xff": b"", b"\xff\xff\x01": b""})
    assert [key for key, _ in store.scan(b"\xff\xff")] == [b"\xff\xff", b"\xff\xff\x01"]


def test_a_scan_can_start_within_its_prefix(store: Store) -> None:
    store.commit({b"a1": b"", b"a2": b"", b"a3": b"", b"b": b""})
    assert [key for key, _ in store.scan(b"a", start=b"a2")] == [b"a2", b"a3"]
    assert [key for key, _ in store.scan(b"a", start=b"A")] == [b"a1", b"a2", b"a3"]


def test_a_snapshot_never_changes(store: Store) -> None:
    store.commit({b"a": b"1"})
    snapshot = store.snapshot()
    store.commit({b"a": b"2", b"b": b"2"})
    assert snapshot.get(b"a") == b"1"
    assert snapshot.get(b"b") is None
    assert list(snapshot.scan(b"")) == [(b"a", b"1")]
    assert list(store.snapshot().scan(b"")) == [(b"a", b"2"), (b"b", b"2")]


def test_a_scan_that_has_begun_does_not_see_later_commits(store: Store) -> None:
    store.commit({b"a": b"1", b"c": b"1"})
    scan = store.scan(b"")
    store.commit({b"b": b"2", b"c": b"2"})
    assert list(scan) == [(b"a", b"1"), (b"c", b"1")]


def test_a_snapshot_can_be_given_back(store: Store) -> None:
    store.snapshot().close()
    store.commit({b"a": b"1"})
    assert store.get(b"a") == b"1"


def test_rows_survive_closing(tmp_path: Path) -> None:
    first = LevelDbStore(tmp_path, create=True)
    first.commit({b"a": b"1"})
    first.close()
    second = LevelDbStore(tmp_path)
    assert second.get(b"a") == b"1"
    second.close()


def test_two_processes_cannot_share_a_store(tmp_path: Path) -> None:
    first = LevelDbStore(tmp_path, create=True)
    with pytest.raises(StoreError) as caught:
        LevelDbStore(tmp_path)
    assert caught.value.code == Code.STORE_LOCKED
    first.close()


def test_a_store_that_is_not_there_is_not_made_by_accident(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        LevelDbStore(tmp_path / "nowhere")
    assert caught.value.code == Code.STORE_MISSING
    assert not (tmp_path / "nowhere").exists()


def test_a_damaged_store_says_so(tmp_path: Path) -> None:
    store = LevelDbStore(tmp_path, create=True)
    store.commit({bytes([number]): bytes(1000) for number in range(200)})
    store.close()
    (log,) = tmp_path.glob("*.log")
    data = bytearray(log.read_bytes())
    data[len(data) // 2] ^= 1
    log.write_bytes(data)
    with pytest.raises(StoreError) as caught:
        LevelDbStore(tmp_path)
    assert caught.value.code == Code.STORE_CORRUPTED


@pytest.mark.parametrize(
    ("prefix", "end"),
    [(b"", None), (b"\xff\xff", None), (b"a", b"b"), (b"a\xff", b"b"), (b"a\x00", b"a\x01")],
)
def test_the_end_of_a_prefix_is_the_first_key_after_it(prefix: bytes, end: bytes | None) -> None:
    assert compute_end(prefix) == end

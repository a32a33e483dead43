"""Rebuild: whatever happened to the rows, the logs give them back; and it never makes a store worse."""

from pathlib import Path

import pytest

from tests.testkit.ledger_story import build_story
from tests.testkit.node_kit import SoloChain
from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_node.app.fsck import check_full
from zhenglian_node.app.rebuild import rebuild, rebuild_store
from zhenglian_node.storage.leveldb import LevelDbStore
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_node.storage.port import Store


def live(store: Store) -> SoloChain:
    chain = SoloChain(store)
    for transactions in build_story(chain.sender):
        chain.make_block(transactions)
    chain.make_block()
    return chain


def read_all(store: Store) -> list[tuple[bytes, bytes]]:
    return list(store.scan(b""))


def test_a_rebuilt_store_is_the_store_to_the_last_row() -> None:
    source, target = MemoryStore(), MemoryStore()
    live(source)
    rebuild_store(source, target)
    assert read_all(target) == read_all(source)


def test_lost_and_damaged_rows_come_back(tmp_path: Path) -> None:
    path = tmp_path / "store"
    store = LevelDbStore(path, create=True)
    live(store)
    sound = read_all(store)
    damaged = {key: b"damaged" for key, _ in sound if key[:1] in (rows.STATE, rows.ID, rows.TILE, rows.TRACE)}
    store.commit({**damaged, rows.HOLDING + bytes(41): b""})
    store.close()
    old = rebuild(path)
    rebuilt, kept = LevelDbStore(path), LevelDbStore(old)
    assert read_all(rebuilt) == sound
    assert check_full(rebuilt) == []
    assert kept.get(next(iter(damaged))) == b"damaged"
    kept.close()
    rebuilt.close()


def test_a_rebuilt_ledger_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "store"
    chain = live(LevelDbStore(path, create=True))
    head = chain.application.committed.head
    chain.application.close()
    rebuild(path)
    again = SoloChain(LevelDbStore(path))
    assert again.application.committed.head == head
    assert again.make_block().height == head.height + 1
    again.application.close()


def test_damaged_logs_are_not_rebuilt_over(tmp_path: Path) -> None:
    path = tmp_path / "store"
    store = LevelDbStore(path, create=True)
    live(store)
    store.commit({rows.entry_key(rows.ACCESS, 0): b"damaged"})
    before = read_all(store)
    store.close()
    with pytest.raises(StoreError) as caught:
        rebuild(path)
    assert caught.value.code == Code.STORE_CORRUPTED
    again = LevelDbStore(path)
    assert read_all(again) == before
    again.close()


def test_an_entry_changed_in_part_does_not_lead_to_the_app_hash() -> None:
    source = MemoryStore()
    chain = live(source)
    key = rows.entry_key(rows.REGISTRY, chain.application.committed.head.sizes[rows.REGISTRY] - 1)
    entry = source.get(key)
    assert entry is not None
    source.commit({key: entry[:-1] + bytes([entry[-1] ^ 1])})
    with pytest.raises(StoreError):
        rebuild_store(source, MemoryStore())


def test_a_half_made_copy_cannot_be_opened_as_a_ledger() -> None:
    """The rows that say what a store is come last."""

    class Full(MemoryStore):
        commits = 0

        def commit(self, writes: object) -> None:
            self.commits += 1
            if self.commits > 4:
                raise StoreError(Code.STORE_FAILED, what="disk full")
            super().commit(writes)  # type: ignore[arg-type]

    source, target = MemoryStore(), Full()
    live(source)
    with pytest.raises(StoreError, match="disk full"):
        rebuild_store(source, target)
    with pytest.raises(StoreError) as caught:
        SoloChain(target)
    assert caught.value.code == Code.STORE_OTHER_RULES


def test_a_rebuild_that_stopped_half_way_is_begun_again(tmp_path: Path) -> None:
    path = tmp_path / "store"
    live(LevelDbStore(path, create=True)).application.close()
    LevelDbStore(tmp_path / "store.rebuilding", create=True).close()
    rebuild(path)
    store = LevelDbStore(path)
    assert check_full(store) == []
    store.close()


def test_a_swap_that_stopped_between_its_renames_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "store"
    live(LevelDbStore(path, create=True)).application.close()
    rebuild(path)
    path.rename(tmp_path / "store.rebuilding")
    assert rebuild(path) == tmp_path / "store.old"
    store = LevelDbStore(path)
    assert check_full(store) == []
    store.close()


def test_two_rebuilds_keep_both_old_stores(tmp_path: Path) -> None:
    path = tmp_path / "store"
    live(LevelDbStore(path, create=True)).application.close()
    first, second = rebuild(path), rebuild(path)
    assert first != second
    assert first.exists()
    assert second.exists()


def test_a_store_in_use_is_not_rebuilt(tmp_path: Path) -> None:
    path = tmp_path / "store"
    chain = live(LevelDbStore(path, create=True))
    with pytest.raises(StoreError) as caught:
        rebuild(path)
    assert caught.value.code == Code.STORE_LOCKED
    chain.application.close()

"""The last of the disk: what is measured, what is refused, and that nothing was written then."""

from pathlib import Path

import pytest

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_node.storage.reserve import (
    GIB,
    MIB,
    ReservedStore,
    compute_usual_reserve,
    format_bytes,
    measure_least,
    measure_room,
    verify_room,
)

MORE_THAN_ANY_DISK = 1 << 60


def test_the_usual_reserve_is_a_gibibyte_or_a_twentieth_of_a_small_disk() -> None:
    assert compute_usual_reserve(100 * GIB) == GIB
    assert compute_usual_reserve(200 * MIB) == 10 * MIB


def test_a_path_that_is_not_there_yet_is_measured_where_it_will_be(tmp_path: Path) -> None:
    here, later = measure_room(tmp_path), measure_room(tmp_path / "home" / "store")
    assert here.total == later.total > 0
    assert here.is_enough


def test_the_tightest_disk_counts(tmp_path: Path) -> None:
    assert measure_least([tmp_path, tmp_path / "b"], 5).reserve == 5


def test_below_the_reserve_the_sentence_says_where_and_how_much(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        verify_room([tmp_path], MORE_THAN_ANY_DISK)
    assert caught.value.code == Code.DISK_LOW
    assert str(tmp_path) in caught.value.en
    assert "GiB" in caught.value.zh


def test_a_commit_that_might_not_fit_writes_nothing_and_reads_go_on(tmp_path: Path) -> None:
    inner = MemoryStore()
    ReservedStore(inner, [tmp_path], reserve=1).commit({b"a": b"1"})
    guarded = ReservedStore(inner, [tmp_path], MORE_THAN_ANY_DISK)
    with pytest.raises(StoreError) as caught:
        guarded.commit({b"b": b"2"})
    assert caught.value.code == Code.DISK_LOW
    assert (guarded.get(b"a"), guarded.get(b"b")) == (b"1", None)
    assert list(guarded.snapshot().scan(b"")) == list(guarded.scan(b"")) == [(b"a", b"1")]


def test_bytes_as_people_read_them() -> None:
    assert (format_bytes(GIB * 3 // 2), format_bytes(5 * MIB)) == ("1.5 GiB", "5 MiB")

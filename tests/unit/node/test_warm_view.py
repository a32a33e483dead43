"""A warm view says what its snapshot says, whatever it has seen before, and asks the store less."""

from hypothesis import given
from hypothesis import strategies as st

from zhenglian_ledger import rows
from zhenglian_node.app.warm_view import WarmView, build_entries
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_node.storage.port import Snapshot
from zhenglian_proto.v1.types_pb2 import KIND_LICENCE, KIND_SYSTEM

SYSTEM = rows.id_key(KIND_SYSTEM, b"office")
STANDING = rows.state_key(KIND_SYSTEM, 1)
LICENCE = rows.id_key(KIND_LICENCE, b"l" * 32)
ENTRY = rows.entry_key(rows.REGISTRY, 1)
NONCE = rows.nonce_key("office", b"n" * 16)
KEYS = [SYSTEM, STANDING, LICENCE, NONCE, rows.PARAMETERS]


class CountingSnapshot:
    """A snapshot that counts what it is asked."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.asked: list[bytes] = []
        self._snapshot = snapshot
        self.scan, self.close = snapshot.scan, snapshot.close

    def get(self, key: bytes) -> bytes | None:
        self.asked.append(key)
        return self._snapshot.get(key)


def test_a_row_of_the_registry_is_asked_for_once_and_a_record_each_time() -> None:
    store = MemoryStore()
    store.commit({SYSTEM: b"1", LICENCE: b"2", ENTRY: b"entry"})
    snapshot = CountingSnapshot(store.snapshot())
    view = WarmView(snapshot, build_entries())
    for _ in range(3):
        assert (view.get(SYSTEM), view.get(LICENCE), view.get(ENTRY)) == (b"1", b"2", b"entry")
    assert [snapshot.asked.count(key) for key in (SYSTEM, LICENCE, ENTRY)] == [1, 3, 1]


def test_what_a_block_wrote_is_read_anew_and_the_rest_is_not() -> None:
    store = MemoryStore()
    store.commit({SYSTEM: b"1", STANDING: b"in force"})
    view = WarmView(store.snapshot(), build_entries())
    assert (view.get(SYSTEM), view.get(STANDING)) == (b"1", b"in force")
    store.commit({STANDING: b"retired"})
    snapshot = CountingSnapshot(store.snapshot())
    later = view.advance(snapshot, {STANDING: b"retired"})
    assert (later.get(SYSTEM), later.get(STANDING)) == (b"1", b"retired")
    assert snapshot.asked == [STANDING]
    assert view.get(STANDING) == b"in force"


def test_an_unused_nonce_is_asked_for_once_until_a_block_uses_it() -> None:
    store = MemoryStore()
    snapshot = CountingSnapshot(store.snapshot())
    view = WarmView(snapshot, build_entries())
    assert [view.get(NONCE) for _ in range(3)] == [None] * 3
    store.commit({STANDING: b"another block"})
    later = view.advance(CountingSnapshot(store.snapshot()), {STANDING: b"another block"})
    assert later.get(NONCE) is None
    assert snapshot.asked == [NONCE]
    store.commit({NONCE: b"7"})
    newest = later.advance(store.snapshot(), {NONCE: b"7"})
    assert (view.get(NONCE), later.get(NONCE), newest.get(NONCE)) == (None, None, b"7")


@given(st.lists(st.tuples(st.sampled_from(KEYS), st.binary(min_size=1, max_size=2), st.sampled_from(KEYS))))
def test_it_always_equals_its_snapshot(steps: list[tuple[bytes, bytes, bytes]]) -> None:
    store = MemoryStore()
    view = WarmView(store.snapshot(), build_entries())
    for written, value, read in steps:
        store.commit({written: value})
        snapshot = store.snapshot()
        view = view.advance(snapshot, {written: value})
        assert view.get(read) == snapshot.get(read)
    assert [view.get(key) for key in KEYS] == [store.get(key) for key in KEYS]

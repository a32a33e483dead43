"""fsck finds every row that is not what the logs say, and nothing in a sound store."""

from collections.abc import Callable

import pytest

from tests.testkit.ledger_story import build_story
from tests.testkit.node_kit import SoloChain
from zhenglian_ledger import rows
from zhenglian_ledger.leaves import decode_batch_leaf
from zhenglian_node.app.fsck import check_full, check_quick
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_proto.v1 import types_pb2
from zhenglian_proto.v1.cometbft_pb2 import Header


@pytest.fixture
def chain() -> SoloChain:
    chain = SoloChain(MemoryStore())
    for transactions in build_story(chain.sender):
        chain.make_block(transactions)
    return chain


def get_header(chain: SoloChain) -> Header:
    light_block = chain.maker.get_light_block(chain.application.committed.head.height)
    assert light_block is not None
    return light_block.signed_header.header


def get_store(chain: SoloChain) -> MemoryStore:
    store = chain.application._store
    assert isinstance(store, MemoryStore)
    return store


def test_the_story_has_refused_operations_and_uses(chain: SoloChain) -> None:
    """What the other tests rest on: every kind of result is in the logs."""
    leaves = [decode_batch_leaf(leaf) for _, leaf in get_store(chain).scan(rows.ENTRY + bytes([rows.BATCH]))]
    results = [result for leaf in leaves for result in leaf.results]
    assert any(results)
    entries = [entry[0] for _, entry in get_store(chain).scan(rows.ENTRY + bytes([rows.ACCESS]))]
    assert set(entries) == {1, 2}


def test_a_sound_store_has_no_findings(chain: SoloChain) -> None:
    assert check_quick(get_store(chain), get_header(chain)) == []
    assert check_full(get_store(chain), get_header(chain)) == []
    chain.make_block()
    assert check_full(get_store(chain), get_header(chain)) == []


def test_a_fresh_ledger_has_no_findings() -> None:
    chain = SoloChain(MemoryStore())
    assert check_full(get_store(chain)) == []


def test_an_empty_store_is_no_ledger() -> None:
    assert len(check_quick(MemoryStore())) == 1


def find(store: MemoryStore, prefix: bytes) -> bytes:
    return next(key for key, _ in store.scan(prefix))


def flip(value: bytes) -> bytes:
    return bytes([value[0] ^ 1]) + value[1:] if value else b"\x01"


QUICK: list[tuple[str, Callable[[MemoryStore], bytes]]] = [
    ("batch log", lambda store: find(store, rows.ENTRY + bytes([rows.BATCH]))),
    ("registry log", lambda store: find(store, rows.ENTRY + bytes([rows.REGISTRY]))),
    ("access log", lambda store: find(store, rows.ENTRY + bytes([rows.ACCESS]))),
    ("access log", lambda store: find(store, rows.TILE + bytes([rows.ACCESS]))),
    ("status", lambda store: find(store, rows.CHUNK)),
    ("trace", lambda store: find(store, rows.TRACE)),
    ("trace", lambda store: find(store, rows.FEED)),
    ("status", lambda store: find(store, rows.STATE + bytes([types_pb2.KIND_LICENCE]))),
    ("rules", lambda _: rows.META + b"rules"),
]


@pytest.mark.parametrize(("where", "choose"), QUICK)
def test_quick_finds_a_changed_row(
    chain: SoloChain, where: str, choose: Callable[[MemoryStore], bytes]
) -> None:
    store = get_store(chain)
    key = choose(store)
    value = store.get(key) or b""
    changed = b"\x08\x04" if key[0] == rows.STATE[0] else flip(value)
    store.commit({key: changed})
    findings = check_quick(store)
    assert findings
    assert where in findings[0]


def test_quick_finds_an_entry_too_many(chain: SoloChain) -> None:
    store = get_store(chain)
    size = chain.application.committed.head.sizes[rows.ACCESS]
    store.commit({rows.entry_key(rows.ACCESS, size): b"surplus"})
    assert any("access log" in finding for finding in check_quick(store))


def test_quick_finds_a_header_of_another_state(chain: SoloChain) -> None:
    header = get_header(chain)
    header.app_hash = bytes(32)
    assert any("header" in finding for finding in check_quick(get_store(chain), header))
    header.height += 1
    assert any("header" in finding for finding in check_quick(get_store(chain), header))


LOGICAL_AND_DERIVED = [
    rows.STATE, rows.PARAMETERS, rows.VALIDATORS, rows.ID, rows.NONCE, rows.HOLDING, rows.DIGEST,
    rows.GRANTEE, rows.DISPUTE,
]  # fmt: skip


@pytest.mark.parametrize("table", LOGICAL_AND_DERIVED)
def test_full_finds_a_changed_row_of_any_table(chain: SoloChain, table: bytes) -> None:
    store = get_store(chain)
    key = find(store, table)
    store.commit({key: flip(store.get(key) or b"")})
    assert check_full(store)


@pytest.mark.parametrize("table", LOGICAL_AND_DERIVED)
def test_full_finds_a_row_that_should_not_exist(chain: SoloChain, table: bytes) -> None:
    store = get_store(chain)
    surplus = table + bytes(70)
    store.commit({surplus: bytes(8)})
    assert any("should not exist" in finding for finding in check_full(store))


def test_full_finds_a_batch_that_was_never_acceptable(chain: SoloChain) -> None:
    """An author's signature is checked again, whatever the hashes around it say."""
    store = get_store(chain)
    index = chain.application.committed.head.sizes[rows.BATCH] - 1
    leaf = decode_batch_leaf(store.get(rows.entry_key(rows.BATCH, index)) or b"")
    store.commit({rows.entry_key(rows.BATCH, index): leaf._replace(signature=bytes(64)).encode()})
    assert any("WRONG_SIGNATURE" in finding for finding in check_full(store))


def test_full_finds_a_result_that_the_rules_do_not_give(chain: SoloChain) -> None:
    store = get_store(chain)
    for index in range(chain.application.committed.head.sizes[rows.BATCH]):
        leaf = decode_batch_leaf(store.get(rows.entry_key(rows.BATCH, index)) or b"")
        if leaf.results == (0,) and leaf.signature != bytes(64):
            break
    forged = leaf._replace(prev_app_hash=bytes(32)).encode()
    store.commit({rows.entry_key(rows.BATCH, index): forged})
    assert any("another leaf" in finding for finding in check_full(store))

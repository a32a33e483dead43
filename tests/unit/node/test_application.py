"""The application under an engine's calls, on real parts: what is checked, decided, committed and refused."""

import pytest

from tests.testkit.ledger_objects import (
    CENTRE_OFFICE,
    MARKET_OFFICE,
    PUDONG_OFFICE,
    compute_id,
    issue_licence,
)
from tests.testkit.node_kit import HOUR_MS, Sender, SoloChain, build_genesis, bundle
from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.merkle.status import verify_status
from zhenglian_ledger.transition import NO_BATCH, BatchResult
from zhenglian_node.app.application import Application
from zhenglian_node.app.transactions import parse_result
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_proto.v1 import registries_pb2, types_pb2


@pytest.fixture
def chain() -> SoloChain:
    return SoloChain(MemoryStore())


def test_before_genesis_the_application_stands_nowhere() -> None:
    application = Application(MemoryStore(), build_genesis())
    assert application.info() == (0, b"")
    with pytest.raises(StoreError):
        _ = application.committed


def test_init_chain_may_be_repeated_until_the_first_block() -> None:
    store = MemoryStore()
    first = Application(store, build_genesis())
    app_hash = first.init_chain()
    assert first.init_chain() == app_hash
    second = Application(store, build_genesis())
    assert second.info() == (0, app_hash)
    assert second.init_chain() == app_hash


def test_another_genesis_is_told_apart() -> None:
    store = MemoryStore()
    Application(store, build_genesis()).init_chain()
    with pytest.raises(StoreError) as caught:
        Application(store, build_genesis(max_children=7))
    assert caught.value.code == Code.GENESIS_MISMATCH


@pytest.mark.parametrize("name", [b"rules", b"format"])
def test_a_store_of_other_rules_is_not_touched(name: bytes) -> None:
    store = MemoryStore()
    Application(store, build_genesis()).init_chain()
    store.commit({rows.META + name: bytes(32)})
    with pytest.raises(StoreError) as caught:
        Application(store, build_genesis())
    assert caught.value.code == Code.STORE_OTHER_RULES


def test_damaged_status_rows_are_met_when_opening() -> None:
    store = MemoryStore()
    Application(store, build_genesis()).init_chain()
    store.commit({rows.CHUNK + rows.u64(0): bytes(128)})
    with pytest.raises(StoreError) as caught:
        Application(store, build_genesis())
    assert caught.value.code == Code.STORE_CORRUPTED


def test_a_block_is_finalized_as_often_as_the_engine_asks_and_writes_nothing(chain: SoloChain) -> None:
    application = chain.application
    before = application.committed.head
    transaction = bundle(chain.sender.licence("a"), chain.sender.licence("b"))
    first = application.finalize_block([transaction], 1, chain.clock())
    second = application.finalize_block([transaction], 1, chain.clock())
    assert first.app_hash == second.app_hash != before.app_hash
    assert first.tx_results == second.tx_results
    assert application.committed.head == before
    other = application.finalize_block([], 1, chain.clock())
    assert other.app_hash == before.app_hash


def test_a_result_says_each_batchs_code_and_index(chain: SoloChain) -> None:
    good, forged = chain.sender.licence("a"), chain.sender.licence("b")
    forged.signature = bytes(64)
    malformed = chain.sender.licence("c")
    malformed.header += b"\x00"
    start = chain.application.committed.head.sizes[rows.BATCH]
    finalized = chain.application.finalize_block(
        [bundle(good, forged, malformed), b"no bundle", bundle(good)], 1, chain.clock()
    )
    assert [result.code for result in finalized.tx_results] == [0, 1, 0]
    assert finalized.tx_results[1].data == b""
    (accepted, wrong, unreadable) = parse_result(finalized.tx_results[0])
    assert accepted == BatchResult(Code.OK, start)
    assert wrong == BatchResult(Code.WRONG_SIGNATURE, NO_BATCH)
    assert unreadable.code != Code.OK
    assert unreadable.batch_index == NO_BATCH
    assert parse_result(finalized.tx_results[2]) == [BatchResult(Code.REPLAYED, NO_BATCH)]


def test_an_empty_block_keeps_the_app_hash(chain: SoloChain) -> None:
    app_hash = chain.application.committed.head.app_hash
    chain.make_block()
    assert chain.application.committed.head.app_hash == app_hash
    assert chain.application.info() == (1, app_hash)


def test_check_refuses_what_no_block_would_accept(chain: SoloChain) -> None:
    check, sender = chain.application.check_transaction, chain.sender
    assert check(bundle(sender.licence("a"))).code == Code.OK
    assert check(b"no bundle").code == Code.UNPARSABLE
    assert check(bundle()).code == Code.UNPARSABLE
    assert check(bundle(Sender("other-00000000", chain.clock).licence("a"))).code == Code.FOREIGN_CHAIN
    expired = sender.build(MARKET_OFFICE, issue_licence("late"), valid_until_ms=1)
    assert check(bundle(expired)).code == Code.BATCH_EXPIRED
    far = sender.build(MARKET_OFFICE, issue_licence("far"), valid_until_ms=chain.clock() + 48 * HOUR_MS)
    assert check(bundle(far)).code == Code.VALIDITY_TOO_LONG


def test_a_bundle_passes_if_one_batch_would(chain: SoloChain) -> None:
    expired = chain.sender.build(MARKET_OFFICE, issue_licence("late"), valid_until_ms=1)
    checked = chain.application.check_transaction(bundle(expired, chain.sender.licence("a")))
    assert checked.code == Code.OK
    assert checked.codes == (Code.BATCH_EXPIRED, Code.OK)


def test_a_nonce_waits_only_once_but_the_same_batch_may_come_again(chain: SoloChain) -> None:
    first = chain.sender.build(MARKET_OFFICE, issue_licence("a"), nonce=b"n" * 16)
    second = chain.sender.build(MARKET_OFFICE, issue_licence("b"), nonce=b"n" * 16)
    check = chain.application.check_transaction
    assert check(bundle(first)).code == Code.OK
    assert check(bundle(first)).code == Code.OK
    assert check(bundle(second)).code == Code.REPLAYED
    chain.make_block([bundle(first)])
    assert check(bundle(first)).code == Code.REPLAYED


def test_a_nonce_that_never_came_into_a_block_is_free_after_its_validity(chain: SoloChain) -> None:
    first = chain.sender.build(
        MARKET_OFFICE, issue_licence("a"), nonce=b"n" * 16, valid_until_ms=chain.clock() + 500
    )
    second = chain.sender.build(MARKET_OFFICE, issue_licence("b"), nonce=b"n" * 16)
    assert chain.application.check_transaction(bundle(first)).code == Code.OK
    chain.make_block()
    assert chain.application.check_transaction(bundle(second)).code == Code.OK


def test_a_system_ended_since_its_verdict_is_not_believed(chain: SoloChain) -> None:
    """The signature's verdict is remembered; whether the system still may write is asked each time."""
    batch = chain.sender.licence("a")
    assert chain.application.check_transaction(bundle(batch)).code == Code.OK
    retire = registries_pb2.Retire(kind=types_pb2.KIND_SYSTEM, id=MARKET_OFFICE)
    chain.make_block([bundle(chain.sender.build(CENTRE_OFFICE, retire))])
    assert chain.application.check_transaction(bundle(batch)).code == Code.SYSTEM_NOT_IN_FORCE


def test_a_proposal_respects_the_blocks_limits() -> None:
    chain = SoloChain(MemoryStore(), build_genesis(max_block_operations=5, max_member_block_operations=3))
    market = [bundle(chain.sender.licence(f"{number}")) for number in range(5)]
    other = [bundle(chain.sender.build(PUDONG_OFFICE, issue_licence(f"p{n}"))) for n in range(3)]
    chosen = chain.application.prepare_proposal(market + other)
    assert chosen == market[:3] + other[:2]
    assert chain.application.process_proposal(chosen)
    assert not chain.application.process_proposal([*chosen, other[2]])
    assert not chain.application.process_proposal(market[:4])
    assert not chain.application.process_proposal([b"no bundle"])


def test_a_proposal_respects_the_engines_bytes(chain: SoloChain) -> None:
    transactions = [bundle(chain.sender.licence(f"{number}")) for number in range(3)]
    room = len(transactions[0]) + len(transactions[1])
    assert chain.application.prepare_proposal(transactions, room) == transactions[:2]


def test_what_no_block_could_hold_does_not_wait() -> None:
    chain = SoloChain(MemoryStore(), build_genesis(max_block_operations=1))
    batch = chain.sender.build(MARKET_OFFICE, issue_licence("a"), issue_licence("b"))
    assert chain.application.check_transaction(bundle(batch)).code == Code.BLOCK_LIMIT


def test_a_batch_is_found_by_its_nonce_once_committed(chain: SoloChain) -> None:
    batch = chain.sender.build(MARKET_OFFICE, issue_licence("a"), nonce=b"n" * 16)
    assert chain.application.get_fate(MARKET_OFFICE, b"n" * 16) is None
    made = chain.make_block([bundle(batch)])
    assert chain.application.get_fate(MARKET_OFFICE, b"n" * 16) == (1, made.results[0][0])


def test_reopening_gives_the_same_state(chain: SoloChain) -> None:
    chain.make_block([bundle(chain.sender.licence("a"))])
    again = SoloChain(chain.application._store)
    assert again.application.committed.head == chain.application.committed.head
    transaction, time_ms = bundle(chain.sender.licence("b")), chain.clock() + 1
    expected = chain.application.finalize_block([transaction], 2, time_ms)
    assert (
        again.application.finalize_block([transaction], 2, time_ms).outcome.writes == expected.outcome.writes
    )


def test_after_a_failed_commit_the_application_is_of_no_use(chain: SoloChain) -> None:
    class Broken(MemoryStore):
        def commit(self, writes: object) -> None:  # noqa: ARG002
            raise StoreError(Code.STORE_FAILED, what="disk full")

    chain.application.finalize_block([], 1, chain.clock())
    chain.application._store = Broken()
    with pytest.raises(StoreError, match="disk full"):
        chain.application.commit()
    with pytest.raises(StoreError, match="earlier commit"):
        chain.application.finalize_block([], 1, chain.clock())


def test_a_header_with_another_app_hash_says_this_node_went_astray(chain: SoloChain) -> None:
    chain.make_block([bundle(chain.sender.licence("a"))])
    light_block = chain.maker.get_light_block(1)
    assert light_block is not None
    light_block.signed_header.header.height = 2
    light_block.signed_header.header.app_hash = bytes(32)
    with pytest.raises(StoreError) as caught:
        chain.application.set_light_block(light_block)
    assert caught.value.code == Code.APP_HASH_DIFFERS


def test_status_is_provable_under_the_head(chain: SoloChain) -> None:
    chain.make_block([bundle(chain.sender.licence("a"))])
    chain.make_block()
    provable = chain.application.provable
    assert provable is not None
    value = provable.view.get(rows.id_key(types_pb2.KIND_LICENCE, compute_id("a")))
    assert value is not None
    index = int.from_bytes(value, "big")
    chunk = provable.view.get(rows.CHUNK + rows.u64(index // 256)) or b""
    size = provable.head.sizes[rows.REGISTRY]
    verify_status(index, size, chunk, provable.status_path(index // 256), provable.head.status_root)

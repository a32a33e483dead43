"""The provable state: always S(h) under header h+1, also while newer blocks move the trees on."""

from collections.abc import Callable

import pytest

from tests.testkit.ledger_objects import HUANGPU_COUNTER, LI_LEI, compute_id, open_case
from tests.testkit.node_kit import SoloChain, bundle
from zhenglian_ledger import rows
from zhenglian_ledger.app_hash import compute_app_hash
from zhenglian_ledger.cometbft.commit import verify_commit_light
from zhenglian_ledger.errors import Denied
from zhenglian_ledger.head import decode_trace_row
from zhenglian_ledger.merkle.status import verify_status
from zhenglian_ledger.merkle.trace import (
    TraceKind,
    compute_bucket,
    compute_run,
    compute_trace_key,
    verify_trace_absence,
)
from zhenglian_node.app.provable import Provable
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_proto.v1 import types_pb2


@pytest.fixture
def chain() -> SoloChain:
    return SoloChain(MemoryStore())


def get_provable(chain: SoloChain) -> Provable:
    provable = chain.application.provable
    assert provable is not None
    return provable


def verify_provable(provable: Provable) -> None:
    """Every chunk and one bucket of the state lead to the app hash in its header."""
    header = provable.light_block.signed_header.header
    verify_commit_light(
        header.chain_id, header, provable.light_block.signed_header.commit, provable.light_block.validator_set
    )
    assert compute_app_hash(provable.head.parts()) == header.app_hash
    size = provable.head.sizes[rows.REGISTRY]
    for index in range(0, size, 64):
        chunk = provable.view.get(rows.CHUNK + rows.u64(index // 256)) or b""
        verify_status(index, size, chunk, provable.status_path(index // 256), provable.head.status_root)
    key = compute_trace_key(TraceKind.SUBJECT, compute_id("nobody"))
    bucket = compute_bucket(key, 8)
    run = compute_run(decode_trace_row(*row) for row in provable.view.scan(rows.TRACE + rows.u32(bucket)))
    verify_trace_absence(key, run, provable.trace_path(bucket), provable.head.trace_root, 8)


def has_licence(provable: Provable, name: str) -> bool:
    return provable.view.get(rows.id_key(types_pb2.KIND_LICENCE, compute_id(name))) is not None


def test_nothing_is_provable_before_the_first_header(chain: SoloChain) -> None:
    assert chain.application.provable is None
    chain.make_block()
    assert get_provable(chain).height == 0
    verify_provable(get_provable(chain))


def test_a_block_proves_the_state_before_it(chain: SoloChain) -> None:
    chain.make_block([bundle(chain.sender.licence("a"))])
    assert get_provable(chain).height == 0
    assert not has_licence(get_provable(chain), "a")
    verify_provable(get_provable(chain))
    chain.make_block()
    assert get_provable(chain).height == 1
    assert has_licence(get_provable(chain), "a")
    verify_provable(get_provable(chain))


def test_under_load_the_provable_state_is_always_one_block_behind(chain: SoloChain) -> None:
    for number in range(5):
        chain.make_block([bundle(chain.sender.licence(f"{number}"))])
        provable = get_provable(chain)
        assert provable.height == number
        assert has_licence(provable, f"{number - 1}") == (number > 0)
        assert not has_licence(provable, f"{number}")
        verify_provable(provable)


def test_an_idle_header_proves_the_newest_state_with_its_own_time(chain: SoloChain) -> None:
    chain.make_block([bundle(chain.sender.licence("a"))])
    chain.make_block()
    earlier = get_provable(chain).time_ms
    chain.make_block()
    chain.make_block()
    provable = get_provable(chain)
    assert provable.height == 3
    assert provable.time_ms == chain.clock() > earlier
    verify_provable(provable)


def test_an_answer_begun_on_one_block_is_finished_during_the_next(chain: SoloChain) -> None:
    chain.make_block([bundle(chain.sender.licence("a"))])
    chain.make_block()
    held = get_provable(chain)
    chain.make_block([bundle(chain.sender.licence("b"))])
    verify_provable(held)
    chain.make_block()
    verify_provable(held)


@pytest.mark.parametrize("ask", [lambda held: held.status_path(0), lambda held: held.trace_path(0)])
def test_an_answer_that_takes_two_changes_is_told_to_begin_anew(
    chain: SoloChain, ask: Callable[[Provable], object]
) -> None:
    chain.make_block()
    held = get_provable(chain)
    chain.make_block([bundle(chain.sender.licence("a"))])
    chain.make_block([bundle(chain.sender.licence("b"))])
    with pytest.raises(Denied):
        ask(held)


def test_traces_move_with_the_state(chain: SoloChain) -> None:
    case = chain.sender.build(HUANGPU_COUNTER, open_case(applicant=LI_LEI))
    chain.make_block([bundle(case)])
    verify_provable(get_provable(chain))
    chain.make_block()
    verify_provable(get_provable(chain))


def test_after_reopening_an_idle_newest_block_proves_at_once(chain: SoloChain) -> None:
    chain.make_block([bundle(chain.sender.licence("a"))])
    chain.make_block()
    again = SoloChain(chain.application._store)
    assert not again.maker.needs_proof
    verify_provable(get_provable(again))


def test_after_reopening_a_changed_newest_block_needs_a_proof(chain: SoloChain) -> None:
    chain.make_block([bundle(chain.sender.licence("a"))])
    again = SoloChain(chain.application._store)
    assert again.application.provable is None
    assert again.maker.needs_proof
    again.make_block()
    assert has_licence(get_provable(again), "a")
    verify_provable(get_provable(again))

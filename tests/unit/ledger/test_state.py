"""The state of a block: what is dropped never happened, and scans see exactly what stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.testkit.ledger_kit import MemoryView
from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.leaves import ENTRY_ACCEPTED
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.rows import REGISTRY
from zhenglian_ledger.state import LOGS, State
from zhenglian_proto.v1.state_pb2 import KeyState
from zhenglian_proto.v1.types_pb2 import KIND_KEY

KEYS = [rows.HOLDING + bytes([first, second]) for first in (1, 2) for second in (1, 2, 3)]
STEPS = st.lists(
    st.one_of(
        st.just("begin"), st.just("keep"), st.just("drop"),
        st.tuples(st.sampled_from(KEYS), st.binary(max_size=2)),
    ),
    max_size=40,
)  # fmt: skip


def build_state() -> State:
    view = MemoryView()
    view.rows |= {KEYS[0]: b"stored", KEYS[4]: b"stored"}
    return State(view, dict.fromkeys(LOGS, 0))


@given(STEPS)
def test_rows_and_scans_are_what_a_copy_a_layer_would_give(steps: list[object]) -> None:
    state = build_state()
    layers = [{KEYS[0]: b"stored", KEYS[4]: b"stored"}]
    for step in steps:
        if step == "begin":
            state.begin()
            layers.append(dict(layers[-1]))
        elif step in ("keep", "drop"):
            if len(layers) > 1:
                newest = layers.pop()
                state.keep() if step == "keep" else state.drop()
                if step == "keep":
                    layers[-1] = newest
        elif isinstance(step, tuple):
            state.put(*step)
            layers[-1][step[0]] = step[1]
        for prefix in (rows.HOLDING + b"\x01", rows.HOLDING + b"\x02", KEYS[0]):
            expected = sorted(item for item in layers[-1].items() if item[0].startswith(prefix))
            assert list(state.scan(prefix)) == expected
        assert {key: state.get(key) for key in KEYS} == {key: layers[-1].get(key) for key in KEYS}


def test_dropped_entries_statuses_and_traces_leave_no_mark() -> None:
    state = build_state()
    state.append(rows.REGISTRY, b"kept")
    state.begin()
    state.append(rows.REGISTRY, b"dropped")
    state.set_status(1, Status.VALID)
    state.trace(bytes(32), rows.REGISTRY, 1)
    state.drop()
    assert state.get_size(rows.REGISTRY) == 1
    assert (state.changes.statuses, state.changes.traces) == ({}, [])
    assert state.get(rows.entry_key(rows.REGISTRY, 1)) is None


@pytest.mark.parametrize(
    "entry",
    [None, b"", b"\x07" * 90, bytes([ENTRY_ACCEPTED]) + b"\xff" * 90],
    ids=["none", "empty", "kind", "operation"],
)
def test_a_row_that_nobody_wrote_is_a_damaged_store_and_no_wrong_proof(entry: bytes | None) -> None:
    view = MemoryView()
    view.rows[rows.state_key(KIND_KEY, 3)] = b"\xff"
    if entry is not None:
        view.rows[rows.entry_key(REGISTRY, 3)] = entry
    state = State(view, dict.fromkeys(LOGS, 4))
    with pytest.raises(StoreError) as caught:
        state.get_operation(REGISTRY, 3)
    assert caught.value.code == Code.STORE_CORRUPTED
    with pytest.raises(StoreError) as caught:
        state.get_state(KIND_KEY, 3, KeyState)
    assert caught.value.code == Code.STORE_CORRUPTED

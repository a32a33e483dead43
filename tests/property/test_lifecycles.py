"""Every lifecycle against its table: no sequence of events leaves it, and the nibble is always the table's.

One property for cases, licences, materials, grants and holder keys. The model is the table alone; the ledger
goes through real batches, attestations and rules. After each event the ledger's code, the object's standing
and its nibble must be what the table says.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.testkit.grant_objects import (
    CASE,
    bind_key,
    build_grant,
    by_counter,
    by_gateway,
    change,
    compute_holder_key_id,
    end_key,
    give,
)
from tests.testkit.ledger_kit import DAY_MS, Sandbox
from tests.testkit.ledger_objects import (
    HUANGPU,
    HUANGPU_COUNTER,
    HUANGPU_OFFICE,
    MARKET_OFFICE,
    clear_dispute,
    collect_material,
    compute_id,
    issue_licence,
    open_case,
    raise_dispute,
)
from zhenglian_ledger import lifecycle, rows
from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_ledger.codes import Code
from zhenglian_ledger.merkle.status import Status
from zhenglian_proto.v1 import cases_pb2, grants_pb2, records_pb2, state_pb2, types_pb2

GRANT: Final = build_grant()
HOLDER_KEY: Final = "Li Lei"
DISPUTE, CLEARING = -1, -2
"""Beside a record's own events: a dispute is raised, and the last one raised is cleared."""

Nibbles = Mapping[int, tuple[Status, Status]]
"""Standing → the nibble without and with an open dispute."""


@dataclass(frozen=True, slots=True)
class Family:
    """A lifecycle: its object, its table and nibbles, its events, and how a sandbox gets and changes it."""

    kind: types_pb2.Kind
    identifier: bytes
    state: type[Any]
    first: int
    table: Mapping[Any, int]
    nibbles: Nibbles
    events: tuple[int, ...]
    begin: tuple[tuple[str, Callable[[Sandbox], Message]], ...]
    author: str
    build: Callable[[Sandbox, int, int], Message]
    """The operation of an event, after so many accepted ones."""


def double(nibbles: Mapping[int, Status]) -> Nibbles:
    """Nibbles of what cannot be disputed."""
    return {standing: (status, status) for standing, status in nibbles.items()}


def get_events(enum: Any) -> tuple[int, ...]:
    """Every event of an enum but its zero."""
    return tuple(value for value in enum.values() if value)


FAMILIES: Final = {
    "cases": Family(
        types_pb2.KIND_CASE, rows.case_id(HUANGPU, CASE), state_pb2.CaseState, state_pb2.CASE_STANDING_OPENED,
        lifecycle.CASES, double(lifecycle.CASE_STATUS), get_events(cases_pb2.CaseEvent),
        ((HUANGPU_COUNTER, lambda _: open_case()),), HUANGPU_OFFICE,
        lambda _, event, __: cases_pb2.AdvanceCase(number=CASE, event=event),  # type: ignore[arg-type]
    ),
    "licences": Family(
        types_pb2.KIND_LICENCE, compute_id("licence"), state_pb2.RecordState, state_pb2.RECORD_STANDING_VALID,
        lifecycle.LICENCES, lifecycle.RECORD_STATUS,
        (*get_events(records_pb2.LicenceEvent), DISPUTE, CLEARING),
        ((MARKET_OFFICE, lambda _: issue_licence()),), MARKET_OFFICE,
        lambda _, event, __: records_pb2.ChangeLicence(
            licence=compute_id("licence"), event=event, reason=records_pb2.REASON_LAPSED),  # type: ignore[arg-type]
    ),
    "materials": Family(
        types_pb2.KIND_MATERIAL, compute_id("material"), state_pb2.RecordState,
        state_pb2.RECORD_STANDING_PENDING, lifecycle.MATERIALS, lifecycle.RECORD_STATUS,
        (*get_events(records_pb2.MaterialEvent), DISPUTE, CLEARING),
        ((HUANGPU_COUNTER, lambda _: open_case()), (HUANGPU_COUNTER, lambda _: collect_material())),
        HUANGPU_OFFICE,
        lambda _, event, __: records_pb2.DecideMaterial(
            material=compute_id("material"), event=event),  # type: ignore[arg-type]
    ),
    "grants": Family(
        types_pb2.KIND_GRANT, compute_grant_id(GRANT), state_pb2.GrantState, state_pb2.GRANT_STANDING_VALID,
        lifecycle.GRANTS, double(lifecycle.GRANT_STATUS), get_events(grants_pb2.GrantEvent),
        ((MARKET_OFFICE, lambda _: issue_licence()), (HUANGPU_COUNTER, lambda at: give(at, GRANT))),
        HUANGPU_COUNTER,
        lambda at, event, accepted: change(
            at, GRANT, event, accepted + 1, (by_gateway, by_counter)[accepted % 2]),  # type: ignore[arg-type]
    ),
    "holder keys": Family(
        types_pb2.KIND_HOLDER_KEY, compute_holder_key_id(HOLDER_KEY), state_pb2.HolderKeyState,
        state_pb2.HOLDER_KEY_STANDING_BOUND, lifecycle.HOLDER_KEYS, double(lifecycle.HOLDER_KEY_STATUS),
        get_events(grants_pb2.HolderKeyEnd),
        ((HUANGPU_COUNTER, lambda at: bind_key(at, HOLDER_KEY)),), HUANGPU_COUNTER,
        lambda at, event, __: end_key(at, HOLDER_KEY, event),  # type: ignore[arg-type]
    ),
}  # fmt: skip


class Life:
    """One object's way through a ledger, and what the table says of it."""

    def __init__(self, family: Family) -> None:
        self.family, self.sandbox = family, Sandbox()
        self.standing, self.accepted, self.raised = family.first, 0, 0
        self.open: list[str] = []
        for system, build in family.begin:
            self.sandbox.accept(system, build(self.sandbox))

    def live(self, event: int) -> None:
        """One event in the ledger and in the table; the codes agree."""
        if event == DISPUTE:
            self._raise_dispute()
        elif event == CLEARING:
            self._clear_dispute()
        else:
            after = self.family.table.get((self.standing, event))
            message = self.family.build(self.sandbox, event, self.accepted)
            codes = self.sandbox.apply(self.family.author, message)
            assert codes == [Code.WRONG_STATE if after is None else Code.OK]
            if after is not None:
                self.standing, self.accepted = after, self.accepted + 1

    def verify(self) -> None:
        """The object's standing and its nibble are the table's."""
        kind, identifier, sandbox = self.family.kind, self.family.identifier, self.sandbox
        index = sandbox.find(kind, identifier).index
        assert sandbox.state.get_state(kind, index, self.family.state).standing == self.standing
        expected = self.family.nibbles[self.standing][1 if self.open else 0]
        assert sandbox.get_status(kind, identifier) == expected

    def _raise_dispute(self) -> None:
        self.raised += 1
        self.open.append(f"dispute {self.raised}")
        self.sandbox.wait(DAY_MS)  # a fresh daily quota
        record = "licence" if self.family.kind == types_pb2.KIND_LICENCE else "material"
        self.sandbox.accept(HUANGPU_COUNTER, raise_dispute(self.open[-1], record))

    def _clear_dispute(self) -> None:
        name = self.open.pop() if self.open else "none"
        codes = self.sandbox.apply(self.family.author, clear_dispute(name))
        assert codes == [Code.NOT_FOUND if name == "none" else Code.OK]


@st.composite
def lives(draw: st.DrawFn) -> tuple[str, list[int]]:
    """A family and a sequence of its events."""
    name = draw(st.sampled_from(sorted(FAMILIES)))
    return name, draw(st.lists(st.sampled_from(FAMILIES[name].events), max_size=10))


@given(lives())
@settings(max_examples=100)
def test_no_sequence_of_events_leaves_its_table_and_the_nibble_is_always_the_tables(
    life: tuple[str, list[int]],
) -> None:
    name, events = life
    walk = Life(FAMILIES[name])
    walk.verify()
    for event in events:
        walk.live(event)
        walk.verify()


def find_ways(family: Family) -> dict[int, list[int]]:
    """A shortest sequence of events to every standing that the table reaches from the first one."""
    ways: dict[int, list[int]] = {family.first: []}
    reached = [family.first]
    for standing in reached:
        for (before, event), after in family.table.items():
            if before == standing and after not in ways:
                ways[after] = [*ways[standing], event]
                reached.append(after)
    return ways


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_every_pair_of_standing_and_event_is_what_the_table_says(name: str) -> None:
    family = FAMILIES[name]
    ways = find_ways(family)
    assert set(ways) == {family.first, *family.table.values()}
    for standing, way in ways.items():
        for event in family.events:
            walk = Life(family)
            for step in way:
                walk.live(step)
            assert walk.standing == standing
            walk.live(event)
            walk.verify()

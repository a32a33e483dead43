"""What a state remembers changes nothing: a block does what it does on a state that looks up everything anew.

Blocks of batches in which who may sign, what may be issued and the parameters change under the very batches
that follow, and in atomic batches that are taken back.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar, TypeVarTuple

from google.protobuf.message import Message
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.testkit.consortium import REGION, Consortium, build_vote, member, member_id, office, unit
from tests.testkit.ledger_objects import (
    BUSINESS_LICENCE,
    build_key,
    build_parameters,
    compute_seed,
    issue_licence,
    key_body,
    put_licence_type,
    put_rule,
    put_system,
)
from zhenglian_ledger.batch import Batch
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.keys import compute_key_id
from zhenglian_ledger.rows import COUNTER_KEY_SEQUENCE
from zhenglian_ledger.state import State
from zhenglian_ledger.transition import Block, apply_transactions
from zhenglian_proto.v1.batch_pb2 import SUITE_ED25519
from zhenglian_proto.v1.governance_pb2 import Change
from zhenglian_proto.v1.members_pb2 import (
    LEVEL_CITY,
    ROLE_ISSUING,
    ROLE_RELYING,
    ROLE_STEWARD,
    SYSTEM_KIND_BACK_OFFICE,
    KeyEnd,
    KeyOperation,
    Role,
    System,
    Unit,
)
from zhenglian_proto.v1.registries_pb2 import Retire
from zhenglian_proto.v1.types_pb2 import KIND_LICENCE_TYPE, KIND_SYSTEM, KIND_UNIT

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

HOUR_MS: Final = 3_600_000
LONG_MS, SHORT_MS = HOUR_MS, 60_000
STEWARD_UNIT, STEWARD = member_id(1), office(1)
WORKS, WORKS_OFFICE = "works", "works-office"
"""A unit of the second member and its system: what changes."""

OPERATIONS: Final = (
    "issue", "put type", "retire type", "put unit", "dismiss unit", "retire unit", "put system",
    "retire system", "add key", "end key",
)  # fmt: skip


def build_limits(max_validity_ms: int) -> Change:
    """The network's parameters with another validity."""
    parameters = build_parameters(max_validity_ms=max_validity_ms, min_validators=4, max_validators=128)
    return Change(put_parameters=parameters)


CHANGES: Final = {
    "suspend": Change(suspend_member=member_id(2)),
    "resume": Change(resume_member=member_id(2)),
    "rename": Change(put_member=member(2, name="新名")),
    "shorten": build_limits(SHORT_MS),
    "lengthen": build_limits(2 * HOUR_MS),
}
"""What is voted on, in batches that every validity allows."""

signed = st.tuples(
    st.sampled_from([STEWARD, WORKS_OFFICE]),
    st.sampled_from([SHORT_MS, LONG_MS]),
    st.booleans(),
    st.lists(st.sampled_from(OPERATIONS), min_size=1, max_size=4),
)
blocks = st.lists(st.lists(st.one_of(signed, st.sampled_from(sorted(CHANGES))), max_size=8), max_size=4)


class ForgetfulState(State):
    """A state that remembers nothing of what is administered."""

    def recall(self, find: Callable[[State, *Ts], T], *arguments: *Ts) -> T:
        self._operations.clear()
        return find(self, *arguments)


class World:
    """Four members that vote; the first is steward, and it and the works of the second issue licences."""

    def __init__(self) -> None:
        key = key_body(member_id(2), 3, add=build_key(WORKS_OFFICE, WORKS_OFFICE))
        self.consortium = Consortium(
            4,
            unit(1, ROLE_STEWARD, ROLE_ISSUING),
            build_works(ROLE_ISSUING),
            build_works_office(),
            KeyOperation(body=key),
            put_rule(),
            build_type(),
            validators=4,
        )
        self.built = 0

    def build(self, item: Any) -> list[Batch]:
        """The batches of an item of a block."""
        if isinstance(item, str):
            proposal = self.consortium.build_proposal(CHANGES[item])
            ballots = [(number, build_vote(proposal)) for number in (1, 3, 4)]
            return [
                self._sign(office(number), SHORT_MS, [each]) for number, each in [(1, proposal), *ballots]
            ]
        system, validity_ms, is_atomic, names = item
        messages = [self._build_operation(name, system) for name in names]
        return [self._sign(system, validity_ms, messages, atomic=is_atomic)]

    def _sign(self, system: str, validity_ms: int, messages: list[Any], *, atomic: bool = False) -> Batch:
        return self.consortium.build_batch(system, *messages, atomic=atomic, validity_ms=validity_ms)

    def _build_operation(self, name: str, system: str) -> Message:
        self.built += 1
        issuer = STEWARD_UNIT if system == STEWARD else WORKS
        operations: dict[str, Message] = {
            "issue": issue_licence(str(self.built), issuing_unit=issuer, custodian=issuer),
            "put type": build_type(),
            "retire type": Retire(kind=KIND_LICENCE_TYPE, id=BUSINESS_LICENCE),
            "put unit": build_works(ROLE_ISSUING),
            "dismiss unit": build_works(ROLE_RELYING),
            "retire unit": Retire(kind=KIND_UNIT, id=WORKS),
            "put system": build_works_office(),
            "retire system": Retire(kind=KIND_SYSTEM, id=WORKS_OFFICE),
            "add key": self._change_key(add=build_key(f"spare {self.built}", WORKS_OFFICE)),
            "end key": self._change_key(end=KeyEnd(key=_KEY, not_after_ms=self.consortium.time_ms)),
        }
        return operations[name]

    def _change_key(self, **change: Any) -> Message:
        done = self.consortium.state.get_counter(COUNTER_KEY_SEQUENCE, member_id(2).encode())
        return self.consortium.sign_key(2, done + 1, **change)

    def apply(self, items: list[Any]) -> list[int]:
        """A block of `items` is the same on both states, and committed; returns the codes of its batches."""
        transactions = [self.build(item) for item in items]
        block, reference = self.consortium._begin_block(), self.consortium._begin_block()
        reference.state = ForgetfulState(self.consortium.view, dict(self.consortium.sizes))
        for each in (block, reference):
            apply_transactions(each, transactions)
        assert block.results == reference.results
        assert describe(block) == describe(reference)
        results = self.consortium._commit(block)
        return [code for batch in results for code in batch] + [r.code for t in block.results for r in t]


_KEY: Final = compute_key_id(SUITE_ED25519, ed25519.compute_public_key(compute_seed(WORKS_OFFICE)))


def build_works(*roles: Role) -> Unit:
    """The works in those roles."""
    return Unit(id=WORKS, name=WORKS, member=member_id(2), level=LEVEL_CITY, region=REGION, roles=roles)


def build_works_office() -> System:
    """The system of the works."""
    return put_system(WORKS_OFFICE, WORKS, SYSTEM_KIND_BACK_OFFICE)


def build_type() -> Message:
    """The type of licence that both issue."""
    return put_licence_type(id=BUSINESS_LICENCE, issuing_units=[STEWARD_UNIT, WORKS])


def describe(block: Block) -> tuple[object, ...]:
    """Everything that a block changes."""
    changes = block.state.changes
    return changes.writes, changes.statuses, changes.leaves, changes.traces


def issue(system: str, validity_ms: int = SHORT_MS) -> tuple[str, int, bool, list[str]]:
    """A batch with one licence."""
    return system, validity_ms, False, ["issue"]


@settings(max_examples=60, deadline=None)
@given(blocks)
@example([[issue(STEWARD, LONG_MS), "shorten", issue(STEWARD, LONG_MS)]])
@example([[(STEWARD, SHORT_MS, True, ["retire type", "issue"]), issue(STEWARD)]])
@example([[issue(WORKS_OFFICE), (WORKS_OFFICE, SHORT_MS, False, ["end key"]), issue(WORKS_OFFICE)]])
@example([[issue(WORKS_OFFICE), (STEWARD, SHORT_MS, False, ["retire unit"]), issue(WORKS_OFFICE)]])
@example([[issue(WORKS_OFFICE), "suspend", issue(WORKS_OFFICE), "resume", issue(WORKS_OFFICE)]])
def test_a_block_does_the_same_on_a_state_that_remembers_nothing(course: list[list[Any]]) -> None:
    world = World()
    for items in course:
        world.apply(items)

"""One operation on its way through a rule: who does it, when, and what it may read and write.

A rule is `process_<kind>(step, operation) -> None`. It raises Refused before its first write or not at
all where it can; what it wrote before raising is dropped by the caller.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.identifiers.regions import is_region_within
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.merkle.trace import TraceKind, compute_trace_key, compute_unit_identifier
from zhenglian_ledger.rows import REGISTRY
from zhenglian_ledger.state import Found, State
from zhenglian_proto.v1 import members_pb2, operation_pb2, state_pb2, types_pb2


class Author(NamedTuple):
    """Whose operation it is: the signing system, its unit and member. Genesis may do everything."""

    system: str
    unit: str
    member: str
    region: str = ""
    roles: frozenset[int] = frozenset()
    system_kind: int = 0
    is_genesis: bool = False
    is_era: bool = False  # the system batch that begins an era


GENESIS_AUTHOR = Author(system="", unit="", member="", is_genesis=True)
ERA_AUTHOR = Author(system="", unit="", member="", is_era=True)


@dataclass(slots=True)
class Step:
    """The operation being applied. `index` is the entry it will have in `log` if accepted."""

    state: State
    author: Author
    chain_id: str
    parameters: state_pb2.Parameters
    height: int
    time_ms: int
    log: int = REGISTRY
    index: int = 0
    context: operation_pb2.Context = field(default_factory=operation_pb2.Context)

    # reading

    def get_in_force(self, kind: types_pb2.Kind, identifier: str, what: str) -> Found:
        """The administered object in force; raises Refused(NOT_FOUND or NOT_IN_FORCE)."""
        found = self.state.get_in_force(kind, identifier)
        if found is None:
            is_known = self.state.get_index(kind, identifier.encode()) is not None
            raise Refused(Code.NOT_IN_FORCE if is_known else Code.NOT_FOUND, what=what)
        return found

    def get_existing(self, kind: types_pb2.Kind, identifier: bytes, what: str) -> Found:
        """The object of that id, whatever its standing; raises Refused(NOT_FOUND)."""
        found = self.state.get_object(kind, identifier)
        if found is None:
            raise Refused(Code.NOT_FOUND, what=what)
        return found

    def get_unit(self, identifier: str) -> members_pb2.Unit:
        """The unit in force; raises Refused(NOT_FOUND or NOT_IN_FORCE)."""
        return self.get_in_force(types_pb2.KIND_UNIT, identifier, "单位 unit").operation.put_unit

    def verify_unused(self, kind: types_pb2.Kind, identifier: bytes) -> None:
        """No object of `kind` has the id; raises Refused(ALREADY_EXISTS)."""
        if self.state.get_index(kind, identifier) is not None:
            raise Refused(Code.ALREADY_EXISTS)

    def is_time_within(self, interval: types_pb2.Interval) -> bool:
        """Whether block time lies in the half-open interval (SPEC 1.6)."""
        return self.has_begun(interval.from_ms) and not self.has_ended(interval.to_ms)

    def has_begun(self, from_ms: int) -> bool:
        """Whether `from_ms` has come, allowing for ledger time that lags after idling (SPEC 1.6)."""
        return from_ms <= self.time_ms + self.parameters.time_tolerance_ms

    def has_ended(self, to_ms: int) -> bool:
        """Whether `to_ms` has come; 0 never does."""
        return to_ms != 0 and self.time_ms >= to_ms

    def is_author_within(self, regions: list[str]) -> bool:
        """Whether the author's unit lies in one of `regions`; an empty list means anywhere."""
        return not regions or any(is_region_within(self.author.region, region) for region in regions)

    # writing

    def create(self, kind: types_pb2.Kind, identifier: bytes, state: object, status: Status) -> None:
        """The operation makes an object of `kind` with that id, mutable state and status."""
        self.state.put_index(kind, identifier, self.index)
        self.state.put_state(kind, self.index, state)  # type: ignore[arg-type]
        if self.log == REGISTRY:
            self.state.set_status(self.index, status)

    def administer(self, kind: types_pb2.Kind, identifier: bytes) -> None:
        """The operation is the complete new entry of an object; its predecessor is superseded."""
        before = self.state.get_index(kind, identifier)
        if before is not None:
            superseded = state_pb2.AdministeredState(
                standing=state_pb2.STANDING_SUPERSEDED, successor=self.index
            )
            self.state.put_state(kind, before, superseded)
            self.state.set_status(before, Status.SUPERSEDED)
        in_force = state_pb2.AdministeredState(standing=state_pb2.STANDING_IN_FORCE)
        self.create(kind, identifier, in_force, Status.VALID)

    def trace(self, kind: TraceKind, identifier: bytes) -> None:
        """The operation's entry becomes the next element of that trace (SPEC 4.5)."""
        self.state.trace(compute_trace_key(kind, identifier), self.log, self.index)

    def trace_unit(self) -> None:
        """The operation's entry becomes the next element of its unit's trace of the current period."""
        self.trace(TraceKind.UNIT, compute_unit_identifier(self.author.unit.encode(), self.time_ms))

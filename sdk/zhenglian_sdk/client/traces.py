"""Traces: all that is recorded on the ledger about a subject, grant, record or unit, to a height (SPEC 8.6).

A trace is complete or it is not returned: its elements recompute the proven head. It comes in pages, each of
which is a traced query of its own; none is read before the last is there. It can start from what an earlier
trace reached. What a unit's actor did
is a part of the unit's whole trace of a 30-day period, so it is complete too.
"""

from dataclasses import dataclass, replace

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, VerificationFailed
from zhenglian_ledger.merkle.trace import UNIT_PERIOD_MS, TraceKind
from zhenglian_ledger.verify.sentences import Assurance
from zhenglian_ledger.verify.trace import START, Position, TracedEntry, compute_trace_target, verify_trace
from zhenglian_proto.v1.node_pb2 import TraceElement, TraceRequest
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_sdk.builders.uses import audit_query
from zhenglian_sdk.civil_time import Moment, compute_moment_ms
from zhenglian_sdk.client.connection import NodeConnection
from zhenglian_sdk.client.session import Session


@dataclass(frozen=True, slots=True)
class Trace:
    """Every entry after `start` up to `height`, in order, and how far the trace reaches: (count, head).

    `entries` of an actor's trace are those of its unit's that the actor made. PROVEN complete.
    """

    kind: TraceKind
    identifier: bytes
    entries: tuple[TracedEntry, ...]
    start: Position
    reached: Position
    height: int
    time_ms: int
    assurance: Assurance = Assurance.PROVEN

    @property
    def count(self) -> int:
        """How many entries the key has in all, those before `start` included."""
        return self.reached[0]


class Traces:
    """Reads traces in one session."""

    def __init__(self, session: Session) -> None:
        """Ask in `session`."""
        self._session = session

    async def trace_subject(self, subject: bytes, reason: str, *, since: Trace | None = None) -> Trace:
        """All uses, grants and disputes recorded about a subject; with `since`, what came after it."""
        return await self._read(audit_query(reason, subject=subject), since)

    async def trace_grant(self, grant: bytes, reason: str, *, since: Trace | None = None) -> Trace:
        """All that is recorded about a grant: given, changed, used, narrowed."""
        return await self._read(audit_query(reason, grant=grant), since)

    async def trace_record(self, record: bytes, reason: str, *, since: Trace | None = None) -> Trace:
        """All changes of a record's status and disputes about it; none means that it never changed."""
        return await self._read(audit_query(reason, record=record), since)

    async def trace_unit(
        self, unit: str, reason: str, *, on: Moment | None = None, since: Trace | None = None
    ) -> Trace:
        """All uses, plans, audits and refusals of a unit in the 30-day period of `on` (None: today's)."""
        return await self._read(audit_query(reason, unit=unit, period=self._compute_period(on)), since)

    async def trace_actor(
        self, unit: str, actor: bytes, reason: str, *, on: Moment | None = None, since: Trace | None = None
    ) -> Trace:
        """What one actor of a unit did in the period: the actor's part of the unit's complete trace."""
        query = audit_query(reason, unit=unit, actor=actor, period=self._compute_period(on))
        whole = await self._read(query, since)
        kept = tuple(entry for entry in whole.entries if entry.operation.context.actor == actor)
        return replace(whole, entries=kept)

    def _compute_period(self, on: Moment | None) -> int:
        return (self._session.now_ms() if on is None else compute_moment_ms(on)) // UNIT_PERIOD_MS

    async def _read(self, query: Operation, since: Trace | None) -> Trace:
        kind, identifier = compute_trace_target(query.audit_query)
        start = _get_start(kind, identifier, since)
        held: dict[str, list[TraceElement]] = {}

        async def look(node: NodeConnection) -> Trace:
            return await self._read_at(node, query, start, held.setdefault(node.target, []))

        trace, _ = await self._session.nodes.ask(look)
        return trace

    async def _read_at(
        self, node: NodeConnection, query: Operation, start: Position, held: list[TraceElement]
    ) -> Trace:
        """All of it from one node: what is wrong shows only at the end, and then it is that node's.

        `held` are the pages it gave before, and grows.
        """
        kind, identifier = compute_trace_target(query.audit_query)
        left: int | None = None
        while True:

            def build(at: int = start[0] + len(held)) -> TraceRequest:
                return TraceRequest(batch=self._session.build_query(query).batch, start=at)

            answer, proven = await self._session.ask_at(node, lambda stub: stub.GetTrace, build)
            read = verify_trace(proven, answer, kind=kind, identifier=identifier, start=start, earlier=held)
            if read.is_complete:
                break
            held += answer.elements
            before, left = left, read.count - start[0] - len(held)
            if before is not None and left >= before:  # each page is traced too: it must bring more than that
                raise VerificationFailed(
                    Code.PROOF_WRONG_TRACE, expected=f"{before - 1:016x}", found=f"{left:016x}"
                )
        return Trace(kind, identifier, read.entries, start, read.reached, proven.height, proven.time_ms)


def _get_start(kind: TraceKind, identifier: bytes, since: Trace | None) -> Position:
    if since is None:
        return START
    if (since.kind, since.identifier) != (kind, identifier):
        raise InvalidInput(Code.INPUT_INVALID, what="since")
    return since.reached

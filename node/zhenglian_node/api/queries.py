"""Reading under signature: GetRecord, GetPlan and GetTrace carry a batch with one query (SPEC 5.9, 6.2).

    check as CheckTx does → queue for a block, without waiting → may the author ask? → answer from the
    provable state

The query is queued before the rule is asked, so that a refusal is recorded like an answer is. The rule that
judges here is the one that will judge in the block.
"""

from typing import NamedTuple

from zhenglian_ledger.batch import parse_batch
from zhenglian_ledger.canonical import parse_canonical
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, InvalidEncoding, Refused
from zhenglian_ledger.merkle.trace import UNIT_PERIOD_MS, TraceKind, compute_unit_identifier
from zhenglian_ledger.operations import OPERATIONS
from zhenglian_ledger.permissions import is_permitted
from zhenglian_ledger.step import Step
from zhenglian_node.api.channel_auth import Caller
from zhenglian_node.api.edge import Edge
from zhenglian_node.api.errors import compute_read_error
from zhenglian_node.app.answers import build_record_answer, build_trace_answer
from zhenglian_node.app.answers_plan import build_plan_answer
from zhenglian_node.app.provable import Provable
from zhenglian_proto.v1.batch_pb2 import SignedBatch
from zhenglian_proto.v1.node_pb2 import PlanAnswer, QueryRequest, RecordAnswer, TraceAnswer, TraceRequest
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.uses_pb2 import AuditQuery


class SignedQuery(NamedTuple):
    """A query that was taken in: the kind of its operation, and the system that signed it."""

    kind: str
    operation: Operation
    system: str


async def get_record(edge: Edge, caller: Caller, request: QueryRequest) -> RecordAnswer:
    """核验: a record with status and type, by id or digest.

    Raises Refused(NOT_FOUND) for a foreign case number.
    """
    query = take_query(edge, caller, request.batch, "verify_query")

    def build(provable: Provable) -> RecordAnswer:
        verify_query(edge, provable, query)
        asked = query.operation.verify_query
        return build_record_answer(
            provable, identifier=asked.record, sha256=asked.sha256, with_signature=request.with_signature
        )

    return await edge.answer(build)


async def get_plan(edge: Edge, caller: Caller, request: QueryRequest) -> PlanAnswer:
    """The reuse plan of the unit's own open case.

    Raises Refused: NOT_FOUND, CASE_NOT_OPEN; READ_NOT_PERMITTED.
    """
    query = take_query(edge, caller, request.batch, "plan_query")

    def build(provable: Provable) -> PlanAnswer:
        step = verify_query(edge, provable, query)
        return build_plan_answer(provable, step, query.operation.plan_query.case_number)

    return await edge.answer(build)


async def get_trace(edge: Edge, caller: Caller, request: TraceRequest) -> TraceAnswer:
    """A trace from `start` with its proof: for whom it concerns, and auditors.

    Raises Denied(READ_NOT_PERMITTED).
    """
    query = take_query(edge, caller, request.batch, "audit_query")

    def build(provable: Provable) -> TraceAnswer:
        verify_query(edge, provable, query)
        kind, identifier = compute_trace_target(query.operation.audit_query)
        return build_trace_answer(provable, kind, identifier, request.start)

    return await edge.answer(build)


def take_query(edge: Edge, caller: Caller, message: SignedBatch, kind: str) -> SignedQuery:
    """The batch holds exactly one query of that kind and waits for a block.

    Raises InvalidBatch as CheckTx does; InvalidEncoding; Denied: BAD_REQUEST, CHANNEL_NOT_SYSTEM, OVERLOADED,
    NODE_STOPPING, NOTHING_PROVEN.
    """
    batch = parse_batch(message)
    caller.verify_carries(batch.header.system)
    if len(batch.operations) != 1:
        raise Denied(Code.BAD_REQUEST, field="batch.operations")
    operation = parse_canonical(Operation, batch.operations[0])
    if operation.WhichOneof("kind") != kind:
        raise Denied(Code.BAD_REQUEST, field=kind)
    edge.engine.queue(batch.to_message())
    return SignedQuery(kind, operation, batch.header.system)


def verify_query(edge: Edge, provable: Provable, query: SignedQuery) -> Step:
    """The author may ask this; returns a step over the provable state to answer from.

    Raises Denied(READ_NOT_PERMITTED) and what else the query's rule refuses with.
    """
    step = edge.build_step_of(provable, query.system)
    if not is_permitted(query.kind, step.author.roles):
        raise Denied(Code.READ_NOT_PERMITTED)
    try:
        OPERATIONS[query.kind].process(step, getattr(query.operation, query.kind))
    except (Refused, InvalidEncoding) as error:
        raise compute_read_error(error) from error
    return step


def compute_trace_target(query: AuditQuery) -> tuple[TraceKind, bytes]:
    """The trace a query asks for; an actor's is their unit's, which the reader filters (SPEC 4.5)."""
    match query.WhichOneof("target"):
        case "subject":
            return TraceKind.SUBJECT, query.subject
        case "grant":
            return TraceKind.GRANT, query.grant
        case "record":
            return TraceKind.RECORD, query.record
        case "actor":
            period_ms = query.period * UNIT_PERIOD_MS
            return TraceKind.UNIT, compute_unit_identifier(query.actor.unit.encode(), period_ms)
        case _:
            raise Denied(Code.BAD_REQUEST, field="target")

"""The service Node on the wire: every method passes the same gate, and every way out is typed (SPEC 6.2).

    room for one more call → size → parse → whose channel → the method → its answer, within the deadline

Requests arrive as bytes, so that size and form are judged here and answered with a code, and not by the
transport with a sentence.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter
from typing import Any, Final, cast

import grpc
import structlog
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from grpc import aio

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, InvalidBatch
from zhenglian_node.api import governance, lookups, operator, queries, submission
from zhenglian_node.api.channel_auth import Caller
from zhenglian_node.api.edge import Edge
from zhenglian_node.api.errors import Context, abort_with, compute_answerable, is_unforeseen
from zhenglian_proto.v1 import node_pb2

Behaviour = Callable[[Edge, Caller, Any], Awaitable[Message]]

SERVICE: Final = node_pb2.DESCRIPTOR.services_by_name["Node"]
SERVICE_NAME: Final[str] = SERVICE.full_name

MAX_REQUEST_BYTES: Final = 512 << 10
"""A batch of the greatest size with its header, signature and framing."""

METHODS: Final[dict[str, Behaviour]] = {
    "Submit": submission.submit,
    "GetReceipt": submission.get_receipt,
    "GetRecord": queries.get_record,
    "GetPlan": queries.get_plan,
    "GetTrace": queries.get_trace,
    "GetUse": lookups.get_use,
    "GetObject": lookups.get_object,
    "GetGrant": lookups.get_grant,
    "GetGovernance": governance.get_governance,
}
"""Methods for registered systems."""

OpenBehaviour = Callable[[Edge, Sequence[bytes], Any], Awaitable[Message]]

OPEN_METHODS: Final[dict[str, OpenBehaviour]] = {"GetStatus": operator.get_status_for}
"""Methods for everyone whom a member's CA let in: what they show is public."""

_log = structlog.get_logger(__name__)


def build_handler(edge: Edge) -> "grpc.GenericRpcHandler[bytes, Message]":
    """The service as gRPC serves it, a method for each row of METHODS."""
    handlers = {
        method.name: grpc.unary_unary_rpc_method_handler(
            _build_method(edge, method.name, GetMessageClass(method.input_type)),
            response_serializer=lambda answer: answer.SerializeToString(),
        )
        for method in SERVICE.methods
    }
    return grpc.method_handlers_generic_handler(SERVICE_NAME, handlers)


def _build_method(
    edge: Edge, name: str, request_type: type[Message]
) -> Callable[[bytes, Context], Awaitable[Message]]:
    async def serve(data: bytes, context: Context) -> Message:
        started = perf_counter()
        try:
            edge.enter()
            try:
                async with asyncio.timeout(_compute_patience(edge, context)):
                    request = _parse(data, request_type)
                    answer = await _call(edge, name, context, request)
            finally:
                edge.leave()
        except aio.AbortError:
            raise
        except Exception as error:  # noqa: BLE001  the last line of defence; the operator hears of it
            await _end(edge, name, context, error)
        if name != "Submit":
            edge.metrics.count_query(name, perf_counter() - started)
        return answer

    return serve


async def _end(edge: Edge, name: str, context: Context, error: Exception) -> None:
    if is_unforeseen(error):
        _log.error("a call failed", method=name, exc_info=error)
    answerable = compute_answerable(error)
    edge.metrics.count_refusal(name, answerable.code)
    await abort_with(context, answerable)


async def _call(edge: Edge, name: str, context: Context, request: Message) -> Message:
    certificates: Sequence[bytes] = tuple(context.auth_context().get("x509_pem_cert") or ())
    if name in OPEN_METHODS:
        return await OPEN_METHODS[name](edge, certificates, request)
    caller = edge.auth.get_caller(certificates)
    return await METHODS[name](edge, caller, request)


def _parse(data: bytes, request_type: type[Message]) -> Message:
    if len(data) > MAX_REQUEST_BYTES:
        raise InvalidBatch(Code.TOO_LARGE, size=len(data), limit=MAX_REQUEST_BYTES)
    try:
        return request_type.FromString(data)
    except DecodeError as error:
        raise Denied(Code.BAD_REQUEST, field=request_type.DESCRIPTOR.name) from error


def _compute_patience(edge: Edge, context: Context) -> float:
    """Seconds until the caller's deadline, or the node's own if that is sooner."""
    remaining = cast("float | None", context.time_remaining())  # None: the caller set no deadline
    usual = float(edge.limits.call_seconds)
    return usual if remaining is None else min(usual, remaining)

"""How a call ends that cannot be answered: typed, in both languages, and never with what a library said.

The error travels as ErrorDetail in the trailing metadata; the gRPC status is for those who only know gRPC.
"""

import asyncio
from typing import Any, Final, NoReturn

import grpc
from grpc import aio

from zhenglian_ledger.codes import Code
from zhenglian_ledger.error_detail import METADATA_KEY, build_error_detail
from zhenglian_ledger.errors import Denied, InvalidEncoding, Refused, StoreError, Unreachable, ZhenglianError

Context = aio.ServicerContext[Any, Any]

STATUSES: Final[dict[Code, grpc.StatusCode]] = {
    Code.CHANNEL_UNKNOWN: grpc.StatusCode.UNAUTHENTICATED,
    Code.CHANNEL_NOT_SYSTEM: grpc.StatusCode.PERMISSION_DENIED,
    Code.READ_NOT_PERMITTED: grpc.StatusCode.PERMISSION_DENIED,
    Code.TOO_LARGE: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Code.OVERLOADED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Code.NODE_STOPPING: grpc.StatusCode.UNAVAILABLE,
    Code.NOTHING_PROVEN: grpc.StatusCode.UNAVAILABLE,
    Code.STATE_MOVED: grpc.StatusCode.UNAVAILABLE,
    Code.DEADLINE: grpc.StatusCode.DEADLINE_EXCEEDED,
    Code.BAD_REQUEST: grpc.StatusCode.INVALID_ARGUMENT,
    Code.REPLAYED: grpc.StatusCode.ALREADY_EXISTS,
    Code.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Code.INTERNAL: grpc.StatusCode.INTERNAL,
}
"""The status of a code; where it has none, its class decides: refused, invalid, or ours to mend."""


def compute_status(error: ZhenglianError) -> grpc.StatusCode:
    """The gRPC status of a typed error."""
    status = STATUSES.get(error.code)
    if status is not None:
        return status
    if isinstance(error, Refused):
        return grpc.StatusCode.FAILED_PRECONDITION
    return grpc.StatusCode.INTERNAL if isinstance(error, StoreError) else grpc.StatusCode.INVALID_ARGUMENT


def compute_answerable(error: Exception) -> ZhenglianError:
    """The error a caller may see: what a store or the unforeseen said stays with the operator."""
    if isinstance(error, asyncio.TimeoutError):
        return Unreachable(Code.DEADLINE)
    if isinstance(error, StoreError) or not isinstance(error, ZhenglianError):
        return Denied(Code.INTERNAL)
    return error


def is_unforeseen(error: Exception) -> bool:
    """Whether the operator must hear of it."""
    return isinstance(error, StoreError) or not isinstance(error, ZhenglianError | asyncio.TimeoutError)


def compute_read_error(error: Refused | InvalidEncoding) -> ZhenglianError:
    """What the caller is told when a rule refuses a query."""
    return Denied(Code.READ_NOT_PERMITTED) if error.code == Code.NOT_PERMITTED else error


async def abort_with(context: Context, error: ZhenglianError) -> NoReturn:
    """The call ends with `error`: its English sentence, its status, the detail in the trailing metadata."""
    detail = build_error_detail(error).SerializeToString(deterministic=True)
    await context.abort(compute_status(error), error.en, ((METADATA_KEY, detail),))
    raise AssertionError  # abort never returns

"""The server's side of every channel that the SDK's services open: who calls, and how an error is answered.

The channel proves a certificate of a member's CA; the handler then asks which system that certificate's key
is registered for. Errors go out typed; what was not foreseen goes out as INTERNAL and into the log, never as
a message of the library.
"""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, NoReturn

import grpc
from grpc import aio

from zhenglian_ledger.certificates import compute_transport_key_id, parse_certificate_pem
from zhenglian_ledger.codes import Code
from zhenglian_ledger.error_detail import METADATA_KEY, build_error_detail
from zhenglian_ledger.errors import (
    Denied,
    InvalidEncoding,
    InvalidInput,
    Refused,
    StoreError,
    Unreachable,
    VerificationFailed,
    ZhenglianError,
)
from zhenglian_sdk.channel import MAX_MESSAGE, TlsFiles, read_roots
from zhenglian_sdk.files import read_bytes

Context = aio.ServicerContext[Any, Any]

GRACE_S: Final = 5.0
MAX_CONCURRENT_CALLS: Final = 256

_log = logging.getLogger(__name__)
_EXHAUSTED: Final = frozenset({Code.GATEWAY_RATE, Code.OVERLOADED, Code.MESSAGE_TOO_LARGE})
_STATUSES: Final[tuple[tuple[type[ZhenglianError], grpc.StatusCode], ...]] = (
    (InvalidEncoding, grpc.StatusCode.INVALID_ARGUMENT),
    (InvalidInput, grpc.StatusCode.INVALID_ARGUMENT),
    (Refused, grpc.StatusCode.FAILED_PRECONDITION),
    (VerificationFailed, grpc.StatusCode.FAILED_PRECONDITION),
    (Denied, grpc.StatusCode.PERMISSION_DENIED),
    (Unreachable, grpc.StatusCode.FAILED_PRECONDITION),  # UNAVAILABLE would speak of this server
    (StoreError, grpc.StatusCode.INTERNAL),
)


def read_server_credentials(files: TlsFiles) -> grpc.ServerCredentials:
    """What a server shows; it lets in only certificates of its roots. Raises InvalidInput(FILE_NOT_FOUND)."""
    return grpc.ssl_server_credentials(
        [(read_bytes(files.key), read_bytes(files.certificate))],
        root_certificates=read_roots(files),
        require_client_auth=True,
    )


def build_server() -> aio.Server:
    """A server with the limits that all services share; add servicers and a port, then serve it."""
    return aio.server(
        options=[
            ("grpc.max_receive_message_length", MAX_MESSAGE),
            ("grpc.max_send_message_length", MAX_MESSAGE),
            ("grpc.so_reuseport", 0),
        ],
        maximum_concurrent_rpcs=MAX_CONCURRENT_CALLS,
    )


def compute_peer_key_id(context: Context) -> bytes:
    """The transport key id of the caller's certificate, 32 bytes; raises Denied(CHANNEL_UNKNOWN)."""
    try:
        (pem,) = context.auth_context().get("x509_pem_cert") or ()
        return compute_transport_key_id(parse_certificate_pem(pem))
    except (ValueError, InvalidInput) as error:
        raise Denied(Code.CHANNEL_UNKNOWN) from error


async def abort_with(context: Context, error: ZhenglianError) -> NoReturn:
    """End the call with `error`: its English sentence, its status, the detail in the trailing metadata."""
    detail = build_error_detail(error).SerializeToString(deterministic=True)
    await context.abort(_compute_status(error), error.en, ((METADATA_KEY, detail),))
    raise AssertionError  # abort never returns


@asynccontextmanager
async def typed_errors(context: Context) -> AsyncIterator[None]:
    """Whatever is raised within ends the call typed; what was not foreseen is logged and becomes INTERNAL."""
    try:
        yield
    except ZhenglianError as error:
        await abort_with(context, error)
    except aio.AbortError:
        raise
    except Exception:  # noqa: BLE001  the last line of defence; logged with its stack
        _log.exception("a call failed unexpectedly")
        await abort_with(context, Denied(Code.INTERNAL))


async def serve_until_stopped(
    server: aio.Server, listen: str, credentials: grpc.ServerCredentials, announce: Callable[[int], None]
) -> None:
    """Serve on `listen` (host:port, port 0: any free one) until SIGTERM or SIGINT, then finish open calls.

    `announce` is told the port once calls are answered. Raises StoreError(CONFIG_INVALID, field="listen") if
    the port cannot be had.
    """
    try:
        port = server.add_secure_port(listen, credentials)
    except RuntimeError as error:
        raise StoreError(Code.CONFIG_INVALID, field="listen") from error
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stopping.set)
    await server.start()
    announce(port)
    await stopping.wait()
    await server.stop(GRACE_S)


def _compute_status(error: ZhenglianError) -> grpc.StatusCode:
    if error.code in _EXHAUSTED:
        return grpc.StatusCode.RESOURCE_EXHAUSTED
    for kind, status in _STATUSES:
        if isinstance(error, kind):
            return status
    return grpc.StatusCode.INVALID_ARGUMENT  # InvalidBatch

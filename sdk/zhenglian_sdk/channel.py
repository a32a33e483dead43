"""The client's side of every channel: mTLS between P-256 certificates, and errors that say what happened.

Both sides are verified against a set of CA certificates (one a member). Whatever a call meets (a typed error
in the trailing metadata, a dead server, a passed deadline) leaves here as a `ZhenglianError`; an outage is
never shown as anything else.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import grpc
from grpc import aio

from zhenglian_ledger.codes import Code
from zhenglian_ledger.error_detail import METADATA_KEY, parse_error_detail
from zhenglian_ledger.errors import Denied, Unreachable, ZhenglianError
from zhenglian_sdk.files import read_bytes

MAX_MESSAGE: Final = 8 << 20
"""Most bytes of one message, either way."""

DEFAULT_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files of one side: its certificate, its unencrypted private key, and the CAs it trusts."""

    certificate: Path
    key: Path
    roots: tuple[Path, ...]


def read_roots(files: TlsFiles) -> bytes:
    """The trusted CA certificates, one PEM after the other; raises InvalidInput(FILE_NOT_FOUND)."""
    return b"\n".join(read_bytes(path) for path in files.roots)


def read_channel_credentials(files: TlsFiles) -> grpc.ChannelCredentials:
    """What a client shows and trusts; raises InvalidInput(FILE_NOT_FOUND)."""
    return grpc.ssl_channel_credentials(
        root_certificates=read_roots(files),
        private_key=read_bytes(files.key),
        certificate_chain=read_bytes(files.certificate),
    )


def open_channel(target: str, credentials: grpc.ChannelCredentials, *, server_name: str = "") -> aio.Channel:
    """A channel to `target` (host:port), connected when first used; close it, or use it as a context.

    `server_name` is the name the server's certificate must carry where it is not the host in `target`.
    """
    options: list[tuple[str, int | str]] = [
        ("grpc.max_receive_message_length", MAX_MESSAGE),
        ("grpc.max_send_message_length", MAX_MESSAGE),
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.initial_reconnect_backoff_ms", 200),
        ("grpc.max_reconnect_backoff_ms", 1_000),  # shorter than the retries of one call take together
    ]
    if server_name:
        options.append(("grpc.ssl_target_name_override", server_name))
    return aio.secure_channel(target, credentials, options)


@contextmanager
def typed_calls(unreachable: Code, target: str) -> Iterator[None]:
    """Every gRPC failure within leaves as a ZhenglianError.

    `unreachable` (NODE_, GATEWAY_ or VAULT_UNREACHABLE) is the code where `target` could not be asked.
    """
    try:
        yield
    except aio.AioRpcError as error:
        raise compute_error(error, unreachable, target) from error


def compute_error(error: aio.AioRpcError, unreachable: Code, target: str) -> ZhenglianError:
    """The typed error of a failed call: the server's own where it sent one, else what the status says.

    Unreachable: `unreachable`, TLS_FAILED or DEADLINE; Denied: the server's refusal, MESSAGE_TOO_LARGE,
    OVERLOADED or INTERNAL.
    """
    metadata = cast("Iterable[tuple[str, str | bytes]]", error.trailing_metadata() or ())
    for key, value in metadata:
        if key == METADATA_KEY and isinstance(value, bytes):
            return parse_error_detail(value)
    details = (error.details() or "").lower()
    match error.code():
        case grpc.StatusCode.UNAVAILABLE if "handshake" in details or "ssl" in details:
            return Unreachable(Code.TLS_FAILED, target=target)
        case grpc.StatusCode.UNAVAILABLE | grpc.StatusCode.CANCELLED:
            return Unreachable(unreachable, target=target)
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return Unreachable(Code.DEADLINE, target=target)
        case grpc.StatusCode.RESOURCE_EXHAUSTED if "larger than max" in details:
            return Denied(Code.MESSAGE_TOO_LARGE)
        case grpc.StatusCode.RESOURCE_EXHAUSTED:
            return Denied(Code.OVERLOADED)
        case _:
            return Denied(Code.INTERNAL)

"""The identity gateway's own process: the port over mTLS, for registered systems, limited and logged.

A request that comes from a known system is on disk before it is answered, refused or not. Sessions are bound
to the system that opened them: no other gets the attestation. `zhenglian-identity serve --config FILE` runs
it.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, ZhenglianError
from zhenglian_proto.v1 import identity_pb2, identity_pb2_grpc
from zhenglian_sdk.identity.gateway import IdentityGateway
from zhenglian_sdk.identity.local import LocalGateway, compute_now_ms
from zhenglian_sdk.identity.rate import RateLimit
from zhenglian_sdk.identity.request_log import Request, RequestLog
from zhenglian_sdk.identity.service_config import ServiceConfig, read_genesis_mode, read_service_config
from zhenglian_sdk.identity.sessions import LIFETIME_MS
from zhenglian_sdk.serving import (
    Context,
    build_server,
    compute_peer_key_id,
    read_server_credentials,
    serve_until_stopped,
    typed_errors,
)
from zhenglian_sdk.signer import FileSigner


class IdentityService(identity_pb2_grpc.IdentityServicer):
    """The handlers: who calls, may they, how often; then the gateway; then the log."""

    def __init__(
        self,
        gateway: IdentityGateway,
        *,
        callers: Mapping[bytes, str],
        rate: RateLimit,
        log: RequestLog,
        now_ms: Callable[[], int] = compute_now_ms,
    ) -> None:
        """Serve `gateway` to `callers`: transport key id → system."""
        self._gateway = gateway
        self._callers = callers
        self._rate = rate
        self._log = log
        self._now_ms = now_ms
        self._openers: dict[bytes, tuple[bytes, int]] = {}  # session → who opened it, when; oldest first

    async def ResolveSubjects(
        self, request: identity_pb2.ResolveRequest, context: Context
    ) -> identity_pb2.ResolveReply:
        """Subject ids for a reason."""
        async with self._handling(context, "ResolveSubjects", request):
            ids = await self._gateway.resolve_subjects(request.reason, request.numbers)
        return identity_pb2.ResolveReply(ids=ids)

    async def ResolveLicences(
        self, request: identity_pb2.ResolveRequest, context: Context
    ) -> identity_pb2.ResolveReply:
        """Licence ids for a type about to be issued."""
        async with self._handling(context, "ResolveLicences", request):
            if any(number.kind != identity_pb2.IDENTITY_KIND_LICENCE for number in request.numbers):
                raise Denied(Code.BAD_REQUEST, field="kind")
            identifiers = [number.number for number in request.numbers]
            ids = await self._gateway.resolve_licences(request.reason.licence_type, identifiers)
        return identity_pb2.ResolveReply(ids=ids)

    async def OpenSession(
        self, request: identity_pb2.SessionRequest, context: Context
    ) -> identity_pb2.SessionReply:
        """A session, bound to its caller."""
        async with self._handling(context, "OpenSession", request) as caller:
            session = await self._gateway.open_session(request.holder, request.target, request.shown)
            self._remember(session, caller)
        return identity_pb2.SessionReply(session=session)

    async def ConfirmSession(
        self, request: identity_pb2.ConfirmRequest, context: Context
    ) -> identity_pb2.ConfirmReply:
        """Stands for the holder's phone."""
        async with self._handling(context, "ConfirmSession", request):
            await self._gateway.confirm_session(request.session)
        return identity_pb2.ConfirmReply()

    async def Attest(self, request: identity_pb2.AttestRequest, context: Context) -> identity_pb2.AttestReply:
        """The attestation, for the system that opened the session."""
        async with self._handling(context, "Attest", request) as caller:
            if self._openers.get(request.session, (b"", 0))[0] != caller:
                raise Denied(Code.GATEWAY_REFUSED, reason="no such session of this system")
            attestation = await self._gateway.attest(request.session)
        return identity_pb2.AttestReply(attestation=attestation)

    @asynccontextmanager
    async def _handling(self, context: Context, call: str, request: "Asked") -> AsyncIterator[bytes]:
        """One call from a registered system: counted, handled, logged; errors go out typed."""
        async with typed_errors(context):
            caller = compute_peer_key_id(context)
            system = self._callers.get(caller)
            if system is None:
                raise Denied(Code.CHANNEL_UNKNOWN)
            logged = _describe(request, call, caller, system)
            code = Code.INTERNAL
            try:
                self._rate.take(caller, max(1, len(logged.numbers)))
                yield caller
                code = Code.OK
            except ZhenglianError as error:
                code = error.code
                raise
            finally:
                await self._log.append(logged, self._now_ms(), code)

    def _remember(self, session: bytes, caller: bytes) -> None:
        now_ms = self._now_ms()
        for old, (_, opened_ms) in list(self._openers.items()):
            if now_ms < opened_ms + LIFETIME_MS:
                break
            del self._openers[old]
        self._openers[session] = (caller, now_ms)


Asked = (
    identity_pb2.ResolveRequest
    | identity_pb2.SessionRequest
    | identity_pb2.ConfirmRequest
    | identity_pb2.AttestRequest
)


def _describe(request: Asked, call: str, caller: bytes, system: str) -> Request:
    """What the log says of a request: reason and numbers, target and holder, or just the call."""
    if isinstance(request, identity_pb2.ResolveRequest):
        why = request.reason.WhichOneof("why")
        reason = {why: getattr(request.reason, why)[:64]} if why else {}
        return Request(call, caller, system, reason, [number.number for number in request.numbers[:1024]])
    if isinstance(request, identity_pb2.SessionRequest):
        return Request(call, caller, system, {"target": request.target[:32].hex()}, [request.holder.number])
    return Request(call, caller, system)


async def serve(config: ServiceConfig, announce: Callable[[int], None]) -> None:
    """Serve until stopped; `announce` is told the port. Raises what its files are guilty of."""
    gateway = LocalGateway(
        pseudonym_key=config.pseudonym_key,
        signer=FileSigner(config.key_file, config.passphrase),
        system=config.system,
        mode=read_genesis_mode(config.genesis),
        level=config.level,
    )
    log = RequestLog(config.request_log)
    try:
        service = IdentityService(
            gateway,
            callers=config.callers,
            rate=RateLimit(config.burst, config.per_second, time.monotonic),
            log=log,
        )
        server = build_server()
        identity_pb2_grpc.add_IdentityServicer_to_server(service, server)
        await serve_until_stopped(server, config.listen, read_server_credentials(config.tls), announce)
    finally:
        log.close()


app = typer.Typer(help="身份网关 identity gateway", no_args_is_help=True, add_completion=False)


@app.callback()
def _root() -> None:
    """身份网关 identity gateway."""


@app.command("serve")
def serve_command(
    config: Annotated[Path, typer.Option(help="配置文件 configuration (TOML)")],
) -> None:
    """Run the gateway until it is told to stop."""

    def announce(port: int) -> None:
        typer.echo(f"listening on port {port}")
        sys.stdout.flush()

    try:
        asyncio.run(serve(read_service_config(config), announce))
    except ZhenglianError as error:
        typer.echo(f"{error.zh}\n{error.en} ({error.code.name})", err=True)
        raise typer.Exit(1) from error


def main() -> None:
    """The command `zhenglian-identity`."""
    app()

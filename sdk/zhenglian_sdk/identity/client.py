"""The identity gateway over gRPC: the port's other side."""

from collections.abc import Sequence
from typing import TypeVar

from grpc import aio

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied
from zhenglian_proto.v1 import identity_pb2, identity_pb2_grpc
from zhenglian_proto.v1.identity_pb2 import IdentityNumber, ResolveReason, ResolveReply, ResolveRequest
from zhenglian_proto.v1.types_pb2 import Attestation
from zhenglian_sdk.channel import DEFAULT_TIMEOUT_S, typed_calls
from zhenglian_sdk.identity.gateway import MAX_NUMBERS

Request = TypeVar("Request")
Reply = TypeVar("Reply")


class GatewayClient:
    """An `IdentityGateway` behind a channel. What the gateway answers is checked for shape alone."""

    def __init__(self, channel: aio.Channel, target: str, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        """Ask over `channel`; `target` (host:port) is what errors name."""
        self._stub = identity_pb2_grpc.IdentityStub(channel)
        self._target = target
        self._timeout_s = timeout_s

    async def resolve_subjects(self, reason: ResolveReason, numbers: Sequence[IdentityNumber]) -> list[bytes]:
        """As the port says; more than 1,024 numbers are asked in several calls."""
        return await self._resolve(self._stub.ResolveSubjects, reason, numbers)

    async def resolve_licences(self, licence_type: str, identifiers: Sequence[str]) -> list[bytes]:
        """As the port says; more than 1,024 identifiers are asked in several calls."""
        kind = identity_pb2.IDENTITY_KIND_LICENCE
        numbers = [IdentityNumber(kind=kind, number=identifier) for identifier in identifiers]
        return await self._resolve(
            self._stub.ResolveLicences, ResolveReason(licence_type=licence_type), numbers
        )

    async def open_session(self, holder: IdentityNumber, target: bytes, shown: str) -> bytes:
        """As the port says."""
        request = identity_pb2.SessionRequest(holder=holder, target=target, shown=shown)
        reply = await self._call(self._stub.OpenSession, request)
        return _checked_id(reply.session, "session")

    async def confirm_session(self, session: bytes) -> None:
        """As the port says."""
        await self._call(self._stub.ConfirmSession, identity_pb2.ConfirmRequest(session=session))

    async def attest(self, session: bytes) -> Attestation:
        """As the port says; the signature is verified by whoever knows the gateway's registered key."""
        request = identity_pb2.AttestRequest(session=session)
        reply = await self._call(self._stub.Attest, request)
        return reply.attestation

    async def _resolve(
        self,
        call: "aio.UnaryUnaryMultiCallable[ResolveRequest, ResolveReply]",
        reason: ResolveReason,
        numbers: Sequence[IdentityNumber],
    ) -> list[bytes]:
        ids: list[bytes] = []
        for start in range(0, len(numbers), MAX_NUMBERS):
            asked = numbers[start : start + MAX_NUMBERS]
            reply = await self._call(call, ResolveRequest(reason=reason, numbers=asked))
            if len(reply.ids) != len(asked):
                raise Denied(Code.ANSWER_MALFORMED, field="ids")
            ids += [_checked_id(each, "ids") for each in reply.ids]
        return ids

    async def _call(self, call: "aio.UnaryUnaryMultiCallable[Request, Reply]", request: Request) -> Reply:
        with typed_calls(Code.GATEWAY_UNREACHABLE, self._target):
            return await call(request, timeout=self._timeout_s)


def _checked_id(value: bytes, field: str) -> bytes:
    if len(value) != 32:
        raise Denied(Code.ANSWER_MALFORMED, field=field)
    return value

"""One node: a channel with deadlines. Every call is made once here; who asks again is `nodes`, or the caller.

An outage (unreachable, past the deadline, overloaded, state moved on) may pass; a refusal is final.
"""

from typing import Final, TypeVar

from grpc import aio

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, Unreachable, VerificationFailed, ZhenglianError
from zhenglian_proto.v1 import node_pb2_grpc
from zhenglian_sdk.channel import DEFAULT_TIMEOUT_S, typed_calls

Request = TypeVar("Request")
Reply = TypeVar("Reply")

ATTEMPTS: Final = 4
FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 2.0

PASSING: Final = frozenset({Code.OVERLOADED, Code.NODE_STOPPING, Code.STATE_MOVED, Code.NOTHING_PROVEN})
"""Refusals that may well be none a moment later."""


class NodeConnection:
    """A node at `target` (host:port). Its stub names the calls; `call` makes them.

    `attempts` is how often one question is put to it while it may yet answer.
    """

    def __init__(
        self,
        channel: aio.Channel,
        target: str,
        *,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        attempts: int = ATTEMPTS,
    ) -> None:
        """Ask over `channel`, which is closed with the connection; `timeout_s` is for one attempt."""
        self.stub = node_pb2_grpc.NodeStub(channel)
        self.target = target
        self.timeout_s = timeout_s
        self.attempts = attempts
        self._channel = channel

    async def call(
        self,
        method: "aio.UnaryUnaryMultiCallable[Request, Reply]",
        request: Request,
        *,
        timeout_s: float | None = None,
    ) -> Reply:
        """One attempt; raises Unreachable (NODE_UNREACHABLE, DEADLINE, TLS_FAILED) or what the node says.

        What a proof is worth is found out here, so a node that sends such an error sends none.
        """
        try:
            with typed_calls(Code.NODE_UNREACHABLE, self.target):
                return await method(request, timeout=timeout_s or self.timeout_s)
        except VerificationFailed as error:
            raise Denied(Code.ANSWER_MALFORMED, field=error.code.name) from error

    async def close(self) -> None:
        """The channel is closed; calls still under way fail."""
        await self._channel.close(None)


def is_passing(error: ZhenglianError) -> bool:
    """Whether the same call may well succeed a moment later."""
    return isinstance(error, Unreachable) or error.code in PASSING


def is_never_sent(error: ZhenglianError) -> bool:
    """Whether the node certainly took nothing in: no connection was made, or it had no room."""
    cause = error.__cause__
    details = (cause.details() or "").lower() if isinstance(cause, aio.AioRpcError) else ""
    return "failed to connect" in details or error.code == Code.OVERLOADED


def compute_pause_s(attempt: int) -> float:
    """How long to wait after an attempt (0, 1 …): doubling, up to two seconds."""
    return min(FIRST_PAUSE_S * float(1 << min(attempt, 10)), LONGEST_PAUSE_S)

"""The port of the identity gateway: subject ids for a reason, and a holder's confirmed will.

No rule derives a subject id; only a gateway knows the way from an identity number to it. The local-key
implementation is for sandboxes; an oblivious one can take its place behind the same port.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from zhenglian_proto.v1.identity_pb2 import IdentityNumber, ResolveReason
from zhenglian_proto.v1.types_pb2 import Attestation

MAX_NUMBERS: Final = 1024
"""Most numbers of one request to a gateway."""


class IdentityGateway(Protocol):
    """What agencies' systems ask of a gateway. Ids, sessions and targets are 32 bytes."""

    async def resolve_subjects(self, reason: ResolveReason, numbers: Sequence[IdentityNumber]) -> list[bytes]:
        """The subject ids of persons and premises, in the order asked.

        Raises InvalidIdentifier with the `index` of the number that is wrong, Denied (BAD_REQUEST,
        GATEWAY_RATE), Unreachable.
        """

    async def resolve_licences(self, licence_type: str, identifiers: Sequence[str]) -> list[bytes]:
        """The licence ids of GB/T 36904 identifiers, all of `licence_type`, in the order asked.

        Raises InvalidIdentifier with the `index` of the identifier that is wrong, Denied (BAD_REQUEST,
        GATEWAY_REFUSED, GATEWAY_RATE), Unreachable.
        """

    async def open_session(self, holder: IdentityNumber, target: bytes, shown: str) -> bytes:
        """A session that asks `holder` to confirm `target`, which `shown` says in plain Chinese.

        Raises InvalidIdentifier, Denied (BAD_REQUEST, GATEWAY_RATE, OVERLOADED), Unreachable.
        """

    async def confirm_session(self, session: bytes) -> None:
        """Sandbox only: the holder has confirmed on their phone; raises Denied(GATEWAY_REFUSED)."""

    async def attest(self, session: bytes) -> Attestation:
        """The gateway's signed attestation over the session's target, the same each time.

        Raises Denied: SESSION_UNCONFIRMED, or GATEWAY_REFUSED for a session unknown, over, or opened by
        another system; Unreachable.
        """

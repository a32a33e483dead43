"""A holder's will in a form that the ledger takes: by a holder key, a gateway session, or a counter.

Each attests one 32-byte target (SPEC 5.7), a grant id for instance. Who attests is never who gains, and never
the system that submits.
"""

from zhenglian_ledger.attestation import sign_attestation
from zhenglian_proto.v1.identity_pb2 import IdentityNumber
from zhenglian_proto.v1.types_pb2 import ATTESTATION_KIND_COUNTER, ATTESTATION_KIND_HOLDER_KEY, Attestation
from zhenglian_sdk.civil_time import compute_now_ms
from zhenglian_sdk.identity.gateway import IdentityGateway
from zhenglian_sdk.signer import Signer


def attest_by_holder_key(target: bytes, subject: bytes, signer: Signer, *, at_ms: int = 0) -> Attestation:
    """The subject attests by a key bound to it; `at_ms` 0 is now."""
    attestation = Attestation(
        kind=ATTESTATION_KIND_HOLDER_KEY,
        subject=subject,
        key=signer.key_id,
        at_ms=at_ms or compute_now_ms(),
    )
    return sign_attestation(target, attestation, signer.sign)


def attest_at_counter(
    target: bytes,
    subject: bytes,
    signer: Signer,
    *,
    system: str,
    clerk: bytes,
    window: str,
    written_grant: bytes,
    at_ms: int = 0,
) -> Attestation:
    """A counter's system attests that the subject signed there.

    `clerk` is a pseudonym, `written_grant` the SHA-256 of the signed 授权书; `signer` holds a SIGN key
    of `system`; `at_ms` 0 is now.
    """
    attestation = Attestation(
        kind=ATTESTATION_KIND_COUNTER,
        subject=subject,
        system=system,
        key=signer.key_id,
        clerk=clerk,
        window=window,
        written_grant=written_grant,
        at_ms=at_ms or compute_now_ms(),
    )
    return sign_attestation(target, attestation, signer.sign)


class GatewaySession:
    """A holder asked on their phone to confirm one target; the gateway attests once they did."""

    def __init__(self, gateway: IdentityGateway, session: bytes) -> None:
        """Hold an open session of `gateway`."""
        self._gateway = gateway
        self.session = session

    async def attest(self) -> Attestation:
        """The gateway's attestation; raises Denied(SESSION_UNCONFIRMED) until the holder has confirmed."""
        return await self._gateway.attest(self.session)

    async def confirm_for_sandbox(self) -> None:
        """Sandbox only: stands for the holder's phone."""
        await self._gateway.confirm_session(self.session)


async def ask_holder(
    gateway: IdentityGateway, holder: IdentityNumber, target: bytes, shown: str
) -> GatewaySession:
    """`holder` is asked to confirm `target`, which `shown` says in plain Chinese; raises as the port."""
    return GatewaySession(gateway, await gateway.open_session(holder, target, shown))

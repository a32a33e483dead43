"""Grants: from a draft to a grant on the ledger, and its change (SPEC 5.8).

draft ─ nonce, chain id → body ─ digest → grant id ─ the holder attests it → give
"""

from collections.abc import Awaitable, Callable

from zhenglian_ledger.attestation import compute_grant_event_target, compute_grant_id
from zhenglian_ledger.canonical import verify_ranges
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_proto.v1.grants_pb2 import GRANT_KIND_STATUTORY, ChangeGrant, GrantBody, GrantEvent
from zhenglian_proto.v1.operation_pb2 import Context
from zhenglian_proto.v1.types_pb2 import Attestation
from zhenglian_sdk.builders.grants import NONCE_SIZE, change_grant, give_grant, grant_change
from zhenglian_sdk.client.reads import Reads
from zhenglian_sdk.client.receipts import Receipt
from zhenglian_sdk.client.session import Session
from zhenglian_sdk.client.submission import Submission

Attest = Callable[[bytes], Awaitable[Attestation]]
"""Who attests a 32-byte target for the grantor: a holder key, a gateway session, a counter."""


class Grants:
    """Gives and changes grants in one session."""

    def __init__(self, session: Session, submission: Submission, reads: Reads) -> None:
        """Submit by `submission`, look up by `reads`."""
        self._session = session
        self._submission = submission
        self._reads = reads

    def complete(self, draft: GrantBody) -> GrantBody:
        """A copy of `draft` with the chain id and, where it is empty, a fresh nonce: what is to be attested.

        Raises InvalidInput(INPUT_INVALID) for a draft of another chain, InvalidEncoding naming a field.
        """
        body = GrantBody()
        body.CopyFrom(draft)
        if body.chain_id not in ("", self._session.trust.chain_id):
            raise InvalidInput(Code.INPUT_INVALID, what=f"grant of {body.chain_id}")
        body.chain_id = self._session.trust.chain_id
        body.nonce = body.nonce or self._session.random_bytes(NONCE_SIZE)
        verify_ranges(body)
        return body

    async def give(
        self,
        body: GrantBody,
        attestation: Attestation | None = None,
        *,
        request_id: str | None = None,
        context: Context | None = None,
    ) -> bytes:
        """The id of the grant, which is on the ledger now; a STATUTORY one needs no attestation.

        Raises Refused with the rule's code, and what `submit` raises.
        """
        operation = give_grant(body, attestation)
        receipt = await self._submission.submit([operation], request_id=request_id, context=context)
        receipt.raise_for_refusals()
        return compute_grant_id(body)

    async def prepare_change(self, grant: bytes, event: GrantEvent | str) -> ChangeGrant.Body:
        """What is to be attested to suspend, resume or revoke a grant: its next event; raises NOT_FOUND."""
        standing = await self._reads.get_grant(grant)
        return grant_change(grant, event, chain_id=self._session.trust.chain_id, sequence=standing.events + 1)

    async def change(
        self,
        body: ChangeGrant.Body,
        attestation: Attestation | None = None,
        *,
        request_id: str | None = None,
        context: Context | None = None,
    ) -> Receipt:
        """The receipt of the change; raises Refused with the rule's code, and what `submit` raises."""
        operation = change_grant(body, attestation)
        receipt = await self._submission.submit([operation], request_id=request_id, context=context)
        return receipt.raise_for_refusals()

    async def revoke(
        self, grant: bytes, attest: Attest | None = None, *, request_id: str | None = None
    ) -> Receipt:
        """The grant and all below it end now; `attest` speaks for its grantor, None for a STATUTORY one."""
        body = await self.prepare_change(grant, "REVOKE")
        attestation = None if attest is None else await attest(compute_grant_event_target(body))
        return await self.change(body, attestation, request_id=request_id)


def is_attestation_needed(body: GrantBody) -> bool:
    """Whether the grant rests on a subject's will; a STATUTORY one rests on a rule."""
    return body.kind != GRANT_KIND_STATUTORY

"""Submission: a batch is built, sent, and followed until its fate is known; then its receipt is verified.

    first receipt of the request id? → build and sign → send ─ reply lost? → ask for the receipt → send the
    same bytes, to the next node

Only an accepted batch consumes its nonce, so sending the same bytes again, to whichever node, can never do a
thing twice. After its validity a batch's fate is final.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from zhenglian_ledger.batch import Batch, compute_request_nonce
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, InvalidBatch, Unreachable, VerificationFailed, ZhenglianError
from zhenglian_proto.v1.node_pb2 import ReceiptRequest, SubmitReply, SubmitRequest
from zhenglian_proto.v1.operation_pb2 import Context, Operation
from zhenglian_proto.v1.proof_pb2 import Anchor
from zhenglian_sdk.client.connection import (
    ATTEMPTS,
    NodeConnection,
    compute_pause_s,
    is_never_sent,
    is_passing,
)
from zhenglian_sdk.client.receipts import Receipt, get_code, verify_first_receipt, verify_sent_receipt
from zhenglian_sdk.client.session import Session

BUSY_ATTEMPTS: Final = 10
"""How often a batch is offered to a node that has no room, about a quarter of a minute."""

GRACE_MS: Final = 30_000
"""How long after a batch's validity its fate is still asked for: block time may lag behind this clock."""


_BEHIND: Final = frozenset({Code.PROOF_ROLLED_BACK, Code.PROOF_STALE})
"""A node that shows an old header lags behind, as an overloaded one does: it is asked again."""


class Submission:
    """Writes batches of one session."""

    def __init__(self, session: Session) -> None:
        """Submit in `session`."""
        self._session = session

    async def submit(
        self,
        operations: Sequence[Operation],
        *,
        request_id: str | None = None,
        atomic: bool = False,
        context: Context | None = None,
    ) -> Receipt:
        """The verified receipt of one batch of 1 to 1,024 operations, at most 480 KiB.

        With a `request_id` the same call may be repeated, also by another process: it gets the first receipt,
        `identical` or not. Raises InvalidBatch with the node's reason if the batch was not accepted, whose
        field `is_final` is False where a copy of it may still be accepted before its `valid_until_ms` (also a
        field): ask for the receipt again before doing it anew; Denied(NOT_COMMITTED) if it is final that it
        was not, and Unreachable if it was never sent, or if nothing is known of it although its validity has
        passed (then with its `nonce`).
        """
        encoded = [serialise(self._session.with_context(each, context)) for each in operations]
        return await self.submit_encoded(encoded, request_id=request_id, atomic=atomic)

    async def submit_encoded(
        self, operations: Sequence[bytes], *, request_id: str | None = None, atomic: bool = False
    ) -> Receipt:
        """As `submit`, of canonical Operation bytes."""
        nonce = b""
        if request_id is not None:
            nonce = compute_request_nonce(request_id)
            first = await self.get_receipt(nonce, operations)
            if first is not None:
                return first
        batch = self._session.build_batch(operations, nonce=nonce, atomic=atomic)
        return await self._follow(batch)

    async def get_receipt(self, nonce: bytes, operations: Sequence[bytes] | None = None) -> Receipt | None:
        """The receipt of the batch with that nonce, or None if there is none so far.

        It is compared with `operations` where they are given. Raises as every read.
        """
        receipt, _ = await self._ask_receipt(nonce, operations, 0)
        return receipt

    async def _follow(self, batch: Batch) -> Receipt:
        """Send until the fate of `batch` is known; every error that leaves here says what is certain."""
        nodes = self._session.nodes
        attempt, is_sent = 0, False
        hopeless: set[str] = set()
        while True:
            node = nodes.get_order()[0]
            try:
                return await self._send(batch, node)
            except ZhenglianError as error:
                nodes.note(node, error)
                is_sent = is_sent or not is_never_sent(error)
                if not is_passing(error):
                    hopeless.add(node.target)
                most = BUSY_ATTEMPTS if error.code == Code.OVERLOADED else ATTEMPTS
                is_given_up = not is_sent and attempt + 1 >= most * len(nodes)
                if is_given_up or len(hopeless) == len(nodes):
                    raise
                lost = error
            known = await self._find_fate(batch, lost) if is_sent else None
            if known is not None:
                return known
            attempt += 1
            if attempt % len(nodes) == 0:
                await asyncio.sleep(compute_pause_s(attempt // len(nodes) - 1))

    async def _send(self, batch: Batch, node: NodeConnection) -> Receipt:
        session = self._session
        since = await session.following.get_trusted(node)
        reply = await node.call(
            node.stub.Submit,
            SubmitRequest(batch=batch.to_message()),
            timeout_s=session.options.submit_timeout_s,
        )
        if reply.WhichOneof("fate") == "rejection":
            code = get_code(reply.rejection.code)
            return await self._explain_rejection(batch, code, is_final=reply.fate_is_final)
        if reply.WhichOneof("fate") != "receipt":
            raise Unreachable(Code.DEADLINE, target=node.target)
        try:
            proven = await session.following.prove(reply.receipt.anchor, since, node)
        except VerificationFailed as error:
            if error.code not in _BEHIND:
                raise
            raise Unreachable(Code.DEADLINE, target=node.target) from error
        receipt = verify_sent_receipt(proven, reply.receipt, batch)
        session.nodes.answered_by = node.target
        return receipt

    async def _explain_rejection(self, batch: Batch, code: Code, *, is_final: bool) -> Receipt:
        """A used nonce, or a validity that ended while sending again, may hide that it was accepted.

        A nonce may also be used by the very batch, sent to another node and still waiting there: its receipt
        is asked for again.
        """
        if code in (Code.REPLAYED, Code.BATCH_EXPIRED):
            first = await self.get_receipt(batch.header.nonce, batch.operations)
            if first is not None:
                return first
        if code == Code.REPLAYED:
            raise Denied(Code.STATE_MOVED)
        raise InvalidBatch(code, is_final=is_final, valid_until_ms=batch.header.valid_until_ms)

    async def _find_fate(self, batch: Batch, lost: ZhenglianError) -> Receipt | None:
        """The receipt if the batch was accepted; None while it may be sent again."""
        header = batch.header
        is_over = self._session.now_ms() > header.valid_until_ms + GRACE_MS
        try:
            receipt, is_final = await self._ask_receipt(header.nonce, batch.operations, header.valid_until_ms)
        except ZhenglianError as error:
            if is_over or not (is_passing(error) or error.code in _BEHIND):
                raise _build_unknown(batch, lost) from error
            return None
        if receipt is None and is_final:
            raise Denied(Code.NOT_COMMITTED, reason=Code.BATCH_EXPIRED.en)
        if receipt is None and is_over:
            raise _build_unknown(batch, lost)
        return receipt

    async def _ask_receipt(
        self, nonce: bytes, operations: Sequence[bytes] | None, valid_until_ms: int
    ) -> tuple[Receipt | None, bool]:
        """The receipt, if there is one, and whether the fate is final.

        That it is final without a receipt nobody can prove, so another node must say it too.
        """
        session = self._session
        request = ReceiptRequest(system=session.system, nonce=nonce, valid_until_ms=valid_until_ms)

        async def look(node: NodeConnection) -> tuple[Receipt | None, bool]:
            reply, proven = await session.ask_anchored(
                node, lambda stub: stub.GetReceipt, lambda: request, _get_receipt_anchor
            )
            fate = reply.WhichOneof("fate")
            if fate == "unknown":
                return None, reply.fate_is_final
            if fate != "receipt" or proven is None:
                raise Denied(Code.ANSWER_MALFORMED, field="fate")
            receipt = verify_first_receipt(
                proven, reply.receipt, system=session.system, nonce=nonce, operations=operations
            )
            return receipt, True

        first, node = await session.nodes.ask(look)
        if first == (None, True):
            return await session.ask_another(look, node) or first
        return first


def _build_unknown(batch: Batch, lost: ZhenglianError) -> Unreachable:
    """That nothing is known of the batch, with the nonce by which its fate can be asked for later."""
    return Unreachable(lost.code, **{**lost.fields, "nonce": batch.header.nonce.hex()})


def _get_receipt_anchor(reply: SubmitReply) -> Anchor | None:
    return reply.receipt.anchor if reply.HasField("receipt") else None

"""Session: who asks, with which key, of which nodes. Answers are asked for and proven here, nowhere else.

An answer is compared with the trust held when it was asked for. Where the validators have changed too much
for one step, the node is asked for the headers in between. A second member's node is only ever asked what the
first one cannot prove.
"""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from zhenglian_ledger.batch import Batch, build_batch
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.light import TrustedState
from zhenglian_ledger.errors import Denied, VerificationFailed
from zhenglian_ledger.verify.anchor import Proven
from zhenglian_ledger.verify.object import verify_object
from zhenglian_ledger.verify.record import VerifiedRecord
from zhenglian_proto.v1.node_pb2 import ObjectRequest, QueryRequest, StatusRequest
from zhenglian_proto.v1.operation_pb2 import Context, Operation
from zhenglian_proto.v1.proof_pb2 import Anchor
from zhenglian_proto.v1.types_pb2 import KIND_SYSTEM, Kind
from zhenglian_sdk.civil_time import compute_now_ms
from zhenglian_sdk.client.connection import NodeConnection, compute_pause_s
from zhenglian_sdk.client.options import Options
from zhenglian_sdk.client.trust import TrustStore
from zhenglian_sdk.signer import Signer

if TYPE_CHECKING:
    from grpc import aio

NONCE_SIZE: Final = 16

_NEEDS_PATH: Final = frozenset({Code.PROOF_WRONG_VALIDATORS, Code.PROOF_NOT_ENOUGH_POWER})


class Anchored(Protocol):
    """An answer that carries its anchor."""

    @property
    def anchor(self) -> Anchor:
        """What its proofs hang under."""


Request = TypeVar("Request")
Reply = TypeVar("Reply")
Answered = TypeVar("Answered", bound=Anchored)


@dataclass(slots=True)
class Session:
    """One system's session with its member's node and, optionally, a second member's."""

    node: NodeConnection
    signer: Signer
    system: str
    trust: TrustStore
    second: NodeConnection | None = None
    context: Context = field(default_factory=Context)
    options: Options = field(default_factory=Options)
    now_ms: Callable[[], int] = compute_now_ms
    random_bytes: Callable[[int], bytes] = secrets.token_bytes
    _unit: str = ""

    # signing

    def build_batch(
        self, operations: Sequence[bytes], *, nonce: bytes = b"", atomic: bool = False, validity_ms: int = 0
    ) -> Batch:
        """A batch of the session's system; validity counts from the later of this clock and ledger time."""
        now_ms = max(self.now_ms(), self.trust.time_ms)
        return build_batch(
            operations,
            suite=self.signer.suite,
            chain_id=self.trust.chain_id,
            system=self.system,
            key=self.signer.key_id,
            nonce=nonce or self.random_bytes(NONCE_SIZE),
            valid_until_ms=now_ms + (validity_ms or self.options.validity_ms),
            sign=self.signer.sign,
            atomic=atomic,
        )

    def build_query(self, operation: Operation, *, with_signature: bool = False) -> QueryRequest:
        """A signed question: one query operation in a batch of its own, with a fresh nonce."""
        batch = self.build_batch(
            [serialise(self.with_context(operation))], validity_ms=self.options.query_validity_ms
        )
        return QueryRequest(batch=batch.to_message(), with_signature=with_signature)

    def with_context(self, operation: Operation, context: Context | None = None) -> Operation:
        """A copy of `operation` under `context`, else the session's, where it has none of its own."""
        if operation.HasField("context"):
            return operation
        given = context if context is not None else self.context
        copy = Operation()
        copy.CopyFrom(operation)
        if given.ByteSize():
            copy.context.CopyFrom(given)
        return copy

    # asking

    async def ask(
        self,
        method: "aio.UnaryUnaryMultiCallable[Request, Answered]",
        build: Callable[[], Request],
        node: NodeConnection | None = None,
    ) -> tuple[Answered, Proven]:
        """The answer of `node` (else the first) and the state it proves; `build` makes each request anew.

        Raises Unreachable, Denied, what the node refused with, and VerificationFailed.
        """
        answer, proven = await self.ask_anchored(method, build, lambda reply: reply.anchor, node)
        if proven is None:
            raise Denied(Code.ANSWER_MALFORMED, field="anchor")
        return answer, proven

    async def ask_anchored(
        self,
        method: "aio.UnaryUnaryMultiCallable[Request, Reply]",
        build: Callable[[], Request],
        get_anchor: Callable[[Reply], Anchor | None],
        node: NodeConnection | None = None,
    ) -> tuple[Reply, Proven | None]:
        """As `ask`, where the anchor is inside the reply, or missing because there is nothing to prove.

        A node that lags behind what another one has shown is given time to catch up.
        """
        asked = node or self.node
        waited_s, attempt = 0.0, 0
        while True:
            since = await self.get_trusted(asked)
            reply = await asked.read(method, build)
            anchor = get_anchor(reply)
            try:
                return reply, None if anchor is None else await self.prove(anchor, since, asked)
            except VerificationFailed as error:
                if error.code != Code.PROOF_ROLLED_BACK or waited_s >= self.options.patience_s:
                    raise
            pause_s = compute_pause_s(attempt)
            await asyncio.sleep(pause_s)
            waited_s, attempt = waited_s + pause_s, attempt + 1

    async def prove(self, anchor: Anchor, since: TrustedState, node: NodeConnection) -> Proven:
        """The state that `anchor` proves, fetching the headers in between where one step is too far."""
        try:
            return self.trust.verify(anchor, since)
        except VerificationFailed as error:
            if error.code not in _NEEDS_PATH or anchor.path:
                raise
        status = await node.read(node.stub.GetStatus, lambda: StatusRequest(trusted_height=since.height))
        height = anchor.light_block.signed_header.header.height
        steps = [*status.anchor.path, status.anchor.light_block]
        path = [step for step in steps if step.signed_header.header.height < height]
        return self.trust.verify(Anchor(light_block=anchor.light_block, parts=anchor.parts, path=path), since)

    async def get_trusted(self, node: NodeConnection) -> TrustedState:
        """The trust to compare an answer with; the first time, the block that a later trust file names."""
        if self.trust.state is None:
            status = await node.read(
                node.stub.GetStatus, lambda: StatusRequest(trusted_height=self.trust.height)
            )
            for light_block in (*status.anchor.path, status.anchor.light_block):
                if light_block.signed_header.header.height == self.trust.height:
                    self.trust.begin(light_block)
        if self.trust.state is None:
            raise VerificationFailed(Code.PROOF_WRONG_HEADER)
        return self.trust.state

    # who asks

    async def get_object(self, kind: Kind, identifier: bytes) -> tuple[VerifiedRecord | None, Proven, int]:
        """The newest object of that id, proven, or None (only stated); the state; the answer's sequence."""
        request = ObjectRequest(kind=kind, id=identifier)
        answer, proven = await self.ask(self.node.stub.GetObject, lambda: request)
        if not answer.found:
            return None, proven, 0
        record = verify_object(proven, answer.object, kind=kind, identifier=identifier)
        return record, proven, answer.sequence

    async def get_unit(self) -> str:
        """The unit of the session's system, as its registration proves; asked for once."""
        if not self._unit:
            record, _, _ = await self.get_object(KIND_SYSTEM, self.system.encode())
            if record is None:
                raise Denied(Code.UNKNOWN_SYSTEM)
            self._unit = record.message.unit
        return self._unit

    async def close(self) -> None:
        """Trust is on disk and the channels are closed."""
        self.trust.save()
        await self.node.close()
        if self.second is not None:
            await self.second.close()

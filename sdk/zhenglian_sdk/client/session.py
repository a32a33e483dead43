"""Session: who asks, with which key, of which nodes. Answers are asked for and proven here, nowhere else.

An answer is compared with the trust held when it was asked for, and belongs to the node only once all it
shows was verified: until then the next node is asked. What nobody can prove is asked of a second node too.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, TypeVar

from zhenglian_ledger.batch import Batch, build_batch
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, Refused, VerificationFailed, ZhenglianError
from zhenglian_ledger.verify.anchor import Proven
from zhenglian_ledger.verify.object import verify_object
from zhenglian_ledger.verify.record import VerifiedRecord
from zhenglian_proto.v1.node_pb2 import ObjectRequest, QueryRequest
from zhenglian_proto.v1.operation_pb2 import Context, Operation
from zhenglian_proto.v1.proof_pb2 import Anchor
from zhenglian_proto.v1.types_pb2 import KIND_SYSTEM, Kind
from zhenglian_sdk.civil_time import compute_now_ms
from zhenglian_sdk.client.connection import NodeConnection
from zhenglian_sdk.client.following import Following
from zhenglian_sdk.client.nodes import Look, Nodes, compute_fault
from zhenglian_sdk.client.options import Options
from zhenglian_sdk.client.trust import TrustStore
from zhenglian_sdk.signer import Signer

if TYPE_CHECKING:
    from grpc import aio

    from zhenglian_proto.v1.node_pb2_grpc import NodeAsyncStub

NONCE_SIZE: Final = 16


class Anchored(Protocol):
    """An answer that carries its anchor."""

    @property
    def anchor(self) -> Anchor:
        """What its proofs hang under."""


T = TypeVar("T")
Request = TypeVar("Request")
Reply = TypeVar("Reply")
Answered = TypeVar("Answered", bound=Anchored)

if TYPE_CHECKING:
    Select: TypeAlias = Callable[[NodeAsyncStub], aio.UnaryUnaryMultiCallable[Request, Reply]]
    """Which call of a node: `lambda stub: stub.GetRecord`."""

FoundObject: TypeAlias = tuple[VerifiedRecord | None, Proven, int]
"""An object, proven, or None; the state that answered; the answer's sequence."""


@dataclass(slots=True)
class Session:
    """One system's session with its member's `node` and those of other members, asked in this order."""

    node: NodeConnection
    signer: Signer
    system: str
    trust: TrustStore
    second: NodeConnection | None = None
    more: Sequence[NodeConnection] = ()
    context: Context = field(default_factory=Context)
    options: Options = field(default_factory=Options)
    now_ms: Callable[[], int] = compute_now_ms
    random_bytes: Callable[[int], bytes] = secrets.token_bytes
    nodes: Nodes = field(init=False)
    following: Following = field(init=False)
    _unit: str = ""

    def __post_init__(self) -> None:
        """Nothing was wrong with any node yet."""
        named = [self.node, *([self.second] if self.second else []), *self.more]
        self.nodes = Nodes(named, self._get_now_ms, patience_s=self.options.patience_s)
        self.following = Following(self.trust)

    def _get_now_ms(self) -> int:
        return self.now_ms()

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
        """`operation`, or a copy of it under `context`, else the session's, where it has none of its own."""
        given = context if context is not None else self.context
        if operation.HasField("context") or not given.ByteSize():
            return operation
        copy = Operation()
        copy.CopyFrom(operation)
        copy.context.CopyFrom(given)
        return copy

    # asking

    async def ask(
        self,
        select: "Select[Request, Answered]",
        build: Callable[[], Request],
        read: Callable[[Answered, Proven], T],
    ) -> T:
        """What `read` makes of the answer of the first node whose proofs hold; `build` makes each request.

        `read` verifies what the call is about. Raises Unreachable, Denied, what the node refused with, and
        VerificationFailed where no node gave an answer that holds.
        """

        async def look(node: NodeConnection) -> T:
            return read(*await self.ask_at(node, select, build))

        answer, _ = await self.nodes.ask(look)
        return answer

    async def ask_at(
        self, node: NodeConnection, select: "Select[Request, Answered]", build: Callable[[], Request]
    ) -> tuple[Answered, Proven]:
        """The answer of `node`, asked once, and the state it proves; raises as `ask`."""
        answer, proven = await self.ask_anchored(node, select, build, lambda reply: reply.anchor)
        if proven is None:
            raise Denied(Code.ANSWER_MALFORMED, field="anchor")
        return answer, proven

    async def ask_anchored(
        self,
        node: NodeConnection,
        select: "Select[Request, Reply]",
        build: Callable[[], Request],
        get_anchor: Callable[[Reply], Anchor | None],
    ) -> tuple[Reply, Proven | None]:
        """As `ask_at`, where the anchor is inside the reply, or missing because there is nothing to prove.

        A refusal has none: from a node that is behind what another one has shown, it is PROOF_ROLLED_BACK.
        """
        since = await self.following.get_trusted(node)
        try:
            reply = await node.call(select(node.stub), build())
        except (Refused, Denied) as error:
            if compute_fault(error) is None and not self.following.has_reached(node, since):
                raise VerificationFailed(Code.PROOF_ROLLED_BACK) from error
            raise
        anchor = get_anchor(reply)
        return reply, None if anchor is None else await self.following.prove(anchor, since, node)

    async def ask_another(self, look: Look[T], first: NodeConnection, *, is_needed: bool = True) -> T | None:
        """What another node than `first` says, of what nobody can prove; None where no other is configured.

        Raises as `ask`: whoever has named a second node wants to hear it. Where it is not needed, because the
        answer says of itself what is only stated, one that cannot be heard is passed over, and stays noted.
        """
        if len(self.nodes) == 1:
            return None
        try:
            answer, _ = await self.nodes.ask(look, but=first)
        except ZhenglianError as error:
            if is_needed or compute_fault(error) is None:
                raise
            return None
        return answer

    # who asks

    async def get_object(self, kind: Kind, identifier: bytes) -> FoundObject:
        """The newest object of that id, proven, or None (only stated); the state; the answer's sequence.

        Raises VerificationFailed(NODES_DISAGREE) if another node proves one that was there.
        """
        request = ObjectRequest(kind=kind, id=identifier)

        async def look(node: NodeConnection) -> FoundObject:
            answer, proven = await self.ask_at(node, lambda stub: stub.GetObject, lambda: request)
            if not answer.found:
                return None, proven, 0
            record = verify_object(proven, answer.object, kind=kind, identifier=identifier)
            return record, proven, answer.sequence

        found, node = await self.nodes.ask(look)
        if found[0] is None:
            second = await self.ask_another(look, node, is_needed=False)
            if second is not None and second[0] is not None:
                verify_new(second[0].entry.height, found[1].height)
                return second
        return found

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
        try:
            self.trust.save()
        finally:
            await self.nodes.close()


def verify_new(height: int, stated_height: int) -> None:
    """What another node proves came after `stated_height`, at which the first one knew of nothing.

    Raises VerificationFailed(NODES_DISAGREE).
    """
    if height <= stated_height:
        raise VerificationFailed(Code.NODES_DISAGREE, height=stated_height)

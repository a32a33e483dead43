"""A node's API over a `ProvenChain`, in this process: real ledger, proofs and gRPC; no mTLS and no engine.

    async with ChainNode(chain) as node:
        client = node.build_client(MARKET_OFFICE)
        node.lie = lambda method, reply: ...        # what a lying node would say instead
        node.drop = {"Submit"}                       # neither commit nor answer
        node.lose = {"Submit"}                       # commit, and never answer
        node.refuse = {"Submit": Denied(...)}        # answer with a typed error

Every submitted batch is a block of its own, and so is every query after it was answered.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

import grpc
from google.protobuf.message import Message
from grpc import aio

from tests.testkit.chain_kit import ProvenChain
from tests.testkit.ledger_objects import GENESIS_MS, compute_seed
from zhenglian_ledger.acceptance import verify_acceptance
from zhenglian_ledger.batch import Batch, parse_batch
from zhenglian_ledger.cometbft.light import TrustAnchor
from zhenglian_ledger.cometbft.light_path import MAX_PATH, compute_path_heights
from zhenglian_ledger.cometbft.validators import compute_validators_hash
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.error_detail import METADATA_KEY, build_error_detail
from zhenglian_ledger.errors import ZhenglianError
from zhenglian_ledger.rows import BATCH, nonce_key
from zhenglian_ledger.trustfile import TrustFile
from zhenglian_ledger.verify.trace import compute_trace_target
from zhenglian_node.app import answers
from zhenglian_node.app.answers_plan import build_plan_answer
from zhenglian_proto.v1 import node_pb2
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.client.connection import NodeConnection
from zhenglian_sdk.client.options import Options
from zhenglian_sdk.client.session import Session
from zhenglian_sdk.client.trust import TrustStore
from zhenglian_sdk.signer import MemorySigner

Lie = Callable[[str, Any], Message]
Watch = Callable[[str], None]
Refusals = dict[str, ZhenglianError]

SERVICE = node_pb2.DESCRIPTOR.services_by_name["Node"]


def build_trust(chain: ProvenChain) -> TrustFile:
    """The trust file of the chain, made before its first block; its digest is 32 zero bytes."""
    validators_hash = compute_validators_hash(chain.validators)
    anchor = TrustAnchor(chain.chain_id, 0, 0, bytes(32), validators_hash)
    return TrustFile(anchor, time_ms=GENESIS_MS)


class ChainNode:
    """One node on a chain; several may serve the same."""

    def __init__(self, chain: ProvenChain, directory: Path) -> None:
        self.chain = chain
        assert chain.provable is not None  # the first header is made: from now on the chain has a clock
        self.lie: Lie = lambda _method, reply: reply
        self.watch: Watch = lambda _method: None
        self.drop: set[str] = set()
        self.lose: set[str] = set()
        self.refuse: Refusals = {}
        self.calls: list[str] = []
        self.most_steps = MAX_PATH
        self._socket = f"unix:{directory}/{id(self):x}.sock"
        self._server = aio.server()
        self._clients: list[AsyncClient] = []

    def build_client(
        self,
        system: str,
        *,
        second: "ChainNode | None" = None,
        more: "Sequence[ChainNode]" = (),
        trust: TrustStore | None = None,
    ) -> AsyncClient:
        """A client of the sandbox's system, on the chain's clock; it is closed with the node."""
        session = Session(
            node=self.connect(),
            second=second.connect() if second else None,
            more=[node.connect() for node in more],
            signer=MemorySigner(compute_seed(system)),
            system=system,
            trust=trust or TrustStore(build_trust(self.chain), now_ms=self.now_ms),
            options=Options(submit_timeout_s=0.5, patience_s=0.1),
            now_ms=self.now_ms,
        )
        client = AsyncClient(session)
        self._clients.append(client)
        return client

    def connect(self) -> NodeConnection:
        return NodeConnection(aio.insecure_channel(self._socket), self._socket, timeout_s=5, attempts=2)

    def now_ms(self) -> int:
        return self.chain.now_ms

    async def stop(self) -> None:
        await self._server.stop(None)

    async def __aenter__(self) -> Self:
        handlers = {
            method.name: grpc.unary_unary_rpc_method_handler(
                partial(self._serve, method.name),
                request_deserializer=getattr(node_pb2, method.input_type.name).FromString,
                response_serializer=lambda reply: reply.SerializeToString(),
            )
            for method in SERVICE.methods
        }
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(SERVICE.full_name, handlers),)
        )
        self._server.add_insecure_port(self._socket)
        await self._server.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        for client in self._clients:
            await client.close()
        await self.stop()

    async def _serve(self, method: str, request: Any, context: aio.ServicerContext[Any, Any]) -> Message:
        self.calls.append(method)
        self.watch(method)
        if method in self.drop:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "the request was lost")
        if method in self.refuse:
            detail = build_error_detail(self.refuse[method]).SerializeToString()
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "refused", ((METADATA_KEY, detail),))
        reply = getattr(self, method)(request)
        if method in self.lose:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "the reply was lost")
        return self.lie(method, reply)

    # the calls

    def Submit(self, request: node_pb2.SubmitRequest) -> node_pb2.SubmitReply:  # noqa: N802
        batch = parse_batch(request.batch)
        found = self._find(batch.header.system, batch.header.nonce)
        if found is None:
            code = self.chain.try_batch(batch)
            if code:
                return node_pb2.SubmitReply(rejection=node_pb2.Rejection(code=code))
            found = self.chain.state.get_size(BATCH) - 1
        return node_pb2.SubmitReply(receipt=answers.build_receipt(self.chain.provable, found))

    def GetReceipt(self, request: node_pb2.ReceiptRequest) -> node_pb2.SubmitReply:  # noqa: N802
        found = self._find(request.system, request.nonce)
        if found is None:
            is_final = 0 < request.valid_until_ms <= self.chain.provable.time_ms
            return node_pb2.SubmitReply(unknown=True, fate_is_final=is_final)
        return node_pb2.SubmitReply(receipt=answers.build_receipt(self.chain.provable, found))

    def GetRecord(self, request: node_pb2.QueryRequest) -> node_pb2.RecordAnswer:  # noqa: N802
        batch, query = self._take(request.batch)
        reply = answers.build_record_answer(
            self.chain.provable,
            identifier=query.verify_query.record,
            sha256=query.verify_query.sha256,
            with_signature=request.with_signature,
        )
        assert not self.chain.try_batch(batch)
        return reply

    def GetPlan(self, request: node_pb2.QueryRequest) -> node_pb2.PlanAnswer:  # noqa: N802
        batch, query = self._take(request.batch)
        author = self._get_author(batch)
        return build_plan_answer(
            self.chain.provable, self.chain.build_step(author), query.plan_query.case_number
        )

    def GetTrace(self, request: node_pb2.TraceRequest) -> node_pb2.TraceAnswer:  # noqa: N802
        batch, query = self._take(request.batch)
        kind, identifier = compute_trace_target(query.audit_query)
        reply = answers.build_trace_answer(self.chain.provable, kind, identifier, request.start)
        assert not self.chain.try_batch(batch)
        return reply

    def GetObject(self, request: node_pb2.ObjectRequest) -> node_pb2.ObjectAnswer:  # noqa: N802
        return answers.build_object_answer(self.chain.provable, request.kind, request.id)

    def GetGrant(self, request: node_pb2.GrantRequest) -> node_pb2.GrantAnswer:  # noqa: N802
        return answers.build_grant_answer(self.chain.provable, request.grant)

    def GetGovernance(self, request: node_pb2.GovernanceRequest) -> node_pb2.GovernanceAnswer:  # noqa: N802
        return answers.build_governance_answer(self.chain.provable, with_decided=request.with_decided)

    def GetUse(self, request: node_pb2.UseRequest) -> node_pb2.UseAnswer:  # noqa: N802
        reply = answers.build_use_answer(self.chain.provable, request.use)
        assert reply is not None
        return reply

    def GetStatus(self, request: node_pb2.StatusRequest) -> node_pb2.NodeStatus:  # noqa: N802
        provable, changes = self.chain.provable, sorted(self.chain.changes)
        heights = compute_path_heights(request.trusted_height, changes, provable.height + 1, self.most_steps)
        path = [self.chain.light_block(height) for height in heights]
        anchor = answers.ProofBuilder(provable).build_anchor(path)
        return node_pb2.NodeStatus(chain_id=self.chain.chain_id, height=provable.height, anchor=anchor)

    def _find(self, system: str, nonce: bytes) -> int | None:
        value = self.chain.view.get(nonce_key(system, nonce))
        return None if value is None else int.from_bytes(value, "big")

    def _take(self, message: Any) -> tuple[Batch, Operation]:
        batch = parse_batch(message)
        self._get_author(batch)
        return batch, Operation.FromString(batch.operations[0])

    def _get_author(self, batch: Batch) -> Any:
        return verify_acceptance(
            self.chain.state,
            batch,
            self.chain.chain_id,
            self.chain.time_ms,
            is_signature_valid=lambda key, shown: ed25519.is_signature_valid(
                key, shown.signed_bytes, shown.signature
            ),
        )

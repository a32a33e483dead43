"""Reading without a signed query: objects, grants, uses, status. The channel alone names the reader.

Who may read what is `zhenglian_ledger.permissions.READS`; the checks for "somebody it concerns" stand here,
each beside the answer it guards (SPEC 6.1).
"""

from collections.abc import Sequence
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.light_path import compute_path_heights
from zhenglian_ledger.errors import Denied, Refused
from zhenglian_ledger.permissions import READS
from zhenglian_ledger.rows import ACCESS, REGISTRY
from zhenglian_ledger.rules.records import find_record
from zhenglian_ledger.rules.uses import get_submitting_unit
from zhenglian_ledger.state import Found, State
from zhenglian_ledger.step import Author, Step
from zhenglian_node.api.channel_auth import Caller
from zhenglian_node.api.edge import Edge
from zhenglian_node.app.answers import ProofBuilder, build_grant_answer, build_object_answer, build_use_answer
from zhenglian_node.app.engine_port import Engine
from zhenglian_node.app.provable import Provable
from zhenglian_proto.v1 import types_pb2
from zhenglian_proto.v1.cometbft_pb2 import LightBlock
from zhenglian_proto.v1.members_pb2 import ROLE_IDENTITY_GATEWAY
from zhenglian_proto.v1.node_pb2 import (
    GrantAnswer,
    GrantRequest,
    NodeStatus,
    ObjectAnswer,
    ObjectRequest,
    StatusRequest,
    UseAnswer,
    UseRequest,
)

ID_BYTES: Final = 32
MAX_OBJECT_ID: Final = 129
"""Bytes of the longest id: a case's unit, a zero byte and its number."""

PUBLIC_KINDS: Final = frozenset(
    {
        types_pb2.KIND_MEMBER, types_pb2.KIND_UNIT, types_pb2.KIND_SYSTEM, types_pb2.KIND_KEY,
        types_pb2.KIND_REGION, types_pb2.KIND_RULE, types_pb2.KIND_RECOGNITION_LIST, types_pb2.KIND_MANDATE,
        types_pb2.KIND_LICENCE_TYPE, types_pb2.KIND_MATERIAL_TYPE, types_pb2.KIND_MATTER,
        types_pb2.KIND_NODE, types_pb2.KIND_PROPOSAL,
    }
)  # fmt: skip
"""The registries that everyone on the network may read. Records, grants and uses have calls of their own."""


def verify_reader(kind: str, author: Author, *, is_concerned: bool) -> None:
    """`author` may read `kind` of data by READS, or it concerns it; raises Denied(READ_NOT_PERMITTED)."""
    reader = READS[kind]
    if not (reader.anyone or is_concerned or reader.roles & author.roles):
        raise Denied(Code.READ_NOT_PERMITTED)


async def get_object(edge: Edge, caller: Caller, request: ObjectRequest) -> ObjectAnswer:
    """The newest entry of a registry object as it stands. Raises Denied: BAD_REQUEST, READ_NOT_PERMITTED."""
    if not 0 < len(request.id) <= MAX_OBJECT_ID:
        raise Denied(Code.BAD_REQUEST, field="id")
    if request.kind == types_pb2.KIND_CASE:
        unit, _, _ = request.id.partition(b"\x00")
        verify_reader("case", caller.author, is_concerned=unit == caller.author.unit.encode())
    elif request.kind in PUBLIC_KINDS:
        verify_reader("registry object", caller.author, is_concerned=False)
    elif request.kind in types_pb2.Kind.values() and request.kind:
        raise Denied(Code.READ_NOT_PERMITTED)
    else:
        raise Denied(Code.BAD_REQUEST, field="kind")
    return await edge.answer(lambda provable: build_object_answer(provable, request.kind, request.id))


async def get_grant(edge: Edge, caller: Caller, request: GrantRequest) -> GrantAnswer:
    """A grant with its chain. Raises Denied: BAD_REQUEST, READ_NOT_PERMITTED."""
    _verify_id(request.grant, "grant")

    def build(provable: Provable) -> GrantAnswer:
        step = edge.build_step(provable, caller.author)
        found = step.state.get_object(types_pb2.KIND_GRANT, request.grant)
        if found is not None:
            verify_reader("grant", caller.author, is_concerned=_is_party(step, found))
        return build_grant_answer(provable, request.grant)

    return await edge.answer(build)


async def get_use(edge: Edge, caller: Caller, request: UseRequest) -> UseAnswer:
    """What stands behind a use. Raises Refused(NOT_FOUND); Denied: BAD_REQUEST, READ_NOT_PERMITTED."""
    _verify_id(request.use, "use")

    def build(provable: Provable) -> UseAnswer:
        step = edge.build_step(provable, caller.author)
        found = step.get_existing(types_pb2.KIND_USE, request.use, "用证 use")
        verify_reader("use", caller.author, is_concerned=_is_user_or_custodian(step, found))
        answer = build_use_answer(provable, request.use)
        if answer is None:
            raise Refused(Code.NOT_FOUND, what="用证 use")
        return answer

    return await edge.answer(build)


async def get_status(edge: Edge, request: StatusRequest) -> NodeStatus:
    """Where the ledger stands, for everyone whom a member's CA let in.

    The anchor's path leads from the caller's trusted height (0: genesis) past every change of the validators.
    It begins with the trusted block itself, so that a trust file may name any block and a fork is seen.
    """
    application = edge.application

    def build(provable: Provable) -> tuple[NodeStatus, list[int]]:
        committed, engine = application.committed, edge.engine.get_status()
        status = NodeStatus(
            chain_id=application.chain_id,
            height=committed.head.height,
            provable_height=provable.height,
            block_time_ms=provable.time_ms,
            app_hash=provable.head.app_hash,
            engine=engine.name,
            version=edge.version,
            anchor=ProofBuilder(provable).build_anchor(),
            genesis_digest=application.genesis_digest,
        )
        changes = State(provable.view, provable.head.sizes).get_validator_changes(request.trusted_height)
        return status, compute_path_heights(request.trusted_height, changes, provable.height + 1)

    status, heights = await edge.answer(build)
    status.anchor.path.extend(await read_light_path(edge.engine, request.trusted_height, heights))
    return status


async def read_light_path(engine: Engine, trusted_height: int, heights: Sequence[int]) -> list[LightBlock]:
    """The light blocks of `heights`, up to the first step that the engine has not: a later one leads nowhere.

    The trusted block may be missing: the caller has it.
    """
    path: list[LightBlock] = []
    for height in heights:
        light_block = await engine.get_light_block(height)
        if light_block is not None:
            path.append(light_block)
        elif height != trusted_height:
            break
    return path


def _is_party(step: Step, grant: Found) -> bool:
    """Whether the author's unit may use the grant or submitted it, or speaks for the subject that gave it."""
    body = grant.operation.give_grant.body
    return (
        body.grantee.unit == step.author.unit
        or (ROLE_IDENTITY_GATEWAY in step.author.roles and bool(body.grantor.subject))
        or get_submitting_unit(step, REGISTRY, grant.index) == step.author.unit
    )


def _is_user_or_custodian(step: Step, use: Found) -> bool:
    """Whether the author's unit made the use, or keeps the record it is of."""
    if get_submitting_unit(step, ACCESS, use.index) == step.author.unit:
        return True
    message = getattr(use.operation, use.operation.WhichOneof("kind") or "")
    record = find_record(step.state, message.record)
    return record is not None and record.message.custodian == step.author.unit


def _verify_id(identifier: bytes, field: str) -> None:
    if len(identifier) != ID_BYTES:
        raise Denied(Code.BAD_REQUEST, field=field)

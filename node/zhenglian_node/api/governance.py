"""Reading what the members decide about: public on the network, like the registries (SPEC 6.1)."""

from zhenglian_node.api.channel_auth import Caller
from zhenglian_node.api.edge import Edge
from zhenglian_node.api.lookups import verify_reader
from zhenglian_node.app.answers import build_governance_answer
from zhenglian_proto.v1.node_pb2 import GovernanceAnswer, GovernanceRequest


async def get_governance(edge: Edge, caller: Caller, request: GovernanceRequest) -> GovernanceAnswer:
    """Proposals, members, nodes, validators and parameters; raises Denied(READ_NOT_PERMITTED)."""
    verify_reader("registry object", caller.author, is_concerned=False)
    with_decided = request.with_decided
    return await edge.answer(lambda provable: build_governance_answer(provable, with_decided=with_decided))

"""GetStatus, and what a node adds for its own operator.

Where the ledger stands is for everyone whom a member's CA let in. Peers, disk and clock concern those who run
this very machine: they are shown on a channel whose certificate carries the node's own key, and to nobody
else.
"""

from collections.abc import Iterable

from zhenglian_ledger.certificates import compute_transport_key_id, parse_certificate_pem
from zhenglian_ledger.errors import InvalidInput
from zhenglian_node.api.edge import Edge
from zhenglian_node.api.lookups import get_status
from zhenglian_proto.v1.node_pb2 import NodeStatus, StatusRequest


async def get_status_for(edge: Edge, certificates: Iterable[bytes], request: StatusRequest) -> NodeStatus:
    """The node's status; with its health if `certificates` (PEM, the leaf first) show the node's own key."""
    status = await get_status(edge, request)
    operator = edge.operator
    if operator is not None and is_own_channel(operator.get_certificate(), certificates):
        status.health.CopyFrom(operator.get_health())
    return status


def is_own_channel(own: bytes, certificates: Iterable[bytes]) -> bool:
    """Whether the leaf of a channel carries the key of the certificate `own`; the handshake proved it."""
    try:
        key_ids = [compute_transport_key_id(parse_certificate_pem(pem)) for pem in (own, *certificates)[:2]]
    except InvalidInput:
        return False
    return len(key_ids) == 2 and key_ids[0] == key_ids[1]

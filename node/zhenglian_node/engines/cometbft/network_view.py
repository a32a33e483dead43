"""What CometBFT knows of its network: who is connected, how far each peer is, whether this node catches up.

One call gives peers and their heights (`dump_consensus_state`), another whether blocks are still being
fetched (`status`). Both are for the operator; nothing the ledger says depends on them.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from zhenglian_node.engines.cometbft.rpc import Fields, Rpc, RpcRefused, RpcUnreachable

SECONDS: Final = 2.0
"""A node that does not answer by then is as good as gone for who watches it."""


class PeerView(NamedTuple):
    """A connected peer: node id (20 bytes), address (host:port), its newest height (0: not told yet)."""

    node_id: bytes
    address: str
    height: int


class NetworkView(NamedTuple):
    """The network as one node sees it."""

    peers: tuple[PeerView, ...] = ()
    is_catching_up: bool = False

    @property
    def greatest_height(self) -> int:
        """The greatest height that a peer has; 0 where none told one."""
        return max((peer.height for peer in self.peers), default=0)


async def fetch_network(rpc: Rpc) -> NetworkView | None:
    """What CometBFT says now; None where it does not answer."""
    try:
        async with asyncio.timeout(SECONDS):
            standing = await rpc.get_status()
            return NetworkView(parse_peers(await rpc.call("dump_consensus_state")), standing.is_catching_up)
    except (RpcUnreachable, RpcRefused, TimeoutError, KeyError, TypeError, ValueError):
        return None


async def call_peers(rpc: Rpc, peers: Sequence[str]) -> None:
    """CometBFT calls the peers (id@host:port) soon, where it is not linked to them by then."""
    if not peers:
        return
    try:
        async with asyncio.timeout(SECONDS):
            await rpc.call("dial_peers", peers=list(peers), persistent=False)
    except (RpcUnreachable, RpcRefused, TimeoutError):
        return  # whoever is away stays due


def parse_peers(state: Fields) -> tuple[PeerView, ...]:
    """The peers in the result of `dump_consensus_state`; one that cannot be read is left out."""
    peers = map(_parse_peer, state.get("peers") or ())
    return tuple(sorted(peer for peer in peers if peer is not None))


def _parse_peer(fields: Any) -> PeerView | None:  # noqa: ANN401  any JSON value
    try:
        node_id, _, address = fields["node_address"].partition("@")
        round_height = int(fields["peer_state"]["round_state"]["height"])
        return PeerView(bytes.fromhex(node_id), address, max(round_height - 1, 0))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None

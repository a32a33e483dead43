"""Which peers CometBFT should call again.

It calls its peers by itself, with growing pauses; but one that let it in and hung up at once, as a node does
whose list it is not on yet, it may never call again. So whoever stays away is called from here.
"""

from collections.abc import Mapping
from typing import Final

from zhenglian_node.engines.cometbft.network_view import NetworkView

PATIENCE_S: Final = 15.0
"""How long a peer may be away before it is called, and between two calls."""


class PeerCalls:
    """The peers that a node is to be linked to, and since when each is away."""

    def __init__(self, addresses: Mapping[str, str], now_s: float) -> None:
        """`addresses` are host:port by node id (hex); seconds are of any clock that never goes back."""
        self._addresses = addresses
        self._away_since = dict.fromkeys(addresses, now_s)

    def find_due(self, view: NetworkView, now_s: float) -> list[str]:
        """The peers (id@host:port) to be called now; each is given its time again."""
        connected = {peer.node_id.hex() for peer in view.peers}
        due: list[str] = []
        for node_id, since_s in self._away_since.items():
            if node_id not in connected and now_s - since_s < PATIENCE_S:
                continue
            if node_id not in connected:
                due.append(f"{node_id}@{self._addresses[node_id]}")
            self._away_since[node_id] = now_s
        return due

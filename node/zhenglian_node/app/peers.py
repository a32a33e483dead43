"""Who may connect to this node's CometBFT: the ledger's list of node ids, by the newest committed state.

Asked when a link comes up, never afterwards. Local: nodes need not agree on an answer.
"""

from typing import Final

from zhenglian_node.app.application import Application

_ID: Final = "id/"
_ADDRESS: Final = "addr/"
_ID_BYTES: Final = 20
_HEX: Final = frozenset("0123456789abcdefABCDEF")


def is_peer_allowed(application: Application, peer: str, configured: frozenset[bytes] = frozenset()) -> bool:
    """Whether the peer may connect: `addr/<ip:port>` always; `id/<40 hex>` if the ledger lets it in.

    `configured` are the ids this node itself keeps calling: they count where the ledger knows nothing of one.
    """
    if peer.startswith(_ADDRESS):
        return True  # who it is, its id tells
    name = peer.removeprefix(_ID)
    if not peer.startswith(_ID) or len(name) != 2 * _ID_BYTES or not _HEX.issuperset(name):
        return False
    return application.is_node_allowed(bytes.fromhex(name), configured)

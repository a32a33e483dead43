"""peers.json: where the network's nodes are. Addresses may change, so they stand beside the genesis.

It is believed only as far as it must be: a link is made with a node id, which genesis or a vote has put on
the ledger, and whoever answers proves that it holds that id's key.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.field_reader import FieldReader
from zhenglian_ledger.join_request import MAX_ADDRESS, JoinRequest
from zhenglian_ledger.json_text import encode_json, parse_json

FORMAT: Final = "zhenglian-peers"
VERSION: Final = 1
PEERS: Final = "peers.json"

_MAX_PEERS: Final = 1_000


@dataclass(frozen=True, slots=True)
class NetworkPeer:
    """One node: whose it is, its id, and where others reach it (host:port)."""

    member: str
    node_id: bytes
    p2p: str
    api: str
    is_validator: bool


@dataclass(frozen=True, slots=True)
class PeersFile:
    """All nodes of the network that a genesis digest names."""

    genesis_digest: bytes
    peers: tuple[NetworkPeer, ...]

    def find(self, member: str) -> NetworkPeer | None:
        """The member's node, if it is listed."""
        return next((peer for peer in self.peers if peer.member == member), None)


def build_peers(genesis_digest: bytes, requests: Iterable[JoinRequest]) -> PeersFile:
    """The nodes of `requests`, in their order."""
    peers = tuple(
        NetworkPeer(request.member, request.node_id, request.p2p, request.api, request.is_validator)
        for request in requests
    )
    return PeersFile(genesis_digest, peers)


def format_peers(file: PeersFile) -> str:
    """The text of a peers.json."""
    nodes = [
        {
            "member": peer.member,
            "node_id": peer.node_id.hex(),
            "p2p": peer.p2p,
            "api": peer.api,
            "validator": peer.is_validator,
        }
        for peer in file.peers
    ]
    return encode_json(
        {"format": FORMAT, "version": VERSION, "genesis_digest": file.genesis_digest.hex(), "nodes": nodes}
    )


def parse_peers(text: str) -> PeersFile:
    """The list in `text`; raises InvalidInput(PEERS_INVALID) naming the field."""
    reader = parse_json(text, Code.PEERS_INVALID)
    reader.take_constant("format", FORMAT)
    reader.take_constant("version", VERSION)
    digest = reader.take_bytes("genesis_digest", [32])
    peers = tuple(_take_peer(node) for node in reader.take_objects("nodes", _MAX_PEERS))
    reader.finish()
    if len({peer.node_id for peer in peers}) < len(peers):
        raise InvalidInput(Code.PEERS_INVALID, field="nodes")
    return PeersFile(digest, peers)


def read_members(path: Path) -> dict[str, str]:
    """Node id (hex) → member of every node listed in the file; nothing, where it cannot be read."""
    try:
        file = parse_peers(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, InvalidInput):
        return {}
    return {peer.node_id.hex(): peer.member for peer in file.peers}


def choose_peers(file: PeersFile, own: bytes) -> list[NetworkPeer]:
    """Whom the node with the id `own` calls: every validator but itself. Full nodes wait for no calls."""
    return [peer for peer in file.peers if peer.is_validator and peer.node_id != own]


def _take_peer(reader: FieldReader) -> NetworkPeer:
    peer = NetworkPeer(
        member=reader.take_text("member", 64),
        node_id=reader.take_bytes("node_id", [20]),
        p2p=reader.take_address("p2p", MAX_ADDRESS),
        api=reader.take_address("api", MAX_ADDRESS),
        is_validator=reader.take_flag("validator"),
    )
    reader.finish()
    return peer

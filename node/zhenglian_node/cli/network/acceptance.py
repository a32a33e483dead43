"""`accept`: a member looks at the genesis, finds itself in it, and its home becomes a node that can run.

    genesis tried → own request unchanged → peers fit → asked → store, configuration, unit, sheets, node.toml

Nothing is written before everything that can be refused has been looked at; node.toml is written last.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, StoreError
from zhenglian_ledger.genesis import compute_chain_id, compute_genesis_digest
from zhenglian_ledger.genesis_text import format_genesis, parse_genesis_text
from zhenglian_ledger.join_request import JoinRequest, parse_request
from zhenglian_node.api.channel_auth import format_roots
from zhenglian_node.app.application import Application
from zhenglian_node.cli.files import create_file, provide_private_directory, read_text, verify_absent
from zhenglian_node.cli.homes import build_trust_text, create_store, replace_file, verify_genesis
from zhenglian_node.cli.network.member_keys import REQUEST
from zhenglian_node.cli.network.offices import AGENCY, AUTHORITIES, build_agency_config
from zhenglian_node.cli.network.peers import PeersFile, choose_peers, format_peers, parse_peers
from zhenglian_node.cli.network.requests import build_member_operations
from zhenglian_node.cli.network.sheets import README, SHEET, build_readme, build_sheet
from zhenglian_node.cli.network.units import UNIT, build_unit
from zhenglian_node.config import (
    COMETBFT,
    FILE_NAME,
    NodeConfig,
    TlsFiles,
    build_cometbft_config,
    format_config,
)
from zhenglian_node.engines.cometbft.home import (
    Peer,
    build_cometbft_genesis,
    format_config_toml,
    read_node_public_key,
    read_validator_public_key,
)
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.state_pb2 import Genesis

_EVERYWHERE = "0.0.0.0"  # noqa: S104  a node of a network is reached from outside


@dataclass(frozen=True, slots=True)
class AcceptPlan:
    """What a home is made from. `bind` is the host it listens on; empty: loopback for a loopback address."""

    genesis: Path
    peers: Path
    is_joining: bool = False
    bind: str = ""
    binary: str = COMETBFT
    metrics_port: int = 0
    cometbft_metrics_port: int = 0
    log_level: str = "info"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Everything that was looked at, before anybody is asked."""

    request: JoinRequest
    genesis: Genesis
    genesis_bytes: bytes
    application: Application
    peers: PeersFile

    @property
    def digest(self) -> bytes:
        """What the members compare."""
        return compute_genesis_digest(self.genesis_bytes)

    @property
    def chain_id(self) -> str:
        """The network's name with the digest's first digits."""
        return compute_chain_id(self.genesis.name, self.digest)


def accept(home: Path, plan: AcceptPlan, ask: Callable[[Proposal], None]) -> NodeConfig:
    """A node that can run lives in `home`, where `request` made its keys; `ask` raises if it is not wanted.

    Raises StoreError: ALREADY_INITIALISED, GENESIS_INVALID, STORE_OTHER_RULES, CONFIG_INVALID (the home's
    keys are not the request's); InvalidInput: FILE_NOT_FOUND, JOIN_REQUEST_INVALID, JOIN_REQUEST_CHANGED,
    PEERS_INVALID, and what `ask` raises. Nothing has been written then.
    """
    verify_absent(home / FILE_NAME)
    proposal = examine(home, plan)
    ask(proposal)
    config = plan_config(home, plan, proposal)
    create_store(config, proposal.genesis_bytes)
    for path, text in build_files(config, proposal).items():
        replace_file(path, text)
    provide_private_directory(config.outbox)
    create_file(home / FILE_NAME, format_config(config))
    return config


def examine(home: Path, plan: AcceptPlan) -> Proposal:
    """Genesis and peers can be accepted by the node whose keys lie in `home`; raises as `accept`."""
    request = parse_request(read_text(home / REQUEST))
    verify_keys(home, request)
    genesis_bytes = parse_genesis_text(read_text(plan.genesis))
    application = verify_genesis(genesis_bytes)
    genesis = Genesis.FromString(genesis_bytes)
    peers = parse_peers(read_text(plan.peers))
    if peers.genesis_digest != compute_genesis_digest(genesis_bytes):
        raise InvalidInput(Code.PEERS_INVALID, field="genesis_digest")
    if not plan.is_joining:
        verify_contained(request, genesis)
        verify_peers(request, peers, genesis)
    return Proposal(request, genesis, genesis_bytes, application, peers)


def verify_contained(request: JoinRequest, genesis: Genesis) -> None:
    """Genesis says of the member what it asked for, and gives nobody else a key or a node in its name.

    More units and systems of the member may stand there, since without keys they cannot act. Raises
    InvalidInput(JOIN_REQUEST_CHANGED) naming what is missing or added.
    """
    asked = [serialise(operation) for operation in build_member_operations(request)]
    found = [bytes(data) for data in genesis.operations if _concerns(request, data)]
    for data in asked:
        if found.count(data) != 1:
            raise InvalidInput(Code.JOIN_REQUEST_CHANGED, what=_name(data))
    for data in found:
        if data not in asked:
            raise InvalidInput(Code.JOIN_REQUEST_CHANGED, what=f"+ {_name(data)}")
    validators = [bytes(each.public_key) for each in genesis.validators if each.member == request.member]
    if validators != ([request.validator_key] if request.is_validator else []):
        raise InvalidInput(Code.JOIN_REQUEST_CHANGED, what="validators")


def verify_peers(request: JoinRequest, peers: PeersFile, genesis: Genesis) -> None:
    """The nodes listed are those of genesis, this one at the address it asked for.

    Raises InvalidInput(PEERS_INVALID).
    """
    nodes = (Operation.FromString(data).put_node for data in genesis.operations)
    registered = {node.node_id: node.member for node in nodes if node.node_id}
    if {peer.node_id: peer.member for peer in peers.peers} != registered:
        raise InvalidInput(Code.PEERS_INVALID, field="nodes")
    own = peers.find(request.member)
    if own is None or (own.node_id, own.p2p, own.api) != (request.node_id, request.p2p, request.api):
        raise InvalidInput(Code.PEERS_INVALID, field=request.member)


def build_authorities(genesis: Genesis) -> bytes:
    """The transport CAs of the members in genesis, in PEM."""
    members = (Operation.FromString(data).put_member for data in genesis.operations)
    return format_roots(each.transport_ca for each in members)


def _concerns(request: JoinRequest, data: bytes) -> bool:
    """Whether the operation speaks for the member: its entry, keys, nodes, first unit and office."""
    operation = Operation.FromString(data)
    names = {
        operation.put_member.id,
        operation.put_unit.id,
        operation.key.body.member,
        operation.put_node.member,
    }
    return request.member in names or operation.put_system.id == request.system


def _name(data: bytes) -> str:
    return Operation.FromString(data).WhichOneof("kind") or "?"


def verify_keys(home: Path, request: JoinRequest) -> None:
    """The keys in the home are those that the request shows; raises StoreError(CONFIG_INVALID)."""
    files = build_cometbft_config(home)
    if read_node_public_key(read_text(files.node_key)) != request.node_key:
        raise StoreError(Code.CONFIG_INVALID, field=str(files.node_key))
    if read_validator_public_key(read_text(files.validator_key)) != request.validator_key:
        raise StoreError(Code.CONFIG_INVALID, field=str(files.validator_key))


def plan_config(home: Path, plan: AcceptPlan, proposal: Proposal) -> NodeConfig:
    """The node.toml to be."""
    return NodeConfig(
        home=home,
        listen=compute_listen(proposal.request.api, plan.bind),
        tls=TlsFiles(home / "tls" / "node.crt.pem", home / "tls" / "node.key.pem"),
        cometbft=build_cometbft_config(home, plan.binary, plan.cometbft_metrics_port),
        engine=COMETBFT,
        log_level=plan.log_level,
        metrics_port=plan.metrics_port,
    )


def compute_listen(address: str, bind: str = "") -> str:
    """Where to listen to be reached at `address`: its port, on `bind`, else everywhere or on loopback."""
    host, _, port = address.rpartition(":")
    is_loopback = host.startswith("127.") or host in ("localhost", "[::1]")
    return f"{bind or (host if is_loopback else _EVERYWHERE)}:{port}"


def build_files(config: NodeConfig, proposal: Proposal) -> dict[Path, str | bytes]:
    """Every file of the home that `request` did not make, but for the store and node.toml."""
    home, request = config.home, proposal.request
    engine = build_cometbft_config(home)
    peers = choose_peers(proposal.peers, request.node_id)
    second = next((peer for peer in proposal.peers.peers if peer.node_id != request.node_id), None)
    toml = format_config_toml(
        request.member,
        compute_listen(request.p2p, config.listen.rpartition(":")[0]),
        [Peer(peer.node_id.hex(), peer.p2p) for peer in peers],
        metrics_port=config.cometbft.metrics_port if config.cometbft else 0,
    )
    return {
        config.genesis: format_genesis(proposal.genesis),
        config.peers: format_peers(proposal.peers),
        config.trust: build_trust_text(proposal.application),
        home / AUTHORITIES: build_authorities(proposal.genesis),
        home / AGENCY: build_agency_config(request.system, request.api, second.api if second else ""),
        engine.genesis: build_cometbft_genesis(proposal.genesis),
        engine.config: toml,
        home / UNIT: build_unit(home.resolve(), request.member),
        home / README: build_readme(config, request, proposal.chain_id, proposal.digest),
        home / SHEET: build_sheet(config, request, proposal.peers),
    }

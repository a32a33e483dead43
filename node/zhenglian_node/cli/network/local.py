"""`network init`: a whole network in one directory of one machine, to try, to test and to measure it.

    DIR/network.json genesis.json peers.json authorities.pem     what tools read, and what everybody is given
    DIR/nodes/MEMBER/           a home
    DIR/members/MEMBER/         ca.pem ca.key.pem recovery.key.json passphrase
    DIR/systems/MEMBER-office/  agency.toml sign.key.json passphrase actor.key tls.pem … state/

It goes the way of a real network (request, assemble, accept) for all members at once, so it is a sandbox: the
keys of all lie in one place, and key files are opened cheaply.
"""

import json
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, StoreError
from zhenglian_ledger.genesis import compute_chain_id
from zhenglian_ledger.genesis_text import format_genesis
from zhenglian_ledger.identifiers.regions import NO_END, REGIONS
from zhenglian_ledger.join_request import TIERS, JoinRequest
from zhenglian_ledger.keyfile import KdfCost
from zhenglian_node.cli.files import SECRET, create_file, provide_private_directory
from zhenglian_node.cli.network.acceptance import AcceptPlan, accept, build_authorities
from zhenglian_node.cli.network.assembly import assemble
from zhenglian_node.cli.network.member_keys import PASSPHRASE, Folders, RequestPlan, create_member
from zhenglian_node.cli.network.offices import AGENCY, AUTHORITIES, build_agency_config
from zhenglian_node.cli.network.peers import PEERS, format_peers
from zhenglian_node.cli.network.requests import CITY
from zhenglian_node.config import COMETBFT
from zhenglian_proto.v1.members_pb2 import TIER_DEPARTMENT, TIER_DISTRICT, TIER_MUNICIPAL, Tier
from zhenglian_proto.v1.state_pb2 import MODE_SANDBOX, Genesis

NETWORK: Final = "network.json"
GENESIS: Final = "genesis.json"
HOST: Final = "127.0.0.1"
PORTS: Final = range(20_000, 32_000)
"""Below the ports that Linux gives to outgoing connections, so they stay free while nodes are down."""

SANDBOX_COST: Final = KdfCost(n=1 << 12)
PORTS_PER_NODE: Final = 4
"""p2p, API, metrics of the node, metrics of CometBFT."""

DISTRICTS: Final = tuple(
    region for region in REGIONS if region.code[:4] == "3101" and region.in_force_to == NO_END
)

_ATTEMPTS: Final = 200


@dataclass(frozen=True, slots=True)
class LocalMember:
    """A member of a network on one machine."""

    id: str
    name: str
    tier: Tier
    region: str


@dataclass(frozen=True, slots=True)
class LocalPlan:
    """How large the network is; `base_port` 0 draws free ones. The first `validators` members validate.

    `hosts` are the addresses of the nodes in the members' order, where they are not all this machine's own.
    """

    departments: int
    districts: int
    validators: int
    name: str = "sandbox"
    base_port: int = 0
    binary: str = COMETBFT
    draft: Genesis | None = None
    is_measured: bool = False
    log_level: str = "info"
    hosts: tuple[str, ...] = ()

    def get_host(self, number: int) -> str:
        """The address of the node of that number, counted from 0."""
        return self.hosts[number] if self.hosts else HOST


def create_local_network(directory: Path, plan: LocalPlan, now_ms: int) -> Genesis:
    """A network that can be run lies in `directory`, which did not exist; returns its genesis.

    Raises StoreError(ALREADY_INITIALISED), InvalidInput(INPUT_INVALID) for more validators or districts than
    there are, and what a real network's steps raise.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise StoreError(Code.ALREADY_INITIALISED, path=str(directory))
    members = build_members(plan.departments, plan.districts)
    if not 1 <= plan.validators <= len(members):
        raise InvalidInput(Code.INPUT_INVALID, what=f"--validators (1-{len(members)})")
    base = plan.base_port or draw_base_port(len(members))
    requests = [
        _create_member(
            directory, member, _get_addresses(plan, base, number), number < plan.validators, now_ms
        )
        for number, member in enumerate(members)
    ]
    draft = plan.draft or Genesis()
    draft.mode = draft.mode or MODE_SANDBOX
    genesis, peers = assemble(requests, plan.name, now_ms, draft, few_allowed=True)
    create_file(directory / GENESIS, format_genesis(genesis))
    create_file(directory / PEERS, format_peers(peers))
    create_file(directory / AUTHORITIES, build_authorities(genesis))
    for number, request in enumerate(requests):
        _accept(directory, request, _get_ports(base, number), plan)
        _configure_office(directory, request, requests[(number + 1) % len(requests)])
    chain_id = compute_chain_id(genesis.name, peers.genesis_digest)
    fields = {
        "chain_id": chain_id,
        "genesis_digest": peers.genesis_digest.hex(),
        "members": [
            _describe(member, request, _get_ports(base, number), plan)
            for number, (member, request) in enumerate(zip(members, requests, strict=True))
        ],
    }
    create_file(directory / NETWORK, json.dumps(fields, ensure_ascii=False, indent=2) + "\n")
    return genesis


def build_members(departments: int, districts: int) -> list[LocalMember]:
    """The centre, then the departments, then the districts in GB/T 2260's order."""
    if not 0 <= districts <= len(DISTRICTS):
        raise InvalidInput(Code.INPUT_INVALID, what=f"--districts (0-{len(DISTRICTS)})")
    if not 0 <= departments <= 99:
        raise InvalidInput(Code.INPUT_INVALID, what="--departments (0-99)")
    centre = LocalMember("centre", "市大数据中心", TIER_MUNICIPAL, CITY)
    return [
        centre,
        *(
            LocalMember(f"department-{number:02}", f"市级部门{number:02}", TIER_DEPARTMENT, CITY)
            for number in range(1, departments + 1)
        ),
        *(
            LocalMember(f"district-{region.code}", region.name, TIER_DISTRICT, region.code)
            for region in DISTRICTS[:districts]
        ),
    ]


def draw_base_port(members: int) -> int:
    """The first of as many neighbouring ports as the nodes need, all free now.

    Raises StoreError(CONFIG_INVALID) if none were found.
    """
    needed = members * PORTS_PER_NODE
    for _ in range(_ATTEMPTS):
        base = PORTS.start + secrets.randbelow(len(PORTS) - needed)
        if all(_is_free(port) for port in range(base, base + needed)):
            return base
    raise StoreError(Code.CONFIG_INVALID, field="--base-port")


def _is_free(port: int) -> bool:
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True


def _get_ports(base: int, number: int) -> range:
    return range(base + number * PORTS_PER_NODE, base + (number + 1) * PORTS_PER_NODE)


def _get_addresses(plan: LocalPlan, base: int, number: int) -> tuple[str, str]:
    """Where the node of that number is reached: p2p and API."""
    host, ports = plan.get_host(number), _get_ports(base, number)
    return f"{host}:{ports[0]}", f"{host}:{ports[1]}"


def _create_member(
    directory: Path, member: LocalMember, addresses: tuple[str, str], is_validator: bool, now_ms: int
) -> JoinRequest:
    folders = Folders(
        node=directory / "nodes" / member.id,
        member=directory / "members" / member.id,
        office=directory / "systems" / f"{member.id}-office",
    )
    passphrase = secrets.token_hex(16)
    plan = RequestPlan(
        member=member.id,
        name=member.name,
        tier=member.tier,
        region=member.region,
        p2p=addresses[0],
        api=addresses[1],
        passphrase=passphrase,
        now_ms=now_ms,
        votes=True,
        is_validator=is_validator,
        cost=SANDBOX_COST,
    )
    request = create_member(folders, plan)
    create_file(folders.member / PASSPHRASE, passphrase, SECRET)
    return request


def _accept(directory: Path, request: JoinRequest, ports: Sequence[int], plan: LocalPlan) -> None:
    accepting = AcceptPlan(
        genesis=directory / GENESIS,
        peers=directory / PEERS,
        binary=plan.binary,
        metrics_port=ports[2] if plan.is_measured else 0,
        cometbft_metrics_port=ports[3] if plan.is_measured else 0,
        log_level=plan.log_level,
    )
    accept(directory / "nodes" / request.member, accepting, lambda _proposal: None)


def _configure_office(directory: Path, request: JoinRequest, other: JoinRequest) -> None:
    office = directory / "systems" / request.system
    text = build_agency_config(
        request.system,
        request.api,
        other.api if other is not request else "",
        trust=f"../../nodes/{request.member}/trust.json",
        authorities=f"../../{AUTHORITIES}",
    )
    create_file(office / AGENCY, text)
    provide_private_directory(office / "state")


def _describe(
    member: LocalMember, request: JoinRequest, ports: Sequence[int], plan: LocalPlan
) -> dict[str, object]:
    return {
        "id": member.id,
        "name": member.name,
        "tier": TIERS[member.tier],
        "region": member.region,
        "validator": request.is_validator,
        "node_id": request.node_id.hex(),
        "home": f"nodes/{member.id}",
        "p2p": request.p2p,
        "listen": request.api,
        "metrics_port": ports[2] if plan.is_measured else 0,
        "unit": member.id,
        "system": request.system,
        "agency": f"systems/{request.system}/{AGENCY}",
    }

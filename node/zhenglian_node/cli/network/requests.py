"""A request to join 入网申请: everything public that a network must know of a member and its node.

One canonical JSON file, which holds no secret. What the ledger is to say of the member follows from it: its
entry, a unit of the same id, that unit's office system (by which the member votes), its keys and its node.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.field_reader import FieldReader
from zhenglian_ledger.json_text import encode_json, parse_json
from zhenglian_node.config import is_address
from zhenglian_node.engines.cometbft.home import compute_node_id
from zhenglian_proto.v1.batch_pb2 import SUITE_ED25519, SUITE_P256
from zhenglian_proto.v1.governance_pb2 import NetworkNode
from zhenglian_proto.v1.members_pb2 import (
    KEY_USAGE_RECOVERY,
    KEY_USAGE_SIGN,
    KEY_USAGE_TRANSPORT,
    LEVEL_CITY,
    LEVEL_DISTRICT,
    ROLE_ACCEPTING,
    ROLE_ISSUING,
    ROLE_RELYING,
    ROLE_REPRESENTATIVE,
    ROLE_STEWARD,
    SYSTEM_KIND_BACK_OFFICE,
    TIER_DEPARTMENT,
    TIER_DISTRICT,
    TIER_EXTERNAL,
    TIER_MUNICIPAL,
    TIER_SOCIAL,
    TIER_ZONE,
    Key,
    KeyOperation,
    Member,
    Role,
    System,
    Tier,
    Unit,
)
from zhenglian_proto.v1.operation_pb2 import Operation

FORMAT: Final = "zhenglian-join-request"
VERSION: Final = 1
CITY: Final = "310000"
TIERS: Final = {
    tier: Tier.Name(tier).removeprefix("TIER_")
    for tier in (TIER_MUNICIPAL, TIER_DEPARTMENT, TIER_DISTRICT, TIER_ZONE, TIER_SOCIAL, TIER_EXTERNAL)
}
"""The tiers by the names that people write."""


_MAX_NAME: Final = 64
_MAX_TITLE: Final = 200
_MAX_CERTIFICATE: Final = 4096
_ROLES: Final = (ROLE_REPRESENTATIVE, ROLE_RELYING, ROLE_ACCEPTING, ROLE_ISSUING)


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """What one member asks for. Keys are public; `p2p` and `api` are host:port as others reach them."""

    member: str
    name: str
    tier: Tier
    region: str
    votes: bool
    is_validator: bool
    transport_ca: bytes
    recovery_key: bytes
    sign_key: bytes
    transport_key: bytes
    node_key: bytes
    validator_key: bytes
    p2p: str
    api: str

    @property
    def node_id(self) -> bytes:
        """The id by which other nodes know this member's node, 20 bytes."""
        return compute_node_id(self.node_key)

    @property
    def system(self) -> str:
        """The id of the member's office system."""
        return f"{self.member}-office"


def format_request(request: JoinRequest) -> str:
    """The text of a request."""
    return encode_json(
        {
            "format": FORMAT,
            "version": VERSION,
            "member": request.member,
            "name": request.name,
            "tier": TIERS[request.tier],
            "region": request.region,
            "votes": request.votes,
            "validator": request.is_validator,
            "transport_ca": request.transport_ca.hex(),
            "recovery_key": request.recovery_key.hex(),
            "sign_key": request.sign_key.hex(),
            "transport_key": request.transport_key.hex(),
            "node_key": request.node_key.hex(),
            "validator_key": request.validator_key.hex(),
            "p2p": request.p2p,
            "api": request.api,
        }
    )


def parse_request(text: str) -> JoinRequest:
    """The request in `text`; raises InvalidInput(JOIN_REQUEST_INVALID) naming the field."""
    reader = parse_json(text, Code.JOIN_REQUEST_INVALID)
    reader.take_constant("format", FORMAT)
    reader.take_constant("version", VERSION)
    request = JoinRequest(
        member=reader.take_text("member", _MAX_NAME),
        name=reader.take_text("name", _MAX_TITLE),
        tier=_take_tier(reader),
        region=reader.take_text("region", 12),
        votes=reader.take_flag("votes"),
        is_validator=reader.take_flag("validator"),
        transport_ca=reader.take_bytes("transport_ca", range(1, _MAX_CERTIFICATE + 1)),
        recovery_key=reader.take_bytes("recovery_key", [32]),
        sign_key=reader.take_bytes("sign_key", [32]),
        transport_key=reader.take_bytes("transport_key", [65]),
        node_key=reader.take_bytes("node_key", [32]),
        validator_key=reader.take_bytes("validator_key", [32]),
        p2p=_take_address(reader, "p2p"),
        api=_take_address(reader, "api"),
    )
    reader.finish()
    return request


def parse_tier(text: str) -> Tier:
    """The tier of that name in any case; raises InvalidInput(JOIN_REQUEST_INVALID)."""
    for number, name in TIERS.items():
        if name == text.upper():
            return number
    raise InvalidInput(Code.JOIN_REQUEST_INVALID, field=f"tier ({', '.join(TIERS.values())})")


def build_member_operations(request: JoinRequest) -> Iterator[Operation]:
    """What genesis says of the member, in the order that the rules demand; its node comes last."""
    member, system = request.member, request.system
    yield Operation(
        put_member=Member(
            id=member,
            name=request.name,
            tier=request.tier,
            votes=request.votes,
            runs_node=True,
            transport_ca=request.transport_ca,
        )
    )
    level = LEVEL_DISTRICT if request.tier == TIER_DISTRICT else LEVEL_CITY
    unit = Unit(
        id=member,
        name=request.name,
        member=member,
        level=level,
        region=request.region,
        roles=compute_roles(request.tier),
    )
    yield Operation(put_unit=unit)
    office = System(id=system, unit=member, name=f"{request.name} 业务系统", kind=SYSTEM_KIND_BACK_OFFICE)
    yield Operation(put_system=office)
    for sequence, key in enumerate(_build_keys(request), start=1):
        body = KeyOperation.Body(member=member, sequence=sequence, add=key)
        yield Operation(key=KeyOperation(body=body))
    yield Operation(put_node=NetworkNode(node_id=request.node_id, member=member))


def compute_roles(tier: Tier) -> list[Role]:
    """What the unit of a member of that tier may do; the municipal one keeps the registries too."""
    return sorted((*_ROLES, ROLE_STEWARD) if tier == TIER_MUNICIPAL else _ROLES)


def _build_keys(request: JoinRequest) -> tuple[Key, Key, Key]:
    return (
        Key(suite=SUITE_ED25519, public_key=request.recovery_key, usage=KEY_USAGE_RECOVERY),
        Key(
            suite=SUITE_ED25519,
            public_key=request.sign_key,
            usage=KEY_USAGE_SIGN,
            system=request.system,
        ),
        Key(
            suite=SUITE_P256,
            public_key=request.transport_key,
            usage=KEY_USAGE_TRANSPORT,
            system=request.system,
        ),
    )


def _take_tier(reader: FieldReader) -> Tier:
    name = reader.take_text("tier", 32)
    for number, known in TIERS.items():
        if known == name:
            return number
    raise reader.wrong("tier")


def _take_address(reader: FieldReader, name: str) -> str:
    address = reader.take_text(name, 255)
    if not is_address(address):
        raise reader.wrong(name)
    return address

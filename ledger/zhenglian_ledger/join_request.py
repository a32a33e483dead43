"""Codec of a request to join 入网申请: everything public that a network must know of a member and its node.

One canonical JSON file without a secret. The newcomer's machine writes it. Whoever assembles a genesis,
proposes what it asks for or signs its office's keys reads it, so nobody copies a key by hand.
"""

from dataclasses import dataclass
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.validators import compute_address
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.field_reader import FieldReader
from zhenglian_ledger.json_text import encode_json, parse_json
from zhenglian_proto.v1.batch_pb2 import SUITE_ED25519, SUITE_P256
from zhenglian_proto.v1.members_pb2 import (
    KEY_USAGE_SIGN,
    KEY_USAGE_TRANSPORT,
    TIER_DEPARTMENT,
    TIER_DISTRICT,
    TIER_EXTERNAL,
    TIER_MUNICIPAL,
    TIER_SOCIAL,
    TIER_ZONE,
    Key,
    Tier,
)

FORMAT: Final = "zhenglian-join-request"
VERSION: Final = 1
TIERS: Final = {
    tier: Tier.Name(tier).removeprefix("TIER_")
    for tier in (TIER_MUNICIPAL, TIER_DEPARTMENT, TIER_DISTRICT, TIER_ZONE, TIER_SOCIAL, TIER_EXTERNAL)
}
"""The tiers by the names that people write."""

MAX_ADDRESS: Final = 255
"""Characters of an address."""

_TIERS_BY_NAME: Final = {name: tier for tier, name in TIERS.items()}

_MAX_NAME: Final = 64
_MAX_TITLE: Final = 200
_MAX_CERTIFICATE: Final = 4096


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
        return compute_address(self.node_key)

    @property
    def system(self) -> str:
        """The id of the member's office system."""
        return f"{self.member}-office"


def build_office_keys(request: JoinRequest) -> list[Key]:
    """The SIGN and the TRANSPORT key of the member's office system."""
    system = request.system
    return [
        Key(suite=SUITE_ED25519, public_key=request.sign_key, usage=KEY_USAGE_SIGN, system=system),
        Key(suite=SUITE_P256, public_key=request.transport_key, usage=KEY_USAGE_TRANSPORT, system=system),
    ]


def format_request(request: JoinRequest) -> str:
    """The canonical text of a request."""
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
    """The request in canonical `text`; raises InvalidInput(JOIN_REQUEST_INVALID) naming the field."""
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
        p2p=reader.take_address("p2p", MAX_ADDRESS),
        api=reader.take_address("api", MAX_ADDRESS),
    )
    reader.finish()
    return request


def parse_tier(text: str) -> Tier:
    """The tier of that name in capitals; raises InvalidInput(JOIN_REQUEST_INVALID)."""
    if text not in _TIERS_BY_NAME:
        raise InvalidInput(Code.JOIN_REQUEST_INVALID, field=f"tier ({', '.join(_TIERS_BY_NAME)})")
    return _TIERS_BY_NAME[text]


def _take_tier(reader: FieldReader) -> Tier:
    name = reader.take_text("tier", 32)
    if name not in _TIERS_BY_NAME:
        raise reader.wrong("tier")
    return _TIERS_BY_NAME[name]

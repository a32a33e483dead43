"""A request to join 入网申请, as a newcomer sends it: everything public that a network must know of it.

`zhenglian-node request` writes it: canonical JSON without a secret. Read here so that members need not copy
keys by hand: what is proposed, and what is signed for the newcomer, is what its file says.
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import ZhenglianError
from zhenglian_ledger.field_reader import FieldReader
from zhenglian_ledger.json_text import parse_json
from zhenglian_proto.v1.members_pb2 import Tier
from zhenglian_sdk.builders.forms import choose
from zhenglian_sdk.files import read_text

FORMAT: Final = "zhenglian-join-request"
VERSION: Final = 1
NODE_ID_SIZE: Final = 20

_MAX_CERTIFICATE: Final = 4096
_MAX_ADDRESS: Final = 255


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
        """The id by which other nodes know its node: SHA-256 of the node's key, its first 20 bytes."""
        return sha256(self.node_key).digest()[:NODE_ID_SIZE]

    @property
    def system(self) -> str:
        """The id of the member's office system."""
        return f"{self.member}-office"


def read_join_request(path: Path) -> JoinRequest:
    """The request in the file; raises InvalidInput: FILE_NOT_FOUND, JOIN_REQUEST_INVALID naming the field."""
    return parse_join_request(read_text(path, Code.JOIN_REQUEST_INVALID))


def parse_join_request(text: str) -> JoinRequest:
    """The request in canonical `text`; raises InvalidInput(JOIN_REQUEST_INVALID) naming the field."""
    reader = parse_json(text, Code.JOIN_REQUEST_INVALID)
    reader.take_constant("format", FORMAT)
    reader.take_constant("version", VERSION)
    request = JoinRequest(
        member=reader.take_text("member", 64),
        name=reader.take_text("name", 200),
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
        p2p=reader.take_text("p2p", _MAX_ADDRESS),
        api=reader.take_text("api", _MAX_ADDRESS),
    )
    reader.finish()
    return request


def _take_tier(reader: FieldReader) -> Tier:
    name = reader.take_text("tier", 32)
    try:
        return choose(Tier, name)
    except ZhenglianError as error:
        raise reader.wrong("tier") from error

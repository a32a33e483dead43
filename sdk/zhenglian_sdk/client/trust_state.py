"""The file in which a client keeps the newest header it trusts, across restarts (SPEC 8.1).

It belongs to one trust file, whose hash it names: under another trust file it gives no trust, only the
greatest height ever seen, below which no answer of the chain is accepted any more.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.header import compute_header_hash
from zhenglian_ledger.cometbft.light import TrustedState
from zhenglian_ledger.cometbft.validators import MAX_VALIDATORS, build_validator_set
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_ledger.field_reader import FieldReader
from zhenglian_ledger.json_text import encode_json, parse_json
from zhenglian_ledger.trustfile import MAX_CHAIN_ID, MAX_TIME_MS
from zhenglian_proto.v1.cometbft_pb2 import LightBlock, ValidatorSet
from zhenglian_sdk.client.evidence import format_light_block, take_light_block

FORMAT: Final = "zhenglian-trusted-state"
VERSION: Final = 1

_MAX_HEIGHT: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class StoredTrust:
    """The header hash of the trust file it grew from, the trusted state, the greatest height ever seen.

    `light_block` is the trusted header as it was shown, where there is one: one half of the evidence, should
    a node ever show another header of that height.
    """

    grown_from: bytes
    state: TrustedState
    seen_height: int
    light_block: LightBlock | None = None


def format_stored_trust(stored: StoredTrust) -> str:
    """The canonical text of a stored trust."""
    state = stored.state
    fields: dict[str, object] = {
        "format": FORMAT,
        "version": VERSION,
        "grown_from": stored.grown_from.hex(),
        "seen_height": stored.seen_height,
        "chain_id": state.chain_id,
        "era": state.era,
        "height": state.height,
        "header_hash": state.header_hash.hex(),
        "next_validators_hash": state.next_validators_hash.hex(),
        "time_ms": state.time_ms,
        "app_hash": state.app_hash.hex(),
        "is_era_start": int(state.is_era_start),
    }
    if state.validators is not None:
        fields["validators"] = [
            {"public_key": validator.pub_key.ed25519.hex(), "power": validator.voting_power}
            for validator in state.validators.validators
        ]
    if stored.light_block is not None:
        fields["light_block"] = format_light_block(stored.light_block)
    return encode_json(fields)


def parse_stored_trust(text: str) -> StoredTrust:
    """The stored trust in canonical `text`; raises InvalidInput(TRUST_FILE_INVALID) naming the field."""
    reader = parse_json(text, Code.TRUST_FILE_INVALID)
    reader.take_constant("format", FORMAT)
    reader.take_constant("version", VERSION)
    grown_from = reader.take_bytes("grown_from", [32])
    seen_height = reader.take_integer("seen_height", 0, _MAX_HEIGHT)
    state = TrustedState(
        chain_id=reader.take_text("chain_id", MAX_CHAIN_ID),
        era=reader.take_integer("era", 0, (1 << 32) - 1),
        height=reader.take_integer("height", 0, _MAX_HEIGHT),
        header_hash=reader.take_bytes("header_hash", [32]),
        validators=_take_validators(reader),
        next_validators_hash=reader.take_bytes("next_validators_hash", [32]),
        time_ms=reader.take_integer("time_ms", 0, MAX_TIME_MS),
        app_hash=reader.take_bytes("app_hash", [0, 32]),
        is_era_start=bool(reader.take_integer("is_era_start", 0, 1)),
    )
    light_block = take_light_block(reader, "light_block") if reader.has("light_block") else None
    if light_block is not None and compute_header_hash(light_block.signed_header.header) != state.header_hash:
        raise reader.wrong("light_block")
    reader.finish()
    return StoredTrust(grown_from, state, seen_height, light_block)


def _take_validators(reader: FieldReader) -> ValidatorSet | None:
    if not reader.has("validators"):
        return None
    members: list[tuple[bytes, int]] = []
    for member in reader.take_objects("validators", MAX_VALIDATORS):
        members.append((member.take_bytes("public_key", [32]), member.take_integer("power", 1, 1 << 53)))
        member.finish()
    return _build_set(reader, members)


def _build_set(reader: FieldReader, members: Iterable[tuple[bytes, int]]) -> ValidatorSet:
    try:
        return build_validator_set(members)
    except VerificationFailed as error:
        raise reader.wrong("validators") from error

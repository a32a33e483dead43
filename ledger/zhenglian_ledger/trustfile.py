"""Codec of a trust file: the one thing a verifier must be given out of band (SPEC 8.1).

It names a header (chain, era, height, hash) and the validator set behind it; optionally that set itself and
the genesis digest, so that people can compare them by eye, and the time of the header, without which trust
that starts before an era's first block can only move to that block and not past it. What is redundant must
agree. At the height before an era's first block there is no header: in the first era the hash is then the
genesis digest, so a new network's trust file exists before its first block.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.light import TrustAnchor
from zhenglian_ledger.cometbft.validators import MAX_VALIDATORS, build_validator_set, compute_validators_hash
from zhenglian_ledger.errors import InvalidInput, VerificationFailed
from zhenglian_ledger.field_reader import FieldReader
from zhenglian_ledger.json_text import encode_json, parse_json

FORMAT: Final = "zhenglian-trust"
VERSION: Final = 1
MAX_CHAIN_ID: Final = 50
MAX_TIME_MS: Final = 253_402_300_799_999  # the last millisecond of year 9999, as a header's time has it

_MAX_HEIGHT: Final = (1 << 63) - 1

Validators = tuple[tuple[bytes, int], ...]
"""Ed25519 public keys (32 bytes) with their voting power."""


@dataclass(frozen=True, slots=True)
class TrustFile:
    """What a trust file holds; `validators` and `genesis_digest` may be empty, `time_ms` 0 where unknown.

    `time_ms` is the time of the header that the anchor names, the genesis time before an era's first block.
    `app_hash` stands only at the start of a later era: its first header carries it, and names no predecessor.
    """

    anchor: TrustAnchor
    validators: Validators = ()
    genesis_digest: bytes = b""
    time_ms: int = 0
    app_hash: bytes = b""


def build_initial_trust(
    chain_id: str,
    genesis_digest: bytes,
    validators: Iterable[tuple[bytes, int]],
    initial_height: int = 1,
    time_ms: int = 0,
) -> TrustFile:
    """The trust in a network before its first block: era 0, height `initial_height` - 1, genesis digest.

    Raises InvalidInput(TRUST_FILE_INVALID) naming the argument that no trust file could hold.
    """
    members = tuple(validators)
    anchor = TrustAnchor(
        chain_id=chain_id,
        era=0,
        height=initial_height - 1,
        header_hash=genesis_digest,
        validators_hash=_compute_validators_hash(members),
    )
    trust = TrustFile(anchor, members, genesis_digest, time_ms)
    parse_trust_file(format_trust_file(trust))  # the one list of checks
    return trust


def build_era_trust(
    *,
    chain_id: str,
    era: int,
    height: int,
    header_hash: bytes,
    app_hash: bytes,
    validators: Iterable[tuple[bytes, int]],
    genesis_digest: bytes,
    time_ms: int,
) -> TrustFile:
    """The trust in a later era before its first block: the last header before it, and the app hash after it.

    Raises InvalidInput(TRUST_FILE_INVALID) naming the argument that no trust file could hold.
    """
    members = tuple(validators)
    anchor = TrustAnchor(chain_id, era, height, header_hash, _compute_validators_hash(members))
    trust = TrustFile(anchor, members, genesis_digest, time_ms, app_hash)
    parse_trust_file(format_trust_file(trust))
    return trust


def format_trust_file(trust: TrustFile) -> str:
    """The canonical text of a trust file."""
    anchor = trust.anchor
    fields: dict[str, object] = {
        "format": FORMAT,
        "version": VERSION,
        "chain_id": anchor.chain_id,
        "era": anchor.era,
        "height": anchor.height,
        "header_hash": anchor.header_hash.hex(),
        "validators_hash": anchor.validators_hash.hex(),
    }
    if trust.validators:
        fields["validators"] = [
            {"public_key": public_key.hex(), "power": power} for public_key, power in trust.validators
        ]
    if trust.genesis_digest:
        fields["genesis_digest"] = trust.genesis_digest.hex()
    if trust.time_ms:
        fields["time_ms"] = trust.time_ms
    if trust.app_hash:
        fields["app_hash"] = trust.app_hash.hex()
    return encode_json(fields)


def parse_trust_file(text: str) -> TrustFile:
    """The trust in canonical `text`; raises InvalidInput(TRUST_FILE_INVALID) naming the field."""
    reader = parse_json(text, Code.TRUST_FILE_INVALID)
    reader.take_constant("format", FORMAT)
    reader.take_constant("version", VERSION)
    anchor = TrustAnchor(
        chain_id=reader.take_text("chain_id", MAX_CHAIN_ID),
        era=reader.take_integer("era", 0, (1 << 32) - 1),
        height=reader.take_integer("height", 0, _MAX_HEIGHT),
        header_hash=reader.take_bytes("header_hash", [32]),
        validators_hash=reader.take_bytes("validators_hash", [32]),
    )
    validators = _take_validators(reader) if reader.has("validators") else ()
    genesis_digest = reader.take_bytes("genesis_digest", [32]) if reader.has("genesis_digest") else b""
    time_ms = reader.take_integer("time_ms", 1, MAX_TIME_MS) if reader.has("time_ms") else 0
    app_hash = reader.take_bytes("app_hash", [32]) if reader.has("app_hash") else b""
    reader.finish()
    if app_hash and anchor.era == 0:
        raise reader.wrong("app_hash")
    if validators and _compute_validators_hash(validators) != anchor.validators_hash:
        raise reader.wrong("validators")
    if genesis_digest and not anchor.chain_id.endswith("-" + genesis_digest[:4].hex()):
        raise reader.wrong("genesis_digest")
    return TrustFile(anchor, validators, genesis_digest, time_ms, app_hash)


def _take_validators(reader: FieldReader) -> Validators:
    validators = []
    for member in reader.take_objects("validators", MAX_VALIDATORS):
        validators.append((member.take_bytes("public_key", [32]), member.take_integer("power", 1, 1 << 53)))
        member.finish()
    return tuple(validators)


def _compute_validators_hash(validators: Validators) -> bytes:
    try:
        return compute_validators_hash(build_validator_set(validators))
    except VerificationFailed as error:
        raise InvalidInput(Code.TRUST_FILE_INVALID, field="validators") from error

"""What begins an era, as bytes and as the text that people review (SPEC 5.14).

    era file ↔ BeginEra → digest, to be compared by eye → the system batch of the era's first block

Nobody signs it: the nodes of the era are given it by hand, and compare the digest as they did for genesis.
"""

from typing import Final

from zhenglian_ledger.batch import Batch
from zhenglian_ledger.canonical import parse_canonical, serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.validators import MAX_VALIDATORS
from zhenglian_ledger.errors import InvalidEncoding, StoreError
from zhenglian_ledger.field_reader import FieldReader
from zhenglian_ledger.genesis import compute_system_batches
from zhenglian_ledger.json_text import encode_json, parse_json
from zhenglian_ledger.tags import ERA, tagged
from zhenglian_ledger.trustfile import MAX_CHAIN_ID, MAX_TIME_MS, TrustFile, build_era_trust
from zhenglian_proto.v1.eras_pb2 import (
    ENGINE_KIND_COMETBFT,
    ENGINE_KIND_SOLO,
    ENGINE_KIND_UNSPECIFIED,
    BeginEra,
    EngineKind,
)
from zhenglian_proto.v1.governance_pb2 import Validator
from zhenglian_proto.v1.operation_pb2 import Operation

FORMAT: Final = "zhenglian-era"
VERSION: Final = 1
ENGINES: Final[dict[str, EngineKind]] = {"solo": ENGINE_KIND_SOLO, "cometbft": ENGINE_KIND_COMETBFT}
"""Engines by the name that a node's configuration gives them."""

_MAX_REASON: Final = 500
_MAX_HEIGHT: Final = (1 << 63) - 1


def compute_era_digest(era: BeginEra) -> bytes:
    """SHA-256 of the tagged canonical bytes: what the members compare."""
    return tagged(ERA, serialise(era))


def build_era_batch(era: BeginEra) -> Batch:
    """The system batch that begins the era."""
    (batch,) = compute_system_batches(era.chain_id, [serialise(Operation(begin_era=era))])
    return batch


def build_trust_of_era(era: BeginEra, genesis_digest: bytes) -> TrustFile:
    """The trust in the era before its first block, to be handed over out of band."""
    return build_era_trust(
        chain_id=era.chain_id,
        era=era.era,
        height=era.first_height - 1,
        header_hash=era.previous_header_hash,
        app_hash=era.previous_app_hash,
        validators=[(validator.public_key, 1) for validator in era.validators],
        genesis_digest=genesis_digest,
        time_ms=era.time_ms,
    )


def parse_era(data: bytes) -> BeginEra:
    """What begins an era, in its canonical bytes; raises StoreError(ERA_INVALID)."""
    try:
        return parse_canonical(BeginEra, data)
    except InvalidEncoding as error:
        raise StoreError(Code.ERA_INVALID, field=error.en) from error


def format_era_file(era: BeginEra) -> str:
    """The canonical text of an era file."""
    names = {engine: name for name, engine in ENGINES.items()}
    return encode_json(
        {
            "format": FORMAT,
            "version": VERSION,
            "chain_id": era.chain_id,
            "era": era.era,
            "first_height": era.first_height,
            "time_ms": era.time_ms,
            "engine": names[era.engine],
            "validators": [
                {"public_key": validator.public_key.hex(), "member": validator.member}
                for validator in era.validators
            ],
            "min_validators": era.min_validators,
            "max_validators": era.max_validators,
            "previous_header_hash": era.previous_header_hash.hex(),
            "previous_app_hash": era.previous_app_hash.hex(),
            "reason": era.reason,
        }
    )


def parse_era_file(text: str) -> BeginEra:
    """What the era file in canonical `text` begins.

    Raises InvalidInput or StoreError (ERA_INVALID) naming the field.
    """
    reader = parse_json(text, Code.ERA_INVALID)
    reader.take_constant("format", FORMAT)
    reader.take_constant("version", VERSION)
    era = BeginEra(
        chain_id=reader.take_text("chain_id", MAX_CHAIN_ID),
        era=reader.take_integer("era", 1, (1 << 32) - 1),
        first_height=reader.take_integer("first_height", 1, _MAX_HEIGHT),
        time_ms=reader.take_integer("time_ms", 1, MAX_TIME_MS),
        engine=ENGINES.get(reader.take_text("engine", 20), ENGINE_KIND_UNSPECIFIED),
        validators=_take_validators(reader),
        min_validators=reader.take_integer("min_validators", 1, MAX_VALIDATORS),
        max_validators=reader.take_integer("max_validators", 1, MAX_VALIDATORS),
        previous_header_hash=reader.take_bytes("previous_header_hash", [32]),
        previous_app_hash=reader.take_bytes("previous_app_hash", [32]),
        reason=reader.take_text("reason", _MAX_REASON),
    )
    reader.finish()
    return parse_era(serialise(era))


def _take_validators(reader: FieldReader) -> list[Validator]:
    validators = []
    for each in reader.take_objects("validators", MAX_VALIDATORS):
        key = each.take_bytes("public_key", [32])
        validators.append(Validator(public_key=key, member=each.take_text("member", 64)))
        each.finish()
    return validators

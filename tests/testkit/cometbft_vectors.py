"""Reads tests/vectors/cometbft (format: its README.md) into messages, and applies the named mutations."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from zhenglian_proto.v1.cometbft_pb2 import (
    BlockID,
    Commit,
    CommitSig,
    Consensus,
    Header,
    PartSetHeader,
    PublicKey,
    Validator,
    ValidatorSet,
)

Vector = dict[str, Any]

VECTORS = Path(__file__).parents[1] / "vectors" / "cometbft"
HASH_FIELDS = (
    "last_commit_hash",
    "data_hash",
    "validators_hash",
    "next_validators_hash",
    "consensus_hash",
    "app_hash",
    "last_results_hash",
    "evidence_hash",
    "proposer_address",
)


def load_vectors(kind: str) -> list[Vector]:
    """Return the vectors of `kind`, by file name; never none."""
    vectors = [json.loads(path.read_text("utf-8")) for path in sorted(VECTORS.glob("*.json"))]
    chosen = [vector for vector in vectors if vector["kind"] == kind]
    assert chosen, f"no vectors of kind {kind}"
    return chosen


def mutate(vector: Vector, changes: dict[str, Any]) -> Vector:
    """Return a copy of `vector` with each dotted path of `changes` replaced; a path must exist."""
    mutated = deepcopy(vector)
    for path, value in changes.items():
        *parents, last = [int(step) if step.isdecimal() else step for step in path.split(".")]
        place: Any = mutated
        for step in parents:
            place = place[step]
        assert place[last] != value, f"{path} would not change"
        place[last] = value
    return mutated


def build_header(fields: Vector) -> Header:
    """Return the header of a vector."""
    return Header(
        version=Consensus(block=fields["version_block"], app=fields["version_app"]),
        chain_id=fields["chain_id"],
        height=fields["height"],
        time=Timestamp(**fields["time"]),
        last_block_id=build_block_id(fields["last_block_id"]),
        **{name: bytes.fromhex(fields[name]) for name in HASH_FIELDS},
    )


def build_block_id(fields: Vector) -> BlockID:
    """Return the block id of a vector."""
    parts = PartSetHeader(total=fields["parts_total"], hash=bytes.fromhex(fields["parts_hash"]))
    return BlockID(hash=bytes.fromhex(fields["hash"]), part_set_header=parts)


def build_commit(fields: Vector) -> Commit:
    """Return the commit of a vector."""
    return Commit(
        height=fields["height"],
        round=fields["round"],
        block_id=build_block_id(fields["block_id"]),
        signatures=[
            CommitSig(
                block_id_flag=slot["flag"],
                validator_address=bytes.fromhex(slot["address"]),
                timestamp=Timestamp(**slot["time"]),
                signature=bytes.fromhex(slot["signature"]),
            )
            for slot in fields["signatures"]
        ],
    )


def build_validators(fields: list[Vector]) -> ValidatorSet:
    """Return the validator set of a vector, in the vector's order."""
    return ValidatorSet(
        validators=[
            Validator(
                address=bytes.fromhex(member["address"]),
                pub_key=PublicKey(ed25519=bytes.fromhex(member["public_key"])),
                voting_power=member["power"],
            )
            for member in fields
        ]
    )

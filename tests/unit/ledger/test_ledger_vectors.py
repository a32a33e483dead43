"""Runs tests/vectors/canonical and tests/vectors/ledger, and regenerates them."""

import json
from typing import Any

import pytest

from tests.testkit.ledger_vectors import VECTORS, compute_vectors
from zhenglian_ledger import tags
from zhenglian_ledger.app_hash import compute_app_hash, compute_next_delta
from zhenglian_ledger.attestation import compute_grant_id, compute_present_target
from zhenglian_ledger.batch import Batch, compute_request_nonce
from zhenglian_ledger.canonical import parse_canonical, serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidEncoding, VerificationFailed
from zhenglian_ledger.genesis import compute_chain_id, compute_genesis_digest
from zhenglian_ledger.keys import compute_key_id
from zhenglian_ledger.leaves import BatchLeaf, decode_batch_leaf, decode_entry
from zhenglian_ledger.merkle.trace import TraceKind, compute_trace_key, compute_unit_identifier
from zhenglian_ledger.plain import get_plain_operation
from zhenglian_proto.v1 import grants_pb2, operation_pb2, proof_pb2
from zhenglian_sdk.content import compute_digests

CANONICAL = sorted((VECTORS / "canonical").glob("*.json"))


def read(name: str) -> Any:
    return json.loads((VECTORS / "ledger" / f"{name}.json").read_text("utf-8"))


def unhex(text: str) -> bytes:
    return bytes.fromhex(text)


def test_no_file_has_drifted() -> None:
    stored = {
        f"{file.parent.name}/{file.name}": file.read_text("utf-8") for file in VECTORS.glob("[cl]*/*.json")
    }
    written = {path: text for path, text in stored.items() if path.split("/")[0] in ("canonical", "ledger")}
    assert written == compute_vectors()


@pytest.mark.parametrize("file", CANONICAL, ids=lambda file: file.stem)
def test_one_encoding_is_accepted_and_every_mutation_of_it_refused(file: Any) -> None:
    case = json.loads(file.read_text("utf-8"))
    try:
        parse_canonical(operation_pb2.Operation, unhex(case["bytes"]))
        code = Code.OK
    except InvalidEncoding as error:
        code = error.code
    assert code.name == case["code"]


def test_at_least_24_mutations_are_tried() -> None:
    assert len(CANONICAL) >= 25


def test_batch_header() -> None:
    case = read("batch-header")
    batch = Batch(unhex(case["header"]), bytes(64), [unhex(data) for data in case["operations"]])
    assert batch.header_digest.hex() == case["header_digest"]
    assert batch.header.operations_root == batch.computed_root
    assert batch.signed_bytes == tags.BATCH + b"\x00" + unhex(case["header"])


def test_batch_leaf() -> None:
    case = read("batch-leaf")
    data = unhex(case.pop("leaf"))
    decoded = decode_batch_leaf(data)
    shown = {
        key: value.hex() if isinstance(value, bytes) else value for key, value in decoded._asdict().items()
    }
    shown |= {"results": list(decoded.results), "refused": [digest.hex() for digest in decoded.refused]}
    assert shown == case
    assert isinstance(decoded, BatchLeaf)
    assert decoded.encode() == data


@pytest.mark.parametrize("cut", [0, 66, 200, -1, -33])
def test_a_cut_batch_leaf_is_malformed(cut: int) -> None:
    with pytest.raises(VerificationFailed):
        decode_batch_leaf(unhex(read("batch-leaf")["leaf"])[:cut])


@pytest.mark.parametrize("name", ["entry", "refusal"])
def test_entries(name: str) -> None:
    case = read(name)
    decoded = decode_entry(unhex(case.pop("entry")))
    assert {
        key: value.hex() if isinstance(value, bytes) else value for key, value in decoded._asdict().items()
    } == case


def test_ids_and_digests() -> None:
    key, grant, present = read("key-id"), read("grant-id"), read("present-target")
    assert compute_key_id(key["suite"], unhex(key["public_key"])).hex() == key["key_id"]
    body = grants_pb2.GrantBody.FromString(unhex(grant["body"]))
    assert compute_grant_id(body).hex() == grant["grant_id"]
    record, use = unhex(present["record"]), unhex(present["use"])
    target = compute_present_target(record, use, present["unit"], present["chain_id"])
    assert target.hex() == present["target"]
    nonce, genesis = read("request-nonce"), read("genesis")
    assert compute_request_nonce(nonce["request_id"]).hex() == nonce["nonce"]
    digest = compute_genesis_digest(unhex(genesis["bytes"]))
    assert (digest.hex(), compute_chain_id(genesis["name"], digest)) == (
        genesis["digest"],
        genesis["chain_id"],
    )


@pytest.mark.parametrize("kind", ["put_member", "add_recovery_key", "put_node"])
def test_a_vote_amounts_to_a_plain_operation(kind: str) -> None:
    case = read("vote")[kind]
    vote = parse_canonical(operation_pb2.Operation, unhex(case["vote"]))
    assert vote.vote.change.WhichOneof("kind") == kind
    plain = get_plain_operation(vote)
    assert serialise(plain).hex() == case["plain"]
    assert get_plain_operation(plain) is plain
    vote.vote.ClearField("change")
    assert get_plain_operation(vote) is vote, "a rejection amounts to nothing"


def test_a_salted_file_digest() -> None:
    case = read("file-digest")
    assert compute_digests([unhex(case["file"])], unhex(case["salt"])).sha256.hex() == case["sha256"]


def test_a_units_trace_key() -> None:
    case = read("trace-key")
    identifier = compute_unit_identifier(case["unit"].encode(), case["time_ms"])
    assert identifier.hex() == case["identifier"]
    assert compute_trace_key(TraceKind(case["kind"]), identifier).hex() == case["key"]


def test_delta_and_app_hash() -> None:
    case = read("delta")
    writes = {unhex(key): unhex(value) for key, value in case["writes"].items()}
    assert compute_next_delta(unhex(case["delta"]), writes).hex() == case["next"]
    heads = [proof_pb2.LogHead(size=size, root=bytes([size]) * 32) for size in read("app-hash")["sizes"]]
    parts = proof_pb2.AppHashParts(
        batch=heads[0],
        registry=heads[1],
        access=heads[2],
        status_root=b"\x04" * 32,
        trace_root=b"\x05" * 32,
        delta=b"\x06" * 32,
    )
    assert compute_app_hash(parts).hex() == read("app-hash")["app_hash"]
    parts.access_epoch = 1
    assert compute_app_hash(parts).hex() != read("app-hash")["app_hash"]

"""A genesis as text: readable, without loss, and refused with a reason where it cannot be read."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.testkit.ledger_objects import GENESIS_MS
from tests.testkit.node_home import build_channel_operations, build_genesis
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.genesis import parse_genesis
from zhenglian_ledger.genesis_text import format_genesis, parse_draft, parse_genesis_text
from zhenglian_node.cli.genesis import complete_genesis
from zhenglian_proto.v1 import state_pb2


@pytest.fixture
def genesis() -> state_pb2.Genesis:
    return build_genesis(build_channel_operations(), GENESIS_MS)


def test_text_and_bytes_lead_to_each_other(genesis: state_pb2.Genesis) -> None:
    text = format_genesis(genesis)
    assert parse_genesis_text(text) == serialise(genesis)
    assert format_genesis(parse_draft(text)) == text


def test_people_read_names_numbers_and_hex(genesis: state_pb2.Genesis) -> None:
    fields = json.loads(format_genesis(genesis))
    assert fields["mode"] == "MODE_SANDBOX"
    assert fields["genesis_time_ms"] == GENESIS_MS
    assert fields["validators"][0]["public_key"] == genesis.validators[0].public_key.hex()
    members = [operation["put_member"] for operation in fields["operations"] if "put_member" in operation]
    assert members[0]["tier"] == "TIER_MUNICIPAL"
    assert bytes.fromhex(members[0]["transport_ca"])[0] == 0x30


def test_a_draft_is_completed_with_what_the_program_knows() -> None:
    draft = parse_draft('{"name": "city", "mode": "MODE_SANDBOX"}')
    complete_genesis(draft, 5)
    assert (draft.genesis_time_ms, draft.parameters.trace_bits, len(draft.rules_digest)) == (5, 16, 32)
    draft.genesis_time_ms = 9
    complete_genesis(draft, 5)
    assert draft.genesis_time_ms == 9


def _change(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda fields: fields.update({name: value})


@pytest.mark.parametrize(
    "change",
    [
        _change("mode", "MODE_UNKNOWN"),
        _change("surprise", 1),
        _change("rules_digest", "xyz"),
        _change("rules_digest", 5),
        _change("genesis_time_ms", -1),
        _change("validators", []),
        _change("operations", [{"put_nothing": {}}]),
        _change("operations", [5]),
        _change("operations", {"put_member": {}}),
        _change("name", "名"),
    ],
)
def test_what_cannot_be_a_genesis_is_refused(
    genesis: state_pb2.Genesis, change: Callable[[dict[str, Any]], None]
) -> None:
    fields = json.loads(format_genesis(genesis))
    change(fields)
    with pytest.raises(StoreError) as caught:
        parse_genesis_text(json.dumps(fields))
    assert caught.value.code == Code.GENESIS_INVALID


@pytest.mark.parametrize("text", ["", "[]", "5", "{", '"text"', "[" * 100_000])
def test_text_that_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(StoreError) as caught:
        parse_draft(text)
    assert caught.value.code == Code.GENESIS_INVALID


def test_a_genesis_without_operations_is_refused(genesis: state_pb2.Genesis) -> None:
    del genesis.operations[:]
    with pytest.raises(StoreError) as caught:
        parse_genesis(genesis.SerializeToString(deterministic=True))
    assert caught.value.code == Code.GENESIS_INVALID


def test_a_genesis_for_other_rules_is_refused(genesis: state_pb2.Genesis) -> None:
    genesis.rules_digest = bytes(32)
    with pytest.raises(StoreError) as caught:
        parse_genesis_text(format_genesis(genesis))
    assert caught.value.code == Code.STORE_OTHER_RULES

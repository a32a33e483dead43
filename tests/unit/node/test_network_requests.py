"""A request to join: public, canonical, and complete enough to become a member."""

import json
from typing import Any

import pytest

from tests.testkit.network_requests import build_request
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.json_text import encode_json
from zhenglian_node.cli.network.requests import (
    build_member_operations,
    compute_roles,
    format_request,
    parse_request,
    parse_tier,
)
from zhenglian_proto.v1.members_pb2 import (
    ROLE_REPRESENTATIVE,
    ROLE_STEWARD,
    TIER_DISTRICT,
    TIER_MUNICIPAL,
)


def test_a_request_reads_back() -> None:
    request = build_request(1, votes=False, is_validator=False, api="[2001:db8::1]:7443")
    assert parse_request(format_request(request)) == request


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", "another"), ("version", 2), ("member", ""), ("name", "a\nb"), ("tier", "MAYOR"),
        ("votes", 1), ("validator", "yes"), ("transport_ca", ""), ("recovery_key", "00"),
        ("sign_key", "00" * 31), ("transport_key", "00" * 64), ("node_key", "0" * 63),
        ("validator_key", None), ("p2p", "host"), ("api", "host:70000"), ("surprise", "x"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(field: str, value: Any) -> None:
    fields = json.loads(format_request(build_request(1))) | {field: value}
    with pytest.raises(InvalidInput) as caught:
        parse_request(encode_json(fields))
    assert (caught.value.code, caught.value.fields["field"]) == (Code.JOIN_REQUEST_INVALID, field)


def test_a_text_that_is_not_canonical_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_request(format_request(build_request(1)) + "\n")
    assert caught.value.fields["field"] == "form"


def test_what_the_ledger_says_of_a_member_begins_with_it_and_ends_with_its_node() -> None:
    request = build_request(1)
    operations = list(build_member_operations(request))
    kinds = [operation.WhichOneof("kind") for operation in operations]
    assert kinds == ["put_member", "put_unit", "put_system", "key", "key", "key", "put_node"]
    assert [operation.key.body.sequence for operation in operations[3:6]] == [1, 2, 3]
    assert operations[-1].put_node.node_id == request.node_id
    assert operations[2].put_system.id == "department-01-office"


def test_every_unit_votes_for_its_member_and_the_city_s_keeps_the_registries() -> None:
    assert ROLE_REPRESENTATIVE in compute_roles(TIER_DISTRICT)
    assert set(compute_roles(TIER_MUNICIPAL)) - set(compute_roles(TIER_DISTRICT)) == {ROLE_STEWARD}


def test_a_tier_is_written_in_any_case() -> None:
    assert parse_tier("district") == parse_tier("DISTRICT") == TIER_DISTRICT
    with pytest.raises(InvalidInput, match="MUNICIPAL"):
        parse_tier("mayor")

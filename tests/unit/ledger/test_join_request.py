"""A request to join: public, canonical, and read only if every field is in form."""

import json
from typing import Any

import pytest

from tests.testkit.network_requests import build_request
from zhenglian_ledger.codes import Code
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.join_request import format_request, parse_request, parse_tier
from zhenglian_ledger.json_text import encode_json
from zhenglian_proto.v1.members_pb2 import TIER_DISTRICT


def test_a_request_reads_back() -> None:
    request = build_request(1, votes=False, is_validator=False, api="[2001:db8::1]:7443")
    assert parse_request(format_request(request)) == request


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", "another"), ("version", 2), ("member", ""), ("name", "a\nb"), ("tier", "MAYOR"),
        ("votes", 1), ("validator", "yes"), ("transport_ca", ""), ("recovery_key", "00"),
        ("sign_key", "00" * 31), ("transport_key", "00" * 64), ("node_key", "0" * 63),
        ("validator_key", None), ("p2p", "host"), ("p2p", "[::1]:1,00@[::2]:2"),
        ("p2p", "h" * 254 + ":1"), ("api", "host:70000"),
        ("region", "3" * 13), ("surprise", "x"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(field: str, value: Any) -> None:
    fields = json.loads(format_request(build_request(1))) | {field: value}
    with pytest.raises(InvalidInput) as caught:
        parse_request(encode_json(fields))
    assert (caught.value.code, caught.value.fields["field"]) == (Code.JOIN_REQUEST_INVALID, field)


def test_the_node_and_the_office_follow_from_the_key_and_the_member() -> None:
    request = build_request(1, node_key=ed25519.compute_public_key(bytes(range(32))))
    assert request.node_id.hex() == "56475aa75463474c0285df5dbf2bcab73da65135"  # `cometbft show-node-id`
    assert request.system == "department-01-office"


def test_a_text_that_is_not_canonical_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_request(format_request(build_request(1)) + "\n")
    assert caught.value.fields["field"] == "form"


def test_an_unknown_tier_is_told_the_known_ones() -> None:
    assert parse_tier("DISTRICT") == TIER_DISTRICT
    with pytest.raises(InvalidInput, match="MUNICIPAL"):
        parse_tier("mayor")

"""Putting requests together: the whole genesis is tried, and what clashes is named with both members."""

from dataclasses import replace

import pytest

from tests.testkit.network_requests import build_request, build_requests
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, Refused, StoreError
from zhenglian_ledger.genesis import compute_genesis_digest
from zhenglian_ledger.genesis_text import format_genesis, parse_genesis_text
from zhenglian_node.cli.network.assembly import assemble
from zhenglian_node.cli.network.peers import choose_peers, format_peers, parse_peers
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.registries_pb2 import LegalRule, Region
from zhenglian_proto.v1.state_pb2 import MODE_PRODUCTION, MODE_SANDBOX, Genesis
from zhenglian_proto.v1.types_pb2 import Interval

NOW = 1_767_225_600_000


def test_four_requests_become_a_genesis_that_every_node_reads_alike() -> None:
    requests = build_requests()
    genesis, peers = assemble(requests, "example", NOW)
    assert parse_genesis_text(format_genesis(genesis)) == serialise(genesis)
    assert [validator.member for validator in genesis.validators] == [each.member for each in requests]
    assert (genesis.mode, genesis.genesis_time_ms) == (MODE_PRODUCTION, NOW)
    assert peers.genesis_digest == compute_genesis_digest(serialise(genesis))
    assert parse_peers(format_peers(peers)) == peers


def test_the_same_requests_at_the_same_time_give_the_same_genesis() -> None:
    first, second = (assemble(build_requests(), "example", NOW) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("field", "what"),
    [
        ("member", "member"), ("node_key", "node id"), ("validator_key", "validator key"),
        ("recovery_key", "recovery key"), ("sign_key", "sign key"), ("transport_key", "transport key"),
        ("transport_ca", "CA"), ("p2p", "address"), ("api", "address"),
    ],
)  # fmt: skip
def test_what_two_members_claim_is_named(field: str, what: str) -> None:
    requests = build_requests()
    requests[3] = replace(requests[3], **{field: getattr(requests[1], field)})
    with pytest.raises(InvalidInput) as caught:
        assemble(requests, "example", NOW)
    assert caught.value.code == Code.JOIN_REQUESTS_CLASH
    second = requests[3].member
    assert caught.value.fields == {"what": what, "first": "department-02", "second": second}


def test_one_key_for_two_purposes_is_refused() -> None:
    requests = build_requests()
    requests[2] = replace(requests[2], sign_key=requests[2].validator_key)
    with pytest.raises(InvalidInput) as caught:
        assemble(requests, "example", NOW)
    assert caught.value.fields["what"] == "key"


def test_fewer_than_four_validators_need_to_be_meant() -> None:
    with pytest.raises(Refused) as caught:
        assemble(build_requests(3), "example", NOW)
    assert caught.value.code == Code.TOO_FEW_VALIDATORS
    assert len(assemble(build_requests(3), "example", NOW, few_allowed=True)[0].validators) == 3
    full_nodes = [build_request(number, is_validator=False) for number in (1, 2)]
    with pytest.raises(Refused):
        assemble(full_nodes, "example", NOW, few_allowed=True)


def test_a_member_that_the_ledger_refuses_makes_the_genesis_invalid() -> None:
    requests = [*build_requests(), build_request(5, region="999999", is_validator=False)]
    with pytest.raises(StoreError) as caught:
        assemble(requests, "example", NOW)
    assert caught.value.code == Code.GENESIS_INVALID


def test_a_draft_adds_operations_and_says_what_it_wants_to_differ() -> None:
    valid = Interval(from_ms=1)
    region = Operation(put_region=Region(id="310000", name="沪", valid=valid))
    rule = Operation(put_rule=LegalRule(id="law-1", title="法", valid=valid))
    draft = Genesis(mode=MODE_SANDBOX, operations=[serialise(rule), serialise(region)])
    genesis, _ = assemble(build_requests(), "example", NOW, draft)
    operations = [Operation.FromString(data) for data in genesis.operations]
    cities = [each.put_region.name for each in operations if each.put_region.id == "310000"]
    assert (genesis.mode, cities, operations[-1]) == (MODE_SANDBOX, ["沪"], rule)


def test_a_full_node_calls_every_validator_and_a_validator_every_other() -> None:
    requests = [*build_requests(), build_request(5, is_validator=False)]
    _, peers = assemble(requests, "example", NOW)
    called = {each.member: len(choose_peers(peers, each.node_id)) for each in requests}
    assert called == {**{f"department-{number:02}": 3 for number in range(1, 5)}, "department-05": 4}


def test_a_list_of_nodes_with_one_id_twice_is_refused() -> None:
    _, peers = assemble(build_requests(), "example", NOW)
    twice = replace(peers, peers=(*peers.peers, peers.peers[0]))
    with pytest.raises(InvalidInput) as caught:
        parse_peers(format_peers(twice))
    assert caught.value.code == Code.PEERS_INVALID

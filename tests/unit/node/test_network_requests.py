"""A request to join is complete enough: what the ledger says of the member follows from it."""

from tests.testkit.network_requests import build_request
from zhenglian_node.cli.network.requests import build_member_operations, compute_roles
from zhenglian_proto.v1.members_pb2 import (
    ROLE_REPRESENTATIVE,
    ROLE_STEWARD,
    TIER_DISTRICT,
    TIER_MUNICIPAL,
)


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

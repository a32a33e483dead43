"""Votes are part of the fold: a store in which members decided is computed again from its logs (SPEC 4.8)."""

import pytest

from tests.testkit.consortium import build_vote, member, member_id, node, validator, validator_key
from tests.testkit.ledger_objects import build_parameters, compute_seed
from tests.testkit.voting_network import VotingNetwork
from zhenglian_ledger import rows
from zhenglian_ledger.crypto import ed25519
from zhenglian_node.app.fold import fold
from zhenglian_node.app.fsck import check_full
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_proto.v1.governance_pb2 import Change, RecoveryKey

CHANGES = [
    Change(put_member=member(6, votes=False)),
    Change(
        add_recovery_key=RecoveryKey(
            member=member_id(6), public_key=ed25519.compute_public_key(compute_seed("member-6-recovery"))
        )
    ),
    Change(put_node=node(6)),
    Change(add_validator=validator(6)),
    Change(remove_validator=validator_key(5)),
    Change(put_member=member(2, name="新名称")),
    Change(suspend_member=member_id(5)),
    Change(resume_member=member_id(5)),
    Change(put_node=node(5)),
    Change(remove_node=node(5).node_id),
    Change(put_parameters=build_parameters(min_validators=4, max_validators=9, max_block_bytes=2 << 20)),
    Change(suspend_member=member_id(5)),
]
"""Every kind of change, on six members of whom the first five have a vote and a validator."""


@pytest.fixture(scope="module")
def network() -> VotingNetwork:
    """Each change was made; one proposal was rejected, one refused, one is still open."""
    network = VotingNetwork(MemoryStore(), validators=5)
    for change in CHANGES:
        network.adopt(change)
    rejected, left = (network.kit.build_proposal(Change(put_node=node(number, of=1))) for number in (7, 8))
    network.make_block((1, rejected), (2, left))
    network.make_block(*((number, build_vote(rejected, approve=False)) for number in (1, 2, 3)))
    network.make_block((1, build_vote(left)), (1, build_vote(left)), (4, build_vote(rejected)))
    return network


def test_every_kind_of_change_is_in_the_story() -> None:
    kinds = {field.name for field in Change.DESCRIPTOR.oneofs_by_name["kind"].fields}
    assert {change.WhichOneof("kind") for change in CHANGES} == kinds


def test_the_logs_give_every_row_again(network: VotingNetwork) -> None:
    assert check_full(network.store) == []


def test_another_store_folded_from_the_logs_has_the_same_network(network: VotingNetwork) -> None:
    target = MemoryStore()
    head = fold(network.store, target)
    assert head.app_hash == network.application.committed.head.app_hash
    for table in (rows.VALIDATORS, rows.VALIDATOR_CHANGE, rows.PARAMETERS):
        assert dict(target.scan(table)) == dict(network.store.scan(table))
    assert [v.member for v in network.state.get_validators()] != []
    assert len(network.state.get_validator_changes(0)) == 2


@pytest.mark.parametrize("table", [rows.VALIDATORS, rows.VALIDATOR_CHANGE, rows.PARAMETERS])
def test_a_row_that_the_votes_do_not_give_is_found(network: VotingNetwork, table: bytes) -> None:
    store = MemoryStore()
    store.commit(dict(network.store.scan(b"")))
    key, value = next(iter(store.scan(table)))
    store.commit({key: value + b"\x01"})
    assert any(key.hex() in finding for finding in check_full(store))


def test_the_same_votes_give_the_same_app_hash_on_every_node() -> None:
    first, second = (VotingNetwork(MemoryStore(), validators=5) for _ in range(2))
    for change in CHANGES:
        assert first.adopt(change).head.app_hash == second.adopt(change).head.app_hash

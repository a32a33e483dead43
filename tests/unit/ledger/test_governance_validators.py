"""Validators and parameters by vote: the limits of the set, one change a block, what engines are told."""

import pytest

from tests.testkit.consortium import (
    Consortium,
    build_vote,
    member,
    member_id,
    office,
    validator,
    validator_key,
)
from tests.testkit.ledger_objects import build_key, build_parameters, compute_seed
from tests.testkit.voting_network import VotingNetwork, build_genesis
from zhenglian_ledger import rows
from zhenglian_ledger.block import Outcome
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.genesis import DEFAULT_PARAMETERS, apply_genesis, fill_validator_limits
from zhenglian_ledger.genesis import build_parameters as build_usual_parameters
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_proto.v1 import state_pb2
from zhenglian_proto.v1.governance_pb2 import Change, RecoveryKey, Validator


def compute_office_key(number: int) -> bytes:
    return ed25519.compute_public_key(compute_seed(office(number)))


ADD_5 = Change(add_validator=validator(5))
REMOVE_1 = Change(remove_validator=validator_key(1))


@pytest.fixture
def five() -> Consortium:
    """Five members, of which four have a validator."""
    return Consortium(5, validators=4)


def get_keys(consortium: Consortium) -> list[bytes]:
    return [found.public_key for found in consortium.state.get_validators()]


def test_a_validator_is_added_and_another_removed(five: Consortium) -> None:
    assert five.adopt(ADD_5) == Code.OK
    assert get_keys(five) == sorted(validator_key(n) for n in range(1, 6))
    assert five.adopt(REMOVE_1) == Code.OK
    assert get_keys(five) == sorted(validator_key(n) for n in range(2, 6))
    removed = five.state.get_validator(validator_key(1))
    assert removed is not None
    assert (removed.member, removed.power) == (member_id(1), 0)


def test_a_removed_validator_may_come_back_for_the_same_member_only(five: Consortium) -> None:
    five.adopt(ADD_5)
    five.adopt(REMOVE_1)
    assert five.try_to_propose(Change(add_validator=validator(1, of=2))) == Code.KEY_REUSED
    assert five.adopt(Change(add_validator=validator(1))) == Code.OK
    assert validator_key(1) in get_keys(five)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (REMOVE_1, Code.TOO_FEW_VALIDATORS),
        (Change(remove_validator=validator_key(5)), Code.VALIDATOR_UNKNOWN),
        (Change(add_validator=validator(1)), Code.VALIDATOR_EXISTS),
        (Change(add_validator=validator(1, of=2)), Code.VALIDATOR_EXISTS),
        (Change(add_validator=validator(9)), Code.NOT_FOUND),
        (ADD_5, Code.OK),
        (Change(add_validator=validator(6, of=5)), Code.OK),
    ],
)
def test_what_would_break_the_set_is_not_even_proposed(five: Consortium, change: Change, code: Code) -> None:
    assert five.try_to_propose(change) == code


def test_a_removed_key_is_absent_as_any_other(five: Consortium) -> None:
    five.adopt(ADD_5)
    five.adopt(REMOVE_1)
    assert five.try_to_propose(REMOVE_1) == Code.VALIDATOR_UNKNOWN


def test_there_are_not_more_than_the_most() -> None:
    full = Consortium(5, validators=4, max_validators=4)
    assert full.try_to_propose(ADD_5) == Code.TOO_MANY_VALIDATORS


def test_a_suspended_members_key_is_not_added_but_stays_where_it_is(five: Consortium) -> None:
    five.adopt(Change(suspend_member=member_id(5)))
    assert five.try_to_propose(ADD_5) == Code.NOT_IN_FORCE
    five.adopt(Change(suspend_member=member_id(4)))
    assert validator_key(4) in get_keys(five)


def test_a_member_that_runs_no_node_has_no_validator(five: Consortium) -> None:
    assert five.try_to_propose(Change(put_member=member(1, runs_node=False))) == Code.MEMBER_HAS_VALIDATOR
    assert five.adopt(Change(put_member=member(5, runs_node=False))) == Code.OK
    assert five.try_to_propose(ADD_5) == Code.MEMBER_RUNS_NO_NODE


def test_a_key_that_signs_batches_signs_no_blocks(five: Consortium) -> None:
    change = Change()
    change.add_validator.CopyFrom(validator(5))
    change.add_validator.public_key = compute_office_key(5)
    assert five.try_to_propose(change) == Code.KEY_REUSED


def test_a_key_that_signs_blocks_signs_no_batches(five: Consortium) -> None:
    name = f"{member_id(1)}-validator"
    assert five.apply(office(1), five.sign_key(1, 3, add=build_key(name, office(1)))) == [Code.KEY_REUSED]
    recovery = RecoveryKey(member=member_id(2), public_key=validator_key(1))
    assert five.try_to_propose(Change(add_recovery_key=recovery)) == Code.KEY_REUSED


def test_a_second_change_in_a_block_is_refused_and_may_be_repeated(five: Consortium) -> None:
    six = Change(add_validator=validator(6, of=5))
    first, second = five.propose(ADD_5), five.propose(six)
    for number in (1, 2, 3):
        five.accept(office(number), build_vote(first), build_vote(second))
    codes = five.apply(office(4), build_vote(first), build_vote(second))
    assert codes == [Code.OK, Code.VALIDATOR_CHANGE_IN_BLOCK]
    assert five.state.get_validator_changes(0) == [five.height - 1]
    assert five.vote(second, 4) == Code.OK
    assert len(get_keys(five)) == 6


def test_adding_and_removing_in_one_block_is_two_changes(five: Consortium) -> None:
    five.adopt(ADD_5)
    six = Change(add_validator=validator(6, of=5))
    first, second = five.propose(REMOVE_1), five.propose(six)
    for number in (1, 2, 3):
        five.accept(office(number), build_vote(first), build_vote(second))
    codes = five.apply(office(4), build_vote(second), build_vote(first))
    assert codes == [Code.OK, Code.VALIDATOR_CHANGE_IN_BLOCK]


def test_other_changes_share_a_block_with_it(five: Consortium) -> None:
    first, second = five.propose(ADD_5), five.propose(Change(put_member=member(6)))
    for number in (1, 2, 3):
        five.accept(office(number), build_vote(first), build_vote(second))
    assert five.apply(office(4), build_vote(first), build_vote(second)) == [Code.OK, Code.OK]


def test_the_heights_of_changes_are_known(five: Consortium) -> None:
    five.adopt(ADD_5)
    added = five.height - 1
    five.adopt(REMOVE_1)
    removed = five.height - 1
    assert five.state.get_validator_changes(0) == [added, removed]
    assert five.state.get_validator_changes(added) == [added, removed]
    assert five.state.get_validator_changes(added + 1) == [removed]
    assert five.state.get_validator_changes(removed + 1) == []


def test_one_validator_stays_alone() -> None:
    solo = Consortium(2, validators=1, max_validators=1)
    assert solo.try_to_propose(Change(add_validator=validator(2))) == Code.TOO_MANY_VALIDATORS
    assert solo.try_to_propose(REMOVE_1) == Code.TOO_FEW_VALIDATORS
    for limits in ({"max_validators": 4}, {"min_validators": 2, "max_validators": 2}):
        changed = build_parameters(**({"min_validators": 1, "max_validators": 1} | limits))
        assert solo.try_to_propose(Change(put_parameters=changed)) == Code.PARAMETER_FIXED
    changed = build_parameters(min_validators=1, max_validators=1, max_children=7)
    assert solo.adopt(Change(put_parameters=changed)) == Code.OK
    assert solo.state.get_parameters().max_children == 7


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ((4, 5), Code.OK),
        ((5, 5), Code.TOO_FEW_VALIDATORS),
        ((3, 128), Code.OUT_OF_RANGE),
        ((1, 128), Code.OUT_OF_RANGE),
        ((4, 3), Code.TOO_MANY_VALIDATORS),
        ((4, 4), Code.OK),
        ((4, 128), Code.NOTHING_CHANGES),
    ],
)
def test_the_limits_of_the_set_change_around_it(
    five: Consortium, limits: tuple[int, int], code: Code
) -> None:
    changed = build_parameters(min_validators=limits[0], max_validators=limits[1])
    assert five.try_to_propose(Change(put_parameters=changed)) == code


def test_a_small_network_keeps_what_it_began_with() -> None:
    two = Consortium(3, validators=2)
    lower = build_parameters(min_validators=1, max_validators=128)
    assert two.try_to_propose(Change(put_parameters=lower)) == Code.OUT_OF_RANGE
    two.adopt(Change(add_validator=validator(3)))
    higher = build_parameters(min_validators=3, max_validators=128)
    assert two.adopt(Change(put_parameters=higher)) == Code.OK
    back = build_parameters(min_validators=2, max_validators=128)
    assert two.try_to_propose(Change(put_parameters=back)) == Code.OUT_OF_RANGE


def test_parameters_hold_from_the_next_operation_on(five: Consortium) -> None:
    """The vote shortens how far a key's end may be backdated; the next operation of the batch meets it."""
    changed = build_parameters(min_validators=4, max_validators=4)
    proposal = five.propose(Change(put_parameters=changed))
    for number in (1, 2, 3):
        assert five.vote(proposal, number) == Code.OK
    codes = five.apply(office(4), build_vote(proposal), five.build_proposal(ADD_5))
    assert codes == [Code.OK, Code.TOO_MANY_VALIDATORS]


# what engines are told


def test_an_outcome_names_exactly_the_change() -> None:
    network = VotingNetwork(MemoryStore())
    assert network.adopt(ADD_5).validator_updates == [(validator_key(5), 1)]
    assert network.adopt(REMOVE_1).validator_updates == [(validator_key(1), 0)]
    assert network.make_block().validator_updates == []
    assert network.adopt(Change(put_member=member(6))).validator_updates == []


def test_only_the_deciding_block_tells_of_a_change() -> None:
    network = VotingNetwork(MemoryStore())
    proposal = network.kit.build_proposal(ADD_5)
    assert network.make_block((1, proposal)).validator_updates == []
    assert network.make_block((1, build_vote(proposal)), (2, build_vote(proposal))).validator_updates == []
    last = network.make_block((3, build_vote(proposal)), (4, build_vote(proposal)))
    assert last.validator_updates == [(validator_key(5), 1)]
    assert network.state.get_validator_changes(0) == [network.application.committed.head.height]


def test_a_refused_second_change_is_in_no_outcome() -> None:
    network = VotingNetwork(MemoryStore())
    first = network.kit.build_proposal(ADD_5)
    second = network.kit.build_proposal(Change(add_validator=validator(6, of=5)))
    network.make_block((1, first), (1, second))
    network.make_block(*((number, build_vote(p)) for number in (1, 2, 3) for p in (first, second)))
    outcome = network.make_block((4, build_vote(first)), (4, build_vote(second)))
    assert outcome.validator_updates == [(validator_key(5), 1)]
    assert network.make_block((4, build_vote(second))).validator_updates == [(validator_key(6), 1)]


def test_an_outcome_names_a_new_size_of_blocks_and_nothing_else() -> None:
    network = VotingNetwork(MemoryStore())
    limits = {"min_validators": 4, "max_validators": 128}
    more = build_parameters(**limits, max_block_bytes=2 << 20)
    assert network.adopt(Change(put_parameters=more)).new_max_block_bytes == 2 << 20
    other = build_parameters(**limits, max_block_bytes=2 << 20, max_children=7)
    assert network.adopt(Change(put_parameters=other)).new_max_block_bytes is None
    assert network.make_block().new_max_block_bytes is None


# genesis


def apply(genesis: bytes) -> Outcome:
    return apply_genesis(MemoryStore(), genesis)[0]


def test_genesis_puts_its_validators_in_the_rows() -> None:
    outcome = apply(build_genesis(5, 4))
    expected = sorted((validator_key(n), 1) for n in range(1, 5))
    assert outcome.validator_updates == expected
    assert outcome.new_max_block_bytes is None
    assert not any(key.startswith(rows.VALIDATOR_CHANGE) for key in outcome.writes)


@pytest.mark.parametrize(
    ("validators", "limits", "reason"),
    [
        ([validator(1), validator(1)], (1, 4), "a validator already"),
        ([validator(1), validator(9)], (1, 4), "does not exist"),
        ([validator(1), validator(2)], (1, 1), "more validators"),
        ([validator(1), validator(2)], (3, 4), "fewer validators"),
        ([Validator(public_key=compute_office_key(1), member=member_id(1))], (1, 4), "registered before"),
    ],
)
def test_a_genesis_with_an_impossible_set_is_invalid(
    validators: list[Validator], limits: tuple[int, int], reason: str
) -> None:
    genesis = state_pb2.Genesis.FromString(
        build_genesis(5, 1, min_validators=limits[0], max_validators=limits[1])
    )
    del genesis.validators[:]
    for found in validators:
        genesis.validators.add(public_key=found.public_key, member=found.member)
    with pytest.raises(StoreError) as caught:
        apply(serialise(genesis))
    assert caught.value.code == Code.GENESIS_INVALID
    assert reason in caught.value.en


@pytest.mark.parametrize(("validators", "limits"), [(1, (1, 1)), (2, (2, 128)), (4, (4, 128)), (7, (4, 128))])
def test_limits_left_open_follow_from_the_number_of_validators(
    validators: int, limits: tuple[int, int]
) -> None:
    usual = build_usual_parameters(validators)
    assert (usual.min_validators, usual.max_validators) == limits
    fill_validator_limits(usual, 99)
    assert (usual.min_validators, usual.max_validators) == limits, "what is said is not touched"


def test_the_usual_parameters_are_those_of_one_validator() -> None:
    assert build_usual_parameters(1) == DEFAULT_PARAMETERS

"""What votes change: members, their first keys, nodes and parameters (SPEC 5.11, 5.13)."""

from typing import Any

import pytest

from tests.testkit.consortium import (
    Consortium,
    member,
    member_id,
    node,
    office,
    unit,
    validator,
    validator_key,
)
from tests.testkit.ledger_kit import CHAIN_ID, sign_key_operation
from tests.testkit.ledger_objects import (
    build_key,
    build_parameters,
    compute_seed,
    key_body,
    put_rule,
    put_system,
)
from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.keys import compute_key_id
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.rules.parameters import BOUNDS, FIXED
from zhenglian_proto.v1 import members_pb2
from zhenglian_proto.v1.batch_pb2 import SUITE_ED25519
from zhenglian_proto.v1.governance_pb2 import Change, RecoveryKey
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.state_pb2 import Parameters
from zhenglian_proto.v1.types_pb2 import KIND_KEY, KIND_MEMBER, KIND_NODE


@pytest.fixture
def four() -> Consortium:
    return Consortium(4, validators=4, min_validators=1)


def recovery(number: int, name: str = "") -> RecoveryKey:
    seed = compute_seed(name or f"{member_id(number)}-recovery")
    return RecoveryKey(member=member_id(number), public_key=ed25519.compute_public_key(seed))


# members


def test_a_member_is_admitted_and_then_brings_its_own_keys(four: Consortium) -> None:
    """Vote, vote, and from there on as at genesis: the steward carries what the new RECOVERY key signed."""
    assert four.adopt(Change(put_member=member(5))) == Code.OK
    assert four.adopt(Change(add_recovery_key=recovery(5))) == Code.OK
    system = put_system(office(5), member_id(5), members_pb2.SYSTEM_KIND_BACK_OFFICE)
    four.accept(office(1), unit(5), system)
    four.accept(office(1), four.sign_key(5, 1, add=build_key(office(5), office(5))))
    four.accept(office(5), four.build_proposal(Change(put_node=node(5))))
    assert four.get_member_status(5) == Status.VALID


def test_an_admitted_member_reads_as_one_of_genesis(four: Consortium) -> None:
    four.adopt(Change(put_member=member(5)))
    four.adopt(Change(add_recovery_key=recovery(5)))
    assert four.find(KIND_MEMBER, member_id(5)).operation == Operation(put_member=member(5))
    key = four.find(KIND_KEY, compute_key_id(SUITE_ED25519, recovery(5).public_key)).operation
    assert key.key.body.member == member_id(5)
    assert key.key.body.add == build_key(f"{member_id(5)}-recovery", "")


def test_any_member_carries_keys_of_another(four: Consortium) -> None:
    signed = four.sign_key(3, 3, add=build_key("spare", office(3)))
    assert four.apply(office(2), signed, signed) == [Code.OK, Code.WRONG_KEY_SEQUENCE]


def test_a_sole_steward_that_lost_all_its_keys_is_helped_by_the_others(four: Consortium) -> None:
    """They vote it a RECOVERY key, and carry the new key of its office that this one signs."""
    assert four.adopt(Change(add_recovery_key=recovery(1, "new")), by=2) == Code.OK
    body = key_body(member_id(1), 3, chain_id=CHAIN_ID, add=build_key("new office key", office(1)))
    four.accept(office(2), sign_key_operation(body, "new"))
    key = compute_key_id(SUITE_ED25519, ed25519.compute_public_key(compute_seed("new office key")))
    assert four.get_status(KIND_KEY, key) == Status.VALID


@pytest.mark.parametrize("carrier", [1, 2, 3])
def test_nobody_makes_keys_up(four: Consortium, carrier: int) -> None:
    forged = four.sign_key(3, 3, add=build_key("spare", office(3)))
    forged.recovery_key = four.sign_key(1, 3).recovery_key
    assert four.apply(office(carrier), forged) == [Code.WRONG_RECOVERY_SIGNATURE]


def test_members_are_not_put_without_a_vote(four: Consortium) -> None:
    assert four.apply(office(1), member(5)) == [Code.NOT_GENESIS]
    assert four.apply(office(1), node(1)) == [Code.NOT_GENESIS]


def test_a_changed_member_supersedes_what_was_said_of_it(four: Consortium) -> None:
    before = four.find(KIND_MEMBER, member_id(2)).index
    assert four.adopt(Change(put_member=member(2, name="新名称"))) == Code.OK
    assert four.statuses[before] == Status.SUPERSEDED
    assert four.get_member_status(2) == Status.VALID
    assert four.find(KIND_MEMBER, member_id(2)).operation.put_member.name == "新名称"
    four.accept(office(2), four.build_proposal(Change(put_node=node(2))))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (member(2), Code.NOTHING_CHANGES),
        (member(5, id="11310000000000000X"), Code.WRONG_CHECK_DIGIT),
        (member(5), Code.OK),
    ],
)
def test_what_a_new_entry_of_a_member_must_be(
    four: Consortium, change: members_pb2.Member, code: Code
) -> None:
    assert four.try_to_propose(Change(put_member=change)) == code


def test_a_suspended_member_writes_nothing_and_its_records_stand(four: Consortium) -> None:
    four.adopt(Change(put_node=node(2)))
    assert four.adopt(Change(suspend_member=member_id(2))) == Code.OK
    assert four.get_member_status(2) == Status.SUSPENDED
    batch = four.build_batch(office(2), four.build_proposal(Change(put_node=node(3))))
    assert four.try_batch(batch) == Code.SYSTEM_NOT_IN_FORCE
    assert four.get_node_status(2) == Status.VALID
    assert four.state.is_node_allowed(node(2).node_id)
    system = put_system("member-2-online", member_id(2), members_pb2.SYSTEM_KIND_ONLINE)
    assert four.apply(office(1), system) == [Code.OK], "a unit is not its member's standing"
    assert four.apply(office(1), unit(2)) == [Code.NOT_IN_FORCE]
    assert four.apply(office(1), four.sign_key(2, 3, add=build_key("x", office(2)))) == [Code.NOT_IN_FORCE]


def test_a_resumed_member_goes_on_with_the_same_keys(four: Consortium) -> None:
    four.adopt(Change(suspend_member=member_id(2)))
    assert four.adopt(Change(resume_member=member_id(2))) == Code.OK
    assert four.get_member_status(2) == Status.VALID
    four.accept(office(2), four.build_proposal(Change(put_node=node(3))))


def test_a_member_is_suspended_and_resumed_again_and_again(four: Consortium) -> None:
    index = four.find(KIND_MEMBER, member_id(2)).index
    for _ in range(2):
        assert four.adopt(Change(suspend_member=member_id(2))) == Code.OK
        suspended_by = four.view.rows[rows.CHANGE + rows.u64(index)]
        assert int.from_bytes(suspended_by, "big") == max(four.statuses)
        assert four.adopt(Change(resume_member=member_id(2))) == Code.OK


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (Change(suspend_member=member_id(2)), Code.NOT_IN_FORCE),
        (Change(put_member=member(2, name="x")), Code.MEMBER_SUSPENDED),
        (Change(put_node=node(2)), Code.NOT_IN_FORCE),
        (Change(add_validator=validator(2)), Code.NOT_IN_FORCE),
        (Change(resume_member=member_id(3)), Code.WRONG_STATE),
        (Change(suspend_member="nobody"), Code.NOT_FOUND),
        (Change(resume_member="nobody"), Code.NOT_FOUND),
        (Change(add_recovery_key=recovery(2, "new")), Code.OK),
        (Change(add_recovery_key=recovery(2)), Code.KEY_REUSED),
        (Change(add_recovery_key=recovery(9)), Code.NOT_FOUND),
    ],
)
def test_what_can_be_decided_while_a_member_is_suspended(
    four: Consortium, change: Change, code: Code
) -> None:
    four.adopt(Change(suspend_member=member_id(2)))
    assert four.try_to_propose(change) == code


def test_a_lost_recovery_key_is_replaced_by_vote(four: Consortium) -> None:
    """The new key signs the next of the sequence, and ends the old one."""
    four.adopt(Change(suspend_member=member_id(2)))
    four.adopt(Change(add_recovery_key=recovery(2, "new")))
    four.adopt(Change(resume_member=member_id(2)))
    lost = compute_key_id(SUITE_ED25519, recovery(2).public_key)
    end = members_pb2.KeyEnd(key=lost, not_after_ms=four.time_ms)
    body = key_body(member_id(2), 3, chain_id=CHAIN_ID, end=end)
    four.accept(office(2), sign_key_operation(body, "new"))
    assert four.get_status(KIND_KEY, lost) == Status.INVALID


def test_one_voter_always_remains() -> None:
    two = Consortium(2)
    assert two.adopt(Change(put_member=member(2, votes=False))) == Code.OK
    assert two.try_to_propose(Change(suspend_member=member_id(1))) == Code.LAST_VOTER
    assert two.try_to_propose(Change(put_member=member(1, votes=False))) == Code.LAST_VOTER
    assert two.adopt(Change(suspend_member=member_id(2))) == Code.OK
    assert two.adopt(Change(resume_member=member_id(2))) == Code.OK
    assert two.adopt(Change(put_member=member(2))) == Code.OK


def test_the_only_voter_cannot_be_resumed_by_itself() -> None:
    """Nobody may vote where the one concerned is the only one."""
    one = Consortium(1)
    assert one.try_to_propose(Change(suspend_member=member_id(1))) == Code.LAST_VOTER
    assert one.adopt(Change(put_member=member(2))) == Code.OK


def test_a_steward_may_be_suspended_too(four: Consortium) -> None:
    four.adopt(Change(suspend_member=member_id(1)), by=2)
    assert four.try_batch(four.build_batch(office(1), put_rule())) == Code.SYSTEM_NOT_IN_FORCE


# nodes


@pytest.fixture
def without_validators() -> Consortium:
    """Four members none of which makes blocks, so that their nodes may come and go."""
    return Consortium(4)


def test_without_a_list_every_node_is_let_in(without_validators: Consortium) -> None:
    assert without_validators.state.is_node_allowed(node(9).node_id)


def test_with_a_list_only_those_on_it_are(without_validators: Consortium) -> None:
    without_validators.adopt(Change(put_node=node(1)))
    without_validators.adopt(Change(put_node=node(2)))
    assert [without_validators.state.is_node_allowed(node(n).node_id) for n in (1, 2, 3)] == [
        True,
        True,
        False,
    ]
    without_validators.adopt(Change(remove_node=node(1).node_id))
    assert [without_validators.state.is_node_allowed(node(n).node_id) for n in (1, 2, 3)] == [
        False,
        True,
        False,
    ]
    without_validators.adopt(Change(remove_node=node(2).node_id))
    assert not without_validators.state.is_node_allowed(node(3).node_id), "an empty list is a list"


def test_genesis_may_register_nodes() -> None:
    consortium = Consortium(2, node(1))
    assert [consortium.state.is_node_allowed(node(n).node_id) for n in (1, 2)] == [True, False]
    assert consortium.get_node_status(1) == Status.VALID


def test_a_removed_node_may_come_back(without_validators: Consortium) -> None:
    without_validators.adopt(Change(put_node=node(1)))
    first = without_validators.find(KIND_NODE, node(1).node_id).index
    without_validators.adopt(Change(remove_node=node(1).node_id))
    assert without_validators.statuses[first] == Status.INVALID
    assert without_validators.adopt(Change(put_node=node(1))) == Code.OK
    assert without_validators.statuses[first] == Status.SUPERSEDED
    assert without_validators.state.is_node_allowed(node(1).node_id)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (Change(put_node=node(1)), Code.NOTHING_CHANGES),
        (Change(put_node=node(1, of=2)), Code.ALREADY_EXISTS),
        (Change(put_node=node(7)), Code.NOT_FOUND),
        (Change(put_node=node(5)), Code.MEMBER_RUNS_NO_NODE),
        (Change(put_node=node(8, of=1)), Code.OK),
        (Change(remove_node=node(2).node_id), Code.NOT_FOUND),
        (Change(remove_node=node(3).node_id), Code.NOT_IN_FORCE),
    ],
)
def test_what_a_nodes_list_may_hold(without_validators: Consortium, change: Change, code: Code) -> None:
    without_validators.adopt(Change(put_node=node(1)))
    without_validators.adopt(Change(put_node=node(3)))
    without_validators.adopt(Change(remove_node=node(3).node_id))
    without_validators.adopt(Change(put_member=member(5, runs_node=False)))
    assert without_validators.try_to_propose(change) == code


def test_a_member_that_makes_blocks_keeps_a_node(four: Consortium) -> None:
    four.adopt(Change(put_node=node(1)))
    assert four.try_to_propose(Change(remove_node=node(1).node_id)) == Code.MEMBER_HAS_VALIDATOR
    four.adopt(Change(put_node=node(8, of=1)))
    assert four.adopt(Change(remove_node=node(1).node_id)) == Code.OK
    assert four.adopt(Change(remove_validator=validator_key(1))) == Code.OK
    assert four.adopt(Change(remove_node=node(8).node_id)) == Code.OK


# parameters


def parameters(**changes: Any) -> Change:
    return Change(put_parameters=build_parameters(**({"min_validators": 1, "max_validators": 128} | changes)))


def test_every_parameter_has_bounds_or_is_fixed() -> None:
    names = {field.name for field in Parameters.DESCRIPTOR.fields}
    assert BOUNDS.keys() | FIXED == names
    assert not BOUNDS.keys() & FIXED


def test_ledger_time_may_always_lag_by_the_pause_between_idle_blocks(four: Consortium) -> None:
    assert four.try_to_propose(parameters(time_tolerance_ms=10_000)) == Code.OK
    assert four.try_to_propose(parameters(time_tolerance_ms=9_999)) == Code.OUT_OF_RANGE


@pytest.mark.parametrize("name", BOUNDS)
def test_a_parameter_moves_within_its_bounds(four: Consortium, name: str) -> None:
    least, greatest = BOUNDS[name]
    for value in {least, greatest} - {getattr(four.state.get_parameters(), name)}:
        code = four.try_to_propose(parameters(**{name: value}))
        is_of_the_set = name in ("min_validators", "max_validators")  # there are four: these do not fit
        assert code == (Code.OK if not is_of_the_set else _compute_misfit(name, value))
    for value in (least - 1, greatest + 1):
        code = four.try_to_propose(parameters(**{name: value}))
        assert code == (Code.OUT_OF_RANGE if value else Code.MISSING_FIELD)


def _compute_misfit(name: str, value: int) -> Code:
    """What a set of four says to the least and greatest limits."""
    assert value == {"min_validators": 128, "max_validators": 1}[name], "the other end is what it is now"
    return {"min_validators": Code.TOO_FEW_VALIDATORS, "max_validators": Code.TOO_MANY_VALIDATORS}[name]


def test_the_depth_of_the_trace_tree_never_changes(four: Consortium) -> None:
    assert four.try_to_propose(parameters(trace_bits=9)) == Code.PARAMETER_FIXED


def test_what_stays_as_genesis_had_it_need_not_be_within_bounds() -> None:
    """A sandbox's trifles may stand while something else is changed; back to them leads no vote."""
    tiny = Consortium(1, validators=1, max_block_bytes=9_000, max_validators=1)
    changed = build_parameters(max_block_bytes=9_000, max_children=7)
    assert tiny.adopt(Change(put_parameters=changed)) == Code.OK
    wide = build_parameters(max_block_bytes=1 << 20, max_children=7)
    assert tiny.adopt(Change(put_parameters=wide)) == Code.OK
    assert tiny.try_to_propose(Change(put_parameters=changed)) == Code.OUT_OF_RANGE

"""By which units a member votes: only the member itself gives that up or passes it on (SPEC 5.1.1)."""

import pytest

from tests.testkit.consortium import Consortium, build_vote, member, member_id, node, office, unit
from tests.testkit.ledger_objects import put_system
from zhenglian_ledger.codes import Code
from zhenglian_ledger.merkle.status import Status
from zhenglian_proto.v1.governance_pb2 import Change
from zhenglian_proto.v1.members_pb2 import (
    ROLE_ISSUING,
    ROLE_RELYING,
    ROLE_REPRESENTATIVE,
    ROLE_STEWARD,
    SYSTEM_KIND_BACK_OFFICE,
    SYSTEM_KIND_COUNTER,
    Role,
    Unit,
)
from zhenglian_proto.v1.registries_pb2 import Retire
from zhenglian_proto.v1.types_pb2 import KIND_SYSTEM, KIND_UNIT, Kind

STEWARD = office(1)
NODE = Change(put_node=node(2))


@pytest.fixture
def four() -> Consortium:
    return Consortium(4)


def plain(number: int, *roles: Role, **changes: str) -> Unit:
    """The unit of that member, with `roles` and nothing else."""
    entry = unit(number)
    entry.roles[:] = roles or (ROLE_RELYING,)
    for name, value in changes.items():
        setattr(entry, name, value)
    return entry


def hall(*roles: Role) -> Unit:
    """Another unit of the second member."""
    return plain(2, *roles, id="hall")


def retire(kind: Kind, name: str) -> Retire:
    return Retire(kind=kind, id=name)


def test_a_steward_cannot_silence_the_members_and_so_escape_its_own_suspension(four: Consortium) -> None:
    for number in (2, 3, 4):
        assert (
            four.apply(
                STEWARD,
                plain(number),
                retire(KIND_UNIT, member_id(number)),
                retire(KIND_SYSTEM, office(number)),
            )
            == [Code.NOT_OWN_REPRESENTATIVE] * 3
        )
    assert four.adopt(Change(suspend_member=member_id(1)), by=2) == Code.OK
    assert four.get_member_status(1) == Status.SUSPENDED


def test_a_steward_may_change_all_else_of_a_representative_and_its_systems(four: Consortium) -> None:
    renamed = unit(2, ROLE_ISSUING)
    renamed.name = "新名称"
    counter = put_system(office(2), member_id(2), SYSTEM_KIND_COUNTER)
    four.accept(STEWARD, renamed, counter)
    proposal = four.propose(NODE, by=2)
    assert four.vote(proposal, 2) == Code.OK


def test_a_steward_gives_a_new_member_its_first_representative_and_no_second(four: Consortium) -> None:
    four.adopt(Change(put_member=member(5)))
    second = plain(5, ROLE_REPRESENTATIVE, id="second")
    assert four.apply(STEWARD, unit(5), second) == [Code.OK, Code.NOT_OWN_REPRESENTATIVE]
    assert four.apply(STEWARD, hall(), hall(ROLE_REPRESENTATIVE)) == [Code.OK, Code.NOT_OWN_REPRESENTATIVE]


def test_a_member_that_gave_its_last_representative_up_is_given_one_again(four: Consortium) -> None:
    four.accept(office(2), retire(KIND_UNIT, member_id(2)))
    assert four.try_batch(four.build_batch(office(2), four.build_proposal(NODE))) == Code.SYSTEM_NOT_IN_FORCE
    four.accept(STEWARD, unit(2, ROLE_RELYING))
    four.accept(office(2), four.build_proposal(NODE))
    four.accept(office(2), plain(2))
    assert four.try_to_propose(NODE, by=2) == Code.NOT_PERMITTED
    four.accept(STEWARD, unit(2))
    four.accept(office(2), four.build_proposal(NODE))


def test_a_representative_passes_the_role_on_within_its_member(four: Consortium) -> None:
    four.accept(STEWARD, hall(), put_system("hall-office", "hall", SYSTEM_KIND_BACK_OFFICE))
    four.accept(office(2), hall(ROLE_RELYING, ROLE_REPRESENTATIVE), retire(KIND_SYSTEM, office(2)))
    assert four.apply(STEWARD, retire(KIND_SYSTEM, "hall-office")) == [Code.NOT_OWN_REPRESENTATIVE]
    assert four.get_status(KIND_SYSTEM, office(2)) == Status.INVALID


@pytest.mark.parametrize(
    "entry",
    [
        plain(2, ROLE_REPRESENTATIVE, ROLE_STEWARD),
        plain(2, ROLE_STEWARD),
        plain(2, ROLE_REPRESENTATIVE, name="新名称"),
        plain(2, id="new"),
        plain(2, ROLE_REPRESENTATIVE, id="new"),
        plain(3),
        plain(3, ROLE_REPRESENTATIVE),
    ],
    ids=[
        "steward too",
        "steward instead",
        "name",
        "new unit",
        "new representative",
        "other's",
        "same of other",
    ],
)
def test_a_representative_changes_nothing_but_that_role_of_its_own_member(
    four: Consortium, entry: Unit
) -> None:
    assert four.apply(office(2), entry) == [Code.NOT_PERMITTED]


def test_a_representative_brings_no_retired_unit_back(four: Consortium) -> None:
    four.accept(STEWARD, hall(), retire(KIND_UNIT, "hall"))
    assert four.apply(office(2), hall(ROLE_RELYING, ROLE_REPRESENTATIVE)) == [Code.NOT_PERMITTED]


@pytest.mark.parametrize(
    ("kind", "name", "code"),
    [
        (KIND_UNIT, member_id(2), Code.OK),
        (KIND_SYSTEM, office(2), Code.OK),
        (KIND_UNIT, member_id(3), Code.NOT_OWN_REPRESENTATIVE),
        (KIND_SYSTEM, office(3), Code.NOT_OWN_REPRESENTATIVE),
        (KIND_UNIT, "hall", Code.NOT_PERMITTED),
        (KIND_SYSTEM, "hall-office", Code.NOT_PERMITTED),
    ],
)
def test_a_representative_retires_what_represents_its_own_member(
    four: Consortium, kind: Kind, name: str, code: Code
) -> None:
    four.accept(STEWARD, hall(), put_system("hall-office", "hall", SYSTEM_KIND_BACK_OFFICE))
    assert four.apply(office(2), retire(kind, name)) == [code]


def test_a_steward_retires_what_represents_nobody(four: Consortium) -> None:
    four.accept(STEWARD, hall(), put_system("hall-office", "hall", SYSTEM_KIND_BACK_OFFICE))
    four.accept(STEWARD, retire(KIND_SYSTEM, "hall-office"), retire(KIND_UNIT, "hall"))


def test_a_suspended_member_keeps_its_representative_for_when_it_is_resumed(four: Consortium) -> None:
    four.adopt(Change(suspend_member=member_id(2)))
    assert four.apply(STEWARD, retire(KIND_UNIT, member_id(2)), plain(2)) == [
        Code.NOT_OWN_REPRESENTATIVE,
        Code.NOT_IN_FORCE,
    ]
    four.adopt(Change(resume_member=member_id(2)))
    four.accept(office(2), build_vote(four.propose(NODE)))

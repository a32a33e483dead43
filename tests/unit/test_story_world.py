"""The demo's world: its genesis is acceptable, its numbers are well-formed and belong to nobody."""

from datetime import date

import pytest

from story import catalogue, people, world
from story.genesis import build_genesis
from story.keys import build_member_key, build_system_keys
from story.registry import MemberKey, Registrations, build_entries
from tests.testkit.ledger_kit import MemoryView
from zhenglian_ledger import rows
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.genesis import apply_genesis
from zhenglian_ledger.identifiers import (
    verify_id_card,
    verify_licence_type_code,
    verify_name,
    verify_region,
    verify_uscc,
)
from zhenglian_ledger.keys import compute_public_key
from zhenglian_proto.v1.batch_pb2 import SUITE_P256
from zhenglian_proto.v1.members_pb2 import KEY_USAGE_RECOVERY
from zhenglian_proto.v1.types_pb2 import KIND_MATTER, KIND_SYSTEM, KIND_UNIT

LAID_OUT = [world.CENTRE_MEMBER, world.XUHUI, world.PUTUO]
"""Members of the story that a network on one machine may have already."""

NOW_MS = 1_767_225_600_000
COMPANIES = (*people.COMPANIES, *(people.build_bulk_company(number) for number in (0, 1, 2_047, 99_999)))


def build_registrations() -> Registrations:
    seed = iter(range(1, 1_000))

    def draw() -> bytes:
        return next(seed).to_bytes(32, "big")

    registrations = Registrations(endpoints=dict.fromkeys(world.SERVED, "127.0.0.1:7443"))
    for member in world.MEMBERS:
        registrations.authorities[member.id] = b"certificate of " + member.id.encode()
        registrations.member_keys[member.id] = build_member_key(ed25519.compute_public_key(draw()))
    for system in world.SYSTEMS:
        registrations.system_keys[system.id] = build_system_keys(
            system.id, ed25519.compute_public_key(draw()), compute_public_key(SUITE_P256, draw())
        )
    return registrations


def test_every_operation_of_the_genesis_is_accepted() -> None:
    validator = ed25519.compute_public_key(bytes(31) + b"v")
    genesis = build_genesis(build_entries(build_registrations()), validator, NOW_MS)
    outcome, _ = apply_genesis(MemoryView(), serialise(genesis))
    for kind, objects in (
        (KIND_UNIT, world.UNITS),
        (KIND_SYSTEM, world.SYSTEMS),
        (KIND_MATTER, catalogue.MATTERS),
    ):
        assert all(rows.id_key(kind, each.id.encode()) in outcome.writes for each in objects)


NEW_MEMBERS = [member.id for member in world.MEMBERS if member.id not in LAID_OUT]


@pytest.mark.parametrize("code", [*NEW_MEMBERS, *(unit.id for unit in world.UNITS)])
def test_members_and_units_have_social_credit_codes_of_their_own(code: str) -> None:
    verify_uscc(code)
    assert "MADEUP" in code


def test_members_that_a_network_may_have_are_called_as_they_are_there() -> None:
    assert [member.id for member in world.MEMBERS if member.id in LAID_OUT] == LAID_OUT
    for member, region in ((world.XUHUI, "310104"), (world.PUTUO, "310107")):
        assert member == f"district-{region}"
        assert any(unit.region == region for unit in world.UNITS if unit.member == member)


def test_no_unit_or_system_of_the_story_is_one_of_a_networks_own() -> None:
    """A network registers the unit `MEMBER` and the system `MEMBER-office` of each member."""
    own = {*LAID_OUT, *(f"{member}-office" for member in LAID_OUT)}
    assert own.isdisjoint(each.id for each in (*world.UNITS, *world.SYSTEMS))


def test_whoever_the_story_brings_to_a_network_has_no_vote_there() -> None:
    assert [member.id for member in world.MEMBERS if member.votes] == [world.CENTRE_MEMBER]


def test_every_member_has_its_recovery_key_before_a_system_of_its_own_has_any() -> None:
    keys = [entry for entry in build_entries(build_registrations()) if isinstance(entry, MemberKey)]
    for member in world.MEMBERS:
        of_member = [entry.key.usage for entry in keys if entry.member == member.id]
        assert of_member[0] == KEY_USAGE_RECOVERY
        assert KEY_USAGE_RECOVERY not in of_member[1:]


@pytest.mark.parametrize("company", COMPANIES, ids=lambda party: party.number)
def test_companies_have_well_formed_codes_that_read_made_up(company: people.Party) -> None:
    verify_uscc(company.number)
    assert "MADE" in company.number
    assert "虚构" in company.zh


@pytest.mark.parametrize("person", people.PERSONS, ids=lambda party: party.en)
def test_persons_are_born_in_the_year_2999(person: people.Party) -> None:
    verify_id_card(person.number)
    assert person.number[6:10] == "2999"


def test_no_two_parties_share_a_number() -> None:
    numbers = [party.number for party in (*COMPANIES, *people.PERSONS)]
    assert len(set(numbers)) == len(numbers)


def test_every_name_type_and_region_is_well_formed() -> None:
    today = int(f"{date(2026, 1, 1):%Y%m%d}")
    for region, _ in catalogue.REGIONS:
        verify_region(region, today)
    for kind in catalogue.LICENCE_TYPES:
        verify_licence_type_code(kind.id)
    for name in (
        *(kind.id for kind in catalogue.MATERIAL_TYPES),
        *(matter.id for matter in catalogue.MATTERS),
        *(rule.id for rule in catalogue.RULES),
        *(system.id for system in world.SYSTEMS),
    ):
        verify_name("id", name)


def test_every_unit_belongs_to_a_member_and_every_system_to_a_unit() -> None:
    assert {unit.member for unit in world.UNITS} == {member.id for member in world.MEMBERS}
    assert {system.unit for system in world.SYSTEMS} <= {unit.id for unit in world.UNITS}


def test_the_lists_can_end_in_every_verdict_of_the_plan() -> None:
    rows_of = {matter.id: matter.rows for matter in catalogue.MATTERS}[catalogue.OPEN_PUTUO]
    keys = {kind.id: kind.reuse_key for kind in catalogue.MATERIAL_TYPES}
    assert any(row.may_follow for row in rows_of)
    assert any(row.commitment_allowed for row in rows_of)
    assert any(row.source == "GOVERNMENT_ISSUED" for row in rows_of)
    assert any(keys.get(kind) == "PREMISES" for row in rows_of for kind in row.material_types)

"""Who and what is on the sandbox ledger at genesis, and builders of operations with sensible defaults.

A builder returns a complete, acceptable message; a test overrides the one field it is about:
`issue_licence(type=...)`. 32-byte ids come from names: `compute_id("Li Lei")`. Every system, recovery key and
holder signs with the Ed25519 key of `compute_seed(name)`.

| unit | member | roles | systems |
|---|---|---|---|
| centre | centre | steward, auditor | centre-office |
| gateway | centre | identity gateway | gateway-1 |
| market, housing | department of that name | issuing, relying, accepting | NAME-office, -counter, -vault |
| huangpu, pudong | district of that name | relying, accepting | NAME-office, NAME-counter |
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple, TypeVar

from google.protobuf.message import Message

from zhenglian_ledger.crypto import ed25519
from zhenglian_proto.v1 import (
    batch_pb2,
    cases_pb2,
    corrections_pb2,
    members_pb2,
    operation_pb2,
    records_pb2,
    registries_pb2,
    state_pb2,
    types_pb2,
)

M = TypeVar("M", bound=Message)

GENESIS_MS: Final = 1_767_225_600_000
MINUTE_MS: Final = 60_000
YEAR_MS: Final = 365 * 86_400_000

CENTRE, GATEWAY, MARKET, HOUSING, HUANGPU, PUDONG = (
    "centre",
    "gateway",
    "market",
    "housing",
    "huangpu",
    "pudong",
)
CENTRE_OFFICE, GATEWAY_SYSTEM = "centre-office", "gateway-1"
MARKET_OFFICE, MARKET_COUNTER, MARKET_VAULT = "market-office", "market-counter", "market-vault"
HOUSING_OFFICE, HOUSING_COUNTER, HOUSING_VAULT = "housing-office", "housing-counter", "housing-vault"
HUANGPU_OFFICE, HUANGPU_COUNTER = "huangpu-office", "huangpu-counter"
PUDONG_OFFICE, PUDONG_COUNTER = "pudong-office", "pudong-counter"

BUSINESS_LICENCE, FOOD_PERMIT, HOUSE_PERMIT, COMPOSITE = "LT.BUSINESS", "LT.FOOD", "LT.HOUSE", "LT.COMPOSITE"
APPLICATION_FORM, LEASE, DRAWINGS, REPORT = "MT.FORM", "MT.LEASE", "MT.DRAWINGS", "MT.REPORT"
RESTAURANT, BUILDING = "M.RESTAURANT", "M.BUILDING"
LAW = "law-1"

_DEPARTMENT = (members_pb2.ROLE_ISSUING, members_pb2.ROLE_RELYING, members_pb2.ROLE_ACCEPTING)
_DISTRICT = (members_pb2.ROLE_RELYING, members_pb2.ROLE_ACCEPTING)
_OFFICE = ("office", members_pb2.SYSTEM_KIND_BACK_OFFICE)
_COUNTER = ("counter", members_pb2.SYSTEM_KIND_COUNTER)
_VAULT = ("vault", members_pb2.SYSTEM_KIND_VAULT)


class UnitPlan(NamedTuple):
    """One unit of the sandbox: where it belongs, what it may do, and its systems (suffix, kind)."""

    unit: str
    member: str
    tier: members_pb2.Tier
    region: str
    roles: Sequence[members_pb2.Role]
    systems: Sequence[tuple[str, members_pb2.SystemKind]]


UNITS: Final = (
    UnitPlan(CENTRE, CENTRE, members_pb2.TIER_MUNICIPAL, "310000",
             (members_pb2.ROLE_STEWARD, members_pb2.ROLE_AUDITOR), (_OFFICE,)),
    UnitPlan(GATEWAY, CENTRE, members_pb2.TIER_MUNICIPAL, "310000",
             (members_pb2.ROLE_IDENTITY_GATEWAY,), (("1", members_pb2.SYSTEM_KIND_GATEWAY),)),
    UnitPlan(MARKET, MARKET, members_pb2.TIER_DEPARTMENT, "310000", _DEPARTMENT, (_OFFICE, _COUNTER, _VAULT)),
    UnitPlan(HOUSING, HOUSING, members_pb2.TIER_DEPARTMENT, "310000", _DEPARTMENT,
             (_OFFICE, _COUNTER, _VAULT)),
    UnitPlan(HUANGPU, HUANGPU, members_pb2.TIER_DISTRICT, "310101", _DISTRICT, (_OFFICE, _COUNTER)),
    UnitPlan(PUDONG, PUDONG, members_pb2.TIER_DISTRICT, "310115", _DISTRICT, (_OFFICE, _COUNTER)),
)  # fmt: skip

REGIONS: Final = (("310000", "上海市"), ("310101", "黄浦区"), ("310115", "浦东新区"))


def compute_id(name: str) -> bytes:
    """A 32-byte id made from a name: a subject, licence, material, dispute or project."""
    return sha256(b"id:" + name.encode()).digest()


def compute_seed(name: str) -> bytes:
    """The Ed25519 seed of a system, a holder or a `<member>-recovery` key."""
    return sha256(b"seed:" + name.encode()).digest()


LI_LEI, HAN_MEIMEI, ACME = compute_id("Li Lei"), compute_id("Han Meimei"), compute_id("Acme")


def build_parameters(**changes: Any) -> state_pb2.Parameters:
    """The sandbox's parameters."""
    return _build(
        state_pb2.Parameters(
            trace_bits=8, max_validity_ms=86_400_000, time_tolerance_ms=20_000,
            attestation_age_ms=600_000, release_window_ms=600_000, max_children=100,
            max_block_operations=10_000, max_block_bytes=8_000_000,
            max_member_block_operations=5_000, max_member_disputes_a_day=3,
            backdating_ms=7 * 86_400_000, min_validators=1, max_validators=1,
        ),
        changes,
    )  # fmt: skip


def build_genesis_operations() -> list[operation_pb2.Operation]:
    """Regions, members with their RECOVERY keys, units, systems with their SIGN keys, then the registries."""
    regions = [operation_pb2.Operation(put_region=put_region(id=code, name=name)) for code, name in REGIONS]
    return regions + _build_members() + _build_registries()


def _build_members() -> list[operation_pb2.Operation]:
    operations = []
    sequences: dict[str, int] = {}
    for plan in UNITS:
        if plan.member not in sequences:
            sequences[plan.member] = 1
            member = members_pb2.Member(
                id=plan.member, name=plan.member, tier=plan.tier, votes=True, runs_node=True
            )
            recovery = key_body(plan.member, 1, add=build_key(f"{plan.member}-recovery", ""))
            operations += [operation_pb2.Operation(put_member=member), _genesis_key(recovery)]
        operations.append(operation_pb2.Operation(put_unit=put_unit(plan)))
        for suffix, kind in plan.systems:
            sequences[plan.member] += 1
            name = f"{plan.unit}-{suffix}"
            add = key_body(plan.member, sequences[plan.member], add=build_key(name, name))
            operations += [
                operation_pb2.Operation(put_system=put_system(name, plan.unit, kind)),
                _genesis_key(add),
            ]
    return operations


def _genesis_key(body: members_pb2.KeyOperation.Body) -> operation_pb2.Operation:
    return operation_pb2.Operation(key=members_pb2.KeyOperation(body=body))


def _build_registries() -> list[operation_pb2.Operation]:
    wrap = operation_pb2.Operation
    return [
        wrap(put_rule=put_rule()),
        wrap(put_licence_type=put_licence_type(id=BUSINESS_LICENCE, issuing_units=[MARKET])),
        wrap(put_licence_type=put_licence_type(id=FOOD_PERMIT, issuing_units=[MARKET])),
        wrap(put_licence_type=put_licence_type(id=HOUSE_PERMIT, issuing_units=[HOUSING])),
        wrap(put_licence_type=put_licence_type(
            id=COMPOSITE, issuing_units=[MARKET], part_types=[BUSINESS_LICENCE, FOOD_PERMIT])),
        wrap(put_material_type=put_material_type(id=APPLICATION_FORM)),
        wrap(put_material_type=put_material_type(id=LEASE, reuse_key=registries_pb2.REUSE_KEY_PREMISES)),
        wrap(put_material_type=put_material_type(id=DRAWINGS, reuse_key=registries_pb2.REUSE_KEY_PROJECT)),
        wrap(put_material_type=put_material_type(
            id=REPORT, originators=[registries_pb2.ORIGINATOR_GOVERNMENT, registries_pb2.ORIGINATOR_SOCIAL])),
        wrap(put_matter=put_matter()),
        wrap(put_matter=put_matter(
            id=BUILDING, unit=PUDONG, delegation_depth=0, rows=[applicant_row("drawings", DRAWINGS)])),
    ]  # fmt: skip


# members and keys


def put_unit(plan: UnitPlan, **changes: Any) -> members_pb2.Unit:
    """The unit of a plan."""
    unit = members_pb2.Unit(
        id=plan.unit, name=plan.unit, member=plan.member, level=members_pb2.LEVEL_CITY, region=plan.region,
        roles=plan.roles,
    )  # fmt: skip
    return _build(unit, changes)


def put_system(name: str, unit: str, kind: members_pb2.SystemKind, **changes: Any) -> members_pb2.System:
    """A system; vaults and gateways get an endpoint."""
    served = kind in (members_pb2.SYSTEM_KIND_VAULT, members_pb2.SYSTEM_KIND_GATEWAY)
    system = members_pb2.System(
        id=name, unit=unit, name=name, kind=kind, endpoint=f"{name}.example:7443" if served else ""
    )
    return _build(system, changes)


def build_key(seed_name: str, system: str, **changes: Any) -> members_pb2.Key:
    """The Ed25519 key of a seed: SIGN for `system`, RECOVERY when it is empty."""
    usage = members_pb2.KEY_USAGE_SIGN if system else members_pb2.KEY_USAGE_RECOVERY
    public_key = ed25519.compute_public_key(compute_seed(seed_name))
    key = members_pb2.Key(suite=batch_pb2.SUITE_ED25519, public_key=public_key, usage=usage, system=system)
    return _build(key, changes)


def key_body(
    member: str, sequence: int, *, chain_id: str = "", **change: Any
) -> members_pb2.KeyOperation.Body:
    """What a RECOVERY key signs: `add=Key` or `end=KeyEnd`."""
    return members_pb2.KeyOperation.Body(chain_id=chain_id, member=member, sequence=sequence, **change)


# registries


def always() -> types_pb2.Interval:
    """From long before genesis, without end."""
    return types_pb2.Interval(from_ms=1)


def put_region(**changes: Any) -> registries_pb2.Region:
    """Jing'an district."""
    return _build(registries_pb2.Region(id="310106", name="静安区", valid=always()), changes)


def put_rule(**changes: Any) -> registries_pb2.LegalRule:
    """A legal basis without end."""
    return _build(registries_pb2.LegalRule(id=LAW, title="办法", article="第三条", valid=always()), changes)


def put_recognition_list(**changes: Any) -> registries_pb2.RecognitionList:
    """A list that recognises Pudong's business licences."""
    recognised = registries_pb2.RecognitionList(
        id="list-1", title="互认清单", types=[BUSINESS_LICENCE], issuing_units=[PUDONG], valid=always()
    )
    return _build(recognised, changes)


def put_mandate(**changes: Any) -> registries_pb2.CollectingMandate:
    """Housing may submit the market bureau's business licences."""
    mandate = registries_pb2.CollectingMandate(
        id="mandate-1", principal=MARKET, agent=HOUSING, types=[BUSINESS_LICENCE], valid=always(), basis=LAW
    )
    return _build(mandate, changes)


def put_licence_type(**changes: Any) -> registries_pb2.LicenceType:
    """A type the market bureau issues; a dispute warns, a suspension forbids."""
    licence_type = registries_pb2.LicenceType(
        id="LT.NEW", name="证照", basis=LAW, replaces_paper=True, issuing_units=[MARKET],
        on_dispute=registries_pb2.EFFECT_WARN, on_suspension=registries_pb2.EFFECT_FORBID,
        grade=registries_pb2.GRADE_INTERNAL, fields=["NAME", "NUMBER"],
    )  # fmt: skip
    return _build(licence_type, changes)


def put_material_type(**changes: Any) -> registries_pb2.MaterialType:
    """A type the applicant makes, reusable for the same subject."""
    material_type = registries_pb2.MaterialType(
        id="MT.NEW", name="材料", grade=registries_pb2.GRADE_INTERNAL,
        reuse_key=registries_pb2.REUSE_KEY_SUBJECT, originators=[registries_pb2.ORIGINATOR_APPLICANT],
        on_dispute=registries_pb2.EFFECT_WARN,
    )  # fmt: skip
    return _build(material_type, changes)


def applicant_row(identifier: str, *material_types: str, **changes: Any) -> registries_pb2.MaterialRow:
    """A row the applicant fills."""
    row = registries_pb2.MaterialRow(
        id=identifier,
        name=identifier,
        material_types=material_types,
        source=registries_pb2.SOURCE_APPLICANT_MADE,
    )
    return _build(row, changes)


def issued_row(identifier: str, *licence_types: str, **changes: Any) -> registries_pb2.MaterialRow:
    """A row that a licence of the market bureau fills."""
    row = registries_pb2.MaterialRow(
        id=identifier, name=identifier, licence_types=licence_types,
        source=registries_pb2.SOURCE_GOVERNMENT_ISSUED, issuing_unit=MARKET,
    )  # fmt: skip
    return _build(row, changes)


def put_matter(**changes: Any) -> registries_pb2.Matter:
    """Opening a restaurant in Huangpu: licence, form, lease and report; one agent may act."""
    matter = registries_pb2.Matter(
        id=RESTAURANT, version=1, basic_code="000131005000", name="食品经营许可", basis=LAW, unit=HUANGPU,
        handling_item=registries_pb2.HANDLING_ITEM_NEW, promised_ms=10 * 86_400_000, delegation_depth=1,
        rows=[
            issued_row("licence", BUSINESS_LICENCE), applicant_row("form", APPLICATION_FORM),
            applicant_row("lease", LEASE),
            applicant_row("report", REPORT, source=registries_pb2.SOURCE_THIRD_PARTY),
        ],
    )  # fmt: skip
    return _build(matter, changes)


# cases and records


def open_case(**changes: Any) -> cases_pb2.OpenCase:
    """Li Lei's restaurant case at Huangpu."""
    case = cases_pb2.OpenCase(
        number="2026-0001",
        matter=RESTAURANT,
        matter_version=1,
        applicant=LI_LEI,
        promised_ms=GENESIS_MS + YEAR_MS,
    )
    return _build(case, changes)


def open_project(**changes: Any) -> cases_pb2.OpenProject:
    """A building project that Acme leads."""
    project = cases_pb2.OpenProject(
        id=compute_id("project"), code="2026-310115-01", kind="building", lead=ACME
    )
    return _build(project, changes)


def build_content(name: str) -> types_pb2.Content:
    """Digests that stand for the file of that name."""
    return types_pb2.Content(sha256=compute_id(f"sha256 {name}"), sm3=compute_id(f"sm3 {name}"), salted=True)


def issue_licence(name: str = "licence", **changes: Any) -> records_pb2.IssueLicence:
    """Li Lei's business licence, issued and kept by the market bureau."""
    licence = records_pb2.IssueLicence(
        id=compute_id(name), type=BUSINESS_LICENCE, holders=[LI_LEI], holder_rule=types_pb2.HOLDER_RULE_ANY,
        issuing_unit=MARKET, custodian=MARKET, origin=records_pb2.ORIGIN_ISSUED, valid=always(),
        content=build_content(name),
    )  # fmt: skip
    return _build(licence, changes)


def collect_material(name: str = "material", **changes: Any) -> records_pb2.CollectMaterial:
    """Li Lei's application form in his case at Huangpu."""
    material = records_pb2.CollectMaterial(
        id=compute_id(name), type=APPLICATION_FORM, holders=[LI_LEI], holder_rule=types_pb2.HOLDER_RULE_ANY,
        case_number="2026-0001", originator=registries_pb2.ORIGINATOR_APPLICANT, custodian=HUANGPU,
        valid=always(), content=build_content(name),
    )  # fmt: skip
    return _build(material, changes)


def raise_dispute(
    name: str = "dispute", record: str = "licence", **changes: Any
) -> corrections_pb2.RaiseDispute:
    """A wrong field in the record of that name."""
    dispute = corrections_pb2.RaiseDispute(
        id=compute_id(name), record=compute_id(record), ground=corrections_pb2.GROUND_WRONG_FIELD,
        fields=["NAME"], statement=compute_id(f"statement {name}"),
    )  # fmt: skip
    return _build(dispute, changes)


def clear_dispute(name: str = "dispute", **changes: Any) -> corrections_pb2.ClearDispute:
    """The dispute of that name, found without ground."""
    clearing = corrections_pb2.ClearDispute(
        dispute=compute_id(name), resolution=corrections_pb2.RESOLUTION_REJECTED,
        root_cause=corrections_pb2.ROOT_CAUSE_NO_ERROR,
    )  # fmt: skip
    return _build(clearing, changes)


def _build(default: M, changes: dict[str, Any]) -> M:
    """`default` with each named field replaced; lists replace lists."""
    for field in changes:
        default.ClearField(field)
    default.MergeFrom(type(default)(**changes))
    return default

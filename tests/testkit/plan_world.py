"""The world of the plan table: two material lists, and every fact a case of the table can name."""

from collections.abc import Callable
from typing import Any, Final

from tests.testkit import ledger_objects as objects
from tests.testkit.ledger_kit import DAY_MS, Sandbox, attest
from tests.testkit.ledger_objects import (
    ACME,
    CENTRE_OFFICE,
    GATEWAY_SYSTEM,
    GENESIS_MS,
    HAN_MEIMEI,
    HUANGPU,
    HUANGPU_OFFICE,
    LI_LEI,
    MARKET,
    MARKET_OFFICE,
    PUDONG,
    PUDONG_OFFICE,
    YEAR_MS,
    applicant_row,
    compute_id,
    issued_row,
)
from zhenglian_ledger.attestation import (
    compute_grant_event_target,
    compute_grant_id,
    compute_participant_target,
)
from zhenglian_ledger.step import Author
from zhenglian_proto.v1 import (
    cases_pb2,
    grants_pb2,
    members_pb2,
    operation_pb2,
    records_pb2,
    registries_pb2,
    types_pb2,
)

MATTER, EARLIER_MATTER = "M.PLAN", "M.EARLIER"
CASE, EARLIER_CASE = "PD-2026-7", "HP-2025-1"
PREMISES, OTHER_PREMISES, PROJECT = compute_id("shop"), compute_id("other shop"), compute_id("project")
PROMISED_MS: Final = GENESIS_MS + 30 * DAY_MS
SOON_MS: Final = GENESIS_MS + 10 * DAY_MS

LICENCES: Final = {
    "business": "LT.BUSINESS",
    "health": "LT.HEALTH",
    "outside": "LT.OUTSIDE",
    "unbased": "LT.UNBASED",
}
MATERIALS: Final = {
    "form": registries_pb2.REUSE_KEY_NONE,
    "lease": registries_pb2.REUSE_KEY_SUBJECT,
    "floor-plan": registries_pb2.REUSE_KEY_PREMISES,
    "drawing": registries_pb2.REUSE_KEY_PROJECT,
    "report": registries_pb2.REUSE_KEY_SUBJECT,
    "pledge": registries_pb2.REUSE_KEY_SUBJECT,
}
THIRD_PARTY = registries_pb2.SOURCE_THIRD_PARTY


def build_list(version: int) -> list[registries_pb2.MaterialRow]:
    """The rows of list version 1 or 2. Version 2 takes back two easements and cites a law that has lapsed."""
    first = version == 1
    rows = [
        issued_row("business", "LT.BUSINESS"),
        issued_row("health", "LT.HEALTH"),
        issued_row("outside", "LT.OUTSIDE", issuing_unit="outside"),
        issued_row("unbased", "LT.UNBASED"),
        issued_row(
            "notarised", "LT.BUSINESS", paper_demanded=True, paper_basis="law-1" if first else "law-old"
        ),
        applicant_row("form", "MT.form"),
        applicant_row("lease", "MT.lease"),
        applicant_row("floor-plan", "MT.floor-plan"),
        applicant_row("drawing", "MT.drawing"),
        applicant_row("report", "MT.report", source=THIRD_PARTY, may_follow=first),
        applicant_row("pledge", "MT.pledge", commitment_allowed=first),
    ]
    return rows if first else [*rows, applicant_row("either", "MT.lease", licence_types=["LT.BUSINESS"])]


class PlanWorld:
    """A ledger on which facts happen, ending with the case the plan is for."""

    def __init__(self, list_version: int) -> None:
        self.sandbox = Sandbox(*self._build_units(), *_build_types())
        self.options: dict[str, Any] = {}
        for version in range(1, list_version + 1):
            matter = objects.put_matter(id=MATTER, version=version, unit=PUDONG, rows=build_list(version))
            self.sandbox.accept(CENTRE_OFFICE if version == 1 else PUDONG_OFFICE, matter)
        rows = [applicant_row("all", *(f"MT.{name}" for name in MATERIALS))]
        self.sandbox.accept(CENTRE_OFFICE, objects.put_matter(id=EARLIER_MATTER, unit=HUANGPU, rows=rows))
        self.sandbox.accept(PUDONG_OFFICE, objects.open_project(id=PROJECT))
        self.open_earlier(EARLIER_CASE, LI_LEI, PREMISES)
        if list_version == 2:
            retired = registries_pb2.Retire(kind=types_pb2.KIND_RULE, id="law-old")
            self.sandbox.accept(CENTRE_OFFICE, retired)
        self.list_version = list_version

    @staticmethod
    def _build_units() -> list[operation_pb2.Operation]:
        outside = objects.UnitPlan(
            "outside", "outside", members_pb2.TIER_EXTERNAL, "310000", (members_pb2.ROLE_ISSUING,), ()
        )
        member = members_pb2.Member(id="outside", name="外省", tier=members_pb2.TIER_EXTERNAL)
        recovery = objects.key_body("outside", 1, add=objects.build_key("outside-recovery", ""))
        add = objects.key_body("outside", 2, add=objects.build_key("outside-office", "outside-office"))
        system = objects.put_system("outside-office", "outside", members_pb2.SYSTEM_KIND_BACK_OFFICE)
        return [
            operation_pb2.Operation(put_member=member),
            operation_pb2.Operation(key=members_pb2.KeyOperation(body=recovery)),
            operation_pb2.Operation(put_unit=objects.put_unit(outside)),
            operation_pb2.Operation(put_system=system),
            operation_pb2.Operation(key=members_pb2.KeyOperation(body=add)),
        ]

    def open_earlier(self, number: str, applicant: bytes, premises: bytes, project: bytes = b"") -> None:
        case = objects.open_case(
            number=number, matter=EARLIER_MATTER, applicant=applicant, premises=premises, project=project
        )
        self.sandbox.accept(HUANGPU_OFFICE, case)

    # facts

    def issue(self, what: str, **changes: Any) -> None:
        issuer = "outside" if what == "outside" else MARKET
        licence = objects.issue_licence(
            what, type=LICENCES[what], issuing_unit=issuer, custodian=issuer, **changes
        )
        self.sandbox.accept(f"{issuer}-office", licence)

    def collect(self, what: str, *, case: str = EARLIER_CASE, decide: bool = True, **changes: Any) -> None:
        material = objects.collect_material(what, type=f"MT.{what}", case_number=case, **changes)
        self.sandbox.accept(HUANGPU_OFFICE, material)
        if decide:
            accept = records_pb2.DecideMaterial(material=material.id, event=records_pb2.MATERIAL_EVENT_ACCEPT)
            self.sandbox.accept(HUANGPU_OFFICE, accept)

    def change(self, what: str, event: records_pb2.LicenceEvent) -> None:
        reason = records_pb2.REASON_WITHHELD
        change = records_pb2.ChangeLicence(licence=compute_id(what), event=event, reason=reason)
        self.sandbox.accept(MARKET_OFFICE, change)

    def dispute(self, what: str) -> None:
        self.sandbox.accept(PUDONG_OFFICE, objects.raise_dispute(record=what))

    def recognise(self) -> None:
        listed = objects.put_recognition_list(types=["LT.OUTSIDE"], issuing_units=["outside"])
        self.sandbox.accept(CENTRE_OFFICE, listed)

    def grant(self, type_id: str, holder: bytes = LI_LEI, **scope: Any) -> bytes:
        fields: dict[str, Any] = {
            "types": [type_id],
            "whole_document": True,
            "purposes": [types_pb2.PURPOSE_SERVICE],
            "uses": 1,
            "retention": grants_pb2.RETENTION_CASE,
        }
        grantee = grants_pb2.Party(unit=PUDONG)
        return self._give(holder, grantee, grants_pb2.Scope(**{**fields, **scope}))

    def _give(self, holder: bytes, grantee: grants_pb2.Party, scope: grants_pb2.Scope) -> bytes:
        body = grants_pb2.GrantBody(
            chain_id="sandbox-00000000",
            nonce=self.sandbox.nonce.to_bytes(16, "big"),
            kind=grants_pb2.GRANT_KIND_SUBJECT,
            grantor=grants_pb2.Party(subject=holder),
            grantee=grantee,
            valid=types_pb2.Interval(from_ms=1, to_ms=GENESIS_MS + YEAR_MS),
            scope=scope,
        )
        grant_id = compute_grant_id(body)
        attestation = self.confirm(grant_id, holder)
        self.sandbox.accept(HUANGPU_OFFICE, grants_pb2.GiveGrant(body=body, attestation=attestation))
        return grant_id

    def confirm(self, target: bytes, subject: bytes) -> types_pb2.Attestation:
        """The gateway attests that `subject` confirmed `target`."""
        return attest(
            target,
            GATEWAY_SYSTEM,
            kind=types_pb2.ATTESTATION_KIND_IDENTITY_GATEWAY,
            subject=subject,
            system=GATEWAY_SYSTEM,
            level=2,
            session=compute_id("session"),
            at_ms=self.sandbox.time_ms,
        )

    def empower_agent(self, *, types: list[str]) -> None:
        """Li Lei lets Han Meimei act for him with these types, one hop further."""
        scope = grants_pb2.Scope(
            types=types,
            whole_document=True,
            purposes=[types_pb2.PURPOSE_SERVICE],
            uses=10,
            retention=grants_pb2.RETENTION_CASE,
            depth=1,
        )
        grant = self._give(LI_LEI, grants_pb2.Party(subject=HAN_MEIMEI), scope)
        self.options |= {"agent": HAN_MEIMEI, "agent_grant": grant}

    def open_case(self) -> None:
        case = cases_pb2.OpenCase(
            number=CASE,
            matter=MATTER,
            matter_version=self.list_version,
            applicant=LI_LEI,
            premises=PREMISES,
            promised_ms=PROMISED_MS,
            **self.options,
        )
        self.sandbox.accept(PUDONG_OFFICE, case)

    def build_author(self) -> Author:
        """Who asks for the plan."""
        return Author(system=PUDONG_OFFICE, unit=PUDONG, member=PUDONG, region="310115")


def _build_types() -> list[operation_pb2.Operation]:
    forbid, warn = registries_pb2.EFFECT_FORBID, registries_pb2.EFFECT_WARN
    wrap = operation_pb2.Operation
    licence_type = objects.put_licence_type
    material_types = [
        objects.put_material_type(
            id=f"MT.{name}",
            reuse_key=reuse_key,
            max_age_ms=20 * DAY_MS if name == "report" else 0,
            originators=[registries_pb2.ORIGINATOR_APPLICANT, registries_pb2.ORIGINATOR_SOCIAL],
        )
        for name, reuse_key in MATERIALS.items()
    ]
    return [
        wrap(put_rule=objects.put_rule(id="law-old")),
        wrap(put_licence_type=licence_type(id="LT.HEALTH", on_dispute=forbid, on_suspension=warn)),
        wrap(put_licence_type=licence_type(id="LT.OUTSIDE", issuing_units=["outside"])),
        wrap(put_licence_type=licence_type(id="LT.UNBASED", basis="")),
        *(wrap(put_material_type=material_type) for material_type in material_types),
    ]


def _outside_report(world: PlanWorld) -> None:
    social = registries_pb2.ORIGINATOR_SOCIAL
    world.collect("report", originator=social, originating_unit="outside")


def _revoke_grant(world: PlanWorld) -> None:
    grant = world.grant("LT.BUSINESS")
    body = grants_pb2.ChangeGrant.Body(
        chain_id="sandbox-00000000", grant=grant, event=grants_pb2.GRANT_EVENT_REVOKE, sequence=1
    )
    attestation = world.confirm(compute_grant_event_target(body), LI_LEI)
    world.sandbox.accept(HUANGPU_OFFICE, grants_pb2.ChangeGrant(body=body, attestation=attestation))


def _project_drawing(world: PlanWorld) -> None:
    """Acme leads the project; Li Lei takes part; Acme's drawing was accepted in Acme's own case."""
    target_body = cases_pb2.AdmitParticipant.Body(
        chain_id="sandbox-00000000",
        project=PROJECT,
        subject=LI_LEI,
        role=cases_pb2.PROJECT_ROLE_CONTRACTOR,
        valid=objects.always(),
    )
    attestation = world.confirm(compute_participant_target(target_body), ACME)
    world.sandbox.accept(
        HUANGPU_OFFICE, cases_pb2.AdmitParticipant(body=target_body, attestation=attestation)
    )
    world.open_earlier("HP-ACME", ACME, PREMISES, PROJECT)
    world.collect("drawing", case="HP-ACME", holders=[ACME], project=PROJECT)
    world.options["project"] = PROJECT


def _two_owners(world: PlanWorld) -> None:
    world.issue("business", holders=[LI_LEI, ACME], holder_rule=types_pb2.HOLDER_RULE_ALL)


SOON = types_pb2.Interval(from_ms=1, to_ms=SOON_MS)
ENDED = types_pb2.Interval(from_ms=1, to_ms=GENESIS_MS)

FACTS: Final[dict[str, Callable[[PlanWorld], object]]] = {
    "business licence": lambda world: world.issue("business"),
    "business licence of two owners": _two_owners,
    "business licence ends soon": lambda world: world.issue("business", valid=SOON),
    "business licence ended": lambda world: world.issue("business", valid=ENDED),
    "business licence suspended": lambda world: world.change("business", records_pb2.LICENCE_EVENT_SUSPEND),
    "business licence revoked": lambda world: world.change("business", records_pb2.LICENCE_EVENT_REVOKE),
    "business licence disputed": lambda world: world.dispute("business"),
    "health permit": lambda world: world.issue("health"),
    "health permit disputed": lambda world: world.dispute("health"),
    "health permit suspended": lambda world: world.change("health", records_pb2.LICENCE_EVENT_SUSPEND),
    "outside licence": lambda world: world.issue("outside"),
    "outside recognised": lambda world: world.recognise(),
    "licence without legal basis": lambda world: world.issue("unbased"),
    "form": lambda world: world.collect("form"),
    "lease": lambda world: world.collect("lease"),
    "lease not yet accepted": lambda world: world.collect("lease", decide=False),
    "floor plan of this shop": lambda world: world.collect("floor-plan", premises=PREMISES),
    "drawing of another participant": _project_drawing,
    "report": lambda world: world.collect("report"),
    "report by an unrecognised body": _outside_report,
    "25 days pass": lambda world: world.sandbox.wait(25 * DAY_MS),
    "grant for business licences": lambda world: world.grant("LT.BUSINESS"),
    "grant for another matter": lambda world: world.grant("LT.BUSINESS", matters=["M.OTHER"]),
    "grant by the other owner": lambda world: world.grant("LT.BUSINESS", ACME),
    "grant revoked": _revoke_grant,
    "grant for leases": lambda world: world.grant("MT.lease"),
    "grant for floor plans": lambda world: world.grant("MT.floor-plan"),
    "grant by the project's lead": lambda world: world.grant("MT.drawing", ACME, project=PROJECT),
    "agent for leases": lambda world: world.empower_agent(types=["MT.lease"]),
    "agent for other things": lambda world: world.empower_agent(types=["MT.report"]),
}

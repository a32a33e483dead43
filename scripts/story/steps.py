"""What desks do in more than one act, a function a step: each uses the SDK as any agency would."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import zhenglian
from story import catalogue, world
from story.documents import FRAME, ROOMS, Room, draw_document
from story.people import Party
from story.stage import Case, Desk, Stage, Use
from zhenglian import Plan, Verdict, build
from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_ledger.identifiers import compose_licence_identifier
from zhenglian_proto.v1.grants_pb2 import GrantBody
from zhenglian_proto.v1.identity_pb2 import ResolveReason
from zhenglian_proto.v1.types_pb2 import Attestation, Interval
from zhenglian_sdk.attesting import ask_holder
from zhenglian_sdk.hashing import HashedFile
from zhenglian_sdk.plan import PlanRow, describe_grant

MEDIA_TYPE = "application/pdf"


async def resolve(stage: Stage, desk: Desk, matter: str, *parties: Party) -> list[bytes]:
    """The pseudonyms of parties, asked of the identity gateway for a case of `matter` about to be opened."""
    reason = ResolveReason(case_number=stage.get_number(matter))
    ids = await desk.client.gateway.resolve_subjects(reason, [party.to_message() for party in parties])
    stage.ids.update(zip(parties, ids, strict=True))
    return ids


async def confirm(desk: Desk, holder: Party, target: bytes, shown: str) -> Attestation:
    """The holder reads `shown` on the phone and confirms; the gateway attests it."""
    asked = await ask_holder(desk.client.gateway, holder.to_message(), target, shown)
    await asked.confirm_for_sandbox()
    return await asked.attest()


async def open_case(
    stage: Stage,
    desk: Desk,
    matter_id: str,
    applicant: Party,
    *,
    premises: Party | None = None,
    project: bytes = b"",
    agent: tuple[bytes, bytes] = (b"", b""),
) -> Case:
    """The case is opened under the list in force; the decision is promised for when the matter says."""
    matter, number = catalogue.MATTER_BY_ID[matter_id], stage.get_number(matter_id)
    agent_id, agent_grant = agent
    await desk.submit(
        build.open_case(
            number,
            matter=matter_id,
            matter_version=1,
            applicant=stage.ids[applicant],
            promised=stage.get_day(matter.promised // timedelta(days=1)),
            premises=stage.ids[premises] if premises else b"",
            project=project,
            agent=agent_id,
            agent_grant=agent_grant,
        )
    )
    case = Case(number, matter_id, desk.unit.id)
    stage.say(f"{desk.unit.zh} 登记办件 {number}：{matter.zh}", f"{desk.unit.en} opens case {number}")
    return case


async def ask_plan(stage: Stage, desk: Desk, case: Case, applicant: Party) -> Plan:
    """The verified plan of the case; the question itself is recorded."""
    plan = await desk.client.plan(case.number)
    stage.plans_asked[applicant] += 1
    return plan


def show_plan(stage: Stage, plan: Plan, title: str) -> None:
    """The plan's table as the SDK has it."""
    stage.screen.table(plan.build_table(), title)


def get_row(plan: Plan, row: str) -> PlanRow:
    """The plan's answer to the row of that id."""
    return next(each for each in plan.rows if each.listed.id == row)


async def give_draft(desk: Desk, draft: GrantBody, holder: Party) -> bytes:
    """A draft of the plan becomes a grant: completed, shown to the holder, attested, given."""
    return await give(desk, desk.client.complete_grant(draft), holder)


async def give(desk: Desk, body: GrantBody, holder: Party) -> bytes:
    """A grant is shown to the holder, attested by the gateway, and given; its id."""
    attestation = await confirm(desk, holder, compute_grant_id(body), describe_grant(body))
    return await desk.give_grant(body, attestation)


@dataclass(frozen=True, slots=True)
class Document:
    """A file about to be recorded: its title and text, and how it is drawn."""

    title: str
    rows: Sequence[tuple[str, str]]
    issuer: str
    sketch: Sequence[Room] = ()


SKETCHES = {catalogue.FLOOR_PLAN: ROOMS, catalogue.DRAWING: FRAME}


def make_file(desk: Desk, name: str, document: Document) -> HashedFile:
    """The PDF lies in the desk's own folder, hashed under a fresh salt."""
    path = desk.folder / "outbox" / f"{name}.pdf"
    draw_document(path, document.title, document.rows, issuer=document.issuer, sketch=document.sketch)
    return zhenglian.hash_file(path)


async def store(desk: Desk, record: bytes, file: HashedFile) -> None:
    """The file is in the vault of the desk's unit, under its record."""
    vault = await desk.get_vault(desk.unit.id)
    await vault.store(record, file.path, salt=file.salt, digests=file.digests, media_type=MEDIA_TYPE)


async def issue(  # noqa: PLR0913  what a licence is
    stage: Stage,
    desk: Desk,
    licence_type: str,
    holder: Party,
    *,
    valid: Interval,
    case: Case | None = None,
    parts: Sequence[bytes] = (),
    supersedes: bytes = b"",
    note: str = "餐饮服务",
) -> bytes:
    """A licence is issued: identifier, id by the gateway, PDF, record; the city's library keeps the file."""
    kind = catalogue.LICENCE_TYPE_BY_ID[licence_type]
    identifier = compose_licence_identifier(
        licence_type, desk.unit.id, secrets.token_hex(10).upper(), "002" if supersedes else "001"
    )
    (licence,) = await desk.client.gateway.resolve_licences(licence_type, [identifier])
    rows = [("证照编号", identifier), ("持证主体", holder.zh), ("许可范围", note), ("发证机关", desk.unit.zh)]
    file = make_file(desk, f"{kind.en}-{licence.hex()[:6]}", Document(kind.zh, rows, desk.unit.zh))
    await desk.submit(
        build.issue_licence(
            id=licence,
            type=licence_type,
            holders=[stage.ids[holder]],
            issuing_unit=desk.unit.id,
            custodian=world.CENTRE,
            valid=valid,
            content=file.content,
            parts=parts,
            supersedes=supersedes,
            case=(case.unit, case.number) if case else None,
        )
    )
    await store(await stage.get_desk(world.CENTRE_OFFICE), licence, file)
    stage.records[kind.en] = licence
    done, made = ("换发", "reissues") if supersedes else ("制发", "issues")
    stage.say(f"{desk.unit.zh} {done}《{kind.zh}》", f"{made} a {kind.en}")
    return licence


async def collect(  # noqa: PLR0913  what a material is
    stage: Stage,
    desk: Desk,
    case: Case,
    material_type: str,
    holder: Party,
    *,
    valid: Interval,
    premises: Party | None = None,
    project: bytes = b"",
    originating_unit: str = "",
) -> bytes:
    """A material is handed in, accepted by its case, and kept in the unit's vault."""
    kind = catalogue.MATERIAL_TYPE_BY_ID[material_type]
    rows = [("提交人", holder.zh), ("办件编号", case.number)]
    if premises is not None:
        rows.append(("经营场所", premises.zh))
    document = Document(kind.zh, rows, holder.zh, SKETCHES.get(material_type, ()))
    material = secrets.token_bytes(32)
    file = make_file(desk, f"{kind.id}-{material.hex()[:6]}", document)
    collected = build.collect_material(
        id=material,
        type=material_type,
        holders=[stage.ids[holder]],
        case_number=case.number,
        originator=kind.originator,
        originating_unit=originating_unit,
        custodian=desk.unit.id,
        valid=valid,
        content=file.content,
        premises=stage.ids[premises] if premises else b"",
        project=project,
    )
    await desk.submit(collected, build.decide_material(material, "ACCEPT"), atomic=True)
    await store(desk, material, file)
    stage.records[f"{kind.en} {case.matter}"] = material
    return material


async def fetch_all(stage: Stage, desk: Desk, case: Case, plan: Plan) -> None:
    """The record of every row that is exempt by one is used; all of them at once."""
    rows = [row for row in plan.rows if is_exempt_by_record(row)]
    fetched = await asyncio.gather(*(_fetch(desk, case, row) for row in rows))
    for row, (use, made, path) in zip(rows, fetched, strict=True):
        stage.uses[use] = made
        stage.fetched.append(path)
        custodian = world.UNIT_BY_ID[made.custodian].zh
        stage.say(
            f"调证：{row.listed.name}，{path.stat().st_size} 字节，来自{custodian}",
            f"fetched {row.listed.id}, both digests hold",
        )


async def _fetch(desk: Desk, case: Case, row: PlanRow) -> tuple[bytes, Use, Path]:
    """Opened under the plan's grants, fetched from the custodian, relied on: the use and the file."""
    record = row.record_id
    particulars = build.particulars(matter=case.matter, case_number=case.number, whole_document=True)
    use = await desk.open_use(record, row.said.grants, particulars)
    message = (await desk.client.get_use(use)).record.message
    path = desk.folder / "received" / f"{case.number}-{row.listed.id}.pdf"
    path.parent.mkdir(exist_ok=True)
    await desk.client.fetch(await desk.get_vault(message.custodian), use, path)
    await desk.rely(record, use, particulars)
    return use, Use(record, frozenset(message.holders), message.custodian), path


def is_exempt_by_record(row: PlanRow) -> bool:
    """Whether the row is exempt because a record covers it, not because of a commitment."""
    return row.verdict == Verdict.EXEMPT and bool(row.record_id)

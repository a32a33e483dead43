"""施工许可: drawings accepted for the planning permit are reused by construction, for another participant.

The designer signs with a holder key of its own, bound to it through the gateway before.
"""

import asyncio
import secrets

from story import catalogue, world
from story.people import CONTRACTOR, DESIGNER, OWNER
from story.stage import Desk, Stage
from story.steps import (
    ask_plan,
    collect,
    confirm,
    fetch_all,
    get_row,
    give_draft,
    open_case,
    resolve,
    show_plan,
)
from zhenglian import build
from zhenglian_ledger.attestation import (
    compute_grant_id,
    compute_holder_key_target,
    compute_participant_target,
)
from zhenglian_proto.v1.grants_pb2 import GrantBody
from zhenglian_sdk.attesting import attest_by_holder_key
from zhenglian_sdk.signer import MemorySigner


async def tell(stage: Stage) -> None:
    """Tell the act."""
    stage.screen.chapter(
        "建设项目：图纸跨部门、跨参与方复用", "a construction project: one set of drawings, two departments"
    )
    planning = await stage.get_desk(world.PLANNING_OFFICE)
    project = secrets.token_bytes(32)
    await resolve(stage, planning, catalogue.PLANNING_PERMIT, OWNER, DESIGNER, CONTRACTOR)
    code = f"2026-310107-{stage.edition:04}"
    await planning.submit(build.open_project(code=code, kind="building", lead=stage.ids[OWNER], id=project))
    await _admit(stage, planning, project)
    case = await open_case(stage, planning, catalogue.PLANNING_PERMIT, OWNER, project=project)
    lasting = build.interval(stage.get_day(-20))
    await collect(stage, planning, case, catalogue.DRAWING, DESIGNER, valid=lasting, project=project)
    stage.say(
        "设计单位的《建设工程设计图纸》在建设工程规划许可证核发中受理，由规划资源部门保管",
        "the designer's drawings are accepted for the planning permit and kept by planning",
    )

    housing = await stage.get_desk(world.HOUSING_OFFICE)
    await resolve(stage, housing, catalogue.CONSTRUCTION_PERMIT, CONTRACTOR)
    permit = await open_case(stage, housing, catalogue.CONSTRUCTION_PERMIT, CONTRACTOR, project=project)
    plan = await ask_plan(stage, housing, permit, CONTRACTOR)
    (of_designer,) = get_row(plan, "drawing").drafts
    (of_contractor,) = get_row(plan, "contractor-licence").drafts
    await asyncio.gather(
        _grant_by_own_key(stage, planning, housing, of_designer),
        give_draft(housing, of_contractor, CONTRACTOR),
    )
    stage.say(
        "设计单位用自己的密钥授权，施工单位在手机上授权",
        "the designer grants by its own key, the contractor by phone",
    )
    plan = await ask_plan(stage, housing, permit, CONTRACTOR)
    show_plan(stage, plan, "建筑工程施工许可证核发：免交方案 the plan of the construction permit")
    await fetch_all(stage, housing, permit, plan)
    await housing.submit(*(build.advance_case(permit.number, event) for event in ("ACCEPT", "GRANT")))


async def _admit(stage: Stage, desk: Desk, project: bytes) -> None:
    """The lead admits the designer and the contractor."""
    admissions = []
    for party, role in ((DESIGNER, "DESIGNER"), (CONTRACTOR, "CONTRACTOR")):
        body = build.participant(
            project, stage.ids[party], role,
            valid=build.interval(stage.get_day(-30), stage.get_day(700)), chain_id=desk.client.chain_id,
        )  # fmt: skip
        shown = f"同意{party.zh}参与本项目"
        attestation = await confirm(desk, OWNER, compute_participant_target(body), shown)
        admissions.append(build.admit_participant(body, attestation))
    await desk.submit(*admissions)
    stage.say("建设单位接纳设计单位和施工单位", "the lead admits the designer and the contractor")


async def _grant_by_own_key(stage: Stage, planning: Desk, housing: Desk, draft: GrantBody) -> None:
    """The designer has a key bound at the one department, and grants to the other by it."""
    signer = await _bind_designers_key(stage, planning)
    body = housing.client.complete_grant(draft)
    attestation = attest_by_holder_key(compute_grant_id(body), stage.ids[DESIGNER], signer)
    await housing.give_grant(body, attestation)


async def _bind_designers_key(stage: Stage, desk: Desk) -> MemorySigner:
    """A key that only the designer holds speaks for the designer from now on."""
    signer = MemorySigner(secrets.token_bytes(32))
    body = build.holder_key(stage.ids[DESIGNER], signer.public_key, chain_id=desk.client.chain_id)
    attestation = await confirm(desk, DESIGNER, compute_holder_key_target(body), "绑定本单位的签名密钥")
    await desk.submit(build.bind_holder_key(body, attestation))
    return signer

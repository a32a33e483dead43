"""普陀，第二家饭店: what is bound to the company is reused in another district, the rest is not.

The missing grant is the plan's own draft, given along a chain: legal person → employee → agent → the unit.
"""

import asyncio
from hashlib import sha256

from story import catalogue, world
from story.people import AGENT, EMPLOYEE, RESTAURANT, SECOND_SHOP
from story.stage import CLERK, Case, Stage
from story.steps import (
    Document,
    ask_plan,
    collect,
    fetch_all,
    get_row,
    give,
    give_draft,
    make_file,
    open_case,
    resolve,
    show_plan,
)
from zhenglian import Verdict, build
from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_proto.v1.grants_pb2 import GrantBody
from zhenglian_sdk.attesting import attest_at_counter

DIRECT, TO_EMPLOYEE, TO_AGENT, BY_AGENT = "direct", "to employee", "to agent", "by agent"


async def tell(stage: Stage) -> None:
    """Tell the act."""
    stage.screen.chapter("普陀：同一企业开第二家饭店", "Putuo: the company's second restaurant")
    counter = await stage.get_desk(world.PUTUO_COUNTER)
    await resolve(stage, counter, catalogue.OPEN_PUTUO, RESTAURANT, SECOND_SHOP, EMPLOYEE, AGENT)
    await asyncio.gather(_grant_directly(stage), _delegate(stage))
    case = await open_case(
        stage, counter, catalogue.OPEN_PUTUO, RESTAURANT, premises=SECOND_SHOP,
        agent=(stage.ids[AGENT], stage.grants[TO_AGENT]),
    )  # fmt: skip
    plan = await ask_plan(stage, counter, case, RESTAURANT)
    stage.plan = plan
    show_plan(stage, plan, "免交方案 the reuse plan")

    (draft,) = get_row(plan, "food-safety").drafts
    stage.grants[BY_AGENT] = await give_draft(counter, draft, AGENT)
    stage.say("代办人在手机上确认方案附带的授权草稿", "the agent confirms the plan's own draft by phone")
    plan = await ask_plan(stage, counter, case, RESTAURANT)
    await fetch_all(stage, counter, case, plan)
    await _show_what_is_left(stage, case)
    lasting = build.interval(stage.get_day(0))
    await collect(stage, counter, case, catalogue.FLOOR_PLAN, RESTAURANT, valid=lasting, premises=SECOND_SHOP)
    await counter.submit(build.advance_case(case.number, "ACCEPT"))
    stage.say("新店平面图须提交并已受理", "the new floor plan had to be handed in, and was accepted")


async def _show_what_is_left(stage: Stage, case: Case) -> None:
    """The plan once more, in one line: how many rows are settled, and what is still to be handed in."""
    counter = await stage.get_desk(world.PUTUO_COUNTER)
    plan = await ask_plan(stage, counter, case, RESTAURANT)
    exempt = sum(row.verdict == Verdict.EXEMPT for row in plan.rows)
    left = "、".join(row.listed.name for row in plan.to_submit)
    names = ", ".join(row.listed.id for row in plan.to_submit)
    stage.say(
        f"再次查询免交方案：{len(plan.rows)} 项中 {exempt} 项免交，须提交的只剩：{left}",
        f"asked again: {exempt} of {len(plan.rows)} exempt, left to be handed in: {names}",
    )


async def _grant_directly(stage: Stage) -> None:
    """The legal person lets the unit use three types, for this matter, for a month."""
    online = await stage.get_desk(world.PUTUO_ONLINE)
    body = build.grant_body(
        chain_id=online.client.chain_id,
        grantor=stage.ids[RESTAURANT],
        grantee=world.PUTUO_HALL,
        valid=build.interval(stage.get_day(0), stage.get_day(30)),
        scope=build.scope(
            types=[catalogue.BUSINESS, catalogue.ARTICLES, catalogue.HEALTH],
            whole_document=True, matters=[catalogue.OPEN_PUTUO], uses=6,
        ),
    )  # fmt: skip
    stage.grants[DIRECT] = await give(online, body, RESTAURANT)
    stage.say("法人授权普陀使用三类记录", "the legal person grants Putuo three types")


async def _delegate(stage: Stage) -> None:
    """Legal person → employee by phone, employee → agent by a written grant at a street counter."""
    online = await stage.get_desk(world.PUTUO_ONLINE)
    first = _build_delegation(stage, stage.ids[RESTAURANT], stage.ids[EMPLOYEE], depth=2)
    stage.grants[TO_EMPLOYEE] = await give(online, first, RESTAURANT)

    street = await stage.get_desk(world.PUTUO_STREET_COUNTER)
    second = _build_delegation(
        stage, stage.ids[EMPLOYEE], stage.ids[AGENT], depth=1, parent=stage.grants[TO_EMPLOYEE]
    )
    lines = [("授权人", EMPLOYEE.zh), ("受托人", AGENT.zh), ("事项", "我要开办饭店")]
    paper = make_file(street, "written-grant", Document("授权书", lines, EMPLOYEE.zh))
    attestation = attest_at_counter(
        compute_grant_id(second), stage.ids[EMPLOYEE], street.client.session.signer,
        system=street.system, clerk=await street.compute_clerk(), window=f"W-{CLERK}",
        written_grant=sha256(paper.path.read_bytes()).digest(),
    )  # fmt: skip
    stage.grants[TO_AGENT] = await online.give_grant(second, attestation)
    stage.say(
        "法人 → 员工（手机确认）→ 代办人（街道窗口授权书）",
        "legal person → employee → agent, each hop narrower",
    )


def _build_delegation(
    stage: Stage, grantor: bytes, grantee: bytes, *, depth: int, parent: bytes = b""
) -> GrantBody:
    return build.grant_body(
        chain_id=stage.desks[world.PUTUO_ONLINE].client.chain_id,
        grantor=grantor,
        grantee=grantee,
        parent=parent,
        valid=build.interval(stage.get_day(0), stage.get_day(14 + depth)),
        scope=build.scope(
            types=[catalogue.FOOD_SAFETY], whole_document=True, matters=[catalogue.OPEN_PUTUO],
            regions=["310107"], uses=1 + depth, depth=depth,
        ),
    )  # fmt: skip

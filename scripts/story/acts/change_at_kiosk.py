"""徐汇，数月后在自助终端办理变更: at the same shop nothing is handed in again."""

import asyncio

from story import catalogue, world
from story.people import FIRST_SHOP, RESTAURANT
from story.stage import Stage
from story.steps import ask_plan, fetch_all, give_draft, open_case, resolve, show_plan
from zhenglian import build


async def tell(stage: Stage) -> None:
    """Tell the act."""
    stage.screen.chapter("徐汇：数月后在自助终端办理变更", "Xuhui: a change at a kiosk, months later")
    kiosk = await stage.get_desk(world.XUHUI_KIOSK)
    await resolve(stage, kiosk, catalogue.CHANGE_XUHUI, RESTAURANT, FIRST_SHOP)
    case = await open_case(stage, kiosk, catalogue.CHANGE_XUHUI, RESTAURANT, premises=FIRST_SHOP)
    plan = await ask_plan(stage, kiosk, case, RESTAURANT)
    await asyncio.gather(*(give_draft(kiosk, draft, RESTAURANT) for draft in plan.drafts))
    stage.say(
        f"法人在手机上确认 {len(plan.drafts)} 项最小授权",
        f"{len(plan.drafts)} narrow grants confirmed by phone",
    )
    plan = await ask_plan(stage, kiosk, case, RESTAURANT)
    show_plan(stage, plan, "一份材料也不用再交 nothing is handed in again")
    await fetch_all(stage, kiosk, case, plan)
    await kiosk.submit(*(build.advance_case(case.number, event) for event in ("ACCEPT", "GRANT", "CLOSE")))
    stage.say(f"须提交材料：{len(plan.to_submit)} 份", f"to be handed in: {len(plan.to_submit)}")

"""徐汇，数月后在自助终端办理变更: at the same shop nothing is handed in again."""

from story import catalogue, world
from story.people import FIRST_SHOP, RESTAURANT
from story.stage import Stage
from story.steps import ask_plan, fetch, give_draft, is_exempt_by_record, open_case, resolve, show_plan
from zhenglian import build

NUMBER = "XH-BG-0002"


async def tell(stage: Stage) -> None:
    """Tell the act."""
    stage.screen.chapter("徐汇：数月后在自助终端办理变更", "Xuhui: a change at a kiosk, months later")
    kiosk = await stage.get_desk(world.XUHUI_KIOSK)
    await resolve(stage, kiosk, NUMBER, RESTAURANT, FIRST_SHOP)
    case = await open_case(stage, kiosk, NUMBER, catalogue.CHANGE_XUHUI, RESTAURANT, premises=FIRST_SHOP)
    plan = await ask_plan(stage, kiosk, case, RESTAURANT)
    for draft in plan.drafts:
        await give_draft(kiosk, draft, RESTAURANT)
    stage.say(
        f"法人在手机上确认 {len(plan.drafts)} 项最小授权",
        f"{len(plan.drafts)} narrow grants confirmed by phone",
    )
    plan = await ask_plan(stage, kiosk, case, RESTAURANT)
    show_plan(stage, plan, "一份材料也不用再交 nothing is handed in again")
    for row in filter(is_exempt_by_record, plan.rows):
        await fetch(stage, kiosk, case, row)
    await kiosk.submit(*(build.advance_case(NUMBER, event) for event in ("ACCEPT", "GRANT", "CLOSE")))
    stage.say(f"须提交材料：{len(plan.to_submit)} 份", f"to be handed in: {len(plan.to_submit)}")

"""徐汇，开办饭店: one case, two issuing units, everything handed in once.

The composite licence links its parts.
"""

import asyncio

from story import catalogue, world
from story.people import FIRST_SHOP, RESTAURANT
from story.stage import Stage
from story.steps import ask_plan, collect, issue, open_case, resolve, show_plan
from zhenglian import build


async def tell(stage: Stage) -> None:
    """Tell the act."""
    stage.screen.chapter("徐汇：我要开办饭店", "Xuhui: a company opens its first restaurant")
    counter = await stage.get_desk(world.XUHUI_COUNTER)
    await resolve(stage, counter, catalogue.OPEN_XUHUI, RESTAURANT, FIRST_SHOP)
    case = await open_case(stage, counter, catalogue.OPEN_XUHUI, RESTAURANT, premises=FIRST_SHOP)
    plan = await ask_plan(stage, counter, case, RESTAURANT)
    show_plan(stage, plan, "首次办理，尚无历史材料 nothing is on record yet")

    lasting = build.interval(stage.get_day(-150))
    soon_over = build.interval(stage.get_day(-357), stage.get_day(8))
    await asyncio.gather(
        collect(stage, counter, case, catalogue.ARTICLES, RESTAURANT, valid=lasting),
        collect(stage, counter, case, catalogue.FOOD_SAFETY, RESTAURANT, valid=lasting),
        collect(stage, counter, case, catalogue.FLOOR_PLAN, RESTAURANT, valid=lasting, premises=FIRST_SHOP),
        collect(stage, counter, case, catalogue.PLEDGE, RESTAURANT, valid=lasting),
        collect(
            stage, counter, case, catalogue.HEALTH, RESTAURANT, valid=soon_over,
            originating_unit=world.JIANGSU_CLINIC,
        ),
    )  # fmt: skip
    await counter.submit(build.advance_case(case.number, "ACCEPT"))
    stage.say(
        "综窗一次收齐并受理材料，原件存入徐汇材料库",
        "the window takes everything once; files stay in Xuhui's vault",
    )

    market = await stage.get_desk(world.XUHUI_MARKET_OFFICE)
    fire = await stage.get_desk(world.XUHUI_FIRE_OFFICE)
    years = build.interval(stage.get_day(-150), stage.get_day(1675))
    _, *parts = await asyncio.gather(
        issue(stage, market, catalogue.BUSINESS, RESTAURANT, valid=lasting, case=case),
        issue(stage, market, catalogue.FOOD, RESTAURANT, valid=years, case=case),
        issue(stage, fire, catalogue.FIRE_SAFETY, RESTAURANT, valid=lasting, case=case, note="餐饮场所"),
    )
    await issue(stage, market, catalogue.COMPOSITE, RESTAURANT, valid=years, case=case, parts=parts)
    await counter.submit(*(build.advance_case(case.number, event) for event in ("GRANT", "CLOSE")))

    counter = await stage.get_desk(world.XUHUI_COUNTER)
    answer = await counter.client.verify(stage.records["composite industry licence"])
    stage.say(
        f"核验行业综合许可证：{answer.zh}（{answer.assurance}）", f"{answer.en}, height {answer.height}"
    )

"""差错与异议: a window finds an error on a licence, and the next verification anywhere shows it.

The issuer corrects it by a licence that takes its place, and closes the dispute with its root cause.
"""

import secrets
from hashlib import sha256

from story import catalogue, world
from story.people import RESTAURANT
from story.stage import Desk, Stage
from story.steps import Document, confirm, issue, make_file
from zhenglian import Answer, build

LICENCE = "business licence"
DISPUTED = "disputed business licence"


async def tell(stage: Stage) -> None:
    """Tell the act."""
    stage.screen.chapter("差错：窗口发现营业执照经营范围有误", "an error on a licence is found at a window")
    putuo = await stage.get_desk(world.PUTUO_COUNTER)
    licence = stage.records[LICENCE]
    stage.records[DISPUTED] = licence
    _show(stage, "异议前 before", await putuo.client.verify(licence))
    statement = make_file(
        putuo,
        "statement",
        Document("异议说明", [("字段", "经营范围 KZ_JYFW"), ("问题", "与许可不一致")], putuo.unit.zh),
    )
    dispute = secrets.token_bytes(32)
    await putuo.submit(
        build.raise_dispute(
            licence, ground="WRONG_FIELD", fields=["KZ_JYFW"], id=dispute,
            statement=sha256(statement.path.read_bytes()).digest(),
        )
    )  # fmt: skip
    market = await stage.get_desk(world.PUTUO_MARKET_OFFICE)
    _show(stage, "另一单位随后核验 the next verification elsewhere", await market.client.verify(licence))

    issuer = await stage.get_desk(world.XUHUI_MARKET_OFFICE)
    corrected = await issue(
        stage, issuer, catalogue.BUSINESS, RESTAURANT, valid=build.interval(stage.get_day(-150)),
        supersedes=licence, note="餐饮服务；食品销售",
    )  # fmt: skip
    await issuer.submit(build.clear_dispute(dispute, resolution="CORRECTED", root_cause="ENTRY_ERROR"))
    putuo = await stage.get_desk(world.PUTUO_COUNTER)
    old, new = await putuo.client.verify(licence), await putuo.client.verify(corrected)
    _show(stage, "更正后：旧证 the old one", old)
    _show(stage, "更正后：新证 the new one", new)
    is_named = old.successor == corrected
    stage.say(f"旧证指明新证：{'是' if is_named else '否'}", "the old licence names its successor")
    await _present(stage, market, corrected)


async def _present(stage: Stage, desk: Desk, licence: bytes) -> None:
    """亮证: at an inspection the company shows the corrected licence on its phone."""
    use = secrets.token_bytes(32)
    target = await desk.client.compute_present_target(licence, use)
    attestation = await confirm(desk, RESTAURANT, target, "向普陀区市场监管局亮证：营业执照")
    particulars = build.particulars(purpose="ENFORCEMENT")
    await desk.client.present(licence, particulars, attestation, use=use)
    desk.counted["present"] += 1
    stage.say("现场检查：企业在手机上亮证", "at an inspection the company shows it by phone")


def _show(stage: Stage, when: str, answer: Answer) -> None:
    stage.say(f"{when}：{answer.state} — {answer.zh}", f"{answer.en} ({answer.assurance})")

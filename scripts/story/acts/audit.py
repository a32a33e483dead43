"""审计: the auditor traces subject, grant and actor, plan queries and refused uses included.

Each trace is complete or it is not shown; beyond that, it is compared with what the desks themselves did.
"""

from collections import Counter

from story import world
from story.acts import second_restaurant
from story.people import RESTAURANT
from story.stage import Stage
from zhenglian import Trace
from zhenglian_ledger.verify.trace import TracedEntry

REASON = "例行审计 2026-7"

NAMES = {
    "plan_query": "查询免交方案", "verify_query": "核验", "audit_query": "查阅轨迹", "open_use": "调证",
    "close_use": "调证交付", "rely": "用证决定", "give_grant": "授权", "change_grant": "授权变更",
    "raise_dispute": "异议", "clear_dispute": "异议结案", "bind_holder_key": "绑定密钥", "present": "亮证",
}  # fmt: skip


async def tell(stage: Stage) -> None:
    """Tell the act."""
    stage.screen.chapter("审计：谁、何时、凭什么、用了什么", "who used what, when, and by what right")
    auditor = (await stage.get_desk(world.AUDITOR)).client
    putuo = await stage.get_desk(world.PUTUO_COUNTER)
    subject = await auditor.trace_subject(stage.ids[RESTAURANT], REASON)
    grant = await auditor.trace_grant(stage.grants[second_restaurant.DIRECT], REASON)
    actor = await auditor.trace_actor(world.PUTUO_HALL, await putuo.compute_clerk(), REASON)
    _show(stage, "主体：稻香小馆 the subject", subject)
    _show(stage, "授权：法人给普陀的授权 the grant", grant)
    _show(stage, "经办人：普陀窗口的一名经办人 the actor", actor)
    stage.traces_complete += [_is_subject_complete(stage, subject), _is_grant_complete(stage, grant)]
    refused = [entry for entry in actor.entries if entry.entry.code]
    stage.traces_complete.append(_count(actor)["open_use"] > 0 and bool(refused))
    agrees = "是" if all(stage.traces_complete) else "否"
    stage.say(
        f"与经办方各自的记录一致：{agrees}；被拒绝的用证也在其中：{len(refused)} 次",
        "the traces agree with what the desks did; refused uses are in them too",
    )


def _show(stage: Stage, title: str, trace: Trace) -> None:
    lines = [["内容", "what", "条 entries"]]
    lines += [[NAMES.get(kind, kind), kind, str(number)] for kind, number in sorted(_count(trace).items())]
    reached = f"{len(trace.entries)} 条，至高度 {trace.height}，{trace.assurance}"
    stage.screen.table(lines, f"{title}：{reached}")


def _count(trace: Trace) -> Counter[str]:
    return Counter(_get_kind(entry) for entry in trace.entries)


def _get_kind(entry: TracedEntry) -> str:
    return entry.operation.WhichOneof("kind") or ""


def _get_accepted(trace: Trace, kind: str) -> set[bytes]:
    return {
        getattr(entry.operation, kind).id
        for entry in trace.entries
        if _get_kind(entry) == kind and not entry.entry.code
    }


def _is_subject_complete(stage: Stage, trace: Trace) -> bool:
    """Every plan that desks asked about the company, and every use they made of its records, is there."""
    company = stage.ids[RESTAURANT]
    opened = {identifier for identifier, use in stage.uses.items() if company in use.holders}
    plans = _count(trace)["plan_query"] >= stage.plans_asked[RESTAURANT] > 0
    return plans and opened == _get_accepted(trace, "open_use")


def _is_grant_complete(stage: Stage, trace: Trace) -> bool:
    """The uses under the grant are those that the desk opened under it."""
    used = _get_accepted(trace, "open_use")
    return len(used) > 0 and used <= set(stage.uses) and _count(trace)["give_grant"] == 1

"""拒绝: one refusal of each kind that the story can meet.

Each is tried in earnest, as whoever would do it, and shown with its code and sentence.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from story.acts import refused_access as access
from story.acts import refused_uses as uses
from story.acts import refused_writes as writes
from story.stage import Stage
from zhenglian import Code, ZhenglianError

Attempt = Callable[[Stage], Awaitable[object]]


class Trial(NamedTuple):
    """What is tried, in words, the code it must be refused with, and the attempt."""

    zh: str
    en: str
    expected: Code
    attempt: Attempt


class NotRefused(Exception):
    """Something that must be refused was let through: the story ends here."""


async def tell(stage: Stage) -> None:
    """Tell the act: all are tried at once but the last, which ends what others need; raises NotRefused."""
    stage.screen.chapter("拒绝：每一种都有代码和理由", "refusals: each with its code and its reason")
    await uses.prepare(stage)
    refusals = await asyncio.gather(*(_try(stage, trial) for trial in TRIALS[:-1]))
    refusals.append(await _try(stage, TRIALS[-1]))
    for trial, refusal in zip(TRIALS, refusals, strict=True):
        stage.say(trial.zh, trial.en)
        stage.screen.refuse(refusal)
    stage.refusals += refusals


async def _try(stage: Stage, trial: Trial) -> ZhenglianError:
    """With what it was refused, which is what was expected; raises what else goes wrong, and NotRefused."""
    try:
        await trial.attempt(stage)
    except ZhenglianError as error:
        if error.code != trial.expected:
            raise
        return error
    raise NotRefused(trial.expected.name)


TRIALS: Final = (
    Trial("口令输错", "the wrong passphrase", Code.WRONG_PASSPHRASE, access.mistype_passphrase),
    Trial("节点没有应答", "no node answers", Code.NODE_UNREACHABLE, access.ask_silent_node),
    Trial("材料库没有应答", "no vault answers", Code.VAULT_UNREACHABLE, access.ask_silent_vault),
    Trial("截获的签名查询再问一次", "a caught question is asked again", Code.REPLAYED, writes.replay),
    Trial("过期的批次", "a batch signed too long ago", Code.BATCH_EXPIRED, writes.submit_late),
    Trial("另一条链的批次", "a batch of another chain", Code.FOREIGN_CHAIN, writes.use_foreign_chain),
    Trial(
        "冒用其他系统名义签名", "signed by a stranger's key", Code.WRONG_SIGNATURE, writes.sign_for_another
    ),
    Trial(
        "经转发平台以未登记系统的名义提交",
        "a system that nobody registered, through a relay",
        Code.UNKNOWN_SYSTEM,
        writes.name_unknown_system,
    ),
    Trial("未登记的信道证书", "an unregistered channel", Code.CHANNEL_UNKNOWN, writes.come_unregistered),
    Trial("信用代码输错一位", "one digit mistyped", Code.WRONG_CHECK_DIGIT, writes.resolve_wrong_code),
    Trial("无发证职能的单位发证", "issuing without the role", Code.NOT_PERMITTED, writes.issue_without_role),
    Trial(
        "不在发证清单的单位发证",
        "issuing without being listed",
        Code.ISSUER_NOT_LISTED,
        writes.issue_unlisted,
    ),
    Trial(
        "无依据向申请人索要纸质证照",
        "demanding paper without a basis",
        Code.BASIS_REQUIRED,
        writes.demand_paper,
    ),
    Trial(
        "改动一个字节的文件",
        "a file with one byte changed",
        Code.FILE_DIGEST_MISMATCH,
        writes.verify_altered_file,
    ),
    Trial("子授权比上级宽", "a grant wider than its parent", Code.GRANT_WIDENED, uses.widen),
    Trial(
        "被授权单位自行见证", "the gaining unit attests", Code.ATTESTOR_IS_GRANTEE, uses.attest_for_oneself
    ),
    Trial(
        "本人尚未确认",
        "the holder has not confirmed",
        Code.SESSION_UNCONFIRMED,
        uses.ask_without_confirmation,
    ),
    Trial("超出目的用证", "use beyond the purpose", Code.OUTSIDE_PURPOSE, uses.exceed_purpose),
    Trial("超出事项用证", "use beyond the matter", Code.OUTSIDE_MATTER, uses.exceed_matter),
    Trial("超出范围用证", "use of a record not granted", Code.OUTSIDE_RECORDS, uses.exceed_records),
    Trial("超出字段用证", "use of fields not granted", Code.OUTSIDE_FIELDS, uses.exceed_fields),
    Trial("超出渠道用证", "use outside the granted channel", Code.OUTSIDE_CHANNEL, uses.exceed_channel),
    Trial("超出期限用证", "use after the granted time", Code.GRANT_EXPIRED, uses.exceed_time),
    Trial("超出次数用证", "use beyond the count", Code.NO_USES_LEFT, uses.exceed_count),
    Trial("没有用证却据以决定", "relying on what was never used", Code.NO_PRIOR_USE, uses.rely_on_nothing),
    Trial("凭他人的用证取件", "fetching by another unit's use", Code.VAULT_NOT_YOURS, uses.fetch_for_another),
    Trial("同一用证再次取件", "fetching again what was released", Code.USE_CLOSED, uses.fetch_again),
    Trial("没有用证就取件", "fetching without a use", Code.VAULT_NO_USE, uses.fetch_without_use),
    Trial("查询已办结办件的免交方案", "a plan of a closed case", Code.CASE_NOT_OPEN, uses.plan_closed_case),
    Trial(
        "窗口查询主体全部轨迹",
        "a window reads a subject's trace",
        Code.READ_NOT_PERMITTED,
        uses.trace_as_window,
    ),
    Trial(
        "上级授权撤销后用证",
        "use after an ancestor's revocation",
        Code.GRANT_REVOKED,
        uses.use_after_revocation,
    ),
)
"""The revocation comes last: it ends a chain that others here stand on."""

"""拒绝: one refusal of each kind that the story can meet.

Each is tried in earnest, as whoever would do it, and shown with its code and sentence.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from story.acts import refused_uses, refused_writes
from story.stage import Stage
from zhenglian import Code, ZhenglianError

Attempt = Callable[[Stage], Awaitable[object]]


class NotRefused(Exception):
    """Something that must be refused was let through: the story ends here."""


async def tell(stage: Stage) -> None:
    """Tell the act; raises NotRefused."""
    stage.screen.chapter("拒绝：每一种都有代码和理由", "refusals: each with its code and its reason")
    for (zh, en, expected), attempt in ATTEMPTS.items():
        stage.say(zh, en)
        try:
            await attempt(stage)
        except ZhenglianError as error:
            if error.code != expected:
                raise
            stage.screen.refuse(error)
            stage.refusals.append(error)
        else:
            raise NotRefused(expected.name)


ATTEMPTS: Final[dict[tuple[str, str, Code], Attempt]] = {
    ("截获的签名查询再问一次", "a caught question is asked again", Code.REPLAYED): refused_writes.replay,
    ("另一条链的批次", "a batch of another chain", Code.FOREIGN_CHAIN): refused_writes.use_foreign_chain,
    ("冒用他人系统签名", "signed by a stranger's key", Code.WRONG_SIGNATURE): refused_writes.sign_for_another,
    ("未登记的信道证书", "an unregistered channel", Code.CHANNEL_UNKNOWN): refused_writes.come_unregistered,
    ("信用代码输错一位", "one digit mistyped", Code.WRONG_CHECK_DIGIT): refused_writes.resolve_wrong_code,
    (
        "无发证职能的单位发证",
        "issuing without the role",
        Code.NOT_PERMITTED,
    ): refused_writes.issue_without_role,
    (
        "不在发证清单的单位发证",
        "issuing without being listed",
        Code.ISSUER_NOT_LISTED,
    ): refused_writes.issue_unlisted,
    (
        "无依据向申请人索要纸质证照",
        "demanding paper without a basis",
        Code.BASIS_REQUIRED,
    ): refused_writes.demand_paper,
    (
        "改动一个字节的文件",
        "a file with one byte changed",
        Code.FILE_DIGEST_MISMATCH,
    ): refused_writes.verify_altered_file,
    ("子授权比上级宽", "a grant wider than its parent", Code.GRANT_WIDENED): refused_uses.widen,
    (
        "受益单位自己作证",
        "the gaining unit attests",
        Code.ATTESTOR_IS_GRANTEE,
    ): refused_uses.attest_for_oneself,
    (
        "本人尚未确认",
        "the holder has not confirmed",
        Code.SESSION_UNCONFIRMED,
    ): refused_uses.ask_without_confirmation,
    ("超出目的用证", "use beyond the purpose", Code.OUTSIDE_PURPOSE): refused_uses.exceed_purpose,
    ("超出事项用证", "use beyond the matter", Code.OUTSIDE_MATTER): refused_uses.exceed_matter,
    ("超出范围用证", "use of a record not granted", Code.OUTSIDE_RECORDS): refused_uses.exceed_records,
    ("超出次数用证", "use beyond the count", Code.NO_USES_LEFT): refused_uses.exceed_count,
    (
        "没有用证却作为决定依据",
        "relying on what was never used",
        Code.NO_PRIOR_USE,
    ): refused_uses.rely_on_nothing,
    (
        "凭他人的用证取件",
        "fetching by another unit's use",
        Code.VAULT_NOT_YOURS,
    ): refused_uses.fetch_for_another,
    ("没有用证就取件", "fetching without a use", Code.VAULT_NO_USE): refused_uses.fetch_without_use,
    ("对已办结的办件问方案", "a plan of a closed case", Code.CASE_NOT_OPEN): refused_uses.plan_closed_case,
    (
        "窗口查询主体全部轨迹",
        "a window reads a subject's trace",
        Code.READ_NOT_PERMITTED,
    ): refused_uses.trace_as_window,
    (
        "上级授权撤销后用证",
        "use after an ancestor's revocation",
        Code.GRANT_REVOKED,
    ): refused_uses.use_after_revocation,
}
"""What is tried, with the code it must be refused with. The revocation comes last: it ends a chain."""

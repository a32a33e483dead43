"""The words of a plan, in Chinese and English: one table for each thing a row says (SPEC 7.4)."""

from enum import StrEnum
from typing import Final

from zhenglian_ledger.verify.sentences import Sentence
from zhenglian_proto.v1 import node_pb2, registries_pb2


class Verdict(StrEnum):
    """What a plan says of a row. The value is what programs exchange."""

    EXEMPT = "EXEMPT"
    NEEDS_GRANT = "NEEDS_GRANT"
    OBTAIN_FROM_ISSUER = "OBTAIN_FROM_ISSUER"
    MAY_FOLLOW = "MAY_FOLLOW"
    MUST_SUBMIT = "MUST_SUBMIT"


HEADINGS: Final = (
    Sentence("材料", "material"),
    Sentence("来源", "source"),
    Sentence("免交方式", "path"),
    Sentence("结论", "verdict"),
    Sentence("依据", "basis"),
)

NOTHING: Final = Sentence("—", "—")

VERDICTS: Final = {
    node_pb2.VERDICT_EXEMPT: (Verdict.EXEMPT, Sentence("免于提交", "exempt")),
    node_pb2.VERDICT_NEEDS_GRANT: (Verdict.NEEDS_GRANT, Sentence("授权后免于提交", "exempt once granted")),
    node_pb2.VERDICT_OBTAIN_FROM_ISSUER: (
        Verdict.OBTAIN_FROM_ISSUER,
        Sentence("由窗口向发证单位调取", "the window asks the issuer"),
    ),
    node_pb2.VERDICT_MAY_FOLLOW: (Verdict.MAY_FOLLOW, Sentence("容缺后补", "may follow")),
    node_pb2.VERDICT_MUST_SUBMIT: (Verdict.MUST_SUBMIT, Sentence("须提交", "must be submitted")),
}

HANDED_IN: Final = Sentence("已收件，无需再交", "handed in, nothing more needed")
"""The verdict of a row that is exempt because this very case has it (PATH_THIS_CASE)."""

SOURCES: Final = {
    registries_pb2.SOURCE_GOVERNMENT_ISSUED: Sentence("政府核发", "issued by government"),
    registries_pb2.SOURCE_APPLICANT_MADE: Sentence("申请人自备", "made by the applicant"),
    registries_pb2.SOURCE_THIRD_PARTY: Sentence("第三方出具", "made by a third party"),
}

PATHS: Final = {
    node_pb2.PATH_LICENCE: Sentence("电子证照", "e-licence"),
    node_pb2.PATH_SUBJECT_MATERIAL: Sentence("同一主体历史材料", "historic material of the subject"),
    node_pb2.PATH_PROJECT_MATERIAL: Sentence("同一项目历史材料", "historic material of the project"),
    node_pb2.PATH_COMMITMENT: Sentence("告知承诺", "commitment"),
    node_pb2.PATH_SHARED_DATA: Sentence("数据共享", "shared data"),
    node_pb2.PATH_ASSISTANCE: Sentence("行政协助", "assistance"),
    node_pb2.PATH_THIS_CASE: Sentence("本办件已提交", "handed in with this case"),
}

REASONS: Final = {
    node_pb2.WHY_COVERED: Sentence("已有有效授权", "a live grant covers it"),
    node_pb2.WHY_GRANT_MISSING: Sentence("已有可用记录，尚缺持有人授权", "it exists, a grant is missing"),
    node_pb2.WHY_GOVERNMENT_ISSUED: Sentence(
        "政府核发材料不向申请人索要", "what government issued is not asked of the applicant"
    ),
    node_pb2.WHY_NOT_REUSABLE: Sentence(
        "没有同一场所或项目的可复用记录", "nothing reusable is on record for these premises or this project"
    ),
    node_pb2.WHY_NO_RECOGNISED_ISSUER: Sentence("没有获认可的出具单位", "no recognised issuer"),
    node_pb2.WHY_PAPER_BY_LAW: Sentence("法律要求纸质原件", "the law demands paper"),
    node_pb2.WHY_NOTHING_VALID: Sentence("没有有效的已有记录", "nothing valid is on record"),
    node_pb2.WHY_MAY_FOLLOW: Sentence("清单允许容缺", "the list allows it to follow"),
    node_pb2.WHY_HANDED_IN: Sentence("本办件已收取", "this case has it already"),
    node_pb2.WHY_RETRIEVED: Sentence("本办件已调取", "retrieved in this case already"),
    node_pb2.WHY_COMMITMENT: Sentence("清单允许告知承诺", "the list allows a commitment"),
}

WARNINGS: Final = {
    node_pb2.WARNING_EXPIRES_EARLY: Sentence("在承诺办结日前到期", "expires before the promised date"),
    node_pb2.WARNING_DISPUTED: Sentence("存在未解决的异议", "an unresolved dispute"),
    node_pb2.WARNING_SUSPENDED: Sentence("已暂停使用", "suspended"),
    node_pb2.WARNING_TOO_OLD: Sentence("已超过可复用年限", "too old to be reused"),
}

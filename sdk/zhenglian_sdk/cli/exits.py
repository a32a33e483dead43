"""Exit codes of the command line: one table (sysexits.h, where it has one).

A program that only looks at the exit code must never take an outage for a negative answer, nor either of them
for a lie: 1 is an answer, 3 and 69 are no answer, 5 is an answer that cannot be true.
"""

from enum import IntEnum
from typing import Final, Self

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import (
    Denied,
    InvalidBatch,
    InvalidEncoding,
    InvalidInput,
    Refused,
    StoreError,
    Unreachable,
    VerificationFailed,
    ZhenglianError,
)
from zhenglian_ledger.verify.sentences import AnswerState


class Exit(IntEnum):
    """What the process says with its exit code, in Chinese and English."""

    zh: str
    en: str

    def __new__(cls, value: int, zh: str, en: str) -> Self:
        """Return the member for `value` with its two meanings attached."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.zh = zh
        member.en = en
        return member

    OK = 0, "完成；核验为有效", "done; verified as valid"
    NEGATIVE = 1, "否定的回答：无效、已撤销、无此记录等", "a negative answer: INVALID, REVOKED, NOT_FOUND …"
    USAGE = 2, "命令行有误", "the command line is wrong"
    UNKNOWN = 3, "无法判定：证明过旧或查询中断", "UNKNOWN: the proof is stale, or nobody could be asked"
    REFUSED = 4, "被账本规则拒绝，或批次未被接受", "refused by the ledger"
    UNPROVEN = 5, "证明不成立：节点的回答不可信", "a proof failed: what the node says cannot be true"
    DATA = 65, "输入有误", "an input cannot be used"
    INPUT = 66, "所指文件不存在", "a file that was named does not exist"
    UNAVAILABLE = 69, "无法连接节点、网关或材料库", "node, gateway or vault cannot be reached"
    INTERNAL = 70, "程序故障", "a fault of the program"
    BUSY = 75, "对方繁忙，请稍后重试", "the service is busy: try again later"
    DENIED = 77, "无权操作，或口令错误", "not permitted, or a wrong passphrase"
    CONFIG = 78, "配置有误", "the configuration is wrong"
    INTERRUPTED = 130, "被用户中断", "interrupted by the user"


EXIT_TABLE: Final = "\n\n".join(
    ["退出码 / exit codes:", *(f"{code.value}: {code.zh} / {code.en}" for code in Exit)]
)
"""The table as the help shows it."""

_BY_CODE: Final = {
    Code.PROOF_STALE: Exit.UNKNOWN,
    Code.TRUST_EXPIRED: Exit.UNKNOWN,
    Code.VAULT_STALE: Exit.UNKNOWN,
    Code.ANSWER_MALFORMED: Exit.UNPROVEN,
    Code.FILE_DIGEST_MISMATCH: Exit.UNPROVEN,
    Code.NOT_COMMITTED: Exit.REFUSED,
    Code.OVERLOADED: Exit.BUSY,
    Code.NODE_STOPPING: Exit.BUSY,
    Code.NOTHING_PROVEN: Exit.BUSY,
    Code.STATE_MOVED: Exit.BUSY,
    Code.GATEWAY_RATE: Exit.BUSY,
    Code.INTERNAL: Exit.INTERNAL,
    Code.FILE_NOT_FOUND: Exit.INPUT,
    Code.WRONG_PASSPHRASE: Exit.DENIED,
    Code.PLATFORM_UNSUPPORTED: Exit.UNAVAILABLE,
}
_BY_KIND: Final[tuple[tuple[type[ZhenglianError], Exit], ...]] = (
    (Refused, Exit.REFUSED),
    (InvalidBatch, Exit.REFUSED),
    (VerificationFailed, Exit.UNPROVEN),
    (Unreachable, Exit.UNAVAILABLE),
    (Denied, Exit.DENIED),
    (StoreError, Exit.CONFIG),
    (InvalidInput, Exit.DATA),
    (InvalidEncoding, Exit.DATA),
)
"""For codes that have no row of their own."""


def compute_exit(error: ZhenglianError) -> Exit:
    """The exit code of an error."""
    row = _BY_CODE.get(error.code)
    if row is not None:
        return row
    return next((code for kind, code in _BY_KIND if isinstance(error, kind)), Exit.INTERNAL)


def compute_answer_exit(state: AnswerState) -> Exit:
    """The exit code of an answer about a record."""
    return {AnswerState.VALID: Exit.OK, AnswerState.UNKNOWN: Exit.UNKNOWN}.get(state, Exit.NEGATIVE)

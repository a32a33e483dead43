"""What a caller reads: states and reasons in Chinese and English, as one table each (SPEC 8.9)."""

from enum import StrEnum
from typing import Final, NamedTuple

from zhenglian_proto.v1 import records_pb2


class Sentence(NamedTuple):
    """One thing said in both languages."""

    zh: str
    en: str


class AnswerState(StrEnum):
    """What an answer says of a record. The value is what programs and machines exchange."""

    VALID = "VALID"
    INVALID = "INVALID"
    REVOKED = "REVOKED"
    CANCELLED = "CANCELLED"
    SUPERSEDED = "SUPERSEDED"
    SUSPENDED = "SUSPENDED"
    PENDING = "PENDING"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    NOT_FOUND = "NOT_FOUND"
    UNKNOWN = "UNKNOWN"


class Assurance(StrEnum):
    """PROVEN: under a header that was verified. STATED: the node says so, and nobody can prove it."""

    PROVEN = "PROVEN"
    STATED = "STATED"


class Clock(StrEnum):
    """Which clock a computed expiry was read from: the later of the header's time and this device's."""

    LEDGER = "LEDGER"
    DEVICE = "DEVICE"


STATES: Final = {
    AnswerState.VALID: Sentence("有效", "valid"),
    AnswerState.INVALID: Sentence("无效", "not valid"),
    AnswerState.REVOKED: Sentence("已被发证单位撤销", "revoked by its issuer"),
    AnswerState.CANCELLED: Sentence("已注销", "cancelled"),
    AnswerState.SUPERSEDED: Sentence("已被新证替代", "superseded by a newer one"),
    AnswerState.SUSPENDED: Sentence("已暂停使用", "suspended"),
    AnswerState.PENDING: Sentence("已归集，尚未被办件采信", "collected, not yet accepted by its case"),
    AnswerState.EXPIRED: Sentence("已过有效期", "expired"),
    AnswerState.NOT_YET_VALID: Sentence("尚未生效", "not yet valid"),
    AnswerState.NOT_FOUND: Sentence("节点称没有这条记录", "the node says there is no such record"),
    AnswerState.UNKNOWN: Sentence("无法判定", "cannot be told"),
}

DISPUTED: Final = Sentence("存在未解决的异议", "with an unresolved dispute")

CLOCKS: Final = {
    Clock.LEDGER: Sentence("按账本时间", "by ledger time"),
    Clock.DEVICE: Sentence("按本机时间", "by this device's clock"),
}

REASONS: Final = {
    records_pb2.REASON_WITHHELD: Sentence("暂扣", "withheld"),
    records_pb2.REASON_RESCINDED: Sentence("撤销", "rescinded"),
    records_pb2.REASON_CANCELLED: Sentence("注销", "cancelled"),
    records_pb2.REASON_REVOKED_AS_PENALTY: Sentence("吊销", "revoked as a penalty"),
    records_pb2.REASON_LAPSED: Sentence("失效", "lapsed"),
    records_pb2.REASON_TRANSFERRED_OUT: Sentence("转出", "transferred out"),
    records_pb2.REASON_RETURNED: Sentence("暂扣发还", "returned after being withheld"),
    records_pb2.REASON_ISSUED_IN_ERROR: Sentence("误发", "issued in error"),
}

MATERIAL_REASONS: Final = {
    records_pb2.MATERIAL_EVENT_REJECT: Sentence("办件未采信", "rejected by its case"),
    records_pb2.MATERIAL_EVENT_WITHDRAW: Sentence("已撤回", "withdrawn"),
}

"""What an entry of a trace is called, what it is about, and what became of it."""

from typing import Any, Final, NamedTuple

from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_ledger.codes import CODES
from zhenglian_ledger.verify.sentences import Sentence
from zhenglian_ledger.verify.trace import TracedEntry

ACTIONS: Final = {
    "plan_query": Sentence("查询免交方案", "plan"),
    "verify_query": Sentence("核验", "verify"),
    "audit_query": Sentence("查阅轨迹", "audit"),
    "present": Sentence("亮证", "present"),
    "open_use": Sentence("调证", "retrieve"),
    "close_use": Sentence("调证交付", "release closed"),
    "rely": Sentence("用证决定", "rely"),
    "give_grant": Sentence("授权", "grant given"),
    "change_grant": Sentence("授权变更", "grant changed"),
    "issue_licence": Sentence("制发证照", "licence issued"),
    "change_licence": Sentence("证照变更", "licence changed"),
    "collect_material": Sentence("归集材料", "material collected"),
    "decide_material": Sentence("材料采信", "material decided"),
    "open_case": Sentence("登记办件", "case opened"),
    "advance_case": Sentence("办件推进", "case advanced"),
    "bind_holder_key": Sentence("绑定密钥", "key bound"),
    "end_holder_key": Sentence("停用密钥", "key ended"),
    "raise_dispute": Sentence("提出异议", "dispute raised"),
    "clear_dispute": Sentence("异议结案", "dispute cleared"),
}
"""Operation → its name; any other is called as the format calls it."""

HEADINGS: Final = (
    Sentence("序号", "no."),
    Sentence("北京时间（UTC+8）", "time in Beijing (UTC+8)"),
    Sentence("动作", "action"),
    Sentence("结果", "result"),
    Sentence("对象", "object"),
    Sentence("办件", "case"),
    Sentence("经办人", "actor"),
    Sentence("高度", "height"),
)

_OBJECTS: Final = ("record", "licence", "material", "dispute", "use", "grant", "subject", "sha256", "id")
"""Fields that name what an operation is about, the most telling first."""


class Described(NamedTuple):
    """An entry in words; ids in hex, empty where there is none."""

    action: Sentence
    result: Sentence
    about: str
    case: str
    actor: str


def describe_entry(traced: TracedEntry) -> Described:
    """What the entry says."""
    kind = traced.operation.WhichOneof("kind") or ""
    message = getattr(traced.operation, kind)
    code = CODES.get(traced.entry.code)
    result = Sentence(str(traced.entry.code), str(traced.entry.code))
    if code is not None:
        result = Sentence(code.zh, code.en) if code else Sentence("已接受", "accepted")
    return Described(
        action=ACTIONS.get(kind, Sentence(kind, kind)),
        result=result,
        about=_find_object(kind, message),
        case=_find_case(message),
        actor=traced.operation.context.actor.hex(),
    )


def _find_object(kind: str, message: Any) -> str:  # noqa: ANN401  any operation's message
    if kind == "give_grant":
        return compute_grant_id(message.body).hex()
    holder = message.body if "body" in message.DESCRIPTOR.fields_by_name else message
    for name in _OBJECTS:
        value = getattr(holder, name, b"") if name in holder.DESCRIPTOR.fields_by_name else b""
        if isinstance(value, bytes) and value:
            return value.hex()
    return ""


def _find_case(message: Any) -> str:  # noqa: ANN401
    fields = message.DESCRIPTOR.fields_by_name
    for holder, name in ((message, "case_number"), (message, "number")):
        if name in fields and getattr(holder, name):
            return str(getattr(holder, name))
    return str(message.particulars.case_number) if "particulars" in fields else ""

"""How an answer about a record is shown: the state first, then why, then what it rests on."""

from zhenglian_ledger.codes import Code
from zhenglian_ledger.verify.sentences import AnswerState, Assurance, Sentence
from zhenglian_proto.v1.types_pb2 import KIND_LICENCE
from zhenglian_sdk.civil_time import format_last_day, format_moment
from zhenglian_sdk.cli.exits import Exit, compute_answer_exit
from zhenglian_sdk.cli.screen import Cell, Screen
from zhenglian_sdk.client.answers import Answer

_ASSURANCES = {
    Assurance.PROVEN: Sentence("已证明（据信任文件核验）", "PROVEN, verified against the trust file"),
    Assurance.STATED: Sentence("仅为节点所称，无法证明", "STATED by the node, which nobody can prove"),
}


def show_answer(screen: Screen, answer: Answer, *, has_details: bool = False) -> Exit:
    """The answer is shown, with the record itself where `has_details`; its exit code."""
    disputed = " DISPUTED" if answer.disputed else ""
    screen.say(f"{answer.state.value}{disputed}：{answer.zh}", f"{answer.state.value}{disputed}: {answer.en}")
    facts = _describe(answer)
    if has_details:
        facts |= _describe_record(answer)
    screen.facts(facts | _describe_proof(answer))
    screen.json(build_fields(answer))
    return compute_answer_exit(answer.state)


def build_fields(answer: Answer) -> dict[str, object]:
    """The answer for a program: bytes in hex, times in milliseconds; UNKNOWN is nobody's word: null."""
    is_known = answer.state != AnswerState.UNKNOWN
    fields: dict[str, object] = {
        "state": answer.state.value,
        "disputed": answer.disputed,
        "assurance": answer.assurance.value if is_known else None,
        "zh": answer.zh,
        "en": answer.en,
        "reason": answer.reason,
        "reason_assurance": answer.reason_assurance.value if is_known else None,
        "code": answer.code.name,
        "height": answer.height,
        "time_ms": answer.time_ms,
        "clock": answer.clock.value,
        "successor": answer.successor.hex(),
        "issuer": answer.issuer,
        "node": answer.node,
    }
    if answer.verified is None:
        return fields
    record = answer.record
    return fields | {
        "record": record.id.hex(),
        "kind": "LICENCE" if answer.verified.record.kind == KIND_LICENCE else "MATERIAL",
        "type": record.type,
        "holders": [holder.hex() for holder in record.holders],
        "custodian": record.custodian,
        "valid_from_ms": record.valid.from_ms,
        "valid_to_ms": record.valid.to_ms,
        "sha256": record.content.sha256.hex(),
        "sm3": record.content.sm3.hex(),
        "salted": record.content.salted,
        "disputes": [dispute.message.id.hex() for dispute in answer.verified.disputes],
    }


def _describe(answer: Answer) -> dict[Sentence, Cell]:
    if answer.verified is None:
        return {}
    record = answer.record
    return {
        Sentence("记录", "record"): record.id.hex(),
        Sentence("类型", "type"): f"{record.type} {answer.verified.type.message.name}",
        Sentence("签发系统所属单位", "signed for"): answer.issuer,
        Sentence(
            "有效期", "valid"
        ): f"{format_moment(record.valid.from_ms)} – {format_last_day(record.valid.to_ms)}",
        Sentence("替代证照", "successor"): answer.successor.hex(),
        **{
            Sentence(f"异议 {n}", f"dispute {n}"): dispute.message.id.hex()
            for n, dispute in enumerate(answer.verified.disputes, start=1)
        },
    }


def _describe_record(answer: Answer) -> dict[Sentence, Cell]:
    if answer.verified is None:
        return {}
    record = answer.record
    is_licence = answer.verified.record.kind == KIND_LICENCE
    facts: dict[Sentence, Cell] = {
        Sentence(f"持证主体 {n}", f"holder {n}"): holder.hex()
        for n, holder in enumerate(record.holders, start=1)
    }
    return facts | {
        Sentence("发证单位", "issuing unit"): record.issuing_unit if is_licence else "",
        Sentence("办件", "case"): record.case.number if is_licence else record.case_number,
        Sentence("保管单位", "custodian"): record.custodian,
        Sentence("摘要 SHA-256", "SHA-256"): record.content.sha256.hex(),
        Sentence("摘要 SM3", "SM3"): record.content.sm3.hex(),
    }


def _describe_proof(answer: Answer) -> dict[Sentence, Cell]:
    if not answer.height:
        return {}
    facts: dict[Sentence, Cell] = {
        Sentence("可信程度", "assurance"): _ASSURANCES[answer.assurance],
        Sentence("账本高度", "height"): answer.height,
        Sentence("账本时间", "ledger time"): format_moment(answer.time_ms),
    }
    if answer.reason and answer.reason_assurance == Assurance.STATED:
        facts[Sentence("原因", "reason")] = _ASSURANCES[answer.reason_assurance]
    if answer.code != Code.OK:
        facts[Sentence("说明", "note")] = Sentence(answer.code.zh, answer.code.en)
    return facts

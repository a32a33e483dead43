"""From what is proven to what is said: the one sentence a window, a program or an auditor acts on (SPEC 8.9).

    status → ended, superseded, suspended, pending    interval and time → expired, not yet valid    else VALID

Expiry is computed here and never written on the ledger. Only VALID says that a record can be relied on.
"""

from dataclasses import dataclass
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import ZhenglianError
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.objects import UNDISPUTED
from zhenglian_ledger.verify.anchor import Proven
from zhenglian_ledger.verify.grants import TIME_TOLERANCE_MS
from zhenglian_ledger.verify.record import VerifiedRecord
from zhenglian_ledger.verify.record_answer import VerifiedRecordAnswer
from zhenglian_ledger.verify.sentences import (
    CLOCKS,
    DISPUTED,
    MATERIAL_REASONS,
    REASONS,
    STATES,
    AnswerState,
    Assurance,
    Clock,
    Sentence,
)
from zhenglian_proto.v1 import records_pb2

_ENDED: Final = {
    records_pb2.LICENCE_EVENT_REVOKE: AnswerState.REVOKED,
    records_pb2.LICENCE_EVENT_CANCEL: AnswerState.CANCELLED,
}
_NOTHING: Final = Sentence("", "")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of a record at `height` and `time_ms` (0: no header), and how surely.

    `reason` is a name such as REASON_WITHHELD or MATERIAL_EVENT_REJECT, or empty. What ended or superseded a
    record happened once, so it is PROVEN; a record may have been suspended before, and which suspension is
    the present one is STATED by the node: `reason_assurance`. `code` says why something is UNKNOWN, only
    stated, or in doubt; `clock` by which clock expiry was judged; `successor` the id that superseded it.
    """

    state: AnswerState
    disputed: bool
    assurance: Assurance
    zh: str
    en: str
    height: int = 0
    time_ms: int = 0
    reason: str = ""
    code: Code = Code.OK
    clock: Clock = Clock.LEDGER
    successor: bytes = b""
    reason_assurance: Assurance = Assurance.PROVEN


def compute_answer(verified: VerifiedRecordAnswer, proven: Proven, device_ms: int = 0) -> Answer:
    """The answer about a proven record; `device_ms` is this machine's clock, 0 to go by the header alone."""
    record = verified.record
    clock = Clock.DEVICE if device_ms > proven.time_ms else Clock.LEDGER
    state = compute_state(record, max(proven.time_ms, device_ms))
    in_doubt = verified.signature is not None and verified.signature.is_key_compromised
    disputed = record.status in UNDISPUTED or bool(verified.disputes) or in_doubt
    reason, said = _compute_reason(record, state)
    timed = state in (AnswerState.EXPIRED, AnswerState.NOT_YET_VALID)
    zh, en = _join(
        STATES[state], said, CLOCKS[clock] if timed else _NOTHING, DISPUTED if disputed else _NOTHING
    )
    return Answer(
        state=state,
        disputed=disputed,
        assurance=Assurance.PROVEN,
        zh=zh,
        en=en,
        height=proven.height,
        time_ms=proven.time_ms,
        reason=reason,
        code=Code.SIGNING_KEY_COMPROMISED if in_doubt else Code.OK,
        clock=clock,
        successor=_get_successor(record),
        reason_assurance=Assurance.STATED if state == AnswerState.SUSPENDED else Assurance.PROVEN,
    )


def compute_not_found(proven: Proven) -> Answer:
    """The answer where the node says there is no such record: STATED, for absence from a log has no proof."""
    zh, en = STATES[AnswerState.NOT_FOUND]
    return Answer(
        AnswerState.NOT_FOUND,
        disputed=False,
        assurance=Assurance.STATED,
        zh=zh,
        en=en,
        height=proven.height,
        time_ms=proven.time_ms,
        code=Code.NOTHING_KNOWN,
    )


def compute_unknown(error: ZhenglianError) -> Answer:
    """The answer where nothing can be said: a stale header, a node out of reach, a suite that is missing."""
    zh, en = _join(STATES[AnswerState.UNKNOWN], Sentence(error.zh, error.en))
    return Answer(
        AnswerState.UNKNOWN, disputed=False, assurance=Assurance.STATED, zh=zh, en=en, code=error.code
    )


def compute_state(record: VerifiedRecord, at_ms: int) -> AnswerState:
    """The state of a proven licence or material at `at_ms`; its interval is half-open, 0 = no end.

    As everywhere, a beginning may lie ahead by the time tolerance, and an end may not (SPEC 1.6).
    """
    status = UNDISPUTED.get(record.status, record.status)
    valid = record.message.valid
    if status == Status.INVALID:
        return _compute_end(record)
    if status == Status.SUPERSEDED:
        return AnswerState.SUPERSEDED
    if valid.to_ms and at_ms >= valid.to_ms:
        return AnswerState.EXPIRED
    if status == Status.SUSPENDED:
        return AnswerState.SUSPENDED
    if status == Status.PENDING:
        return AnswerState.PENDING
    if valid.from_ms > at_ms + TIME_TOLERANCE_MS:
        return AnswerState.NOT_YET_VALID
    return AnswerState.VALID if status == Status.VALID else AnswerState.INVALID


def _compute_end(record: VerifiedRecord) -> AnswerState:
    change = record.change
    if change is None or change.operation.WhichOneof("kind") != "change_licence":
        return AnswerState.INVALID
    return _ENDED.get(change.operation.change_licence.event, AnswerState.INVALID)


def _compute_reason(record: VerifiedRecord, state: AnswerState) -> tuple[str, Sentence]:
    """Name and sentence of why the record is not in force, where the entry that changed it says so."""
    change = record.change
    if change is None or state in (AnswerState.VALID, AnswerState.EXPIRED, AnswerState.NOT_YET_VALID):
        return "", _NOTHING
    if change.operation.HasField("change_licence"):
        why = change.operation.change_licence.reason
        return records_pb2.Reason.Name(why), REASONS[why]
    if change.operation.HasField("decide_material"):
        event = change.operation.decide_material.event
        return records_pb2.MaterialEvent.Name(event), MATERIAL_REASONS.get(event, _NOTHING)
    return "", _NOTHING


def _get_successor(record: VerifiedRecord) -> bytes:
    if record.status != Status.SUPERSEDED or record.change is None:
        return b""
    return bytes(record.change.operation.issue_licence.id)


def _join(*parts: Sentence) -> Sentence:
    said = [part for part in parts if part != _NOTHING]
    return Sentence("，".join(part.zh for part in said), ", ".join(part.en for part in said))

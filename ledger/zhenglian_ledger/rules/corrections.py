"""Disputes 异议 (SPEC 5.10): an annotation beside a record's state, never instead of it.

Any registered unit may raise one against any record, within its member's daily quota; the responsible unit
clears it and names the root cause. The dispute's own entry is VALID while it is open, INVALID once cleared.
The record's nibble shows open disputes beside VALID and SUSPENDED only; it returns with the last one cleared.
"""

from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.lifecycle import DISPUTE_STATUS
from zhenglian_ledger.merkle.trace import TraceKind
from zhenglian_ledger.rows import COUNTER_DISPUTES, u32, u64
from zhenglian_ledger.rules.records import (
    Record,
    get_record,
    is_responsible,
    set_record_state,
    verify_unique,
)
from zhenglian_ledger.step import Step
from zhenglian_proto.v1 import corrections_pb2, state_pb2
from zhenglian_proto.v1.state_pb2 import DISPUTE_STANDING_CLEARED, DISPUTE_STANDING_RAISED
from zhenglian_proto.v1.types_pb2 import KIND_DISPUTE, KIND_LICENCE

DAY_MS = 86_400_000

_RAISED = state_pb2.DisputeState(standing=DISPUTE_STANDING_RAISED)


def process_raise_dispute(step: Step, dispute: corrections_pb2.RaiseDispute) -> None:
    """The dispute is open; the record's nibble, its trace and its holders' traces show it.

    Raises Refused: ALREADY_EXISTS, NOT_FOUND, DUPLICATE, DISPUTE_QUOTA.
    """
    step.verify_unused(KIND_DISPUTE, dispute.id)
    record = get_record(step, dispute.record)
    verify_unique(dispute.fields, "fields")
    _take_quota(step)
    _annotate(step, record, opened=1)
    step.create(KIND_DISPUTE, dispute.id, _RAISED, DISPUTE_STATUS[DISPUTE_STANDING_RAISED])
    step.state.put(rows.DISPUTE + dispute.record + u64(step.index), b"")


def process_clear_dispute(step: Step, clearing: corrections_pb2.ClearDispute) -> None:
    """The dispute is CLEARED with its root cause; the record shows the disputes that remain.

    Raises Refused: NOT_FOUND, NOT_RESPONSIBLE, DISPUTE_CLOSED.
    """
    found = step.get_existing(KIND_DISPUTE, clearing.dispute, "异议 dispute")
    record = get_record(step, found.operation.raise_dispute.record)
    if not is_responsible(step.state, step.author.unit, record):
        raise Refused(Code.NOT_RESPONSIBLE)
    state = step.state.get_state(KIND_DISPUTE, found.index, state_pb2.DisputeState)
    if state.standing != DISPUTE_STANDING_RAISED:
        raise Refused(Code.DISPUTE_CLOSED)
    _annotate(step, record, opened=-1)
    cleared = state_pb2.DisputeState(standing=DISPUTE_STANDING_CLEARED, cleared_index=step.index)
    step.state.put_state(KIND_DISPUTE, found.index, cleared)
    step.state.set_status(found.index, DISPUTE_STATUS[DISPUTE_STANDING_CLEARED])


def _take_quota(step: Step) -> None:
    """One more of the member's disputes of the day is taken; raises Refused(DISPUTE_QUOTA)."""
    name = step.author.member.encode() + b"\x00" + u32(step.time_ms // DAY_MS)
    taken = step.state.get_counter(COUNTER_DISPUTES, name)
    if taken >= step.parameters.max_member_disputes_a_day:
        raise Refused(Code.DISPUTE_QUOTA)
    step.state.put_counter(COUNTER_DISPUTES, name, taken + 1)


def _annotate(step: Step, record: Record, *, opened: int) -> None:
    """The record has `opened` more open disputes, and its trace and its holders' traces name the entry.

    A material that was never accepted has no trace of its own: nobody could rely on it.
    """
    record.state.open_disputes += opened
    set_record_state(step, record, traced=record.kind == KIND_LICENCE or record.state.decided_ms != 0)
    for holder in record.message.holders:
        step.trace(TraceKind.SUBJECT, holder)

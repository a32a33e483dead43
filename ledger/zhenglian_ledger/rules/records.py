"""What licences and materials share (SPEC 5.5, 5.6): one id space, holders, indexes, nibble and trace.

A record's RECORD trace holds what changed its status after it was first usable, and its disputes; a record
without such a trace has never changed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.lifecycle import compute_record_status
from zhenglian_ledger.merkle.trace import TraceKind
from zhenglian_ledger.rows import u64
from zhenglian_ledger.state import State
from zhenglian_ledger.step import Step
from zhenglian_proto.v1 import operation_pb2, records_pb2, state_pb2, types_pb2
from zhenglian_proto.v1.types_pb2 import KIND_LICENCE, KIND_MATERIAL


@dataclass(frozen=True, slots=True)
class Record:
    """A licence or material: id, kind, registry index, what was issued or collected, and its state now."""

    identifier: bytes
    kind: types_pb2.Kind
    index: int
    message: records_pb2.IssueLicence | records_pb2.CollectMaterial
    state: state_pb2.RecordState


def get_record(step: Step, identifier: bytes) -> Record:
    """The licence or material of that id, whatever its standing; raises Refused(NOT_FOUND)."""
    record = find_record(step.state, identifier)
    if record is None:
        raise Refused(Code.NOT_FOUND, what="记录 record")
    return record


def find_record(state: State, identifier: bytes) -> Record | None:
    """The licence or material of that id, whatever its standing, or None."""
    for kind in (KIND_LICENCE, KIND_MATERIAL):
        found = state.get_object(kind, identifier)
        if found is not None:
            record_state = state.get_state(kind, found.index, state_pb2.RecordState)
            return Record(identifier, kind, found.index, get_message(found.operation), record_state)
    return None


def get_message(
    operation: operation_pb2.Operation,
) -> records_pb2.IssueLicence | records_pb2.CollectMaterial:
    """What the operation of a record's entry issued or collected."""
    if operation.HasField("issue_licence"):
        return operation.issue_licence
    return operation.collect_material


def is_responsible(state: State, unit: str, record: Record) -> bool:
    """Whether `unit` answers for the record: it issued the licence, or collected the material in its case."""
    if isinstance(record.message, records_pb2.IssueLicence):
        return record.message.issuing_unit == unit
    return state.get(collected_key(unit, record.message.case_number, record.index)) is not None


def collected_key(unit: str, case_number: str, index: int) -> bytes:
    """Row that says which unit collected a material, in which case."""
    return rows.COLLECTED + rows.case_id(unit, case_number) + b"\x00" + u64(index)


def set_record_state(step: Step, record: Record, *, traced: bool = True) -> None:
    """The record's row, nibble and RECORD trace show that this operation changed `record.state`.

    `traced` is False for what a case decides over a material it has not accepted yet.
    """
    state = record.state
    step.state.put_state(record.kind, record.index, state)
    step.state.set_status(record.index, compute_record_status(state.standing, state.open_disputes))
    if traced:
        step.trace(TraceKind.RECORD, record.identifier)


def index_record(
    step: Step, kind: types_pb2.Kind, holders: Sequence[bytes], content: types_pb2.Content, unit: str
) -> None:
    """The record is found by each holder, and by its digest as the newest `unit` answers for."""
    put, suffix = step.state.put, bytes([kind]) + u64(step.index)
    for holder in holders:
        put(rows.HOLDING + holder + suffix, b"")
    put(rows.DIGEST + content.sha256 + unit.encode(), suffix)


def verify_record_unused(step: Step, identifier: bytes, code: Code) -> None:
    """Neither a licence nor a material has the id; raises Refused(`code`)."""
    get_index = step.state.get_index
    if get_index(KIND_LICENCE, identifier) is not None or get_index(KIND_MATERIAL, identifier) is not None:
        raise Refused(code)


def verify_holders(holders: Sequence[bytes]) -> None:
    """No holder is named twice; raises Refused(DUPLICATE)."""
    verify_unique(holders, "holders")


def verify_unique(values: Collection[bytes] | Collection[str] | Collection[int], field: str) -> None:
    """No value of the list `field` stands in it twice; raises Refused(DUPLICATE)."""
    if len(values) > 1 and len(set(values)) != len(values):
        raise Refused(Code.DUPLICATE, field=field)


def verify_interval(interval: types_pb2.Interval) -> None:
    """The half-open interval is not empty; raises Refused(WRONG_INTERVAL)."""
    if interval.to_ms and interval.to_ms <= interval.from_ms:
        raise Refused(Code.WRONG_INTERVAL)

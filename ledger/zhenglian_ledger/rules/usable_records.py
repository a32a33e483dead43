"""Records as uses see them (SPEC 5.9.1): found by id or digest, and usable now or not, and why not."""

from typing import Final

from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.rows import REGISTRY
from zhenglian_ledger.rules.records import Record, get_message
from zhenglian_ledger.state import State
from zhenglian_ledger.step import Step
from zhenglian_proto.v1.registries_pb2 import EFFECT_FORBID, EFFECT_WARN, Effect
from zhenglian_proto.v1.state_pb2 import (
    RECORD_STANDING_SUSPENDED,
    RECORD_STANDING_VALID,
    RecordStanding,
    RecordState,
)
from zhenglian_proto.v1.types_pb2 import (
    KIND_LICENCE,
    KIND_LICENCE_TYPE,
    KIND_MATERIAL,
    KIND_MATERIAL_TYPE,
    Kind,
)

_KINDS: Final = {int(kind): kind for kind in (KIND_LICENCE, KIND_MATERIAL)}

MAX_BY_DIGEST: Final = 16
"""Units one digest answers for, so that a look-up stays bounded."""


def get_records_by_digest(state: State, sha256: bytes) -> list[Record]:
    """The records whose content has that digest, newest first, for a VERIFY and for its trace alike.

    Of each responsible unit only the newest is looked at, and of the units at most MAX_BY_DIGEST, those with
    the newest records: a unit that registers a digest over and over hides nobody's record but its own.
    """
    prefix = rows.DIGEST + sha256
    found = sorted((value for _, value in state.scan(prefix)), key=lambda value: value[1:], reverse=True)
    return [
        _get_record(state, _KINDS[value[0]], int.from_bytes(value[1:], "big"))
        for value in found[:MAX_BY_DIGEST]
    ]


def verify_usable(step: Step, record: Record) -> None:
    """The record is valid and in its interval, and its type lets it be used if it is disputed or suspended.

    Raises Refused: RECORD_NOT_USABLE, DISPUTED, NOT_YET_VALID, EXPIRED.
    """
    on_dispute, on_suspension = _get_effects(step.state, record)
    state = record.state
    is_tolerated = state.standing == RECORD_STANDING_SUSPENDED and on_suspension == EFFECT_WARN
    if state.standing != RECORD_STANDING_VALID and not is_tolerated:
        name = RecordStanding.Name(state.standing).removeprefix("RECORD_STANDING_")
        raise Refused(Code.RECORD_NOT_USABLE, state=name)
    if state.open_disputes and on_dispute == EFFECT_FORBID:
        raise Refused(Code.DISPUTED)
    if not step.has_begun(record.message.valid.from_ms):
        raise Refused(Code.NOT_YET_VALID)
    if step.has_ended(record.message.valid.to_ms):
        raise Refused(Code.EXPIRED)


def _get_effects(state: State, record: Record) -> tuple[Effect, Effect]:
    """What a dispute and a suspension mean, by the newest entry of the record's type; else forbidden."""
    kind = KIND_LICENCE_TYPE if record.kind == KIND_LICENCE else KIND_MATERIAL_TYPE
    found = state.get_object(kind, record.message.type.encode())
    if found is None:
        return EFFECT_FORBID, EFFECT_FORBID
    if kind == KIND_LICENCE_TYPE:
        licence_type = found.operation.put_licence_type
        return licence_type.on_dispute, licence_type.on_suspension
    return found.operation.put_material_type.on_dispute, EFFECT_FORBID


def _get_record(state: State, kind: Kind, index: int) -> Record:
    message = get_message(state.get_operation(REGISTRY, index))
    return Record(message.id, kind, index, message, state.get_state(kind, index, RecordState))

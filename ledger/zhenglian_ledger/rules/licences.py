"""Licences 电子证照 (SPEC 5.5): issue, supersede, suspend, resume, revoke, cancel.

The issuing unit answers for a licence; the submitting unit writes it. They differ only under a registered
collecting mandate. A licence is never changed, only its standing; a corrected one supersedes it.
"""

from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.lifecycle import LICENCES, SUPERSEDABLE, compute_next
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.rules.records import (
    get_record,
    index_record,
    is_responsible,
    set_record_state,
    verify_holders,
    verify_interval,
    verify_record_unused,
)
from zhenglian_ledger.state import Found
from zhenglian_ledger.step import Step
from zhenglian_proto.v1 import records_pb2, registries_pb2, state_pb2, types_pb2
from zhenglian_proto.v1.types_pb2 import KIND_LICENCE, KIND_LICENCE_TYPE, KIND_MANDATE

_ISSUED = state_pb2.RecordState(standing=state_pb2.RECORD_STANDING_VALID)


def process_issue_licence(step: Step, licence: records_pb2.IssueLicence) -> None:
    """The licence stands VALID, found by id, holder and digest; what it supersedes is SUPERSEDED.

    Raises Refused: IDENTIFIER_REUSED, UNKNOWN_TYPE, ISSUER_NOT_LISTED, MANDATE_REQUIRED, WRONG_INTERVAL,
    DUPLICATE, NOT_FOUND, SUPERSEDED_MISMATCH, WRONG_PARTS.
    """
    verify_record_unused(step, licence.id, Code.IDENTIFIER_REUSED)
    licence_type = _get_type(step, licence.type)
    _verify_issuer(step, licence, licence_type)
    _verify_content(step, licence)
    _verify_parts(step, licence, licence_type)
    if licence.supersedes:
        _supersede(step, licence)
    step.create(KIND_LICENCE, licence.id, _ISSUED, Status.VALID)
    index_record(step, KIND_LICENCE, licence.holders, licence.content, licence.issuing_unit)


def process_change_licence(step: Step, change: records_pb2.ChangeLicence) -> None:
    """The licence has the standing the lifecycle gives it, and its trace names the entry that did it.

    Raises Refused: NOT_FOUND, NOT_OWNER, WRONG_STATE.
    """
    record = get_record(step, change.licence)
    if not isinstance(record.message, records_pb2.IssueLicence):
        raise Refused(Code.NOT_FOUND, what="证照 licence")
    if not is_responsible(step.state, step.author.unit, record):
        raise Refused(Code.NOT_OWNER)
    record.state.standing = compute_next(LICENCES, record.state.standing, change.event)
    set_record_state(step, record)


def _get_type(step: Step, identifier: str) -> registries_pb2.LicenceType:
    found = step.state.get_in_force(KIND_LICENCE_TYPE, identifier)
    if found is None:
        raise Refused(Code.UNKNOWN_TYPE)
    return found.operation.put_licence_type


def _verify_issuer(
    step: Step, licence: records_pb2.IssueLicence, licence_type: registries_pb2.LicenceType
) -> None:
    if licence.issuing_unit not in licence_type.issuing_units:
        raise Refused(Code.ISSUER_NOT_LISTED)
    step.get_unit(licence.issuing_unit)
    if licence.custodian != licence.issuing_unit:
        step.get_unit(licence.custodian)
    if licence.issuing_unit != step.author.unit and not _has_mandate(step, licence):
        raise Refused(Code.MANDATE_REQUIRED)


def _has_mandate(step: Step, licence: records_pb2.IssueLicence) -> bool:
    """Whether a mandate in force lets the author collect this type for the issuing unit."""
    for _, value in step.state.scan(rows.ID + bytes([KIND_MANDATE])):
        index = int.from_bytes(value, "big")
        mandate = step.state.get_operation(rows.REGISTRY, index).put_mandate
        if (
            mandate.principal == licence.issuing_unit
            and mandate.agent == step.author.unit
            and licence.type in mandate.types
            and step.is_time_within(mandate.valid)
            and step.state.is_in_force(KIND_MANDATE, index)
        ):
            return True
    return False


def _verify_content(step: Step, licence: records_pb2.IssueLicence) -> None:
    verify_holders(licence.holders)
    verify_interval(licence.valid)
    if licence.HasField("case"):
        identifier = rows.case_id(licence.case.unit, licence.case.number)
        step.get_existing(types_pb2.KIND_CASE, identifier, "办件 case")


def _verify_parts(
    step: Step, licence: records_pb2.IssueLicence, licence_type: registries_pb2.LicenceType
) -> None:
    """A composite licence links one licence for each of its type's part types, of its holders and usable."""
    if not licence.parts and not licence_type.part_types:
        return
    found = [_get_part(step, licence, part) for part in licence.parts]
    types = sorted(part.operation.issue_licence.type for part in found)
    if types != sorted(licence_type.part_types):
        raise Refused(Code.WRONG_PARTS)


def _get_part(step: Step, licence: records_pb2.IssueLicence, identifier: bytes) -> Found:
    found = step.get_existing(KIND_LICENCE, identifier, "组成证照 part")
    state = step.state.get_state(KIND_LICENCE, found.index, state_pb2.RecordState)
    part = found.operation.issue_licence
    is_usable = state.standing == state_pb2.RECORD_STANDING_VALID and step.is_time_within(part.valid)
    if not is_usable or sorted(part.holders) != sorted(licence.holders):
        raise Refused(Code.WRONG_PARTS)
    return found


def _supersede(step: Step, licence: records_pb2.IssueLicence) -> None:
    """The predecessor, of the same type, issuer and holders, gives way to the licence being issued."""
    record = get_record(step, licence.supersedes)
    before, state = record.message, record.state
    if not isinstance(before, records_pb2.IssueLicence):
        raise Refused(Code.NOT_FOUND, what="被替代证照 superseded licence")
    if state.standing not in SUPERSEDABLE:
        raise Refused(Code.WRONG_STATE, state=state_pb2.RecordStanding.Name(state.standing))
    if (
        before.type != licence.type
        or before.issuing_unit != licence.issuing_unit
        or sorted(before.holders) != sorted(licence.holders)
    ):
        raise Refused(Code.SUPERSEDED_MISMATCH)
    state.standing = state_pb2.RECORD_STANDING_SUPERSEDED
    state.successor = step.index
    set_record_state(step, record)

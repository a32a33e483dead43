"""Materials 电子材料 (SPEC 5.6): collected in a case, decided by it.

A material is PENDING until its case accepts it; only then may others reuse it. Collecting and deciding over
what was never accepted leave no RECORD trace; withdrawing an accepted material does.
"""

from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.lifecycle import MATERIALS, OPEN_CASES, compute_next
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.rows import u64
from zhenglian_ledger.rules.cases import is_participant
from zhenglian_ledger.rules.records import (
    collected_key,
    get_record,
    index_record,
    is_responsible,
    set_record_state,
    verify_holders,
    verify_interval,
    verify_record_unused,
)
from zhenglian_ledger.step import Step
from zhenglian_proto.v1 import cases_pb2, records_pb2, registries_pb2, state_pb2
from zhenglian_proto.v1.types_pb2 import KIND_CASE, KIND_MATERIAL, KIND_MATERIAL_TYPE

_COLLECTED = state_pb2.RecordState(standing=state_pb2.RECORD_STANDING_PENDING)


def process_collect_material(step: Step, material: records_pb2.CollectMaterial) -> None:
    """The material stands PENDING, found by id, holder, digest, case, and by project or premises.

    Raises Refused: ALREADY_EXISTS, NOT_FOUND, CASE_NOT_OPEN, UNKNOWN_TYPE, NOT_ON_LIST, NOT_IN_FORCE,
    ORIGINATOR_NOT_ALLOWED, DUPLICATE, WRONG_INTERVAL, SUBJECT_MISMATCH, MISSING_FIELD.
    """
    verify_record_unused(step, material.id, Code.ALREADY_EXISTS)
    case, matter = _get_open_case(step, material.case_number)
    _verify_type(step, material, matter)
    _verify_content(step, material)
    _verify_subject(step, material, case)
    step.create(KIND_MATERIAL, material.id, _COLLECTED, Status.PENDING)
    index_record(step, KIND_MATERIAL, material.holders, material.content, step.author.unit)
    step.state.put(collected_key(step.author.unit, material.case_number, step.index), b"")
    if material.project:
        step.state.put(rows.PROJECT + material.project + u64(step.index), b"")
    if material.premises:
        step.state.put(rows.PREMISES + material.premises + u64(step.index), b"")


def process_decide_material(step: Step, decision: records_pb2.DecideMaterial) -> None:
    """The material has the standing the lifecycle gives it; from ACCEPT on it counts as reusable.

    Raises Refused: NOT_FOUND, NOT_OWNER, WRONG_STATE, CASE_NOT_OPEN (only to accept).
    """
    record = get_record(step, decision.material)
    material, state = record.message, record.state
    if not isinstance(material, records_pb2.CollectMaterial):
        raise Refused(Code.NOT_FOUND, what="材料 material")
    if not is_responsible(step.state, step.author.unit, record):
        raise Refused(Code.NOT_OWNER)
    was_accepted = state.standing == state_pb2.RECORD_STANDING_VALID
    state.standing = compute_next(MATERIALS, state.standing, decision.event)
    if decision.event == records_pb2.MATERIAL_EVENT_ACCEPT:
        _get_open_case(step, material.case_number)
        state.decided_ms = step.time_ms
    set_record_state(step, record, traced=was_accepted)


def _get_open_case(step: Step, number: str) -> tuple[cases_pb2.OpenCase, registries_pb2.Matter]:
    """The open case of the author's unit, with its list; raises Refused(NOT_FOUND, CASE_NOT_OPEN)."""
    found = step.get_existing(KIND_CASE, rows.case_id(step.author.unit, number), "办件 case")
    state = step.state.get_state(KIND_CASE, found.index, state_pb2.CaseState)
    if state.standing not in OPEN_CASES:
        raise Refused(Code.CASE_NOT_OPEN)
    return found.operation.open_case, step.state.get_operation(rows.REGISTRY, state.matter_index).put_matter


def _verify_type(step: Step, material: records_pb2.CollectMaterial, matter: registries_pb2.Matter) -> None:
    """The type is in force, on the case's list, and made by whom it may be."""
    found = step.state.get_in_force(KIND_MATERIAL_TYPE, material.type)
    if found is None:
        raise Refused(Code.UNKNOWN_TYPE)
    if all(material.type not in row.material_types for row in matter.rows):
        raise Refused(Code.NOT_ON_LIST)
    if material.originator not in found.operation.put_material_type.originators:
        raise Refused(Code.ORIGINATOR_NOT_ALLOWED)


def _verify_content(step: Step, material: records_pb2.CollectMaterial) -> None:
    verify_holders(material.holders)
    verify_interval(material.valid)
    step.get_unit(material.custodian)
    if material.originating_unit:
        step.get_unit(material.originating_unit)


def _verify_subject(step: Step, material: records_pb2.CollectMaterial, case: cases_pb2.OpenCase) -> None:
    """It is the applicant's, or its project's participants'; its project and premises are the case's."""
    if material.project and material.project != case.project:
        raise Refused(Code.SUBJECT_MISMATCH)
    if case.applicant not in material.holders and not _is_of_project(step, material):
        raise Refused(Code.SUBJECT_MISMATCH)
    if _is_premises_type(step, material.type) and not material.premises:
        raise Refused(Code.MISSING_FIELD, field="premises")
    if case.premises and material.premises and material.premises != case.premises:
        raise Refused(Code.SUBJECT_MISMATCH)


def _is_of_project(step: Step, material: records_pb2.CollectMaterial) -> bool:
    """Whether the material belongs to a project in which all its holders take part."""
    if not material.project:
        return False
    return all(is_participant(step, material.project, holder) for holder in material.holders)


def _is_premises_type(step: Step, identifier: str) -> bool:
    found = step.state.get_in_force(KIND_MATERIAL_TYPE, identifier)
    return (
        found is not None and found.operation.put_material_type.reuse_key == registries_pb2.REUSE_KEY_PREMISES
    )

"""compute_plan: one answer a row of the list in force for a case (SPEC 7.4).

    handed in with this case → law demands paper → retrieved in this case → covered by a live grant
    → a grant would do → commitment → issuer → may follow → submit

Two rules stand above it: what a government unit issued is not asked of the applicant, and where an
e-licence can be had the paper is not asked for. Before a grant the plan says only that something exists:
no identifier, no digest.
"""

from collections.abc import Sequence

from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.lifecycle import OPEN_CASES
from zhenglian_ledger.plan.candidates import (
    Candidate,
    Case,
    get_candidates,
    is_recognised,
    iterate_used_records,
)
from zhenglian_ledger.plan.coverage import build_drafts, get_covering_grants
from zhenglian_ledger.rows import REGISTRY
from zhenglian_ledger.step import Step
from zhenglian_proto.v1 import node_pb2, registries_pb2, state_pb2, types_pb2

_HANDED_IN = frozenset({state_pb2.RECORD_STANDING_PENDING, state_pb2.RECORD_STANDING_VALID})


def compute_plan(step: Step, case_number: str) -> list[node_pb2.PlanRow]:
    """The plan of the author's open case, a row for each row of its list.

    Reads only. Raises Refused: NOT_FOUND, CASE_NOT_OPEN.
    """
    case = get_case(step, case_number)
    return [_answer_row(step, case, row) for row in case.matter.rows]


def get_case(step: Step, case_number: str) -> Case:
    """The author's case with its list version; raises Refused(NOT_FOUND, CASE_NOT_OPEN)."""
    found = step.get_existing(types_pb2.KIND_CASE, rows.case_id(step.author.unit, case_number), "办件 case")
    state = step.state.get_state(types_pb2.KIND_CASE, found.index, state_pb2.CaseState)
    if state.standing not in OPEN_CASES:
        raise Refused(Code.CASE_NOT_OPEN)
    matter = step.state.get_operation(REGISTRY, state.matter_index).put_matter
    return Case(step.author.unit, found.operation.open_case, found.index, matter, state.matter_index)


def _answer_row(step: Step, case: Case, row: registries_pb2.MaterialRow) -> node_pb2.PlanRow:
    answer = node_pb2.PlanRow(row=row.id, name=row.name)
    if _answer_handed_in(step, case, row, answer):
        return answer
    if _is_paper_demanded(step, row):
        answer.verdict, answer.why = node_pb2.VERDICT_MUST_SUBMIT, node_pb2.WHY_PAPER_BY_LAW
        answer.rule = row.paper_basis
        return answer
    candidates = get_candidates(step, case, row)
    usable = [candidate for candidate in candidates if candidate.is_usable]
    if _answer_retrieved(step, case, usable, answer):
        return answer
    if _answer_covered(step, case, usable, answer) or _answer_missing_grant(step, case, usable, answer):
        return answer
    _answer_without_record(step, row, candidates, answer)
    return answer


def _answer_handed_in(
    step: Step, case: Case, row: registries_pb2.MaterialRow, answer: node_pb2.PlanRow
) -> bool:
    """The case itself has collected what the row asks for, and not sent it back."""
    collected = rows.COLLECTED + rows.case_id(case.unit, case.opened.number) + b"\x00"
    for key, _ in step.state.scan(collected):
        index = int.from_bytes(key[-8:], "big")
        material = step.state.get_operation(REGISTRY, index).collect_material
        standing = step.state.get_state(types_pb2.KIND_MATERIAL, index, state_pb2.RecordState).standing
        if material.type in row.material_types and standing in _HANDED_IN:
            answer.verdict, answer.why = node_pb2.VERDICT_EXEMPT, node_pb2.WHY_HANDED_IN
            answer.path, answer.kind = node_pb2.PATH_THIS_CASE, types_pb2.KIND_MATERIAL
            answer.type, answer.record = material.type, material.id
            answer.valid_to_ms = material.valid.to_ms
            return True
    return False


def _is_paper_demanded(step: Step, row: registries_pb2.MaterialRow) -> bool:
    """Whether a rule in force demands paper for this row."""
    if not row.paper_demanded:
        return False
    rule = step.state.get_in_force(types_pb2.KIND_RULE, row.paper_basis)
    return rule is not None and step.is_time_within(rule.operation.put_rule.valid)


def _answer_retrieved(step: Step, case: Case, usable: Sequence[Candidate], answer: node_pb2.PlanRow) -> bool:
    """The case has used one of the records already; its grant may be used up and need not be given again."""
    used = set(iterate_used_records(step, case))
    for candidate in usable:
        if candidate.identifier in used:
            answer.verdict, answer.why = node_pb2.VERDICT_EXEMPT, node_pb2.WHY_RETRIEVED
            _describe(answer, candidate)
            answer.record = candidate.identifier
            return True
    return False


def _answer_covered(step: Step, case: Case, usable: Sequence[Candidate], answer: node_pb2.PlanRow) -> bool:
    for candidate in usable:
        grants = get_covering_grants(step, case, candidate)
        if grants:
            answer.verdict, answer.why = node_pb2.VERDICT_EXEMPT, node_pb2.WHY_COVERED
            _describe(answer, candidate)
            answer.record = candidate.identifier
            answer.grants.extend(grants)
            return True
    return False


def _answer_missing_grant(
    step: Step, case: Case, usable: Sequence[Candidate], answer: node_pb2.PlanRow
) -> bool:
    if not usable:
        return False
    answer.verdict, answer.why = node_pb2.VERDICT_NEEDS_GRANT, node_pb2.WHY_GRANT_MISSING
    _describe(answer, usable[0])
    answer.drafts.extend(build_drafts(step, case, usable[0]))
    return True


def _answer_without_record(
    step: Step, row: registries_pb2.MaterialRow, candidates: Sequence[Candidate], answer: node_pb2.PlanRow
) -> None:
    if candidates:
        answer.warnings.extend(candidates[0].warnings)
    is_government = row.source == registries_pb2.SOURCE_GOVERNMENT_ISSUED
    types = [*row.licence_types, *row.material_types]
    if row.commitment_allowed:
        answer.verdict, answer.why = node_pb2.VERDICT_EXEMPT, node_pb2.WHY_COMMITMENT
        answer.path = node_pb2.PATH_COMMITMENT
    elif is_government and any(is_recognised(step, row.issuing_unit, type_id) for type_id in types):
        answer.verdict, answer.why = node_pb2.VERDICT_OBTAIN_FROM_ISSUER, node_pb2.WHY_GOVERNMENT_ISSUED
        answer.issuing_unit = row.issuing_unit
    elif row.may_follow:
        answer.verdict, answer.why = node_pb2.VERDICT_MAY_FOLLOW, node_pb2.WHY_MAY_FOLLOW
    else:
        answer.verdict = node_pb2.VERDICT_MUST_SUBMIT
        answer.why = _explain_submission(step, row, candidates)


def _explain_submission(
    step: Step, row: registries_pb2.MaterialRow, candidates: Sequence[Candidate]
) -> node_pb2.Why:
    is_government = row.source == registries_pb2.SOURCE_GOVERNMENT_ISSUED
    if is_government or any(not candidate.is_recognised for candidate in candidates):
        return node_pb2.WHY_NO_RECOGNISED_ISSUER
    if candidates or not all(_is_bound_elsewhere(step, type_id) for type_id in row.material_types):
        return node_pb2.WHY_NOTHING_VALID
    return node_pb2.WHY_NOT_REUSABLE if row.material_types else node_pb2.WHY_NOTHING_VALID


def _is_bound_elsewhere(step: Step, type_id: str) -> bool:
    """Whether being the same subject is not enough for the type: it is bound to a project or to premises."""
    found = step.state.get_in_force(types_pb2.KIND_MATERIAL_TYPE, type_id)
    return found is None or found.operation.put_material_type.reuse_key != registries_pb2.REUSE_KEY_SUBJECT


def _describe(answer: node_pb2.PlanRow, candidate: Candidate) -> None:
    answer.path = candidate.path
    answer.kind = candidate.kind
    answer.type = candidate.type
    answer.valid_to_ms = candidate.valid.to_ms
    answer.warnings.extend(candidate.warnings)

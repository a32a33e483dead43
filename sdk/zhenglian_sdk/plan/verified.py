"""verify_plan: from a node's answer to a plan whose every row says how surely it is known (SPEC 7.4, 8.8).

case (own, by its signature) → its list version → the list's rows, all and in order → each exempting
record
"""

from typing import Any, Final

from zhenglian_ledger import rows as ledger_rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_ledger.verify.anchor import Proven
from zhenglian_ledger.verify.answer import compute_state
from zhenglian_ledger.verify.object import verify_object
from zhenglian_ledger.verify.record import VerifiedRecord, verify_record
from zhenglian_ledger.verify.sentences import AnswerState, Assurance
from zhenglian_proto.v1 import node_pb2
from zhenglian_proto.v1.cases_pb2 import OpenCase
from zhenglian_proto.v1.proof_pb2 import RecordProof
from zhenglian_proto.v1.registries_pb2 import MaterialRow, Matter
from zhenglian_proto.v1.types_pb2 import KIND_CASE, KIND_LICENCE, KIND_MATERIAL, KIND_MATTER
from zhenglian_sdk.plan.answered import Plan, PlanRow
from zhenglian_sdk.plan.words import VERDICTS

_USABLE: Final = frozenset({AnswerState.VALID})
_AT_HAND: Final = frozenset({AnswerState.VALID, AnswerState.PENDING})
"""States of what the case itself collected: the window has it, accepted or still to be looked at."""


def verify_plan(
    proven: Proven, answer: node_pb2.PlanAnswer, *, unit: str, case_number: str, now_ms: int = 0
) -> Plan:
    """The plan of the own case of `unit`; `now_ms` is this machine's clock, 0 to go by the header alone.

    Raises VerificationFailed with what each record proof raises, or the code named at each step.
    """
    # 1. The case is the one asked for (PROOF_OTHER_RECORD); the unit opened it (PROOF_WRONG_SIGNER).
    case = _verify_case(proven, answer.case, unit, case_number)
    # 2. The list is of the version that the case was opened under: PROOF_OTHER_RECORD.
    matter = _verify_matter(proven, answer.matter, case)
    # 3. Every row of the list is answered, in order, and no other: PROOF_OTHER_RECORD.
    if [row.row for row in answer.rows] != [row.id for row in matter.rows]:
        raise VerificationFailed(Code.PROOF_OTHER_RECORD)
    # 4. No row contradicts the list (PROOF_MALFORMED), each exemption rests on a commitment that the list
    # allows or on a record (PROOF_MISSING), and that record serves.
    at_ms = max(proven.time_ms, now_ms)
    rows = tuple(
        _verify_row(proven, listed, said, case, at_ms)
        for listed, said in zip(matter.rows, answer.rows, strict=True)
    )
    return Plan(case, matter, rows, proven.height, proven.time_ms)


def _verify_case(proven: Proven, proof: RecordProof, unit: str, number: str) -> OpenCase:
    case = verify_object(proven, proof, kind=KIND_CASE, identifier=ledger_rows.case_id(unit, number))
    opened: OpenCase = case.message
    return opened


def _verify_matter(proven: Proven, proof: RecordProof, case: OpenCase) -> Matter:
    matter: Matter = verify_record(proven, proof, kind=KIND_MATTER, identifier=case.matter.encode()).message
    if matter.version != case.matter_version:
        raise VerificationFailed(Code.PROOF_OTHER_RECORD)
    return matter


def _verify_row(
    proven: Proven, listed: MaterialRow, said: node_pb2.PlanRow, case: OpenCase, at_ms: int
) -> PlanRow:
    if said.verdict not in VERDICTS or not _is_allowed(listed, said):
        raise VerificationFailed(Code.PROOF_MALFORMED, field=f"rows.{listed.id}")
    if said.verdict == node_pb2.VERDICT_EXEMPT and not said.record and not _is_commitment(listed, said):
        raise VerificationFailed(Code.PROOF_MISSING, what=f"rows.{listed.id}")
    if said.verdict != node_pb2.VERDICT_EXEMPT or not said.record:
        return PlanRow(listed, said, Assurance.STATED)
    record = _verify_exempting(proven, listed, said, case)
    is_here = said.path == node_pb2.PATH_THIS_CASE
    if compute_state(record, at_ms) not in (_AT_HAND if is_here else _USABLE):
        raise VerificationFailed(Code.PROOF_WRONG_STATUS)
    return PlanRow(listed, said, Assurance.PROVEN, record)


def _is_allowed(listed: MaterialRow, said: node_pb2.PlanRow) -> bool:
    """Whether the list itself allows what the plan says of the row."""
    return listed.may_follow if said.verdict == node_pb2.VERDICT_MAY_FOLLOW else True


def _is_commitment(listed: MaterialRow, said: node_pb2.PlanRow) -> bool:
    return listed.commitment_allowed and said.path == node_pb2.PATH_COMMITMENT


def _verify_exempting(
    proven: Proven, listed: MaterialRow, said: node_pb2.PlanRow, case: OpenCase
) -> VerifiedRecord:
    """The record named is of an accepted type, and of the applicant, or of the case's project."""
    accepted = {
        KIND_LICENCE: listed.licence_types,
        KIND_MATERIAL: listed.material_types,
    }
    if said.kind not in accepted:
        raise VerificationFailed(Code.PROOF_MALFORMED, field="kind")
    record = verify_record(proven, said.proof, kind=said.kind, identifier=said.record)
    message: Any = record.message
    is_own = case.applicant in message.holders
    is_of_project = bool(case.project) and said.kind == KIND_MATERIAL and message.project == case.project
    is_here = said.path != node_pb2.PATH_THIS_CASE or message.case_number == case.number
    if message.type not in accepted[said.kind] or not (is_own or is_of_project) or not is_here:
        raise VerificationFailed(Code.PROOF_OTHER_RECORD)
    return record

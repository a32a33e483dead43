"""The answer to a plan query: the rows, and the proof of all in them that can be proven (SPEC 7.4, 8.8).

Proven are the list version, the case, and each record that a live grant covers. That a row names no record is
stated, not proven: nobody can prove an omission by inclusion.
"""

from zhenglian_ledger.plan.answer import compute_plan, get_case
from zhenglian_ledger.step import Step
from zhenglian_node.app.answers_proofs import ProofBuilder
from zhenglian_node.app.answers_records import find_record_by_id
from zhenglian_node.app.provable import Provable
from zhenglian_proto.v1.node_pb2 import PlanAnswer
from zhenglian_proto.v1.types_pb2 import KIND_CASE, KIND_MATTER


def build_plan_answer(provable: Provable, step: Step, case_number: str) -> PlanAnswer:
    """The plan of the author's own open case; `step` stands over the provable state.

    Raises Refused: NOT_FOUND, CASE_NOT_OPEN.
    """
    builder = ProofBuilder(provable)
    case = get_case(step, case_number)
    answer = PlanAnswer(
        anchor=builder.build_anchor(),
        matter=builder.build_record(KIND_MATTER, case.matter_index),
        case=builder.build_record(KIND_CASE, case.index, with_signature=True),
        rows=compute_plan(step, case_number),
    )
    for row in answer.rows:
        found = find_record_by_id(builder, row.record) if row.record else None
        if found is not None:
            row.proof.CopyFrom(builder.build_record(*found))
    return answer

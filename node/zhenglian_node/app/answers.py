"""Every answer a node gives is built here, from one provable state, and proves itself (SPEC 8).

| question | answer |
|---|---|
| what became of my batch | `build_receipt` |
| a record by id or digest | `build_record_answer` |
| an administered object, case, key … | `build_object_answer` |
| a grant with its chain | `build_grant_answer` |
| what stands behind a use | `build_use_answer` |
| what the members decide about | `build_governance_answer` |
| a whole trace | `build_trace_answer` |

Who may ask is decided before, where the caller is known. A proof begun on one block may find that the trees
have moved on by two: Denied(STATE_MOVED) then says to begin anew on the newest provable state.
"""

from zhenglian_node.app.answers_governance import build_governance_answer
from zhenglian_node.app.answers_grants import build_chain, build_grant_answer, build_use_answer
from zhenglian_node.app.answers_proofs import ProofBuilder
from zhenglian_node.app.answers_records import build_object_answer, build_record_answer
from zhenglian_node.app.answers_traces import build_receipt, build_trace_answer

__all__ = [
    "ProofBuilder",
    "build_chain",
    "build_governance_answer",
    "build_grant_answer",
    "build_object_answer",
    "build_receipt",
    "build_record_answer",
    "build_trace_answer",
    "build_use_answer",
]

"""Answers about records and objects: by id or digest, as they stand in the provable state (SPEC 8.4)."""

from typing import Final

from zhenglian_ledger import rows
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.objects import UNDISPUTED
from zhenglian_ledger.rows import COUNTER_KEY_SEQUENCE, REGISTRY
from zhenglian_ledger.rules.records import get_message
from zhenglian_ledger.rules.usable_records import get_records_by_digest
from zhenglian_ledger.verify.record_answer import TYPES
from zhenglian_node.app.answers_proofs import ProofBuilder
from zhenglian_node.app.provable import Provable
from zhenglian_proto.v1.node_pb2 import ObjectAnswer, RecordAnswer
from zhenglian_proto.v1.proof_pb2 import RecordProof
from zhenglian_proto.v1.state_pb2 import GrantState, ProposalState
from zhenglian_proto.v1.types_pb2 import (
    KIND_CASE,
    KIND_DISPUTE,
    KIND_GRANT,
    KIND_LICENCE,
    KIND_MATERIAL,
    KIND_MEMBER,
    KIND_PROPOSAL,
    Kind,
)

MAX_DISPUTES: Final = 64
"""Open disputes shown with a record, newest first; the status shows that there are some."""

_SIGNED: Final = frozenset({KIND_CASE, KIND_PROPOSAL})
"""Kinds of objects whose author is part of what is asked."""

_RECORD_KINDS: Final = (KIND_LICENCE, KIND_MATERIAL)


def build_record_answer(
    provable: Provable, *, identifier: bytes = b"", sha256: bytes = b"", with_signature: bool = False
) -> RecordAnswer:
    """The licence or material of that id or content digest, with its open disputes and its type.

    Of several with one digest it is the newest in force, or else the newest.
    """
    builder = ProofBuilder(provable)
    answer = RecordAnswer(anchor=builder.build_anchor())
    found = find_record_by_id(builder, identifier) if identifier else find_record_by_digest(builder, sha256)
    if found is None:
        return answer
    kind, index = found
    message = get_message(builder.state.get_operation(REGISTRY, index))
    answer.found = True
    answer.kind = kind
    answer.record.CopyFrom(builder.build_record(kind, index, with_signature=with_signature))
    answer.disputes.extend(build_open_disputes(builder, message.id))
    answer.type.CopyFrom(build_type(builder, kind, message.type))
    return answer


def build_object_answer(provable: Provable, kind: Kind, identifier: bytes) -> ObjectAnswer:
    """The newest entry of an administered object, case, key, holder key, dispute or grant, as it stands.

    A case is shown with its signature, which alone tells whose it is; so is a proposal.
    """
    builder = ProofBuilder(provable)
    answer = ObjectAnswer(anchor=builder.build_anchor())
    index = builder.get_index(kind, identifier)
    if index is None:
        return answer
    answer.found = True
    answer.object.CopyFrom(builder.build_record(kind, index, with_signature=kind in _SIGNED))
    if kind == KIND_MEMBER:
        answer.sequence = builder.state.get_counter(COUNTER_KEY_SEQUENCE, identifier)
    elif kind == KIND_GRANT:
        answer.sequence = builder.state.get_state(kind, index, GrantState).events
    elif kind == KIND_PROPOSAL:
        answer.proposal.CopyFrom(builder.state.get_state(kind, index, ProposalState))
    return answer


def build_type(builder: ProofBuilder, kind: Kind, identifier: str) -> RecordProof:
    """The newest entry of a record's type, in force or retired."""
    return builder.build_existing(TYPES[kind], identifier.encode())


def build_open_disputes(builder: ProofBuilder, record: bytes) -> list[RecordProof]:
    """The open disputes about a record, newest first."""
    indexes = [
        int.from_bytes(key[-8:], "big") for key, _ in builder.provable.view.scan(rows.DISPUTE + record)
    ]
    open_ones = [index for index in reversed(indexes) if builder.get_status(index) == Status.VALID]
    return [builder.build_record(KIND_DISPUTE, index) for index in open_ones[:MAX_DISPUTES]]


def find_record_by_id(builder: ProofBuilder, identifier: bytes) -> tuple[Kind, int] | None:
    """Kind and registry index of the licence or material of that id, or None."""
    for kind in _RECORD_KINDS:
        index = builder.get_index(kind, identifier)
        if index is not None:
            return kind, index
    return None


def find_record_by_digest(builder: ProofBuilder, sha256: bytes) -> tuple[Kind, int] | None:
    """Kind and registry index of the record with that digest: the newest in force, else the newest."""
    found = get_records_by_digest(builder.state, sha256)
    in_force = [record for record in found if _is_in_force(builder, record.index)]
    return next(((record.kind, record.index) for record in in_force or found), None)


def _is_in_force(builder: ProofBuilder, index: int) -> bool:
    status = builder.get_status(index)
    return UNDISPUTED.get(status, status) == Status.VALID

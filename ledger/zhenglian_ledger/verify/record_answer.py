"""A node's whole answer about a record: the record, its open disputes, its type, its signature (SPEC 8.4)."""

from dataclasses import dataclass

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_ledger.rows import REGISTRY
from zhenglian_ledger.verify.anchor import Proven
from zhenglian_ledger.verify.inclusion import decode_operation, verify_entry
from zhenglian_ledger.verify.record import VerifiedRecord, verify_newest, verify_record
from zhenglian_ledger.verify.signature import VerifiedSignature, verify_signature
from zhenglian_proto.v1.node_pb2 import RecordAnswer
from zhenglian_proto.v1.proof_pb2 import RecordProof
from zhenglian_proto.v1.types_pb2 import (
    KIND_DISPUTE,
    KIND_LICENCE,
    KIND_LICENCE_TYPE,
    KIND_MATERIAL,
    KIND_MATERIAL_TYPE,
)

TYPES = {KIND_LICENCE: KIND_LICENCE_TYPE, KIND_MATERIAL: KIND_MATERIAL_TYPE}
"""Kind of a record → kind of its type."""


@dataclass(frozen=True, slots=True)
class VerifiedRecordAnswer:
    """A proven record with its type, the open disputes shown, and who signed it where that was asked for."""

    record: VerifiedRecord
    type: VerifiedRecord
    disputes: tuple[VerifiedRecord, ...]
    signature: VerifiedSignature | None


def verify_record_answer(
    proven: Proven,
    answer: RecordAnswer,
    *,
    with_signature: bool,
    identifier: bytes | None = None,
    sha256: bytes | None = None,
) -> VerifiedRecordAnswer | None:
    """What the answer proves of the record asked for by id or digest; None where the node says there is none.

    That there is none is only stated. `with_signature`: who signed it was asked for. Raises
    VerificationFailed with what each part raises, or the code named at each step.
    """
    # 1. Nobody can prove by inclusion that something is not there.
    if not answer.found:
        return None
    # 2. The record is a licence or a material, and the one that was asked for.
    if answer.kind not in TYPES:
        raise VerificationFailed(Code.PROOF_MALFORMED, field="kind")
    record = verify_record(proven, answer.record, kind=answer.kind, identifier=identifier, sha256=sha256)
    # 3. The type is the record's.
    record_type = verify_type(proven, answer.type, record)
    # 4. Each dispute is about this record, and open.
    disputes = tuple(_verify_dispute(proven, shown, record) for shown in answer.disputes)
    # 5. A signature that was asked for is shown, PROOF_WRONG_SIGNER: leaving it out would hide whose key it
    #    was and that the key is in doubt. One that is shown holds.
    signature = None
    if with_signature or answer.record.HasField("signature"):
        signature = verify_signature(proven, record.entry, answer.record.signature)
    return VerifiedRecordAnswer(record, record_type, disputes, signature)


def verify_type(proven: Proven, proof: RecordProof, record: VerifiedRecord) -> VerifiedRecord:
    """The newest entry of the record's type, in force or retired; raises as `verify_newest`."""
    return verify_newest(proven, proof, kind=TYPES[record.kind], identifier=record.message.type.encode())


def _verify_dispute(proven: Proven, proof: RecordProof, record: VerifiedRecord) -> VerifiedRecord:
    entry = verify_entry(proven, proof.entry, log=REGISTRY)
    identifier = decode_operation(entry).raise_dispute.id
    dispute = verify_record(proven, proof, kind=KIND_DISPUTE, identifier=identifier)
    if dispute.message.record != record.message.id:
        raise VerificationFailed(Code.PROOF_OTHER_RECORD)
    if not dispute.is_valid:
        raise VerificationFailed(Code.PROOF_WRONG_STATUS)
    return dispute

"""A registry object asked for by kind and id: the newest version, and a case of the very unit (SPEC 8.4).

What an entry names its object by is not always the whole id: a case's unit is only in who signed it, and a
version that another has replaced has the same id. What the entry leaves open is settled here.
"""

from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_ledger.objects import OBJECTS
from zhenglian_ledger.verify.anchor import Proven
from zhenglian_ledger.verify.record import VerifiedRecord, verify_newest, verify_record
from zhenglian_ledger.verify.signature import verify_signature
from zhenglian_proto.v1.proof_pb2 import RecordProof
from zhenglian_proto.v1.types_pb2 import KIND_CASE, Kind

VERSIONED: Final = frozenset(kind for kind, form in OBJECTS.items() if form.field.startswith("put_"))
"""Kinds whose objects are replaced under the same id: an older version is not what was asked for."""


def verify_object(proven: Proven, proof: RecordProof, *, kind: Kind, identifier: bytes) -> VerifiedRecord:
    """The object of that kind and id as it stands; raises as `verify_record`, and the codes named here."""
    # 1. Of an administered object it is the newest version: PROOF_WRONG_STATUS.
    if kind in VERSIONED:
        return verify_newest(proven, proof, kind=kind, identifier=identifier)
    found = verify_record(proven, proof, kind=kind, identifier=identifier)
    # 2. A case was opened by the unit of its id: PROOF_WRONG_SIGNER.
    if kind == KIND_CASE:
        unit, _, _ = identifier.partition(b"\x00")
        if verify_signature(proven, found.entry, proof.signature).unit.encode() != unit:
            raise VerificationFailed(Code.PROOF_WRONG_SIGNER)
    return found

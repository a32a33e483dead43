"""One operation under its author's signature, without its siblings (SPEC 8.10).

    signature → batch header → operations root → operation        header digest → entry

The batch leaf holds the header as it was signed, so the entry, its author and its author's key are all bound.
"""

from dataclasses import dataclass

from zhenglian_ledger import tags
from zhenglian_ledger.codes import Code
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_ledger.leaves import BatchLeaf, Entry
from zhenglian_ledger.merkle.hashing import leaf_hash
from zhenglian_ledger.merkle.proof import verify_inclusion
from zhenglian_ledger.verify.anchor import Proven
from zhenglian_ledger.verify.inclusion import decode_header, verify_batch_leaf
from zhenglian_ledger.verify.record import VerifiedRecord, verify_newest, verify_record
from zhenglian_proto.v1.batch_pb2 import SUITE_ED25519, SUITE_SYSTEM, BatchHeader
from zhenglian_proto.v1.members_pb2 import KEY_USAGE_SIGN
from zhenglian_proto.v1.proof_pb2 import SignatureProof
from zhenglian_proto.v1.types_pb2 import KIND_KEY, KIND_SYSTEM


@dataclass(frozen=True, slots=True)
class VerifiedSignature:
    """Who signed an entry: the system, its unit today, the key. All empty for genesis, which nobody signed.

    `is_key_compromised`: the key was ended since, and the entry was made after the time from which its
    signatures are in doubt.
    """

    header: BatchHeader
    system: str
    unit: str
    key: bytes
    is_key_compromised: bool = False


def verify_signature(proven: Proven, entry: Entry, proof: SignatureProof) -> VerifiedSignature:
    """Who signed the proven `entry`. Raises VerificationFailed with the code named at each step."""
    # 1. There is a signature to look at, PROOF_WRONG_SIGNER: an empty proof hides who signed.
    if not proof.HasField("batch"):
        raise VerificationFailed(Code.PROOF_WRONG_SIGNER)
    # 2. The batch leaf stands where the entry says: PROOF_SWAPPED, PROOF_TRUNCATED_PATH, PROOF_WRONG_PATH.
    leaf = verify_batch_leaf(proven, proof.batch, index=entry.batch_index)
    # 3. Its header is the one the entry was made under: PROOF_WRONG_SIGNER.
    if tags.tagged(tags.BATCH, leaf.header) != entry.header_digest:
        raise VerificationFailed(Code.PROOF_WRONG_SIGNER)
    header = decode_header(leaf)
    # 4. The operation hangs under the header's root, at the entry's ordinal: PROOF_SWAPPED, and path codes.
    if proof.ordinal != entry.ordinal:
        raise VerificationFailed(Code.PROOF_SWAPPED)
    verify_inclusion(
        leaf_hash(entry.operation),
        entry.ordinal,
        header.operation_count,
        proof.operation_path,
        header.operations_root,
    )
    # 5. Nobody signs genesis: its digest is what is trusted.
    if header.suite == SUITE_SYSTEM:
        return VerifiedSignature(header, "", "", b"")
    # 6. Key and system are both shown: PROOF_WRONG_SIGNER.
    if not (proof.HasField("key") and proof.HasField("system")):
        raise VerificationFailed(Code.PROOF_WRONG_SIGNER)
    # 7. The key is the header's and its system's, and the signature verifies under it: PROOF_WRONG_SIGNER.
    key = verify_record(proven, proof.key, kind=KIND_KEY, identifier=header.key)
    _verify_signed_by(key, header, leaf)
    # 8. The system is the header's, as it stands today: PROOF_OTHER_RECORD, PROOF_WRONG_STATUS.
    system = verify_newest(proven, proof.system, kind=KIND_SYSTEM, identifier=header.system.encode())
    return VerifiedSignature(header, header.system, system.message.unit, header.key, is_in_doubt(key, entry))


def is_in_doubt(key: VerifiedRecord, entry: Entry) -> bool:
    """Whether `key` was ended as of a time before `entry` was made (SPEC 5.1)."""
    if key.change is None:
        return False
    return entry.time_ms > int(key.change.operation.key.body.end.not_after_ms)


def _verify_signed_by(key: VerifiedRecord, header: BatchHeader, leaf: BatchLeaf) -> None:
    add = key.message.body.add
    signed = tags.tag_bytes(tags.BATCH, leaf.header)
    if (
        add.system != header.system
        or add.usage != KEY_USAGE_SIGN
        or add.suite != header.suite
        or header.suite != SUITE_ED25519
        or not ed25519.is_signature_valid(add.public_key, signed, leaf.signature)
    ):
        raise VerificationFailed(Code.PROOF_WRONG_SIGNER)

"""An object of the registry log as it stands: what it says, its status, and what made it so (SPEC 8.4)."""

from dataclasses import dataclass
from typing import Any

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_ledger.leaves import Entry
from zhenglian_ledger.merkle.status import Status, verify_status
from zhenglian_ledger.objects import EXPLAINED, OBJECTS, UNDISPUTED, compute_effect
from zhenglian_ledger.plain import get_plain_operation
from zhenglian_ledger.rows import REGISTRY
from zhenglian_ledger.verify.anchor import Proven
from zhenglian_ledger.verify.inclusion import decode_operation, verify_entry
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.proof_pb2 import RecordProof, StatusProof
from zhenglian_proto.v1.types_pb2 import Kind


@dataclass(frozen=True, slots=True)
class Change:
    """An entry that gives a record the status it has, and the operation in it."""

    index: int
    entry: Entry
    operation: Operation


@dataclass(frozen=True, slots=True)
class VerifiedRecord:
    """A proven object: the registry index and entry that made it, and its status at the proven height.

    `change` is there whenever the object is suspended, superseded or not in force, and may be otherwise. It
    is an accepted entry that had this effect. An end, and a licence's successor, come once: that is PROVEN.
    An object can be suspended, or replaced under the same id, again: that it is the latest is only STATED.
    """

    kind: Kind
    index: int
    entry: Entry
    operation: Operation
    status: Status
    change: Change | None

    @property
    def message(self) -> Any:  # noqa: ANN401  the message that its kind says
        """The operation's own message: an IssueLicence, a GiveGrant, a Unit and so on."""
        return getattr(self.operation, OBJECTS[self.kind].field)

    @property
    def is_valid(self) -> bool:
        """Whether it is in force, disputed or not; time is not considered."""
        return UNDISPUTED.get(self.status, self.status) == Status.VALID


def verify_record(
    proven: Proven,
    proof: RecordProof,
    *,
    kind: Kind,
    identifier: bytes | None = None,
    sha256: bytes | None = None,
) -> VerifiedRecord:
    """The object of `kind` that was asked for by id (32 bytes, or a name's ASCII) or by content digest.

    Raises VerificationFailed with the code named at each step. The unit in a case's id is not in its entry:
    only the signature proof tells whose case it is.
    """
    # 1. The entry stands in the registry log: PROOF_SWAPPED, PROOF_TRUNCATED_PATH, PROOF_WRONG_PATH.
    entry = verify_entry(proven, proof.entry, log=REGISTRY)
    # 2. It makes an object of that kind, the very one that was asked for: PROOF_OTHER_RECORD.
    operation = get_plain_operation(decode_operation(entry))
    _verify_asked_for(operation, kind, identifier, sha256)
    # 3. The status is this index's (PROOF_SWAPPED), of this height (PROOF_OLD_STATUS) and well-formed.
    status = verify_status_at(proven, proof.status, proof.entry.index)
    # 4. It made that object: an approval that did not decide has no status. PROOF_OTHER_RECORD.
    if status == Status.NONE:
        raise VerificationFailed(Code.PROOF_OTHER_RECORD)
    # 5. An entry of that effect is shown where it is not in force (PROOF_WRONG_STATUS), and is about it.
    change = _verify_change(proven, proof, kind, operation, status)
    return VerifiedRecord(kind, proof.entry.index, entry, operation, status, change)


def verify_newest(proven: Proven, proof: RecordProof, *, kind: Kind, identifier: bytes) -> VerifiedRecord:
    """The newest entry of an administered object, in force or retired; raises as `verify_record`.

    An entry that another has superseded tells of the past: PROOF_WRONG_STATUS.
    """
    found = verify_record(proven, proof, kind=kind, identifier=identifier)
    if found.status == Status.SUPERSEDED:
        raise VerificationFailed(Code.PROOF_WRONG_STATUS)
    return found


def verify_status_at(proven: Proven, proof: StatusProof, index: int) -> Status:
    """The status of registry `index` at the proven height.

    Raises VerificationFailed: PROOF_SWAPPED (another index), PROOF_TRUNCATED_PATH, PROOF_OLD_STATUS (a chunk
    that this height does not hold: an older or an altered one), PROOF_WRONG_STATUS (no well-formed chunk).
    """
    if proof.index != index:
        raise VerificationFailed(Code.PROOF_SWAPPED)
    size, root = proven.parts.registry.size, proven.parts.status_root
    return verify_status(index, size, proof.chunk, proof.path, root, other_root=Code.PROOF_OLD_STATUS)


def _verify_asked_for(
    operation: Operation, kind: Kind, identifier: bytes | None, sha256: bytes | None
) -> None:
    form = OBJECTS.get(kind)
    other = VerificationFailed(Code.PROOF_OTHER_RECORD)
    if form is None or operation.WhichOneof("kind") != form.field or (identifier is None and sha256 is None):
        raise other
    message = getattr(operation, form.field)
    if identifier is not None and not form.is_named(message, identifier):
        raise other
    if sha256 is not None and message.content.sha256 != sha256:
        raise other


def _verify_change(
    proven: Proven, proof: RecordProof, kind: Kind, operation: Operation, status: Status
) -> Change | None:
    beneath = UNDISPUTED.get(status, status)
    if not proof.HasField("change"):
        if kind in EXPLAINED and beneath not in (Status.VALID, Status.PENDING):
            raise VerificationFailed(Code.PROOF_WRONG_STATUS)
        return None
    entry = verify_entry(proven, proof.change, log=REGISTRY)
    change = decode_operation(entry)
    effect = compute_effect(change)
    if effect is None or effect.kind != kind:
        raise VerificationFailed(Code.PROOF_OTHER_RECORD)
    if not OBJECTS[kind].is_named(getattr(operation, OBJECTS[kind].field), effect.identifier):
        raise VerificationFailed(Code.PROOF_OTHER_RECORD)
    if effect.status != beneath or proof.change.index <= proof.entry.index:
        raise VerificationFailed(Code.PROOF_WRONG_STATUS)
    return Change(proof.change.index, entry, change)

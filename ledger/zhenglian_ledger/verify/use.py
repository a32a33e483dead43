"""What stands behind a use: who opened it, on which record, under which grants (SPEC 8.5).

A vault releases on this and on nothing else, so everything is proven: that the opening was accepted, which
system signed it, and how record and grants stand at a recent height. That the chain was live when the use was
opened follows from its acceptance; that it is live now is in `chains`.
"""

from dataclasses import dataclass
from typing import Any

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_ledger.leaves import Entry
from zhenglian_ledger.rows import ACCESS
from zhenglian_ledger.verify.anchor import Proven
from zhenglian_ledger.verify.grants import VerifiedChain, verify_grant_chain
from zhenglian_ledger.verify.inclusion import decode_operation, verify_entry
from zhenglian_ledger.verify.record import VerifiedRecord, verify_record
from zhenglian_ledger.verify.record_answer import TYPES, verify_type
from zhenglian_ledger.verify.signature import VerifiedSignature, verify_signature
from zhenglian_proto.v1.node_pb2 import UseAnswer
from zhenglian_proto.v1.operation_pb2 import Operation

USES = ("open_use", "present", "rely")


@dataclass(frozen=True, slots=True)
class VerifiedUse:
    """An accepted use: its access index and entry, who opened it when, its record, type and grant chains."""

    index: int
    entry: Entry
    operation: Operation
    opening: VerifiedSignature
    record: VerifiedRecord
    type: VerifiedRecord
    chains: tuple[VerifiedChain, ...]

    @property
    def message(self) -> Any:  # noqa: ANN401  OpenUse, Present or Rely
        """The operation's own message."""
        return getattr(self.operation, self.operation.WhichOneof("kind") or "")

    @property
    def unit(self) -> str:
        """The unit whose system opened it."""
        return self.opening.unit

    @property
    def opened_ms(self) -> int:
        """Block time of the opening."""
        return self.entry.time_ms

    @property
    def is_live(self) -> bool:
        """Whether every chain it was opened under is live at the time that was asked for."""
        return all(chain.liveness.is_live for chain in self.chains)


def verify_use(proven: Proven, answer: UseAnswer, use: bytes, *, at_ms: int | None = None) -> VerifiedUse:
    """The use of that 32-byte id, with its chains at `at_ms` (None: the header's time).

    Raises VerificationFailed with what each part raises, or the code named at each step.
    """
    # 1. It stands in the access log: PROOF_SWAPPED, PROOF_TRUNCATED_PATH, PROOF_WRONG_PATH.
    entry = verify_entry(proven, answer.use, log=ACCESS)
    # 2. It is an accepted one, PROOF_REFUSED, and the one that was asked for: PROOF_OTHER_RECORD.
    if entry.code:
        raise VerificationFailed(Code.PROOF_REFUSED)
    operation = decode_operation(entry)
    kind = operation.WhichOneof("kind")
    message = getattr(operation, kind or "") if kind in USES else None
    if message is None or message.id != use:
        raise VerificationFailed(Code.PROOF_OTHER_RECORD)
    # 3. A system signed it, and belongs to a unit: PROOF_WRONG_SIGNER.
    opening = verify_signature(proven, entry, answer.opening)
    if not opening.unit:
        raise VerificationFailed(Code.PROOF_WRONG_SIGNER)
    # 4. Its record is as shown, and so is the record's type.
    if answer.kind not in TYPES:
        raise VerificationFailed(Code.PROOF_MALFORMED, field="kind")
    record = verify_record(proven, answer.record, kind=answer.kind, identifier=message.record)
    record_type = verify_type(proven, answer.type, record)
    # 5. Each grant it names is shown with its chain, in order: PROOF_WRONG_CHAIN_OF_GRANTS.
    named = list(message.grants) if kind == "open_use" else []
    if len(named) != len(answer.chains):
        raise VerificationFailed(Code.PROOF_WRONG_CHAIN_OF_GRANTS)
    time_ms = proven.time_ms if at_ms is None else at_ms
    chains = tuple(
        verify_grant_chain(
            proven, shown, grant=grant, at_ms=time_ms, unit=opening.unit, system=opening.system
        )
        for grant, shown in zip(named, answer.chains, strict=True)
    )
    return VerifiedUse(answer.use.index, entry, operation, opening, record, record_type, chains)

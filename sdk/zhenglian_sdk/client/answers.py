"""What the client answers about a record: the ledger's own answer with the proven parts behind it."""

from dataclasses import dataclass, fields
from typing import Any

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.verify import answer as ledger
from zhenglian_ledger.verify.record_answer import VerifiedRecordAnswer
from zhenglian_ledger.verify.sentences import AnswerState, Assurance
from zhenglian_proto.v1 import node_pb2


@dataclass(frozen=True, slots=True)
class Answer(ledger.Answer):
    """As the ledger says it; `verified` and `proof` (what the node showed) are there for a proven record.

    `node` is who answered, empty where nobody could be asked.
    """

    verified: VerifiedRecordAnswer | None = None
    proof: node_pb2.RecordAnswer | None = None
    node: str = ""

    @property
    def is_valid(self) -> bool:
        """Whether the record can be relied on: VALID, and proven."""
        return self.state == AnswerState.VALID and self.assurance == Assurance.PROVEN

    @property
    def record(self) -> Any:  # noqa: ANN401  one of two messages
        """The proven IssueLicence or CollectMaterial, or None."""
        return self.verified.record.message if self.verified else None

    @property
    def issuer(self) -> str:
        """The unit whose system signed the record, or empty where that was not shown (genesis, no record)."""
        signature = self.verified.signature if self.verified else None
        return signature.unit if signature else ""


def build_answer(
    said: ledger.Answer,
    verified: VerifiedRecordAnswer | None = None,
    proof: node_pb2.RecordAnswer | None = None,
    *,
    node: str = "",
) -> Answer:
    """`said` with the parts it rests on."""
    values = {field.name: getattr(said, field.name) for field in fields(ledger.Answer)}
    return Answer(**values, verified=verified, proof=proof, node=node)


def build_mismatch(answer: Answer) -> Answer:
    """The answer about a file that is not the one recorded, whatever the state of its record: INVALID."""
    mismatch = InvalidInput(Code.FILE_DIGEST_MISMATCH)
    values = {field.name: getattr(answer, field.name) for field in fields(Answer)}
    changed = {"state": AnswerState.INVALID, "zh": mismatch.zh, "en": mismatch.en, "code": mismatch.code}
    return Answer(**{**values, **changed})

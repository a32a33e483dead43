"""verify_plan: from a node's answer to a plan whose every row says how surely it is known (SPEC 7.4, 8.8).

case (own, by its signature) → its list version → the list's rows, all and in order → each exempting
record
"""

from dataclasses import dataclass
from typing import Any

from zhenglian_ledger import rows as ledger_rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_ledger.verify.anchor import Proven
from zhenglian_ledger.verify.answer import compute_state
from zhenglian_ledger.verify.object import verify_object
from zhenglian_ledger.verify.record import VerifiedRecord, verify_record
from zhenglian_ledger.verify.sentences import AnswerState, Assurance, Sentence
from zhenglian_proto.v1 import node_pb2
from zhenglian_proto.v1.cases_pb2 import OpenCase
from zhenglian_proto.v1.grants_pb2 import GrantBody
from zhenglian_proto.v1.proof_pb2 import RecordProof
from zhenglian_proto.v1.registries_pb2 import MaterialRow, Matter
from zhenglian_proto.v1.types_pb2 import KIND_CASE, KIND_LICENCE, KIND_MATERIAL, KIND_MATTER
from zhenglian_sdk.plan.words import HEADINGS, NOTHING, PATHS, REASONS, SOURCES, VERDICTS, WARNINGS, Verdict

_USABLE = frozenset({AnswerState.VALID})
_AT_HAND = frozenset({AnswerState.VALID, AnswerState.PENDING})
"""States of what the case itself collected: the window has it, accepted or still to be looked at."""


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One row of the list (`listed`) and what the plan says of it (`said`).

    PROVEN: the record that exempts was verified as valid and of an accepted type. STATED: the node says so.
    """

    listed: MaterialRow
    said: node_pb2.PlanRow
    assurance: Assurance
    record: VerifiedRecord | None = None

    @property
    def verdict(self) -> Verdict:
        """What is to be done about the row."""
        return VERDICTS[self.said.verdict][0]

    @property
    def warnings(self) -> tuple[Sentence, ...]:
        """What the window should know of the candidate."""
        return tuple(WARNINGS[warning] for warning in self.said.warnings)

    @property
    def drafts(self) -> tuple[GrantBody, ...]:
        """NEEDS_GRANT: the narrowest grants that suffice, without nonce: complete, have attested, give."""
        return tuple(self.said.drafts)

    def describe(self) -> tuple[Sentence, ...]:
        """材料, 来源, 免交方式, 结论, 依据, as `HEADINGS` has them."""
        source = SOURCES[self.listed.source]
        if self.listed.issuing_unit:
            unit = self.listed.issuing_unit
            source = Sentence(f"{source.zh}（{unit}）", f"{source.en} ({unit})")
        return (
            Sentence(self.listed.name, self.listed.name),
            source,
            PATHS.get(self.said.path, NOTHING),
            VERDICTS[self.said.verdict][1],
            self._describe_basis(),
        )

    def _describe_basis(self) -> Sentence:
        basis = REASONS.get(self.said.why, NOTHING)
        if not self.said.rule:
            return basis
        return Sentence(f"{basis.zh}（{self.said.rule}）", f"{basis.en} ({self.said.rule})")


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a case under the list version fixed at its opening; `case` and `matter` are proven.

    The rows are exactly the list's. `height` and `time_ms` are of the state that answered.
    """

    case: OpenCase
    matter: Matter
    rows: tuple[PlanRow, ...]
    height: int
    time_ms: int

    @property
    def to_submit(self) -> tuple[PlanRow, ...]:
        """What the applicant must still hand in."""
        return tuple(row for row in self.rows if row.verdict == Verdict.MUST_SUBMIT)

    @property
    def drafts(self) -> tuple[GrantBody, ...]:
        """Every grant that is missing."""
        return tuple(draft for row in self.rows for draft in row.drafts)

    def build_table(self, language: str = "zh") -> list[list[str]]:
        """Headings, then a line a row, each with its warnings behind the basis; `language` is zh or en."""
        is_zh = language == "zh"
        lines = [[heading.zh if is_zh else heading.en for heading in HEADINGS]]
        for row in self.rows:
            cells = [cell.zh if is_zh else cell.en for cell in row.describe()]
            said = [warning.zh if is_zh else warning.en for warning in row.warnings]
            cells[-1] = ("；" if is_zh else "; ").join([cells[-1], *said])
            lines.append(cells)
        return lines


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
    # 4. No row contradicts the list (PROOF_MALFORMED), and each exempting record serves.
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
    if said.verdict != node_pb2.VERDICT_EXEMPT or not said.record:
        return PlanRow(listed, said, Assurance.STATED)
    record = _verify_exempting(proven, listed, said, case)
    is_here = said.path == node_pb2.PATH_THIS_CASE
    if compute_state(record, at_ms) not in (_AT_HAND if is_here else _USABLE):
        raise VerificationFailed(Code.PROOF_WRONG_STATUS)
    return PlanRow(listed, said, Assurance.PROVEN, record)


def _is_allowed(listed: MaterialRow, said: node_pb2.PlanRow) -> bool:
    """Whether the list itself allows what the plan says of the row."""
    if said.verdict == node_pb2.VERDICT_EXEMPT:
        return bool(said.record) or listed.commitment_allowed
    if said.verdict == node_pb2.VERDICT_MAY_FOLLOW:
        return listed.may_follow
    return True


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

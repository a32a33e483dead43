"""A plan and its rows, once they are verified: what is to be done, in words and as a table (SPEC 7.4)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from zhenglian_ledger.verify.record import VerifiedRecord
from zhenglian_ledger.verify.sentences import Assurance, Sentence
from zhenglian_proto.v1 import node_pb2
from zhenglian_proto.v1.cases_pb2 import OpenCase
from zhenglian_proto.v1.grants_pb2 import GrantBody
from zhenglian_proto.v1.registries_pb2 import MaterialRow, Matter
from zhenglian_sdk.plan.words import (
    HANDED_IN,
    HEADINGS,
    NOTHING,
    PATHS,
    REASONS,
    SOURCES,
    VERDICTS,
    WARNINGS,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One row of the list (`listed`) and what the plan says of it (`said`).

    PROVEN: the record that exempts was verified as valid and of an accepted type. STATED: the node says so.
    `issuing_name` is the issuing unit's name, where it was asked for.
    """

    listed: MaterialRow
    said: node_pb2.PlanRow
    assurance: Assurance
    record: VerifiedRecord | None = None
    issuing_name: str = ""

    @property
    def record_id(self) -> bytes:
        """The record that the plan names for the row, 32 bytes; empty where it names none."""
        return bytes(self.said.record)

    @property
    def verdict(self) -> Verdict:
        """What is to be done about the row."""
        return VERDICTS[self.said.verdict][0]

    @property
    def warnings(self) -> tuple[Sentence, ...]:
        """What the window should know of the candidate."""
        return tuple(WARNINGS[warning] for warning in self.said.warnings)

    @property
    def warning_codes(self) -> tuple[str, ...]:
        """The warnings' names for programs, in the same order: EXPIRES_EARLY and so on."""
        return tuple(
            node_pb2.Warning.Name(warning).removeprefix("WARNING_") for warning in self.said.warnings
        )

    @property
    def drafts(self) -> tuple[GrantBody, ...]:
        """NEEDS_GRANT: the narrowest grants that suffice, without nonce: complete, have attested, give."""
        return tuple(self.said.drafts)

    def describe(self) -> tuple[Sentence, ...]:
        """材料, 来源, 免交方式, 结论, 依据, as `HEADINGS` has them."""
        source = SOURCES[self.listed.source]
        if self.listed.issuing_unit:
            unit = self.issuing_name or self.listed.issuing_unit
            source = Sentence(f"{source.zh}（{unit}）", f"{source.en} ({unit})")
        return (
            Sentence(self.listed.name, self.listed.name),
            source,
            PATHS.get(self.said.path, NOTHING),
            HANDED_IN if self._is_handed_in else VERDICTS[self.said.verdict][1],
            self._describe_basis(),
        )

    @property
    def _is_handed_in(self) -> bool:
        return self.verdict == Verdict.EXEMPT and self.said.path == node_pb2.PATH_THIS_CASE

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

    def get_stated(self) -> list[tuple[int, bytes]]:
        """What another node must say too: the verdict and the record of every row."""
        return [(int(row.said.verdict), row.record_id) for row in self.rows]

    @property
    def to_submit(self) -> tuple[PlanRow, ...]:
        """What the applicant must still hand in."""
        return tuple(row for row in self.rows if row.verdict == Verdict.MUST_SUBMIT)

    @property
    def drafts(self) -> tuple[GrantBody, ...]:
        """Every grant that is missing."""
        return tuple(draft for row in self.rows for draft in row.drafts)

    @property
    def issuing_units(self) -> frozenset[str]:
        """The units that the list names as issuers."""
        return frozenset(row.listed.issuing_unit for row in self.rows if row.listed.issuing_unit)

    def with_names(self, names: Mapping[str, str]) -> "Plan":
        """The same plan, issuing units called by their names; one without a name stays its id."""
        named = (replace(row, issuing_name=names.get(row.listed.issuing_unit, "")) for row in self.rows)
        return replace(self, rows=tuple(named))

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

"""The reuse plan, case by case from a table (SPEC 7.4; format in tests/vectors/plan/README.md)."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.testkit.ledger_kit import DAY_MS
from tests.testkit.ledger_objects import (
    ACME,
    HAN_MEIMEI,
    LI_LEI,
    PUDONG,
    PUDONG_OFFICE,
    collect_material,
    compute_id,
)
from tests.testkit.plan_world import CASE, FACTS, MATTER, PlanWorld
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.plan import compute_plan
from zhenglian_proto.v1 import cases_pb2, node_pb2, records_pb2, types_pb2, uses_pb2

CASES = json.loads((Path(__file__).parents[2] / "vectors" / "plan" / "cases.json").read_text("utf-8"))
PEOPLE = {"applicant": LI_LEI, "agent": HAN_MEIMEI, "lead": ACME}


def plan_row(case: dict[str, Any]) -> node_pb2.PlanRow:
    world = PlanWorld(case["list"])
    for fact in case["facts"]:
        FACTS[fact](world)
    world.open_case()
    rows = compute_plan(world.sandbox.build_step(world.build_author()), CASE)
    (row,) = [row for row in rows if row.row == case["row"]]
    return row


def describe(row: node_pb2.PlanRow) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "verdict": node_pb2.Verdict.Name(row.verdict).removeprefix("VERDICT_"),
        "why": node_pb2.Why.Name(row.why).removeprefix("WHY_"),
        "warnings": [node_pb2.Warning.Name(warning).removeprefix("WARNING_") for warning in row.warnings],
    }
    if row.path:
        shown["path"] = node_pb2.Path.Name(row.path).removeprefix("PATH_")
    if row.drafts:
        names = {subject: name for name, subject in PEOPLE.items()}
        shown["grantors"] = [names[draft.grantor.subject] for draft in row.drafts]
    for field in ("rule", "issuing_unit"):
        if getattr(row, field):
            shown[field] = getattr(row, field)
    return shown


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_plan_answers(case: dict[str, Any]) -> None:
    row = plan_row(case)
    expected = {key: value for key, value in case.items() if key not in ("name", "list", "row", "facts")}
    assert describe(row) == {"warnings": [], **expected}
    assert bool(row.record) == (row.why == node_pb2.WHY_COVERED), "an identifier only under a live grant"
    for draft in row.drafts:
        assert not draft.scope.records
        assert list(draft.scope.matters) == [MATTER]
        assert draft.scope.case.number == CASE
        assert draft.scope.uses == 1


def test_the_table_is_whole() -> None:
    assert len(CASES) >= 24
    assert {case["list"] for case in CASES} == {1, 2}
    verdicts = {name.removeprefix("VERDICT_") for name in node_pb2.Verdict.keys()} - {"UNSPECIFIED"}  # noqa: SIM118  an enum wrapper is no dict
    assert {case["verdict"] for case in CASES} == verdicts
    assert {case.get("path") for case in CASES} >= {
        "LICENCE",
        "SUBJECT_MATERIAL",
        "PROJECT_MATERIAL",
        "COMMITMENT",
    }
    assert {fact for case in CASES for fact in case["facts"]} == set(FACTS), "no fact is unused"
    whys = {name.removeprefix("WHY_") for name in node_pb2.Why.keys()} - {"UNSPECIFIED"}  # noqa: SIM118  an enum wrapper is no dict
    assert {case["why"] for case in CASES} == whys - {"HANDED_IN", "RETRIEVED"}, "which have tests"
    warnings = {name.removeprefix("WARNING_") for name in node_pb2.Warning.keys()} - {"UNSPECIFIED"}  # noqa: SIM118  an enum wrapper is no dict
    assert {warning for case in CASES for warning in case.get("warnings", [])} == warnings


def test_what_was_handed_in_with_the_case_is_not_asked_for_again() -> None:
    world = PlanWorld(1)
    world.open_case()

    def ask() -> node_pb2.PlanRow:
        rows = compute_plan(world.sandbox.build_step(world.build_author()), CASE)
        return next(row for row in rows if row.row == "form")

    assert ask().verdict == node_pb2.VERDICT_MUST_SUBMIT
    form = collect_material("own form", type="MT.form", case_number=CASE, custodian=PUDONG)
    world.sandbox.accept(PUDONG_OFFICE, form)
    waiting = ask()
    assert (waiting.verdict, waiting.path) == (node_pb2.VERDICT_EXEMPT, node_pb2.PATH_THIS_CASE)
    assert waiting.record == form.id
    reject = records_pb2.DecideMaterial(material=form.id, event=records_pb2.MATERIAL_EVENT_REJECT)
    world.sandbox.accept(PUDONG_OFFICE, reject)
    assert ask().verdict == node_pb2.VERDICT_MUST_SUBMIT


def test_what_the_case_has_retrieved_needs_no_second_grant() -> None:
    world = PlanWorld(1)
    world.issue("business")
    world.open_case()
    grant = world.grant("LT.BUSINESS")

    def ask() -> node_pb2.PlanRow:
        rows = compute_plan(world.sandbox.build_step(world.build_author()), CASE)
        return next(row for row in rows if row.row == "business")

    assert ask().why == node_pb2.WHY_COVERED
    particulars = uses_pb2.Particulars(
        purpose=types_pb2.PURPOSE_SERVICE, matter=MATTER, case_number=CASE, whole_document=True
    )
    opening = uses_pb2.OpenUse(
        id=compute_id("use"),
        record=compute_id("business"),
        grants=[grant],
        particulars=particulars,
        recipient_key=compute_id("recipient"),
    )
    world.sandbox.accept(PUDONG_OFFICE, opening)
    opened = ask()
    assert (opened.verdict, opened.why) == (node_pb2.VERDICT_EXEMPT, node_pb2.WHY_RETRIEVED)
    world.sandbox.wait(DAY_MS)
    assert ask().verdict == node_pb2.VERDICT_NEEDS_GRANT, "it was never released, and the grant is used up"


def test_a_plan_needs_an_open_case_of_the_unit() -> None:
    world = PlanWorld(1)
    step = world.sandbox.build_step(world.build_author())
    with pytest.raises(Refused) as missing:
        compute_plan(step, CASE)
    assert missing.value.code == Code.NOT_FOUND
    world.open_case()
    withdraw = cases_pb2.AdvanceCase(number=CASE, event=cases_pb2.CASE_EVENT_WITHDRAW)
    world.sandbox.accept("pudong-office", withdraw)
    with pytest.raises(Refused) as closed:
        compute_plan(world.sandbox.build_step(world.build_author()), CASE)
    assert closed.value.code == Code.CASE_NOT_OPEN


def test_the_list_is_the_one_fixed_when_the_case_was_opened() -> None:
    world = PlanWorld(1)
    world.open_case()
    rows = compute_plan(world.sandbox.build_step(world.build_author()), CASE)
    assert [row.row for row in rows if row.row == "either"] == []
    assert types_pb2.KIND_LICENCE not in {row.kind for row in rows}

"""case plan: what need not be submitted in a case, why, and the drafts of the grants that are missing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from zhenglian_ledger.verify.sentences import Sentence
from zhenglian_proto.v1.grants_pb2 import GrantBody
from zhenglian_sdk.cli.screen import Screen
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.plan import Plan, PlanRow, load_draft, save_draft

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="办件编号 / the case's number")]


async def plan_case(
    client: AsyncClient,
    screen: Screen,
    number: Number,
    drafts: Annotated[
        Path, typer.Option(metavar="DIR", help="授权草稿目录 / where grant drafts are saved")
    ] = Path("drafts"),
) -> None:
    """免交方案：哪些材料免于提交、依据与所缺授权 / the reuse plan: what need not be submitted, and why."""
    plan = await client.plan(number)
    saved = list(_save_drafts(client, plan, drafts))
    zh, en = plan.build_table("zh"), plan.build_table("en")
    lines = [[Sentence(*pair) for pair in zip(*both, strict=True)] for both in zip(zh, en, strict=True)]
    count, left = len(plan.rows), len(plan.to_submit)
    screen.say(f"共 {count} 项材料，须提交 {left} 项", f"{count} rows, {left} to be submitted")
    screen.table(lines[0], lines[1:])
    for path in saved:
        screen.say(f"授权草稿：{path}", f"grant draft: {path}")
    screen.say(f"方案依据高度 {plan.height} 的账本", f"by the ledger at height {plan.height}")
    screen.json(
        {
            "case": number,
            "height": plan.height,
            "rows": [_build_fields(row) for row in plan.rows],
            "drafts": [str(path) for path in saved],
        }
    )


def _build_fields(row: PlanRow) -> dict[str, object]:
    """A row for a program."""
    basis = row.describe()[-1]
    return {
        "row": row.listed.id,
        "name": row.listed.name,
        "verdict": row.verdict.value,
        "assurance": row.assurance.value,
        "basis_zh": basis.zh,
        "basis_en": basis.en,
        "warnings": [
            {"code": code, "zh": said.zh, "en": said.en}
            for code, said in zip(row.warning_codes, row.warnings, strict=True)
        ],
        "record": row.record_id.hex(),
        "grants": [grant.hex() for grant in row.said.grants],
    }


def _save_drafts(client: AsyncClient, plan: Plan, directory: Path) -> Iterator[Path]:
    """Every missing grant as a draft file; one that is already there and says the same is left alone."""
    for place, row in enumerate(plan.rows, start=1):
        for n, draft in enumerate(row.drafts, start=1):
            directory.mkdir(parents=True, exist_ok=True)
            name = f"{plan.case.number}.{place:02}.{row.listed.id}.{n}.grant.json"
            path = directory / "".join(c if c.isalnum() or c in "._-" else "_" for c in name)
            if not (path.exists() and _is_same_grant(load_draft(path), draft)):
                save_draft(path, client.complete_grant(draft))
            yield path


def _is_same_grant(saved: GrantBody, draft: GrantBody) -> bool:
    """Whether both would grant the same to the same end; the start is when each was drafted."""
    compared = GrantBody()
    compared.CopyFrom(saved)
    compared.nonce = b""
    compared.chain_id = draft.chain_id
    compared.valid.from_ms = draft.valid.from_ms
    return compared == draft

"""case open, accept, plan, close: a case 办件 from its opening to its end."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_proto.v1.grants_pb2 import GrantBody
from zhenglian_proto.v1.identity_pb2 import ResolveReason
from zhenglian_proto.v1.registries_pb2 import Matter
from zhenglian_proto.v1.types_pb2 import KIND_MATTER
from zhenglian_sdk import builders
from zhenglian_sdk.civil_time import compute_end_ms, compute_now_ms, format_moment
from zhenglian_sdk.cli.arguments import day_option, id_option
from zhenglian_sdk.cli.commands import command
from zhenglian_sdk.cli.receipts import RequestId, show_receipt, submit_together
from zhenglian_sdk.cli.screen import Screen, Sentence
from zhenglian_sdk.cli.subjects import SUBJECT_HELP, resolve_subjects
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.plan import Plan, load_draft, save_draft

case_app = typer.Typer(no_args_is_help=True, help="办件 / cases")

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="办件编号 / the case's number")]

DECISIONS: Final = {"": ["CLOSE"], "grant": ["GRANT", "CLOSE"], "refuse": ["REFUSE", "CLOSE"], "withdraw": ["WITHDRAW"]}
"""--decision → the steps that the case takes, all or none."""


@command(case_app, "open")
async def open_case(
    client: AsyncClient,
    screen: Screen,
    number: Number,
    matter: Annotated[str, typer.Option(help="事项标识 / the matter's id")],
    applicant: Annotated[str, typer.Option(metavar="SUBJECT", help=f"申请人 / applicant: {SUBJECT_HELP}")],
    matter_version: Annotated[
        int, typer.Option(min=0, help="清单版本，默认现行版本 / list version, by default the newest")
    ] = 0,
    promised: Annotated[
        str, day_option(help="承诺办结日，默认按事项时限 / promised day, by default from the matter")
    ] = "",
    agent: Annotated[str, typer.Option(metavar="SUBJECT", help="代办人 / who acts for the applicant")] = "",
    agent_grant: Annotated[bytes, id_option(help="代办授权 / the grant by which the agent acts")] = b"",
    project: Annotated[bytes, id_option(help="项目 / project")] = b"",
    premises: Annotated[str, typer.Option(metavar="SUBJECT", help="场所 / premises: ID | premises:-")] = "",
    request_id: RequestId = None,
) -> None:
    """开立办件，清单版本由此固定 / open a case; its list version is fixed here."""
    listed = None
    if not (matter_version and promised):
        listed = await _get_matter(client, matter)
    reason = ResolveReason(case_number=number)
    named = [name for name in (applicant, agent, premises) if name]
    ids = dict(zip(named, await resolve_subjects(client, reason, named), strict=True))
    version = matter_version or (listed.version if listed else 0)
    operation = builders.open_case(
        number,
        matter=matter,
        matter_version=version,
        applicant=ids[applicant],
        promised=compute_end_ms(promised) if promised else _compute_promise(listed),
        agent=ids[agent] if agent else b"",
        agent_grant=agent_grant,
        project=project,
        premises=ids[premises] if premises else b"",
    )
    receipt = await submit_together(client, [operation], request_id)
    screen.say(f"办件 {number} 已开立，清单第 {version} 版", f"case {number} is open under list version {version}")
    show_receipt(screen, receipt, case=number, matter=matter, matter_version=version)


@command(case_app, "accept")
async def accept_case(
    client: AsyncClient, screen: Screen, number: Number, request_id: RequestId = None
) -> None:
    """受理办件 / accept a case."""
    receipt = await submit_together(client, [builders.advance_case(number, "ACCEPT")], request_id)
    screen.say(f"办件 {number} 已受理", f"case {number} is accepted")
    show_receipt(screen, receipt, case=number)


@command(case_app, "close")
async def close_case(
    client: AsyncClient,
    screen: Screen,
    number: Number,
    decision: Annotated[
        str, typer.Option(metavar="grant|refuse|withdraw", help="决定：准予、不予、撤回 / decide, then close")
    ] = "",
    request_id: RequestId = None,
) -> None:
    """办结办件，可同时作出决定 / close a case, with its decision where it has none yet."""
    if decision not in DECISIONS:
        raise typer.BadParameter(" | ".join(filter(None, DECISIONS)), param_hint="--decision")
    steps = [builders.advance_case(number, step) for step in DECISIONS[decision]]
    receipt = await submit_together(client, steps, request_id)
    screen.say(f"办件 {number} 已办结", f"case {number} is closed")
    show_receipt(screen, receipt, case=number, decision=decision or "none")


@command(case_app, "plan")
async def plan_case(
    client: AsyncClient,
    screen: Screen,
    number: Number,
    drafts: Annotated[
        Path, typer.Option(metavar="DIR", help="授权书草稿目录 / where grant drafts are saved")
    ] = Path("drafts"),
) -> None:
    """免交方案：哪些材料免于提交 / the reuse plan: what need not be submitted, why, and which grant is missing."""
    plan = await client.plan(number)
    saved = list(_save_drafts(client, plan, drafts))
    zh, en = plan.build_table("zh"), plan.build_table("en")
    lines = [[Sentence(*pair) for pair in zip(*both, strict=True)] for both in zip(zh, en, strict=True)]
    count, left = len(plan.rows), len(plan.to_submit)
    screen.say(f"共 {count} 项材料，须提交 {left} 项", f"{count} rows, {left} to be submitted")
    screen.table(lines[0], lines[1:])
    for path in saved:
        screen.say(f"授权书草稿：{path}", f"grant draft: {path}")
    screen.say(f"方案依据高度 {plan.height} 的账本", f"by the ledger at height {plan.height}")
    screen.json(
        {
            "case": number,
            "height": plan.height,
            "rows": [
                {
                    "row": row.listed.id,
                    "name": row.listed.name,
                    "verdict": row.verdict.value,
                    "assurance": row.assurance.value,
                    "record": row.said.record.hex(),
                    "grants": [grant.hex() for grant in row.said.grants],
                    "warnings": [warning.en for warning in row.warnings],
                    **{f"basis_{language}": getattr(row.describe()[-1], language) for language in ("zh", "en")},
                }
                for row in plan.rows
            ],
            "drafts": [str(path) for path in saved],
        }
    )


def _save_drafts(client: AsyncClient, plan: Plan, directory: Path) -> Iterator[Path]:
    """Every missing grant as a draft file; one that is already there and says the same is left alone."""
    for row in plan.rows:
        for n, draft in enumerate(row.drafts, start=1):
            directory.mkdir(parents=True, exist_ok=True)
            name = f"{plan.case.number}.{row.listed.id}.{n}.grant.json"
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


async def _get_matter(client: AsyncClient, matter: str) -> Matter:
    found = await client.get_object(KIND_MATTER, matter)
    if found is None:
        raise Refused(Code.NOT_FOUND, what=f"事项 matter {matter}")
    listed: Matter = found.message
    return listed


def _compute_promise(listed: Matter | None) -> int:
    """The end of the day on which the matter's promised time is over."""
    day = format_moment(compute_now_ms() + (listed.promised_ms if listed else 0))[:10]
    return compute_end_ms(day)

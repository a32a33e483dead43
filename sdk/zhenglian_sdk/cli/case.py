"""case open, accept, close: a case 办件 from its opening to its end."""

from dataclasses import dataclass
from typing import Annotated, Final

import typer

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_proto.v1.identity_pb2 import ResolveReason
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.registries_pb2 import Matter
from zhenglian_proto.v1.types_pb2 import KIND_MATTER
from zhenglian_sdk import builders
from zhenglian_sdk.civil_time import compute_end_ms, compute_now_ms, format_moment
from zhenglian_sdk.cli.arguments import day_option, id_option
from zhenglian_sdk.cli.case_plan import Number, plan_case
from zhenglian_sdk.cli.commands import command
from zhenglian_sdk.cli.receipts import RequestId, show_receipt, submit_together
from zhenglian_sdk.cli.screen import Screen
from zhenglian_sdk.cli.subjects import SUBJECT_HELP, resolve_subjects
from zhenglian_sdk.client.client import AsyncClient

case_app = typer.Typer(no_args_is_help=True, help="办件 / cases")

DECISIONS: Final = {
    "": ["CLOSE"],
    "grant": ["GRANT", "CLOSE"],
    "refuse": ["REFUSE", "CLOSE"],
    "withdraw": ["WITHDRAW"],
}
"""--decision → the steps that the case takes, all or none."""


@dataclass(frozen=True)
class OpenOptions:
    """What a case is about."""

    matter: Annotated[str, typer.Option(help="事项标识 / the matter's id")]
    applicant: Annotated[str, typer.Option(metavar="SUBJECT", help=f"申请人 / applicant: {SUBJECT_HELP}")]
    matter_version: Annotated[
        int, typer.Option(min=0, help="清单版本，默认现行版本 / list version, by default the newest")
    ] = 0
    promised: Annotated[
        str, day_option(help="承诺办结日，默认按事项时限 / promised day, by default from the matter")
    ] = ""
    agent: Annotated[str, typer.Option(metavar="SUBJECT", help="代办人 / who acts for the applicant")] = ""
    agent_grant: Annotated[bytes, id_option(help="代办授权 / the grant by which the agent acts")] = b""
    project: Annotated[bytes, id_option(help="项目 / project")] = b""
    premises: Annotated[str, typer.Option(metavar="SUBJECT", help="场所 / premises: ID | premises:-")] = ""


@command(case_app, "open")
async def open_case(
    client: AsyncClient, screen: Screen, number: Number, options: OpenOptions, request_id: RequestId = None
) -> None:
    """登记办件，清单版本由此固定 / open a case; its list version is fixed here."""
    operation = await _build_opening(client, number, options)
    version = operation.open_case.matter_version
    receipt = await submit_together(client, [operation], request_id)
    screen.say(
        f"办件 {number} 已登记，清单第 {version} 版", f"case {number} is open under list version {version}"
    )
    show_receipt(screen, receipt, case=number, matter=options.matter, matter_version=version)


@command(case_app, "accept")
async def accept_case(
    client: AsyncClient, screen: Screen, number: Number, request_id: RequestId = None
) -> None:
    """受理办件 / accept a case."""
    receipt = await submit_together(client, [builders.advance_case(number, "ACCEPT")], request_id)
    screen.say(f"办件 {number} 已受理", f"case {number} is accepted")
    show_receipt(screen, receipt, case=number)


command(case_app, "plan")(plan_case)


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


async def _build_opening(client: AsyncClient, number: str, options: OpenOptions) -> Operation:
    """The opening, with list version and promised day from the matter where the options leave them out."""
    version, promised_ms = options.matter_version, compute_end_ms(options.promised) if options.promised else 0
    if not (version and promised_ms):
        listed = await _get_matter(client, options.matter)
        version = version or listed.version
        promised_ms = promised_ms or _compute_promise(listed)
    named = [name for name in (options.applicant, options.agent, options.premises) if name]
    ids = dict(
        zip(named, await resolve_subjects(client, ResolveReason(case_number=number), named), strict=True)
    )
    return builders.open_case(
        number,
        matter=options.matter,
        matter_version=version,
        applicant=ids[options.applicant],
        promised=promised_ms,
        agent=ids.get(options.agent, b""),
        agent_grant=options.agent_grant,
        project=options.project,
        premises=ids.get(options.premises, b""),
    )


async def _get_matter(client: AsyncClient, matter: str) -> Matter:
    found = await client.get_object(KIND_MATTER, matter)
    if found is None:
        raise Refused(Code.NOT_FOUND, what=f"事项 matter {matter}")
    listed: Matter = found.message
    return listed


def _compute_promise(listed: Matter) -> int:
    """The end of the day on which the matter's promised time is over."""
    return compute_end_ms(format_moment(compute_now_ms() + listed.promised_ms)[:10])

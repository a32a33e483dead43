"""licence issue, show, revoke: electronic licences 电子证照, one at a time or a file of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from zhenglian_ledger.verify.sentences import Sentence
from zhenglian_proto.v1.records_pb2 import LicenceEvent, Origin, Reason
from zhenglian_proto.v1.types_pb2 import HolderRule
from zhenglian_sdk import builders
from zhenglian_sdk.cli.answer_view import show_answer
from zhenglian_sdk.cli.arguments import choice_option, day_option, id_argument
from zhenglian_sdk.cli.commands import command
from zhenglian_sdk.cli.exits import Exit
from zhenglian_sdk.cli.licence_bulk import issue_file
from zhenglian_sdk.cli.licence_fields import LicenceFields, build_licence, resolve_licences
from zhenglian_sdk.cli.receipts import RequestId, show_receipt, submit_together
from zhenglian_sdk.cli.recorded_files import store_file
from zhenglian_sdk.cli.screen import Screen
from zhenglian_sdk.cli.subjects import SUBJECT_HELP
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.sidecar import compute_sidecar_path

licence_app = typer.Typer(no_args_is_help=True, help="电子证照 / licences")

Licence = Annotated[bytes, id_argument("ID", help="证照记录标识 / the licence's record id")]


@dataclass(frozen=True)
class IssueOptions:
    """One licence as options say it; with --from, what every line has that does not say otherwise."""

    id: Annotated[str, typer.Option(metavar="ID", help="证照记录标识 / record id from the gateway")] = ""
    identifier: Annotated[
        str,
        typer.Option(
            help="GB/T 36904 证照标识，由网关换取记录标识 / licence identifier, resolved by the gateway"
        ),
    ] = ""
    type: Annotated[str, typer.Option(help="证照类型 / licence type")] = ""
    holder: Annotated[
        list[str] | None,
        typer.Option(metavar="SUBJECT", help=f"持证主体，可多次 / holder, repeatable: {SUBJECT_HELP}"),
    ] = None
    holder_rule: Annotated[str, choice_option(HolderRule, help="一人或全体授权 / whose grant is needed")] = (
        "any"
    )
    file: Annotated[Path | None, typer.Option(metavar="FILE", help="证照文件 / the licence's file")] = None
    sealed: Annotated[
        bool, typer.Option("--sealed", help="文件自带签章，不加盐 / the file carries its own seal: no salt")
    ] = False
    issuing_unit: Annotated[str, typer.Option(help="发证单位，默认本单位 / by default the own unit")] = ""
    custodian: Annotated[str, typer.Option(help="保管单位，默认本单位 / by default the own unit")] = ""
    origin: Annotated[str, choice_option(Origin, help="制发或补录 / issued now, or backloaded")] = "issued"
    since: Annotated[str, day_option(help="有效期起 / valid from")] = ""
    until: Annotated[str, day_option(help="有效期止，含当日 / last valid day")] = ""
    supersedes: Annotated[str, typer.Option(metavar="ID", help="被替代的证照 / the licence it replaces")] = ""
    part: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="组成证照，可多次 / part, repeatable")
    ] = None
    paper_issued: Annotated[str, day_option(help="纸质证照签发日 / day the paper was issued")] = ""
    case: Annotated[str, typer.Option(metavar="NUMBER", help="所属办件 / the case that led to it")] = ""


@command(licence_app, "issue")
async def issue(
    client: AsyncClient,
    screen: Screen,
    options: IssueOptions,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="批量：JSON 行或 CSV / in bulk: JSON lines or CSV"),
    ] = None,
    vault: Annotated[
        str, typer.Option(metavar="SYSTEM", help="存入材料库 / vault to store the file in")
    ] = "",
    request_id: RequestId = None,
) -> Exit | None:
    """制发证照；批量时可用同一请求号续办 / issue one licence, or a file of them."""
    fields = LicenceFields.from_options(options)
    if source is not None:
        return await issue_file(client, screen, source, fields, vault=vault, request_id=request_id)
    (resolved,) = await resolve_licences(client, [fields])
    operation, recorded = build_licence(resolved, await client.session.get_unit())
    receipt = await submit_together(client, [operation], request_id)
    if vault:
        await store_file(client, vault, recorded)
    screen.say("证照已制发", "the licence is issued")
    screen.facts({Sentence("记录", "record"): recorded.record.hex()})
    sidecar = compute_sidecar_path(recorded.hashed.path)
    screen.facts(
        {Sentence("校验信息文件（.zl.json）", "sidecar"): str(sidecar), Sentence("材料库", "vault"): vault}
    )
    show_receipt(screen, receipt, record=recorded.record.hex(), sidecar=str(sidecar))
    return None


@command(licence_app, "show")
async def show(client: AsyncClient, screen: Screen, licence: Licence) -> Exit:
    """查看证照记录及其状态 / show a licence's record and how it stands; the question leaves a trace."""
    return show_answer(screen, await client.verify(licence), has_details=True)


@command(licence_app, "revoke")
async def revoke(
    client: AsyncClient,
    screen: Screen,
    licence: Licence,
    reason: Annotated[str, choice_option(Reason, help="原因 / reason")],
    event: Annotated[
        str, choice_option(LicenceEvent, help="撤销、注销、暂扣、恢复 / what happens")
    ] = "revoke",
    request_id: RequestId = None,
) -> None:
    """撤销证照，或注销、暂扣、恢复 / revoke a licence; or cancel, suspend or resume it."""
    operation = builders.change_licence(licence, event, reason)
    receipt = await submit_together(client, [operation], request_id)
    screen.say(f"证照状态已变更：{event.upper()}", f"the licence has changed: {event.upper()}")
    show_receipt(screen, receipt, record=licence.hex(), event=event.upper(), reason=reason.upper())

"""material collect, accept, fetch: electronic materials 电子材料 of a case, and files under a use."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.verify.sentences import Sentence
from zhenglian_proto.v1.identity_pb2 import ResolveReason
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.records_pb2 import MaterialEvent
from zhenglian_proto.v1.registries_pb2 import Originator
from zhenglian_proto.v1.types_pb2 import HolderRule
from zhenglian_sdk import builders
from zhenglian_sdk.builders.forms import build_random_id
from zhenglian_sdk.civil_time import compute_now_ms, format_moment
from zhenglian_sdk.cli.arguments import choice_option, day_option, id_argument, id_option
from zhenglian_sdk.cli.commands import command
from zhenglian_sdk.cli.receipts import RequestId, show_receipt, submit_together
from zhenglian_sdk.cli.recorded_files import RecordedFile, get_vault_of, open_vault, prepare_file, store_file
from zhenglian_sdk.cli.screen import Screen
from zhenglian_sdk.cli.subjects import SUBJECT_HELP, resolve_subjects
from zhenglian_sdk.cli.uses import UseOptions, open_use
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.sidecar import compute_sidecar_path

material_app = typer.Typer(no_args_is_help=True, help="电子材料 / materials")


@dataclass(frozen=True)
class CollectOptions:
    """What is collected, besides the file."""

    case: Annotated[str, typer.Option(metavar="NUMBER", help="所属办件 / the case it is collected in")]
    type: Annotated[str, typer.Option(help="材料类型 / material type")]
    holder: Annotated[
        list[str],
        typer.Option(metavar="SUBJECT", help=f"持有主体，可多次 / holder, repeatable: {SUBJECT_HELP}"),
    ]
    holder_rule: Annotated[str, choice_option(HolderRule, help="一人或全体授权 / whose grant is needed")] = (
        "any"
    )
    originator: Annotated[str, choice_option(Originator, help="来源 / who made it")] = "applicant"
    originating_unit: Annotated[str, typer.Option(help="出具单位 / the unit that made it")] = ""
    custodian: Annotated[str, typer.Option(help="保管单位，默认本单位 / by default the own unit")] = ""
    since: Annotated[str, day_option(help="有效期起，默认今日 / valid from, by default today")] = ""
    until: Annotated[str, day_option(help="有效期止，含当日 / last valid day")] = ""
    sealed: Annotated[
        bool, typer.Option("--sealed", help="文件自带签章，不加盐 / the file carries its own seal: no salt")
    ] = False
    again: Annotated[
        bool, typer.Option("--again", help="作为新材料重新归集 / collect it anew, as another material")
    ] = False
    project: Annotated[bytes, id_option(help="项目 / project")] = b""
    premises: Annotated[str, typer.Option(metavar="SUBJECT", help="场所 / premises: ID | premises:-")] = ""
    retention_days: Annotated[int, typer.Option(min=0, help="保管天数，0 为永久 / days kept, 0 for ever")] = 0


@command(material_app, "collect")
async def collect(
    client: AsyncClient,
    screen: Screen,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="材料文件 / the material's file")],
    options: CollectOptions,
    vault: Annotated[
        str, typer.Option(metavar="SYSTEM", help="存入材料库 / vault to store the file in")
    ] = "",
    request_id: RequestId = None,
) -> None:
    """归集材料，附校验信息文件（.zl.json） / collect a material; a sidecar is kept or written."""
    recorded = prepare_file(file, build_random_id, is_sealed=options.sealed, is_again=options.again)
    operation = await _build_collection(client, options, recorded)
    receipt = await submit_together(client, [operation], request_id)
    if vault:
        await store_file(client, vault, recorded)
    sidecar = str(compute_sidecar_path(file))
    screen.say("材料已归集，待办件采信", "the material is collected, to be accepted by its case")
    screen.facts(
        {
            Sentence("记录", "record"): recorded.record.hex(),
            Sentence("校验信息文件（.zl.json）", "sidecar"): sidecar,
            Sentence("材料库", "vault"): vault,
        }
    )
    show_receipt(screen, receipt, record=recorded.record.hex(), sidecar=sidecar)


@command(material_app, "accept")
async def accept(
    client: AsyncClient,
    screen: Screen,
    materials: Annotated[list[bytes], id_argument("ID...", help="材料记录标识 / the materials' record ids")],
    event: Annotated[
        str, choice_option(MaterialEvent, help="采信、不采信、撤回 / what the case decides")
    ] = "accept",
    request_id: RequestId = None,
) -> None:
    """办件采信材料，或不采信、撤回 / the case accepts materials; or rejects or withdraws them."""
    operations = [builders.decide_material(material, event) for material in materials]
    receipt = await submit_together(client, operations, request_id)
    screen.say(f"{len(operations)} 件材料：{event.upper()}", f"{len(operations)} materials: {event.upper()}")
    show_receipt(screen, receipt, records=[material.hex() for material in materials], event=event.upper())


@command(material_app, "fetch")
async def fetch(
    client: AsyncClient,
    screen: Screen,
    record: Annotated[
        bytes, id_argument("ID", help="材料或证照记录标识 / record id of a material or licence")
    ],
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="写到何处，校验信息文件随之 / where it is written")
    ],
    options: UseOptions,
    vault: Annotated[
        str,
        typer.Option(metavar="SYSTEM", help="保管单位的材料库，默认按配置 [vaults] / the custodian's vault"),
    ] = "",
    use: Annotated[bytes, id_option(help="已登记的使用 / the use that was opened")] = b"",
) -> None:
    """依据已登记的使用调取文件；给出 --grant 则先登记 / fetch a file under a use, or open one by --grant."""
    if bool(use) == bool(options.grant):
        raise typer.BadParameter("须给出其一 / exactly one of --use, --grant")
    if not (vault or client.vaults):  # told before a use of the grant is spent
        get_vault_of(client)
    opened = use or await open_use(client, record, options)
    if opened != use:
        screen.note(f"使用 {opened.hex()} 已登记", f"use {opened.hex()} is opened")
    proven = (await client.get_use(opened)).record.message
    if proven.id != record:
        raise InvalidInput(Code.INPUT_INVALID, what=f"--use {use.hex()}：属于另一记录 of another record")
    connected = await open_vault(client, vault or get_vault_of(client, proven.custodian))
    header = await client.fetch(connected, opened, out)
    sidecar = str(compute_sidecar_path(out))
    screen.say(f"已写入 {out}，与链上摘要一致", f"{out} is written and is the file that was recorded")
    screen.facts(
        {Sentence("校验信息文件（.zl.json）", "sidecar"): sidecar, Sentence("字节", "bytes"): header.size}
    )
    fields: dict[str, object] = {"record": record.hex(), "use": opened.hex(), "size": header.size}
    screen.json({**fields, "file": str(out), "sidecar": sidecar, "media_type": header.media_type})


async def _build_collection(
    client: AsyncClient, options: CollectOptions, recorded: RecordedFile
) -> Operation:
    names = [*options.holder, options.premises] if options.premises else options.holder
    ids = await resolve_subjects(client, ResolveReason(case_number=options.case), names)
    today = format_moment(compute_now_ms())[:10]
    return builders.collect_material(
        id=recorded.record,
        type=options.type,
        holders=ids[: len(options.holder)],
        holder_rule=options.holder_rule,
        case_number=options.case,
        originator=options.originator,
        originating_unit=options.originating_unit,
        custodian=options.custodian or await client.session.get_unit(),
        valid=builders.interval(options.since or today, options.until or None),
        content=recorded.content,
        project=options.project,
        premises=ids[-1] if options.premises else b"",
        retention=timedelta(days=options.retention_days) if options.retention_days else None,
    )

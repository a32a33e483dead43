"""What a grant is to say: from options alone, or from a draft that a plan left, narrowed by options."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from zhenglian_proto.v1.grants_pb2 import GrantBody, Retention
from zhenglian_proto.v1.types_pb2 import Channel, Purpose
from zhenglian_sdk import builders
from zhenglian_sdk.civil_time import compute_end_ms, compute_now_ms
from zhenglian_sdk.cli.arguments import choice_option, day_option, id_option, is_id
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.plan import load_draft


@dataclass(frozen=True)
class DraftOptions:
    """A grant as options say it."""

    plan_draft: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="方案给出的草稿 / a draft that a plan left")
    ] = None
    grantor: Annotated[str, typer.Option(metavar="ID|UNIT", help="授权人 / who grants: subject or unit")] = ""
    to: Annotated[str, typer.Option(metavar="ID|UNIT", help="被授权人 / to whom: unit or subject")] = ""
    system: Annotated[str, typer.Option(help="仅限被授权单位的某系统 / only this system of the unit")] = ""
    parent: Annotated[bytes, id_option(help="上级授权 / the grant it is made under")] = b""
    rule: Annotated[str, typer.Option(help="法定授权的依据 / legal basis of a statutory grant")] = ""
    type: Annotated[list[str] | None, typer.Option(help="证照或材料类型，可多次 / type, repeatable")] = None
    record: Annotated[list[bytes] | None, id_option(help="记录，可多次 / record, repeatable")] = None
    field: Annotated[list[str] | None, typer.Option(help="字段，可多次 / field, repeatable")] = None
    whole: Annotated[bool, typer.Option("--whole", help="整份文件 / the whole document")] = False
    purpose: Annotated[str, choice_option(Purpose, help="用途 / purpose")] = "service"
    matter: Annotated[list[str] | None, typer.Option(help="事项，可多次 / matter, repeatable")] = None
    region: Annotated[list[str] | None, typer.Option(help="地域，可多次 / region, repeatable")] = None
    only_channel: Annotated[str, choice_option(Channel, help="仅限渠道 / only through this channel")] = ""
    case: Annotated[str, typer.Option(metavar="UNIT:NUMBER", help="仅限办件 / only in this case")] = ""
    uses: Annotated[int, typer.Option(min=0, help="次数，默认 1 / number of uses, 1 by default")] = 0
    since: Annotated[str, day_option(help="起始日，默认即时 / from, by default now")] = ""
    until: Annotated[str, day_option(help="截止日，含当日 / last day")] = ""
    retention: Annotated[str, choice_option(Retention, help="留存 / what the grantee may keep")] = "case"
    depth: Annotated[int, typer.Option(min=0, max=8, help="可再授权级数 / further hops allowed")] = 0


def build_draft(client: AsyncClient, options: DraftOptions) -> GrantBody:
    """The complete body, with the chain's id and a fresh nonce; raises BadParameter for what is missing."""
    if options.plan_draft is not None:
        draft = _narrow(load_draft(options.plan_draft), options)
    else:
        for name in ("grantor", "to"):
            if not getattr(options, name):
                raise typer.BadParameter("缺少 / missing", param_hint=f"--{name}")
        draft = _build(client, options)
    return client.complete_grant(draft)


def _build(client: AsyncClient, options: DraftOptions) -> GrantBody:
    scope = builders.scope(
        records=options.record or (),
        types=options.type or (),
        fields=options.field or (),
        whole_document=options.whole,
        purposes=[options.purpose],
        matters=options.matter or (),
        regions=options.region or (),
        channels=[options.only_channel] if options.only_channel else (),
        case=_parse_case(options.case),
        uses=options.uses or 1,
        retention=options.retention,
        depth=options.depth,
    )
    return builders.grant_body(
        chain_id=client.chain_id,
        grantor=_parse_party(options.grantor),
        grantee=_parse_party(options.to),
        grantee_system=options.system,
        valid=builders.interval(options.since or compute_now_ms(), options.until or None),
        scope=scope,
        parent=options.parent,
        rule=options.rule,
    )


def _narrow(draft: GrantBody, options: DraftOptions) -> GrantBody:
    """The plan's draft with another end, number of uses and channel, where options name them."""
    _verify_unnamed(options, ("grantor", "to", "type", "record", "matter", "case", "rule", "parent"))
    draft.nonce = b""
    if options.until:
        draft.valid.to_ms = compute_end_ms(options.until)
    if options.uses:
        draft.scope.uses = options.uses
    if options.only_channel:
        del draft.scope.channels[:]
        draft.scope.channels.append(builders.context(channel=options.only_channel).channel)
    return draft


def _verify_unnamed(options: DraftOptions, names: Sequence[str]) -> None:
    """A plan's draft says these itself."""
    for name in names:
        if getattr(options, name):
            raise typer.BadParameter("草稿中已有 / the draft says it", param_hint=f"--{name}")


def _parse_party(text: str) -> bytes | str:
    return bytes.fromhex(text) if is_id(text) else text


def _parse_case(text: str) -> tuple[str, str] | None:
    if not text:
        return None
    unit, colon, number = text.partition(":")
    if not colon:
        raise typer.BadParameter("UNIT:NUMBER", param_hint="--case")
    return unit, number

"""grant draft, sign, give, show, revoke: a holder's will 授权 from its words to its end."""

from pathlib import Path
from typing import Annotated

import typer

from zhenglian_ledger.attestation import compute_grant_event_target, compute_grant_id
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, Refused
from zhenglian_ledger.verify.sentences import Sentence
from zhenglian_proto.v1.grants_pb2 import GrantBody
from zhenglian_sdk.civil_time import format_last_day, format_moment
from zhenglian_sdk.cli.arguments import id_argument
from zhenglian_sdk.cli.attesting import Attesting
from zhenglian_sdk.cli.commands import command
from zhenglian_sdk.cli.exits import Exit
from zhenglian_sdk.cli.grant_draft import DraftOptions, build_draft
from zhenglian_sdk.cli.grant_files import load_grant, save_signed
from zhenglian_sdk.cli.receipts import RequestId, show_receipt
from zhenglian_sdk.cli.screen import Screen
from zhenglian_sdk.cli.work import Work
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.client.grants import is_attestation_needed
from zhenglian_sdk.client.reads import GrantStanding
from zhenglian_sdk.plan import describe_grant, load_draft, save_draft
from zhenglian_sdk.plan.grant_words import MAX_SHOWN, compute_grant_words

grant_app = typer.Typer(no_args_is_help=True, help="授权 / grants")

Grant = Annotated[bytes, id_argument("ID", help="授权标识 / the grant's id")]
Out = Annotated[Path, typer.Option(metavar="FILE", help="写到何处 / where it is written")]


@command(grant_app, "draft")
async def draft_grant(client: AsyncClient, screen: Screen, options: DraftOptions, out: Out) -> None:
    """起草授权：取自方案草稿或各选项 / draft a grant, from a plan's draft or from options."""
    body = build_draft(client, options)
    save_draft(out, body)
    _show_words(screen, body, out)


@command(grant_app, "sign")
async def sign_grant(
    work: Work,
    draft: Annotated[Path, typer.Argument(metavar="DRAFT", help="授权草稿文件 / the draft's file")],
    attesting: Attesting,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="默认 DRAFT.signed.json / by default beside the draft")
    ] = None,
) -> None:
    """由授权人签署：密钥、窗口或身份网关 / have the grantor sign, by key, counter or gateway."""
    body = load_draft(draft)
    grant, subject = compute_grant_id(body), body.grantor.subject
    if not subject:
        raise InvalidInput(Code.INPUT_INVALID, what="授权人不是主体，无须签署 the grantor is no subject")
    attestation = await attesting.attest(work, grant, subject, describe_grant(body))
    if attestation.subject != subject:
        raise InvalidInput(Code.SUBJECT_MISMATCH)
    path = out or draft.with_name(draft.name.removesuffix(".json") + ".signed.json")
    save_signed(path, body, attestation)
    work.screen.say("已签署", "signed")
    _show_words(work.screen, body, path)


@command(grant_app, "give")
async def give_grant(
    client: AsyncClient,
    screen: Screen,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="已签署的授权 / the signed grant")],
    request_id: RequestId = None,
) -> None:
    """使已签署的授权生效；法定授权无须签署 / give a grant; a statutory one is unsigned."""
    body, attestation = load_grant(file)
    if attestation is None and is_attestation_needed(body):
        raise InvalidInput(Code.INPUT_INVALID, what=f"{file}（尚未签署 not signed yet）")
    shown = describe_grant(body)
    grant = await client.give_grant(body, attestation, request_id=request_id)
    screen.say("授权已生效", "the grant is given")
    screen.facts({Sentence("授权", "grant"): grant.hex(), Sentence("内容", "says"): shown})
    screen.json({"grant": grant.hex(), "shown": shown})


@command(grant_app, "show")
async def show_grant(client: AsyncClient, screen: Screen, grant: Grant) -> Exit | None:
    """查看授权及其各级上级 / show a grant with every grant above it, and whether it can be used."""
    try:
        standing = await client.get_grant(grant)
    except Refused as error:
        if error.code != Code.NOT_FOUND:
            raise
        screen.fail(error)
        return Exit.NEGATIVE
    _show_standing(screen, grant, standing)
    return None if standing.is_live else Exit.NEGATIVE


@command(grant_app, "revoke")
async def revoke_grant(work: Work, grant: Grant, attesting: Attesting, request_id: RequestId = None) -> None:
    """撤销授权，其下各级同时失效 / revoke a grant; every grant below it ends with it."""
    async with work.open_client() as client:
        standing = await client.get_grant(grant)
        body = await client.prepare_grant_change(grant, "REVOKE")
        given = standing.chain.bodies[0]
        attestation = None
        if is_attestation_needed(given):
            shown = f"撤销以下授权：{compute_grant_words(given)}"
            if len(shown) > MAX_SHOWN:  # whatever was given can be taken back: then its whole id says which
                shown = f"撤销授权{grant.hex()}。"
            target = compute_grant_event_target(body)
            subject = given.grantor.subject
            attestation = await attesting.attest(work, target, subject, shown, client)
        receipt = await client.change_grant(body, attestation, request_id=request_id)
    work.screen.say("授权已撤销", "the grant is revoked")
    show_receipt(work.screen, receipt, grant=grant.hex(), event="REVOKE")


def _show_words(screen: Screen, body: GrantBody, path: Path) -> None:
    grant, shown = compute_grant_id(body).hex(), describe_grant(body)
    screen.facts(
        {
            Sentence("内容", "says"): shown,
            Sentence("授权", "grant"): grant,
            Sentence("文件", "file"): str(path),
        }
    )
    screen.json({"grant": grant, "shown": shown, "file": str(path)})


def _show_standing(screen: Screen, grant: bytes, standing: GrantStanding) -> None:
    liveness = standing.chain.liveness
    if liveness.is_live:
        screen.say("LIVE：可以使用", "LIVE: it can be used")
    else:
        screen.say(f"NOT LIVE：{liveness.code.zh}", f"NOT LIVE: {liveness.code.en}")
    headings = (
        Sentence("级", "level"),
        Sentence("授权", "grant"),
        Sentence("有效期", "valid"),
        Sentence("内容", "says"),
    )
    bodies = standing.chain.bodies
    rows = [
        (
            len(bodies) - n,
            compute_grant_id(body).hex(),
            f"{format_moment(body.valid.from_ms)} – {format_last_day(body.valid.to_ms)}",
            compute_grant_words(body),
        )
        for n, body in enumerate(bodies)
    ]
    screen.table(headings, rows)
    screen.facts(
        {
            Sentence("剩余次数（节点所称）", "uses left, as the node states"): standing.uses_left,
            Sentence("账本高度", "height"): standing.height,
        }
    )
    screen.json(
        {
            "grant": grant.hex(),
            "live": liveness.is_live,
            "code": liveness.code.name,
            "chain": [
                {"grant": compute_grant_id(body).hex(), "shown": compute_grant_words(body)} for body in bodies
            ],
            "uses_left": standing.uses_left,
            "height": standing.height,
        }
    )

"""dispute raise, clear: an objection 异议 beside a record, never instead of its state."""

from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from zhenglian_ledger.verify.sentences import Sentence
from zhenglian_proto.v1.corrections_pb2 import Ground, Resolution, RootCause
from zhenglian_sdk import builders
from zhenglian_sdk.builders.forms import build_random_id
from zhenglian_sdk.cli.arguments import choice_option, id_argument, id_option
from zhenglian_sdk.cli.commands import command
from zhenglian_sdk.cli.receipts import RequestId, show_receipt, submit_together
from zhenglian_sdk.cli.screen import Screen
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.files import read_bytes

dispute_app = typer.Typer(no_args_is_help=True, help="数据异议 / disputes")


@command(dispute_app, "raise")
async def raise_dispute(
    client: AsyncClient,
    screen: Screen,
    record: Annotated[
        bytes, id_argument("RECORD", help="证照或材料记录标识 / record id of a licence or material")
    ],
    ground: Annotated[str, choice_option(Ground, help="理由 / ground")],
    statement: Annotated[
        Path,
        typer.Option(
            metavar="FILE", help="异议陈述，只有摘要上链 / the statement; only its digest is recorded"
        ),
    ],
    field: Annotated[list[str] | None, typer.Option(help="所涉字段，可多次 / field, repeatable")] = None,
    id: Annotated[  # noqa: A002  as the option is called
        bytes, id_option("--id", help="异议标识，与请求号同用 / the dispute's id, with a request id")
    ] = b"",
    request_id: RequestId = None,
) -> None:
    """对记录提出异议 / raise a dispute about a record."""
    if request_id is not None and not id:
        raise typer.BadParameter("与 --request-id 同时给出 / with --request-id", param_hint="--id")
    dispute = id or build_random_id()
    digest = sha256(read_bytes(statement)).digest()
    operation = builders.raise_dispute(
        record, ground=ground, statement=digest, fields=field or (), id=dispute
    )
    receipt = await submit_together(client, [operation], request_id)
    screen.say("异议已登记", "the dispute is recorded")
    screen.facts({Sentence("异议", "dispute"): dispute.hex(), Sentence("记录", "record"): record.hex()})
    show_receipt(screen, receipt, dispute=dispute.hex(), record=record.hex())


@command(dispute_app, "clear")
async def clear_dispute(
    client: AsyncClient,
    screen: Screen,
    dispute: Annotated[bytes, id_argument("DISPUTE", help="异议标识 / the dispute's id")],
    resolution: Annotated[str, choice_option(Resolution, help="处理结果 / what came of it")],
    root_cause: Annotated[str, choice_option(RootCause, help="根因，必填 / root cause, mandatory")],
    request_id: RequestId = None,
) -> None:
    """异议结案，须写明根因 / close a dispute with its root cause."""
    operation = builders.clear_dispute(dispute, resolution=resolution, root_cause=root_cause)
    receipt = await submit_together(client, [operation], request_id)
    screen.say("异议已结案", "the dispute is closed")
    show_receipt(
        screen, receipt, dispute=dispute.hex(), resolution=resolution.upper(), root_cause=root_cause.upper()
    )

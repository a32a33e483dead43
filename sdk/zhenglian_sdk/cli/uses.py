"""Opening a use 调证 under grants, for a command that fetches a file at once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from zhenglian_proto.v1.types_pb2 import Purpose
from zhenglian_sdk import builders
from zhenglian_sdk.agency import read_recipient_key
from zhenglian_sdk.cli.arguments import choice_option, id_option
from zhenglian_sdk.client.client import AsyncClient


@dataclass(frozen=True)
class UseOptions:
    """What a use that is to be opened names besides its record."""

    grant: Annotated[list[bytes] | None, id_option(help="依据的授权，可多次 / grant, repeatable")] = None
    recipient_key: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="收件密钥文件 ENCRYPT，默认按配置 / ENCRYPT key file, by default the configured one",
        ),
    ] = None
    purpose: Annotated[str, choice_option(Purpose, help="用途 / what for")] = "service"
    matter: Annotated[str, typer.Option(help="事项 / matter")] = ""
    case: Annotated[str, typer.Option(metavar="NUMBER", help="办件 / case")] = ""


async def open_use(client: AsyncClient, record: bytes, options: UseOptions) -> bytes:
    """The id of a use of the whole document that is open now; raises Refused with the rule's code."""
    key = read_recipient_key(options.recipient_key) if options.recipient_key else client.recipient_key
    if not key:
        raise typer.BadParameter(
            "与 --grant 同时给出，或配置 recipient_key_file / with --grant, or configure recipient_key_file",
            param_hint="--recipient-key",
        )
    particulars = builders.particulars(
        purpose=options.purpose, matter=options.matter, case_number=options.case, whole_document=True
    )
    accepted = await client.open_use(record, options.grant or (), particulars, recipient_key=key)
    return accepted.id

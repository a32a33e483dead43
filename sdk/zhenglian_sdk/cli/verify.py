"""verify: whether a record, or the record of a file, is in force."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_proto.v1.types_pb2 import Purpose
from zhenglian_sdk.cli.answer_view import show_answer
from zhenglian_sdk.cli.arguments import choice_option, id_option, is_id, parse_id
from zhenglian_sdk.cli.commands import command
from zhenglian_sdk.cli.exits import Exit
from zhenglian_sdk.cli.screen import Screen
from zhenglian_sdk.client.client import AsyncClient


async def verify(
    client: AsyncClient,
    screen: Screen,
    what: Annotated[str, typer.Argument(metavar="ID|FILE", help="记录标识或文件 / a record's id, or a file")],
    record: Annotated[
        bytes,
        id_option(
            help="文件所属记录，无校验信息文件（.zl.json）时 / the file's record, where it has no sidecar"
        ),
    ] = b"",
    salt: Annotated[bytes, id_option(help="文件的盐值，无校验信息文件时 / the file's salt, likewise")] = b"",
    purpose: Annotated[str, choice_option(Purpose, help="核验目的 / what for")] = "service",
    case: Annotated[str, typer.Option(metavar="NUMBER", help="所属办件 / for which case")] = "",
) -> Exit:
    """核验记录或文件 / verify a record by its id, or a file by its sidecar, --record, or its own digest.

    文件改动一个字节即为 INVALID；文件与校验信息文件一同改名不影响结果。
    / One changed byte makes a file INVALID; renaming it with its sidecar changes nothing.
    """
    is_file = await asyncio.to_thread(Path(what).is_file)
    if is_id(what) and not is_file:
        if record or salt:
            raise typer.BadParameter("--record, --salt: 仅用于文件 / only with a file")
        answer = await client.verify(parse_id(what), purpose=purpose, case_number=case)
        return show_answer(screen, answer)
    if not is_file:
        raise InvalidInput(Code.FILE_NOT_FOUND, path=what)
    answer = await client.verify(
        record, file=Path(what), salt=salt or None, purpose=purpose, case_number=case
    )
    return show_answer(screen, answer)


def add_verify(app: typer.Typer) -> None:
    """`app` has the command verify, a verb without a noun."""
    command(app, "verify")(verify)

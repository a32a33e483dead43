"""trace subject, grant, record, unit, actor: everything recorded, and the proof that it is everything."""

from typing import Annotated

import typer

from zhenglian_sdk.civil_time import format_moment
from zhenglian_sdk.cli.arguments import day_option, id_argument, is_id
from zhenglian_sdk.cli.commands import command
from zhenglian_sdk.cli.screen import Screen
from zhenglian_sdk.cli.trace_words import HEADINGS, describe_entry
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.client.traces import Trace

trace_app = typer.Typer(no_args_is_help=True, help="使用轨迹 / traces")

Reason = Annotated[
    str, typer.Option("--reason", help="查阅理由，将被记录 / why; it is recorded, as the query itself is")
]
Unit = Annotated[str, typer.Option(help="单位，默认本单位 / unit, by default the own one")]
On = Annotated[
    str, day_option(help="所在 30 日周期的任一天，默认今天 / a day in the 30-day period, today by default")
]


@command(trace_app, "subject")
async def trace_subject(
    client: AsyncClient,
    screen: Screen,
    subject: Annotated[bytes, id_argument("ID", help="主体标识 / the subject's id")],
    reason: Reason,
) -> None:
    """某主体的全部轨迹 / all uses, grants and disputes about a subject."""
    _show(screen, await client.trace_subject(subject, reason))


@command(trace_app, "grant")
async def trace_grant(
    client: AsyncClient,
    screen: Screen,
    grant: Annotated[bytes, id_argument("ID", help="授权标识 / the grant's id")],
    reason: Reason,
) -> None:
    """某授权的全部轨迹 / all that happened to and under a grant."""
    _show(screen, await client.trace_grant(grant, reason))


@command(trace_app, "record")
async def trace_record(
    client: AsyncClient,
    screen: Screen,
    record: Annotated[bytes, id_argument("ID", help="记录标识 / the record's id")],
    reason: Reason,
) -> None:
    """某记录的全部变更 / all changes of a record and disputes about it."""
    _show(screen, await client.trace_record(record, reason))


@command(trace_app, "unit")
async def trace_unit(
    client: AsyncClient, screen: Screen, reason: Reason, unit: Unit = "", on: On = ""
) -> None:
    """某单位在一个 30 日周期内的全部轨迹 / all that a unit did in a 30-day period."""
    _show(screen, await client.trace_unit(unit or await client.session.get_unit(), reason, on=on or None))


@command(trace_app, "actor")
async def trace_actor(
    client: AsyncClient,
    screen: Screen,
    actor: Annotated[
        str,
        typer.Argument(metavar="ID|NUMBER", help="经办人假名，或本单位工号 / pseudonym, or own staff number"),
    ],
    reason: Reason,
    unit: Unit = "",
    on: On = "",
) -> None:
    """某经办人在一个 30 日周期内的全部轨迹 / all that an actor did in a 30-day period."""
    own = await client.session.get_unit()
    if not is_id(actor) and unit not in ("", own):
        raise typer.BadParameter("其他单位的经办人须用假名 / another unit's actor is named by its pseudonym")
    pseudonym = bytes.fromhex(actor) if is_id(actor) else (await client.get_actors()).compute_clerk(actor)
    _show(screen, await client.trace_actor(unit or own, pseudonym, reason, on=on or None), is_part=True)


def _show(screen: Screen, trace: Trace, *, is_part: bool = False) -> None:
    """The proof line, then the entries; `is_part`: those of one actor out of the unit's."""
    count, height = len(trace.entries), trace.height
    whole = f"（单位全部 {trace.count} 条）" if is_part else ""
    of = f" (of the unit's {trace.count})" if is_part else ""
    screen.say(
        f"共 {count} 条{whole}，完整性已验证至高度 {height}",
        f"{count} entries{of}, verified complete to height {height}",
    )
    described = [(traced, describe_entry(traced)) for traced in trace.entries]
    rows = [
        (
            n,
            format_moment(traced.entry.time_ms),
            said.action,
            said.result,
            said.about[:16] or "—",
            said.case or "—",
            said.actor[:16] or "—",
            traced.entry.height,
        )
        for n, (traced, said) in enumerate(described, start=1)
    ]
    if rows:
        screen.table(HEADINGS, rows)
    screen.json(
        {
            "count": count,
            "complete_to_height": height,
            "time_ms": trace.time_ms,
            "assurance": trace.assurance.value,
            "head": trace.reached[1].hex(),
            "entries": [
                {
                    "kind": traced.operation.WhichOneof("kind"),
                    "code": traced.entry.code,
                    "object": said.about,
                    "case": said.case,
                    "actor": said.actor,
                    "height": traced.entry.height,
                    "time_ms": traced.entry.time_ms,
                    "index": traced.index,
                }
                for traced, said in described
            ],
        }
    )

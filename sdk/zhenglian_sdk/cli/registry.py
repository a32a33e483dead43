"""registry apply: what a file says is in force, and only what differs is submitted."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Final

import typer

from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.verify.sentences import Sentence
from zhenglian_sdk.cli.commands import command
from zhenglian_sdk.cli.exits import Exit
from zhenglian_sdk.cli.registry_file import SECTIONS, RegistryObject, read_registry_file
from zhenglian_sdk.cli.screen import Screen
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.client.receipts import OperationResult

registry_app = typer.Typer(no_args_is_help=True, help="目录 / registries")


class Change(Enum):
    """What a file changes about an object."""

    SAME = Sentence("不变", "unchanged")
    NEW = Sentence("新增", "new")
    CHANGED = Sentence("变更", "changed")
    RENEWED = Sentence("重新生效", "in force again")


HEADINGS: Final = (
    Sentence("变化", "change"),
    Sentence("类别", "kind"),
    Sentence("标识", "id"),
    Sentence("结果", "result"),
)


@dataclass(slots=True)
class Planned:
    """One object with what the file changes about it, and what became of it."""

    object: RegistryObject
    change: Change
    result: OperationResult | None = None

    @property
    def is_refused(self) -> bool:
        """Whether the ledger refused the change."""
        return self.result is not None and not self.result.is_accepted


@command(registry_app, "apply")
async def apply_file(
    client: AsyncClient,
    screen: Screen,
    file: Annotated[
        Path, typer.Argument(help="TOML 或 JSON 目录文件 / TOML or JSON file of registry objects")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只比较，不提交 / compare only, submit nothing")
    ] = False,
) -> Exit | None:
    """使目录与文件一致；可重复执行 / bring registry objects into force as the file says; may be repeated."""
    planned = [await _compare(client, each) for each in read_registry_file(file)]
    differing = [each for each in planned if each.change is not Change.SAME]
    if differing and not dry_run:
        await _submit(client, screen, differing)
    _show(screen, planned, is_dry=dry_run)
    return Exit.REFUSED if any(each.is_refused for each in planned) else None


async def _compare(client: AsyncClient, wanted: RegistryObject) -> Planned:
    """What stands in the way of `wanted`: the newest object of that id, proven."""
    found = await client.get_object(wanted.kind, wanted.id)
    if found is None:
        return Planned(wanted, Change.NEW)
    message = wanted.message
    if wanted.is_version_open:
        message.version = found.message.version
    if serialise(message) == serialise(found.message) and found.is_valid:
        return Planned(wanted, Change.SAME)
    if wanted.is_version_open:
        message.version = found.message.version + 1
    return Planned(wanted, Change.CHANGED if found.is_valid else Change.RENEWED)


async def _submit(client: AsyncClient, screen: Screen, differing: Sequence[Planned]) -> None:
    """Every difference is answered; one batch after the other, because later objects name earlier ones."""
    with screen.progress("登记", "registering", len(differing)) as advance:
        receipts = await client.submit_all(
            [each.object.operation for each in differing],
            in_flight=1,
            report=lambda progress: advance(progress.operations),
        )
    results = [result for receipt in receipts for result in receipt.results]
    for each, result in zip(differing, results, strict=True):
        each.result = result


def _show(screen: Screen, planned: Sequence[Planned], *, is_dry: bool) -> None:
    refused = sum(each.is_refused for each in planned)
    counts = {change: sum(each.change is change for each in planned) for change in Change}
    said = [(change.value, count) for change, count in counts.items()]
    zh = "，".join(f"{what.zh} {count}" for what, count in said) + f"，被拒绝 {refused}"
    en = ", ".join(f"{what.en} {count}" for what, count in said) + f", refused {refused}"
    screen.say(f"{zh}（仅比较，未提交）" if is_dry else zh, f"{en} (compared only)" if is_dry else en)
    rows = [
        (each.change.value, SECTIONS[each.object.section][2], each.object.id, _describe(each, is_dry=is_dry))
        for each in planned
        if each.change is not Change.SAME
    ]
    if rows:
        screen.table(HEADINGS, rows)
    screen.json(
        {
            "dry_run": is_dry,
            "refused": refused,
            **{change.name.lower(): count for change, count in counts.items()},
            "objects": [
                {
                    "section": each.object.section,
                    "id": each.object.id,
                    "change": each.change.name,
                    "result": None if each.result is None else each.result.code.name,
                }
                for each in planned
            ],
        }
    )


def _describe(planned: Planned, *, is_dry: bool) -> Sentence:
    if planned.result is None:
        return Sentence("未提交", "not submitted") if is_dry else Sentence("—", "—")
    if planned.result.code == Code.OK:
        return Sentence("已登记", "registered")
    return Sentence(f"拒绝：{planned.result.zh}", f"refused: {planned.result.en}")

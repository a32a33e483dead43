"""What every command has at hand: the common options, a screen, and a way to a client."""

import dataclasses
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from getpass import getpass
from pathlib import Path
from typing import Annotated, Final

import typer

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_proto.v1.types_pb2 import Channel, Stage
from zhenglian_sdk.builders.forms import build_context
from zhenglian_sdk.cli.arguments import choice_option
from zhenglian_sdk.cli.screen import LANGUAGES, Screen
from zhenglian_sdk.client.client import AsyncClient, connect_async

CONFIG_VARIABLE: Final = "ZHENGLIAN_CONFIG"
LANGUAGE_VARIABLE: Final = "ZHENGLIAN_LANG"

Connect = Callable[[Path], Awaitable[AsyncClient]]
"""Who makes a client of a configuration file."""

Config = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help=f"单位配置文件，或 {CONFIG_VARIABLE} / agency configuration"),
]
Language = Annotated[
    str, typer.Option(metavar="zh|en|both", help=f"语言，或 {LANGUAGE_VARIABLE} / language; both by default")
]


@dataclasses.dataclass(frozen=True)
class Root:
    """What was said before the command: its defaults."""

    connect: Connect
    config: Path | None
    language: str


@dataclasses.dataclass(frozen=True)
class Shared:
    """The options of every command."""

    config: Config = None
    lang: Language = ""
    json: Annotated[bool, typer.Option("--json", help="以 JSON 输出 / print JSON")] = False


@dataclasses.dataclass(frozen=True)
class Acting:
    """Who acts, through which channel, at which stage: the context of what a command signs."""

    staff: Annotated[
        str,
        typer.Option(
            metavar="NUMBER", help="经办人工号，上链的是假名 / staff number, recorded as a pseudonym"
        ),
    ] = ""
    channel: Annotated[str, choice_option(Channel, help="渠道 / channel")] = ""
    stage: Annotated[str, choice_option(Stage, help="办理环节 / stage of the case")] = ""


@dataclasses.dataclass(frozen=True)
class Work:
    """What a command works with: a screen, and a way to a client."""

    screen: Screen
    connect: Connect
    config: Path | None
    acting: Acting = dataclasses.field(default_factory=Acting)

    def get_config(self) -> Path:
        """The configuration file that was named; raises StoreError(CONFIG_INVALID) if none was."""
        if self.config is None:
            raise StoreError(Code.CONFIG_INVALID, field=f"--config / {CONFIG_VARIABLE}")
        return self.config

    @asynccontextmanager
    async def open_client(self) -> AsyncIterator[AsyncClient]:
        """A client whose operations are made in the context that the options name.

        What was wrong with a node is told at the end, on standard error, though another one has answered.
        """
        async with await self.connect(self.get_config()) as client, _telling_incidents(self.screen, client):
            acting = self.acting
            if acting.staff or acting.channel or acting.stage:
                actor = (await client.get_actors()).compute_clerk(acting.staff) if acting.staff else b""
                context = build_context(
                    actor=actor, channel=acting.channel or None, stage=acting.stage or None
                )
                client.set_context(context)
            yield client


@asynccontextmanager
async def _telling_incidents(screen: Screen, client: AsyncClient) -> AsyncIterator[None]:
    try:
        yield
    finally:
        answered = client.answered_by
        told = {(each.target, each.fault): each for each in client.incidents if each.target != answered}
        for incident in told.values() if answered else ():
            fault, error = incident.fault, incident.error
            screen.note(
                f"节点 {incident.target} {fault.zh}（{error.code.name}），由 {answered} 回答",
                f"node {incident.target} {fault.en} ({error.code.name}); {answered} answered",
            )


async def connect_agency(config: Path) -> AsyncClient:
    """A client as `config` says; the passphrase is typed in where no file and no variable has it."""
    return await connect_async(config, passphrase=ask_passphrase)


def ask_passphrase(prompt: str = "口令 passphrase: ") -> str:
    """What is typed in unseen, or nothing where nobody is there to type."""
    return getpass(prompt) if sys.stdin.isatty() else ""


def check_language(language: str) -> str:
    """`language` as it came; raises BadParameter if it is none."""
    if language and language not in LANGUAGES:
        raise typer.BadParameter(" | ".join(LANGUAGES), param_hint=f"--lang / {LANGUAGE_VARIABLE}")
    return language


def get_environment(variable: str) -> str:
    """The value of an environment variable, empty where it is not set."""
    return os.environ.get(variable, "")

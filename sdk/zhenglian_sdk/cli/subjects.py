"""Subjects as people name them: by id, or by a number that only the identity gateway turns into one.

A number of a person is never written on the command line, where every process of the machine can read it:
`person:-` asks for it, unseen, or reads it from standard input.
"""

import sys
from collections.abc import Sequence
from getpass import getpass
from typing import Final

import typer

from zhenglian_proto.v1.identity_pb2 import (
    IDENTITY_KIND_LEGAL_PERSON,
    IDENTITY_KIND_NATURAL_PERSON,
    IDENTITY_KIND_PREMISES,
    IdentityNumber,
    ResolveReason,
)
from zhenglian_sdk.cli.arguments import is_id
from zhenglian_sdk.client.client import AsyncClient

SUBJECT_HELP: Final = "ID | person:- | legal:USCC"

_KINDS: Final = {
    "person": IDENTITY_KIND_NATURAL_PERSON,
    "legal": IDENTITY_KIND_LEGAL_PERSON,
    "premises": IDENTITY_KIND_PREMISES,
}
_PUBLIC: Final = frozenset({IDENTITY_KIND_LEGAL_PERSON})
_ASKED: Final = "-"


async def resolve_subjects(client: AsyncClient, reason: ResolveReason, names: Sequence[str]) -> list[bytes]:
    """The 32-byte id of each name, in order; the gateway is asked once, and only for numbers.

    Raises BadParameter for what is no subject, and what the gateway raises.
    """
    numbers = {name: parse_number(name) for name in names if not is_id(name)}
    ids = await client.gateway.resolve_subjects(reason, list(numbers.values())) if numbers else []
    resolved = dict(zip(numbers, ids, strict=True))
    return [resolved[name] if name in resolved else bytes.fromhex(name) for name in names]


def parse_number(name: str, *, is_line: bool = False) -> IdentityNumber:
    """The identity number that `name` stands for; in a line of a file it may be written out."""
    kind, colon, number = name.partition(":")
    if not colon or kind not in _KINDS or not number:
        raise typer.BadParameter(f"主体须为 / a subject is {SUBJECT_HELP} | premises:-")
    if number == _ASKED:
        number = _ask_number(kind)
    elif _KINDS[kind] not in _PUBLIC and not is_line:
        raise typer.BadParameter(f"请写 {kind}:- ，号码当场输入 / write {kind}:- and type the number in")
    return IdentityNumber(kind=_KINDS[kind], number=number)


def _ask_number(kind: str) -> str:
    if sys.stdin.isatty():
        return getpass(f"{kind}: ")
    return sys.stdin.readline().removesuffix("\n")

"""key sign, carry, register: keys of a member's systems come onto the ledger under its RECOVERY key.

    offline, beside the RECOVERY key:  key sign --recovery recovery.key.json --request request.json --out FILE
    at any office, also another member's:  key carry FILE

`register` does both at once, where the RECOVERY key may lie beside an office. The sequence is the member's:
1 for a newcomer's first key, else what `key sequence MEMBER` says.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, Refused
from zhenglian_ledger.join_request import build_office_keys
from zhenglian_ledger.keyfile import read_key_header
from zhenglian_ledger.trustfile import parse_trust_file
from zhenglian_ledger.verify.sentences import Sentence
from zhenglian_proto.v1.members_pb2 import KEY_USAGE_RECOVERY, Key, KeyUsage
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.types_pb2 import KIND_KEY, KIND_MEMBER
from zhenglian_sdk.cli.commands import command
from zhenglian_sdk.cli.key_passphrase import read_passphrase
from zhenglian_sdk.cli.receipts import show_receipt, submit_together
from zhenglian_sdk.cli.screen import Screen
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.files import read_text, write_atomically
from zhenglian_sdk.join_request import read_join_request
from zhenglian_sdk.key_operations import (
    KeyOperations,
    compute_added_key_id,
    format_key_operations,
    read_key_operations,
    read_system_key,
    sign_keys,
)
from zhenglian_sdk.signer import FileSigner

_MEMBER: Final = Sentence("成员单位", "member")
_HEADINGS: Final = (
    Sentence("序号", "sequence"),
    Sentence("用途", "what for"),
    Sentence("信息系统", "system"),
    Sentence("密钥标识", "key id"),
)


@dataclass(frozen=True)
class Signing:
    """Which keys are signed for, and by which RECOVERY key."""

    recovery: Annotated[
        Path, typer.Option(metavar="FILE", help="成员的 RECOVERY 密钥文件 / the member's RECOVERY key file")
    ]
    request: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="入网申请：其业务系统的密钥 / request: its office's keys"),
    ] = None
    system: Annotated[str, typer.Option(help="信息系统，与 --key 同用 / the system of --key")] = ""
    key: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="密钥文件或信道证书，可多次 / key file or certificate; repeatable"),
    ] = None
    passphrase_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="口令文件 / passphrase file")
    ] = None

    def read_keys(self) -> tuple[str, list[Key]]:
        """The member and the public keys to register.

        Raises BadParameter; InvalidInput: what reading raises, WRONG_KEY_USAGE where that is no RECOVERY key,
        INPUT_INVALID where it is not the one of the request.
        """
        if (self.request is None) != bool(self.system and self.key) or (self.request and self.key):
            raise typer.BadParameter("二者择一 / one of the two", param_hint="--request, --system with --key")
        header = read_key_header(read_text(self.recovery, Code.KEY_FILE_INVALID))
        if header.usage != KEY_USAGE_RECOVERY:
            raise InvalidInput(Code.WRONG_KEY_USAGE)
        if self.request is None:
            return header.owner, [read_system_key(path, self.system) for path in self.key or ()]
        asked = read_join_request(self.request)
        if (asked.member, asked.recovery_key) != (header.owner, header.public_key):
            raise InvalidInput(
                Code.INPUT_INVALID,
                what=f"恢复密钥不是申请（{asked.member}）所列"
                f" the RECOVERY key is not the one of the request of {asked.member}",
            )
        return asked.member, build_office_keys(asked)

    def sign(self, chain_id: str, sequence: int) -> KeyOperations:
        """The keys under the RECOVERY key's signature; raises as `read_keys`, and WRONG_PASSPHRASE."""
        member, keys = self.read_keys()
        recovery = FileSigner(self.recovery, read_passphrase(self.passphrase_file))
        return sign_keys(keys, chain_id=chain_id, member=member, sequence=sequence, recovery=recovery)


def sign_offline(
    screen: Screen,
    signing: Signing,
    trust: Annotated[
        Path, typer.Option(metavar="FILE", help="信任文件，指明账本 / the trust file: which ledger")
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="待提交的文件 / the file to be carried")],
    sequence: Annotated[
        int, typer.Option(min=1, help="密钥序号，新成员为 1 / the next key sequence; a newcomer's is 1")
    ] = 1,
) -> None:
    """离线签署密钥登记，写入文件 / sign the registration of keys, offline, into a file."""
    if out.exists():
        raise InvalidInput(Code.INPUT_INVALID, what=f"{out}（已存在 exists）")
    chain_id = parse_trust_file(read_text(trust, Code.TRUST_FILE_INVALID)).anchor.chain_id
    signed = signing.sign(chain_id, sequence)
    write_atomically(out, format_key_operations(signed).encode())
    screen.say(
        f"已签署，可由任一成员的业务系统提交：{out}",
        f"signed; any member's office may carry it: {out}",
    )
    _show_keys(screen, signed.member, signed.operations)
    screen.json({"file": str(out), "chain_id": chain_id, **_build_fields(signed.member, signed.operations)})


async def carry_file(
    client: AsyncClient,
    screen: Screen,
    file: Annotated[Path, typer.Argument(help="key sign 所写的文件 / a file that key sign wrote")],
) -> None:
    """提交已签署的密钥登记；可重复执行 / carry a signed registration to the ledger; may be repeated."""
    signed = read_key_operations(file)
    if signed.chain_id != client.chain_id:
        raise Refused(Code.FOREIGN_CHAIN)
    await _carry(client, screen, signed)


async def register_keys(client: AsyncClient, screen: Screen, signing: Signing) -> None:
    """签署并提交密钥登记 / sign the registration of keys and carry it at once."""
    member, _ = signing.read_keys()
    sequence = await get_sequence(client, member)
    await _carry(client, screen, signing.sign(client.chain_id, sequence + 1))


async def show_sequence(
    client: AsyncClient,
    screen: Screen,
    member: Annotated[str, typer.Argument(metavar="MEMBER", help="成员单位标识 / the member's id")],
) -> None:
    """成员的下一个密钥序号 / the member's next key sequence, for key sign."""
    following = await get_sequence(client, member) + 1
    screen.facts(
        {_MEMBER: member, Sentence("下一密钥序号（节点所称）", "next key sequence (stated)"): following}
    )
    screen.json({"member": member, "next_sequence": following})


async def get_sequence(client: AsyncClient, member: str) -> int:
    """How many key operations of the member there were, stated; raises Refused(NOT_FOUND)."""
    found, _, sequence = await client.session.get_object(KIND_MEMBER, member.encode())
    if found is None:
        raise Refused(Code.NOT_FOUND, what=f"成员单位{member} member {member}")
    return sequence


def add_registering(app: typer.Typer) -> None:
    """`app` has the commands that bring keys onto the ledger."""
    command(app, "sign")(sign_offline)
    command(app, "carry")(carry_file)
    command(app, "register")(register_keys)
    command(app, "sequence")(show_sequence)


async def _carry(client: AsyncClient, screen: Screen, signed: KeyOperations) -> None:
    """Every key is registered: those that are not yet, in one batch, all or none."""
    missing = [
        operation
        for operation in signed.operations
        if await client.get_object(KIND_KEY, compute_added_key_id(operation)) is None
    ]
    if not missing:
        screen.say("密钥均已登记，未提交", "the keys are registered already; nothing was submitted")
        screen.json(_build_fields(signed.member, ()))
        return
    expected = await get_sequence(client, signed.member) + 1
    if missing[0].key.body.sequence != expected:
        raise Refused(Code.WRONG_KEY_SEQUENCE, expected=expected)
    receipt = await submit_together(client, missing)
    screen.say("密钥已登记", "the keys are registered")
    _show_keys(screen, signed.member, missing)
    show_receipt(screen, receipt, **_build_fields(signed.member, missing))


def _show_keys(screen: Screen, member: str, operations: tuple[Operation, ...] | list[Operation]) -> None:
    screen.facts({_MEMBER: member})
    bodies = [(operation.key.body, compute_added_key_id(operation).hex()) for operation in operations]
    screen.table(
        _HEADINGS,
        [(body.sequence, _get_usage(body.add), body.add.system or "–", key) for body, key in bodies],
    )


def _build_fields(member: str, operations: tuple[Operation, ...] | list[Operation]) -> dict[str, object]:
    return {
        "member": member,
        "keys": [
            {
                "key": compute_added_key_id(operation).hex(),
                "usage": _get_usage(operation.key.body.add),
                "system": operation.key.body.add.system,
                "sequence": operation.key.body.sequence,
            }
            for operation in operations
        ],
    }


def _get_usage(key: Key) -> str:
    return KeyUsage.Name(key.usage).removeprefix("KEY_USAGE_")

"""key new: an encrypted key file. The passphrase never stands on the command line."""

import secrets
from pathlib import Path
from typing import Annotated, Final

import typer

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.keyfile import NONCE_SIZE, SALT_SIZE, read_key_header, seal_key
from zhenglian_ledger.keys import SEED_SIZE
from zhenglian_ledger.verify.sentences import Sentence
from zhenglian_proto.v1.batch_pb2 import SUITE_ED25519, SUITE_P256, SUITE_X25519, Suite
from zhenglian_proto.v1.members_pb2 import (
    KEY_USAGE_ENCRYPT,
    KEY_USAGE_RECOVERY,
    KEY_USAGE_SIGN,
    KEY_USAGE_TRANSPORT,
    KeyUsage,
)
from zhenglian_sdk.builders.forms import choose
from zhenglian_sdk.cli.arguments import choice_option
from zhenglian_sdk.cli.commands import command
from zhenglian_sdk.cli.key_passphrase import read_new_passphrase
from zhenglian_sdk.cli.key_register import add_registering
from zhenglian_sdk.cli.screen import Screen
from zhenglian_sdk.files import write_atomically

key_app = typer.Typer(no_args_is_help=True, help="密钥文件与密钥登记 / key files, and keys on the ledger")
add_registering(key_app)

SUITES: Final = {
    KEY_USAGE_SIGN: SUITE_ED25519,
    KEY_USAGE_RECOVERY: SUITE_ED25519,
    KEY_USAGE_ENCRYPT: SUITE_X25519,
    KEY_USAGE_TRANSPORT: SUITE_P256,
}
"""What a key is for → its suite."""

PRIVATE: Final = 0o600


@command(key_app, "new")
def new_key(
    screen: Screen,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="新密钥文件 / the new key file")],
    owner: Annotated[str, typer.Option(help="密钥属于谁 / whose key it is")],
    usage: Annotated[str, choice_option(KeyUsage, help="用途 / what for")] = "sign",
    passphrase_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="口令文件 / passphrase file")
    ] = None,
) -> None:
    """生成加密密钥文件；口令取自文件、环境变量或当场输入 / make an encrypted key file."""
    if file.exists():
        raise InvalidInput(Code.INPUT_INVALID, what=f"{file}（已存在 exists）")
    suite = SUITES[choose(KeyUsage, usage)]
    text = seal_key(
        secrets.token_bytes(SEED_SIZE),
        suite=suite,
        usage=choose(KeyUsage, usage),
        owner=owner,
        passphrase=read_new_passphrase(passphrase_file),
        salt=secrets.token_bytes(SALT_SIZE),
        nonce=secrets.token_bytes(NONCE_SIZE),
    )
    write_atomically(file, text.encode(), mode=PRIVATE)
    header = read_key_header(text)
    key, public_key, suite_name = header.key_id.hex(), header.public_key.hex(), Suite.Name(suite)
    screen.say(f"密钥文件 {file} 已生成", f"the key file {file} is made")
    screen.facts(
        {
            Sentence("密钥标识", "key id"): key,
            Sentence("公钥", "public key"): public_key,
            Sentence("算法", "suite"): suite_name,
        }
    )
    screen.json(
        {"file": str(file), "key": key, "public_key": public_key, "suite": suite_name, "usage": usage.upper()}
    )

"""The validator's key file and its passphrase. Randomness is drawn here and in `ca`, nowhere else."""

import os
import secrets
import sys
from getpass import getpass
from pathlib import Path
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.errors import InvalidInput, StoreError
from zhenglian_ledger.keyfile import NONCE_SIZE, SALT_SIZE, KeyMaterial, open_key, read_key_header, seal_key
from zhenglian_ledger.keys import SEED_SIZE
from zhenglian_node.cli.files import read_text
from zhenglian_node.config import ValidatorFiles
from zhenglian_node.engines.solo.block_maker import SoloValidator
from zhenglian_proto.v1 import batch_pb2, members_pb2

PASSPHRASE_VARIABLE: Final = "ZHENGLIAN_PASSPHRASE"  # noqa: S105  its name, not its value


def build_validator_key(owner: str, passphrase: str) -> str:
    """The text of the key file of a fresh validator key of the member `owner`."""
    return seal_key(
        secrets.token_bytes(SEED_SIZE),
        suite=batch_pb2.SUITE_ED25519,
        usage=members_pb2.KEY_USAGE_SIGN,
        owner=owner,
        passphrase=passphrase,
        salt=secrets.token_bytes(SALT_SIZE),
        nonce=secrets.token_bytes(NONCE_SIZE),
    )


def read_validator_public_key(path: Path) -> bytes:
    """The public key that the key file says it holds.

    Raises InvalidInput: FILE_NOT_FOUND, KEY_FILE_INVALID.
    """
    header = read_key_header(read_text(path))
    if (header.suite, header.usage) != (batch_pb2.SUITE_ED25519, members_pb2.KEY_USAGE_SIGN):
        raise InvalidInput(Code.KEY_FILE_INVALID, field="suite")
    return header.public_key


def open_validator(files: ValidatorFiles) -> SoloValidator:
    """The validator ready to sign.

    Raises StoreError(CONFIG_INVALID) if the key file is missing; InvalidInput: KEY_FILE_INVALID,
    WRONG_PASSPHRASE.
    """
    if not files.key.exists():
        raise StoreError(Code.CONFIG_INVALID, field=f"validator.key ({files.key})")
    material: KeyMaterial = open_key(read_text(files.key), read_passphrase(files.passphrase))
    secret_key = ed25519.compute_secret_key(material.seed)
    return SoloValidator(material.public_key, lambda message: ed25519.sign_expanded(secret_key, message))


def verify_passphrase(key: Path, passphrase_file: Path | None) -> None:
    """The passphrase that is at hand opens the key file; where none is, nobody is asked for one.

    Raises InvalidInput: FILE_NOT_FOUND, KEY_FILE_INVALID, WRONG_PASSPHRASE.
    """
    passphrase = find_passphrase(passphrase_file)
    if passphrase is not None:
        open_key(read_text(key), passphrase)


def find_passphrase(path: Path | None) -> str | None:
    """The passphrase in the file (without its last newline), else in ZHENGLIAN_PASSPHRASE, else None.

    Raises InvalidInput(FILE_NOT_FOUND).
    """
    if path is not None:
        return read_text(path).removesuffix("\n")
    return os.environ.get(PASSPHRASE_VARIABLE) or None


def read_passphrase(path: Path | None) -> str:
    """The passphrase that `find_passphrase` finds, else typed in.

    Raises InvalidInput: FILE_NOT_FOUND; INPUT_INVALID if there is nobody to type it.
    """
    passphrase = find_passphrase(path)
    if passphrase is None and sys.stdin.isatty():
        passphrase = getpass("口令 passphrase: ") or None
    if passphrase is None:
        raise InvalidInput(Code.INPUT_INVALID, what=f"passphrase (--passphrase-file, {PASSPHRASE_VARIABLE})")
    return passphrase

"""Passphrases of key files that are named on a command line: from a file, the environment, or typed in."""

import sys
from pathlib import Path

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_sdk.cli.work import ask_passphrase, get_environment
from zhenglian_sdk.config import PASSPHRASE_VARIABLE
from zhenglian_sdk.files import read_text


def read_passphrase(path: Path | None) -> str:
    """The passphrase in the file, else in ZHENGLIAN_PASSPHRASE, else typed in.

    Raises InvalidInput: FILE_NOT_FOUND; INPUT_INVALID where there is none.
    """
    if path is not None:
        return read_text(path, Code.INPUT_INVALID).removesuffix("\n")
    passphrase = get_environment(PASSPHRASE_VARIABLE) or ask_passphrase()
    if not passphrase:
        raise _missing()
    return passphrase


def read_new_passphrase(path: Path | None) -> str:
    """As `read_passphrase`, but what is typed in is typed in twice.

    Raises InvalidInput: FILE_NOT_FOUND; INPUT_INVALID where there is none, or the two are not the same.
    """
    if path is None and not get_environment(PASSPHRASE_VARIABLE) and sys.stdin.isatty():
        passphrase = ask_passphrase()
        if ask_passphrase("再次输入 again: ") != passphrase:
            raise InvalidInput(Code.INPUT_INVALID, what="口令两次输入不一致 the two passphrases differ")
        if not passphrase:
            raise _missing()
        return passphrase
    return read_passphrase(path)


def _missing() -> InvalidInput:
    return InvalidInput(Code.INPUT_INVALID, what=f"passphrase (--passphrase-file, {PASSPHRASE_VARIABLE})")

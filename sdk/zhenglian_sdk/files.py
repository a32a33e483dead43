"""Small local files: read whole, replaced atomically, so that no reader ever meets half of one."""

import os
import tempfile
from pathlib import Path
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, StoreError
from zhenglian_ledger.json_text import MAX_TEXT

MAX_GENESIS_BYTES: Final = 64 * 1024 * 1024
"""Bytes of the largest genesis file that is read."""


def read_bytes(path: Path) -> bytes:
    """The content of the file at `path`; raises InvalidInput(FILE_NOT_FOUND) if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(Code.FILE_NOT_FOUND, path=str(path)) from error


def read_text(path: Path, code: Code) -> str:
    """The UTF-8 text of a small file, byte for byte (no newline translation).

    Raises InvalidInput: FILE_NOT_FOUND, or `code` with field "form" if it is too large or not UTF-8.
    """
    try:
        text = _read_at_most(path, 4 * MAX_TEXT).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(code, field="form") from error
    if len(text) > MAX_TEXT:
        raise InvalidInput(code, field="form")
    return text


def read_genesis_text(path: Path) -> str:
    """The UTF-8 text of a genesis file, which holds a city's registries: at most MAX_GENESIS_BYTES.

    Raises InvalidInput(FILE_NOT_FOUND), StoreError(GENESIS_INVALID) saying what is wrong.
    """
    data = _read_at_most(path, MAX_GENESIS_BYTES)
    if len(data) > MAX_GENESIS_BYTES:
        raise StoreError(Code.GENESIS_INVALID, reason=f"more than {MAX_GENESIS_BYTES} bytes")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise StoreError(Code.GENESIS_INVALID, reason=f"not UTF-8 at byte {error.start}") from error


def _read_at_most(path: Path, size: int) -> bytes:
    """The file's first `size` + 1 bytes: one too many where it is larger."""
    try:
        with path.open("rb") as file:
            return file.read(size + 1)
    except OSError as error:
        raise InvalidInput(Code.FILE_NOT_FOUND, path=str(path)) from error


def write_atomically(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """The file at `path` holds `data` and is on disk; after a crash it is the old or the new one."""
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """The names in the directory at `path` are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

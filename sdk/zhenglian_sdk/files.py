"""Small local files: read whole, replaced atomically, so that no reader ever meets half of one."""

import os
import tempfile
from pathlib import Path

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.json_text import MAX_TEXT


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
        with path.open("rb") as file:
            data = file.read(4 * MAX_TEXT + 1)
        text = data.decode("utf-8")
    except OSError as error:
        raise InvalidInput(Code.FILE_NOT_FOUND, path=str(path)) from error
    except UnicodeDecodeError as error:
        raise InvalidInput(code, field="form") from error
    if len(text) > MAX_TEXT:
        raise InvalidInput(code, field="form")
    return text


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

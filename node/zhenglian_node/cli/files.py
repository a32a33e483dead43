"""Files the command line makes: whole, synced, secrets for their owner alone, nothing overwritten."""

import os
from pathlib import Path
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, StoreError

SECRET: Final = 0o600
PUBLIC: Final = 0o644
PRIVATE_DIRECTORY: Final = 0o700


def read_file(path: Path) -> bytes:
    """The content of the file; raises InvalidInput(FILE_NOT_FOUND)."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(Code.FILE_NOT_FOUND, path=str(path)) from error


def read_text(path: Path) -> str:
    """The UTF-8 text of the file; raises InvalidInput: FILE_NOT_FOUND, INPUT_INVALID."""
    try:
        return read_file(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(Code.INPUT_INVALID, what=str(path)) from error


def create_file(path: Path, data: bytes | str, mode: int = PUBLIC) -> None:
    """A new file holds `data` and is on disk; raises StoreError: ALREADY_INITIALISED, STORE_FAILED."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data.encode("utf-8") if isinstance(data, str) else data)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise StoreError(Code.ALREADY_INITIALISED, path=str(path)) from error
    except OSError as error:
        raise StoreError(Code.STORE_FAILED, what=str(error)) from error


def provide_private_directory(path: Path) -> None:
    """A directory that its owner alone can enter is at `path`; raises StoreError(STORE_FAILED)."""
    try:
        path.mkdir(PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        path.chmod(PRIVATE_DIRECTORY)
    except OSError as error:
        raise StoreError(Code.STORE_FAILED, what=str(error)) from error


def verify_absent(path: Path) -> None:
    """Nothing is at `path`; raises StoreError(ALREADY_INITIALISED)."""
    if path.exists():
        raise StoreError(Code.ALREADY_INITIALISED, path=str(path))

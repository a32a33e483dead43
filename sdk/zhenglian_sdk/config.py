"""Configuration of the services: small TOML files, every field read by name and type, nothing left over.

Paths are relative to the file's own directory, so a configuration moves with what it names.
"""

import os
import tomllib
from pathlib import Path
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.field_reader import FieldReader
from zhenglian_sdk.channel import TlsFiles
from zhenglian_sdk.files import read_text

MAX_PATH: Final = 4096
MAX_ROOTS: Final = 256
PASSPHRASE_VARIABLE: Final = "ZHENGLIAN_PASSPHRASE"  # noqa: S105  its name, not its value


def read_config(path: Path) -> FieldReader:
    """A reader of the TOML file at `path`; its complaints are StoreError(CONFIG_INVALID) naming the field.

    Raises InvalidInput(FILE_NOT_FOUND).
    """
    try:
        fields = tomllib.loads(read_text(path, Code.CONFIG_INVALID))
    except tomllib.TOMLDecodeError as error:
        raise StoreError(Code.CONFIG_INVALID, field=str(error)) from error
    return FieldReader(fields, Code.CONFIG_INVALID, kind=StoreError)


def take_path(reader: FieldReader, name: str, base: Path) -> Path:
    """A path, relative to `base` unless absolute."""
    return base / reader.take_text(name, MAX_PATH)


def take_tls(reader: FieldReader, base: Path) -> TlsFiles:
    """The table [tls]: certificate, key, and roots, a list of at least one CA file."""
    table = reader.take_object("tls")
    roots = table.take_texts("roots", MAX_ROOTS, MAX_PATH)
    if not roots:
        raise table.wrong("roots")
    files = TlsFiles(
        certificate=take_path(table, "certificate", base),
        key=take_path(table, "key", base),
        roots=tuple(base / root for root in roots),
    )
    table.finish()
    return files


def take_passphrase(reader: FieldReader, base: Path) -> str:
    """The passphrase in the file `passphrase_file` without its last newline, else in ZHENGLIAN_PASSPHRASE."""
    if reader.has("passphrase_file"):
        return read_text(take_path(reader, "passphrase_file", base), Code.CONFIG_INVALID).removesuffix("\n")
    passphrase = os.environ.get(PASSPHRASE_VARIABLE, "")
    if not passphrase:
        raise reader.wrong("passphrase_file")
    return passphrase

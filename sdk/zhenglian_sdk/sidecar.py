"""The sidecar FILE.zl.json: what a file needs beside it so that it can be verified (SPEC 7.2).

It names the record and carries the salt and the digests. The salt goes wherever the file goes: whoever has
both can prove the match, and destroying both ends that.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.json_text import encode_json, parse_json
from zhenglian_sdk.content import SALT_SIZE
from zhenglian_sdk.files import read_text, write_atomically

FORMAT: Final = "zhenglian-sidecar"
VERSION: Final = 1
SUFFIX: Final = ".zl.json"


@dataclass(frozen=True, slots=True)
class Sidecar:
    """Record id, salt (empty: unsalted), and the two recorded digests: 32 bytes each."""

    record: bytes
    salt: bytes
    sha256: bytes
    sm3: bytes


def compute_sidecar_path(file: Path) -> Path:
    """Where the sidecar of `file` lies: beside it, its name plus ".zl.json"."""
    return file.with_name(file.name + SUFFIX)


def format_sidecar(sidecar: Sidecar) -> str:
    """The canonical text of a sidecar."""
    return encode_json(
        {
            "format": FORMAT,
            "version": VERSION,
            "record": sidecar.record.hex(),
            "salt": sidecar.salt.hex(),
            "sha256": sidecar.sha256.hex(),
            "sm3": sidecar.sm3.hex(),
        }
    )


def parse_sidecar(text: str) -> Sidecar:
    """The sidecar in canonical `text`; raises InvalidInput(SIDECAR_INVALID) naming the field."""
    reader = parse_json(text, Code.SIDECAR_INVALID)
    reader.take_constant("format", FORMAT)
    reader.take_constant("version", VERSION)
    sidecar = Sidecar(
        record=reader.take_bytes("record", [32]),
        salt=reader.take_bytes("salt", [0, SALT_SIZE]),
        sha256=reader.take_bytes("sha256", [32]),
        sm3=reader.take_bytes("sm3", [32]),
    )
    reader.finish()
    return sidecar


def read_sidecar(file: Path) -> Sidecar:
    """The sidecar of `file`; raises InvalidInput: FILE_NOT_FOUND, SIDECAR_INVALID naming the field."""
    return parse_sidecar(read_text(compute_sidecar_path(file), Code.SIDECAR_INVALID))


def write_sidecar(file: Path, sidecar: Sidecar) -> Path:
    """The sidecar of `file` is on disk at the path returned; raises InvalidInput(SIDECAR_INVALID)."""
    text = format_sidecar(sidecar)
    parse_sidecar(text)  # never write what cannot be read
    path = compute_sidecar_path(file)
    write_atomically(path, text.encode())
    return path

"""What stands on the ledger for a file: its digests, under a salt that defeats guessing (SPEC 7.2)."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from zhenglian_proto.v1.types_pb2 import Content
from zhenglian_sdk.content import SALT_SIZE, FileDigests, compute_file_digests
from zhenglian_sdk.sidecar import Sidecar, write_sidecar


@dataclass(frozen=True, slots=True)
class HashedFile:
    """A file with its digests and salt; the salt is empty where the file carries its own seal."""

    path: Path
    digests: FileDigests
    salt: bytes

    @property
    def content(self) -> Content:
        """The digests as IssueLicence and CollectMaterial carry them."""
        return self.digests.to_content()

    def write_sidecar(self, record: bytes) -> Path:
        """The sidecar beside the file names `record` (32 bytes); raises InvalidInput(SIDECAR_INVALID)."""
        return write_sidecar(self.path, Sidecar(record, self.salt, self.digests.sha256, self.digests.sm3))


def hash_file(path: Path | str, *, salt: bytes | None = None) -> HashedFile:
    """The digests of a file in SHA-256 and SM3, under a fresh salt.

    `salt=b""` leaves it out, for a file that carries its own seal or signature value; a salt of 32 bytes
    repeats an earlier hashing. Raises InvalidInput: FILE_NOT_FOUND, WRONG_LENGTH.
    """
    used = secrets.token_bytes(SALT_SIZE) if salt is None else salt
    return HashedFile(Path(path), compute_file_digests(Path(path), used), used)

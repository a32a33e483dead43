"""Digests of content, SHA-256 and SM3 in one pass with bounded memory (SPEC 7.2).

A salted digest is hash("zl/file/v1" ‖ 00 ‖ salt[32] ‖ file): without the salt nobody can test a guess at the
file. An unsalted one is the hash of the file alone, for files that carry their own seal or signature value.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, StoreError
from zhenglian_ledger.tags import FILE, tag_bytes
from zhenglian_proto.v1.types_pb2 import Content

SALT_SIZE: Final = 32
CHUNK_SIZE: Final = 1 << 18
"""Bytes read at a time: the most of a file that is ever in memory."""


@dataclass(frozen=True, slots=True)
class FileDigests:
    """SHA-256 and SM3 of one content (32 bytes each), its size in bytes, and whether a salt went in."""

    sha256: bytes
    sm3: bytes
    size: int
    salted: bool

    def to_content(self) -> Content:
        """The digests as an operation carries them."""
        return Content(sha256=self.sha256, sm3=self.sm3, salted=self.salted)

    def is_content(self, content: Content) -> bool:
        """Whether these are the digests recorded in `content`: both, and salted alike."""
        return (self.sha256, self.sm3, self.salted) == (content.sha256, content.sm3, content.salted)


class ContentHasher:
    """Takes content piece by piece and yields its digests."""

    def __init__(self, salt: bytes = b"") -> None:
        """Begin with `salt` (32 bytes), or none where the file carries its own seal.

        Raises InvalidInput(WRONG_LENGTH) for another salt, StoreError(PLATFORM_UNSUPPORTED) without SM3.
        """
        if len(salt) not in (0, SALT_SIZE):
            raise InvalidInput(Code.WRONG_LENGTH, what="salt", expected=SALT_SIZE, found=len(salt))
        self._salted = bool(salt)
        self._size = 0
        start = tag_bytes(FILE, salt) if salt else b""
        self._sha256 = hashlib.sha256(start)
        try:
            self._sm3 = hashlib.new("sm3", start)
        except ValueError as error:
            raise StoreError(Code.PLATFORM_UNSUPPORTED, found="OpenSSL without SM3") from error

    def update(self, data: bytes) -> None:
        """Take the next bytes."""
        self._sha256.update(data)
        self._sm3.update(data)
        self._size += len(data)

    def finish(self) -> FileDigests:
        """The digests of all that was taken."""
        return FileDigests(self._sha256.digest(), self._sm3.digest(), self._size, self._salted)


def compute_digests(pieces: Iterable[bytes], salt: bytes = b"") -> FileDigests:
    """The digests of `pieces` joined; raises what `ContentHasher` raises."""
    hasher = ContentHasher(salt)
    for piece in pieces:
        hasher.update(piece)
    return hasher.finish()


def compute_stream_digests(stream: BinaryIO, salt: bytes = b"") -> FileDigests:
    """The digests of what is left to read in `stream`; raises what `ContentHasher` raises."""
    return compute_digests(iter(lambda: stream.read(CHUNK_SIZE), b""), salt)


def compute_file_digests(path: Path, salt: bytes = b"") -> FileDigests:
    """The digests of the file at `path`; raises FILE_NOT_FOUND and what `ContentHasher` raises."""
    try:
        with path.open("rb", buffering=0) as stream:
            return compute_stream_digests(stream, salt)
    except OSError as error:
        raise InvalidInput(Code.FILE_NOT_FOUND, path=str(path)) from error

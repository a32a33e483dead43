"""How content is sealed: frames of 64 KiB under AES-256-GCM, each bound to its place and to being the last.

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015): the nonce of frame n is seven zero bytes,
u32 n, and u8 1 for the last frame. So no frame can be altered, left out, moved, or cut off at the end. The
keys of one stored file are derived from the vault's key, the record and 32 fresh random bytes, and never used
for a second file; without those 32 bytes the file cannot be opened any more, also by who has the vault's key.
"""

from collections.abc import Iterator
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError

FRAME_SIZE: Final = 1 << 16
"""Bytes of content in every frame but the last, which may have fewer; only that of an empty file has none."""

TAG_SIZE: Final = 16
SEALED_FRAME_SIZE: Final = FRAME_SIZE + TAG_SIZE
FILE_SALT_SIZE: Final = 32
KEY_SIZE: Final = 32
MAX_SIZE: Final = 1 << 32
"""Most bytes of one file, well below what the counter allows."""

METADATA: Final = b"metadata"
CONTENT: Final = b"content"
IDENTITY: Final = b"identity"
_INFO: Final = b"zl/vault/v1"


def derive_file_key(key: bytes, file_salt: bytes, record: bytes, part: bytes) -> bytes:
    """The key of one part (METADATA, CONTENT) of the file stored for `record`, 32 bytes.

    HKDF-SHA256 (RFC 5869) with info "zl/vault/v1" ‖ 00 ‖ part ‖ 00 ‖ record. IDENTITY belongs to no file: it
    only tells one vault's key from another's.
    """
    info = b"\x00".join((_INFO, part, record))
    return HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=file_salt, info=info).derive(key)


def compute_frame_count(size: int) -> int:
    """Frames of a content of `size` bytes: at least one."""
    return max(1, (size + FRAME_SIZE - 1) // FRAME_SIZE)


def compute_sealed_size(size: int) -> int:
    """Bytes on disk of a content of `size` bytes."""
    return size + TAG_SIZE * compute_frame_count(size)


class FrameSealer:
    """Takes content in pieces of any size and gives back sealed frames; at most two frames are in memory."""

    def __init__(self, key: bytes) -> None:
        """Seal under a file's 32-byte CONTENT key, which no other content was sealed under."""
        self._cipher = AESGCM(key)
        self._number = 0
        self._held = bytearray()

    def seal(self, data: bytes) -> Iterator[bytes]:
        """The frames that are full now; the last full one waits until it is known whether more follows."""
        view = memoryview(data)
        while view:
            if len(self._held) == FRAME_SIZE:
                yield self._seal_held(is_last=False)
            room = FRAME_SIZE - len(self._held)
            self._held += view[:room]
            view = view[room:]

    def finish(self) -> bytes:
        """The last frame."""
        return self._seal_held(is_last=True)

    def _seal_held(self, *, is_last: bool) -> bytes:
        sealed = self._cipher.encrypt(_compute_nonce(self._number, is_last=is_last), bytes(self._held), None)
        self._number += 1
        self._held.clear()
        return sealed


class FrameOpener:
    """Opens the frames of one content, in order."""

    def __init__(self, key: bytes, size: int) -> None:
        """Open under the CONTENT key what holds `size` bytes."""
        self._cipher = AESGCM(key)
        self._number = 0
        self._count = compute_frame_count(size)

    def open(self, sealed: bytes) -> bytes:
        """The content of the next frame; raises StoreError(VAULT_CORRUPTED) for anything but that frame."""
        nonce = _compute_nonce(self._number, is_last=self._number == self._count - 1)
        self._number += 1
        return open_sealed(self._cipher, nonce, sealed)


def open_sealed(cipher: AESGCM, nonce: bytes, sealed: bytes) -> bytes:
    """What was sealed; raises StoreError(VAULT_CORRUPTED) if it is not what was sealed under that nonce."""
    try:
        return cipher.decrypt(nonce, sealed, None)
    except (InvalidTag, ValueError) as error:
        raise StoreError(Code.VAULT_CORRUPTED) from error


def _compute_nonce(number: int, *, is_last: bool) -> bytes:
    return bytes(7) + number.to_bytes(4, "big") + bytes([is_last])

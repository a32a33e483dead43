"""The files of a vault: encrypted at rest, one folder a record, there whole or not at all.

    ROOT/key                      tells the key that all is sealed under from any other
    ROOT/lock                     held by the one process that serves the store
    ROOT/new/RANDOM/              a file being written, or being destroyed: removed when the store is opened
    ROOT/files/R2/RECORD/         one stored file; RECORD in hex, R2 its first two digits
        metadata                  "zlvault1" ‖ 32 random bytes ‖ sealed FetchHeader (salt, digests, size …)
        content                   the sealed frames

A folder appears by one rename after everything in it is on disk, so a crash leaves no half of a file. Both
digests are verified before a file appears and again before its last piece is read. Purging destroys the 32
random bytes first: then neither content nor salt can be opened, also by who has the vault's key. Backups and
copies handed out are beyond its reach, and whoever kept file and salt can still prove the match.
"""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import DecodeError

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, InvalidInput, StoreError
from zhenglian_ledger.keyfile import KeyMaterial
from zhenglian_proto.v1 import members_pb2
from zhenglian_proto.v1.vault_pb2 import FetchHeader, StoreHeader
from zhenglian_sdk.content import SALT_SIZE, ContentHasher
from zhenglian_sdk.files import sync_directory, write_atomically
from zhenglian_sdk.vault.frames import (
    CONTENT,
    FILE_SALT_SIZE,
    IDENTITY,
    KEY_SIZE,
    MAX_SIZE,
    METADATA,
    SEALED_FRAME_SIZE,
    FrameOpener,
    FrameSealer,
    compute_frame_count,
    compute_sealed_size,
    derive_file_key,
    open_sealed,
)

MAX_MEDIA_TYPE: Final = 127
_MAGIC: Final = b"zlvault1"
_MAX_METADATA: Final = 4096
_METADATA_NONCE: Final = bytes(12)  # one message a key
_ID_SIZE: Final = 32


def get_content_key(key: KeyMaterial) -> bytes:
    """The vault's key: the seed of an opened ENCRYPT key file; raises InvalidInput(WRONG_KEY_USAGE)."""
    if key.usage != members_pb2.KEY_USAGE_ENCRYPT:
        raise InvalidInput(Code.WRONG_KEY_USAGE)
    return key.seed


class VaultStore:
    """The store at a folder, open in this process alone until closed."""

    def __init__(self, root: Path, key: bytes) -> None:
        """Open the store at `root`, made if missing, under the vault's 32-byte key; remove what a crash left.

        Raises InvalidInput(WRONG_LENGTH), StoreError: STORE_LOCKED, CONFIG_INVALID for another store's key.
        """
        if len(key) != KEY_SIZE:
            raise InvalidInput(Code.WRONG_LENGTH, what="key", expected=KEY_SIZE, found=len(key))
        self._key = key
        self._root = root
        self._files = root / "files"
        self._new = root / "new"
        for folder in (root, self._files, self._new):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_directory(root)
        self._lock = _lock(root / "lock")
        try:
            self._verify_key()
        except BaseException:
            self.close()
            raise
        for left in self._new.iterdir():
            _destroy(left)

    def begin(self, header: StoreHeader) -> "Writing":
        """A file for `header.record` is being written: use it as a context, write, then finish.

        Raises InvalidInput(WRONG_LENGTH), Denied: BAD_REQUEST for the media type, VAULT_OTHER_FILE where the
        record has another file; StoreError(VAULT_CORRUPTED) where it has one that cannot be read.
        """
        _verify_header(header)
        self.verify_same(header)
        return Writing(self, header)

    def open(self, record: bytes) -> "StoredFile":
        """The file of the record, to be read: use it as a context.

        Raises Denied(VAULT_NO_FILE), StoreError(VAULT_CORRUPTED).
        """
        folder = self.get_folder(record)
        if len(record) != _ID_SIZE or not folder.is_dir():
            raise Denied(Code.VAULT_NO_FILE)
        return StoredFile(folder, record, self._key)

    def purge(self, record: bytes) -> None:
        """The record's content and salt are gone, for good; raises Denied(VAULT_NO_FILE)."""
        folder = self.get_folder(record)
        doomed = self._new / secrets.token_hex(16)
        try:
            folder.rename(doomed)
        except FileNotFoundError as error:
            raise Denied(Code.VAULT_NO_FILE) from error
        sync_directory(folder.parent)
        sync_directory(self._new)
        _destroy(doomed)

    def close(self) -> None:
        """Another process may open the store; closing twice is closing once."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def get_folder(self, record: bytes) -> Path:
        """Where the file of a record lies, or would."""
        name = record.hex()
        return self._files / name[:2] / name

    def verify_same(self, header: StoreHeader) -> bool:
        """Whether the record has that very file already; another raises Denied(VAULT_OTHER_FILE)."""
        if not self.get_folder(header.record).is_dir():
            return False
        with self.open(header.record) as stored:
            there = stored.header
            if (there.sha256, there.sm3, there.salt) != (header.sha256, header.sm3, header.salt):
                raise Denied(Code.VAULT_OTHER_FILE)
        return True

    def start(self) -> Path:
        """A fresh folder under new/."""
        folder = self._new / secrets.token_hex(16)
        folder.mkdir(mode=0o700)
        return folder

    def seal_metadata(self, header: FetchHeader, file_salt: bytes) -> bytes:
        """The bytes of a metadata file."""
        cipher = AESGCM(derive_file_key(self._key, file_salt, header.record, METADATA))
        sealed = cipher.encrypt(_METADATA_NONCE, header.SerializeToString(deterministic=True), None)
        return _MAGIC + file_salt + sealed

    def derive_content_key(self, record: bytes, file_salt: bytes) -> bytes:
        """The key of the frames of one file."""
        return derive_file_key(self._key, file_salt, record, CONTENT)

    def publish(self, folder: Path, header: StoreHeader) -> None:
        """The complete folder becomes the record's file, unless it has that very file already.

        Raises Denied(VAULT_OTHER_FILE).
        """
        sync_directory(folder)
        target = self.get_folder(header.record)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        sync_directory(self._files)
        try:
            folder.rename(target)
        except OSError:  # a folder with content is never replaced
            if not self.verify_same(header):
                raise
        sync_directory(target.parent)

    def _verify_key(self) -> None:
        """The store was made under this key: else every file would seem corrupted."""
        path = self._root / "key"
        identity = derive_file_key(self._key, bytes(FILE_SALT_SIZE), b"", IDENTITY).hex().encode()
        try:
            known = path.read_bytes()
        except FileNotFoundError:
            write_atomically(path, identity, mode=0o600)
            return
        if not secrets.compare_digest(known, identity):
            raise StoreError(Code.CONFIG_INVALID, field="content_key_file")


class Writing:
    """A file being written: unseen until finished, gone if left unfinished."""

    def __init__(self, store: VaultStore, header: StoreHeader) -> None:
        """Begin an empty file; `VaultStore.begin` checks the header."""
        self._store = store
        self._header = header
        self._hasher = ContentHasher(header.salt)
        self._file_salt = secrets.token_bytes(FILE_SALT_SIZE)
        self._sealer = FrameSealer(store.derive_content_key(header.record, self._file_salt))
        self._size = 0
        self._folder = store.start()
        self._content = _create(self._folder / "content")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Whatever was not published is destroyed."""
        self._content.close()
        if self._folder.exists():
            _destroy(self._folder)

    def write(self, data: bytes) -> None:
        """The next bytes; raises InvalidInput(TOO_LARGE)."""
        self._size += len(data)
        if self._size > MAX_SIZE:
            raise InvalidInput(Code.TOO_LARGE, size=self._size, limit=MAX_SIZE)
        self._hasher.update(data)
        for frame in self._sealer.seal(data):
            self._content.write(frame)

    def finish(self) -> FetchHeader:
        """The file is on disk and visible, or was already; its header as it will be read.

        Raises Denied: FILE_DIGEST_MISMATCH, VAULT_OTHER_FILE.
        """
        digests = self._hasher.finish()
        header = self._header
        if (digests.sha256, digests.sm3) != (header.sha256, header.sm3):
            raise Denied(Code.FILE_DIGEST_MISMATCH)
        self._content.write(self._sealer.finish())
        _sync(self._content)
        stored = FetchHeader(
            record=header.record,
            salt=header.salt,
            sha256=header.sha256,
            sm3=header.sm3,
            size=self._size,
            media_type=header.media_type,
        )
        with _create(self._folder / "metadata") as metadata:
            metadata.write(self._store.seal_metadata(stored, self._file_salt))
            _sync(metadata)
        self._store.publish(self._folder, header)
        return stored


class StoredFile:
    """One stored file, open for reading: its header, then its pieces."""

    def __init__(self, folder: Path, record: bytes, key: bytes) -> None:
        """Open it; raises StoreError(VAULT_CORRUPTED) where metadata or length is not what was stored."""
        try:
            with (folder / "metadata").open("rb") as file:
                metadata = file.read(_MAX_METADATA + 1)
            self._content = (folder / "content").open("rb")
        except OSError as error:
            raise StoreError(Code.VAULT_CORRUPTED) from error
        try:
            self.header, file_salt = _open_metadata(metadata, record, key)
            _verify_length(self._content, self.header.size)
        except BaseException:
            self._content.close()
            raise
        self._opener = FrameOpener(derive_file_key(key, file_salt, record, CONTENT), self.header.size)
        self.piece_count = compute_frame_count(self.header.size)
        """Pieces that reading gives: one, empty, for an empty file."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The file is closed."""
        self._content.close()

    def read_pieces(self) -> Iterator[bytes]:
        """The content in `piece_count` pieces, once; the last only after both digests are verified.

        Raises StoreError(VAULT_CORRUPTED) instead of any piece that is not what was stored.
        """
        hasher = ContentHasher(self.header.salt)
        for number in range(self.piece_count):
            try:
                sealed = self._content.read(SEALED_FRAME_SIZE)
            except OSError as error:
                raise StoreError(Code.VAULT_CORRUPTED) from error
            piece = self._opener.open(sealed)
            hasher.update(piece)
            if number == self.piece_count - 1:
                digests = hasher.finish()
                if (digests.sha256, digests.sm3) != (self.header.sha256, self.header.sm3):
                    raise StoreError(Code.VAULT_CORRUPTED)
            yield piece


def _open_metadata(metadata: bytes, record: bytes, key: bytes) -> tuple[FetchHeader, bytes]:
    """The header of a stored file and its 32 random bytes; raises StoreError(VAULT_CORRUPTED)."""
    start = len(_MAGIC) + FILE_SALT_SIZE
    file_salt, sealed = metadata[len(_MAGIC) : start], metadata[start:]
    if not metadata.startswith(_MAGIC) or not sealed or len(metadata) > _MAX_METADATA:
        raise StoreError(Code.VAULT_CORRUPTED)
    cipher = AESGCM(derive_file_key(key, file_salt, record, METADATA))
    try:
        header = FetchHeader.FromString(open_sealed(cipher, _METADATA_NONCE, sealed))
    except DecodeError as error:
        raise StoreError(Code.VAULT_CORRUPTED) from error
    if header.record != record:
        raise StoreError(Code.VAULT_CORRUPTED)
    return header, file_salt


def _verify_length(content: BinaryIO, size: int) -> None:
    if os.fstat(content.fileno()).st_size != compute_sealed_size(size):
        raise StoreError(Code.VAULT_CORRUPTED)


def _verify_header(header: StoreHeader) -> None:
    sizes = {
        "record": (header.record, (_ID_SIZE,)),
        "salt": (header.salt, (0, SALT_SIZE)),
        "sha256": (header.sha256, (32,)),
        "sm3": (header.sm3, (32,)),
    }
    for what, (value, allowed) in sizes.items():
        if len(value) not in allowed:
            raise InvalidInput(Code.WRONG_LENGTH, what=what, expected=allowed[-1], found=len(value))
    media_type = header.media_type
    if len(media_type) > MAX_MEDIA_TYPE or not media_type.isascii() or not media_type.isprintable():
        raise Denied(Code.BAD_REQUEST, field="media_type")


def _lock(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise StoreError(Code.STORE_LOCKED) from error
    return descriptor


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _destroy(folder: Path) -> None:
    """The folder is gone; what its keys came from was overwritten first."""
    metadata = folder / "metadata"
    if metadata.is_file():
        with metadata.open("r+b") as file:
            file.write(bytes(metadata.stat().st_size))
            _sync(file)
    shutil.rmtree(folder)
    sync_directory(folder.parent)

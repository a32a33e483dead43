"""The one way anything is signed: a `Signer` knows its key's id and suite, and signs messages.

A file today, a hardware module later: whoever builds batches, grants or attestations never sees a key.
"""

from pathlib import Path
from typing import Protocol

from zhenglian_ledger.codes import Code
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.keyfile import KeyMaterial, open_key
from zhenglian_ledger.keys import compute_key_id, compute_public_key
from zhenglian_proto.v1 import batch_pb2
from zhenglian_sdk.files import read_text


class Signer(Protocol):
    """Signs messages with one key; the key itself stays behind it."""

    @property
    def key_id(self) -> bytes:
        """The id of the key, 32 bytes."""

    @property
    def suite(self) -> batch_pb2.Suite:
        """The suite of the signatures."""

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature over `message`."""


class MemorySigner:
    """Signs with an Ed25519 seed held in memory."""

    def __init__(self, seed: bytes) -> None:
        """Hold the 32-byte `seed`; raises InvalidInput(WRONG_LENGTH)."""
        self.suite = batch_pb2.SUITE_ED25519
        self.public_key = compute_public_key(self.suite, seed)
        self.key_id = compute_key_id(self.suite, self.public_key)
        self._secret_key = ed25519.compute_secret_key(seed)

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature over `message`."""
        return ed25519.sign_expanded(self._secret_key, message)


class FileSigner(MemorySigner):
    """Signs with the key of an encrypted key file, opened once."""

    def __init__(self, path: Path, passphrase: str) -> None:
        """Open the key file at `path`.

        Raises InvalidInput: FILE_NOT_FOUND, KEY_FILE_INVALID, WRONG_PASSPHRASE, or SUITE_UNSUPPORTED for a
        key that does not sign.
        """
        key = read_key_file(path, passphrase)
        if key.suite != batch_pb2.SUITE_ED25519:
            raise InvalidInput(Code.SUITE_UNSUPPORTED)
        super().__init__(key.seed)
        self.owner = key.owner
        self.usage = key.usage


def read_key_file(path: Path, passphrase: str) -> KeyMaterial:
    """The key in the file at `path`; raises FILE_NOT_FOUND, KEY_FILE_INVALID, WRONG_PASSPHRASE."""
    return open_key(read_text(path, Code.KEY_FILE_INVALID), passphrase)

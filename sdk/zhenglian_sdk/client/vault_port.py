"""The port of a vault: the file of a use, whole and verified, or none (SPEC 7.3)."""

from pathlib import Path
from typing import Protocol

from zhenglian_proto.v1.types_pb2 import Content
from zhenglian_proto.v1.vault_pb2 import FetchHeader


class VaultPort(Protocol):
    """What a relying unit asks of the custodian's vault."""

    async def fetch_to_file(self, use: bytes, path: Path, *, expected: Content | None = None) -> FetchHeader:
        """The file of a use (32 bytes) that the caller's unit opened is at `path`, its sidecar beside it.

        The receiver computes both digests; they must be `expected`, where given. Raises Denied
        (FILE_DIGEST_MISMATCH, VAULT_NO_USE, VAULT_NOT_YOURS, VAULT_WINDOW, VAULT_CHAIN_DEAD …), Refused,
        Unreachable; then there is neither file nor sidecar.
        """

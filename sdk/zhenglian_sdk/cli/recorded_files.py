"""A file that is about to be recorded: its digests, its salt, and its place in a vault.

The sidecar is written before anything is sent. A salt that is lost makes a record that nobody can verify; a
sidecar without a record does no harm, and a repeated command finds in it the same id and the same salt.
"""

import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_proto.v1.members_pb2 import SYSTEM_KIND_VAULT
from zhenglian_proto.v1.types_pb2 import KIND_SYSTEM, Content
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.hashing import HashedFile, hash_file
from zhenglian_sdk.sidecar import compute_sidecar_path, read_sidecar
from zhenglian_sdk.vault.client import VaultClient

UNKNOWN_MEDIA_TYPE: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """A file under the record (32 bytes) that its sidecar names."""

    record: bytes
    hashed: HashedFile

    @property
    def content(self) -> Content:
        """The digests as an operation carries them."""
        return self.hashed.content


def prepare_file(
    path: Path, choose_record: Callable[[], bytes], *, is_sealed: bool, is_again: bool = False
) -> RecordedFile:
    """The file at `path` with its sidecar on disk; the record is the sidecar's, else chosen.

    `is_sealed` leaves the salt out; `is_again` begins anew whatever an earlier sidecar says. Raises
    InvalidInput: FILE_NOT_FOUND, SIDECAR_INVALID, INPUT_INVALID where the file is not its sidecar's.
    """
    if is_again or not compute_sidecar_path(path).exists():
        hashed = hash_file(path, salt=b"" if is_sealed else None)
        return _write(RecordedFile(choose_record(), hashed))
    sidecar = read_sidecar(path)
    hashed = hash_file(path, salt=sidecar.salt)
    if (hashed.digests.sha256, hashed.digests.sm3) != (sidecar.sha256, sidecar.sm3):
        raise InvalidInput(Code.INPUT_INVALID, what=f"{path}：与校验信息文件不符 not the file of its sidecar")
    return RecordedFile(sidecar.record, hashed)


def prepare_record_file(
    path: Path, record: bytes, *, is_sealed: bool, is_again: bool = False
) -> RecordedFile:
    """As `prepare_file` for a record whose id is known; raises INPUT_INVALID for a sidecar of another one."""
    recorded = prepare_file(path, lambda: record, is_sealed=is_sealed, is_again=is_again)
    if recorded.record != record:
        raise InvalidInput(
            Code.INPUT_INVALID, what=f"{path}：校验信息文件属于另一记录 sidecar of another record"
        )
    return recorded


async def store_file(client: AsyncClient, vault: str, recorded: RecordedFile) -> int:
    """The file is in the vault of that system; its size. Raises as `VaultClient.store`."""
    connected = await open_vault(client, vault)
    hashed = recorded.hashed
    media_type = mimetypes.guess_type(hashed.path.name)[0] or UNKNOWN_MEDIA_TYPE
    return await connected.store(
        recorded.record, hashed.path, salt=hashed.salt, digests=hashed.digests, media_type=media_type
    )


async def open_vault(client: AsyncClient, system: str) -> VaultClient:
    """The vault that is registered as `system`, where its registration says; raises INPUT_INVALID."""
    found = await client.get_object(KIND_SYSTEM, system)
    if found is None or not found.is_valid or found.message.kind != SYSTEM_KIND_VAULT:
        raise InvalidInput(Code.INPUT_INVALID, what=f"材料库 vault {system}")
    return await client.connect_vault(found.message.endpoint)


def get_vault_of(client: AsyncClient, custodian: str = "") -> str:
    """The system that the configuration names as the vault of a custodian; raises INPUT_INVALID."""
    if custodian not in client.vaults:
        raise InvalidInput(
            Code.INPUT_INVALID,
            what=f"未给出 --vault，配置的 [vaults] 中也没有保管单位{custodian}的材料库 "
            f"neither --vault nor [vaults] of the configuration names the vault of the custodian {custodian}",
        )
    return client.vaults[custodian]


def _write(recorded: RecordedFile) -> RecordedFile:
    recorded.hashed.write_sidecar(recorded.record)
    return recorded

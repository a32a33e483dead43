"""A vault over gRPC: storing as a custodian's system, fetching as the unit that opened a use.

What arrives is checked against the digests in the header, which are the vault's word; whoever holds the
record's proven `content` hands it in and gets the ledger's word. A broken fetch leaves no file.
"""

import os
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import BinaryIO, Final

from grpc import aio

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, InvalidInput
from zhenglian_proto.v1 import vault_pb2_grpc
from zhenglian_proto.v1.types_pb2 import Content
from zhenglian_proto.v1.vault_pb2 import FetchChunk, FetchHeader, FetchRequest, StoreChunk, StoreHeader
from zhenglian_sdk.channel import typed_calls
from zhenglian_sdk.content import CHUNK_SIZE, ContentHasher, FileDigests
from zhenglian_sdk.files import sync_directory
from zhenglian_sdk.sidecar import Sidecar, write_sidecar
from zhenglian_sdk.vault.threads import run_in_thread

TRANSFER_TIMEOUT_S: Final = 600.0
"""For one whole file: the time an opening is served."""


class VaultClient:
    """The vault behind a channel."""

    def __init__(self, channel: aio.Channel, target: str, *, timeout_s: float = TRANSFER_TIMEOUT_S) -> None:
        """Ask over `channel`; `target` (host:port) is what errors name."""
        self._stub = vault_pb2_grpc.VaultStub(channel)
        self._target = target
        self._timeout_s = timeout_s

    async def store(
        self, record: bytes, path: Path, *, salt: bytes, digests: FileDigests, media_type: str
    ) -> int:
        """The file at `path` is in the vault under its record, once however often it is sent; its size.

        Raises InvalidInput(FILE_NOT_FOUND), Denied: CHANNEL_UNKNOWN, VAULT_NOT_CUSTODIAN, VAULT_OTHER_FILE,
        FILE_DIGEST_MISMATCH, VAULT_CORRUPTED; Unreachable(VAULT_UNREACHABLE).
        """
        header = StoreHeader(
            record=record, salt=salt, sha256=digests.sha256, sm3=digests.sm3, media_type=media_type
        )
        file = await run_in_thread(_open, path)
        with file, typed_calls(Code.VAULT_UNREACHABLE, self._target):
            reply = await self._stub.Store(_read_chunks(header, file), timeout=self._timeout_s)
        if reply.record != record or reply.size != digests.size:
            raise Denied(Code.ANSWER_MALFORMED, field="record")
        return reply.size

    async def fetch(
        self, use: bytes, *, expected: Content | None = None
    ) -> tuple[FetchHeader, AsyncGenerator[bytes, None]]:
        """The header of the use's file and its content, whose last bytes come only after both digests hold.

        Raises Denied: CHANNEL_UNKNOWN, VAULT_NO_USE, VAULT_NOT_YOURS, VAULT_NO_FILE, VAULT_STALE,
        VAULT_WINDOW, VAULT_CHAIN_DEAD, VAULT_CORRUPTED, FILE_DIGEST_MISMATCH; Refused: USE_CLOSED,
        WHOLE_DOCUMENT_NOT_GRANTED, and those of a record that cannot be used; Unreachable: VAULT_UNREACHABLE,
        or NODE_UNREACHABLE where the vault could not ask its node. Iterating raises the same. Iterate to the
        end, or close the iterator.
        """
        call = self._stub.Fetch(FetchRequest(use=use), timeout=self._timeout_s)
        chunks = aiter(call)
        try:
            with typed_calls(Code.VAULT_UNREACHABLE, self._target):
                first = await anext(chunks, FetchChunk())
            _verify_header(first, expected)
        except BaseException:
            call.cancel()
            raise
        return first.header, self._read(call, chunks, first.header)

    async def fetch_to_file(self, use: bytes, path: Path, *, expected: Content | None = None) -> FetchHeader:
        """The use's file is at `path` with its sidecar beside it, whole and on disk; raises as `fetch`.

        The sidecar is there before the file is; if the content did not arrive whole, there is neither.
        """
        header, pieces = await self.fetch(use, expected=expected)
        partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            async with aclosing(pieces):
                await _write(partial, pieces)
            await run_in_thread(write_sidecar, path, _build_sidecar(header))
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        await run_in_thread(sync_directory, path.parent)
        return header

    async def _read(
        self,
        call: "aio.UnaryStreamCall[FetchRequest, FetchChunk]",
        chunks: AsyncIterator[FetchChunk],
        header: FetchHeader,
    ) -> AsyncGenerator[bytes, None]:
        """The content, one piece behind what has arrived: the last is withheld until it is verified."""
        hasher = ContentHasher(header.salt)
        held = b""
        size = 0
        try:
            with typed_calls(Code.VAULT_UNREACHABLE, self._target):
                async for chunk in chunks:
                    if held:
                        yield held
                    held = chunk.data
                    size += len(held)
                    hasher.update(held)
            digests = hasher.finish()
            if (digests.sha256, digests.sm3, size) != (header.sha256, header.sm3, header.size):
                raise Denied(Code.FILE_DIGEST_MISMATCH)
            yield held
        finally:
            call.cancel()


def _verify_header(first: FetchChunk, expected: Content | None) -> None:
    """The stream begins with a header in form, of the content expected, if any."""
    header = first.header
    sizes = (len(header.record), len(header.sha256), len(header.sm3))
    if sizes != (32, 32, 32) or len(header.salt) not in (0, 32):
        raise Denied(Code.ANSWER_MALFORMED, field="header")
    if expected is None:
        return
    recorded = (expected.sha256, expected.sm3, expected.salted)
    if (header.sha256, header.sm3, bool(header.salt)) != recorded:
        raise Denied(Code.FILE_DIGEST_MISMATCH)


def _build_sidecar(header: FetchHeader) -> Sidecar:
    return Sidecar(record=header.record, salt=header.salt, sha256=header.sha256, sm3=header.sm3)


async def _read_chunks(header: StoreHeader, file: BinaryIO) -> AsyncIterator[StoreChunk]:
    yield StoreChunk(header=header)
    while data := await run_in_thread(file.read, CHUNK_SIZE):
        yield StoreChunk(data=data)


async def _write(path: Path, pieces: AsyncIterator[bytes]) -> None:
    with path.open("xb") as file:
        async for piece in pieces:
            await run_in_thread(file.write, piece)
        await run_in_thread(_sync, file)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise InvalidInput(Code.FILE_NOT_FOUND, path=str(path)) from error


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())

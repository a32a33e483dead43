"""CometBFT's side of the ABCI socket, byte by byte as its client writes it, for tests of ours."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from zhenglian_node.engines.cometbft.abci_server import AbciServer, Handle
from zhenglian_node.engines.cometbft.framing import encode_frame
from zhenglian_proto.v1 import abci_pb2 as abci


class AbciClient:
    """One connection; requests may be written far ahead of their replies."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_unix_connection(str(self._path), limit=1 << 22)
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.writer.close()

    def write(self, **request: object) -> None:
        """One request by its field's name, as `write(echo=RequestEcho(message="x"))`."""
        self.writer.write(encode_frame(abci.Request(**request)))  # type: ignore[arg-type]

    async def read(self) -> abci.Response:
        """The next reply."""
        size = shift = 0
        while True:
            byte = (await self.reader.readexactly(1))[0]
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return abci.Response.FromString(await self.reader.readexactly(size))

    async def call(self, **request: object) -> abci.Response:
        """A request and Flush, as CometBFT makes a call it waits for; returns the request's reply."""
        self.write(**request)
        self.write(flush=abci.RequestFlush())
        reply = await self.read()
        if reply.WhichOneof("value") != "exception":
            assert (await self.read()).WhichOneof("value") == "flush"
        return reply


@asynccontextmanager
async def serving(handle: Handle, directory: Path) -> AsyncIterator[tuple[AbciServer, Path]]:
    """A server on a socket in `directory`, and the socket's path."""
    path = directory / "abci.sock"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    listener.setblocking(False)
    server = AbciServer(handle)
    await server.start(listener)
    try:
        yield server, path
    finally:
        await server.stop()

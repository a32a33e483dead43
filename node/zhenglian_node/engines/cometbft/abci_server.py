"""The socket CometBFT calls: any number of connections, each answered strictly in the order of its requests.

The protocol has no request ids, so a reply in the wrong place, or one too many, would be taken for another
request's. Hence one coroutine a connection: read, handle, reply, and only then read again; connections run
beside each other. CometBFT waits for a reply only together with Flush, but replies leave at once.

Anything unexpected is final: the peer is told so by ResponseException, which ends it, and `wait` raises. A
connection that was in use and ends is final too: CometBFT never opens one a second time, and state of a
block half decided must not outlive it.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import structlog

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError, ZhenglianError
from zhenglian_node.engines.cometbft.framing import encode_frame, read_request
from zhenglian_proto.v1.abci_pb2 import Request, Response, ResponseException

Handle = Callable[[Request], Awaitable[Response]]
"""Answers one request; what it raises ends the engine."""

_BUFFER: Final = 1 << 20

_log = structlog.get_logger(__name__)


class ConnectionLost(StoreError):
    """CometBFT has left: why, its own log tells."""


class AbciServer:
    """Serves one CometBFT node on a listening socket, until it stops or something fails."""

    def __init__(self, handle: Handle) -> None:
        """Nobody is served yet."""
        self._handle = handle
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._is_stopping = False

    async def start(self, listener: socket.socket) -> None:
        """Whoever connects to `listener` is served."""
        self._server = await asyncio.start_unix_server(self._accept, sock=listener, limit=_BUFFER)

    async def wait(self) -> None:
        """Returns when the server was stopped; raises ConnectionLost, or what a handler raised."""
        await asyncio.shield(self._failure)

    async def stop(self) -> None:
        """Nobody is served any more; a request under way was finished, its reply may not have left."""
        self._is_stopping = True
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        if not self._failure.done():
            self._failure.set_result(None)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        try:
            await self._serve(reader, writer)
        except asyncio.CancelledError:
            pass  # stopping
        except ConnectionError:
            self._fail(ConnectionLost(Code.ENGINE_FAILED, what="CometBFT dropped its connection"))
        except Exception as error:  # noqa: BLE001  whatever it was, no further answer can be trusted
            await self._refuse(writer, error)
        finally:
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):  # a stop may come while it closes
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_used = False
        while (request := await read_request(reader)) is not None:
            is_used = True
            response = await self._handle(request)
            writer.write(encode_frame(response))
            await writer.drain()
        if is_used and not self._is_stopping:
            self._fail(ConnectionLost(Code.ENGINE_FAILED, what="CometBFT closed its connection"))

    async def _refuse(self, writer: asyncio.StreamWriter, error: Exception) -> None:
        """The peer ends; what the error says in full stays in this process."""
        _log.error("an ABCI request cannot be answered", exc_info=error)
        self._fail(error)
        said = error.en if isinstance(error, ZhenglianError) else Code.INTERNAL.en
        with suppress(ConnectionError):  # it may have ended already
            writer.write(encode_frame(Response(exception=ResponseException(error=said))))
            await writer.drain()

    def _fail(self, error: Exception) -> None:
        if self._is_stopping or self._failure.done():
            return
        if not isinstance(error, ZhenglianError):
            error = StoreError(Code.ENGINE_FAILED, what="a fault of this program")
        self._failure.set_exception(error)
        self._failure.exception()  # told by `wait`, if anybody waits

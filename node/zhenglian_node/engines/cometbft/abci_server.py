"""The socket CometBFT calls: any number of connections, each answered strictly in the order of its requests.

The protocol has no request ids, so a reply in the wrong place, or one too many, would be taken for another
request's. Hence one thread a connection: read, handle, reply, and only then read again; connections run
beside each other, and none waits for the event loop. Replies leave once every request that has come is
answered: a call and the Flush behind it arrive together, and so do their replies.

Anything unexpected is final: the peer is told so by ResponseException, which ends it, and `wait` raises. A
connection that was in use and ends is final too: CometBFT never opens one a second time, and state of a
block half decided must not outlive it.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

import structlog

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError, ZhenglianError
from zhenglian_node.engines.cometbft.framing import RequestReader, encode_frame
from zhenglian_proto.v1.abci_pb2 import Request, Response, ResponseException

Handle = Callable[[Request], Response]
"""Answers one request, in the thread of its connection; what it raises ends the engine."""

_log = structlog.get_logger(__name__)


class ConnectionLost(StoreError):
    """CometBFT has left: why, its own log tells."""


class AbciServer:
    """Serves one CometBFT node on a listening socket, until it stops or something fails."""

    def __init__(self, handle: Handle) -> None:
        """Nobody is served yet."""
        self._handle = handle
        self._loop = asyncio.get_running_loop()
        self._listener: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._connections: dict[Thread, socket.socket] = {}
        self._failure: asyncio.Future[None] = self._loop.create_future()
        self._is_stopping = False

    async def start(self, listener: socket.socket) -> None:
        """Whoever connects to `listener` is served; `stop` closes it."""
        self._listener = listener
        self._accepting = asyncio.create_task(self._accept(listener), name="abci accept")

    async def wait(self) -> None:
        """Returns when the server was stopped; raises ConnectionLost, or what a handler raised."""
        await asyncio.shield(self._failure)

    async def stop(self) -> None:
        """Nobody is served any more; a request under way was finished, its reply may not have left."""
        self._is_stopping = True
        if self._accepting is not None:
            self._accepting.cancel()
            await asyncio.gather(self._accepting, return_exceptions=True)
        if self._listener is not None:
            self._listener.close()
        for connection in self._connections.values():
            with suppress(OSError):  # its thread may have ended by itself
                connection.shutdown(socket.SHUT_RDWR)
        await self._loop.run_in_executor(None, self._join)
        if not self._failure.done():
            self._failure.set_result(None)

    def _join(self) -> None:
        for thread in self._connections:
            thread.join()

    async def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = await self._loop.sock_accept(listener)
                self._open(connection)
            except Exception as error:  # noqa: BLE001  CometBFT does not give up; somebody must
                _log.error("no connection can be accepted", exc_info=error)
                self._end(StoreError(Code.ENGINE_FAILED, what="no connection can be accepted"))
                return

    def _open(self, connection: socket.socket) -> None:
        try:
            connection.setblocking(True)
            thread = Thread(target=self._serve, args=(connection,), name="abci", daemon=True)
            thread.start()
        except BaseException:
            connection.close()
            raise
        self._connections[thread] = connection

    def _serve(self, connection: socket.socket) -> None:
        """One connection from its first request to its last, in a thread of its own."""
        with connection:
            try:
                self._answer_all(connection)
            except ConnectionError:
                self._lose("CometBFT dropped its connection")
            except BaseException as error:  # noqa: BLE001  whatever it was, no further answer can be trusted
                self._refuse(connection, error)

    def _answer_all(self, connection: socket.socket) -> None:
        reader, replies = RequestReader(connection), bytearray()
        is_used = False
        while not self._is_stopping:
            request = reader.take()
            if request is not None:
                is_used = True
                replies += encode_frame(self._handle(request))
                continue
            if replies:
                connection.sendall(replies)
                replies.clear()
            if not reader.fill():
                break
        if is_used:
            self._lose("CometBFT closed its connection")

    def _refuse(self, connection: socket.socket, error: BaseException) -> None:
        """The peer ends; what the error says in full stays in this process."""
        self._fail(error)
        said = error.en if isinstance(error, ZhenglianError) else Code.INTERNAL.en
        with suppress(OSError):  # it may have ended already
            connection.sendall(encode_frame(Response(exception=ResponseException(error=said))))
        if not self._is_stopping:
            _log.error("an ABCI request cannot be answered", exc_info=error)

    def _lose(self, what: str) -> None:
        self._fail(ConnectionLost(Code.ENGINE_FAILED, what=what))

    def _fail(self, error: BaseException) -> None:
        """What went wrong first, while nobody stops, is what `wait` raises."""
        if not isinstance(error, ZhenglianError):
            error = StoreError(Code.ENGINE_FAILED, what="a fault of this program")
        self._loop.call_soon_threadsafe(self._end, error)

    def _end(self, error: ZhenglianError) -> None:
        if not (self._is_stopping or self._failure.done()):
            self._failure.set_exception(error)
            self._failure.exception()  # told by `wait`, if anybody waits

"""A stand-in for CometBFT's RPC door: real HTTP on a real unix socket, replies as a test lays them out.

Only what CometBFT does on the wire: keep-alive, chunked bodies, connections closed after idleness.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

Answer = Callable[[str, dict[str, str]], Any]
"""A method and its parameters → the result, or an RPC error as {"error": {…}}."""


class RpcServer:
    """Answers calls with `answer`; `is_chunked` and `calls_a_connection` shape the wire."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.is_chunked = False
        self.calls_a_connection = 1_000
        self.connections = 0
        self.calls: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            for _ in range(self.calls_a_connection):
                head = await reader.readuntil(b"\r\n\r\n")
                size = next(
                    int(line[15:])
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length:")
                )
                method, parameters = parse_call(head, await reader.readexactly(size))
                self.calls.append(method)
                self.write(writer, self.answer(method, parameters))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the caller has gone
        finally:
            writer.close()

    def write(self, writer: asyncio.StreamWriter, result: Any) -> None:
        failed = isinstance(result, dict) and "error" in result
        body = json.dumps({"jsonrpc": "2.0", "id": 1, **(result if failed else {"result": result})}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
        if not self.is_chunked:
            writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            return
        writer.write(b"Transfer-Encoding: chunked\r\n\r\n")
        for start in range(0, len(body), 1000):
            part = body[start : start + 1000]
            writer.write(b"%x\r\n" % len(part) + part + b"\r\n")
        writer.write(b"0\r\n\r\n")


def parse_call(head: bytes, body: bytes) -> tuple[str, dict[str, str]]:
    """Method and parameters of a call: JSON posted to `/`, or a form posted to `/METHOD`."""
    path = head.split(b" ", 2)[1].decode()
    if path != "/":
        return path[1:], dict(parse_qsl(body.decode()))
    request = json.loads(body)
    return request["method"], request["params"]


@asynccontextmanager
async def answering(directory: Path, answer: Answer) -> AsyncIterator[tuple[RpcServer, Path]]:
    """The door on a socket in `directory`."""
    server, path = RpcServer(answer), directory / "rpc.sock"
    listener = await asyncio.start_unix_server(server.serve, str(path))
    try:
        yield server, path
    finally:
        listener.close()

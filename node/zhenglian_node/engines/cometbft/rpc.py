"""What this process asks its CometBFT node: JSON-RPC over HTTP/1.1 on a unix socket.

A few connections are kept and used again; CometBFT closes one that was idle for ten seconds, so a kept one
that turns out closed is replaced and the call made once more: every call here may be repeated. Numbers of
64 bits come as strings, hashes as upper-case hexadecimal, keys and signatures in base64.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, NamedTuple

from zhenglian_ledger.codes import Code
from zhenglian_node.engines.cometbft.broadcast import BroadcastKind, BroadcastResult

CONNECTIONS: Final = 8
"""Calls at once; further ones wait."""

CALL_SECONDS: Final = 10.0
PAGE: Final = 100
"""Validators a page: CometBFT's largest."""

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
"""How a transaction is handed in: CometBFT decodes hexadecimal several times as fast as JSON with base64."""

_BUFFER: Final = 1 << 20
_MAX_BODY: Final = 32 << 20

_SENTENCES: Final = {
    "already exists in cache": BroadcastResult(BroadcastKind.KNOWN),
    "too large": BroadcastResult(BroadcastKind.REFUSED, Code.BLOCK_LIMIT),
    "too big": BroadcastResult(BroadcastKind.REFUSED, Code.BLOCK_LIMIT),
    "full": BroadcastResult(BroadcastKind.FULL),
}
"""What the first of these that stands in an error means. One that is too large will be so the next time."""

Fields = dict[str, Any]
"""A decoded JSON object."""


class RpcUnreachable(Exception):
    """CometBFT did not answer: it is not up (yet, or any more), or too slow; the call may have arrived."""


class RpcRefused(Exception):
    """CometBFT answered with an error: `code`, and the sentence in `text`."""

    def __init__(self, code: int, text: str) -> None:
        """Keep both."""
        self.code, self.text = code, text
        super().__init__(f"{code}: {text}")


class Standing(NamedTuple):
    """Where a node stands: newest height in its store, whether it is still catching up, and its own id."""

    height: int
    is_catching_up: bool
    node_id: str


class _Connection(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class Rpc:
    """Calls one CometBFT node. Event loop only."""

    def __init__(self, get_path: Callable[[], str]) -> None:
        """Nothing is opened; `get_path` gives the socket's path at each connect."""
        self._get_path = get_path
        self._idle: list[_Connection] = []
        self._slots = asyncio.Semaphore(CONNECTIONS)

    async def get_status(self) -> Standing:
        """Raises RpcUnreachable, RpcRefused, as all calls do."""
        result = await self.call("status")
        sync = result["sync_info"]
        return Standing(int(sync["latest_block_height"]), sync["catching_up"], result["node_info"]["id"])

    async def get_commit(self, height: int) -> Fields | None:
        """The signed header of `height`; None where the node has no such block."""
        try:
            result = await self.call("commit", height=str(height))
        except RpcRefused:
            return None
        found: Fields | None = result and result["signed_header"]
        return found

    async def get_validators(self, height: int) -> list[Fields]:
        """The validators of `height` in the set's order."""
        found: list[Fields] = []
        while True:
            page = len(found) // PAGE + 1
            result = await self.call("validators", height=str(height), page=str(page), per_page=str(PAGE))
            found += result["validators"]
            if len(found) >= int(result["total"]) or not result["validators"]:
                return found

    async def broadcast(self, transaction: bytes) -> BroadcastResult:
        """What the mempool says of `transaction`; never raises for that."""
        try:
            form = b"tx=0x" + transaction.hex().encode()
            result = await self._post("broadcast_tx_sync", "/broadcast_tx_sync", FORM, form)
        except RpcUnreachable:
            return BroadcastResult(BroadcastKind.UNREACHABLE)
        except RpcRefused as error:
            return _classify(error.text)
        if result["code"]:
            return BroadcastResult(BroadcastKind.REFUSED, result["code"])
        return BroadcastResult(BroadcastKind.ACCEPTED)

    async def call(self, method: str, **parameters: str | bool | list[str]) -> Any:  # noqa: ANN401  any JSON value
        """The result of `method`; raises RpcUnreachable, RpcRefused."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
        return await self._post(method, "/", JSON, body)

    async def _post(self, method: str, path: str, kind: str, body: bytes) -> Any:  # noqa: ANN401  any JSON value
        """The result of `method`, which `body` asks for at `path`; raises RpcUnreachable, RpcRefused."""
        head = f"POST {path} HTTP/1.1\r\nHost: cometbft\r\nContent-Type: {kind}\r\n"
        request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        try:
            async with self._slots, asyncio.timeout(CALL_SECONDS):
                reply = json.loads(await self._exchange(request))
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            raise RpcUnreachable(method) from error
        if "error" in reply:
            said = reply["error"]
            raise RpcRefused(said["code"], f"{said['message']}: {said.get('data', '')}")
        return reply.get("result")

    async def close(self) -> None:
        """No connection is open."""
        while self._idle:
            writer = self._idle.pop().writer
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _exchange(self, request: bytes) -> bytes:
        while self._idle:
            kept = self._idle.pop()
            try:
                return await self._exchange_on(kept, request)
            except (OSError, EOFError):
                continue  # closed while idle
        fresh = _Connection(*await asyncio.open_unix_connection(self._get_path(), limit=_BUFFER))
        return await self._exchange_on(fresh, request)

    async def _exchange_on(self, connection: _Connection, request: bytes) -> bytes:
        reader, writer = connection
        try:
            writer.write(request)
            await writer.drain()
            reply, is_kept = await _read_reply(reader)
        except BaseException:  # a reply may still come: the connection is of no use to the next call
            writer.close()
            raise
        if is_kept:
            self._idle.append(connection)
        else:
            writer.close()
        return reply


async def _read_reply(reader: asyncio.StreamReader) -> tuple[bytes, bool]:
    """The body of an HTTP reply, and whether the connection may be used again."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = [line.partition(b":") for line in head.lower().split(b"\r\n")[1:]]
    headers = {name: value.strip() for name, _, value in lines}
    if headers.get(b"transfer-encoding") == b"chunked":
        body = await _read_chunks(reader)
    else:
        body = await reader.readexactly(_bound(int(headers[b"content-length"])))
    return body, headers.get(b"connection") != b"close"


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += await reader.readexactly(_bound(len(body) + size) - len(body))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return bytes(body)


def _bound(size: int) -> int:
    if not 0 <= size <= _MAX_BODY:
        raise ValueError(size)
    return size


def _classify(text: str) -> BroadcastResult:
    """CometBFT's mempool errors are told apart by their sentences (mempool/errors.go) and by nothing else."""
    for sentence, result in _SENTENCES.items():
        if sentence in text.lower():
            return result
    return BroadcastResult(BroadcastKind.UNREACHABLE)

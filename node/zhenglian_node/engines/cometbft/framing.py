"""Messages on an ABCI socket: each is an unsigned varint of its length, then its protobuf bytes.

There is no request id and no resynchronising: whoever reads bytes that make no message has lost the stream
for good, so every such case is an error that ends the connection.
"""

import socket
from typing import Final

from google.protobuf.message import DecodeError, Message

from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.encoding import length_prefixed
from zhenglian_ledger.errors import StoreError
from zhenglian_proto.v1.abci_pb2 import Request

MAX_MESSAGE: Final = 112 << 20
"""Bytes of the largest message: CometBFT's own limit of a block, 100 MiB, and what stands around it."""

_CHUNK: Final = 1 << 18
_LENGTH_BYTES: Final = 5  # at most; CometBFT's lengths stay below 2**31


def encode_frame(message: Message) -> bytes:
    """The bytes that carry `message`."""
    return length_prefixed(message.SerializeToString())


class RequestReader:
    """What a peer has sent on one blocking socket, as requests."""

    def __init__(self, connection: socket.socket, limit: int = MAX_MESSAGE) -> None:
        """Nothing is read yet; no message may have more than `limit` bytes."""
        self._connection, self._limit = connection, limit
        self._buffer = bytearray()

    def fill(self) -> bool:
        """More bytes are here; False where the peer has closed between two messages.

        Waits for the peer. Raises OSError, StoreError(ENGINE_FAILED) for a message cut short.
        """
        chunk = self._connection.recv(_CHUNK)
        self._buffer += chunk
        if not chunk and self._buffer:
            raise StoreError(Code.ENGINE_FAILED, what="ABCI message cut short")
        return bool(chunk)

    def take(self) -> Request | None:
        """The next request, or None until it is here as a whole.

        Raises StoreError(ENGINE_FAILED): a length beyond the limit or of more than five bytes, bytes that
        cannot be parsed.
        """
        length = self._read_length()
        if length is None:
            return None
        start, size = length
        if size > self._limit:
            raise StoreError(Code.ENGINE_FAILED, what=f"ABCI message of {size} bytes")
        end = start + size
        if len(self._buffer) < end:
            return None
        message = bytes(memoryview(self._buffer)[start:end])
        del self._buffer[:end]
        try:
            return Request.FromString(message)
        except DecodeError as error:
            raise StoreError(Code.ENGINE_FAILED, what="ABCI message cannot be parsed") from error

    def _read_length(self) -> tuple[int, int] | None:
        """Where the next message begins and how many bytes it has, once its length is here."""
        value = 0
        for place, byte in enumerate(self._buffer[:_LENGTH_BYTES]):
            value |= (byte & 0x7F) << 7 * place
            if byte < 0x80:
                return place + 1, value
        if len(self._buffer) >= _LENGTH_BYTES:
            raise StoreError(Code.ENGINE_FAILED, what="ABCI message length is no varint")
        return None

"""Messages on an ABCI socket: each is an unsigned varint of its length, then its protobuf bytes.

There is no request id and no resynchronising: whoever reads bytes that make no message has lost the stream
for good, so every such case is an error that ends the connection.
"""

from typing import BinaryIO, Final

from google.protobuf.message import DecodeError, Message

from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.encoding import length_prefixed
from zhenglian_ledger.errors import StoreError
from zhenglian_proto.v1.abci_pb2 import Request

MAX_MESSAGE: Final = 112 << 20
"""Bytes of the largest message: CometBFT's own limit of a block, 100 MiB, and what stands around it."""

_LAST_SHIFT: Final = 28  # a length of five bytes; CometBFT's stay below 2**31


def encode_frame(message: Message) -> bytes:
    """The bytes that carry `message`."""
    return length_prefixed(message.SerializeToString())


def read_request(stream: BinaryIO, limit: int = MAX_MESSAGE) -> Request | None:
    """The next request, or None where the peer has closed between two of them.

    Raises StoreError(ENGINE_FAILED): a length beyond `limit` or of more than five bytes, a message cut short
    or that cannot be parsed; OSError.
    """
    size = _read_length(stream)
    if size is None:
        return None
    if size > limit:
        raise StoreError(Code.ENGINE_FAILED, what=f"ABCI message of {size} bytes")
    data = stream.read(size)
    if len(data) < size:
        raise StoreError(Code.ENGINE_FAILED, what="ABCI message cut short")
    try:
        return Request.FromString(data)
    except DecodeError as error:
        raise StoreError(Code.ENGINE_FAILED, what="ABCI message cannot be parsed") from error


def _read_length(stream: BinaryIO) -> int | None:
    value, shift = 0, 0
    while True:
        byte = stream.read(1)
        if not byte:
            if shift:
                raise StoreError(Code.ENGINE_FAILED, what="ABCI message cut short")
            return None
        if shift > _LAST_SHIFT:
            raise StoreError(Code.ENGINE_FAILED, what="ABCI message length is no varint")
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
        shift += 7

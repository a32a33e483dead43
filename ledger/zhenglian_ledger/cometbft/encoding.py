"""The primitive encodings that CometBFT hashes: wrapped scalars, timestamps and length prefixes.

Every scalar of a header is hashed as the protobuf wrapper message of its type with the value in field 1;
an empty or zero value is the empty message, which still is a leaf.
"""

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

_FIELD_1_VARINT = b"\x08"
_FIELD_1_BYTES = b"\x0a"
_UINT64_MASK = (1 << 64) - 1

# The time of a validator that did not vote: year 1 in UTC, which is how CometBFT encodes "no time".
ABSENT_TIME_SECONDS = -62_135_596_800
MAX_TIME_SECONDS = 253_402_300_799


def encode_uvarint(value: int) -> bytes:
    """Return `value` as a base-128 varint, least significant group first; a negative one as int64."""
    rest = value & _UINT64_MASK
    groups = bytearray()
    while rest >= 0x80:
        groups.append(rest & 0x7F | 0x80)
        rest >>= 7
    groups.append(rest)
    return bytes(groups)


def length_prefixed(content: bytes) -> bytes:
    """Return `uvarint(len(content)) ‖ content`."""
    return encode_uvarint(len(content)) + content


def cdc_encode(value: str | bytes | int) -> bytes:
    """Return `value` as the bytes of StringValue, BytesValue or Int64Value; empty or zero gives no bytes."""
    if isinstance(value, int):
        return _FIELD_1_VARINT + encode_uvarint(value) if value else b""
    content = value.encode() if isinstance(value, str) else value
    return _FIELD_1_BYTES + length_prefixed(content) if content else b""


def serialize(message: Message) -> bytes:
    """Return the deterministic protobuf bytes of `message`: fields in number order, zero scalars omitted."""
    return message.SerializeToString(deterministic=True)


def build_timestamp(time_ms: int) -> Timestamp:
    """Return the Timestamp of `time_ms`, milliseconds since 1970 UTC."""
    seconds, milliseconds = divmod(time_ms, 1000)
    return Timestamp(seconds=seconds, nanos=milliseconds * 1_000_000)


def compute_time_ms(timestamp: Timestamp) -> int:
    """Return `timestamp` in milliseconds since 1970 UTC, truncated."""
    return timestamp.seconds * 1000 + timestamp.nanos // 1_000_000


def is_block_time(timestamp: Timestamp) -> bool:
    """Tell whether `timestamp` is a time from 1970 to 9999 with nanoseconds in range."""
    return 0 <= timestamp.seconds <= MAX_TIME_SECONDS and 0 <= timestamp.nanos < 1_000_000_000

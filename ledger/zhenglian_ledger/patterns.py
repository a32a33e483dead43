"""What is like a sound message is sound: bulk messages are recognised instead of being checked one by one.

A bulk brings thousands of messages of one form: the same fields with the same lengths, other digests, other
days. From one that was checked in full a pattern of bytes is built. All that a check looks at stands in it
literally; open are only the contents of byte strings, of which nothing but the length is asked, and the
digits of numbers that have no bound. Whatever matches has the same fields in the same order and form, so it
is canonical and within bounds (SPEC 1.1, 1.3) as the first one was. What does not match is checked in full.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor

from zhenglian_proto.v1 import constraints_pb2

MAX_BYTES: Final = 1_024
"""Longer messages are not recognised: they cost more to send than to check."""

MAX_PATTERNS: Final = 64
RARITY: Final = 256
"""One message in so many that are checked in full gives a pattern: a frequent form, at little cost."""

MAX_DIGITS: Final = 9
"""Bytes of a varint that cannot exceed 64 bits, whatever its digits are."""

_VARINT, _LENGTH = 0, 2


class Patterns:
    """Patterns of the frequent forms of one type of message; what they say never depends on their number."""

    def __init__(self, descriptor: Any) -> None:  # noqa: ANN401  two classes share this face
        """Start with none."""
        self._descriptor = descriptor
        self._by_length: dict[int, re.Pattern[bytes]] = {}
        self._checked = 0

    def is_like_a_sound_one(self, data: bytes) -> bool:
        """Whether `data` is canonical and within bounds because it is like a message that was."""
        pattern = self._by_length.get(len(data))
        return pattern is not None and pattern.fullmatch(data) is not None

    def learn(self, data: bytes) -> None:
        """`data` was checked in full and is sound; now and then its form is remembered."""
        self._checked += 1
        if self._checked % RARITY or len(data) > MAX_BYTES:
            return
        if len(self._by_length) >= MAX_PATTERNS:
            self._by_length.clear()
        self._by_length[len(data)] = build_pattern(self._descriptor, data)


def build_pattern(descriptor: Any, data: bytes) -> re.Pattern[bytes]:  # noqa: ANN401
    """The pattern of all messages like `data`, which must be the canonical bytes of a sound message."""
    return re.compile(b"".join(_iterate_parts(descriptor, data)), re.DOTALL)


def _iterate_parts(descriptor: Any, data: bytes) -> Iterator[bytes]:  # noqa: ANN401
    at = 0
    while at < len(data):
        start = at
        tag, at = _read_varint(data, at)
        field, wire_type = descriptor.fields_by_number[tag >> 3], tag & 7
        if wire_type not in (_VARINT, _LENGTH):  # signed messages hold no such fields
            yield re.escape(data[start:])
            return
        value_at = at
        value, at = _read_varint(data, at)
        if wire_type == _LENGTH:
            yield re.escape(data[start:at])
            content = data[at : at + value]
            at += value
            yield from _iterate_content(field, content)
        elif _is_open(field) and at - value_at <= MAX_DIGITS:
            yield re.escape(data[start:value_at])
            yield b"[\x80-\xff]{%d}[\x01-\x7f]" % (at - value_at - 1)
        else:
            yield re.escape(data[start:at])


def _iterate_content(field: FieldDescriptor, content: bytes) -> Iterator[bytes]:
    if field.message_type is not None:
        yield from _iterate_parts(field.message_type, content)
    elif field.type == FieldDescriptor.TYPE_BYTES:
        yield b".{%d}" % len(content)
    else:
        yield re.escape(content)


def _is_open(field: Any) -> bool:  # noqa: ANN401  as above
    """Whether any value but 0 will do."""
    is_bounded = field.GetOptions().Extensions[constraints_pb2.max_value] != 0
    return field.type == FieldDescriptor.TYPE_UINT64 and not is_bounded


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while data[at] & 0x80:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    return value | data[at] << shift, at + 1

"""The canonical form of signed messages (SPEC 1.1, 1.3): bytes are hashed as they were signed.

Bytes are accepted only if discarding unknown fields and serialising again gives the same bytes, every
enum value is defined, every oneof is set, and every bound written beside a field in the .proto holds.
The bounds are compiled once a message type into a flat list of checks.
"""

import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidEncoding
from zhenglian_proto.v1 import constraints_pb2

M = TypeVar("M", bound=Message)
Check = Callable[[Any], None]

_FORMS: Final[dict[int, re.Pattern[str]]] = {
    constraints_pb2.FORM_NAME: re.compile(r"[A-Za-z0-9._:/-]{1,64}"),
    constraints_pb2.FORM_NUMBER: re.compile(r"[!-~]{1,64}"),
    constraints_pb2.FORM_REGION: re.compile(r"[0-9]{6}(?:[0-9]{3}(?:[0-9]{3})?)?"),
    constraints_pb2.FORM_CHAIN: re.compile(r"[A-Za-z0-9._-]{1,50}"),
    constraints_pb2.FORM_ANY: re.compile(r"[^\x00-\x1f\x7f]*"),
}
_COMPILED: Final[dict[str, tuple[Check, ...]]] = {}


def parse_canonical(kind: type[M], data: bytes) -> M:
    """The message of `kind` whose canonical form is `data`.

    Raises InvalidEncoding with UNPARSABLE, NOT_CANONICAL, UNDEFINED_ENUM, MISSING_FIELD or OUT_OF_RANGE.
    """
    try:
        message = kind.FromString(data)
    except DecodeError as error:
        raise InvalidEncoding(Code.UNPARSABLE) from error
    message.DiscardUnknownFields()
    if message.SerializeToString(deterministic=True) != data:
        raise InvalidEncoding(Code.NOT_CANONICAL)
    verify_ranges(message)
    return message


def serialise(message: Message) -> bytes:
    """The canonical bytes of `message`."""
    return message.SerializeToString(deterministic=True)


def verify_ranges(message: Message) -> None:
    """Every bound of `message` and of the messages in it holds.

    Raises InvalidEncoding with UNDEFINED_ENUM, MISSING_FIELD, WRONG_DIGEST or OUT_OF_RANGE, naming the field.
    """
    descriptor = message.DESCRIPTOR
    checks = _COMPILED.get(descriptor.full_name)
    if checks is None:
        checks = _COMPILED[descriptor.full_name] = _compile(descriptor)
    for check in checks:
        check(message)


def _compile(descriptor: Any) -> tuple[Check, ...]:
    checks = [check for field in descriptor.fields for check in _compile_field(field)]
    checks += [_set_oneof(oneof.name) for oneof in descriptor.oneofs]
    return tuple(checks)


def _compile_field(field: FieldDescriptor) -> list[Check]:
    options: Any = field.GetOptions().Extensions
    name = field.name
    checks: list[Check] = []
    if field.is_repeated:
        checks.append(_items(name, options[constraints_pb2.min_items], options[constraints_pb2.max_items]))
    elif options[constraints_pb2.required]:
        checks.append(_present(name) if field.message_type else _not_zero(name))
    value = _compile_value(field)
    if value is not None:
        checks.append(_each(name, value) if field.is_repeated else _one(name, value, field))
    return checks


def _compile_value(field: FieldDescriptor) -> Check | None:
    options: Any = field.GetOptions().Extensions
    name = field.name
    if field.message_type is not None:
        return verify_ranges
    if field.enum_type is not None:
        return _defined(name, frozenset(field.enum_type.values_by_number))
    if field.type == FieldDescriptor.TYPE_BYTES:
        return _sized(name, options[constraints_pb2.size], options[constraints_pb2.max_size])
    if field.type == FieldDescriptor.TYPE_STRING:
        return _formed(name, options[constraints_pb2.form], options[constraints_pb2.max_size])
    if options[constraints_pb2.max_value]:
        return _at_most(name, options[constraints_pb2.max_value])
    return None


def _one(name: str, check: Check, field: FieldDescriptor) -> Check:
    if field.message_type is not None:

        def run_message(message: Any) -> None:  # noqa: ANN401  messages are typed by descriptor
            if message.HasField(name):
                check(getattr(message, name))

        return run_message

    def run(message: Any) -> None:  # noqa: ANN401
        value = getattr(message, name)
        if value:
            check(value)

    return run


def _each(name: str, check: Check) -> Check:
    def run(message: Any) -> None:  # noqa: ANN401
        for value in getattr(message, name):
            check(value)

    return run


def _items(name: str, least: int, most: int) -> Check:
    def run(message: Any) -> None:  # noqa: ANN401
        count = len(getattr(message, name))
        if count < least:
            raise InvalidEncoding(Code.MISSING_FIELD, field=name)
        if count > most:
            raise InvalidEncoding(Code.TOO_MANY, field=name)

    return run


def _present(name: str) -> Check:
    def run(message: Any) -> None:  # noqa: ANN401
        if not message.HasField(name):
            raise InvalidEncoding(Code.MISSING_FIELD, field=name)

    return run


def _not_zero(name: str) -> Check:
    def run(message: Any) -> None:  # noqa: ANN401
        if not getattr(message, name):
            raise InvalidEncoding(Code.MISSING_FIELD, field=name)

    return run


def _set_oneof(name: str) -> Check:
    def run(message: Any) -> None:  # noqa: ANN401
        if message.WhichOneof(name) is None:
            raise InvalidEncoding(Code.MISSING_FIELD, field=name)

    return run


def _defined(name: str, numbers: frozenset[int]) -> Check:
    def run(value: int) -> None:
        if value not in numbers:
            raise InvalidEncoding(Code.UNDEFINED_ENUM, field=name)

    return run


def _sized(name: str, size: int, most: int) -> Check:
    def run(value: bytes) -> None:
        if (size and len(value) != size) or (most and len(value) > most):
            raise InvalidEncoding(Code.WRONG_DIGEST if size else Code.OUT_OF_RANGE, field=name)

    return run


def _formed(name: str, form: int, most: int) -> Check:
    pattern = _FORMS[form]

    def run(value: str) -> None:
        if len(value.encode()) > most or pattern.fullmatch(value) is None:
            raise InvalidEncoding(Code.INVALID_NAME if form else Code.OUT_OF_RANGE, field=name)

    return run


def _at_most(name: str, greatest: int) -> Check:
    def run(value: int) -> None:
        if value > greatest:
            raise InvalidEncoding(Code.OUT_OF_RANGE, field=name)

    return run

"""The canonical form of signed messages (SPEC 1.1, 1.3): bytes are hashed as they were signed.

Bytes are accepted only if discarding unknown fields and serialising again gives the same bytes, every
enum value is defined, every oneof is set, and every bound written beside a field in the .proto holds.
The bounds are compiled once a message type into a flat list of checks.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, TypeVar

from google.protobuf.descriptor import FieldDescriptor, OneofDescriptor
from google.protobuf.message import DecodeError, Message

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidEncoding
from zhenglian_ledger.patterns import Patterns
from zhenglian_proto.v1 import constraints_pb2

M = TypeVar("M", bound=Message)
Check = Callable[[Any], None]

_FORMS: Final[dict[int, re.Pattern[str]]] = {
    constraints_pb2.FORM_NAME: re.compile(r"[A-Za-z0-9._:/-]{1,64}"),
    constraints_pb2.FORM_NUMBER: re.compile(r"[!-~]{1,64}"),
    constraints_pb2.FORM_REGION: re.compile(r"[0-9]{6}(?:[0-9]{3}(?:[0-9]{3})?)?"),
    constraints_pb2.FORM_CHAIN: re.compile(r"[A-Za-z0-9._-]{1,50}"),
    constraints_pb2.FORM_ANY: re.compile(
        r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]*"  # SPEC 1.4
    ),
}
_PATTERNS: Final[dict[type[Message], Patterns]] = {}
_COMPILED: Final[dict[object, tuple[Check, ...]]] = {}


def parse_canonical(kind: type[M], data: bytes) -> M:
    """The message of `kind` whose canonical form is `data`.

    Raises InvalidEncoding with UNPARSABLE, NOT_CANONICAL, UNDEFINED_ENUM, MISSING_FIELD or OUT_OF_RANGE.
    """
    patterns = _PATTERNS.get(kind)
    if patterns is None:
        patterns = _PATTERNS[kind] = Patterns(kind.DESCRIPTOR)
    if patterns.is_like_a_sound_one(data):
        return kind.FromString(data)
    message = _parse_checked(kind, data)
    patterns.learn(data)
    return message


def _parse_checked(kind: type[M], data: bytes) -> M:
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

    Raises InvalidEncoding: UNDEFINED_ENUM, MISSING_FIELD, WRONG_DIGEST, INVALID_NAME, OUT_OF_RANGE, TOO_MANY,
    naming the field.
    """
    for check in _compile(message.DESCRIPTOR):
        check(message)


def _compile(descriptor: Any) -> tuple[Check, ...]:  # noqa: ANN401  two classes share this face
    """The checks of a message: its plain fields at once, then messages, lists and oneofs one by one."""
    checks = _COMPILED.get(descriptor)
    if checks is None:
        checks = _COMPILED[descriptor] = _compile_fields(descriptor)
    return checks


def _compile_fields(descriptor: Any) -> tuple[Check, ...]:  # noqa: ANN401
    fields = [field for field in descriptor.fields if not field.containing_oneof]
    single = [field for field in fields if not field.is_repeated]
    plain = [(field.name, _compile_value(field)) for field in single if field.message_type is None]
    checked = {name: check for name, check in plain if check is not None}
    checks = [_plain(checked)] if checked else []
    checks += [_message(field) for field in single if field.message_type is not None]
    checks += [_items(field) for field in fields if field.is_repeated]
    checks += [_oneof(oneof) for oneof in descriptor.oneofs]
    return tuple(checks)


def _get_option(field: FieldDescriptor, option: Any) -> Any:  # noqa: ANN401  options are typed by descriptor
    return field.GetOptions().Extensions[option]


def _is_required(field: FieldDescriptor) -> bool:
    """Whether a value must say something: so must a member of a oneof that is set, and an item of a list."""
    is_stated = field.containing_oneof is not None or field.is_repeated
    return is_stated or bool(_get_option(field, constraints_pb2.required))


def _compile_value(field: FieldDescriptor) -> Check | None:
    """The check of one value of a field that holds no message; None where nothing bounds it."""
    if field.enum_type is not None:
        return _defined(field, frozenset(field.enum_type.values_by_number))
    if field.type == FieldDescriptor.TYPE_BYTES:
        return _sized(field)
    if field.type == FieldDescriptor.TYPE_STRING:
        return _formed(field)
    greatest = _get_option(field, constraints_pb2.max_value)
    return _bounded(field, greatest) if greatest or _is_required(field) else None


def _plain(checks: dict[str, Check]) -> Check:
    names, run_all = tuple(checks), tuple(checks.values())
    if len(names) == 1:
        (name,), (check,) = names, run_all
        return lambda message: check(getattr(message, name))
    get_values = attrgetter(*names)

    def run(message: Any) -> None:  # noqa: ANN401
        for check, value in zip(run_all, get_values(message), strict=True):
            check(value)

    return run


def _message(field: FieldDescriptor) -> Check:
    name, required = field.name, _is_required(field)
    checks = _compile(field.message_type)

    def run(message: Any) -> None:  # noqa: ANN401
        if message.HasField(name):
            value = getattr(message, name)
            for check in checks:
                check(value)
        elif required:
            raise InvalidEncoding(Code.MISSING_FIELD, field=name)

    return run


def _items(field: FieldDescriptor) -> Check:
    name = field.name
    least, most = (
        _get_option(field, bound) for bound in (constraints_pb2.min_items, constraints_pb2.max_items)
    )
    check = verify_ranges if field.message_type is not None else _compile_value(field)

    def run(message: Any) -> None:  # noqa: ANN401
        values = getattr(message, name)
        if not least <= len(values) <= most:
            raise InvalidEncoding(Code.TOO_MANY if values else Code.MISSING_FIELD, field=name)
        if check is not None:
            for value in values:
                check(value)

    return run


def _oneof(oneof: OneofDescriptor) -> Check:
    """A oneof is always set; only the member that is set is looked at."""
    name = oneof.name
    members = {
        field.name: verify_ranges if field.message_type is not None else _compile_value(field)
        for field in oneof.fields
    }

    def run(message: Any) -> None:  # noqa: ANN401
        member = message.WhichOneof(name)
        if member is None:
            raise InvalidEncoding(Code.MISSING_FIELD, field=name)
        check = members[member]
        if check is not None:
            check(getattr(message, member))

    return run


def _defined(field: FieldDescriptor, numbers: frozenset[int]) -> Check:
    name = field.name
    allowed = numbers - {0} if _is_required(field) else numbers

    def run(value: int) -> None:
        if value not in allowed:
            raise InvalidEncoding(Code.UNDEFINED_ENUM if value else Code.MISSING_FIELD, field=name)

    return run


def _sized(field: FieldDescriptor) -> Check:
    name, required = field.name, _is_required(field)
    size = _get_option(field, constraints_pb2.size)
    most = size or _get_option(field, constraints_pb2.max_size)

    def run(value: bytes) -> None:
        length = len(value)
        if length == size or (length == 0 and not required):
            return
        if length == 0:
            raise InvalidEncoding(Code.MISSING_FIELD, field=name)
        if size or length > most:
            raise InvalidEncoding(Code.WRONG_DIGEST if size else Code.OUT_OF_RANGE, field=name)

    return run


def _formed(field: FieldDescriptor) -> Check:
    name, required = field.name, _is_required(field)
    form, most = (_get_option(field, bound) for bound in (constraints_pb2.form, constraints_pb2.max_size))
    matches = lru_cache(maxsize=4096)(_FORMS[form].fullmatch)

    def run(value: str) -> None:
        if not value:
            if required:
                raise InvalidEncoding(Code.MISSING_FIELD, field=name)
        elif matches(value) is None or len(value.encode()) > most:
            raise InvalidEncoding(Code.INVALID_NAME if form else Code.OUT_OF_RANGE, field=name)

    return run


def _bounded(field: FieldDescriptor, greatest: int) -> Check:
    name, required = field.name, _is_required(field)

    def run(value: int) -> None:
        if required and not value:
            raise InvalidEncoding(Code.MISSING_FIELD, field=name)
        if greatest and value > greatest:
            raise InvalidEncoding(Code.OUT_OF_RANGE, field=name)

    return run

"""What every builder does with its arguments: choices by name, identifiers judged at once, one Operation out.

A mistake is met here, before anything is signed, with the same code that the ledger would give. Identifiers
are judged by what they look like: 18 capital letters and digits are a USCC, 21 a licence type code
(GB/T 36904), and then their check digit must fit; anything else is a plain name.
"""

import secrets
from collections.abc import Iterable
from functools import cache
from typing import Any, Final, TypeVar, cast

from google.protobuf.message import Message

from zhenglian_ledger.canonical import verify_ranges
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidEncoding, InvalidIdentifier
from zhenglian_ledger.identifiers import verify_digest, verify_licence_type_code, verify_name, verify_uscc
from zhenglian_proto.v1.operation_pb2 import Context, Operation
from zhenglian_proto.v1.types_pb2 import CaseRef, Channel, Stage

E = TypeVar("E", bound=int)
M = TypeVar("M", bound=Message)

ID_SIZE: Final = 32
_USCC_LENGTH: Final = 18
_TYPE_CODE_LENGTH: Final = 21
_CODE_CHARACTERS: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def build_operation(kind: str, message: Message) -> Operation:
    """The Operation whose `kind` is `message`, every bound of it checked.

    Raises InvalidEncoding naming the field: MISSING_FIELD, INVALID_NAME, WRONG_DIGEST, OUT_OF_RANGE …
    """
    operation = Operation()
    field = getattr(operation, kind)
    field.CopyFrom(message)
    field.SetInParent()
    verify_ranges(operation)
    return operation


def build_context(
    *, actor: bytes = b"", channel: Channel | str | None = None, stage: Stage | str | None = None
) -> Context:
    """Who did it (32-byte pseudonym), through which channel ("WINDOW" …), at which stage ("ACCEPTANCE" …)."""
    context = Context(
        actor=actor,
        channel=None if channel is None else choose(Channel, channel),
        stage=None if stage is None else choose(Stage, stage),
    )
    verify_ranges(context)
    return context


def choose(enum: type[E], value: E | str) -> E:
    """The number that `value` names, in full or in short: "WINDOW" of Channel is CHANNEL_WINDOW.

    Raises InvalidEncoding(UNDEFINED_ENUM) naming the enum; "unspecified" is no choice.
    """
    wrapper = cast("Any", enum)
    prefix, numbers = _get_choices(wrapper)
    if isinstance(value, str):
        number = numbers.get(value.upper().removeprefix(prefix), 0)
    else:
        number = value if value in numbers.values() else 0
    if not number:
        raise InvalidEncoding(Code.UNDEFINED_ENUM, field=wrapper.DESCRIPTOR.name)
    return cast("E", number)


@cache
def _get_choices(enum: Any) -> tuple[str, dict[str, int]]:  # noqa: ANN401
    """What the names of an enum begin with, and its numbers by what follows; made once an enum."""
    prefix = enum.DESCRIPTOR.values_by_number[0].name.removesuffix("UNSPECIFIED")
    return prefix, {name.removeprefix(prefix): number for name, number in enum.items()}


def choose_all(enum: type[E], values: Iterable[E | str]) -> list[E]:
    """The numbers of several choices, in order; raises as `choose`."""
    return [choose(enum, value) for value in values]


def check_unit(unit: str, field: str = "unit") -> str:
    """`unit` as it came: the id of a unit or member; raises INVALID_NAME, or WRONG_CHECK_DIGIT of a USCC."""
    if len(unit) == _USCC_LENGTH and _CODE_CHARACTERS.issuperset(unit):
        verify_uscc(unit)
    verify_name(field, unit)
    return unit


def check_units(units: Iterable[str], field: str = "units") -> list[str]:
    """The ids of several units; raises as `check_unit`."""
    return [check_unit(unit, field) for unit in units]


def check_optional_unit(unit: str, field: str = "unit") -> str:
    """`unit` as it came, or empty; raises as `check_unit`."""
    return check_unit(unit, field) if unit else ""


def check_type(type_id: str, field: str = "type") -> str:
    """`type_id` as it came: a licence or material type; raises INVALID_NAME, WRONG_CHECK_DIGIT."""
    if len(type_id) == _TYPE_CODE_LENGTH and _CODE_CHARACTERS.issuperset(type_id):
        verify_licence_type_code(type_id)
    verify_name(field, type_id)
    return type_id


def check_types(types: Iterable[str], field: str = "types") -> list[str]:
    """The ids of several types; raises as `check_type`."""
    return [check_type(type_id, field) for type_id in types]


def check_id(value: bytes, field: str) -> bytes:
    """`value` as it came: 32 bytes; raises WRONG_DIGEST naming the field."""
    verify_digest(field, value)
    return value


def check_distinct(values: Iterable[bytes], field: str) -> list[bytes]:
    """32-byte ids, none twice; raises WRONG_DIGEST, DUPLICATE naming the field."""
    found = [check_id(value, field) for value in values]
    if len(set(found)) != len(found):
        raise InvalidIdentifier(Code.DUPLICATE, field=field)
    return found


def build_case_ref(case: tuple[str, str] | CaseRef | None) -> CaseRef | None:
    """A case by (unit, number), or none."""
    if case is None or isinstance(case, CaseRef):
        return case
    return CaseRef(unit=check_unit(case[0]), number=case[1])


def build_random_id() -> bytes:
    """A fresh id of a material, use, dispute or project: 32 random bytes (SPEC 1.5)."""
    return secrets.token_bytes(ID_SIZE)

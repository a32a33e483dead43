"""SPEC 1.1 and 1.3: one encoding for each message, and nothing outside its bounds."""

from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from zhenglian_ledger.canonical import parse_canonical, serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidEncoding
from zhenglian_proto.v1 import (
    batch_pb2,
    constraints_pb2,
    grants_pb2,
    operation_pb2,
    records_pb2,
    state_pb2,
    types_pb2,
    uses_pb2,
)

SIGNED = (operation_pb2.Operation, batch_pb2.BatchHeader, state_pb2.Genesis)


def build_licence() -> operation_pb2.Operation:
    return operation_pb2.Operation(
        context=operation_pb2.Context(actor=bytes(32), channel=types_pb2.CHANNEL_WINDOW),
        issue_licence=records_pb2.IssueLicence(
            id=b"\x01" * 32,
            type="T",
            holders=[b"\x02" * 32],
            holder_rule=types_pb2.HOLDER_RULE_ANY,
            issuing_unit="U",
            custodian="U",
            origin=records_pb2.ORIGIN_ISSUED,
            valid=types_pb2.Interval(from_ms=1),
            content=types_pb2.Content(sha256=b"\x03" * 32, sm3=b"\x04" * 32),
        ),
    )


def refuse(data: bytes) -> Code:
    with pytest.raises(InvalidEncoding) as caught:
        parse_canonical(operation_pb2.Operation, data)
    return caught.value.code


def test_canonical_bytes_come_back_as_the_message_they_were() -> None:
    operation = build_licence()
    assert parse_canonical(operation_pb2.Operation, serialise(operation)) == operation


@pytest.mark.parametrize(
    ("name", "mutate", "code"),
    [
        ("truncated", lambda data: data[:-1], Code.UNPARSABLE),
        ("unknown field appended", lambda data: data + b"\xf8\x7f\x01", Code.NOT_CANONICAL),
        ("field repeated", lambda data: data + data, Code.NOT_CANONICAL),
        ("fields re-ordered", lambda data: data[40:] + data[:40], Code.NOT_CANONICAL),
        ("second member of the oneof", lambda data: data + b"\xb2\x05\x03\x0a\x01x", Code.NOT_CANONICAL),
    ],
)
def test_every_other_encoding_is_refused(name: str, mutate: object, code: Code) -> None:
    data = serialise(build_licence())
    assert len(serialise(build_licence().context)) + 2 == 38, "the re-ordering below cuts between fields"
    mutated = data[38:] + data[:38] if name == "fields re-ordered" else mutate(data)  # type: ignore[operator]
    assert refuse(mutated) == code


def test_non_minimal_varint_is_refused() -> None:
    header = batch_pb2.BatchHeader(nonce=bytes(16), operation_count=1, operations_root=bytes(32))
    data = serialise(header)
    padded = data.replace(b"\x40\x01", b"\x40\x81\x00")
    assert padded != data
    with pytest.raises(InvalidEncoding) as caught:
        parse_canonical(batch_pb2.BatchHeader, padded)
    assert caught.value.code == Code.NOT_CANONICAL


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("id", b"\x01" * 31, Code.WRONG_DIGEST),
        ("id", b"", Code.MISSING_FIELD),
        ("type", "T\n", Code.INVALID_NAME),
        ("type", "证", Code.INVALID_NAME),
        ("type", "T" * 65, Code.INVALID_NAME),
        ("holder_rule", 99, Code.UNDEFINED_ENUM),
        ("holder_rule", 0, Code.MISSING_FIELD),
    ],
)
def test_a_field_out_of_bounds_is_refused_by_name(field: str, value: object, code: Code) -> None:
    operation = build_licence()
    setattr(operation.issue_licence, field, value)
    with pytest.raises(InvalidEncoding) as caught:
        parse_canonical(operation_pb2.Operation, serialise(operation))
    assert (caught.value.code, caught.value.fields["field"]) == (code, field)


def test_lists_have_a_least_and_a_most() -> None:
    operation = build_licence()
    del operation.issue_licence.holders[:]
    assert refuse(serialise(operation)) == Code.MISSING_FIELD
    operation.issue_licence.holders.extend(bytes([number]) * 32 for number in range(17))
    assert refuse(serialise(operation)) == Code.TOO_MANY


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("records", [b""]),
        ("records", [b"\x01" * 32, b""]),
        ("types", ["T", ""]),
        ("fields", [""]),
        ("purposes", [0]),
        ("purposes", [1, 0]),
        ("regions", [""]),
        ("channels", [0]),
    ],
)
def test_an_item_of_a_list_that_says_nothing_is_refused_by_name(name: str, items: list[object]) -> None:
    scope = grants_pb2.Scope(
        purposes=[types_pb2.PURPOSE_SERVICE], uses=1, retention=grants_pb2.RETENTION_NONE
    )
    parse_canonical(grants_pb2.Scope, serialise(scope))
    scope.ClearField(name)
    getattr(scope, name).extend(items)
    with pytest.raises(InvalidEncoding) as caught:
        parse_canonical(grants_pb2.Scope, serialise(scope))
    assert (caught.value.code, caught.value.fields["field"]) == (Code.MISSING_FIELD, name)


@pytest.mark.parametrize(
    "character", [*range(32), *range(127, 160), 0x2028, 0x2029, 0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F),
                  *range(0x2066, 0x206A)]
)  # fmt: skip
def test_free_text_holds_nothing_that_hides_or_turns_it(character: int) -> None:
    query = uses_pb2.AuditQuery(record=bytes(31) + b"x", reason=f"投诉{chr(character)}核查")
    with pytest.raises(InvalidEncoding) as caught:
        parse_canonical(uses_pb2.AuditQuery, serialise(query))
    assert (caught.value.code, caught.value.fields["field"]) == (Code.OUT_OF_RANGE, "reason")


def test_free_text_may_be_any_language() -> None:
    for text in ("投诉核查", "قضية", "a\u00a0b", "한국어", "\u200bzero width", "😀"):
        query = uses_pb2.AuditQuery(record=bytes(31) + b"x", reason=text)
        assert parse_canonical(uses_pb2.AuditQuery, serialise(query)).reason == text


def test_a_missing_message_and_an_empty_oneof_are_refused() -> None:
    operation = build_licence()
    operation.issue_licence.ClearField("content")
    assert refuse(serialise(operation)) == Code.MISSING_FIELD
    assert refuse(serialise(operation_pb2.Operation(context=operation.context))) == Code.MISSING_FIELD


def iterate_fields(descriptor: Descriptor, seen: set[str]) -> list[FieldDescriptor]:
    if descriptor.full_name in seen:
        return []
    seen.add(descriptor.full_name)
    fields = list(descriptor.fields)
    for field in descriptor.fields:
        if field.message_type is not None:
            fields += iterate_fields(field.message_type, seen)
    return fields


@pytest.mark.parametrize("kind", SIGNED, ids=lambda kind: kind.DESCRIPTOR.name)
def test_every_field_that_is_signed_is_bounded_and_none_is_a_map_float_or_group(kind: type) -> None:
    floats = (FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT, FieldDescriptor.TYPE_GROUP)
    for field in iterate_fields(kind.DESCRIPTOR, set()):  # type: ignore[attr-defined]
        options: Any = field.GetOptions().Extensions
        assert field.type not in floats, field.full_name
        assert field.message_type is None or not field.message_type.GetOptions().map_entry, field.full_name
        if field.is_repeated:
            assert options[constraints_pb2.max_items], field.full_name
        if field.type == FieldDescriptor.TYPE_BYTES:
            assert options[constraints_pb2.size] or options[constraints_pb2.max_size], field.full_name
        if field.type == FieldDescriptor.TYPE_STRING:
            assert options[constraints_pb2.max_size], field.full_name

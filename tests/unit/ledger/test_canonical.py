"""SPEC 1.1 and 1.3: one encoding for each message, and nothing outside its bounds."""

from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from zhenglian_ledger.canonical import parse_canonical, serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidEncoding
from zhenglian_proto.v1 import batch_pb2, constraints_pb2, operation_pb2, records_pb2, state_pb2, types_pb2

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

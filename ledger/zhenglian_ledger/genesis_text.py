"""A genesis as people review it: JSON with enums by name, bytes in hex, and every operation spelt out.

    {"name": …, "genesis_time_ms": …, "mode": "MODE_SANDBOX", …, "operations": [{"put_member": {…}}, …]}

The digest is over the canonical bytes, not over this text; text and bytes lead to each other without loss.
"""

import json
from base64 import b64decode, b64encode
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.message import DecodeError

from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidEncoding, StoreError
from zhenglian_ledger.genesis import parse_genesis
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.state_pb2 import Genesis

_OPERATIONS: Final = "operations"
_LONG: Final = frozenset({FieldDescriptor.CPPTYPE_UINT64, FieldDescriptor.CPPTYPE_INT64})


def format_genesis(genesis: Genesis) -> str:
    """The text of a genesis; raises StoreError(GENESIS_INVALID) if one of its operations cannot be read."""
    fields = _show(genesis)
    try:
        fields[_OPERATIONS] = [_show(Operation.FromString(data)) for data in genesis.operations]
    except DecodeError as error:
        raise StoreError(Code.GENESIS_INVALID, reason="operations") from error
    return json.dumps(fields, ensure_ascii=False, indent=2) + "\n"


def parse_draft(text: str) -> Genesis:
    """What stands in the text, complete or not.

    Raises StoreError(GENESIS_INVALID) saying what cannot be read.
    """
    try:
        fields = json.loads(text)
        operations = fields.pop(_OPERATIONS, [])
        genesis = ParseDict(_hide(fields, Genesis.DESCRIPTOR), Genesis())
        for number, operation in enumerate(operations):
            genesis.operations.append(_read_operation(number, operation))
    except (ValueError, TypeError, AttributeError, ParseError, RecursionError) as error:
        raise StoreError(Code.GENESIS_INVALID, reason=str(error)) from error
    return genesis


def parse_genesis_text(text: str) -> bytes:
    """The canonical bytes of the genesis in `text`, as `digest` and `store` know it.

    Raises StoreError: GENESIS_INVALID, STORE_OTHER_RULES.
    """
    genesis_bytes = serialise(parse_draft(text))
    parse_genesis(genesis_bytes)
    return genesis_bytes


def _read_operation(number: int, fields: Any) -> bytes:  # noqa: ANN401  what a JSON file may hold
    try:
        return serialise(ParseDict(_hide(fields, Operation.DESCRIPTOR), Operation()))
    except (ParseError, ValueError, InvalidEncoding) as error:
        raise ValueError(f"operations[{number}]: {error}") from error


def _show(message: Genesis | Operation) -> dict[str, Any]:
    fields = MessageToDict(message, preserving_proto_field_name=True)
    return _convert(fields, message.DESCRIPTOR, _to_text)


def _hide(fields: Any, descriptor: Any) -> dict[str, Any]:  # noqa: ANN401  upb's descriptors have no common type
    return _convert(fields, descriptor, _from_text)


def _convert(fields: Any, descriptor: Any, leaf: Any) -> dict[str, Any]:  # noqa: ANN401
    """`fields` with every leaf passed through `leaf(field, value)`; unknown names pass as they are."""
    converted = {}
    for name, value in fields.items():
        field = descriptor.fields_by_name.get(name)
        if field is None:
            converted[name] = value
        elif isinstance(value, list):
            converted[name] = [_convert_one(field, item, leaf) for item in value]
        else:
            converted[name] = _convert_one(field, value, leaf)
    return converted


def _convert_one(field: FieldDescriptor, value: Any, leaf: Any) -> Any:  # noqa: ANN401
    return _convert(value, field.message_type, leaf) if field.message_type is not None else leaf(field, value)


def _to_text(field: FieldDescriptor, value: Any) -> Any:  # noqa: ANN401
    if field.type == FieldDescriptor.TYPE_BYTES:
        return b64decode(value).hex()
    return int(value) if field.cpp_type in _LONG else value


def _from_text(field: FieldDescriptor, value: Any) -> Any:  # noqa: ANN401
    if field.type != FieldDescriptor.TYPE_BYTES:
        return value
    if not isinstance(value, str):
        raise TypeError(f"{field.name}: not a text of hexadecimal digits")
    return b64encode(bytes.fromhex(value)).decode("ascii")

from zhenglian_proto.v1 import constraints_pb2 as _constraints_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Suite(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SUITE_SYSTEM: _ClassVar[Suite]
    SUITE_ED25519: _ClassVar[Suite]
    SUITE_SM2: _ClassVar[Suite]
    SUITE_P256: _ClassVar[Suite]
    SUITE_X25519: _ClassVar[Suite]
SUITE_SYSTEM: Suite
SUITE_ED25519: Suite
SUITE_SM2: Suite
SUITE_P256: Suite
SUITE_X25519: Suite

class BatchHeader(_message.Message):
    __slots__ = ("suite", "chain_id", "system", "key", "nonce", "valid_until_ms", "atomic", "operation_count", "operations_root")
    SUITE_FIELD_NUMBER: _ClassVar[int]
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    VALID_UNTIL_MS_FIELD_NUMBER: _ClassVar[int]
    ATOMIC_FIELD_NUMBER: _ClassVar[int]
    OPERATION_COUNT_FIELD_NUMBER: _ClassVar[int]
    OPERATIONS_ROOT_FIELD_NUMBER: _ClassVar[int]
    suite: Suite
    chain_id: str
    system: str
    key: bytes
    nonce: bytes
    valid_until_ms: int
    atomic: bool
    operation_count: int
    operations_root: bytes
    def __init__(self, suite: _Optional[_Union[Suite, str]] = ..., chain_id: _Optional[str] = ..., system: _Optional[str] = ..., key: _Optional[bytes] = ..., nonce: _Optional[bytes] = ..., valid_until_ms: _Optional[int] = ..., atomic: _Optional[bool] = ..., operation_count: _Optional[int] = ..., operations_root: _Optional[bytes] = ...) -> None: ...

class SignedBatch(_message.Message):
    __slots__ = ("header", "signature", "operations")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    header: bytes
    signature: bytes
    operations: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, header: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., operations: _Optional[_Iterable[bytes]] = ...) -> None: ...

class Bundle(_message.Message):
    __slots__ = ("batches",)
    BATCHES_FIELD_NUMBER: _ClassVar[int]
    batches: _containers.RepeatedCompositeFieldContainer[SignedBatch]
    def __init__(self, batches: _Optional[_Iterable[_Union[SignedBatch, _Mapping]]] = ...) -> None: ...

from zhenglian_proto.v1 import cometbft_pb2 as _cometbft_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Log(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LOG_UNSPECIFIED: _ClassVar[Log]
    LOG_BATCH: _ClassVar[Log]
    LOG_REGISTRY: _ClassVar[Log]
    LOG_ACCESS: _ClassVar[Log]
LOG_UNSPECIFIED: Log
LOG_BATCH: Log
LOG_REGISTRY: Log
LOG_ACCESS: Log

class LogHead(_message.Message):
    __slots__ = ("size", "root")
    SIZE_FIELD_NUMBER: _ClassVar[int]
    ROOT_FIELD_NUMBER: _ClassVar[int]
    size: int
    root: bytes
    def __init__(self, size: _Optional[int] = ..., root: _Optional[bytes] = ...) -> None: ...

class AppHashParts(_message.Message):
    __slots__ = ("batch", "registry", "access", "access_epoch", "status_root", "trace_root", "delta")
    BATCH_FIELD_NUMBER: _ClassVar[int]
    REGISTRY_FIELD_NUMBER: _ClassVar[int]
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    ACCESS_EPOCH_FIELD_NUMBER: _ClassVar[int]
    STATUS_ROOT_FIELD_NUMBER: _ClassVar[int]
    TRACE_ROOT_FIELD_NUMBER: _ClassVar[int]
    DELTA_FIELD_NUMBER: _ClassVar[int]
    batch: LogHead
    registry: LogHead
    access: LogHead
    access_epoch: int
    status_root: bytes
    trace_root: bytes
    delta: bytes
    def __init__(self, batch: _Optional[_Union[LogHead, _Mapping]] = ..., registry: _Optional[_Union[LogHead, _Mapping]] = ..., access: _Optional[_Union[LogHead, _Mapping]] = ..., access_epoch: _Optional[int] = ..., status_root: _Optional[bytes] = ..., trace_root: _Optional[bytes] = ..., delta: _Optional[bytes] = ...) -> None: ...

class Anchor(_message.Message):
    __slots__ = ("light_block", "parts", "path")
    LIGHT_BLOCK_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    light_block: _cometbft_pb2.LightBlock
    parts: AppHashParts
    path: _containers.RepeatedCompositeFieldContainer[_cometbft_pb2.LightBlock]
    def __init__(self, light_block: _Optional[_Union[_cometbft_pb2.LightBlock, _Mapping]] = ..., parts: _Optional[_Union[AppHashParts, _Mapping]] = ..., path: _Optional[_Iterable[_Union[_cometbft_pb2.LightBlock, _Mapping]]] = ...) -> None: ...

class Inclusion(_message.Message):
    __slots__ = ("log", "index", "leaf", "path")
    LOG_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    LEAF_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    log: Log
    index: int
    leaf: bytes
    path: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, log: _Optional[_Union[Log, str]] = ..., index: _Optional[int] = ..., leaf: _Optional[bytes] = ..., path: _Optional[_Iterable[bytes]] = ...) -> None: ...

class StatusProof(_message.Message):
    __slots__ = ("index", "chunk", "path")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    index: int
    chunk: bytes
    path: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, index: _Optional[int] = ..., chunk: _Optional[bytes] = ..., path: _Optional[_Iterable[bytes]] = ...) -> None: ...

class TraceProof(_message.Message):
    __slots__ = ("key", "present", "count", "head", "run", "path")
    KEY_FIELD_NUMBER: _ClassVar[int]
    PRESENT_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    HEAD_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    key: bytes
    present: bool
    count: int
    head: bytes
    run: bytes
    path: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, key: _Optional[bytes] = ..., present: _Optional[bool] = ..., count: _Optional[int] = ..., head: _Optional[bytes] = ..., run: _Optional[bytes] = ..., path: _Optional[_Iterable[bytes]] = ...) -> None: ...

class SignatureProof(_message.Message):
    __slots__ = ("batch", "operation_path", "ordinal", "key", "system")
    BATCH_FIELD_NUMBER: _ClassVar[int]
    OPERATION_PATH_FIELD_NUMBER: _ClassVar[int]
    ORDINAL_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_FIELD_NUMBER: _ClassVar[int]
    batch: Inclusion
    operation_path: _containers.RepeatedScalarFieldContainer[bytes]
    ordinal: int
    key: RecordProof
    system: RecordProof
    def __init__(self, batch: _Optional[_Union[Inclusion, _Mapping]] = ..., operation_path: _Optional[_Iterable[bytes]] = ..., ordinal: _Optional[int] = ..., key: _Optional[_Union[RecordProof, _Mapping]] = ..., system: _Optional[_Union[RecordProof, _Mapping]] = ...) -> None: ...

class RecordProof(_message.Message):
    __slots__ = ("entry", "status", "change", "signature")
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    entry: Inclusion
    status: StatusProof
    change: Inclusion
    signature: SignatureProof
    def __init__(self, entry: _Optional[_Union[Inclusion, _Mapping]] = ..., status: _Optional[_Union[StatusProof, _Mapping]] = ..., change: _Optional[_Union[Inclusion, _Mapping]] = ..., signature: _Optional[_Union[SignatureProof, _Mapping]] = ...) -> None: ...

class GrantChainProof(_message.Message):
    __slots__ = ("grants", "basis", "keys")
    GRANTS_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    grants: _containers.RepeatedCompositeFieldContainer[RecordProof]
    basis: RecordProof
    keys: _containers.RepeatedCompositeFieldContainer[RecordProof]
    def __init__(self, grants: _Optional[_Iterable[_Union[RecordProof, _Mapping]]] = ..., basis: _Optional[_Union[RecordProof, _Mapping]] = ..., keys: _Optional[_Iterable[_Union[RecordProof, _Mapping]]] = ...) -> None: ...

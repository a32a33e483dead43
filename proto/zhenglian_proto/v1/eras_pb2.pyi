from zhenglian_proto.v1 import constraints_pb2 as _constraints_pb2
from zhenglian_proto.v1 import governance_pb2 as _governance_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EngineKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENGINE_KIND_UNSPECIFIED: _ClassVar[EngineKind]
    ENGINE_KIND_SOLO: _ClassVar[EngineKind]
    ENGINE_KIND_COMETBFT: _ClassVar[EngineKind]
ENGINE_KIND_UNSPECIFIED: EngineKind
ENGINE_KIND_SOLO: EngineKind
ENGINE_KIND_COMETBFT: EngineKind

class BeginEra(_message.Message):
    __slots__ = ("chain_id", "era", "first_height", "time_ms", "engine", "validators", "min_validators", "max_validators", "previous_header_hash", "previous_app_hash", "reason")
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    ERA_FIELD_NUMBER: _ClassVar[int]
    FIRST_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TIME_MS_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    VALIDATORS_FIELD_NUMBER: _ClassVar[int]
    MIN_VALIDATORS_FIELD_NUMBER: _ClassVar[int]
    MAX_VALIDATORS_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_HEADER_HASH_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_APP_HASH_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    chain_id: str
    era: int
    first_height: int
    time_ms: int
    engine: EngineKind
    validators: _containers.RepeatedCompositeFieldContainer[_governance_pb2.Validator]
    min_validators: int
    max_validators: int
    previous_header_hash: bytes
    previous_app_hash: bytes
    reason: str
    def __init__(self, chain_id: _Optional[str] = ..., era: _Optional[int] = ..., first_height: _Optional[int] = ..., time_ms: _Optional[int] = ..., engine: _Optional[_Union[EngineKind, str]] = ..., validators: _Optional[_Iterable[_Union[_governance_pb2.Validator, _Mapping]]] = ..., min_validators: _Optional[int] = ..., max_validators: _Optional[int] = ..., previous_header_hash: _Optional[bytes] = ..., previous_app_hash: _Optional[bytes] = ..., reason: _Optional[str] = ...) -> None: ...

class EraState(_message.Message):
    __slots__ = ("first_height", "index")
    FIRST_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    first_height: int
    index: int
    def __init__(self, first_height: _Optional[int] = ..., index: _Optional[int] = ...) -> None: ...

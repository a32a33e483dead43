from zhenglian_proto.v1 import constraints_pb2 as _constraints_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Ground(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GROUND_UNSPECIFIED: _ClassVar[Ground]
    GROUND_WRONG_FIELD: _ClassVar[Ground]
    GROUND_WRONG_HOLDER: _ClassVar[Ground]
    GROUND_OUT_OF_DATE: _ClassVar[Ground]
    GROUND_ISSUED_IN_ERROR: _ClassVar[Ground]
    GROUND_SUSPECTED_FORGERY: _ClassVar[Ground]

class Resolution(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RESOLUTION_UNSPECIFIED: _ClassVar[Resolution]
    RESOLUTION_CORRECTED: _ClassVar[Resolution]
    RESOLUTION_REJECTED: _ClassVar[Resolution]
    RESOLUTION_WITHDRAWN: _ClassVar[Resolution]

class RootCause(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROOT_CAUSE_UNSPECIFIED: _ClassVar[RootCause]
    ROOT_CAUSE_ENTRY_ERROR: _ClassVar[RootCause]
    ROOT_CAUSE_STALE_SOURCE: _ClassVar[RootCause]
    ROOT_CAUSE_SYSTEM_FAULT: _ClassVar[RootCause]
    ROOT_CAUSE_PROCESS: _ClassVar[RootCause]
    ROOT_CAUSE_NO_ERROR: _ClassVar[RootCause]
GROUND_UNSPECIFIED: Ground
GROUND_WRONG_FIELD: Ground
GROUND_WRONG_HOLDER: Ground
GROUND_OUT_OF_DATE: Ground
GROUND_ISSUED_IN_ERROR: Ground
GROUND_SUSPECTED_FORGERY: Ground
RESOLUTION_UNSPECIFIED: Resolution
RESOLUTION_CORRECTED: Resolution
RESOLUTION_REJECTED: Resolution
RESOLUTION_WITHDRAWN: Resolution
ROOT_CAUSE_UNSPECIFIED: RootCause
ROOT_CAUSE_ENTRY_ERROR: RootCause
ROOT_CAUSE_STALE_SOURCE: RootCause
ROOT_CAUSE_SYSTEM_FAULT: RootCause
ROOT_CAUSE_PROCESS: RootCause
ROOT_CAUSE_NO_ERROR: RootCause

class RaiseDispute(_message.Message):
    __slots__ = ("id", "record", "ground", "fields", "statement")
    ID_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    GROUND_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    STATEMENT_FIELD_NUMBER: _ClassVar[int]
    id: bytes
    record: bytes
    ground: Ground
    fields: _containers.RepeatedScalarFieldContainer[str]
    statement: bytes
    def __init__(self, id: _Optional[bytes] = ..., record: _Optional[bytes] = ..., ground: _Optional[_Union[Ground, str]] = ..., fields: _Optional[_Iterable[str]] = ..., statement: _Optional[bytes] = ...) -> None: ...

class ClearDispute(_message.Message):
    __slots__ = ("dispute", "resolution", "root_cause")
    DISPUTE_FIELD_NUMBER: _ClassVar[int]
    RESOLUTION_FIELD_NUMBER: _ClassVar[int]
    ROOT_CAUSE_FIELD_NUMBER: _ClassVar[int]
    dispute: bytes
    resolution: Resolution
    root_cause: RootCause
    def __init__(self, dispute: _Optional[bytes] = ..., resolution: _Optional[_Union[Resolution, str]] = ..., root_cause: _Optional[_Union[RootCause, str]] = ...) -> None: ...

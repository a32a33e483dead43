from zhenglian_proto.v1 import constraints_pb2 as _constraints_pb2
from zhenglian_proto.v1 import registries_pb2 as _registries_pb2
from zhenglian_proto.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Origin(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ORIGIN_UNSPECIFIED: _ClassVar[Origin]
    ORIGIN_ISSUED: _ClassVar[Origin]
    ORIGIN_BACKLOADED: _ClassVar[Origin]

class LicenceEvent(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LICENCE_EVENT_UNSPECIFIED: _ClassVar[LicenceEvent]
    LICENCE_EVENT_SUSPEND: _ClassVar[LicenceEvent]
    LICENCE_EVENT_RESUME: _ClassVar[LicenceEvent]
    LICENCE_EVENT_REVOKE: _ClassVar[LicenceEvent]
    LICENCE_EVENT_CANCEL: _ClassVar[LicenceEvent]

class Reason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REASON_UNSPECIFIED: _ClassVar[Reason]
    REASON_WITHHELD: _ClassVar[Reason]
    REASON_RESCINDED: _ClassVar[Reason]
    REASON_CANCELLED: _ClassVar[Reason]
    REASON_REVOKED_AS_PENALTY: _ClassVar[Reason]
    REASON_LAPSED: _ClassVar[Reason]
    REASON_TRANSFERRED_OUT: _ClassVar[Reason]
    REASON_RETURNED: _ClassVar[Reason]
    REASON_ISSUED_IN_ERROR: _ClassVar[Reason]

class MaterialEvent(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MATERIAL_EVENT_UNSPECIFIED: _ClassVar[MaterialEvent]
    MATERIAL_EVENT_ACCEPT: _ClassVar[MaterialEvent]
    MATERIAL_EVENT_REJECT: _ClassVar[MaterialEvent]
    MATERIAL_EVENT_WITHDRAW: _ClassVar[MaterialEvent]
ORIGIN_UNSPECIFIED: Origin
ORIGIN_ISSUED: Origin
ORIGIN_BACKLOADED: Origin
LICENCE_EVENT_UNSPECIFIED: LicenceEvent
LICENCE_EVENT_SUSPEND: LicenceEvent
LICENCE_EVENT_RESUME: LicenceEvent
LICENCE_EVENT_REVOKE: LicenceEvent
LICENCE_EVENT_CANCEL: LicenceEvent
REASON_UNSPECIFIED: Reason
REASON_WITHHELD: Reason
REASON_RESCINDED: Reason
REASON_CANCELLED: Reason
REASON_REVOKED_AS_PENALTY: Reason
REASON_LAPSED: Reason
REASON_TRANSFERRED_OUT: Reason
REASON_RETURNED: Reason
REASON_ISSUED_IN_ERROR: Reason
MATERIAL_EVENT_UNSPECIFIED: MaterialEvent
MATERIAL_EVENT_ACCEPT: MaterialEvent
MATERIAL_EVENT_REJECT: MaterialEvent
MATERIAL_EVENT_WITHDRAW: MaterialEvent

class IssueLicence(_message.Message):
    __slots__ = ("id", "type", "holders", "holder_rule", "issuing_unit", "custodian", "origin", "valid", "content", "supersedes", "parts", "paper_issued_ms", "case")
    ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    HOLDERS_FIELD_NUMBER: _ClassVar[int]
    HOLDER_RULE_FIELD_NUMBER: _ClassVar[int]
    ISSUING_UNIT_FIELD_NUMBER: _ClassVar[int]
    CUSTODIAN_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    VALID_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    SUPERSEDES_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    PAPER_ISSUED_MS_FIELD_NUMBER: _ClassVar[int]
    CASE_FIELD_NUMBER: _ClassVar[int]
    id: bytes
    type: str
    holders: _containers.RepeatedScalarFieldContainer[bytes]
    holder_rule: _types_pb2.HolderRule
    issuing_unit: str
    custodian: str
    origin: Origin
    valid: _types_pb2.Interval
    content: _types_pb2.Content
    supersedes: bytes
    parts: _containers.RepeatedScalarFieldContainer[bytes]
    paper_issued_ms: int
    case: _types_pb2.CaseRef
    def __init__(self, id: _Optional[bytes] = ..., type: _Optional[str] = ..., holders: _Optional[_Iterable[bytes]] = ..., holder_rule: _Optional[_Union[_types_pb2.HolderRule, str]] = ..., issuing_unit: _Optional[str] = ..., custodian: _Optional[str] = ..., origin: _Optional[_Union[Origin, str]] = ..., valid: _Optional[_Union[_types_pb2.Interval, _Mapping]] = ..., content: _Optional[_Union[_types_pb2.Content, _Mapping]] = ..., supersedes: _Optional[bytes] = ..., parts: _Optional[_Iterable[bytes]] = ..., paper_issued_ms: _Optional[int] = ..., case: _Optional[_Union[_types_pb2.CaseRef, _Mapping]] = ...) -> None: ...

class ChangeLicence(_message.Message):
    __slots__ = ("licence", "event", "reason")
    LICENCE_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    licence: bytes
    event: LicenceEvent
    reason: Reason
    def __init__(self, licence: _Optional[bytes] = ..., event: _Optional[_Union[LicenceEvent, str]] = ..., reason: _Optional[_Union[Reason, str]] = ...) -> None: ...

class CollectMaterial(_message.Message):
    __slots__ = ("id", "type", "holders", "holder_rule", "case_number", "project", "premises", "originator", "originating_unit", "custodian", "valid", "content", "retention_ms")
    ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    HOLDERS_FIELD_NUMBER: _ClassVar[int]
    HOLDER_RULE_FIELD_NUMBER: _ClassVar[int]
    CASE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    PREMISES_FIELD_NUMBER: _ClassVar[int]
    ORIGINATOR_FIELD_NUMBER: _ClassVar[int]
    ORIGINATING_UNIT_FIELD_NUMBER: _ClassVar[int]
    CUSTODIAN_FIELD_NUMBER: _ClassVar[int]
    VALID_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    RETENTION_MS_FIELD_NUMBER: _ClassVar[int]
    id: bytes
    type: str
    holders: _containers.RepeatedScalarFieldContainer[bytes]
    holder_rule: _types_pb2.HolderRule
    case_number: str
    project: bytes
    premises: bytes
    originator: _registries_pb2.Originator
    originating_unit: str
    custodian: str
    valid: _types_pb2.Interval
    content: _types_pb2.Content
    retention_ms: int
    def __init__(self, id: _Optional[bytes] = ..., type: _Optional[str] = ..., holders: _Optional[_Iterable[bytes]] = ..., holder_rule: _Optional[_Union[_types_pb2.HolderRule, str]] = ..., case_number: _Optional[str] = ..., project: _Optional[bytes] = ..., premises: _Optional[bytes] = ..., originator: _Optional[_Union[_registries_pb2.Originator, str]] = ..., originating_unit: _Optional[str] = ..., custodian: _Optional[str] = ..., valid: _Optional[_Union[_types_pb2.Interval, _Mapping]] = ..., content: _Optional[_Union[_types_pb2.Content, _Mapping]] = ..., retention_ms: _Optional[int] = ...) -> None: ...

class DecideMaterial(_message.Message):
    __slots__ = ("material", "event")
    MATERIAL_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    material: bytes
    event: MaterialEvent
    def __init__(self, material: _Optional[bytes] = ..., event: _Optional[_Union[MaterialEvent, str]] = ...) -> None: ...

from zhenglian_proto.v1 import batch_pb2 as _batch_pb2
from zhenglian_proto.v1 import constraints_pb2 as _constraints_pb2
from zhenglian_proto.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class HolderKeyEnd(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HOLDER_KEY_END_UNSPECIFIED: _ClassVar[HolderKeyEnd]
    HOLDER_KEY_END_REPLACED: _ClassVar[HolderKeyEnd]
    HOLDER_KEY_END_COMPROMISED: _ClassVar[HolderKeyEnd]

class GrantKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GRANT_KIND_UNSPECIFIED: _ClassVar[GrantKind]
    GRANT_KIND_SUBJECT: _ClassVar[GrantKind]
    GRANT_KIND_SCENE: _ClassVar[GrantKind]
    GRANT_KIND_STATUTORY: _ClassVar[GrantKind]

class Retention(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RETENTION_UNSPECIFIED: _ClassVar[Retention]
    RETENTION_NONE: _ClassVar[Retention]
    RETENTION_CASE: _ClassVar[Retention]
    RETENTION_DURATION: _ClassVar[Retention]

class GrantEvent(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GRANT_EVENT_UNSPECIFIED: _ClassVar[GrantEvent]
    GRANT_EVENT_SUSPEND: _ClassVar[GrantEvent]
    GRANT_EVENT_RESUME: _ClassVar[GrantEvent]
    GRANT_EVENT_REVOKE: _ClassVar[GrantEvent]
HOLDER_KEY_END_UNSPECIFIED: HolderKeyEnd
HOLDER_KEY_END_REPLACED: HolderKeyEnd
HOLDER_KEY_END_COMPROMISED: HolderKeyEnd
GRANT_KIND_UNSPECIFIED: GrantKind
GRANT_KIND_SUBJECT: GrantKind
GRANT_KIND_SCENE: GrantKind
GRANT_KIND_STATUTORY: GrantKind
RETENTION_UNSPECIFIED: Retention
RETENTION_NONE: Retention
RETENTION_CASE: Retention
RETENTION_DURATION: Retention
GRANT_EVENT_UNSPECIFIED: GrantEvent
GRANT_EVENT_SUSPEND: GrantEvent
GRANT_EVENT_RESUME: GrantEvent
GRANT_EVENT_REVOKE: GrantEvent

class BindHolderKey(_message.Message):
    __slots__ = ("body", "attestation")
    class Body(_message.Message):
        __slots__ = ("chain_id", "subject", "suite", "public_key")
        CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
        SUBJECT_FIELD_NUMBER: _ClassVar[int]
        SUITE_FIELD_NUMBER: _ClassVar[int]
        PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
        chain_id: str
        subject: bytes
        suite: _batch_pb2.Suite
        public_key: bytes
        def __init__(self, chain_id: _Optional[str] = ..., subject: _Optional[bytes] = ..., suite: _Optional[_Union[_batch_pb2.Suite, str]] = ..., public_key: _Optional[bytes] = ...) -> None: ...
    BODY_FIELD_NUMBER: _ClassVar[int]
    ATTESTATION_FIELD_NUMBER: _ClassVar[int]
    body: BindHolderKey.Body
    attestation: _types_pb2.Attestation
    def __init__(self, body: _Optional[_Union[BindHolderKey.Body, _Mapping]] = ..., attestation: _Optional[_Union[_types_pb2.Attestation, _Mapping]] = ...) -> None: ...

class EndHolderKey(_message.Message):
    __slots__ = ("body", "attestation")
    class Body(_message.Message):
        __slots__ = ("chain_id", "key", "reason")
        CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
        KEY_FIELD_NUMBER: _ClassVar[int]
        REASON_FIELD_NUMBER: _ClassVar[int]
        chain_id: str
        key: bytes
        reason: HolderKeyEnd
        def __init__(self, chain_id: _Optional[str] = ..., key: _Optional[bytes] = ..., reason: _Optional[_Union[HolderKeyEnd, str]] = ...) -> None: ...
    BODY_FIELD_NUMBER: _ClassVar[int]
    ATTESTATION_FIELD_NUMBER: _ClassVar[int]
    body: EndHolderKey.Body
    attestation: _types_pb2.Attestation
    def __init__(self, body: _Optional[_Union[EndHolderKey.Body, _Mapping]] = ..., attestation: _Optional[_Union[_types_pb2.Attestation, _Mapping]] = ...) -> None: ...

class Party(_message.Message):
    __slots__ = ("subject", "unit")
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    subject: bytes
    unit: str
    def __init__(self, subject: _Optional[bytes] = ..., unit: _Optional[str] = ...) -> None: ...

class Frequency(_message.Message):
    __slots__ = ("count", "window_ms")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    WINDOW_MS_FIELD_NUMBER: _ClassVar[int]
    count: int
    window_ms: int
    def __init__(self, count: _Optional[int] = ..., window_ms: _Optional[int] = ...) -> None: ...

class Scope(_message.Message):
    __slots__ = ("records", "types", "fields", "whole_document", "purposes", "matters", "scenes", "regions", "channels", "case", "uses", "frequency", "retention", "retention_ms", "depth", "project")
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    TYPES_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    WHOLE_DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    PURPOSES_FIELD_NUMBER: _ClassVar[int]
    MATTERS_FIELD_NUMBER: _ClassVar[int]
    SCENES_FIELD_NUMBER: _ClassVar[int]
    REGIONS_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    CASE_FIELD_NUMBER: _ClassVar[int]
    USES_FIELD_NUMBER: _ClassVar[int]
    FREQUENCY_FIELD_NUMBER: _ClassVar[int]
    RETENTION_FIELD_NUMBER: _ClassVar[int]
    RETENTION_MS_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    records: _containers.RepeatedScalarFieldContainer[bytes]
    types: _containers.RepeatedScalarFieldContainer[str]
    fields: _containers.RepeatedScalarFieldContainer[str]
    whole_document: bool
    purposes: _containers.RepeatedScalarFieldContainer[_types_pb2.Purpose]
    matters: _containers.RepeatedScalarFieldContainer[str]
    scenes: _containers.RepeatedScalarFieldContainer[str]
    regions: _containers.RepeatedScalarFieldContainer[str]
    channels: _containers.RepeatedScalarFieldContainer[_types_pb2.Channel]
    case: _types_pb2.CaseRef
    uses: int
    frequency: Frequency
    retention: Retention
    retention_ms: int
    depth: int
    project: bytes
    def __init__(self, records: _Optional[_Iterable[bytes]] = ..., types: _Optional[_Iterable[str]] = ..., fields: _Optional[_Iterable[str]] = ..., whole_document: _Optional[bool] = ..., purposes: _Optional[_Iterable[_Union[_types_pb2.Purpose, str]]] = ..., matters: _Optional[_Iterable[str]] = ..., scenes: _Optional[_Iterable[str]] = ..., regions: _Optional[_Iterable[str]] = ..., channels: _Optional[_Iterable[_Union[_types_pb2.Channel, str]]] = ..., case: _Optional[_Union[_types_pb2.CaseRef, _Mapping]] = ..., uses: _Optional[int] = ..., frequency: _Optional[_Union[Frequency, _Mapping]] = ..., retention: _Optional[_Union[Retention, str]] = ..., retention_ms: _Optional[int] = ..., depth: _Optional[int] = ..., project: _Optional[bytes] = ...) -> None: ...

class GrantBody(_message.Message):
    __slots__ = ("chain_id", "nonce", "kind", "grantor", "parent", "grantee", "grantee_system", "valid", "scope", "rule")
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    GRANTOR_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    GRANTEE_FIELD_NUMBER: _ClassVar[int]
    GRANTEE_SYSTEM_FIELD_NUMBER: _ClassVar[int]
    VALID_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    chain_id: str
    nonce: bytes
    kind: GrantKind
    grantor: Party
    parent: bytes
    grantee: Party
    grantee_system: str
    valid: _types_pb2.Interval
    scope: Scope
    rule: str
    def __init__(self, chain_id: _Optional[str] = ..., nonce: _Optional[bytes] = ..., kind: _Optional[_Union[GrantKind, str]] = ..., grantor: _Optional[_Union[Party, _Mapping]] = ..., parent: _Optional[bytes] = ..., grantee: _Optional[_Union[Party, _Mapping]] = ..., grantee_system: _Optional[str] = ..., valid: _Optional[_Union[_types_pb2.Interval, _Mapping]] = ..., scope: _Optional[_Union[Scope, _Mapping]] = ..., rule: _Optional[str] = ...) -> None: ...

class GiveGrant(_message.Message):
    __slots__ = ("body", "attestation")
    BODY_FIELD_NUMBER: _ClassVar[int]
    ATTESTATION_FIELD_NUMBER: _ClassVar[int]
    body: GrantBody
    attestation: _types_pb2.Attestation
    def __init__(self, body: _Optional[_Union[GrantBody, _Mapping]] = ..., attestation: _Optional[_Union[_types_pb2.Attestation, _Mapping]] = ...) -> None: ...

class ChangeGrant(_message.Message):
    __slots__ = ("body", "attestation")
    class Body(_message.Message):
        __slots__ = ("chain_id", "grant", "event", "sequence")
        CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
        GRANT_FIELD_NUMBER: _ClassVar[int]
        EVENT_FIELD_NUMBER: _ClassVar[int]
        SEQUENCE_FIELD_NUMBER: _ClassVar[int]
        chain_id: str
        grant: bytes
        event: GrantEvent
        sequence: int
        def __init__(self, chain_id: _Optional[str] = ..., grant: _Optional[bytes] = ..., event: _Optional[_Union[GrantEvent, str]] = ..., sequence: _Optional[int] = ...) -> None: ...
    BODY_FIELD_NUMBER: _ClassVar[int]
    ATTESTATION_FIELD_NUMBER: _ClassVar[int]
    body: ChangeGrant.Body
    attestation: _types_pb2.Attestation
    def __init__(self, body: _Optional[_Union[ChangeGrant.Body, _Mapping]] = ..., attestation: _Optional[_Union[_types_pb2.Attestation, _Mapping]] = ...) -> None: ...

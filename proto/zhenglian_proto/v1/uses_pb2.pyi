from zhenglian_proto.v1 import constraints_pb2 as _constraints_pb2
from zhenglian_proto.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OUTCOME_UNSPECIFIED: _ClassVar[Outcome]
    OUTCOME_RELEASED: _ClassVar[Outcome]
    OUTCOME_NOT_RELEASED: _ClassVar[Outcome]
OUTCOME_UNSPECIFIED: Outcome
OUTCOME_RELEASED: Outcome
OUTCOME_NOT_RELEASED: Outcome

class PlanQuery(_message.Message):
    __slots__ = ("case_number",)
    CASE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    case_number: str
    def __init__(self, case_number: _Optional[str] = ...) -> None: ...

class VerifyQuery(_message.Message):
    __slots__ = ("record", "sha256", "purpose", "case_number")
    RECORD_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    record: bytes
    sha256: bytes
    purpose: _types_pb2.Purpose
    case_number: str
    def __init__(self, record: _Optional[bytes] = ..., sha256: _Optional[bytes] = ..., purpose: _Optional[_Union[_types_pb2.Purpose, str]] = ..., case_number: _Optional[str] = ...) -> None: ...

class ActorRef(_message.Message):
    __slots__ = ("unit", "actor")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    unit: str
    actor: bytes
    def __init__(self, unit: _Optional[str] = ..., actor: _Optional[bytes] = ...) -> None: ...

class AuditQuery(_message.Message):
    __slots__ = ("subject", "grant", "record", "actor", "reason", "period")
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    GRANT_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    subject: bytes
    grant: bytes
    record: bytes
    actor: ActorRef
    reason: str
    period: int
    def __init__(self, subject: _Optional[bytes] = ..., grant: _Optional[bytes] = ..., record: _Optional[bytes] = ..., actor: _Optional[_Union[ActorRef, _Mapping]] = ..., reason: _Optional[str] = ..., period: _Optional[int] = ...) -> None: ...

class Particulars(_message.Message):
    __slots__ = ("purpose", "matter", "scene", "case_number", "fields", "whole_document")
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    MATTER_FIELD_NUMBER: _ClassVar[int]
    SCENE_FIELD_NUMBER: _ClassVar[int]
    CASE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    WHOLE_DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    purpose: _types_pb2.Purpose
    matter: str
    scene: str
    case_number: str
    fields: _containers.RepeatedScalarFieldContainer[str]
    whole_document: bool
    def __init__(self, purpose: _Optional[_Union[_types_pb2.Purpose, str]] = ..., matter: _Optional[str] = ..., scene: _Optional[str] = ..., case_number: _Optional[str] = ..., fields: _Optional[_Iterable[str]] = ..., whole_document: _Optional[bool] = ...) -> None: ...

class Present(_message.Message):
    __slots__ = ("id", "record", "particulars", "attestation")
    ID_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    PARTICULARS_FIELD_NUMBER: _ClassVar[int]
    ATTESTATION_FIELD_NUMBER: _ClassVar[int]
    id: bytes
    record: bytes
    particulars: Particulars
    attestation: _types_pb2.Attestation
    def __init__(self, id: _Optional[bytes] = ..., record: _Optional[bytes] = ..., particulars: _Optional[_Union[Particulars, _Mapping]] = ..., attestation: _Optional[_Union[_types_pb2.Attestation, _Mapping]] = ...) -> None: ...

class OpenUse(_message.Message):
    __slots__ = ("id", "record", "grants", "particulars", "recipient_key")
    ID_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    GRANTS_FIELD_NUMBER: _ClassVar[int]
    PARTICULARS_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_KEY_FIELD_NUMBER: _ClassVar[int]
    id: bytes
    record: bytes
    grants: _containers.RepeatedScalarFieldContainer[bytes]
    particulars: Particulars
    recipient_key: bytes
    def __init__(self, id: _Optional[bytes] = ..., record: _Optional[bytes] = ..., grants: _Optional[_Iterable[bytes]] = ..., particulars: _Optional[_Union[Particulars, _Mapping]] = ..., recipient_key: _Optional[bytes] = ...) -> None: ...

class CloseUse(_message.Message):
    __slots__ = ("use", "outcome", "sha256")
    USE_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    use: bytes
    outcome: Outcome
    sha256: bytes
    def __init__(self, use: _Optional[bytes] = ..., outcome: _Optional[_Union[Outcome, str]] = ..., sha256: _Optional[bytes] = ...) -> None: ...

class Rely(_message.Message):
    __slots__ = ("id", "record", "use", "particulars")
    ID_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    USE_FIELD_NUMBER: _ClassVar[int]
    PARTICULARS_FIELD_NUMBER: _ClassVar[int]
    id: bytes
    record: bytes
    use: bytes
    particulars: Particulars
    def __init__(self, id: _Optional[bytes] = ..., record: _Optional[bytes] = ..., use: _Optional[bytes] = ..., particulars: _Optional[_Union[Particulars, _Mapping]] = ...) -> None: ...

from zhenglian_proto.v1 import constraints_pb2 as _constraints_pb2
from zhenglian_proto.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CaseEvent(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CASE_EVENT_UNSPECIFIED: _ClassVar[CaseEvent]
    CASE_EVENT_ACCEPT: _ClassVar[CaseEvent]
    CASE_EVENT_GRANT: _ClassVar[CaseEvent]
    CASE_EVENT_REFUSE: _ClassVar[CaseEvent]
    CASE_EVENT_CLOSE: _ClassVar[CaseEvent]
    CASE_EVENT_WITHDRAW: _ClassVar[CaseEvent]

class ProjectRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PROJECT_ROLE_UNSPECIFIED: _ClassVar[ProjectRole]
    PROJECT_ROLE_LEAD: _ClassVar[ProjectRole]
    PROJECT_ROLE_OWNER: _ClassVar[ProjectRole]
    PROJECT_ROLE_SURVEYOR: _ClassVar[ProjectRole]
    PROJECT_ROLE_DESIGNER: _ClassVar[ProjectRole]
    PROJECT_ROLE_CONTRACTOR: _ClassVar[ProjectRole]
    PROJECT_ROLE_SUPERVISOR: _ClassVar[ProjectRole]
CASE_EVENT_UNSPECIFIED: CaseEvent
CASE_EVENT_ACCEPT: CaseEvent
CASE_EVENT_GRANT: CaseEvent
CASE_EVENT_REFUSE: CaseEvent
CASE_EVENT_CLOSE: CaseEvent
CASE_EVENT_WITHDRAW: CaseEvent
PROJECT_ROLE_UNSPECIFIED: ProjectRole
PROJECT_ROLE_LEAD: ProjectRole
PROJECT_ROLE_OWNER: ProjectRole
PROJECT_ROLE_SURVEYOR: ProjectRole
PROJECT_ROLE_DESIGNER: ProjectRole
PROJECT_ROLE_CONTRACTOR: ProjectRole
PROJECT_ROLE_SUPERVISOR: ProjectRole

class OpenCase(_message.Message):
    __slots__ = ("number", "matter", "matter_version", "applicant", "agent", "agent_grant", "project", "premises", "promised_ms")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    MATTER_FIELD_NUMBER: _ClassVar[int]
    MATTER_VERSION_FIELD_NUMBER: _ClassVar[int]
    APPLICANT_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    AGENT_GRANT_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    PREMISES_FIELD_NUMBER: _ClassVar[int]
    PROMISED_MS_FIELD_NUMBER: _ClassVar[int]
    number: str
    matter: str
    matter_version: int
    applicant: bytes
    agent: bytes
    agent_grant: bytes
    project: bytes
    premises: bytes
    promised_ms: int
    def __init__(self, number: _Optional[str] = ..., matter: _Optional[str] = ..., matter_version: _Optional[int] = ..., applicant: _Optional[bytes] = ..., agent: _Optional[bytes] = ..., agent_grant: _Optional[bytes] = ..., project: _Optional[bytes] = ..., premises: _Optional[bytes] = ..., promised_ms: _Optional[int] = ...) -> None: ...

class AdvanceCase(_message.Message):
    __slots__ = ("number", "event")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    number: str
    event: CaseEvent
    def __init__(self, number: _Optional[str] = ..., event: _Optional[_Union[CaseEvent, str]] = ...) -> None: ...

class OpenProject(_message.Message):
    __slots__ = ("id", "code", "kind", "lead")
    ID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    LEAD_FIELD_NUMBER: _ClassVar[int]
    id: bytes
    code: str
    kind: str
    lead: bytes
    def __init__(self, id: _Optional[bytes] = ..., code: _Optional[str] = ..., kind: _Optional[str] = ..., lead: _Optional[bytes] = ...) -> None: ...

class AdmitParticipant(_message.Message):
    __slots__ = ("body", "attestation")
    class Body(_message.Message):
        __slots__ = ("chain_id", "project", "subject", "role", "valid")
        CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
        PROJECT_FIELD_NUMBER: _ClassVar[int]
        SUBJECT_FIELD_NUMBER: _ClassVar[int]
        ROLE_FIELD_NUMBER: _ClassVar[int]
        VALID_FIELD_NUMBER: _ClassVar[int]
        chain_id: str
        project: bytes
        subject: bytes
        role: ProjectRole
        valid: _types_pb2.Interval
        def __init__(self, chain_id: _Optional[str] = ..., project: _Optional[bytes] = ..., subject: _Optional[bytes] = ..., role: _Optional[_Union[ProjectRole, str]] = ..., valid: _Optional[_Union[_types_pb2.Interval, _Mapping]] = ...) -> None: ...
    BODY_FIELD_NUMBER: _ClassVar[int]
    ATTESTATION_FIELD_NUMBER: _ClassVar[int]
    body: AdmitParticipant.Body
    attestation: _types_pb2.Attestation
    def __init__(self, body: _Optional[_Union[AdmitParticipant.Body, _Mapping]] = ..., attestation: _Optional[_Union[_types_pb2.Attestation, _Mapping]] = ...) -> None: ...

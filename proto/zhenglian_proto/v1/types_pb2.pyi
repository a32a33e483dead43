from zhenglian_proto.v1 import constraints_pb2 as _constraints_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KIND_UNSPECIFIED: _ClassVar[Kind]
    KIND_MEMBER: _ClassVar[Kind]
    KIND_UNIT: _ClassVar[Kind]
    KIND_SYSTEM: _ClassVar[Kind]
    KIND_KEY: _ClassVar[Kind]
    KIND_REGION: _ClassVar[Kind]
    KIND_RULE: _ClassVar[Kind]
    KIND_RECOGNITION_LIST: _ClassVar[Kind]
    KIND_MANDATE: _ClassVar[Kind]
    KIND_LICENCE_TYPE: _ClassVar[Kind]
    KIND_MATERIAL_TYPE: _ClassVar[Kind]
    KIND_MATTER: _ClassVar[Kind]
    KIND_CASE: _ClassVar[Kind]
    KIND_PROJECT: _ClassVar[Kind]
    KIND_PARTICIPANT: _ClassVar[Kind]
    KIND_LICENCE: _ClassVar[Kind]
    KIND_MATERIAL: _ClassVar[Kind]
    KIND_HOLDER_KEY: _ClassVar[Kind]
    KIND_GRANT: _ClassVar[Kind]
    KIND_USE: _ClassVar[Kind]
    KIND_DISPUTE: _ClassVar[Kind]
    KIND_NODE: _ClassVar[Kind]
    KIND_PROPOSAL: _ClassVar[Kind]

class Channel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHANNEL_UNSPECIFIED: _ClassVar[Channel]
    CHANNEL_WINDOW: _ClassVar[Channel]
    CHANNEL_PC: _ClassVar[Channel]
    CHANNEL_MOBILE: _ClassVar[Channel]
    CHANNEL_KIOSK: _ClassVar[Channel]
    CHANNEL_REMOTE_WINDOW: _ClassVar[Channel]

class Stage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STAGE_UNSPECIFIED: _ClassVar[Stage]
    STAGE_ACCEPTANCE: _ClassVar[Stage]
    STAGE_REVIEW: _ClassVar[Stage]
    STAGE_DECISION: _ClassVar[Stage]
    STAGE_ISSUANCE: _ClassVar[Stage]
    STAGE_DELIVERY: _ClassVar[Stage]

class Purpose(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PURPOSE_UNSPECIFIED: _ClassVar[Purpose]
    PURPOSE_SERVICE: _ClassVar[Purpose]
    PURPOSE_ENFORCEMENT: _ClassVar[Purpose]
    PURPOSE_SOCIAL: _ClassVar[Purpose]

class HolderRule(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HOLDER_RULE_UNSPECIFIED: _ClassVar[HolderRule]
    HOLDER_RULE_ANY: _ClassVar[HolderRule]
    HOLDER_RULE_ALL: _ClassVar[HolderRule]

class AttestationKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ATTESTATION_KIND_UNSPECIFIED: _ClassVar[AttestationKind]
    ATTESTATION_KIND_HOLDER_KEY: _ClassVar[AttestationKind]
    ATTESTATION_KIND_IDENTITY_GATEWAY: _ClassVar[AttestationKind]
    ATTESTATION_KIND_COUNTER: _ClassVar[AttestationKind]
KIND_UNSPECIFIED: Kind
KIND_MEMBER: Kind
KIND_UNIT: Kind
KIND_SYSTEM: Kind
KIND_KEY: Kind
KIND_REGION: Kind
KIND_RULE: Kind
KIND_RECOGNITION_LIST: Kind
KIND_MANDATE: Kind
KIND_LICENCE_TYPE: Kind
KIND_MATERIAL_TYPE: Kind
KIND_MATTER: Kind
KIND_CASE: Kind
KIND_PROJECT: Kind
KIND_PARTICIPANT: Kind
KIND_LICENCE: Kind
KIND_MATERIAL: Kind
KIND_HOLDER_KEY: Kind
KIND_GRANT: Kind
KIND_USE: Kind
KIND_DISPUTE: Kind
KIND_NODE: Kind
KIND_PROPOSAL: Kind
CHANNEL_UNSPECIFIED: Channel
CHANNEL_WINDOW: Channel
CHANNEL_PC: Channel
CHANNEL_MOBILE: Channel
CHANNEL_KIOSK: Channel
CHANNEL_REMOTE_WINDOW: Channel
STAGE_UNSPECIFIED: Stage
STAGE_ACCEPTANCE: Stage
STAGE_REVIEW: Stage
STAGE_DECISION: Stage
STAGE_ISSUANCE: Stage
STAGE_DELIVERY: Stage
PURPOSE_UNSPECIFIED: Purpose
PURPOSE_SERVICE: Purpose
PURPOSE_ENFORCEMENT: Purpose
PURPOSE_SOCIAL: Purpose
HOLDER_RULE_UNSPECIFIED: HolderRule
HOLDER_RULE_ANY: HolderRule
HOLDER_RULE_ALL: HolderRule
ATTESTATION_KIND_UNSPECIFIED: AttestationKind
ATTESTATION_KIND_HOLDER_KEY: AttestationKind
ATTESTATION_KIND_IDENTITY_GATEWAY: AttestationKind
ATTESTATION_KIND_COUNTER: AttestationKind

class Interval(_message.Message):
    __slots__ = ("from_ms", "to_ms")
    FROM_MS_FIELD_NUMBER: _ClassVar[int]
    TO_MS_FIELD_NUMBER: _ClassVar[int]
    from_ms: int
    to_ms: int
    def __init__(self, from_ms: _Optional[int] = ..., to_ms: _Optional[int] = ...) -> None: ...

class Content(_message.Message):
    __slots__ = ("sha256", "sm3", "salted", "fields_root")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SM3_FIELD_NUMBER: _ClassVar[int]
    SALTED_FIELD_NUMBER: _ClassVar[int]
    FIELDS_ROOT_FIELD_NUMBER: _ClassVar[int]
    sha256: bytes
    sm3: bytes
    salted: bool
    fields_root: bytes
    def __init__(self, sha256: _Optional[bytes] = ..., sm3: _Optional[bytes] = ..., salted: _Optional[bool] = ..., fields_root: _Optional[bytes] = ...) -> None: ...

class CaseRef(_message.Message):
    __slots__ = ("unit", "number")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    unit: str
    number: str
    def __init__(self, unit: _Optional[str] = ..., number: _Optional[str] = ...) -> None: ...

class Attestation(_message.Message):
    __slots__ = ("kind", "subject", "system", "key", "level", "session", "clerk", "window", "written_grant", "at_ms", "signature")
    KIND_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    CLERK_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    WRITTEN_GRANT_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    kind: AttestationKind
    subject: bytes
    system: str
    key: bytes
    level: int
    session: bytes
    clerk: bytes
    window: str
    written_grant: bytes
    at_ms: int
    signature: bytes
    def __init__(self, kind: _Optional[_Union[AttestationKind, str]] = ..., subject: _Optional[bytes] = ..., system: _Optional[str] = ..., key: _Optional[bytes] = ..., level: _Optional[int] = ..., session: _Optional[bytes] = ..., clerk: _Optional[bytes] = ..., window: _Optional[str] = ..., written_grant: _Optional[bytes] = ..., at_ms: _Optional[int] = ..., signature: _Optional[bytes] = ...) -> None: ...

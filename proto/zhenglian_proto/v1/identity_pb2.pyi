from zhenglian_proto.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class IdentityKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IDENTITY_KIND_UNSPECIFIED: _ClassVar[IdentityKind]
    IDENTITY_KIND_NATURAL_PERSON: _ClassVar[IdentityKind]
    IDENTITY_KIND_LEGAL_PERSON: _ClassVar[IdentityKind]
    IDENTITY_KIND_LICENCE: _ClassVar[IdentityKind]
    IDENTITY_KIND_PREMISES: _ClassVar[IdentityKind]
IDENTITY_KIND_UNSPECIFIED: IdentityKind
IDENTITY_KIND_NATURAL_PERSON: IdentityKind
IDENTITY_KIND_LEGAL_PERSON: IdentityKind
IDENTITY_KIND_LICENCE: IdentityKind
IDENTITY_KIND_PREMISES: IdentityKind

class IdentityNumber(_message.Message):
    __slots__ = ("kind", "number")
    KIND_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    kind: IdentityKind
    number: str
    def __init__(self, kind: _Optional[_Union[IdentityKind, str]] = ..., number: _Optional[str] = ...) -> None: ...

class ResolveReason(_message.Message):
    __slots__ = ("case_number", "licence_type")
    CASE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    LICENCE_TYPE_FIELD_NUMBER: _ClassVar[int]
    case_number: str
    licence_type: str
    def __init__(self, case_number: _Optional[str] = ..., licence_type: _Optional[str] = ...) -> None: ...

class ResolveRequest(_message.Message):
    __slots__ = ("reason", "numbers")
    REASON_FIELD_NUMBER: _ClassVar[int]
    NUMBERS_FIELD_NUMBER: _ClassVar[int]
    reason: ResolveReason
    numbers: _containers.RepeatedCompositeFieldContainer[IdentityNumber]
    def __init__(self, reason: _Optional[_Union[ResolveReason, _Mapping]] = ..., numbers: _Optional[_Iterable[_Union[IdentityNumber, _Mapping]]] = ...) -> None: ...

class ResolveReply(_message.Message):
    __slots__ = ("ids",)
    IDS_FIELD_NUMBER: _ClassVar[int]
    ids: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, ids: _Optional[_Iterable[bytes]] = ...) -> None: ...

class SessionRequest(_message.Message):
    __slots__ = ("holder", "target", "shown")
    HOLDER_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    SHOWN_FIELD_NUMBER: _ClassVar[int]
    holder: IdentityNumber
    target: bytes
    shown: str
    def __init__(self, holder: _Optional[_Union[IdentityNumber, _Mapping]] = ..., target: _Optional[bytes] = ..., shown: _Optional[str] = ...) -> None: ...

class SessionReply(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: bytes
    def __init__(self, session: _Optional[bytes] = ...) -> None: ...

class ConfirmRequest(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: bytes
    def __init__(self, session: _Optional[bytes] = ...) -> None: ...

class ConfirmReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class AttestRequest(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: bytes
    def __init__(self, session: _Optional[bytes] = ...) -> None: ...

class AttestReply(_message.Message):
    __slots__ = ("attestation",)
    ATTESTATION_FIELD_NUMBER: _ClassVar[int]
    attestation: _types_pb2.Attestation
    def __init__(self, attestation: _Optional[_Union[_types_pb2.Attestation, _Mapping]] = ...) -> None: ...

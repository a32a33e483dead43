from zhenglian_proto.v1 import batch_pb2 as _batch_pb2
from zhenglian_proto.v1 import constraints_pb2 as _constraints_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Tier(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TIER_UNSPECIFIED: _ClassVar[Tier]
    TIER_MUNICIPAL: _ClassVar[Tier]
    TIER_DEPARTMENT: _ClassVar[Tier]
    TIER_DISTRICT: _ClassVar[Tier]
    TIER_ZONE: _ClassVar[Tier]
    TIER_SOCIAL: _ClassVar[Tier]
    TIER_EXTERNAL: _ClassVar[Tier]

class Level(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEVEL_UNSPECIFIED: _ClassVar[Level]
    LEVEL_CITY: _ClassVar[Level]
    LEVEL_DISTRICT: _ClassVar[Level]
    LEVEL_STREET: _ClassVar[Level]
    LEVEL_VILLAGE: _ClassVar[Level]

class Role(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROLE_UNSPECIFIED: _ClassVar[Role]
    ROLE_ISSUING: _ClassVar[Role]
    ROLE_RELYING: _ClassVar[Role]
    ROLE_ACCEPTING: _ClassVar[Role]
    ROLE_STEWARD: _ClassVar[Role]
    ROLE_AUDITOR: _ClassVar[Role]
    ROLE_IDENTITY_GATEWAY: _ClassVar[Role]
    ROLE_REPRESENTATIVE: _ClassVar[Role]

class SystemKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SYSTEM_KIND_UNSPECIFIED: _ClassVar[SystemKind]
    SYSTEM_KIND_ONLINE: _ClassVar[SystemKind]
    SYSTEM_KIND_COUNTER: _ClassVar[SystemKind]
    SYSTEM_KIND_SMART: _ClassVar[SystemKind]
    SYSTEM_KIND_KIOSK: _ClassVar[SystemKind]
    SYSTEM_KIND_BACK_OFFICE: _ClassVar[SystemKind]
    SYSTEM_KIND_VAULT: _ClassVar[SystemKind]
    SYSTEM_KIND_GATEWAY: _ClassVar[SystemKind]

class KeyUsage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KEY_USAGE_UNSPECIFIED: _ClassVar[KeyUsage]
    KEY_USAGE_SIGN: _ClassVar[KeyUsage]
    KEY_USAGE_TRANSPORT: _ClassVar[KeyUsage]
    KEY_USAGE_ENCRYPT: _ClassVar[KeyUsage]
    KEY_USAGE_RECOVERY: _ClassVar[KeyUsage]
TIER_UNSPECIFIED: Tier
TIER_MUNICIPAL: Tier
TIER_DEPARTMENT: Tier
TIER_DISTRICT: Tier
TIER_ZONE: Tier
TIER_SOCIAL: Tier
TIER_EXTERNAL: Tier
LEVEL_UNSPECIFIED: Level
LEVEL_CITY: Level
LEVEL_DISTRICT: Level
LEVEL_STREET: Level
LEVEL_VILLAGE: Level
ROLE_UNSPECIFIED: Role
ROLE_ISSUING: Role
ROLE_RELYING: Role
ROLE_ACCEPTING: Role
ROLE_STEWARD: Role
ROLE_AUDITOR: Role
ROLE_IDENTITY_GATEWAY: Role
ROLE_REPRESENTATIVE: Role
SYSTEM_KIND_UNSPECIFIED: SystemKind
SYSTEM_KIND_ONLINE: SystemKind
SYSTEM_KIND_COUNTER: SystemKind
SYSTEM_KIND_SMART: SystemKind
SYSTEM_KIND_KIOSK: SystemKind
SYSTEM_KIND_BACK_OFFICE: SystemKind
SYSTEM_KIND_VAULT: SystemKind
SYSTEM_KIND_GATEWAY: SystemKind
KEY_USAGE_UNSPECIFIED: KeyUsage
KEY_USAGE_SIGN: KeyUsage
KEY_USAGE_TRANSPORT: KeyUsage
KEY_USAGE_ENCRYPT: KeyUsage
KEY_USAGE_RECOVERY: KeyUsage

class Member(_message.Message):
    __slots__ = ("id", "name", "tier", "votes", "runs_node", "transport_ca")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    VOTES_FIELD_NUMBER: _ClassVar[int]
    RUNS_NODE_FIELD_NUMBER: _ClassVar[int]
    TRANSPORT_CA_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    tier: Tier
    votes: bool
    runs_node: bool
    transport_ca: bytes
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., tier: _Optional[_Union[Tier, str]] = ..., votes: _Optional[bool] = ..., runs_node: _Optional[bool] = ..., transport_ca: _Optional[bytes] = ...) -> None: ...

class Unit(_message.Message):
    __slots__ = ("id", "name", "member", "level", "region", "roles")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    member: str
    level: Level
    region: str
    roles: _containers.RepeatedScalarFieldContainer[Role]
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., member: _Optional[str] = ..., level: _Optional[_Union[Level, str]] = ..., region: _Optional[str] = ..., roles: _Optional[_Iterable[_Union[Role, str]]] = ...) -> None: ...

class System(_message.Message):
    __slots__ = ("id", "unit", "name", "kind", "relay", "endpoint")
    ID_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    RELAY_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    id: str
    unit: str
    name: str
    kind: SystemKind
    relay: bool
    endpoint: str
    def __init__(self, id: _Optional[str] = ..., unit: _Optional[str] = ..., name: _Optional[str] = ..., kind: _Optional[_Union[SystemKind, str]] = ..., relay: _Optional[bool] = ..., endpoint: _Optional[str] = ...) -> None: ...

class Key(_message.Message):
    __slots__ = ("suite", "public_key", "usage", "system")
    SUITE_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_FIELD_NUMBER: _ClassVar[int]
    suite: _batch_pb2.Suite
    public_key: bytes
    usage: KeyUsage
    system: str
    def __init__(self, suite: _Optional[_Union[_batch_pb2.Suite, str]] = ..., public_key: _Optional[bytes] = ..., usage: _Optional[_Union[KeyUsage, str]] = ..., system: _Optional[str] = ...) -> None: ...

class KeyEnd(_message.Message):
    __slots__ = ("key", "not_after_ms")
    KEY_FIELD_NUMBER: _ClassVar[int]
    NOT_AFTER_MS_FIELD_NUMBER: _ClassVar[int]
    key: bytes
    not_after_ms: int
    def __init__(self, key: _Optional[bytes] = ..., not_after_ms: _Optional[int] = ...) -> None: ...

class KeyOperation(_message.Message):
    __slots__ = ("body", "recovery_key", "signature")
    class Body(_message.Message):
        __slots__ = ("chain_id", "member", "sequence", "add", "end")
        CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
        MEMBER_FIELD_NUMBER: _ClassVar[int]
        SEQUENCE_FIELD_NUMBER: _ClassVar[int]
        ADD_FIELD_NUMBER: _ClassVar[int]
        END_FIELD_NUMBER: _ClassVar[int]
        chain_id: str
        member: str
        sequence: int
        add: Key
        end: KeyEnd
        def __init__(self, chain_id: _Optional[str] = ..., member: _Optional[str] = ..., sequence: _Optional[int] = ..., add: _Optional[_Union[Key, _Mapping]] = ..., end: _Optional[_Union[KeyEnd, _Mapping]] = ...) -> None: ...
    BODY_FIELD_NUMBER: _ClassVar[int]
    RECOVERY_KEY_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    body: KeyOperation.Body
    recovery_key: bytes
    signature: bytes
    def __init__(self, body: _Optional[_Union[KeyOperation.Body, _Mapping]] = ..., recovery_key: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

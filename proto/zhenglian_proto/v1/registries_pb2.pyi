from zhenglian_proto.v1 import constraints_pb2 as _constraints_pb2
from zhenglian_proto.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Grade(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GRADE_UNSPECIFIED: _ClassVar[Grade]
    GRADE_PUBLIC: _ClassVar[Grade]
    GRADE_INTERNAL: _ClassVar[Grade]
    GRADE_SENSITIVE: _ClassVar[Grade]
    GRADE_SECRET: _ClassVar[Grade]

class Effect(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EFFECT_UNSPECIFIED: _ClassVar[Effect]
    EFFECT_WARN: _ClassVar[Effect]
    EFFECT_FORBID: _ClassVar[Effect]

class ReuseKey(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REUSE_KEY_UNSPECIFIED: _ClassVar[ReuseKey]
    REUSE_KEY_SUBJECT: _ClassVar[ReuseKey]
    REUSE_KEY_PROJECT: _ClassVar[ReuseKey]
    REUSE_KEY_PREMISES: _ClassVar[ReuseKey]
    REUSE_KEY_NONE: _ClassVar[ReuseKey]

class Originator(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ORIGINATOR_UNSPECIFIED: _ClassVar[Originator]
    ORIGINATOR_APPLICANT: _ClassVar[Originator]
    ORIGINATOR_GOVERNMENT: _ClassVar[Originator]
    ORIGINATOR_SOCIAL: _ClassVar[Originator]

class HandlingItem(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HANDLING_ITEM_UNSPECIFIED: _ClassVar[HandlingItem]
    HANDLING_ITEM_NEW: _ClassVar[HandlingItem]
    HANDLING_ITEM_CHANGE: _ClassVar[HandlingItem]
    HANDLING_ITEM_RENEW: _ClassVar[HandlingItem]
    HANDLING_ITEM_CANCEL: _ClassVar[HandlingItem]
    HANDLING_ITEM_REISSUE: _ClassVar[HandlingItem]
    HANDLING_ITEM_OTHER: _ClassVar[HandlingItem]

class Source(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SOURCE_UNSPECIFIED: _ClassVar[Source]
    SOURCE_GOVERNMENT_ISSUED: _ClassVar[Source]
    SOURCE_APPLICANT_MADE: _ClassVar[Source]
    SOURCE_THIRD_PARTY: _ClassVar[Source]
GRADE_UNSPECIFIED: Grade
GRADE_PUBLIC: Grade
GRADE_INTERNAL: Grade
GRADE_SENSITIVE: Grade
GRADE_SECRET: Grade
EFFECT_UNSPECIFIED: Effect
EFFECT_WARN: Effect
EFFECT_FORBID: Effect
REUSE_KEY_UNSPECIFIED: ReuseKey
REUSE_KEY_SUBJECT: ReuseKey
REUSE_KEY_PROJECT: ReuseKey
REUSE_KEY_PREMISES: ReuseKey
REUSE_KEY_NONE: ReuseKey
ORIGINATOR_UNSPECIFIED: Originator
ORIGINATOR_APPLICANT: Originator
ORIGINATOR_GOVERNMENT: Originator
ORIGINATOR_SOCIAL: Originator
HANDLING_ITEM_UNSPECIFIED: HandlingItem
HANDLING_ITEM_NEW: HandlingItem
HANDLING_ITEM_CHANGE: HandlingItem
HANDLING_ITEM_RENEW: HandlingItem
HANDLING_ITEM_CANCEL: HandlingItem
HANDLING_ITEM_REISSUE: HandlingItem
HANDLING_ITEM_OTHER: HandlingItem
SOURCE_UNSPECIFIED: Source
SOURCE_GOVERNMENT_ISSUED: Source
SOURCE_APPLICANT_MADE: Source
SOURCE_THIRD_PARTY: Source

class Region(_message.Message):
    __slots__ = ("id", "name", "valid")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALID_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    valid: _types_pb2.Interval
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., valid: _Optional[_Union[_types_pb2.Interval, _Mapping]] = ...) -> None: ...

class LegalRule(_message.Message):
    __slots__ = ("id", "title", "document_number", "article", "valid")
    ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    ARTICLE_FIELD_NUMBER: _ClassVar[int]
    VALID_FIELD_NUMBER: _ClassVar[int]
    id: str
    title: str
    document_number: str
    article: str
    valid: _types_pb2.Interval
    def __init__(self, id: _Optional[str] = ..., title: _Optional[str] = ..., document_number: _Optional[str] = ..., article: _Optional[str] = ..., valid: _Optional[_Union[_types_pb2.Interval, _Mapping]] = ...) -> None: ...

class RecognitionList(_message.Message):
    __slots__ = ("id", "title", "types", "issuing_units", "valid")
    ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    TYPES_FIELD_NUMBER: _ClassVar[int]
    ISSUING_UNITS_FIELD_NUMBER: _ClassVar[int]
    VALID_FIELD_NUMBER: _ClassVar[int]
    id: str
    title: str
    types: _containers.RepeatedScalarFieldContainer[str]
    issuing_units: _containers.RepeatedScalarFieldContainer[str]
    valid: _types_pb2.Interval
    def __init__(self, id: _Optional[str] = ..., title: _Optional[str] = ..., types: _Optional[_Iterable[str]] = ..., issuing_units: _Optional[_Iterable[str]] = ..., valid: _Optional[_Union[_types_pb2.Interval, _Mapping]] = ...) -> None: ...

class CollectingMandate(_message.Message):
    __slots__ = ("id", "principal", "agent", "types", "valid", "basis")
    ID_FIELD_NUMBER: _ClassVar[int]
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    TYPES_FIELD_NUMBER: _ClassVar[int]
    VALID_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    id: str
    principal: str
    agent: str
    types: _containers.RepeatedScalarFieldContainer[str]
    valid: _types_pb2.Interval
    basis: str
    def __init__(self, id: _Optional[str] = ..., principal: _Optional[str] = ..., agent: _Optional[str] = ..., types: _Optional[_Iterable[str]] = ..., valid: _Optional[_Union[_types_pb2.Interval, _Mapping]] = ..., basis: _Optional[str] = ...) -> None: ...

class LicenceType(_message.Message):
    __slots__ = ("id", "name", "basis", "replaces_paper", "issuing_units", "on_dispute", "on_suspension", "grade", "part_types", "fields")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    REPLACES_PAPER_FIELD_NUMBER: _ClassVar[int]
    ISSUING_UNITS_FIELD_NUMBER: _ClassVar[int]
    ON_DISPUTE_FIELD_NUMBER: _ClassVar[int]
    ON_SUSPENSION_FIELD_NUMBER: _ClassVar[int]
    GRADE_FIELD_NUMBER: _ClassVar[int]
    PART_TYPES_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    basis: str
    replaces_paper: bool
    issuing_units: _containers.RepeatedScalarFieldContainer[str]
    on_dispute: Effect
    on_suspension: Effect
    grade: Grade
    part_types: _containers.RepeatedScalarFieldContainer[str]
    fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., basis: _Optional[str] = ..., replaces_paper: _Optional[bool] = ..., issuing_units: _Optional[_Iterable[str]] = ..., on_dispute: _Optional[_Union[Effect, str]] = ..., on_suspension: _Optional[_Union[Effect, str]] = ..., grade: _Optional[_Union[Grade, str]] = ..., part_types: _Optional[_Iterable[str]] = ..., fields: _Optional[_Iterable[str]] = ...) -> None: ...

class MaterialType(_message.Message):
    __slots__ = ("id", "name", "grade", "reuse_key", "max_age_ms", "originators", "review_points", "on_dispute")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    GRADE_FIELD_NUMBER: _ClassVar[int]
    REUSE_KEY_FIELD_NUMBER: _ClassVar[int]
    MAX_AGE_MS_FIELD_NUMBER: _ClassVar[int]
    ORIGINATORS_FIELD_NUMBER: _ClassVar[int]
    REVIEW_POINTS_FIELD_NUMBER: _ClassVar[int]
    ON_DISPUTE_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    grade: Grade
    reuse_key: ReuseKey
    max_age_ms: int
    originators: _containers.RepeatedScalarFieldContainer[Originator]
    review_points: _containers.RepeatedScalarFieldContainer[str]
    on_dispute: Effect
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., grade: _Optional[_Union[Grade, str]] = ..., reuse_key: _Optional[_Union[ReuseKey, str]] = ..., max_age_ms: _Optional[int] = ..., originators: _Optional[_Iterable[_Union[Originator, str]]] = ..., review_points: _Optional[_Iterable[str]] = ..., on_dispute: _Optional[_Union[Effect, str]] = ...) -> None: ...

class Retire(_message.Message):
    __slots__ = ("kind", "id")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    kind: _types_pb2.Kind
    id: str
    def __init__(self, kind: _Optional[_Union[_types_pb2.Kind, str]] = ..., id: _Optional[str] = ...) -> None: ...

class MaterialRow(_message.Message):
    __slots__ = ("id", "name", "licence_types", "material_types", "source", "issuing_unit", "paper_demanded", "paper_basis", "commitment_allowed", "may_follow")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    LICENCE_TYPES_FIELD_NUMBER: _ClassVar[int]
    MATERIAL_TYPES_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ISSUING_UNIT_FIELD_NUMBER: _ClassVar[int]
    PAPER_DEMANDED_FIELD_NUMBER: _ClassVar[int]
    PAPER_BASIS_FIELD_NUMBER: _ClassVar[int]
    COMMITMENT_ALLOWED_FIELD_NUMBER: _ClassVar[int]
    MAY_FOLLOW_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    licence_types: _containers.RepeatedScalarFieldContainer[str]
    material_types: _containers.RepeatedScalarFieldContainer[str]
    source: Source
    issuing_unit: str
    paper_demanded: bool
    paper_basis: str
    commitment_allowed: bool
    may_follow: bool
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., licence_types: _Optional[_Iterable[str]] = ..., material_types: _Optional[_Iterable[str]] = ..., source: _Optional[_Union[Source, str]] = ..., issuing_unit: _Optional[str] = ..., paper_demanded: _Optional[bool] = ..., paper_basis: _Optional[str] = ..., commitment_allowed: _Optional[bool] = ..., may_follow: _Optional[bool] = ...) -> None: ...

class Matter(_message.Message):
    __slots__ = ("id", "version", "basic_code", "name", "basis", "unit", "handling_item", "situation", "promised_ms", "delegation_depth", "rows")
    ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    BASIC_CODE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    HANDLING_ITEM_FIELD_NUMBER: _ClassVar[int]
    SITUATION_FIELD_NUMBER: _ClassVar[int]
    PROMISED_MS_FIELD_NUMBER: _ClassVar[int]
    DELEGATION_DEPTH_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    id: str
    version: int
    basic_code: str
    name: str
    basis: str
    unit: str
    handling_item: HandlingItem
    situation: str
    promised_ms: int
    delegation_depth: int
    rows: _containers.RepeatedCompositeFieldContainer[MaterialRow]
    def __init__(self, id: _Optional[str] = ..., version: _Optional[int] = ..., basic_code: _Optional[str] = ..., name: _Optional[str] = ..., basis: _Optional[str] = ..., unit: _Optional[str] = ..., handling_item: _Optional[_Union[HandlingItem, str]] = ..., situation: _Optional[str] = ..., promised_ms: _Optional[int] = ..., delegation_depth: _Optional[int] = ..., rows: _Optional[_Iterable[_Union[MaterialRow, _Mapping]]] = ...) -> None: ...

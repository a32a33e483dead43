from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class Form(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FORM_ANY: _ClassVar[Form]
    FORM_NAME: _ClassVar[Form]
    FORM_NUMBER: _ClassVar[Form]
    FORM_REGION: _ClassVar[Form]
    FORM_CHAIN: _ClassVar[Form]
FORM_ANY: Form
FORM_NAME: Form
FORM_NUMBER: Form
FORM_REGION: Form
FORM_CHAIN: Form
SIZE_FIELD_NUMBER: _ClassVar[int]
size: _descriptor.FieldDescriptor
MAX_SIZE_FIELD_NUMBER: _ClassVar[int]
max_size: _descriptor.FieldDescriptor
REQUIRED_FIELD_NUMBER: _ClassVar[int]
required: _descriptor.FieldDescriptor
FORM_FIELD_NUMBER: _ClassVar[int]
form: _descriptor.FieldDescriptor
MAX_ITEMS_FIELD_NUMBER: _ClassVar[int]
max_items: _descriptor.FieldDescriptor
MIN_ITEMS_FIELD_NUMBER: _ClassVar[int]
min_items: _descriptor.FieldDescriptor
MAX_VALUE_FIELD_NUMBER: _ClassVar[int]
max_value: _descriptor.FieldDescriptor

from zhenglian_proto.v1 import constraints_pb2 as _constraints_pb2
from zhenglian_proto.v1 import members_pb2 as _members_pb2
from zhenglian_proto.v1 import state_pb2 as _state_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NetworkNode(_message.Message):
    __slots__ = ("node_id", "member")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    node_id: bytes
    member: str
    def __init__(self, node_id: _Optional[bytes] = ..., member: _Optional[str] = ...) -> None: ...

class RecoveryKey(_message.Message):
    __slots__ = ("member", "public_key")
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    member: str
    public_key: bytes
    def __init__(self, member: _Optional[str] = ..., public_key: _Optional[bytes] = ...) -> None: ...

class Validator(_message.Message):
    __slots__ = ("public_key", "member")
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    public_key: bytes
    member: str
    def __init__(self, public_key: _Optional[bytes] = ..., member: _Optional[str] = ...) -> None: ...

class Change(_message.Message):
    __slots__ = ("put_member", "suspend_member", "resume_member", "add_recovery_key", "put_node", "remove_node", "add_validator", "remove_validator", "put_parameters")
    PUT_MEMBER_FIELD_NUMBER: _ClassVar[int]
    SUSPEND_MEMBER_FIELD_NUMBER: _ClassVar[int]
    RESUME_MEMBER_FIELD_NUMBER: _ClassVar[int]
    ADD_RECOVERY_KEY_FIELD_NUMBER: _ClassVar[int]
    PUT_NODE_FIELD_NUMBER: _ClassVar[int]
    REMOVE_NODE_FIELD_NUMBER: _ClassVar[int]
    ADD_VALIDATOR_FIELD_NUMBER: _ClassVar[int]
    REMOVE_VALIDATOR_FIELD_NUMBER: _ClassVar[int]
    PUT_PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    put_member: _members_pb2.Member
    suspend_member: str
    resume_member: str
    add_recovery_key: RecoveryKey
    put_node: NetworkNode
    remove_node: bytes
    add_validator: Validator
    remove_validator: bytes
    put_parameters: _state_pb2.Parameters
    def __init__(self, put_member: _Optional[_Union[_members_pb2.Member, _Mapping]] = ..., suspend_member: _Optional[str] = ..., resume_member: _Optional[str] = ..., add_recovery_key: _Optional[_Union[RecoveryKey, _Mapping]] = ..., put_node: _Optional[_Union[NetworkNode, _Mapping]] = ..., remove_node: _Optional[bytes] = ..., add_validator: _Optional[_Union[Validator, _Mapping]] = ..., remove_validator: _Optional[bytes] = ..., put_parameters: _Optional[_Union[_state_pb2.Parameters, _Mapping]] = ...) -> None: ...

class Propose(_message.Message):
    __slots__ = ("id", "change", "valid_until_ms", "reason")
    ID_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    VALID_UNTIL_MS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    id: bytes
    change: Change
    valid_until_ms: int
    reason: str
    def __init__(self, id: _Optional[bytes] = ..., change: _Optional[_Union[Change, _Mapping]] = ..., valid_until_ms: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class Vote(_message.Message):
    __slots__ = ("proposal", "approve", "change")
    PROPOSAL_FIELD_NUMBER: _ClassVar[int]
    APPROVE_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    proposal: bytes
    approve: bool
    change: Change
    def __init__(self, proposal: _Optional[bytes] = ..., approve: _Optional[bool] = ..., change: _Optional[_Union[Change, _Mapping]] = ...) -> None: ...

from zhenglian_proto.v1 import constraints_pb2 as _constraints_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Mode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MODE_UNSPECIFIED: _ClassVar[Mode]
    MODE_SANDBOX: _ClassVar[Mode]
    MODE_PRODUCTION: _ClassVar[Mode]

class Standing(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STANDING_UNSPECIFIED: _ClassVar[Standing]
    STANDING_IN_FORCE: _ClassVar[Standing]
    STANDING_SUPERSEDED: _ClassVar[Standing]
    STANDING_RETIRED: _ClassVar[Standing]
    STANDING_SUSPENDED: _ClassVar[Standing]

class CaseStanding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CASE_STANDING_UNSPECIFIED: _ClassVar[CaseStanding]
    CASE_STANDING_OPENED: _ClassVar[CaseStanding]
    CASE_STANDING_ACCEPTED: _ClassVar[CaseStanding]
    CASE_STANDING_GRANTED: _ClassVar[CaseStanding]
    CASE_STANDING_REFUSED: _ClassVar[CaseStanding]
    CASE_STANDING_CLOSED: _ClassVar[CaseStanding]
    CASE_STANDING_WITHDRAWN: _ClassVar[CaseStanding]

class RecordStanding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RECORD_STANDING_UNSPECIFIED: _ClassVar[RecordStanding]
    RECORD_STANDING_PENDING: _ClassVar[RecordStanding]
    RECORD_STANDING_VALID: _ClassVar[RecordStanding]
    RECORD_STANDING_SUSPENDED: _ClassVar[RecordStanding]
    RECORD_STANDING_REVOKED: _ClassVar[RecordStanding]
    RECORD_STANDING_CANCELLED: _ClassVar[RecordStanding]
    RECORD_STANDING_SUPERSEDED: _ClassVar[RecordStanding]
    RECORD_STANDING_REJECTED: _ClassVar[RecordStanding]
    RECORD_STANDING_WITHDRAWN: _ClassVar[RecordStanding]

class GrantStanding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GRANT_STANDING_UNSPECIFIED: _ClassVar[GrantStanding]
    GRANT_STANDING_VALID: _ClassVar[GrantStanding]
    GRANT_STANDING_SUSPENDED: _ClassVar[GrantStanding]
    GRANT_STANDING_REVOKED: _ClassVar[GrantStanding]

class HolderKeyStanding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HOLDER_KEY_STANDING_UNSPECIFIED: _ClassVar[HolderKeyStanding]
    HOLDER_KEY_STANDING_BOUND: _ClassVar[HolderKeyStanding]
    HOLDER_KEY_STANDING_REPLACED: _ClassVar[HolderKeyStanding]
    HOLDER_KEY_STANDING_COMPROMISED: _ClassVar[HolderKeyStanding]

class UseStanding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    USE_STANDING_UNSPECIFIED: _ClassVar[UseStanding]
    USE_STANDING_OPENED: _ClassVar[UseStanding]
    USE_STANDING_RELEASED: _ClassVar[UseStanding]
    USE_STANDING_NOT_RELEASED: _ClassVar[UseStanding]
    USE_STANDING_DONE: _ClassVar[UseStanding]

class DisputeStanding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DISPUTE_STANDING_UNSPECIFIED: _ClassVar[DisputeStanding]
    DISPUTE_STANDING_RAISED: _ClassVar[DisputeStanding]
    DISPUTE_STANDING_CLEARED: _ClassVar[DisputeStanding]

class Ballot(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BALLOT_UNSPECIFIED: _ClassVar[Ballot]
    BALLOT_APPROVED: _ClassVar[Ballot]
    BALLOT_REJECTED: _ClassVar[Ballot]

class ProposalStanding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PROPOSAL_STANDING_UNSPECIFIED: _ClassVar[ProposalStanding]
    PROPOSAL_STANDING_PENDING: _ClassVar[ProposalStanding]
    PROPOSAL_STANDING_ADOPTED: _ClassVar[ProposalStanding]
    PROPOSAL_STANDING_REJECTED: _ClassVar[ProposalStanding]
MODE_UNSPECIFIED: Mode
MODE_SANDBOX: Mode
MODE_PRODUCTION: Mode
STANDING_UNSPECIFIED: Standing
STANDING_IN_FORCE: Standing
STANDING_SUPERSEDED: Standing
STANDING_RETIRED: Standing
STANDING_SUSPENDED: Standing
CASE_STANDING_UNSPECIFIED: CaseStanding
CASE_STANDING_OPENED: CaseStanding
CASE_STANDING_ACCEPTED: CaseStanding
CASE_STANDING_GRANTED: CaseStanding
CASE_STANDING_REFUSED: CaseStanding
CASE_STANDING_CLOSED: CaseStanding
CASE_STANDING_WITHDRAWN: CaseStanding
RECORD_STANDING_UNSPECIFIED: RecordStanding
RECORD_STANDING_PENDING: RecordStanding
RECORD_STANDING_VALID: RecordStanding
RECORD_STANDING_SUSPENDED: RecordStanding
RECORD_STANDING_REVOKED: RecordStanding
RECORD_STANDING_CANCELLED: RecordStanding
RECORD_STANDING_SUPERSEDED: RecordStanding
RECORD_STANDING_REJECTED: RecordStanding
RECORD_STANDING_WITHDRAWN: RecordStanding
GRANT_STANDING_UNSPECIFIED: GrantStanding
GRANT_STANDING_VALID: GrantStanding
GRANT_STANDING_SUSPENDED: GrantStanding
GRANT_STANDING_REVOKED: GrantStanding
HOLDER_KEY_STANDING_UNSPECIFIED: HolderKeyStanding
HOLDER_KEY_STANDING_BOUND: HolderKeyStanding
HOLDER_KEY_STANDING_REPLACED: HolderKeyStanding
HOLDER_KEY_STANDING_COMPROMISED: HolderKeyStanding
USE_STANDING_UNSPECIFIED: UseStanding
USE_STANDING_OPENED: UseStanding
USE_STANDING_RELEASED: UseStanding
USE_STANDING_NOT_RELEASED: UseStanding
USE_STANDING_DONE: UseStanding
DISPUTE_STANDING_UNSPECIFIED: DisputeStanding
DISPUTE_STANDING_RAISED: DisputeStanding
DISPUTE_STANDING_CLEARED: DisputeStanding
BALLOT_UNSPECIFIED: Ballot
BALLOT_APPROVED: Ballot
BALLOT_REJECTED: Ballot
PROPOSAL_STANDING_UNSPECIFIED: ProposalStanding
PROPOSAL_STANDING_PENDING: ProposalStanding
PROPOSAL_STANDING_ADOPTED: ProposalStanding
PROPOSAL_STANDING_REJECTED: ProposalStanding

class Parameters(_message.Message):
    __slots__ = ("trace_bits", "max_validity_ms", "time_tolerance_ms", "attestation_age_ms", "release_window_ms", "max_children", "max_block_operations", "max_block_bytes", "max_member_block_operations", "max_member_disputes_a_day", "backdating_ms", "min_validators", "max_validators")
    TRACE_BITS_FIELD_NUMBER: _ClassVar[int]
    MAX_VALIDITY_MS_FIELD_NUMBER: _ClassVar[int]
    TIME_TOLERANCE_MS_FIELD_NUMBER: _ClassVar[int]
    ATTESTATION_AGE_MS_FIELD_NUMBER: _ClassVar[int]
    RELEASE_WINDOW_MS_FIELD_NUMBER: _ClassVar[int]
    MAX_CHILDREN_FIELD_NUMBER: _ClassVar[int]
    MAX_BLOCK_OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    MAX_BLOCK_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_MEMBER_BLOCK_OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    MAX_MEMBER_DISPUTES_A_DAY_FIELD_NUMBER: _ClassVar[int]
    BACKDATING_MS_FIELD_NUMBER: _ClassVar[int]
    MIN_VALIDATORS_FIELD_NUMBER: _ClassVar[int]
    MAX_VALIDATORS_FIELD_NUMBER: _ClassVar[int]
    trace_bits: int
    max_validity_ms: int
    time_tolerance_ms: int
    attestation_age_ms: int
    release_window_ms: int
    max_children: int
    max_block_operations: int
    max_block_bytes: int
    max_member_block_operations: int
    max_member_disputes_a_day: int
    backdating_ms: int
    min_validators: int
    max_validators: int
    def __init__(self, trace_bits: _Optional[int] = ..., max_validity_ms: _Optional[int] = ..., time_tolerance_ms: _Optional[int] = ..., attestation_age_ms: _Optional[int] = ..., release_window_ms: _Optional[int] = ..., max_children: _Optional[int] = ..., max_block_operations: _Optional[int] = ..., max_block_bytes: _Optional[int] = ..., max_member_block_operations: _Optional[int] = ..., max_member_disputes_a_day: _Optional[int] = ..., backdating_ms: _Optional[int] = ..., min_validators: _Optional[int] = ..., max_validators: _Optional[int] = ...) -> None: ...

class GenesisValidator(_message.Message):
    __slots__ = ("public_key", "member")
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    public_key: bytes
    member: str
    def __init__(self, public_key: _Optional[bytes] = ..., member: _Optional[str] = ...) -> None: ...

class Genesis(_message.Message):
    __slots__ = ("name", "genesis_time_ms", "mode", "rules_digest", "parameters", "validators", "operations")
    NAME_FIELD_NUMBER: _ClassVar[int]
    GENESIS_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    RULES_DIGEST_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    VALIDATORS_FIELD_NUMBER: _ClassVar[int]
    OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    name: str
    genesis_time_ms: int
    mode: Mode
    rules_digest: bytes
    parameters: Parameters
    validators: _containers.RepeatedCompositeFieldContainer[GenesisValidator]
    operations: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, name: _Optional[str] = ..., genesis_time_ms: _Optional[int] = ..., mode: _Optional[_Union[Mode, str]] = ..., rules_digest: _Optional[bytes] = ..., parameters: _Optional[_Union[Parameters, _Mapping]] = ..., validators: _Optional[_Iterable[_Union[GenesisValidator, _Mapping]]] = ..., operations: _Optional[_Iterable[bytes]] = ...) -> None: ...

class AdministeredState(_message.Message):
    __slots__ = ("standing", "successor")
    STANDING_FIELD_NUMBER: _ClassVar[int]
    SUCCESSOR_FIELD_NUMBER: _ClassVar[int]
    standing: Standing
    successor: int
    def __init__(self, standing: _Optional[_Union[Standing, str]] = ..., successor: _Optional[int] = ...) -> None: ...

class KeyState(_message.Message):
    __slots__ = ("standing", "not_after_ms")
    STANDING_FIELD_NUMBER: _ClassVar[int]
    NOT_AFTER_MS_FIELD_NUMBER: _ClassVar[int]
    standing: Standing
    not_after_ms: int
    def __init__(self, standing: _Optional[_Union[Standing, str]] = ..., not_after_ms: _Optional[int] = ...) -> None: ...

class CaseState(_message.Message):
    __slots__ = ("standing", "matter_index")
    STANDING_FIELD_NUMBER: _ClassVar[int]
    MATTER_INDEX_FIELD_NUMBER: _ClassVar[int]
    standing: CaseStanding
    matter_index: int
    def __init__(self, standing: _Optional[_Union[CaseStanding, str]] = ..., matter_index: _Optional[int] = ...) -> None: ...

class RecordState(_message.Message):
    __slots__ = ("standing", "successor", "open_disputes", "decided_ms")
    STANDING_FIELD_NUMBER: _ClassVar[int]
    SUCCESSOR_FIELD_NUMBER: _ClassVar[int]
    OPEN_DISPUTES_FIELD_NUMBER: _ClassVar[int]
    DECIDED_MS_FIELD_NUMBER: _ClassVar[int]
    standing: RecordStanding
    successor: int
    open_disputes: int
    decided_ms: int
    def __init__(self, standing: _Optional[_Union[RecordStanding, str]] = ..., successor: _Optional[int] = ..., open_disputes: _Optional[int] = ..., decided_ms: _Optional[int] = ...) -> None: ...

class GrantState(_message.Message):
    __slots__ = ("standing", "uses_taken", "window", "window_taken", "children", "events")
    STANDING_FIELD_NUMBER: _ClassVar[int]
    USES_TAKEN_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    WINDOW_TAKEN_FIELD_NUMBER: _ClassVar[int]
    CHILDREN_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    standing: GrantStanding
    uses_taken: int
    window: int
    window_taken: int
    children: int
    events: int
    def __init__(self, standing: _Optional[_Union[GrantStanding, str]] = ..., uses_taken: _Optional[int] = ..., window: _Optional[int] = ..., window_taken: _Optional[int] = ..., children: _Optional[int] = ..., events: _Optional[int] = ...) -> None: ...

class HolderKeyState(_message.Message):
    __slots__ = ("standing",)
    STANDING_FIELD_NUMBER: _ClassVar[int]
    standing: HolderKeyStanding
    def __init__(self, standing: _Optional[_Union[HolderKeyStanding, str]] = ...) -> None: ...

class UseState(_message.Message):
    __slots__ = ("standing", "opened_ms")
    STANDING_FIELD_NUMBER: _ClassVar[int]
    OPENED_MS_FIELD_NUMBER: _ClassVar[int]
    standing: UseStanding
    opened_ms: int
    def __init__(self, standing: _Optional[_Union[UseStanding, str]] = ..., opened_ms: _Optional[int] = ...) -> None: ...

class DisputeState(_message.Message):
    __slots__ = ("standing", "cleared_index")
    STANDING_FIELD_NUMBER: _ClassVar[int]
    CLEARED_INDEX_FIELD_NUMBER: _ClassVar[int]
    standing: DisputeStanding
    cleared_index: int
    def __init__(self, standing: _Optional[_Union[DisputeStanding, str]] = ..., cleared_index: _Optional[int] = ...) -> None: ...

class Elector(_message.Message):
    __slots__ = ("member", "ballot")
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    BALLOT_FIELD_NUMBER: _ClassVar[int]
    member: str
    ballot: Ballot
    def __init__(self, member: _Optional[str] = ..., ballot: _Optional[_Union[Ballot, str]] = ...) -> None: ...

class ProposalState(_message.Message):
    __slots__ = ("standing", "needed", "electors")
    STANDING_FIELD_NUMBER: _ClassVar[int]
    NEEDED_FIELD_NUMBER: _ClassVar[int]
    ELECTORS_FIELD_NUMBER: _ClassVar[int]
    standing: ProposalStanding
    needed: int
    electors: _containers.RepeatedCompositeFieldContainer[Elector]
    def __init__(self, standing: _Optional[_Union[ProposalStanding, str]] = ..., needed: _Optional[int] = ..., electors: _Optional[_Iterable[_Union[Elector, _Mapping]]] = ...) -> None: ...

class ValidatorState(_message.Message):
    __slots__ = ("public_key", "member", "power")
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    POWER_FIELD_NUMBER: _ClassVar[int]
    public_key: bytes
    member: str
    power: int
    def __init__(self, public_key: _Optional[bytes] = ..., member: _Optional[str] = ..., power: _Optional[int] = ...) -> None: ...

class Counter(_message.Message):
    __slots__ = ("value",)
    VALUE_FIELD_NUMBER: _ClassVar[int]
    value: int
    def __init__(self, value: _Optional[int] = ...) -> None: ...

class LedgerHead(_message.Message):
    __slots__ = ("height", "time_ms", "batch_frontier", "registry_frontier", "access_frontier", "access_epoch", "status_root", "trace_root", "delta", "app_hash")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TIME_MS_FIELD_NUMBER: _ClassVar[int]
    BATCH_FRONTIER_FIELD_NUMBER: _ClassVar[int]
    REGISTRY_FRONTIER_FIELD_NUMBER: _ClassVar[int]
    ACCESS_FRONTIER_FIELD_NUMBER: _ClassVar[int]
    ACCESS_EPOCH_FIELD_NUMBER: _ClassVar[int]
    STATUS_ROOT_FIELD_NUMBER: _ClassVar[int]
    TRACE_ROOT_FIELD_NUMBER: _ClassVar[int]
    DELTA_FIELD_NUMBER: _ClassVar[int]
    APP_HASH_FIELD_NUMBER: _ClassVar[int]
    height: int
    time_ms: int
    batch_frontier: bytes
    registry_frontier: bytes
    access_frontier: bytes
    access_epoch: int
    status_root: bytes
    trace_root: bytes
    delta: bytes
    app_hash: bytes
    def __init__(self, height: _Optional[int] = ..., time_ms: _Optional[int] = ..., batch_frontier: _Optional[bytes] = ..., registry_frontier: _Optional[bytes] = ..., access_frontier: _Optional[bytes] = ..., access_epoch: _Optional[int] = ..., status_root: _Optional[bytes] = ..., trace_root: _Optional[bytes] = ..., delta: _Optional[bytes] = ..., app_hash: _Optional[bytes] = ...) -> None: ...

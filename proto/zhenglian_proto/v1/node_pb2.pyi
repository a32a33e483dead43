from zhenglian_proto.v1 import batch_pb2 as _batch_pb2
from zhenglian_proto.v1 import grants_pb2 as _grants_pb2
from zhenglian_proto.v1 import proof_pb2 as _proof_pb2
from zhenglian_proto.v1 import state_pb2 as _state_pb2
from zhenglian_proto.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERDICT_UNSPECIFIED: _ClassVar[Verdict]
    VERDICT_EXEMPT: _ClassVar[Verdict]
    VERDICT_NEEDS_GRANT: _ClassVar[Verdict]
    VERDICT_OBTAIN_FROM_ISSUER: _ClassVar[Verdict]
    VERDICT_MAY_FOLLOW: _ClassVar[Verdict]
    VERDICT_MUST_SUBMIT: _ClassVar[Verdict]

class Path(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PATH_UNSPECIFIED: _ClassVar[Path]
    PATH_LICENCE: _ClassVar[Path]
    PATH_SUBJECT_MATERIAL: _ClassVar[Path]
    PATH_PROJECT_MATERIAL: _ClassVar[Path]
    PATH_COMMITMENT: _ClassVar[Path]
    PATH_SHARED_DATA: _ClassVar[Path]
    PATH_ASSISTANCE: _ClassVar[Path]
    PATH_THIS_CASE: _ClassVar[Path]

class Why(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WHY_UNSPECIFIED: _ClassVar[Why]
    WHY_COVERED: _ClassVar[Why]
    WHY_GRANT_MISSING: _ClassVar[Why]
    WHY_GOVERNMENT_ISSUED: _ClassVar[Why]
    WHY_NOT_REUSABLE: _ClassVar[Why]
    WHY_NO_RECOGNISED_ISSUER: _ClassVar[Why]
    WHY_PAPER_BY_LAW: _ClassVar[Why]
    WHY_NOTHING_VALID: _ClassVar[Why]
    WHY_MAY_FOLLOW: _ClassVar[Why]
    WHY_COMMITMENT: _ClassVar[Why]
    WHY_HANDED_IN: _ClassVar[Why]
    WHY_RETRIEVED: _ClassVar[Why]

class Warning(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WARNING_UNSPECIFIED: _ClassVar[Warning]
    WARNING_EXPIRES_EARLY: _ClassVar[Warning]
    WARNING_DISPUTED: _ClassVar[Warning]
    WARNING_SUSPENDED: _ClassVar[Warning]
    WARNING_TOO_OLD: _ClassVar[Warning]
VERDICT_UNSPECIFIED: Verdict
VERDICT_EXEMPT: Verdict
VERDICT_NEEDS_GRANT: Verdict
VERDICT_OBTAIN_FROM_ISSUER: Verdict
VERDICT_MAY_FOLLOW: Verdict
VERDICT_MUST_SUBMIT: Verdict
PATH_UNSPECIFIED: Path
PATH_LICENCE: Path
PATH_SUBJECT_MATERIAL: Path
PATH_PROJECT_MATERIAL: Path
PATH_COMMITMENT: Path
PATH_SHARED_DATA: Path
PATH_ASSISTANCE: Path
PATH_THIS_CASE: Path
WHY_UNSPECIFIED: Why
WHY_COVERED: Why
WHY_GRANT_MISSING: Why
WHY_GOVERNMENT_ISSUED: Why
WHY_NOT_REUSABLE: Why
WHY_NO_RECOGNISED_ISSUER: Why
WHY_PAPER_BY_LAW: Why
WHY_NOTHING_VALID: Why
WHY_MAY_FOLLOW: Why
WHY_COMMITMENT: Why
WHY_HANDED_IN: Why
WHY_RETRIEVED: Why
WARNING_UNSPECIFIED: Warning
WARNING_EXPIRES_EARLY: Warning
WARNING_DISPUTED: Warning
WARNING_SUSPENDED: Warning
WARNING_TOO_OLD: Warning

class ErrorDetail(_message.Message):
    __slots__ = ("code", "name", "zh", "en", "fields")
    class FieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    CODE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ZH_FIELD_NUMBER: _ClassVar[int]
    EN_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    code: int
    name: str
    zh: str
    en: str
    fields: _containers.ScalarMap[str, str]
    def __init__(self, code: _Optional[int] = ..., name: _Optional[str] = ..., zh: _Optional[str] = ..., en: _Optional[str] = ..., fields: _Optional[_Mapping[str, str]] = ...) -> None: ...

class SubmitRequest(_message.Message):
    __slots__ = ("batch",)
    BATCH_FIELD_NUMBER: _ClassVar[int]
    batch: _batch_pb2.SignedBatch
    def __init__(self, batch: _Optional[_Union[_batch_pb2.SignedBatch, _Mapping]] = ...) -> None: ...

class Receipt(_message.Message):
    __slots__ = ("batch", "anchor")
    BATCH_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    batch: _proof_pb2.Inclusion
    anchor: _proof_pb2.Anchor
    def __init__(self, batch: _Optional[_Union[_proof_pb2.Inclusion, _Mapping]] = ..., anchor: _Optional[_Union[_proof_pb2.Anchor, _Mapping]] = ...) -> None: ...

class SubmitReply(_message.Message):
    __slots__ = ("receipt", "rejection", "unknown", "fate_is_final")
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    REJECTION_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    FATE_IS_FINAL_FIELD_NUMBER: _ClassVar[int]
    receipt: Receipt
    rejection: Rejection
    unknown: bool
    fate_is_final: bool
    def __init__(self, receipt: _Optional[_Union[Receipt, _Mapping]] = ..., rejection: _Optional[_Union[Rejection, _Mapping]] = ..., unknown: _Optional[bool] = ..., fate_is_final: _Optional[bool] = ...) -> None: ...

class Rejection(_message.Message):
    __slots__ = ("code",)
    CODE_FIELD_NUMBER: _ClassVar[int]
    code: int
    def __init__(self, code: _Optional[int] = ...) -> None: ...

class ReceiptRequest(_message.Message):
    __slots__ = ("system", "nonce", "valid_until_ms")
    SYSTEM_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    VALID_UNTIL_MS_FIELD_NUMBER: _ClassVar[int]
    system: str
    nonce: bytes
    valid_until_ms: int
    def __init__(self, system: _Optional[str] = ..., nonce: _Optional[bytes] = ..., valid_until_ms: _Optional[int] = ...) -> None: ...

class QueryRequest(_message.Message):
    __slots__ = ("batch", "with_signature")
    BATCH_FIELD_NUMBER: _ClassVar[int]
    WITH_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    batch: _batch_pb2.SignedBatch
    with_signature: bool
    def __init__(self, batch: _Optional[_Union[_batch_pb2.SignedBatch, _Mapping]] = ..., with_signature: _Optional[bool] = ...) -> None: ...

class RecordAnswer(_message.Message):
    __slots__ = ("anchor", "found", "kind", "record", "disputes", "type")
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    DISPUTES_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    anchor: _proof_pb2.Anchor
    found: bool
    kind: _types_pb2.Kind
    record: _proof_pb2.RecordProof
    disputes: _containers.RepeatedCompositeFieldContainer[_proof_pb2.RecordProof]
    type: _proof_pb2.RecordProof
    def __init__(self, anchor: _Optional[_Union[_proof_pb2.Anchor, _Mapping]] = ..., found: _Optional[bool] = ..., kind: _Optional[_Union[_types_pb2.Kind, str]] = ..., record: _Optional[_Union[_proof_pb2.RecordProof, _Mapping]] = ..., disputes: _Optional[_Iterable[_Union[_proof_pb2.RecordProof, _Mapping]]] = ..., type: _Optional[_Union[_proof_pb2.RecordProof, _Mapping]] = ...) -> None: ...

class PlanRow(_message.Message):
    __slots__ = ("row", "name", "verdict", "path", "why", "warnings", "kind", "type", "valid_to_ms", "rule", "issuing_unit", "drafts", "record", "grants", "proof")
    ROW_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    VALID_TO_MS_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    ISSUING_UNIT_FIELD_NUMBER: _ClassVar[int]
    DRAFTS_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    GRANTS_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    row: str
    name: str
    verdict: Verdict
    path: Path
    why: Why
    warnings: _containers.RepeatedScalarFieldContainer[Warning]
    kind: _types_pb2.Kind
    type: str
    valid_to_ms: int
    rule: str
    issuing_unit: str
    drafts: _containers.RepeatedCompositeFieldContainer[_grants_pb2.GrantBody]
    record: bytes
    grants: _containers.RepeatedScalarFieldContainer[bytes]
    proof: _proof_pb2.RecordProof
    def __init__(self, row: _Optional[str] = ..., name: _Optional[str] = ..., verdict: _Optional[_Union[Verdict, str]] = ..., path: _Optional[_Union[Path, str]] = ..., why: _Optional[_Union[Why, str]] = ..., warnings: _Optional[_Iterable[_Union[Warning, str]]] = ..., kind: _Optional[_Union[_types_pb2.Kind, str]] = ..., type: _Optional[str] = ..., valid_to_ms: _Optional[int] = ..., rule: _Optional[str] = ..., issuing_unit: _Optional[str] = ..., drafts: _Optional[_Iterable[_Union[_grants_pb2.GrantBody, _Mapping]]] = ..., record: _Optional[bytes] = ..., grants: _Optional[_Iterable[bytes]] = ..., proof: _Optional[_Union[_proof_pb2.RecordProof, _Mapping]] = ...) -> None: ...

class PlanAnswer(_message.Message):
    __slots__ = ("anchor", "matter", "case", "rows")
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    MATTER_FIELD_NUMBER: _ClassVar[int]
    CASE_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    anchor: _proof_pb2.Anchor
    matter: _proof_pb2.RecordProof
    case: _proof_pb2.RecordProof
    rows: _containers.RepeatedCompositeFieldContainer[PlanRow]
    def __init__(self, anchor: _Optional[_Union[_proof_pb2.Anchor, _Mapping]] = ..., matter: _Optional[_Union[_proof_pb2.RecordProof, _Mapping]] = ..., case: _Optional[_Union[_proof_pb2.RecordProof, _Mapping]] = ..., rows: _Optional[_Iterable[_Union[PlanRow, _Mapping]]] = ...) -> None: ...

class TraceRequest(_message.Message):
    __slots__ = ("batch", "start")
    BATCH_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    batch: _batch_pb2.SignedBatch
    start: int
    def __init__(self, batch: _Optional[_Union[_batch_pb2.SignedBatch, _Mapping]] = ..., start: _Optional[int] = ...) -> None: ...

class TraceElement(_message.Message):
    __slots__ = ("log", "epoch", "index", "leaf")
    LOG_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    LEAF_FIELD_NUMBER: _ClassVar[int]
    log: _proof_pb2.Log
    epoch: int
    index: int
    leaf: bytes
    def __init__(self, log: _Optional[_Union[_proof_pb2.Log, str]] = ..., epoch: _Optional[int] = ..., index: _Optional[int] = ..., leaf: _Optional[bytes] = ...) -> None: ...

class TraceAnswer(_message.Message):
    __slots__ = ("anchor", "proof", "elements", "more")
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    ELEMENTS_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    anchor: _proof_pb2.Anchor
    proof: _proof_pb2.TraceProof
    elements: _containers.RepeatedCompositeFieldContainer[TraceElement]
    more: bool
    def __init__(self, anchor: _Optional[_Union[_proof_pb2.Anchor, _Mapping]] = ..., proof: _Optional[_Union[_proof_pb2.TraceProof, _Mapping]] = ..., elements: _Optional[_Iterable[_Union[TraceElement, _Mapping]]] = ..., more: _Optional[bool] = ...) -> None: ...

class UseRequest(_message.Message):
    __slots__ = ("use",)
    USE_FIELD_NUMBER: _ClassVar[int]
    use: bytes
    def __init__(self, use: _Optional[bytes] = ...) -> None: ...

class UseAnswer(_message.Message):
    __slots__ = ("anchor", "use", "record", "chains", "kind", "type", "opening")
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    USE_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    CHAINS_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    OPENING_FIELD_NUMBER: _ClassVar[int]
    anchor: _proof_pb2.Anchor
    use: _proof_pb2.Inclusion
    record: _proof_pb2.RecordProof
    chains: _containers.RepeatedCompositeFieldContainer[_proof_pb2.GrantChainProof]
    kind: _types_pb2.Kind
    type: _proof_pb2.RecordProof
    opening: _proof_pb2.SignatureProof
    def __init__(self, anchor: _Optional[_Union[_proof_pb2.Anchor, _Mapping]] = ..., use: _Optional[_Union[_proof_pb2.Inclusion, _Mapping]] = ..., record: _Optional[_Union[_proof_pb2.RecordProof, _Mapping]] = ..., chains: _Optional[_Iterable[_Union[_proof_pb2.GrantChainProof, _Mapping]]] = ..., kind: _Optional[_Union[_types_pb2.Kind, str]] = ..., type: _Optional[_Union[_proof_pb2.RecordProof, _Mapping]] = ..., opening: _Optional[_Union[_proof_pb2.SignatureProof, _Mapping]] = ...) -> None: ...

class ObjectRequest(_message.Message):
    __slots__ = ("kind", "id")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    kind: _types_pb2.Kind
    id: bytes
    def __init__(self, kind: _Optional[_Union[_types_pb2.Kind, str]] = ..., id: _Optional[bytes] = ...) -> None: ...

class ObjectAnswer(_message.Message):
    __slots__ = ("anchor", "found", "object", "sequence", "proposal")
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    PROPOSAL_FIELD_NUMBER: _ClassVar[int]
    anchor: _proof_pb2.Anchor
    found: bool
    object: _proof_pb2.RecordProof
    sequence: int
    proposal: _state_pb2.ProposalState
    def __init__(self, anchor: _Optional[_Union[_proof_pb2.Anchor, _Mapping]] = ..., found: _Optional[bool] = ..., object: _Optional[_Union[_proof_pb2.RecordProof, _Mapping]] = ..., sequence: _Optional[int] = ..., proposal: _Optional[_Union[_state_pb2.ProposalState, _Mapping]] = ...) -> None: ...

class GovernanceRequest(_message.Message):
    __slots__ = ("with_decided",)
    WITH_DECIDED_FIELD_NUMBER: _ClassVar[int]
    with_decided: bool
    def __init__(self, with_decided: _Optional[bool] = ...) -> None: ...

class ShownProposal(_message.Message):
    __slots__ = ("proposal", "state")
    PROPOSAL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    proposal: _proof_pb2.RecordProof
    state: _state_pb2.ProposalState
    def __init__(self, proposal: _Optional[_Union[_proof_pb2.RecordProof, _Mapping]] = ..., state: _Optional[_Union[_state_pb2.ProposalState, _Mapping]] = ...) -> None: ...

class GovernanceAnswer(_message.Message):
    __slots__ = ("anchor", "proposals", "members", "nodes", "validators", "parameters")
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    PROPOSALS_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    VALIDATORS_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    anchor: _proof_pb2.Anchor
    proposals: _containers.RepeatedCompositeFieldContainer[ShownProposal]
    members: _containers.RepeatedCompositeFieldContainer[_proof_pb2.RecordProof]
    nodes: _containers.RepeatedCompositeFieldContainer[_proof_pb2.RecordProof]
    validators: _containers.RepeatedCompositeFieldContainer[_state_pb2.ValidatorState]
    parameters: _state_pb2.Parameters
    def __init__(self, anchor: _Optional[_Union[_proof_pb2.Anchor, _Mapping]] = ..., proposals: _Optional[_Iterable[_Union[ShownProposal, _Mapping]]] = ..., members: _Optional[_Iterable[_Union[_proof_pb2.RecordProof, _Mapping]]] = ..., nodes: _Optional[_Iterable[_Union[_proof_pb2.RecordProof, _Mapping]]] = ..., validators: _Optional[_Iterable[_Union[_state_pb2.ValidatorState, _Mapping]]] = ..., parameters: _Optional[_Union[_state_pb2.Parameters, _Mapping]] = ...) -> None: ...

class GrantRequest(_message.Message):
    __slots__ = ("grant",)
    GRANT_FIELD_NUMBER: _ClassVar[int]
    grant: bytes
    def __init__(self, grant: _Optional[bytes] = ...) -> None: ...

class GrantAnswer(_message.Message):
    __slots__ = ("anchor", "found", "chain", "uses_left", "events")
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    CHAIN_FIELD_NUMBER: _ClassVar[int]
    USES_LEFT_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    anchor: _proof_pb2.Anchor
    found: bool
    chain: _proof_pb2.GrantChainProof
    uses_left: int
    events: int
    def __init__(self, anchor: _Optional[_Union[_proof_pb2.Anchor, _Mapping]] = ..., found: _Optional[bool] = ..., chain: _Optional[_Union[_proof_pb2.GrantChainProof, _Mapping]] = ..., uses_left: _Optional[int] = ..., events: _Optional[int] = ...) -> None: ...

class StatusRequest(_message.Message):
    __slots__ = ("trusted_height",)
    TRUSTED_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    trusted_height: int
    def __init__(self, trusted_height: _Optional[int] = ...) -> None: ...

class NodeStatus(_message.Message):
    __slots__ = ("chain_id", "height", "provable_height", "block_time_ms", "app_hash", "engine", "version", "anchor", "genesis_digest", "health")
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    PROVABLE_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    BLOCK_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    APP_HASH_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    GENESIS_DIGEST_FIELD_NUMBER: _ClassVar[int]
    HEALTH_FIELD_NUMBER: _ClassVar[int]
    chain_id: str
    height: int
    provable_height: int
    block_time_ms: int
    app_hash: bytes
    engine: str
    version: str
    anchor: _proof_pb2.Anchor
    genesis_digest: bytes
    health: NodeHealth
    def __init__(self, chain_id: _Optional[str] = ..., height: _Optional[int] = ..., provable_height: _Optional[int] = ..., block_time_ms: _Optional[int] = ..., app_hash: _Optional[bytes] = ..., engine: _Optional[str] = ..., version: _Optional[str] = ..., anchor: _Optional[_Union[_proof_pb2.Anchor, _Mapping]] = ..., genesis_digest: _Optional[bytes] = ..., health: _Optional[_Union[NodeHealth, _Mapping]] = ...) -> None: ...

class NodeHealth(_message.Message):
    __slots__ = ("ready", "reasons", "catching_up", "header_age_ms", "waiting_batches", "peers", "peers_expected", "validators", "own_validator", "disk_free_bytes", "disk_reserve_bytes", "hours_left", "clock_skew_ms", "listed", "authorities")
    READY_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    CATCHING_UP_FIELD_NUMBER: _ClassVar[int]
    HEADER_AGE_MS_FIELD_NUMBER: _ClassVar[int]
    WAITING_BATCHES_FIELD_NUMBER: _ClassVar[int]
    PEERS_FIELD_NUMBER: _ClassVar[int]
    PEERS_EXPECTED_FIELD_NUMBER: _ClassVar[int]
    VALIDATORS_FIELD_NUMBER: _ClassVar[int]
    OWN_VALIDATOR_FIELD_NUMBER: _ClassVar[int]
    DISK_FREE_BYTES_FIELD_NUMBER: _ClassVar[int]
    DISK_RESERVE_BYTES_FIELD_NUMBER: _ClassVar[int]
    HOURS_LEFT_FIELD_NUMBER: _ClassVar[int]
    CLOCK_SKEW_MS_FIELD_NUMBER: _ClassVar[int]
    LISTED_FIELD_NUMBER: _ClassVar[int]
    AUTHORITIES_FIELD_NUMBER: _ClassVar[int]
    ready: bool
    reasons: _containers.RepeatedScalarFieldContainer[str]
    catching_up: bool
    header_age_ms: int
    waiting_batches: int
    peers: _containers.RepeatedCompositeFieldContainer[PeerHealth]
    peers_expected: int
    validators: _containers.RepeatedCompositeFieldContainer[ValidatorHealth]
    own_validator: bytes
    disk_free_bytes: int
    disk_reserve_bytes: int
    hours_left: int
    clock_skew_ms: int
    listed: bool
    authorities: bytes
    def __init__(self, ready: _Optional[bool] = ..., reasons: _Optional[_Iterable[str]] = ..., catching_up: _Optional[bool] = ..., header_age_ms: _Optional[int] = ..., waiting_batches: _Optional[int] = ..., peers: _Optional[_Iterable[_Union[PeerHealth, _Mapping]]] = ..., peers_expected: _Optional[int] = ..., validators: _Optional[_Iterable[_Union[ValidatorHealth, _Mapping]]] = ..., own_validator: _Optional[bytes] = ..., disk_free_bytes: _Optional[int] = ..., disk_reserve_bytes: _Optional[int] = ..., hours_left: _Optional[int] = ..., clock_skew_ms: _Optional[int] = ..., listed: _Optional[bool] = ..., authorities: _Optional[bytes] = ...) -> None: ...

class PeerHealth(_message.Message):
    __slots__ = ("node_id", "address", "height")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    node_id: bytes
    address: str
    height: int
    def __init__(self, node_id: _Optional[bytes] = ..., address: _Optional[str] = ..., height: _Optional[int] = ...) -> None: ...

class ValidatorHealth(_message.Message):
    __slots__ = ("address", "member", "signed_last")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    SIGNED_LAST_FIELD_NUMBER: _ClassVar[int]
    address: bytes
    member: str
    signed_last: bool
    def __init__(self, address: _Optional[bytes] = ..., member: _Optional[str] = ..., signed_last: _Optional[bool] = ...) -> None: ...

from zhenglian_proto.v1 import cases_pb2 as _cases_pb2
from zhenglian_proto.v1 import constraints_pb2 as _constraints_pb2
from zhenglian_proto.v1 import corrections_pb2 as _corrections_pb2
from zhenglian_proto.v1 import eras_pb2 as _eras_pb2
from zhenglian_proto.v1 import governance_pb2 as _governance_pb2
from zhenglian_proto.v1 import grants_pb2 as _grants_pb2
from zhenglian_proto.v1 import members_pb2 as _members_pb2
from zhenglian_proto.v1 import records_pb2 as _records_pb2
from zhenglian_proto.v1 import registries_pb2 as _registries_pb2
from zhenglian_proto.v1 import types_pb2 as _types_pb2
from zhenglian_proto.v1 import uses_pb2 as _uses_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Context(_message.Message):
    __slots__ = ("actor", "channel", "stage")
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    actor: bytes
    channel: _types_pb2.Channel
    stage: _types_pb2.Stage
    def __init__(self, actor: _Optional[bytes] = ..., channel: _Optional[_Union[_types_pb2.Channel, str]] = ..., stage: _Optional[_Union[_types_pb2.Stage, str]] = ...) -> None: ...

class Operation(_message.Message):
    __slots__ = ("context", "put_member", "put_unit", "put_system", "key", "put_node", "put_region", "put_rule", "put_recognition_list", "put_mandate", "put_licence_type", "put_material_type", "retire", "put_matter", "open_case", "advance_case", "open_project", "admit_participant", "issue_licence", "change_licence", "collect_material", "decide_material", "bind_holder_key", "end_holder_key", "give_grant", "change_grant", "plan_query", "verify_query", "audit_query", "present", "open_use", "close_use", "rely", "raise_dispute", "clear_dispute", "propose", "vote", "begin_era")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    PUT_MEMBER_FIELD_NUMBER: _ClassVar[int]
    PUT_UNIT_FIELD_NUMBER: _ClassVar[int]
    PUT_SYSTEM_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    PUT_NODE_FIELD_NUMBER: _ClassVar[int]
    PUT_REGION_FIELD_NUMBER: _ClassVar[int]
    PUT_RULE_FIELD_NUMBER: _ClassVar[int]
    PUT_RECOGNITION_LIST_FIELD_NUMBER: _ClassVar[int]
    PUT_MANDATE_FIELD_NUMBER: _ClassVar[int]
    PUT_LICENCE_TYPE_FIELD_NUMBER: _ClassVar[int]
    PUT_MATERIAL_TYPE_FIELD_NUMBER: _ClassVar[int]
    RETIRE_FIELD_NUMBER: _ClassVar[int]
    PUT_MATTER_FIELD_NUMBER: _ClassVar[int]
    OPEN_CASE_FIELD_NUMBER: _ClassVar[int]
    ADVANCE_CASE_FIELD_NUMBER: _ClassVar[int]
    OPEN_PROJECT_FIELD_NUMBER: _ClassVar[int]
    ADMIT_PARTICIPANT_FIELD_NUMBER: _ClassVar[int]
    ISSUE_LICENCE_FIELD_NUMBER: _ClassVar[int]
    CHANGE_LICENCE_FIELD_NUMBER: _ClassVar[int]
    COLLECT_MATERIAL_FIELD_NUMBER: _ClassVar[int]
    DECIDE_MATERIAL_FIELD_NUMBER: _ClassVar[int]
    BIND_HOLDER_KEY_FIELD_NUMBER: _ClassVar[int]
    END_HOLDER_KEY_FIELD_NUMBER: _ClassVar[int]
    GIVE_GRANT_FIELD_NUMBER: _ClassVar[int]
    CHANGE_GRANT_FIELD_NUMBER: _ClassVar[int]
    PLAN_QUERY_FIELD_NUMBER: _ClassVar[int]
    VERIFY_QUERY_FIELD_NUMBER: _ClassVar[int]
    AUDIT_QUERY_FIELD_NUMBER: _ClassVar[int]
    PRESENT_FIELD_NUMBER: _ClassVar[int]
    OPEN_USE_FIELD_NUMBER: _ClassVar[int]
    CLOSE_USE_FIELD_NUMBER: _ClassVar[int]
    RELY_FIELD_NUMBER: _ClassVar[int]
    RAISE_DISPUTE_FIELD_NUMBER: _ClassVar[int]
    CLEAR_DISPUTE_FIELD_NUMBER: _ClassVar[int]
    PROPOSE_FIELD_NUMBER: _ClassVar[int]
    VOTE_FIELD_NUMBER: _ClassVar[int]
    BEGIN_ERA_FIELD_NUMBER: _ClassVar[int]
    context: Context
    put_member: _members_pb2.Member
    put_unit: _members_pb2.Unit
    put_system: _members_pb2.System
    key: _members_pb2.KeyOperation
    put_node: _governance_pb2.NetworkNode
    put_region: _registries_pb2.Region
    put_rule: _registries_pb2.LegalRule
    put_recognition_list: _registries_pb2.RecognitionList
    put_mandate: _registries_pb2.CollectingMandate
    put_licence_type: _registries_pb2.LicenceType
    put_material_type: _registries_pb2.MaterialType
    retire: _registries_pb2.Retire
    put_matter: _registries_pb2.Matter
    open_case: _cases_pb2.OpenCase
    advance_case: _cases_pb2.AdvanceCase
    open_project: _cases_pb2.OpenProject
    admit_participant: _cases_pb2.AdmitParticipant
    issue_licence: _records_pb2.IssueLicence
    change_licence: _records_pb2.ChangeLicence
    collect_material: _records_pb2.CollectMaterial
    decide_material: _records_pb2.DecideMaterial
    bind_holder_key: _grants_pb2.BindHolderKey
    end_holder_key: _grants_pb2.EndHolderKey
    give_grant: _grants_pb2.GiveGrant
    change_grant: _grants_pb2.ChangeGrant
    plan_query: _uses_pb2.PlanQuery
    verify_query: _uses_pb2.VerifyQuery
    audit_query: _uses_pb2.AuditQuery
    present: _uses_pb2.Present
    open_use: _uses_pb2.OpenUse
    close_use: _uses_pb2.CloseUse
    rely: _uses_pb2.Rely
    raise_dispute: _corrections_pb2.RaiseDispute
    clear_dispute: _corrections_pb2.ClearDispute
    propose: _governance_pb2.Propose
    vote: _governance_pb2.Vote
    begin_era: _eras_pb2.BeginEra
    def __init__(self, context: _Optional[_Union[Context, _Mapping]] = ..., put_member: _Optional[_Union[_members_pb2.Member, _Mapping]] = ..., put_unit: _Optional[_Union[_members_pb2.Unit, _Mapping]] = ..., put_system: _Optional[_Union[_members_pb2.System, _Mapping]] = ..., key: _Optional[_Union[_members_pb2.KeyOperation, _Mapping]] = ..., put_node: _Optional[_Union[_governance_pb2.NetworkNode, _Mapping]] = ..., put_region: _Optional[_Union[_registries_pb2.Region, _Mapping]] = ..., put_rule: _Optional[_Union[_registries_pb2.LegalRule, _Mapping]] = ..., put_recognition_list: _Optional[_Union[_registries_pb2.RecognitionList, _Mapping]] = ..., put_mandate: _Optional[_Union[_registries_pb2.CollectingMandate, _Mapping]] = ..., put_licence_type: _Optional[_Union[_registries_pb2.LicenceType, _Mapping]] = ..., put_material_type: _Optional[_Union[_registries_pb2.MaterialType, _Mapping]] = ..., retire: _Optional[_Union[_registries_pb2.Retire, _Mapping]] = ..., put_matter: _Optional[_Union[_registries_pb2.Matter, _Mapping]] = ..., open_case: _Optional[_Union[_cases_pb2.OpenCase, _Mapping]] = ..., advance_case: _Optional[_Union[_cases_pb2.AdvanceCase, _Mapping]] = ..., open_project: _Optional[_Union[_cases_pb2.OpenProject, _Mapping]] = ..., admit_participant: _Optional[_Union[_cases_pb2.AdmitParticipant, _Mapping]] = ..., issue_licence: _Optional[_Union[_records_pb2.IssueLicence, _Mapping]] = ..., change_licence: _Optional[_Union[_records_pb2.ChangeLicence, _Mapping]] = ..., collect_material: _Optional[_Union[_records_pb2.CollectMaterial, _Mapping]] = ..., decide_material: _Optional[_Union[_records_pb2.DecideMaterial, _Mapping]] = ..., bind_holder_key: _Optional[_Union[_grants_pb2.BindHolderKey, _Mapping]] = ..., end_holder_key: _Optional[_Union[_grants_pb2.EndHolderKey, _Mapping]] = ..., give_grant: _Optional[_Union[_grants_pb2.GiveGrant, _Mapping]] = ..., change_grant: _Optional[_Union[_grants_pb2.ChangeGrant, _Mapping]] = ..., plan_query: _Optional[_Union[_uses_pb2.PlanQuery, _Mapping]] = ..., verify_query: _Optional[_Union[_uses_pb2.VerifyQuery, _Mapping]] = ..., audit_query: _Optional[_Union[_uses_pb2.AuditQuery, _Mapping]] = ..., present: _Optional[_Union[_uses_pb2.Present, _Mapping]] = ..., open_use: _Optional[_Union[_uses_pb2.OpenUse, _Mapping]] = ..., close_use: _Optional[_Union[_uses_pb2.CloseUse, _Mapping]] = ..., rely: _Optional[_Union[_uses_pb2.Rely, _Mapping]] = ..., raise_dispute: _Optional[_Union[_corrections_pb2.RaiseDispute, _Mapping]] = ..., clear_dispute: _Optional[_Union[_corrections_pb2.ClearDispute, _Mapping]] = ..., propose: _Optional[_Union[_governance_pb2.Propose, _Mapping]] = ..., vote: _Optional[_Union[_governance_pb2.Vote, _Mapping]] = ..., begin_era: _Optional[_Union[_eras_pb2.BeginEra, _Mapping]] = ...) -> None: ...

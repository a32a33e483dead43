"""What each kind of operation is: its rule, its log, and how it is traced. One table (SPEC 3.1)."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from zhenglian_ledger.rows import ACCESS, REGISTRY
from zhenglian_ledger.rules import (
    cases,
    corrections,
    eras,
    grants,
    holder_keys,
    keys,
    licences,
    materials,
    matters,
    members,
    nodes,
    proposals,
    registries,
    releases,
    tracing,
    uses,
)
from zhenglian_ledger.step import Step

Process = Callable[[Step, Any], None]


class OperationRule(NamedTuple):
    """`process` is the rule; accepted operations become entries of `log`; `trace` names the keys of a use."""

    process: Process
    log: int = REGISTRY
    trace: Process = lambda _step, _message: None


OPERATIONS: Final[dict[str, OperationRule]] = {
    "put_member": OperationRule(members.process_put_member),
    "put_unit": OperationRule(members.process_put_unit),
    "put_system": OperationRule(members.process_put_system),
    "key": OperationRule(keys.process_key),
    "put_node": OperationRule(nodes.process_put_node),
    "put_region": OperationRule(registries.process_put_region),
    "put_rule": OperationRule(registries.process_put_rule),
    "put_recognition_list": OperationRule(registries.process_put_recognition_list),
    "put_mandate": OperationRule(registries.process_put_mandate),
    "put_licence_type": OperationRule(registries.process_put_licence_type),
    "put_material_type": OperationRule(registries.process_put_material_type),
    "retire": OperationRule(registries.process_retire),
    "put_matter": OperationRule(matters.process_put_matter),
    "open_case": OperationRule(cases.process_open_case),
    "advance_case": OperationRule(cases.process_advance_case),
    "open_project": OperationRule(cases.process_open_project),
    "admit_participant": OperationRule(cases.process_admit_participant),
    "issue_licence": OperationRule(licences.process_issue_licence),
    "change_licence": OperationRule(licences.process_change_licence),
    "collect_material": OperationRule(materials.process_collect_material),
    "decide_material": OperationRule(materials.process_decide_material),
    "bind_holder_key": OperationRule(holder_keys.process_bind_holder_key),
    "end_holder_key": OperationRule(holder_keys.process_end_holder_key),
    "give_grant": OperationRule(grants.process_give_grant),
    "change_grant": OperationRule(grants.process_change_grant),
    "plan_query": OperationRule(uses.process_plan_query, ACCESS, tracing.trace_plan_query),
    "verify_query": OperationRule(uses.process_verify_query, ACCESS, tracing.trace_verify_query),
    "audit_query": OperationRule(uses.process_audit_query, ACCESS, tracing.trace_audit_query),
    "present": OperationRule(uses.process_present, ACCESS, tracing.trace_present),
    "open_use": OperationRule(releases.process_open_use, ACCESS, tracing.trace_open_use),
    "close_use": OperationRule(releases.process_close_use, ACCESS, tracing.trace_close_use),
    "rely": OperationRule(uses.process_rely, ACCESS, tracing.trace_rely),
    "raise_dispute": OperationRule(corrections.process_raise_dispute),
    "clear_dispute": OperationRule(corrections.process_clear_dispute),
    "propose": OperationRule(proposals.process_propose),
    "vote": OperationRule(proposals.process_vote),
    "begin_era": OperationRule(eras.process_begin_era),
}

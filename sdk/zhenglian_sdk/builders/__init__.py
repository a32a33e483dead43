"""Operations from friendly arguments: one function a kind, checked before anything is signed.

Choices are given by number or by short name ("WINDOW", "REVOKE"), dates as people write them (`interval`),
and identifiers are judged on the spot. What is returned is an Operation, or a part of one, to submit. Ids
that are drawn at random may be given, which a caller who repeats a request does, so that it stays the same.
"""

from zhenglian_sdk.builders.forms import build_context as context
from zhenglian_sdk.builders.grants import (
    bind_holder_key,
    change_grant,
    end_holder_key,
    give_grant,
    grant_body,
    grant_change,
    holder_key,
    holder_key_end,
    participant,
    scope,
)
from zhenglian_sdk.builders.members import add_key, end_key, put_member, put_system, put_unit
from zhenglian_sdk.builders.records import (
    admit_participant,
    advance_case,
    change_licence,
    clear_dispute,
    collect_material,
    decide_material,
    issue_licence,
    open_case,
    open_project,
    raise_dispute,
)
from zhenglian_sdk.builders.registries import (
    material_row,
    put_licence_type,
    put_mandate,
    put_material_type,
    put_matter,
    put_recognition_list,
    put_region,
    put_rule,
    retire,
)
from zhenglian_sdk.builders.uses import (
    audit_query,
    close_use,
    open_use,
    particulars,
    plan_query,
    present,
    rely,
    verify_query,
)
from zhenglian_sdk.civil_time import build_interval as interval

__all__ = [
    "add_key",
    "admit_participant",
    "advance_case",
    "audit_query",
    "bind_holder_key",
    "change_grant",
    "change_licence",
    "clear_dispute",
    "close_use",
    "collect_material",
    "context",
    "decide_material",
    "end_holder_key",
    "end_key",
    "give_grant",
    "grant_body",
    "grant_change",
    "holder_key",
    "holder_key_end",
    "interval",
    "issue_licence",
    "material_row",
    "open_case",
    "open_project",
    "open_use",
    "participant",
    "particulars",
    "plan_query",
    "present",
    "put_licence_type",
    "put_mandate",
    "put_material_type",
    "put_matter",
    "put_member",
    "put_recognition_list",
    "put_region",
    "put_rule",
    "put_system",
    "put_unit",
    "raise_dispute",
    "rely",
    "retire",
    "scope",
    "verify_query",
]

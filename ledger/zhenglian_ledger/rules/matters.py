"""Matters 事项 with their material lists 材料清单 (SPEC 5.3), version by version.

The rule of 免于提交 is enforced where a list is made: what government issued is not demanded of the applicant
on paper unless the row cites the rule that demands it. A steward registers a matter, or brings a retired one
back; the implementing unit writes later versions. A case keeps the version it was opened under.
"""

from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.rules.records import verify_unique
from zhenglian_ledger.rules.registries import verify_rule_in_force, verify_types
from zhenglian_ledger.state import Found
from zhenglian_ledger.step import Step
from zhenglian_proto.v1.members_pb2 import ROLE_STEWARD
from zhenglian_proto.v1.registries_pb2 import SOURCE_GOVERNMENT_ISSUED, MaterialRow, Matter
from zhenglian_proto.v1.types_pb2 import KIND_LICENCE_TYPE, KIND_MATERIAL_TYPE, KIND_MATTER

CITY_PART: Final = ("basic_code", "name", "basis")
"""Fields that are set for the whole city; an implementing unit's new version repeats them."""


def process_put_matter(step: Step, matter: Matter) -> None:
    """This version of the matter and its list are in force; earlier ones serve the cases opened under them.

    Raises Refused: NOT_OWNER, NOT_PERMITTED, WRONG_VERSION, NOT_FOUND, NOT_IN_FORCE, RULE_NOT_IN_FORCE,
    DUPLICATE, MISSING_FIELD, UNKNOWN_TYPE, BASIS_REQUIRED.
    """
    _verify_succession(step, matter)
    step.get_unit(matter.unit)
    verify_rule_in_force(step, matter.basis)
    verify_unique([row.id for row in matter.rows], "rows")
    for row in matter.rows:
        _verify_row(step, row)
    step.administer(KIND_MATTER, matter.id.encode())


def _verify_succession(step: Step, matter: Matter) -> None:
    """The version is the next, and its author may write it."""
    found = step.state.get_object(KIND_MATTER, matter.id.encode())
    if not step.author.is_genesis and ROLE_STEWARD not in step.author.roles:
        _verify_implementing_unit(step, matter, found)
    before = None if found is None else found.operation.put_matter
    expected = 1 if before is None else before.version + 1
    if matter.version != expected:
        raise Refused(Code.WRONG_VERSION, expected=expected)


def _verify_implementing_unit(step: Step, matter: Matter, found: Found | None) -> None:
    """The unit continues its own matter in force and leaves CITY_PART alone; it starts and revives none."""
    if step.author.unit != matter.unit or (found and found.operation.put_matter.unit != matter.unit):
        raise Refused(Code.NOT_OWNER)
    if found is None or not step.state.is_in_force(KIND_MATTER, found.index):
        raise Refused(Code.NOT_PERMITTED)
    before = found.operation.put_matter
    if any(getattr(before, name) != getattr(matter, name) for name in CITY_PART):
        raise Refused(Code.NOT_PERMITTED)


def _verify_row(step: Step, row: MaterialRow) -> None:
    if not row.licence_types and not row.material_types:
        raise Refused(Code.MISSING_FIELD, field="licence_types")
    verify_unique(row.licence_types, "licence_types")
    verify_unique(row.material_types, "material_types")
    verify_types(step, row.licence_types, KIND_LICENCE_TYPE)
    verify_types(step, row.material_types, KIND_MATERIAL_TYPE)
    if row.source == SOURCE_GOVERNMENT_ISSUED and not row.issuing_unit:
        raise Refused(Code.MISSING_FIELD, field="issuing_unit")
    if row.issuing_unit:
        step.get_unit(row.issuing_unit)
    if row.paper_demanded and is_issued(row) and not row.paper_basis:
        raise Refused(Code.BASIS_REQUIRED)
    if row.paper_basis:
        verify_rule_in_force(step, row.paper_basis)


def is_issued(row: MaterialRow) -> bool:
    """Whether the row asks for what government issued: as its source says, or because a licence fills it."""
    return row.source == SOURCE_GOVERNMENT_ISSUED or bool(row.licence_types)

"""Operations on the registries that give words meaning, and on matters (SPEC 5.2, 5.3)."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from zhenglian_ledger.identifiers import verify_region_form
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.registries_pb2 import (
    EFFECT_FORBID,
    EFFECT_WARN,
    CollectingMandate,
    Effect,
    Grade,
    HandlingItem,
    LegalRule,
    LicenceType,
    MaterialRow,
    MaterialType,
    Matter,
    Originator,
    RecognitionList,
    Region,
    Retire,
    ReuseKey,
    Source,
)
from zhenglian_proto.v1.types_pb2 import Interval, Kind
from zhenglian_sdk.builders.forms import (
    build_operation,
    check_optional_unit,
    check_type,
    check_types,
    check_unit,
    check_units,
    choose,
    choose_all,
)

_MS: Final = timedelta(milliseconds=1)


def put_region(id: str, name: str, *, valid: Interval) -> Operation:
    """A region 行政区划: 6, 9 or 12 digits."""
    verify_region_form(id)
    return build_operation("put_region", Region(id=id, name=name, valid=valid))


def put_rule(
    id: str,
    title: str,
    *,
    valid: Interval,
    document_number: str = "",
    article: str = "",
) -> Operation:
    """A legal basis, which statutory grants and paper demands cite."""
    rule = LegalRule(id=id, title=title, document_number=document_number, article=article, valid=valid)
    return build_operation("put_rule", rule)


def put_recognition_list(
    id: str,
    title: str,
    *,
    types: Iterable[str],
    issuing_units: Iterable[str],
    valid: Interval,
) -> Operation:
    """互认清单: what issuers outside the city's government are recognised for."""
    recognised = RecognitionList(
        id=id,
        title=title,
        types=check_types(types),
        issuing_units=check_units(issuing_units, "issuing_units"),
        valid=valid,
    )
    return build_operation("put_recognition_list", recognised)


def put_mandate(
    id: str,
    *,
    principal: str,
    agent: str,
    types: Iterable[str],
    valid: Interval,
    basis: str,
) -> Operation:
    """代归集: `agent` may submit what `principal` issued."""
    mandate = CollectingMandate(
        id=id,
        principal=check_unit(principal, "principal"),
        agent=check_unit(agent, "agent"),
        types=check_types(types),
        valid=valid,
        basis=basis,
    )
    return build_operation("put_mandate", mandate)


def put_licence_type(
    id: str,
    name: str,
    *,
    issuing_units: Iterable[str],
    grade: Grade | str,
    basis: str = "",
    replaces_paper: bool = True,
    on_dispute: Effect | str = EFFECT_WARN,
    on_suspension: Effect | str = EFFECT_FORBID,
    part_types: Iterable[str] = (),
    fields: Iterable[str] = (),
) -> Operation:
    """A licence type 证照类型 by its 36904 code; without `basis` it exempts nobody."""
    licence_type = LicenceType(
        id=check_type(id, "id"),
        name=name,
        basis=basis,
        replaces_paper=replaces_paper,
        issuing_units=check_units(issuing_units, "issuing_units"),
        on_dispute=choose(Effect, on_dispute),
        on_suspension=choose(Effect, on_suspension),
        grade=choose(Grade, grade),
        part_types=check_types(part_types, "part_types"),
        fields=fields,
    )
    return build_operation("put_licence_type", licence_type)


def put_material_type(
    id: str,
    name: str,
    *,
    grade: Grade | str,
    reuse_key: ReuseKey | str,
    originators: Iterable[Originator | str],
    max_age: timedelta | None = None,
    review_points: Iterable[str] = (),
    on_dispute: Effect | str = EFFECT_WARN,
) -> Operation:
    """A material type 材料类型; `max_age` since acceptance, None without limit."""
    material_type = MaterialType(
        id=id,
        name=name,
        grade=choose(Grade, grade),
        reuse_key=choose(ReuseKey, reuse_key),
        max_age_ms=0 if max_age is None else max_age // _MS,
        originators=choose_all(Originator, originators),
        review_points=review_points,
        on_dispute=choose(Effect, on_dispute),
    )
    return build_operation("put_material_type", material_type)


def retire(kind: Kind | str, id: str) -> Operation:
    """An administered object goes out of force without a successor."""
    return build_operation("retire", Retire(kind=choose(Kind, kind), id=id))


def material_row(
    id: str,
    name: str,
    *,
    source: Source | str,
    licence_types: Iterable[str] = (),
    material_types: Iterable[str] = (),
    issuing_unit: str = "",
    paper_basis: str = "",
    commitment_allowed: bool = False,
    may_follow: bool = False,
) -> MaterialRow:
    """One row of a material list; naming a `paper_basis` demands paper."""
    return MaterialRow(
        id=id,
        name=name,
        licence_types=check_types(licence_types, "licence_types"),
        material_types=check_types(material_types, "material_types"),
        source=choose(Source, source),
        issuing_unit=check_optional_unit(issuing_unit, "issuing_unit"),
        paper_demanded=bool(paper_basis),
        paper_basis=paper_basis,
        commitment_allowed=commitment_allowed,
        may_follow=may_follow,
    )


def put_matter(
    id: str,
    name: str,
    *,
    version: int,
    basic_code: str,
    basis: str,
    unit: str,
    handling_item: HandlingItem | str,
    promised: timedelta,
    rows: Iterable[MaterialRow],
    situation: str = "",
    delegation_depth: int = 0,
) -> Operation:
    """A matter 事项 in one situation with its material list; `version` is one more than the last."""
    matter = Matter(
        id=id,
        version=version,
        basic_code=basic_code,
        name=name,
        basis=basis,
        unit=check_unit(unit),
        handling_item=choose(HandlingItem, handling_item),
        situation=situation,
        promised_ms=promised // _MS,
        delegation_depth=delegation_depth,
        rows=rows,
    )
    return build_operation("put_matter", matter)

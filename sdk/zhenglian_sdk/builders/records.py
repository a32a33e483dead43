"""Operations on cases, projects, licences, materials and disputes (SPEC 5.4-5.6, 5.10)."""

from collections.abc import Iterable
from datetime import timedelta

from zhenglian_proto.v1.cases_pb2 import AdmitParticipant, AdvanceCase, CaseEvent, OpenCase, OpenProject
from zhenglian_proto.v1.corrections_pb2 import ClearDispute, Ground, RaiseDispute, Resolution, RootCause
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.records_pb2 import (
    ORIGIN_ISSUED,
    ChangeLicence,
    CollectMaterial,
    DecideMaterial,
    IssueLicence,
    LicenceEvent,
    MaterialEvent,
    Origin,
    Reason,
)
from zhenglian_proto.v1.registries_pb2 import Originator
from zhenglian_proto.v1.types_pb2 import HOLDER_RULE_ANY, Attestation, CaseRef, Content, HolderRule, Interval
from zhenglian_sdk.builders.forms import (
    build_case_ref,
    build_operation,
    build_random_id,
    check_distinct,
    check_id,
    check_optional_unit,
    check_type,
    check_unit,
    choose,
)
from zhenglian_sdk.civil_time import Moment, compute_moment_ms


def open_case(
    number: str,
    *,
    matter: str,
    matter_version: int,
    applicant: bytes,
    promised: Moment,
    agent: bytes = b"",
    agent_grant: bytes = b"",
    project: bytes = b"",
    premises: bytes = b"",
) -> Operation:
    """A case 办件 of the author's unit under one list version; `promised` is the decision's date."""
    case = OpenCase(
        number=number,
        matter=matter,
        matter_version=matter_version,
        applicant=check_id(applicant, "applicant"),
        agent=agent,
        agent_grant=agent_grant,
        project=project,
        premises=premises,
        promised_ms=compute_moment_ms(promised),
    )
    return build_operation("open_case", case)


def advance_case(number: str, event: CaseEvent | str) -> Operation:
    """The case takes a step: "ACCEPT", "GRANT", "REFUSE", "CLOSE" or "WITHDRAW"."""
    return build_operation("advance_case", AdvanceCase(number=number, event=choose(CaseEvent, event)))


def open_project(*, code: str, kind: str, lead: bytes, id: bytes = b"") -> Operation:
    """A project 项目 led by a subject; a fresh id where none is given."""
    project = OpenProject(id=id or build_random_id(), code=code, kind=kind, lead=check_id(lead, "lead"))
    return build_operation("open_project", project)


def admit_participant(body: AdmitParticipant.Body, attestation: Attestation) -> Operation:
    """The lead admits a participant: attested over `compute_participant_target(body)`."""
    return build_operation("admit_participant", AdmitParticipant(body=body, attestation=attestation))


def issue_licence(
    *,
    id: bytes,
    type: str,
    holders: Iterable[bytes],
    issuing_unit: str,
    custodian: str,
    valid: Interval,
    content: Content,
    holder_rule: HolderRule | str = HOLDER_RULE_ANY,
    origin: Origin | str = ORIGIN_ISSUED,
    supersedes: bytes = b"",
    parts: Iterable[bytes] = (),
    paper_issued: Moment | None = None,
    case: tuple[str, str] | CaseRef | None = None,
) -> Operation:
    """A licence 电子证照; `id` and `holders` are the identity gateway's, `content` the file's digests."""
    licence = IssueLicence(
        id=check_id(id, "id"),
        type=check_type(type),
        holders=check_distinct(holders, "holders"),
        holder_rule=choose(HolderRule, holder_rule),
        issuing_unit=check_unit(issuing_unit, "issuing_unit"),
        custodian=check_unit(custodian, "custodian"),
        origin=choose(Origin, origin),
        valid=valid,
        content=content,
        supersedes=supersedes,
        parts=check_distinct(parts, "parts"),
        paper_issued_ms=0 if paper_issued is None else compute_moment_ms(paper_issued),
        case=build_case_ref(case),
    )
    return build_operation("issue_licence", licence)


def change_licence(licence: bytes, event: LicenceEvent | str, reason: Reason | str) -> Operation:
    """The licence meets "SUSPEND", "RESUME", "REVOKE" or "CANCEL" for a reason ("WITHHELD" …)."""
    change = ChangeLicence(
        licence=check_id(licence, "licence"), event=choose(LicenceEvent, event), reason=choose(Reason, reason)
    )
    return build_operation("change_licence", change)


def collect_material(
    *,
    type: str,
    holders: Iterable[bytes],
    case_number: str,
    originator: Originator | str,
    custodian: str,
    valid: Interval,
    content: Content,
    id: bytes = b"",
    holder_rule: HolderRule | str = HOLDER_RULE_ANY,
    originating_unit: str = "",
    project: bytes = b"",
    premises: bytes = b"",
    retention: timedelta | None = None,
) -> Operation:
    """A material 电子材料, PENDING until its case accepts it; `retention` None keeps it for ever."""
    material = CollectMaterial(
        id=id or build_random_id(),
        type=check_type(type),
        holders=check_distinct(holders, "holders"),
        holder_rule=choose(HolderRule, holder_rule),
        case_number=case_number,
        project=project,
        premises=premises,
        originator=choose(Originator, originator),
        originating_unit=check_optional_unit(originating_unit, "originating_unit"),
        custodian=check_unit(custodian, "custodian"),
        valid=valid,
        content=content,
        retention_ms=0 if retention is None else retention // timedelta(milliseconds=1),
    )
    return build_operation("collect_material", material)


def decide_material(material: bytes, event: MaterialEvent | str) -> Operation:
    """The case decides over a material: "ACCEPT", "REJECT" or "WITHDRAW"."""
    decision = DecideMaterial(material=check_id(material, "material"), event=choose(MaterialEvent, event))
    return build_operation("decide_material", decision)


def raise_dispute(
    record: bytes,
    *,
    ground: Ground | str,
    statement: bytes,
    fields: Iterable[str] = (),
    id: bytes = b"",
) -> Operation:
    """A dispute 异议 beside a record; `statement` is the SHA-256 of the statement kept off the ledger."""
    dispute = RaiseDispute(
        id=id or build_random_id(),
        record=check_id(record, "record"),
        ground=choose(Ground, ground),
        fields=fields,
        statement=check_id(statement, "statement"),
    )
    return build_operation("raise_dispute", dispute)


def clear_dispute(dispute: bytes, *, resolution: Resolution | str, root_cause: RootCause | str) -> Operation:
    """A dispute is closed with what came of it and its root cause 根因."""
    clearing = ClearDispute(
        dispute=check_id(dispute, "dispute"),
        resolution=choose(Resolution, resolution),
        root_cause=choose(RootCause, root_cause),
    )
    return build_operation("clear_dispute", clearing)

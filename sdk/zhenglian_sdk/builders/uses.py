"""Operations of the uses family 用证: queries that leave a trace, and uses under grants (SPEC 5.9)."""

from collections.abc import Iterable

from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.types_pb2 import PURPOSE_SERVICE, Attestation, Purpose
from zhenglian_proto.v1.uses_pb2 import (
    ActorRef,
    AuditQuery,
    CloseUse,
    OpenUse,
    Outcome,
    Particulars,
    PlanQuery,
    Present,
    Rely,
    VerifyQuery,
)
from zhenglian_sdk.builders.forms import (
    build_operation,
    build_random_id,
    check_distinct,
    check_id,
    check_unit,
    choose,
)


def particulars(
    *,
    purpose: Purpose | str = PURPOSE_SERVICE,
    matter: str = "",
    scene: str = "",
    case_number: str = "",
    fields: Iterable[str] = (),
    whole_document: bool = False,
) -> Particulars:
    """What a use is for; `fields` or the whole document is what it asks for."""
    return Particulars(
        purpose=choose(Purpose, purpose),
        matter=matter,
        scene=scene,
        case_number=case_number,
        fields=fields,
        whole_document=whole_document,
    )


def plan_query(case_number: str) -> Operation:
    """The reuse plan of the unit's own open case is asked for."""
    return build_operation("plan_query", PlanQuery(case_number=case_number))


def verify_query(
    *,
    record: bytes = b"",
    sha256: bytes = b"",
    purpose: Purpose | str = PURPOSE_SERVICE,
    case_number: str = "",
) -> Operation:
    """核验: a record is looked up by its id, or by the SHA-256 of its content, exactly one of both."""
    query = VerifyQuery(purpose=choose(Purpose, purpose), case_number=case_number)
    if record:
        query.record = check_id(record, "record")
    if sha256:
        query.sha256 = check_id(sha256, "sha256")
    return build_operation("verify_query", query)


def audit_query(
    reason: str,
    *,
    subject: bytes = b"",
    grant: bytes = b"",
    record: bytes = b"",
    unit: str = "",
    actor: bytes = b"",
    period: int = 0,
) -> Operation:
    """A trace is read for a reason, of one of subject, grant, record, or unit (its actor, in a period)."""
    query = AuditQuery(reason=reason, period=period)
    if subject:
        query.subject = check_id(subject, "subject")
    if grant:
        query.grant = check_id(grant, "grant")
    if record:
        query.record = check_id(record, "record")
    if unit:
        query.actor.CopyFrom(ActorRef(unit=check_unit(unit), actor=actor))
    return build_operation("audit_query", query)


def present(
    record: bytes,
    *,
    id: bytes,
    particulars: Particulars,
    attestation: Attestation,
) -> Operation:
    """亮证: attested over `compute_present_target(record, id, unit, chain_id)`: the id comes first."""
    shown = Present(
        id=check_id(id, "id"),
        record=check_id(record, "record"),
        particulars=particulars,
        attestation=attestation,
    )
    return build_operation("present", shown)


def open_use(
    record: bytes,
    *,
    grants: Iterable[bytes],
    particulars: Particulars,
    recipient_key: bytes,
    id: bytes = b"",
) -> Operation:
    """调证: a release to `recipient_key` (X25519) is opened under the grants; counters are taken here."""
    opening = OpenUse(
        id=id or build_random_id(),
        record=check_id(record, "record"),
        grants=check_distinct(grants, "grants"),
        particulars=particulars,
        recipient_key=check_id(recipient_key, "recipient_key"),
    )
    return build_operation("open_use", opening)


def close_use(use: bytes, outcome: Outcome | str, *, sha256: bytes = b"") -> Operation:
    """The custodian closes a use: "RELEASED" with the digest of what was released, or "NOT_RELEASED"."""
    closing = CloseUse(use=check_id(use, "use"), outcome=choose(Outcome, outcome), sha256=sha256)
    return build_operation("close_use", closing)


def rely(record: bytes, *, use: bytes, particulars: Particulars, id: bytes = b"") -> Operation:
    """The unit decided on what it had: `use` is the accepted use of the same record in the same case."""
    reliance = Rely(
        id=id or build_random_id(),
        record=check_id(record, "record"),
        use=check_id(use, "use"),
        particulars=particulars,
    )
    return build_operation("rely", reliance)

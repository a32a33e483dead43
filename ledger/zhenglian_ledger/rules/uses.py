"""Uses 用证 without a release (SPEC 5.9): plan, verify, audit, present, rely. Releases are in `releases`.

The reader's system signs every one, so reading leaves the same kind of evidence as writing. A use is an
object in the access log under an id that is accepted once; only a release counts against a grant.
"""

from zhenglian_ledger import rows
from zhenglian_ledger.attestation import compute_present_target
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.leaves import decode_batch_leaf
from zhenglian_ledger.lifecycle import OPEN_CASES
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.rows import ACCESS, BATCH, REGISTRY, u64
from zhenglian_ledger.rules.attestations import verify_attestation
from zhenglian_ledger.rules.records import get_record
from zhenglian_ledger.rules.usable_records import verify_usable
from zhenglian_ledger.step import Step
from zhenglian_proto.v1.batch_pb2 import BatchHeader
from zhenglian_proto.v1.cases_pb2 import OpenCase
from zhenglian_proto.v1.members_pb2 import ROLE_AUDITOR, ROLE_IDENTITY_GATEWAY
from zhenglian_proto.v1.state_pb2 import (
    USE_STANDING_DONE,
    USE_STANDING_OPENED,
    USE_STANDING_RELEASED,
    CaseState,
    UseStanding,
    UseState,
)
from zhenglian_proto.v1.types_pb2 import (
    ATTESTATION_KIND_COUNTER,
    KIND_CASE,
    KIND_GRANT,
    KIND_SYSTEM,
    KIND_USE,
)
from zhenglian_proto.v1.uses_pb2 import AuditQuery, Particulars, PlanQuery, Present, Rely, VerifyQuery


def process_plan_query(step: Step, query: PlanQuery) -> None:
    """The plan of the unit's own open case was asked for; raises Refused: NOT_FOUND, CASE_NOT_OPEN."""
    get_open_case(step, query.case_number)


def process_verify_query(step: Step, query: VerifyQuery) -> None:
    """A record was asked for by id or digest, found or not: an unknown id is recorded too.

    Raises Refused: NOT_FOUND, for a case number that is not the unit's.
    """
    if query.case_number:
        _get_case(step, query.case_number)


def process_audit_query(step: Step, query: AuditQuery) -> None:
    """A trace was asked for by somebody it concerns, or an auditor; raises Refused: NOT_PERMITTED.

    Whether the target exists is part of the answer, not a condition; only auditors learn that it does not.
    """
    if step.author.is_genesis or ROLE_AUDITOR in step.author.roles:
        return
    target = query.WhichOneof("target")
    for_the_subject = ROLE_IDENTITY_GATEWAY in step.author.roles
    concerned = (
        target == "record"
        or (target == "actor" and query.actor.unit == step.author.unit)
        or (target == "subject" and for_the_subject)
        or (target == "grant" and (for_the_subject or _is_grant_of_unit(step, query.grant)))
    )
    if not concerned:
        raise Refused(Code.NOT_PERMITTED)


def process_present(step: Step, present: Present) -> None:
    """The use stands DONE: a holder showed the unit a usable record.

    One holder suffices, also where ALL must grant: showing one's own record takes nothing from the others.
    Raises Refused: ALREADY_EXISTS, NOT_FOUND, RECORD_NOT_USABLE, DISPUTED, NOT_YET_VALID, EXPIRED,
    CASE_NOT_OPEN, OUTSIDE_MATTER, PRESENTATION_INVALID, and those of an attestation.
    """
    step.verify_unused(KIND_USE, present.id)
    record = get_record(step, present.record)
    verify_usable(step, record)
    verify_case(step, present.particulars)
    attestation = present.attestation
    if attestation.kind == ATTESTATION_KIND_COUNTER or attestation.subject not in record.message.holders:
        raise Refused(Code.PRESENTATION_INVALID)
    target = compute_present_target(present.record, present.id, step.author.unit, step.chain_id)
    verify_attestation(
        step, attestation, target=target, subject=attestation.subject, grantee_unit=step.author.unit
    )
    create_use(step, present.id, present.particulars, USE_STANDING_DONE)


def process_rely(step: Step, rely: Rely) -> None:
    """The use stands DONE: the unit decided, in an open case, on what it had of the record there.

    A use that ended NOT_RELEASED gave it nothing. Raises Refused: ALREADY_EXISTS, NOT_FOUND, MISSING_FIELD,
    CASE_NOT_OPEN, OUTSIDE_MATTER, NO_PRIOR_USE.
    """
    step.verify_unused(KIND_USE, rely.id)
    get_record(step, rely.record)
    if not rely.particulars.case_number:
        raise Refused(Code.MISSING_FIELD, field="case_number")
    verify_case(step, rely.particulars)
    if not _is_prior_use(step, rely):
        raise Refused(Code.NO_PRIOR_USE)
    create_use(step, rely.id, rely.particulars, USE_STANDING_DONE)


def get_open_case(step: Step, number: str) -> OpenCase:
    """The author's unit's own case of that number, open; raises Refused: NOT_FOUND, CASE_NOT_OPEN."""
    index, case = _get_case(step, number)
    if step.state.get_state(KIND_CASE, index, CaseState).standing not in OPEN_CASES:
        raise Refused(Code.CASE_NOT_OPEN)
    return case


def verify_case(step: Step, particulars: Particulars) -> None:
    """A case that is named is the unit's own, open, and of the matter that is named.

    Raises Refused: NOT_FOUND, CASE_NOT_OPEN, OUTSIDE_MATTER.
    """
    if particulars.case_number and get_open_case(step, particulars.case_number).matter != particulars.matter:
        raise Refused(Code.OUTSIDE_MATTER)


def create_use(step: Step, identifier: bytes, particulars: Particulars, standing: UseStanding) -> None:
    """The operation makes the use of that id, found by unit and case."""
    step.create(KIND_USE, identifier, UseState(standing=standing, opened_ms=step.time_ms), Status.NONE)
    case = rows.case_id(step.author.unit, particulars.case_number)
    step.state.put(rows.USE + case + b"\x00" + u64(step.index), b"")


def is_release_window_over(step: Step, state: UseState) -> bool:
    """Whether what was opened can no longer be released."""
    return step.has_ended(state.opened_ms + step.parameters.release_window_ms)


def get_submitting_unit(step: Step, log: int, index: int) -> str:
    """The unit whose system signed the entry at `index` of `log`; empty for genesis."""
    leaf = step.state.get(rows.entry_key(BATCH, step.state.get_entry(log, index).batch_index))
    if leaf is None:  # an entry of the batch being applied: its leaf comes last
        return step.author.unit
    system = BatchHeader.FromString(decode_batch_leaf(leaf).header).system
    found = step.state.get_object(KIND_SYSTEM, system.encode())
    return "" if found is None else found.operation.put_system.unit


def _get_case(step: Step, number: str) -> tuple[int, OpenCase]:
    found = step.get_existing(KIND_CASE, rows.case_id(step.author.unit, number), "办件 case")
    return found.index, found.operation.open_case


def _is_grant_of_unit(step: Step, identifier: bytes) -> bool:
    """Whether the author's unit may use the grant or submitted it."""
    found = step.state.get_object(KIND_GRANT, identifier)
    return found is not None and step.author.unit in (
        found.operation.give_grant.body.grantee.unit,
        get_submitting_unit(step, REGISTRY, found.index),
    )


def _is_prior_use(step: Step, rely: Rely) -> bool:
    """Whether the use relied on is this unit's, of this record, in this case, and gave it something.

    An opening that is not closed yet counts while its release may still be on the way.
    """
    found = step.state.get_object(KIND_USE, rely.use)
    if found is None:
        return False
    kind = found.operation.WhichOneof("kind")
    if kind not in ("present", "open_use"):
        return False
    use = found.operation.present if kind == "present" else found.operation.open_use
    state = step.state.get_state(KIND_USE, found.index, UseState)
    return (
        use.record == rely.record
        and use.particulars.case_number == rely.particulars.case_number
        and _has_given(step, state)
        and get_submitting_unit(step, ACCESS, found.index) == step.author.unit
    )


def _has_given(step: Step, state: UseState) -> bool:
    """Whether the holder showed the record, its custodian released it, or still may."""
    if state.standing == USE_STANDING_OPENED:
        return not is_release_window_over(step, state)
    return state.standing in (USE_STANDING_DONE, USE_STANDING_RELEASED)

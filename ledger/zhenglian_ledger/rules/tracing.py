"""Which traces a use, plan, audit or refusal extends (SPEC 4.5, 5.9.6).

Called for accepted and refused operations alike, so nothing here raises and nothing is taken for granted:
what does not exist is not traced. UNIT is always extended; SUBJECT for each holder concerned; GRANT for the
grants that are named, never their ancestors; RECORD never, because it tells of changes, not of uses.
"""

from collections.abc import Iterable

from zhenglian_ledger import rows
from zhenglian_ledger.merkle.trace import TraceKind
from zhenglian_ledger.rules.records import find_record
from zhenglian_ledger.rules.usable_records import get_records_by_digest
from zhenglian_ledger.step import Step
from zhenglian_proto.v1.types_pb2 import KIND_CASE, KIND_GRANT, KIND_USE
from zhenglian_proto.v1.uses_pb2 import AuditQuery, CloseUse, OpenUse, PlanQuery, Present, Rely, VerifyQuery


def trace_plan_query(step: Step, query: PlanQuery) -> None:
    """The unit, and the case's applicant."""
    found = step.state.get_object(KIND_CASE, rows.case_id(step.author.unit, query.case_number))
    _trace(step, [] if found is None else [found.operation.open_case.applicant])


def trace_verify_query(step: Step, query: VerifyQuery) -> None:
    """The unit, and the holders of what was found."""
    if query.record:
        _trace(step, _get_holders(step, query.record))
        return
    records = get_records_by_digest(step.state, query.sha256)
    _trace(step, [holder for record in records for holder in record.message.holders])


def trace_audit_query(step: Step, query: AuditQuery) -> None:
    """The asking unit, and the subject, the grant or the record's holders that were asked about."""
    if query.subject:
        _trace(step, [query.subject])
    elif query.record:
        _trace(step, _get_holders(step, query.record))
    else:
        _trace(step, [], [query.grant] if query.grant else [])


def trace_present(step: Step, present: Present) -> None:
    """The unit and the record's holders."""
    _trace(step, _get_holders(step, present.record))


def trace_open_use(step: Step, use: OpenUse) -> None:
    """The unit, the record's holders, and the grants named."""
    _trace(step, _get_holders(step, use.record), use.grants)


def trace_close_use(step: Step, close: CloseUse) -> None:
    """The closing unit, and the holders and grants of the opening."""
    opening = _get_opening(step, close.use)
    _trace(step, _get_holders(step, opening.record), opening.grants)


def trace_rely(step: Step, rely: Rely) -> None:
    """The unit, the record's holders, and the grants under which it was retrieved."""
    _trace(step, _get_holders(step, rely.record), _get_opening(step, rely.use).grants)


def _trace(step: Step, subjects: Iterable[bytes], grants: Iterable[bytes] = ()) -> None:
    """Each trace names the entry once."""
    step.trace_unit()
    for subject in dict.fromkeys(subjects):
        step.trace(TraceKind.SUBJECT, subject)
    for grant in dict.fromkeys(grants):
        if step.state.get_index(KIND_GRANT, grant) is not None:
            step.trace(TraceKind.GRANT, grant)


def _get_holders(step: Step, record: bytes) -> list[bytes]:
    found = find_record(step.state, record)
    return [] if found is None else list(found.message.holders)


def _get_opening(step: Step, use: bytes) -> OpenUse:
    """The opening of that use; empty if there is none or it was no release."""
    found = step.state.get_object(KIND_USE, use)
    return OpenUse() if found is None else found.operation.open_use

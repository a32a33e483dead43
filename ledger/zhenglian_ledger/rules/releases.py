"""Releases 调证 (SPEC 5.9.4): opened by the relying unit under live grants, closed by the custodian.

One opening is one record and one custodian. Counters are taken at opening, from every grant of every chain,
and never given back, so an accepted opening proves that its chains were live at its height. A later
revocation does not recall what was released.
"""

from itertools import chain as concatenate

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.rules.chain import Link, get_chain, take_use, verify_chain_live
from zhenglian_ledger.rules.records import Record, get_record
from zhenglian_ledger.rules.scope import Facts, verify_within_scope
from zhenglian_ledger.rules.usable_records import verify_usable
from zhenglian_ledger.rules.uses import create_use, is_release_window_over, verify_case
from zhenglian_ledger.step import Step
from zhenglian_proto.v1.grants_pb2 import GRANT_KIND_STATUTORY, GrantBody
from zhenglian_proto.v1.records_pb2 import CollectMaterial
from zhenglian_proto.v1.state_pb2 import (
    USE_STANDING_NOT_RELEASED,
    USE_STANDING_OPENED,
    USE_STANDING_RELEASED,
    UseState,
)
from zhenglian_proto.v1.types_pb2 import HOLDER_RULE_ALL, KIND_USE
from zhenglian_proto.v1.uses_pb2 import OUTCOME_RELEASED, CloseUse, OpenUse


def process_open_use(step: Step, use: OpenUse) -> None:
    """The use stands OPENED, and every grant of its chains has one use less.

    Raises Refused: ALREADY_EXISTS, MISSING_FIELD, OUT_OF_RANGE, NOT_FOUND, those of a usable record,
    CASE_NOT_OPEN, OUTSIDE_MATTER, GRANT_NOT_FOR_UNIT, those of a live chain, those of a scope,
    GRANT_UNRELATED, DUPLICATE, TOO_MANY, HOLDER_GRANT_MISSING, NO_USES_LEFT, FREQUENCY_EXCEEDED.
    """
    step.verify_unused(KIND_USE, use.id)
    _verify_asked_for(use)
    record = get_record(step, use.record)
    verify_usable(step, record)
    verify_case(step, use.particulars)
    facts = compute_facts(step, use, record)
    chains = [get_chain(step, grant) for grant in use.grants]
    for chain in chains:
        _verify_grantee(step, chain[0].body)
        verify_chain_live(step, chain)
        for link in chain:
            verify_within_scope(link.body.scope, facts)
    _verify_holders(record, chains)
    take_use(step, tuple(concatenate.from_iterable(chains)))
    create_use(step, use.id, use.particulars, USE_STANDING_OPENED)


def process_close_use(step: Step, close: CloseUse) -> None:
    """The use stands RELEASED or NOT_RELEASED, as its record's custodian says.

    Raises Refused: NOT_FOUND, USE_CLOSED, NOT_CUSTODIAN, RELEASE_WINDOW_PASSED, DIGEST_MISMATCH.
    """
    found = step.get_existing(KIND_USE, close.use, "用证 use")
    state = step.state.get_state(KIND_USE, found.index, UseState)
    if state.standing != USE_STANDING_OPENED:
        raise Refused(Code.USE_CLOSED)
    use = found.operation.open_use
    record = get_record(step, use.record)
    if record.message.custodian != step.author.unit:
        raise Refused(Code.NOT_CUSTODIAN)
    if close.outcome == OUTCOME_RELEASED:
        _verify_released(step, close, use, record, state)
        state.standing = USE_STANDING_RELEASED
    else:
        if close.sha256:
            raise Refused(Code.DIGEST_MISMATCH)
        state.standing = USE_STANDING_NOT_RELEASED
    step.state.put_state(KIND_USE, found.index, state)


def compute_facts(step: Step, use: OpenUse, record: Record) -> Facts:
    """What the use is, as scopes see it: its particulars, its record, and where its author stands."""
    particulars = use.particulars
    return Facts(
        record=use.record,
        type=record.message.type,
        project=record.message.project if isinstance(record.message, CollectMaterial) else b"",
        purpose=particulars.purpose,
        matter=particulars.matter,
        scene=particulars.scene,
        unit=step.author.unit,
        case_number=particulars.case_number,
        region=step.author.region,
        channel=step.context.channel,
        fields=frozenset(particulars.fields),
        whole_document=particulars.whole_document,
    )


def _verify_grantee(step: Step, body: GrantBody) -> None:
    """The grant that is used is to the author's unit, and to its system where it names one."""
    if not body.grantee.unit or body.grantee.unit != step.author.unit:
        raise Refused(Code.GRANT_NOT_FOR_UNIT)
    if body.grantee_system not in ("", step.author.system):
        raise Refused(Code.GRANT_NOT_FOR_UNIT)


def _verify_holders(record: Record, chains: list[tuple[Link, ...]]) -> None:
    """The roots are one statutory grant, or one holder's where ANY may grant, or one of each where ALL must.

    One chain a holder means that no two chains share a link, so no counter is taken twice.
    """
    roots = [chain[-1].body for chain in chains]
    if any(root.kind == GRANT_KIND_STATUTORY for root in roots):
        if len(roots) > 1:
            raise Refused(Code.TOO_MANY, field="grants")
        return
    grantors = [root.grantor.subject for root in roots]
    if any(grantor not in record.message.holders for grantor in grantors):
        raise Refused(Code.GRANT_UNRELATED)
    if len(set(grantors)) < len(grantors):
        raise Refused(Code.DUPLICATE, field="grants")
    if record.message.holder_rule == HOLDER_RULE_ALL:
        if len(grantors) < len(record.message.holders):
            raise Refused(Code.HOLDER_GRANT_MISSING)
    elif len(grantors) > 1:
        raise Refused(Code.TOO_MANY, field="grants")


def _verify_asked_for(use: OpenUse) -> None:
    """Either some fields are asked for or the whole document, not both: they are released differently."""
    if not use.particulars.fields and not use.particulars.whole_document:
        raise Refused(Code.MISSING_FIELD, field="fields")
    if use.particulars.fields and use.particulars.whole_document:
        raise Refused(Code.OUT_OF_RANGE, field="fields")


def _verify_released(step: Step, close: CloseUse, use: OpenUse, record: Record, state: UseState) -> None:
    """In time, with the record's digest for a whole document, else with one of what was released."""
    if is_release_window_over(step, state):
        raise Refused(Code.RELEASE_WINDOW_PASSED)
    expected = record.message.content.sha256 if use.particulars.whole_document else close.sha256
    if not close.sha256 or close.sha256 != expected:
        raise Refused(Code.DIGEST_MISMATCH)

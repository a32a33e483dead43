"""Grants 授权 (SPEC 5.8): given by a holder or under a rule, narrowed to children, changed one at a time.

A SUBJECT grant stands on its grantor's attestation, provable without the batch; a STATUTORY one on a live
rule and a steward's batch. Only a grant to a subject can have children, only a grant to a unit can be used. A
grant's id is the digest of its body, so it can be neither altered nor given twice.
"""

from zhenglian_ledger import rows
from zhenglian_ledger.attestation import compute_grant_event_target, compute_grant_id
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.lifecycle import GRANT_STATUS, GRANTS, compute_next
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.merkle.trace import TraceKind
from zhenglian_ledger.narrowing import verify_narrowing
from zhenglian_ledger.rows import u64
from zhenglian_ledger.rules.attestations import get_attesting_unit, verify_attestation
from zhenglian_ledger.rules.chain import MAX_DEPTH, Link, get_chain, get_link, verify_chain_live
from zhenglian_ledger.rules.records import get_record, verify_interval
from zhenglian_ledger.rules.registries import is_rule_in_force
from zhenglian_ledger.step import Step
from zhenglian_proto.v1.grants_pb2 import (
    GRANT_EVENT_RESUME,
    GRANT_KIND_STATUTORY,
    GRANT_KIND_SUBJECT,
    RETENTION_DURATION,
    ChangeGrant,
    GiveGrant,
    GrantBody,
    Scope,
)
from zhenglian_proto.v1.members_pb2 import ROLE_STEWARD
from zhenglian_proto.v1.state_pb2 import GRANT_STANDING_VALID, GrantState
from zhenglian_proto.v1.types_pb2 import KIND_GRANT, KIND_LICENCE_TYPE, KIND_MATERIAL_TYPE, KIND_SYSTEM

STATUTORY_SUBJECT = bytes(32)
"""Stands for the root subject of a STATUTORY grant in the grantee index: it concerns every holder."""


def process_give_grant(step: Step, give: GiveGrant) -> None:
    """The grant stands VALID with all its uses, found by its grantee unit, and traced with its parent.

    Raises Refused: FOREIGN_CHAIN, ALREADY_EXISTS, MISSING_FIELD, WRONG_INTERVAL, UNKNOWN_TYPE, NOT_FOUND,
    NOT_IN_FORCE, GRANT_NOT_FOR_UNIT, OUT_OF_RANGE, GRANT_KIND_UNSUPPORTED, and those of its kind.
    """
    body = give.body
    if body.chain_id != step.chain_id:
        raise Refused(Code.FOREIGN_CHAIN)
    identifier = compute_grant_id(body)
    step.verify_unused(KIND_GRANT, identifier)
    _verify_terms(step, body)
    _verify_grantee(step, body)
    if body.kind == GRANT_KIND_SUBJECT:
        root_subject = _process_subject_grant(step, give, identifier)
    elif body.kind == GRANT_KIND_STATUTORY:
        root_subject = _verify_statutory_grant(step, give)
    else:
        raise Refused(Code.GRANT_KIND_UNSUPPORTED)
    step.create(KIND_GRANT, identifier, GrantState(standing=GRANT_STANDING_VALID), Status.VALID)
    if body.grantee.unit:
        unit = body.grantee.unit.encode()
        step.state.put(rows.GRANTEE + unit + b"\x00" + root_subject + u64(step.index), b"")
    _trace_given(step, body, identifier)


def process_change_grant(step: Step, change: ChangeGrant) -> None:
    """This one grant has the standing the lifecycle gives it; what hangs below follows it at each use.

    Raises Refused: FOREIGN_CHAIN, NOT_FOUND, GRANT_EVENT_SEQUENCE, NOT_GRANTOR, NOT_PERMITTED, MISSING_FIELD,
    OUT_OF_RANGE, WRONG_STATE, and those of an attestation.
    """
    if change.body.chain_id != step.chain_id:
        raise Refused(Code.FOREIGN_CHAIN)
    link = get_link(step, change.body.grant)
    state = link.state
    if change.body.sequence != state.events + 1:
        raise Refused(Code.GRANT_EVENT_SEQUENCE, expected=state.events + 1)
    _verify_grantor(step, change, link.body)
    state.standing = compute_next(GRANTS, state.standing, change.body.event)
    state.events += 1
    step.state.put_state(KIND_GRANT, link.index, state)
    step.state.set_status(link.index, GRANT_STATUS[state.standing])
    step.trace(TraceKind.GRANT, link.identifier)
    if link.body.grantor.subject:
        step.trace(TraceKind.SUBJECT, link.body.grantor.subject)


def _verify_terms(step: Step, body: GrantBody) -> None:
    """The scope names something that exists, for an interval and a retention that mean something."""
    scope = body.scope
    if not scope.records and not scope.types:
        raise Refused(Code.MISSING_FIELD, field="records")
    if scope.retention == RETENTION_DURATION and not scope.retention_ms:
        raise Refused(Code.MISSING_FIELD, field="retention_ms")
    verify_interval(body.valid)
    kinds = (KIND_LICENCE_TYPE, KIND_MATERIAL_TYPE)
    for identifier in scope.types:
        if all(step.state.get_in_force(kind, identifier) is None for kind in kinds):
            raise Refused(Code.UNKNOWN_TYPE)


def _verify_grantee(step: Step, body: GrantBody) -> None:
    """A grantee unit is in force, and the one system that may use the grant is its own."""
    if body.grantee.unit:
        step.get_unit(body.grantee.unit)
    if not body.grantee_system:
        return
    system = step.get_in_force(KIND_SYSTEM, body.grantee_system, "信息系统 system").operation.put_system
    if system.unit != body.grantee.unit:
        raise Refused(Code.GRANT_NOT_FOR_UNIT)


def _process_subject_grant(step: Step, give: GiveGrant, identifier: bytes) -> bytes:
    """The grantor may give this and wills it; the parent has one child more. Returns the root's subject.

    Raises Refused: MISSING_FIELD, GRANTOR_NOT_HOLDER, and those of a child and of an attestation.
    """
    body = give.body
    _verify_absent(body, "rule")
    if not give.HasField("attestation"):
        raise Refused(Code.MISSING_FIELD, field="attestation")
    if body.parent:
        chain = _get_parent_chain(step, body)
    else:
        chain = ()
        _verify_holding(step, body.grantor.subject, body.scope)
    verify_attestation(
        step,
        give.attestation,
        target=identifier,
        subject=body.grantor.subject,
        grantee_unit=body.grantee.unit or None,
    )
    if body.grantee.unit:
        _verify_not_self_attested(step, body.grantee.unit, chain)
    if not chain:
        return body.grantor.subject
    parent = chain[0]
    parent.state.children += 1
    step.state.put_state(KIND_GRANT, parent.index, parent.state)
    return chain[-1].body.grantor.subject


def _verify_not_self_attested(step: Step, unit: str, ancestors: tuple[Link, ...]) -> None:
    """No ancestor was attested by the grantee's own gateway or counter: not even through another subject."""
    if any(get_attesting_unit(step, link.attestation) == unit for link in ancestors):
        raise Refused(Code.ATTESTOR_IS_GRANTEE)


def _verify_holding(step: Step, grantor: bytes, scope: Scope) -> None:
    """A root's grantor is a subject and holds each record it names; of a type, that is asked at each use."""
    if not grantor:
        raise Refused(Code.GRANTOR_NOT_HOLDER)
    for identifier in scope.records:
        if grantor not in get_record(step, identifier).message.holders:
            raise Refused(Code.GRANTOR_NOT_HOLDER)


def _get_parent_chain(step: Step, body: GrantBody) -> tuple[Link, ...]:
    """The parent with its ancestors, when `body` may be its child.

    Raises Refused: NOT_FOUND, GRANT_TO_UNIT_HAS_NO_CHILDREN, NOT_PARENTS_GRANTEE, those of a live chain,
    GRANT_WIDENED, GRANT_TOO_DEEP, TOO_MANY_CHILDREN.
    """
    chain = get_chain(step, body.parent)
    parent = chain[0]
    if parent.body.grantee.unit:
        raise Refused(Code.GRANT_TO_UNIT_HAS_NO_CHILDREN)
    if parent.body.grantee != body.grantor:
        raise Refused(Code.NOT_PARENTS_GRANTEE)
    verify_chain_live(step, chain)
    verify_narrowing(parent.body, body)
    if len(chain) >= MAX_DEPTH:
        raise Refused(Code.GRANT_TOO_DEEP)
    if parent.state.children >= step.parameters.max_children:
        raise Refused(Code.TOO_MANY_CHILDREN)
    return chain


def _verify_statutory_grant(step: Step, give: GiveGrant) -> bytes:
    """A steward grants its own word to a unit under a live rule. Returns STATUTORY_SUBJECT.

    Raises Refused: OUT_OF_RANGE, NOT_PERMITTED, NOT_GRANTOR, STATUTORY_NEEDS_RULE.
    """
    body = give.body
    _verify_absent(body, "parent")
    _verify_absent(give, "attestation")
    if not body.grantee.unit:
        raise Refused(Code.OUT_OF_RANGE, field="grantee")
    _verify_steward(step)
    if not body.grantor.unit or (not step.author.is_genesis and body.grantor.unit != step.author.unit):
        raise Refused(Code.NOT_GRANTOR)
    if ROLE_STEWARD not in step.get_unit(body.grantor.unit).roles:
        raise Refused(Code.NOT_GRANTOR)
    if not body.rule or not is_rule_in_force(step, body.rule):
        raise Refused(Code.STATUTORY_NEEDS_RULE)
    return STATUTORY_SUBJECT


def _verify_grantor(step: Step, change: ChangeGrant, body: GrantBody) -> None:
    """The grant's own grantor attests the change; a STATUTORY grant is changed by any steward.

    Whoever may use the grant may carry the word that takes it away, but not the word that gives it back.
    """
    if body.kind == GRANT_KIND_STATUTORY:
        _verify_absent(change, "attestation")
        _verify_steward(step)
        return
    if not change.HasField("attestation"):
        raise Refused(Code.MISSING_FIELD, field="attestation")
    if change.attestation.subject != body.grantor.subject:
        raise Refused(Code.NOT_GRANTOR)
    verify_attestation(
        step,
        change.attestation,
        target=compute_grant_event_target(change.body),
        subject=body.grantor.subject,
        grantee_unit=(change.body.event == GRANT_EVENT_RESUME and body.grantee.unit) or None,
    )


def _verify_steward(step: Step) -> None:
    if not step.author.is_genesis and ROLE_STEWARD not in step.author.roles:
        raise Refused(Code.NOT_PERMITTED)


def _verify_absent(message: GrantBody | GiveGrant | ChangeGrant, field: str) -> None:
    """A field that means nothing in this kind of grant is not set; raises Refused(OUT_OF_RANGE)."""
    if any(descriptor.name == field for descriptor, _ in message.ListFields()):
        raise Refused(Code.OUT_OF_RANGE, field=field)


def _trace_given(step: Step, body: GrantBody, identifier: bytes) -> None:
    """The traces of the grantor, a subject grantee, the grant and its parent name the entry, once each."""
    for subject in dict.fromkeys((body.grantor.subject, body.grantee.subject)):
        if subject:
            step.trace(TraceKind.SUBJECT, subject)
    step.trace(TraceKind.GRANT, identifier)
    if body.parent:
        step.trace(TraceKind.GRANT, body.parent)

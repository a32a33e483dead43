"""Cases 办件 and projects 项目 (SPEC 5.4).

A case belongs to the unit that opened it and keeps the material list in force at its opening. Its entry is
VALID until the case is CLOSED or WITHDRAWN. A project's lead admits the participants; the lead itself is one.
"""

from zhenglian_ledger import rows
from zhenglian_ledger.attestation import compute_participant_target
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.lifecycle import CASE_STATUS, CASES, compute_next
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.rows import u64
from zhenglian_ledger.rules.attestations import verify_attestation
from zhenglian_ledger.rules.chain import get_chain, verify_chain_live
from zhenglian_ledger.rules.records import verify_interval
from zhenglian_ledger.step import Step
from zhenglian_proto.v1 import cases_pb2, registries_pb2, state_pb2
from zhenglian_proto.v1.grants_pb2 import GrantBody
from zhenglian_proto.v1.types_pb2 import (
    KIND_CASE,
    KIND_MATTER,
    KIND_PARTICIPANT,
    KIND_PROJECT,
    PURPOSE_SERVICE,
)

_IN_FORCE = state_pb2.AdministeredState(standing=state_pb2.STANDING_IN_FORCE)


def process_open_case(step: Step, case: cases_pb2.OpenCase) -> None:
    """The case is OPENED under the author's unit, with the list version it names.

    Raises Refused: ALREADY_EXISTS, NOT_FOUND, NOT_IN_FORCE, NOT_OWNER, OUT_OF_RANGE, NOT_PARTICIPANT, and for
    an agent MISSING_FIELD, GRANT_REQUIRED, DELEGATION_NOT_ALLOWED, SUBJECT_MISMATCH, OUTSIDE_PURPOSE,
    OUTSIDE_MATTER, OUTSIDE_CASE, OUTSIDE_REGION, OUTSIDE_CHANNEL, and what a dead chain raises.
    """
    identifier = rows.case_id(step.author.unit, case.number)
    step.verify_unused(KIND_CASE, identifier)
    found = step.get_in_force(KIND_MATTER, case.matter, "事项 matter")
    matter = found.operation.put_matter
    if matter.unit != step.author.unit:
        raise Refused(Code.NOT_OWNER)
    if matter.version != case.matter_version:
        raise Refused(Code.NOT_IN_FORCE, what="材料清单版本 list version")
    if case.promised_ms <= step.time_ms:
        raise Refused(Code.OUT_OF_RANGE, field="promised_ms")
    if case.agent or case.agent_grant:
        _verify_agent(step, case, matter)
    if case.project:
        verify_participant(step, case.project, case.applicant)
    opened = state_pb2.CaseState(standing=state_pb2.CASE_STANDING_OPENED, matter_index=found.index)
    step.create(KIND_CASE, identifier, opened, CASE_STATUS[state_pb2.CASE_STANDING_OPENED])


def process_advance_case(step: Step, advance: cases_pb2.AdvanceCase) -> None:
    """The author's case has the standing the lifecycle gives it; raises Refused(NOT_FOUND, WRONG_STATE)."""
    found = step.get_existing(KIND_CASE, rows.case_id(step.author.unit, advance.number), "办件 case")
    state = step.state.get_state(KIND_CASE, found.index, state_pb2.CaseState)
    state.standing = compute_next(CASES, state.standing, advance.event)
    step.state.put_state(KIND_CASE, found.index, state)
    step.state.set_status(found.index, CASE_STATUS[state.standing])


def process_open_project(step: Step, project: cases_pb2.OpenProject) -> None:
    """The project exists, led by `lead`; raises Refused(ALREADY_EXISTS)."""
    step.verify_unused(KIND_PROJECT, project.id)
    step.create(KIND_PROJECT, project.id, _IN_FORCE, Status.VALID)


def process_admit_participant(step: Step, admission: cases_pb2.AdmitParticipant) -> None:
    """The subject takes part in the role and interval the lead attested; an earlier entry of the role ends.

    Raises Refused: FOREIGN_CHAIN, NOT_FOUND, OUT_OF_RANGE (LEAD is not admitted), WRONG_INTERVAL,
    ATTESTATION_TOO_OLD (not newer than what it replaces), and what the attestation rule raises.
    """
    body = admission.body
    if body.chain_id != step.chain_id:
        raise Refused(Code.FOREIGN_CHAIN)
    project = step.get_existing(KIND_PROJECT, body.project, "项目 project").operation.open_project
    if body.role == cases_pb2.PROJECT_ROLE_LEAD:
        raise Refused(Code.OUT_OF_RANGE, field="role")
    verify_interval(body.valid)
    identifier = rows.participant_id(body.project, body.subject, body.role)
    before = step.state.get_object(KIND_PARTICIPANT, identifier)
    if before is not None and (
        admission.attestation.at_ms <= before.operation.admit_participant.attestation.at_ms
    ):
        raise Refused(Code.ATTESTATION_TOO_OLD)
    verify_attestation(
        step, admission.attestation, target=compute_participant_target(body), subject=project.lead
    )
    step.administer(KIND_PARTICIPANT, identifier)
    step.state.put(rows.PARTICIPATION + body.project + body.subject + u64(step.index), b"")


def is_participant(step: Step, project: bytes, subject: bytes) -> bool:
    """Whether the subject leads the existing project or takes part in it now."""
    found = step.get_existing(KIND_PROJECT, project, "项目 project")
    if found.operation.open_project.lead == subject:
        return True
    for key, _ in step.state.scan(rows.PARTICIPATION + project + subject):
        index = int.from_bytes(key[-8:], "big")
        body = step.state.get_operation(rows.REGISTRY, index).admit_participant.body
        if step.state.is_in_force(KIND_PARTICIPANT, index) and step.is_time_within(body.valid):
            return True
    return False


def verify_participant(step: Step, project: bytes, subject: bytes) -> None:
    """The project exists and the subject takes part; raises Refused(NOT_FOUND, NOT_PARTICIPANT)."""
    if not is_participant(step, project, subject):
        raise Refused(Code.NOT_PARTICIPANT)


def _verify_agent(step: Step, case: cases_pb2.OpenCase, matter: registries_pb2.Matter) -> None:
    """The applicant granted, over at most as many hops as the matter allows, that the agent acts here."""
    if not case.agent:
        raise Refused(Code.MISSING_FIELD, field="agent")
    if matter.delegation_depth == 0:
        raise Refused(Code.DELEGATION_NOT_ALLOWED)
    if not case.agent_grant:
        raise Refused(Code.GRANT_REQUIRED)
    chain = get_chain(step, case.agent_grant)
    if len(chain) > matter.delegation_depth:
        raise Refused(Code.DELEGATION_NOT_ALLOWED)
    leaf, root = chain[0].body, chain[-1].body
    if root.grantor.subject != case.applicant or leaf.grantee.subject != case.agent:
        raise Refused(Code.SUBJECT_MISMATCH)
    verify_chain_live(step, chain)
    _verify_agent_scope(step, case, leaf)


def _verify_agent_scope(step: Step, case: cases_pb2.OpenCase, grant: GrantBody) -> None:
    """The narrowest grant covers this case: an empty list in a scope means any."""
    scope = grant.scope
    if PURPOSE_SERVICE not in scope.purposes:
        raise Refused(Code.OUTSIDE_PURPOSE)
    if scope.matters and case.matter not in scope.matters:
        raise Refused(Code.OUTSIDE_MATTER)
    if scope.HasField("case") and (scope.case.unit, scope.case.number) != (step.author.unit, case.number):
        raise Refused(Code.OUTSIDE_CASE)
    if not step.is_author_within(list(scope.regions)):
        raise Refused(Code.OUTSIDE_REGION)
    if scope.channels and step.context.channel not in scope.channels:
        raise Refused(Code.OUTSIDE_CHANNEL)

"""Which live grants cover a candidate, and the narrowest draft that would (SPEC 7.4.3).

A draft names types, matter, case, purpose and number of uses, never a record. Where the applicant's agent
holds a grant that can be narrowed to it, the draft continues that chain, so the agent can sign on the spot.
"""

from collections.abc import Iterator

from zhenglian_ledger import rows
from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.narrowing import verify_narrowing
from zhenglian_ledger.plan.candidates import Candidate, Case
from zhenglian_ledger.rows import REGISTRY
from zhenglian_ledger.rules.chain import Link, get_chain, take_use, verify_chain_live
from zhenglian_ledger.rules.scope import Facts, verify_within_scope
from zhenglian_ledger.step import Step
from zhenglian_proto.v1 import grants_pb2, types_pb2

_NO_SUBJECT = bytes(32)
"""Under which statutory grants are found: they rest on a rule, not on a subject."""


def get_covering_grants(step: Step, case: Case, candidate: Candidate) -> list[bytes]:
    """Ids of live grants by which the unit may fetch the candidate now: one, one a holder, or none."""
    statutory = _get_grant(step, case, candidate, _NO_SUBJECT)
    if statutory is not None:
        return [statutory]
    given = [_get_grant(step, case, candidate, holder) for holder in candidate.holders]
    found = [grant for grant in given if grant is not None]
    if candidate.holder_rule == types_pb2.HOLDER_RULE_ANY:
        return found[:1]
    return found if len(found) == len(candidate.holders) else []


def build_drafts(step: Step, case: Case, candidate: Candidate) -> list[grants_pb2.GrantBody]:
    """What is missing to fetch the candidate, ready to sign but for the nonce: a draft a holder."""
    holders = candidate.holders
    if candidate.holder_rule == types_pb2.HOLDER_RULE_ANY:
        applicant = case.opened.applicant
        holders = (applicant if applicant in holders else holders[0],)
    return [
        _build_draft(step, case, candidate, holder)
        for holder in holders
        if _get_grant(step, case, candidate, holder) is None
    ]


def _get_grant(step: Step, case: Case, candidate: Candidate, subject: bytes) -> bytes | None:
    """The first live grant to the unit under root `subject` that covers the candidate with a use left."""
    for grant_id in _iterate_grants(step, case.unit, subject):
        chain = get_chain(step, grant_id)
        try:
            _verify_covers(step, case, candidate, chain)
        except Refused:
            continue
        return grant_id
    return None


def _iterate_grants(step: Step, unit: str, subject: bytes) -> Iterator[bytes]:
    for key, _ in step.state.scan(rows.GRANTEE + unit.encode() + b"\x00" + subject):
        body = step.state.get_operation(REGISTRY, int.from_bytes(key[-8:], "big")).give_grant.body
        yield compute_grant_id(body)


def _verify_covers(step: Step, case: Case, candidate: Candidate, chain: tuple[Link, ...]) -> None:
    """The chain is live, its scopes hold the retrieval, and every link has a use left; raises Refused."""
    leaf = chain[0].body
    if leaf.grantee_system not in ("", step.author.system):
        raise Refused(Code.GRANT_NOT_FOR_UNIT)
    verify_chain_live(step, chain)
    facts = Facts(
        record=candidate.identifier,
        type=candidate.type,
        project=candidate.project,
        purpose=types_pb2.PURPOSE_SERVICE,
        matter=case.matter.id,
        scene="",
        unit=case.unit,
        case_number=case.opened.number,
        region=step.author.region,
        channel=step.context.channel,
        fields=frozenset(),
        whole_document=True,
    )
    for link in chain:
        verify_within_scope(link.body.scope, facts)
    step.state.begin()
    try:
        take_use(step, chain)
    finally:
        step.state.drop()


def _build_draft(step: Step, case: Case, candidate: Candidate, holder: bytes) -> grants_pb2.GrantBody:
    draft = grants_pb2.GrantBody(
        chain_id=step.chain_id,
        kind=grants_pb2.GRANT_KIND_SUBJECT,
        grantor=grants_pb2.Party(subject=holder),
        grantee=grants_pb2.Party(unit=case.unit),
        valid=types_pb2.Interval(from_ms=step.time_ms, to_ms=case.opened.promised_ms),
        scope=grants_pb2.Scope(
            types=[candidate.type],
            whole_document=True,
            purposes=[types_pb2.PURPOSE_SERVICE],
            matters=[case.matter.id],
            case=types_pb2.CaseRef(unit=case.unit, number=case.opened.number),
            uses=1,
            retention=grants_pb2.RETENTION_CASE,
            project=candidate.project,
        ),
    )
    return _continue_agents_chain(step, case, holder, draft) or draft


def _continue_agents_chain(
    step: Step, case: Case, holder: bytes, draft: grants_pb2.GrantBody
) -> grants_pb2.GrantBody | None:
    """The draft as a child of the agent's grant, if that is the holder's, live and wide enough."""
    if not case.opened.agent_grant:
        return None
    chain = get_chain(step, case.opened.agent_grant)
    parent = chain[0]
    child = grants_pb2.GrantBody()
    child.CopyFrom(draft)
    child.grantor.CopyFrom(parent.body.grantee)
    child.parent = parent.identifier
    if parent.body.valid.to_ms and child.valid.to_ms > parent.body.valid.to_ms:
        child.valid.to_ms = parent.body.valid.to_ms
    if not child.scope.regions and parent.body.scope.regions:
        child.scope.regions.append(step.author.region)
    if not child.scope.channels:
        child.scope.channels.extend(parent.body.scope.channels)
    try:
        verify_chain_live(step, chain)
        verify_narrowing(parent.body, child)
    except Refused:
        return None
    return child if chain[-1].body.grantor.subject == holder else None

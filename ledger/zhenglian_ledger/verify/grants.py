"""A chain of grants as it stands: whether it is true, and whether it is live (SPEC 8.5).

The two are kept apart. A chain that does not hold together is a lie and raises; a chain that holds but was
revoked, suspended or has run out is a fact, told by its `Liveness` in the words of the rule that a use meets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from zhenglian_ledger.attestation import compute_grant_id, verify_attestation_signature
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused, VerificationFailed
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.rules.chain import MAX_DEPTH
from zhenglian_ledger.verify.anchor import Proven
from zhenglian_ledger.verify.record import VerifiedRecord, verify_newest, verify_record
from zhenglian_proto.v1.grants_pb2 import GRANT_KIND_STATUTORY, GiveGrant, GrantBody
from zhenglian_proto.v1.proof_pb2 import GrantChainProof
from zhenglian_proto.v1.types_pb2 import (
    ATTESTATION_KIND_HOLDER_KEY,
    KIND_GRANT,
    KIND_HOLDER_KEY,
    KIND_KEY,
    KIND_RULE,
    Interval,
    Kind,
)

Keys = Mapping[tuple[Kind, bytes], VerifiedRecord]
"""(kind, id) of each key that attested grants of a chain → that key as it stands."""

TIME_TOLERANCE_MS: Final = 20_000
"""By how much a "not before" may lie ahead of block time: the parameter's usual value (SPEC 1.6)."""


class Liveness(NamedTuple):
    """Code.OK, or why a chain cannot be used, and which grant of it (empty for what the root rests on)."""

    code: Code
    grant: bytes = b""

    @property
    def is_live(self) -> bool:
        """Whether the chain can be used."""
        return self.code == Code.OK


@dataclass(frozen=True, slots=True)
class VerifiedChain:
    """A true chain, the grant that is used first and its root last, and whether it is live."""

    grants: tuple[VerifiedRecord, ...]
    liveness: Liveness

    @property
    def bodies(self) -> tuple[GrantBody, ...]:
        """What each grant says."""
        return tuple(grant.message.body for grant in self.grants)


def verify_grant_chain(
    proven: Proven,
    proof: GrantChainProof,
    *,
    grant: bytes,
    at_ms: int,
    unit: str | None = None,
    system: str | None = None,
) -> VerifiedChain:
    """The chain from `grant` to its root, and whether it is live at `at_ms` for that unit and system.

    Raises VerificationFailed with what `verify_record` raises, or the code named at each step.
    """
    # 1. Every grant is the parent of the one before it, by the digest of its body, up to a root: 1020.
    grants = _verify_links(proven, proof, grant)
    bodies = [link.message.body for link in grants]
    # 2. Each was given by whom its parent was given to, and only the first to a unit: 1020.
    _verify_handed_on(bodies)
    # 3. Every key attested what it is said to have attested: PROOF_WRONG_CHAIN_OF_GRANTS.
    keys = _verify_keys(proven, proof, grants)
    # 4. A statutory root cites the very rule that is shown: PROOF_OTHER_RECORD.
    rule = _verify_rule(proven, proof, bodies[-1])
    # 5. So it is true; whether it is live is another question.
    liveness = _compute_liveness(grants, keys, rule, at_ms)
    if liveness.is_live and not _is_for(bodies[0], unit, system):
        liveness = Liveness(Code.GRANT_NOT_FOR_UNIT, grant)
    return VerifiedChain(grants, liveness)


def _verify_links(proven: Proven, proof: GrantChainProof, grant: bytes) -> tuple[VerifiedRecord, ...]:
    wrong = VerificationFailed(Code.PROOF_WRONG_CHAIN_OF_GRANTS)
    if not 1 <= len(proof.grants) <= MAX_DEPTH:
        raise wrong
    grants = []
    expected = grant
    for shown in proof.grants:
        if not expected:
            raise wrong
        link = verify_record(proven, shown, kind=KIND_GRANT, identifier=expected)
        expected = link.message.body.parent
        grants.append(link)
    if expected:
        raise wrong
    return tuple(grants)


def _verify_handed_on(bodies: Sequence[GrantBody]) -> None:
    for child, parent in pairwise(bodies):
        if parent.grantee != child.grantor or not parent.grantee.subject:
            raise VerificationFailed(Code.PROOF_WRONG_CHAIN_OF_GRANTS)


def _verify_keys(proven: Proven, proof: GrantChainProof, grants: Sequence[VerifiedRecord]) -> Keys:
    """The keys that attested grants of the chain: holders', gateways' and counters'."""
    attested = [link.message for link in grants if link.message.HasField("attestation")]
    named = list(dict.fromkeys(map(compute_attesting_key, attested)))
    if len(named) != len(proof.keys):
        raise VerificationFailed(Code.PROOF_WRONG_CHAIN_OF_GRANTS)
    keys = {
        (kind, identifier): verify_record(proven, shown, kind=kind, identifier=identifier)
        for (kind, identifier), shown in zip(named, proof.keys, strict=True)
    }
    for give in attested:
        _verify_attested(give, keys[compute_attesting_key(give)])
    return keys


def compute_attesting_key(give: GiveGrant) -> tuple[Kind, bytes]:
    """Kind and id of the key that attested a grant: a holder key, or a gateway's or counter's own key."""
    is_holders = give.attestation.kind == ATTESTATION_KIND_HOLDER_KEY
    return (KIND_HOLDER_KEY if is_holders else KIND_KEY), give.attestation.key


def _verify_attested(give: GiveGrant, key: VerifiedRecord) -> None:
    attestation, body = give.attestation, key.message.body
    if key.kind == KIND_HOLDER_KEY:
        signing, is_its_own = body, body.subject == attestation.subject
    else:
        signing, is_its_own = body.add, body.add.system == attestation.system
    if not is_its_own or attestation.subject != give.body.grantor.subject:
        raise VerificationFailed(Code.PROOF_WRONG_CHAIN_OF_GRANTS)
    try:
        verify_attestation_signature(
            compute_grant_id(give.body), attestation, signing.suite, signing.public_key
        )
    except Refused as error:
        raise VerificationFailed(Code.PROOF_WRONG_CHAIN_OF_GRANTS) from error


def _verify_rule(proven: Proven, proof: GrantChainProof, root: GrantBody) -> VerifiedRecord | None:
    if root.kind != GRANT_KIND_STATUTORY:
        return None
    return verify_newest(proven, proof.basis, kind=KIND_RULE, identifier=root.rule.encode())


def _compute_liveness(
    grants: Sequence[VerifiedRecord],
    keys: Keys,
    rule: VerifiedRecord | None,
    at_ms: int,
) -> Liveness:
    """The first fault from the used grant to the root, then of what the root rests on: as a use meets it."""
    for link in grants:
        code = _compute_link_fault(link, keys, at_ms)
        if code:
            return Liveness(code, compute_grant_id(link.message.body))
    if rule is not None and (not rule.is_valid or _compute_time_fault(rule.message.valid, at_ms)):
        return Liveness(Code.RULE_NOT_IN_FORCE)
    return Liveness(Code.OK)


def _compute_link_fault(link: VerifiedRecord, keys: Keys, at_ms: int) -> Code:
    if not link.is_valid:
        return Code.GRANT_SUSPENDED if link.status == Status.SUSPENDED else Code.GRANT_REVOKED
    fault = _compute_time_fault(link.message.body.valid, at_ms)
    if fault:
        return fault
    key = keys.get(compute_attesting_key(link.message))
    if key is not None and _is_in_doubt(key, link.message.attestation.at_ms):
        return Code.GRANT_KEY_COMPROMISED
    return Code.OK


def _is_in_doubt(key: VerifiedRecord, attested_ms: int) -> bool:
    """A compromised holder key never counted; a system's key counts for what it attested before its end."""
    if key.status != Status.INVALID:
        return False
    if key.kind == KIND_HOLDER_KEY or key.change is None:
        return True
    return bool(key.change.operation.key.body.end.not_after_ms < attested_ms)


def _compute_time_fault(valid: Interval, at_ms: int) -> Code:
    if valid.from_ms > at_ms + TIME_TOLERANCE_MS:
        return Code.GRANT_NOT_YET_VALID
    return Code.GRANT_EXPIRED if valid.to_ms and at_ms >= valid.to_ms else Code.OK


def _is_for(body: GrantBody, unit: str | None, system: str | None) -> bool:
    if unit is not None and body.grantee.unit != unit:
        return False
    return system is None or body.grantee_system in ("", system)

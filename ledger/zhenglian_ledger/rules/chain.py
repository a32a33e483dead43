"""Chains of grants (SPEC 5.8.4, 5.8.5): from the grant a unit uses up to its root.

A grant is live if it and every ancestor are VALID and in their intervals, and what they rest on holds. That
is asked at each use by walking the chain, so revoking a grant ends everything below it at no cost. A use
takes one from every link, so no use multiplies through children.
"""

from typing import Final, NamedTuple

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.rules.registries import is_rule_in_force
from zhenglian_ledger.step import Step
from zhenglian_proto.v1.grants_pb2 import GRANT_KIND_STATUTORY, GrantBody
from zhenglian_proto.v1.state_pb2 import (
    GRANT_STANDING_SUSPENDED,
    GRANT_STANDING_VALID,
    HOLDER_KEY_STANDING_COMPROMISED,
    STANDING_IN_FORCE,
    GrantState,
    HolderKeyState,
    KeyState,
)
from zhenglian_proto.v1.types_pb2 import (
    ATTESTATION_KIND_HOLDER_KEY,
    KIND_GRANT,
    KIND_HOLDER_KEY,
    KIND_KEY,
    Attestation,
)

MAX_DEPTH: Final = 8
"""Links of the longest chain."""


class Link(NamedTuple):
    """One grant of a chain: id, registry index, body, its state as it stands now, and who attested it."""

    identifier: bytes
    index: int  # type: ignore[assignment]  # shadows tuple.index on purpose
    body: GrantBody
    state: GrantState
    attestation: Attestation


def get_chain(step: Step, grant_id: bytes) -> tuple[Link, ...]:
    """The grant (first) and its ancestors up to the root (last), ≤ MAX_DEPTH; raises Refused(NOT_FOUND)."""
    chain = [get_link(step, grant_id)]
    while chain[-1].body.parent:
        chain.append(get_link(step, chain[-1].body.parent))
    return tuple(chain)


def get_link(step: Step, grant_id: bytes) -> Link:
    """The grant of that id, whatever its standing; raises Refused(NOT_FOUND)."""
    found = step.get_existing(KIND_GRANT, grant_id, "授权 grant")
    state = step.state.get_state(KIND_GRANT, found.index, GrantState)
    give = found.operation.give_grant
    return Link(grant_id, found.index, give.body, state, give.attestation)


def verify_chain_live(step: Step, chain: tuple[Link, ...]) -> None:
    """Every link and what the chain rests on hold now; the leaf's fault is told before its ancestors'.

    Raises Refused: GRANT_REVOKED, GRANT_SUSPENDED, GRANT_NOT_YET_VALID, GRANT_EXPIRED, GRANT_KEY_COMPROMISED,
    RULE_NOT_IN_FORCE.
    """
    for link in chain:
        _verify_standing(link)
        _verify_interval(step, link)
        _verify_key(step, link)
    root = chain[-1].body
    if root.kind == GRANT_KIND_STATUTORY and not is_rule_in_force(step, root.rule):
        raise Refused(Code.RULE_NOT_IN_FORCE)


def take_use(step: Step, chain: tuple[Link, ...]) -> None:
    """One use is taken from the number and the window quota of every link; of none if one has no more.

    Links of several chains without a common link may be given at once. Raises Refused: NO_USES_LEFT,
    FREQUENCY_EXCEEDED.
    """
    taken = [(link.index, _compute_taken(step, link)) for link in chain]
    for index, state in taken:
        step.state.put_state(KIND_GRANT, index, state)


def _compute_taken(step: Step, link: Link) -> GrantState:
    """The link's state after one more use."""
    scope = link.body.scope
    state = GrantState()
    state.CopyFrom(link.state)
    if state.uses_taken >= scope.uses:
        raise Refused(Code.NO_USES_LEFT)
    state.uses_taken += 1
    if not scope.HasField("frequency"):
        return state
    window = max(step.time_ms - link.body.valid.from_ms, 0) // scope.frequency.window_ms
    if window != state.window:
        state.window, state.window_taken = window, 0
    if state.window_taken >= scope.frequency.count:
        raise Refused(Code.FREQUENCY_EXCEEDED)
    state.window_taken += 1
    return state


def _verify_standing(link: Link) -> None:
    if link.state.standing == GRANT_STANDING_SUSPENDED:
        raise Refused(Code.GRANT_SUSPENDED)
    if link.state.standing != GRANT_STANDING_VALID:
        raise Refused(Code.GRANT_REVOKED)


def _verify_interval(step: Step, link: Link) -> None:
    if not step.has_begun(link.body.valid.from_ms):
        raise Refused(Code.GRANT_NOT_YET_VALID)
    if step.has_ended(link.body.valid.to_ms):
        raise Refused(Code.GRANT_EXPIRED)


def _verify_key(step: Step, link: Link) -> None:
    """A replaced holder key still counts, a compromised one never did; another's until its `not_after_ms`."""
    if link.attestation.kind == ATTESTATION_KIND_HOLDER_KEY:
        _verify_holder_key(step, link.attestation)
    elif link.attestation.key:  # a statutory grant is attested by nobody
        _verify_system_key(step, link.attestation)


def _verify_holder_key(step: Step, attestation: Attestation) -> None:
    found = step.get_existing(KIND_HOLDER_KEY, attestation.key, "持有人密钥 holder key")
    state = step.state.get_state(KIND_HOLDER_KEY, found.index, HolderKeyState)
    if state.standing == HOLDER_KEY_STANDING_COMPROMISED:
        raise Refused(Code.GRANT_KEY_COMPROMISED)


def _verify_system_key(step: Step, attestation: Attestation) -> None:
    found = step.get_existing(KIND_KEY, attestation.key, "密钥 key")
    state = step.state.get_state(KIND_KEY, found.index, KeyState)
    if state.standing != STANDING_IN_FORCE and state.not_after_ms < attestation.at_ms:
        raise Refused(Code.GRANT_KEY_COMPROMISED)

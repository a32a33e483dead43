"""False headers: what a node of a network can show that is not so, made as well as accomplices can make it.

Accomplices are named; each signs whatever is asked of it. Who is not named signs nothing false.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from tests.testkit.chain_kit import ProvenChain, build_validators, sign_draft
from tests.testkit.ledger_kit import SECOND_MS
from zhenglian_ledger.app_hash import compute_app_hash
from zhenglian_ledger.cometbft.encoding import compute_time_ms
from zhenglian_proto.v1.cometbft_pb2 import LightBlock
from zhenglian_proto.v1.proof_pb2 import Anchor

Lie = Callable[[ProvenChain, Any], None]
"""Alters an answer that carries an anchor."""


def forge_header(
    chain: ProvenChain,
    anchor: Anchor,
    accomplices: Iterable[str],
    *,
    validators: tuple[str, ...] = (),
    next_validators: tuple[str, ...] = (),
    later: int = 0,
) -> LightBlock:
    """A header for the anchor's parts, signed by the accomplices, under `validators` (else the true set).

    It is `later` blocks above the true one.
    """
    true = anchor.light_block.signed_header.header
    draft = replace(
        chain.draft_header(true.height, compute_time_ms(true.time) + later * SECOND_MS),
        app_hash=compute_app_hash(anchor.parts),
        last_block_id=true.last_block_id,
        height=true.height + later,
    )
    if validators:
        draft = replace(draft, validators=build_validators(validators), next_validators=None)
    if next_validators:
        draft = replace(draft, next_validators=build_validators(next_validators))
    return sign_draft(draft, accomplices).light_block


def forge_state(anchor: Anchor) -> None:
    """The ledger is said to hold other statuses."""
    anchor.parts.status_root = bytes(32)


def lie_with(*accomplices: str, **header: Any) -> Lie:
    """Another state under a header of the accomplices, as `forge_header` makes it."""

    def lie(chain: ProvenChain, answer: Any) -> None:
        forge_state(answer.anchor)
        answer.anchor.light_block.CopyFrom(forge_header(chain, answer.anchor, accomplices, **header))

    return lie


def swap_app_hash(_chain: ProvenChain, answer: Any) -> None:
    """The true header with another app hash, and parts that fit it."""
    forge_state(answer.anchor)
    answer.anchor.light_block.signed_header.header.app_hash = compute_app_hash(answer.anchor.parts)


def alter_announcement(_chain: ProvenChain, answer: Any) -> None:
    """The newest header announces another set than it did."""
    answer.anchor.light_block.signed_header.header.next_validators_hash = bytes(32)

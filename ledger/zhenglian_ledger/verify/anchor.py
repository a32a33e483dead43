"""From trust in a header to trust in the state it vouches for: the start of every verification (SPEC 8.1).

A node answers from one provable state; everything else in the answer hangs under the roots proven here. The
trust that results replaces the caller's, so that a later answer can never be older than this one.
"""

from dataclasses import dataclass
from typing import Final

from zhenglian_ledger.app_hash import compute_app_hash
from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.commit import verify_commit_light
from zhenglian_ledger.cometbft.encoding import compute_time_ms
from zhenglian_ledger.cometbft.light import DEFAULT_OPTIONS as LIGHT_OPTIONS
from zhenglian_ledger.cometbft.light import (
    LightOptions,
    TrustedState,
    is_header_of,
    verify_complete,
    verify_light_block,
)
from zhenglian_ledger.cometbft.validators import compute_validators_hash
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_ledger.merkle.hashing import HASH_SIZE
from zhenglian_proto.v1.cometbft_pb2 import LightBlock
from zhenglian_proto.v1.proof_pb2 import Anchor, AppHashParts

MAX_STALENESS_MS: Final = 30_000


@dataclass(frozen=True, slots=True)
class AnchorOptions:
    """How old an answer's header may be (None: any age, for proofs read offline), and how trust is moved."""

    max_staleness_ms: int | None = MAX_STALENESS_MS
    light: LightOptions = LIGHT_OPTIONS


DEFAULT_OPTIONS: Final = AnchorOptions()


@dataclass(frozen=True, slots=True)
class Proven:
    """A proven state: `parts` is what the ledger was after block `height`, as a header of `time_ms` says.

    `trusted` is the trust to go on from; `time_ms` is ledger time, in milliseconds since 1970 UTC.
    """

    chain_id: str
    height: int
    time_ms: int
    parts: AppHashParts
    trusted: TrustedState


def verify_anchor(
    trusted: TrustedState, anchor: Anchor, now_ms: int, options: AnchorOptions = DEFAULT_OPTIONS
) -> Proven:
    """The state that `anchor` proves to whoever holds `trusted` at `now_ms` of this machine's clock.

    Raises VerificationFailed with the code named at each step, and what the light verifier raises.
    """
    # 1. The header is there, and so is every part of the app hash, each in full: PROOF_MALFORMED.
    verify_complete(anchor.light_block)
    verify_parts(anchor.parts)
    # 2. It is of the same chain: PROOF_OTHER_CHAIN.
    header = anchor.light_block.signed_header.header
    if header.chain_id != trusted.chain_id:
        raise VerificationFailed(Code.PROOF_OTHER_CHAIN)
    # 3. It is not older than what was seen already: PROOF_ROLLED_BACK.
    if header.height < trusted.height:
        raise VerificationFailed(Code.PROOF_ROLLED_BACK)
    # 4. Trust moves along the path to it, by more than two thirds of known power at every step.
    reached = _follow_path(trusted, anchor, now_ms, options.light)
    # 5. The parts are what this header vouches for: PROOF_WRONG_APP_HASH.
    if compute_app_hash(anchor.parts) != header.app_hash:
        raise VerificationFailed(Code.PROOF_WRONG_APP_HASH)
    # 6. It is recent, which a false answer is never excused by: PROOF_STALE.
    verify_fresh(reached.time_ms, now_ms, options)
    return Proven(trusted.chain_id, header.height - 1, reached.time_ms, anchor.parts, reached)


def verify_parts(parts: AppHashParts) -> None:
    """Every root is 32 bytes, so that no two sets of parts have one preimage; raises PROOF_MALFORMED."""
    roots = {
        "parts.batch.root": parts.batch.root,
        "parts.registry.root": parts.registry.root,
        "parts.access.root": parts.access.root,
        "parts.status_root": parts.status_root,
        "parts.trace_root": parts.trace_root,
        "parts.delta": parts.delta,
    }
    for field, root in roots.items():
        if len(root) != HASH_SIZE:
            raise VerificationFailed(Code.PROOF_MALFORMED, field=field)


def verify_fresh(time_ms: int, now_ms: int, options: AnchorOptions = DEFAULT_OPTIONS) -> None:
    """A header of `time_ms` is no older than the options allow; raises PROOF_STALE."""
    if options.max_staleness_ms is not None and now_ms - time_ms > options.max_staleness_ms:
        raise VerificationFailed(Code.PROOF_STALE)


def _follow_path(trusted: TrustedState, anchor: Anchor, now_ms: int, options: LightOptions) -> TrustedState:
    """The trust in the anchor's block; a path's blocks not above the trusted height are covered."""
    if anchor.light_block.signed_header.header.height == trusted.height:
        return verify_same_block(trusted, anchor.light_block)
    reached = trusted
    for light_block in anchor.path:
        if light_block.signed_header.header.height > trusted.height:
            reached = verify_light_block(reached, light_block, now_ms, options)
    return verify_light_block(reached, anchor.light_block, now_ms, options)


def verify_same_block(trusted: TrustedState, light_block: LightBlock) -> TrustedState:
    """The trusted block again needs no second look; another one of its height is false, or proves a fork.

    `light_block` is complete and of the trusted height. Raises NODES_DISAGREE if the trusted validators
    signed both, else what the commit rule raises.
    """
    header = light_block.signed_header.header
    if is_header_of(trusted, header):
        return trusted
    if trusted.validators is None:
        raise VerificationFailed(Code.PROOF_ROLLED_BACK)
    if header.validators_hash != compute_validators_hash(trusted.validators):
        raise VerificationFailed(Code.PROOF_WRONG_VALIDATORS)
    verify_commit_light(trusted.chain_id, header, light_block.signed_header.commit, light_block.validator_set)
    raise VerificationFailed(Code.NODES_DISAGREE, height=header.height, time_ms=compute_time_ms(header.time))

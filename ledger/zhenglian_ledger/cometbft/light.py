"""From a trusted header to a newer one: the light verifier, pure.

Trust starts from an anchor delivered out of band and is never learned on first use. `verify_light_block`
moves it one step; the caller keeps the state it returns. The clock is an argument.

Two rules are stricter than CometBFT's defaults: a skip needs more than 2/3 of the trusted power (not 1/3),
and a next header must name the trusted one as its predecessor.
"""

from dataclasses import dataclass, field

from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.commit import verify_commit_light, verify_commit_trusting
from zhenglian_ledger.cometbft.encoding import compute_time_ms, is_block_time
from zhenglian_ledger.cometbft.header import compute_header_hash
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_proto.v1.cometbft_pb2 import Header, LightBlock, ValidatorSet

DIGEST_SIZE = 32
DAY_MS = 24 * 3600 * 1000
TRUSTING_PERIOD_MS = 30 * DAY_MS
CLOCK_DRIFT_MS = 20_000


@dataclass(frozen=True, slots=True)
class LightOptions:
    """How old trust may be, and how far block time may run ahead of this machine's clock (milliseconds)."""

    trusting_period_ms: int = TRUSTING_PERIOD_MS
    clock_drift_ms: int = CLOCK_DRIFT_MS


@dataclass(frozen=True, slots=True)
class TrustAnchor:
    """What a trust file says.

    At the height before an era's first block, `validators_hash` is of the era's first set; in the first era
    `header_hash` is then the genesis digest.
    """

    chain_id: str
    era: int
    height: int
    header_hash: bytes
    validators_hash: bytes


@dataclass(frozen=True, slots=True)
class TrustedState:
    """A header that is trusted, as far as verifying the next one needs it.

    `validators` is the set that signed it, or None at the start of an era, where no block exists. `app_hash`
    is the one in the header: the state *before* its block. At the start of an era it is what the first header
    must carry, or empty if unknown; `time_ms` may then be 0, unknown. `header` is the one that hashes to
    `header_hash`, where it is at hand: it saves hashing it again, and is no part of the trust.
    """

    chain_id: str
    era: int
    height: int
    header_hash: bytes
    validators: ValidatorSet | None
    next_validators_hash: bytes
    time_ms: int
    app_hash: bytes
    is_era_start: bool = False
    header: Header | None = field(default=None, compare=False, repr=False)


DEFAULT_OPTIONS = LightOptions()


def is_genesis_anchor(anchor: TrustAnchor) -> bool:
    """Tell whether the anchor's hash is the genesis digest that ends its chain_id (first 8 hex digits)."""
    return anchor.chain_id.endswith("-" + anchor.header_hash[:4].hex())


def build_era_start(anchor: TrustAnchor, time_ms: int = 0, app_hash: bytes = b"") -> TrustedState:
    """Return the trust that precedes an era's first block; `time_ms` is the genesis time, 0 if unknown."""
    return TrustedState(
        chain_id=anchor.chain_id,
        era=anchor.era,
        height=anchor.height,
        header_hash=anchor.header_hash,
        validators=None,
        next_validators_hash=anchor.validators_hash,
        time_ms=time_ms,
        app_hash=app_hash,
        is_era_start=True,
    )


def verify_trusted_block(anchor: TrustAnchor, light_block: LightBlock) -> TrustedState:
    """Return the trust in the very block that `anchor` names; its age is checked when trust is next moved.

    Raises PROOF_MALFORMED, PROOF_OTHER_CHAIN, PROOF_WRONG_HEADER, PROOF_WRONG_VALIDATORS, and what
    `verify_commit_light` raises.
    """
    verify_complete(light_block)
    header = light_block.signed_header.header
    if header.chain_id != anchor.chain_id:
        raise VerificationFailed(Code.PROOF_OTHER_CHAIN)
    if header.height != anchor.height or compute_header_hash(header) != anchor.header_hash:
        raise VerificationFailed(Code.PROOF_WRONG_HEADER)
    if header.validators_hash != anchor.validators_hash:
        raise VerificationFailed(Code.PROOF_WRONG_VALIDATORS)
    verify_commit_light(anchor.chain_id, header, light_block.signed_header.commit, light_block.validator_set)
    return _build_trusted_state(anchor.era, light_block)


def verify_light_block(
    trusted: TrustedState, untrusted: LightBlock, now_ms: int, options: LightOptions = DEFAULT_OPTIONS
) -> TrustedState:
    """Return the trust in `untrusted` that follows from `trusted` at `now_ms` (milliseconds since 1970 UTC).

    The next height needs the announced validator set; a skip needs that set too, or more than 2/3 of the
    trusted power. Either way more than 2/3 of the new set signed. Raises the code named at each step.
    """
    header = untrusted.signed_header.header
    commit = untrusted.signed_header.commit
    # 1. Nothing is missing from the light block: PROOF_MALFORMED.
    verify_complete(untrusted)
    # 2. Both are of one chain: PROOF_OTHER_CHAIN.
    if header.chain_id != trusted.chain_id:
        raise VerificationFailed(Code.PROOF_OTHER_CHAIN)
    # 3. It is newer: PROOF_NOT_NEWER.
    if header.height <= trusted.height:
        raise VerificationFailed(Code.PROOF_NOT_NEWER)
    # 4. The trust is young enough to be moved: TRUST_EXPIRED.
    verify_not_expired(trusted, header, now_ms, options)
    # 5. Time moves forward, and not past this machine's clock: PROOF_WRONG_TIME.
    verify_time(trusted, header, now_ms, options)
    # 6. The next header names the trusted one: PROOF_WRONG_HEADER (PROOF_WRONG_APP_HASH at an era's start).
    if is_adjacent(trusted, header):
        verify_link(trusted, header)
    # 7. Its validators were announced (else PROOF_WRONG_VALIDATORS), or > 2/3 of the trusted power signed.
    if header.validators_hash != trusted.next_validators_hash:
        if is_adjacent(trusted, header) or trusted.validators is None:
            raise VerificationFailed(Code.PROOF_WRONG_VALIDATORS)
        verify_commit_trusting(trusted.chain_id, commit, trusted.validators)
    # 8. More than 2/3 of its own validators' power signed exactly this header: as verify_commit_light.
    verify_commit_light(trusted.chain_id, header, commit, untrusted.validator_set)
    # 9. So it is trusted.
    return _build_trusted_state(trusted.era, untrusted)


def is_adjacent(trusted: TrustedState, header: Header) -> bool:
    """Tell whether `header` is of the height right after the trusted one."""
    return header.height == trusted.height + 1


def is_header_of(trusted: TrustedState, header: Header) -> bool:
    """Tell whether `header` is the trusted one: of its height, and equal to it or at least of its hash.

    Equal messages have equal fields, and the hash is over nothing else. Whatever differs is hashed.
    """
    if header.height != trusted.height:
        return False
    return header == trusted.header or compute_header_hash(header) == trusted.header_hash


def verify_complete(light_block: LightBlock) -> None:
    """Accept a light block with header, commit and validator set, a usable time and full-sized set hashes.

    Raises PROOF_MALFORMED naming the field.
    """
    header = light_block.signed_header.header
    checks = (
        ("signed_header.header", light_block.signed_header.HasField("header")),
        ("signed_header.commit", light_block.signed_header.HasField("commit")),
        ("validator_set", light_block.HasField("validator_set")),
        ("header.height", header.height >= 1),
        ("header.time", is_block_time(header.time)),
        ("header.validators_hash", len(header.validators_hash) == DIGEST_SIZE),
        ("header.next_validators_hash", len(header.next_validators_hash) == DIGEST_SIZE),
    )
    for name, holds in checks:
        if not holds:
            raise VerificationFailed(Code.PROOF_MALFORMED, field=name)


def verify_not_expired(
    trusted: TrustedState, header: Header, now_ms: int, options: LightOptions = DEFAULT_OPTIONS
) -> None:
    """Accept trust younger than the trusting period; raises TRUST_EXPIRED with its age in `days`.

    The start of an era may not know its time: it may then only be followed by the era's first header, which
    brings the time with it, so that the step after that one is measured.
    """
    if trusted.is_era_start and trusted.time_ms == 0 and is_adjacent(trusted, header):
        return
    if now_ms >= trusted.time_ms + options.trusting_period_ms:
        age = {"days": (now_ms - trusted.time_ms) // DAY_MS} if trusted.time_ms else {}
        raise VerificationFailed(Code.TRUST_EXPIRED, **age)


def verify_time(
    trusted: TrustedState, header: Header, now_ms: int, options: LightOptions = DEFAULT_OPTIONS
) -> None:
    """Accept a time after the trusted one and not beyond the clock drift; raises PROOF_WRONG_TIME.

    A first header may carry the genesis time itself.
    """
    time_ms = compute_time_ms(header.time)
    earliest_ms = trusted.time_ms if trusted.is_era_start else trusted.time_ms + 1
    if not earliest_ms <= time_ms < now_ms + options.clock_drift_ms:
        raise VerificationFailed(Code.PROOF_WRONG_TIME)


def verify_link(trusted: TrustedState, header: Header) -> None:
    """Accept the next header if it names the trusted one; an era's first names none, with the app hash known.

    Raises PROOF_WRONG_HEADER, PROOF_WRONG_APP_HASH.
    """
    expected = b"" if trusted.is_era_start else trusted.header_hash
    if header.last_block_id.hash != expected:
        raise VerificationFailed(Code.PROOF_WRONG_HEADER)
    if trusted.is_era_start and trusted.app_hash and header.app_hash != trusted.app_hash:
        raise VerificationFailed(Code.PROOF_WRONG_APP_HASH)


def _build_trusted_state(era: int, light_block: LightBlock) -> TrustedState:
    """The trust in a block that `verify_commit_light` has accepted: its commit names the header's hash."""
    signed = light_block.signed_header
    header, validators = Header(), ValidatorSet()
    header.CopyFrom(signed.header)
    validators.CopyFrom(light_block.validator_set)
    return TrustedState(
        chain_id=header.chain_id,
        era=era,
        height=header.height,
        header_hash=signed.commit.block_id.hash,
        validators=validators,
        next_validators_hash=header.next_validators_hash,
        time_ms=compute_time_ms(header.time),
        app_hash=header.app_hash,
        header=header,
    )

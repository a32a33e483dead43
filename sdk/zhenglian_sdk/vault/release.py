"""Whether a file may leave the vault: one list of conditions, each with its code (SPEC 7.3).

Pure: the use as the node proved it, the header it was proven under, the clock, and who asks. What was true
when the use was opened follows from its acceptance; what is decided here is whether it is still true.
`recipient_key` is carried by the opening but the content is not encrypted to it: it is protected by the
channel alone, which ends at the system that the ledger knows by its transport key.
"""

from typing import NamedTuple

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, Refused
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.objects import UNDISPUTED
from zhenglian_ledger.verify.grants import TIME_TOLERANCE_MS
from zhenglian_ledger.verify.use import VerifiedUse
from zhenglian_proto.v1.registries_pb2 import EFFECT_FORBID, EFFECT_WARN, Effect
from zhenglian_proto.v1.types_pb2 import KIND_LICENCE, KIND_LICENCE_TYPE


class Caller(NamedTuple):
    """The registered system at the other end of the channel, and its unit."""

    system: str
    unit: str


class SeenUse(NamedTuple):
    """A verified use and the time of the header it was verified under, in milliseconds."""

    use: VerifiedUse
    time_ms: int


class Terms(NamedTuple):
    """Of which unit the vault is, how old a header may be, and how long an opening may be served."""

    unit: str
    max_staleness_ms: int
    release_window_ms: int


def verify_release(seen: SeenUse | None, *, caller: Caller, terms: Terms, now_ms: int) -> None:
    """The file of the use's record may be released to `caller` now; raises the code named at each step."""
    # 1. An accepted retrieval is recorded: VAULT_NO_USE.
    if seen is None or seen.use.operation.WhichOneof("kind") != "open_use":
        raise Denied(Code.VAULT_NO_USE)
    use, at_ms = seen.use, max(seen.time_ms, now_ms)
    # 2. The unit on the channel opened it, the one system where a grant names one: VAULT_NOT_YOURS.
    _verify_opened_by(use, caller)
    # 3. The record is in this vault's keeping: VAULT_NO_FILE.
    if use.record.message.custodian != terms.unit:
        raise Denied(Code.VAULT_NO_FILE)
    # 4. What is known of the ledger is recent: VAULT_STALE.
    if now_ms - seen.time_ms > terms.max_staleness_ms:
        raise Denied(Code.VAULT_STALE)
    # 5. The opening is recent: VAULT_WINDOW.
    if at_ms >= compute_window_end(use, terms):
        raise Denied(Code.VAULT_WINDOW)
    # 6. Every grant it rests on is live: VAULT_CHAIN_DEAD, with the reason.
    _verify_live(use)
    # 7. The file itself was granted and asked for, not some of its fields: WHOLE_DOCUMENT_NOT_GRANTED.
    _verify_whole_document(use)
    # 8. The record can still be used: RECORD_NOT_USABLE, DISPUTED, NOT_YET_VALID, EXPIRED.
    verify_record_usable(use, at_ms)


def compute_window_end(use: VerifiedUse, terms: Terms) -> int:
    """From when, in milliseconds, the opening is served no more."""
    return use.opened_ms + terms.release_window_ms


def verify_record_usable(use: VerifiedUse, at_ms: int) -> None:
    """The use's record could be used at `at_ms` as it stands: the rule of SPEC 5.9.1, from what was proven.

    Raises Refused: RECORD_NOT_USABLE, DISPUTED, NOT_YET_VALID, EXPIRED.
    """
    status = use.record.status
    beneath = UNDISPUTED.get(status, status)
    on_dispute, on_suspension = _get_effects(use)
    is_tolerated = beneath == Status.SUSPENDED and on_suspension == EFFECT_WARN
    if beneath != Status.VALID and not is_tolerated:
        raise Refused(Code.RECORD_NOT_USABLE, state=status.name)
    if status in UNDISPUTED and on_dispute == EFFECT_FORBID:
        raise Refused(Code.DISPUTED)
    valid = use.record.message.valid
    if valid.from_ms > at_ms + TIME_TOLERANCE_MS:
        raise Refused(Code.NOT_YET_VALID)
    if valid.to_ms and at_ms >= valid.to_ms:
        raise Refused(Code.EXPIRED)


def _verify_opened_by(use: VerifiedUse, caller: Caller) -> None:
    named = {chain.bodies[0].grantee_system for chain in use.chains}
    if use.unit != caller.unit or not named <= {"", caller.system}:
        raise Denied(Code.VAULT_NOT_YOURS)
    if use.opening.is_key_compromised:
        raise Denied(Code.VAULT_NOT_YOURS, reason=Code.SIGNING_KEY_COMPROMISED.name)


def _verify_live(use: VerifiedUse) -> None:
    if not use.chains:
        raise Denied(Code.VAULT_CHAIN_DEAD, reason=Code.GRANT_REQUIRED.name)
    for chain in use.chains:
        if not chain.liveness.is_live:
            raise Denied(Code.VAULT_CHAIN_DEAD, reason=chain.liveness.code.name)


def _verify_whole_document(use: VerifiedUse) -> None:
    granted = all(body.scope.whole_document for chain in use.chains for body in chain.bodies)
    if not granted or not use.message.particulars.whole_document:
        raise Refused(Code.WHOLE_DOCUMENT_NOT_GRANTED)


def _get_effects(use: VerifiedUse) -> tuple[Effect, Effect]:
    """What a dispute and a suspension mean; for a material a suspension always forbids."""
    kind = use.type.message
    if use.type.kind == KIND_LICENCE_TYPE and use.record.kind == KIND_LICENCE:
        return kind.on_dispute, kind.on_suspension
    return kind.on_dispute, EFFECT_FORBID

"""Builders of holder keys, grants and uses for rule tests: Li Lei's licence, used by Huangpu.

As in `ledger_objects`, a builder returns a complete, acceptable message; a test overrides what it is about.
An attestation is made at the sandbox's present time, by the gateway unless a test says otherwise.
"""

from collections.abc import Callable
from typing import Any, Final

from tests.testkit.ledger_kit import CHAIN_ID, Sandbox, attest
from tests.testkit.ledger_objects import (
    CENTRE,
    GATEWAY_SYSTEM,
    HUANGPU,
    HUANGPU_COUNTER,
    LAW,
    LI_LEI,
    MARKET_COUNTER,
    RESTAURANT,
    _build,
    always,
    compute_id,
    compute_seed,
    open_case,
)
from zhenglian_ledger.attestation import (
    compute_grant_event_target,
    compute_grant_id,
    compute_holder_key_end_target,
    compute_holder_key_target,
    compute_present_target,
)
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.keys import compute_key_id
from zhenglian_proto.v1 import batch_pb2, grants_pb2, state_pb2, types_pb2, uses_pb2

CASE: Final = "2026-0001"
LICENCE: Final = compute_id("licence")

Attest = Callable[..., types_pb2.Attestation]


def by_gateway(
    sandbox: Sandbox, target: bytes, subject: bytes = LI_LEI, **changes: Any
) -> types_pb2.Attestation:
    """The gateway attests a session of the subject."""
    fields: dict[str, Any] = {
        "kind": types_pb2.ATTESTATION_KIND_IDENTITY_GATEWAY, "subject": subject, "system": GATEWAY_SYSTEM,
        "level": 2, "session": compute_id("session"), "at_ms": sandbox.time_ms,
    }  # fmt: skip
    signer = changes.pop("signer", GATEWAY_SYSTEM)
    return attest(target, signer, **{**fields, **changes})


def by_counter(
    sandbox: Sandbox, target: bytes, subject: bytes = LI_LEI, **changes: Any
) -> types_pb2.Attestation:
    """The market bureau's counter attests a written grant of the subject."""
    fields: dict[str, Any] = {
        "kind": types_pb2.ATTESTATION_KIND_COUNTER, "subject": subject, "system": MARKET_COUNTER,
        "clerk": compute_id("clerk"), "window": "W-03", "written_grant": compute_id("written grant"),
        "at_ms": sandbox.time_ms,
    }  # fmt: skip
    signer = changes.pop("signer", MARKET_COUNTER)
    return attest(target, signer, **{**fields, **changes})


def by_holder(
    sandbox: Sandbox, target: bytes, subject: bytes = LI_LEI, **changes: Any
) -> types_pb2.Attestation:
    """The subject's own key attests; `signer` names its seed."""
    kind = types_pb2.ATTESTATION_KIND_HOLDER_KEY
    fields: dict[str, Any] = {"kind": kind, "subject": subject, "at_ms": sandbox.time_ms}
    signer = changes.pop("signer", "Li Lei")
    return attest(target, signer, **{**fields, **changes})


def compute_holder_key_id(name: str) -> bytes:
    """The id of the Ed25519 key of that seed."""
    return compute_key_id(batch_pb2.SUITE_ED25519, ed25519.compute_public_key(compute_seed(name)))


def bind_key(
    sandbox: Sandbox,
    name: str = "Li Lei",
    subject: bytes = LI_LEI,
    attested: Attest = by_gateway,
    **changes: Any,
) -> grants_pb2.BindHolderKey:
    """The key of that seed is bound to the subject."""
    signer = {"signer": changes.pop("signer")} if "signer" in changes else {}
    body = grants_pb2.BindHolderKey.Body(
        chain_id=CHAIN_ID,
        subject=subject,
        suite=batch_pb2.SUITE_ED25519,
        public_key=ed25519.compute_public_key(compute_seed(name)),
    )
    body = _build(body, changes)
    attestation = attested(sandbox, compute_holder_key_target(body), subject, **signer)
    return grants_pb2.BindHolderKey(body=body, attestation=attestation)


def end_key(
    sandbox: Sandbox,
    name: str = "Li Lei",
    reason: grants_pb2.HolderKeyEnd = grants_pb2.HOLDER_KEY_END_COMPROMISED,
    subject: bytes = LI_LEI,
    attested: Attest = by_gateway,
    **changes: Any,
) -> grants_pb2.EndHolderKey:
    """The key of that seed ends."""
    signer = {"signer": changes.pop("signer")} if "signer" in changes else {}
    body = grants_pb2.EndHolderKey.Body(chain_id=CHAIN_ID, key=compute_holder_key_id(name), reason=reason)
    body = _build(body, changes)
    attestation = attested(sandbox, compute_holder_key_end_target(body), subject, **signer)
    return grants_pb2.EndHolderKey(body=body, attestation=attestation)


def to_subject(subject: bytes) -> grants_pb2.Party:
    """A party that is a subject."""
    return grants_pb2.Party(subject=subject)


def to_unit(unit: str) -> grants_pb2.Party:
    """A party that is a unit."""
    return grants_pb2.Party(unit=unit)


def build_scope(**changes: Any) -> grants_pb2.Scope:
    """Li Lei's licence, the whole document, for a service, ten times."""
    scope = grants_pb2.Scope(
        records=[LICENCE], whole_document=True, purposes=[types_pb2.PURPOSE_SERVICE], uses=10,
        retention=grants_pb2.RETENTION_CASE,
    )  # fmt: skip
    return _build(scope, changes)


def build_grant(name: str = "grant", **changes: Any) -> grants_pb2.GrantBody:
    """Li Lei to Huangpu, without end; `name` makes the nonce."""
    body = grants_pb2.GrantBody(
        chain_id=CHAIN_ID, nonce=compute_id(name)[:16], kind=grants_pb2.GRANT_KIND_SUBJECT,
        grantor=to_subject(LI_LEI), grantee=to_unit(HUANGPU), valid=always(), scope=build_scope(),
    )  # fmt: skip
    return _build(body, changes)


def build_statutory(name: str = "statutory", **changes: Any) -> grants_pb2.GrantBody:
    """The centre lets Huangpu use business licences under the law."""
    changes = {
        "kind": grants_pb2.GRANT_KIND_STATUTORY,
        "grantor": to_unit(CENTRE),
        "rule": LAW,
        "scope": build_scope(records=[], types=["LT.BUSINESS"]),
        **changes,
    }
    return build_grant(name, **changes)


def give(
    sandbox: Sandbox, body: grants_pb2.GrantBody, attested: Attest = by_gateway, **changes: Any
) -> grants_pb2.GiveGrant:
    """The grant, attested by its grantor; a STATUTORY one by nobody."""
    if body.kind == grants_pb2.GRANT_KIND_STATUTORY:
        return grants_pb2.GiveGrant(body=body)
    attestation = attested(sandbox, compute_grant_id(body), body.grantor.subject, **changes)
    return grants_pb2.GiveGrant(body=body, attestation=attestation)


def change(
    sandbox: Sandbox,
    body: grants_pb2.GrantBody,
    event: grants_pb2.GrantEvent,
    sequence: int = 1,
    attested: Attest | None = by_gateway,
    **changes: Any,
) -> grants_pb2.ChangeGrant:
    """The grant is suspended, resumed or revoked by its grantor."""
    signer = {name: changes.pop(name) for name in ("signer", "subject") if name in changes}
    changed = grants_pb2.ChangeGrant.Body(
        chain_id=CHAIN_ID, grant=compute_grant_id(body), event=event, sequence=sequence
    )
    changed = _build(changed, changes)
    if attested is None:
        return grants_pb2.ChangeGrant(body=changed)
    signer.setdefault("subject", body.grantor.subject)
    attestation = attested(sandbox, compute_grant_event_target(changed), **signer)
    return grants_pb2.ChangeGrant(body=changed, attestation=attestation)


def give_accepted(sandbox: Sandbox, *bodies: grants_pb2.GrantBody) -> None:
    """Each grant is given, attested by the gateway, submitted by Huangpu's counter or the centre."""
    for body in bodies:
        statutory = body.kind == grants_pb2.GRANT_KIND_STATUTORY
        sandbox.accept("centre-office" if statutory else HUANGPU_COUNTER, give(sandbox, body))


def build_particulars(**changes: Any) -> uses_pb2.Particulars:
    """The whole document for a service, in no case."""
    particulars = uses_pb2.Particulars(
        purpose=types_pb2.PURPOSE_SERVICE, matter=RESTAURANT, whole_document=True
    )
    return _build(particulars, changes)


def open_use(
    name: str, *grants: grants_pb2.GrantBody, record: bytes = LICENCE, **particulars: Any
) -> uses_pb2.OpenUse:
    """The licence is retrieved under these grants."""
    return uses_pb2.OpenUse(
        id=compute_id(f"use {name}"),
        record=record,
        grants=[compute_grant_id(grant) for grant in grants],
        particulars=build_particulars(**particulars),
        recipient_key=compute_id("recipient"),
    )


def close_use(name: str, **changes: Any) -> uses_pb2.CloseUse:
    """The custodian released the licence's file."""
    close = uses_pb2.CloseUse(
        use=compute_id(f"use {name}"), outcome=uses_pb2.OUTCOME_RELEASED, sha256=compute_id("sha256 licence")
    )
    return _build(close, changes)


def present(
    sandbox: Sandbox,
    name: str,
    unit: str = HUANGPU,
    record: bytes = LICENCE,
    attested: Attest = by_gateway,
    particulars: dict[str, Any] | None = None,
    chain_id: str = CHAIN_ID,
    **changes: Any,
) -> uses_pb2.Present:
    """Li Lei shows the licence to the unit."""
    identifier = compute_id(f"use {name}")
    target = compute_present_target(record, identifier, unit, chain_id)
    attestation = attested(sandbox, target, **changes)
    return uses_pb2.Present(
        id=identifier,
        record=record,
        particulars=build_particulars(**(particulars or {})),
        attestation=attestation,
    )


def rely(name: str, on: str, record: bytes = LICENCE, **particulars: Any) -> uses_pb2.Rely:
    """The unit relies, in Li Lei's case, on the use of that name."""
    return uses_pb2.Rely(
        id=compute_id(f"use {name}"),
        record=record,
        use=compute_id(f"use {on}"),
        particulars=build_particulars(**{"case_number": CASE, **particulars}),
    )


def open_case_of_li_lei(sandbox: Sandbox) -> None:
    """Li Lei's restaurant case is open at Huangpu."""
    sandbox.accept(HUANGPU_COUNTER, open_case())


def get_grant_state(sandbox: Sandbox, body: grants_pb2.GrantBody) -> state_pb2.GrantState:
    """The grant's counters and standing."""
    index = sandbox.find(types_pb2.KIND_GRANT, compute_grant_id(body)).index
    return sandbox.state.get_state(types_pb2.KIND_GRANT, index, state_pb2.GrantState)


def get_use_standing(sandbox: Sandbox, name: str) -> state_pb2.UseStanding:
    """The standing of the use of that name."""
    index = sandbox.find(types_pb2.KIND_USE, compute_id(f"use {name}")).index
    return sandbox.state.get_state(types_pb2.KIND_USE, index, state_pb2.UseState).standing

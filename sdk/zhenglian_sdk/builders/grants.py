"""Operations on holder keys and grants, and the bodies that subjects attest (SPEC 5.7, 5.8)."""

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from zhenglian_ledger.canonical import verify_ranges
from zhenglian_ledger.identifiers import verify_region_form
from zhenglian_proto.v1.batch_pb2 import SUITE_ED25519, Suite
from zhenglian_proto.v1.cases_pb2 import AdmitParticipant, ProjectRole
from zhenglian_proto.v1.grants_pb2 import (
    GRANT_KIND_STATUTORY,
    GRANT_KIND_SUBJECT,
    RETENTION_CASE,
    BindHolderKey,
    ChangeGrant,
    EndHolderKey,
    Frequency,
    GiveGrant,
    GrantBody,
    GrantEvent,
    HolderKeyEnd,
    Party,
    Retention,
    Scope,
)
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.types_pb2 import Attestation, CaseRef, Channel, Interval, Purpose
from zhenglian_sdk.builders.forms import (
    build_case_ref,
    build_operation,
    check_distinct,
    check_id,
    check_types,
    check_unit,
    choose,
    choose_all,
)

NONCE_SIZE: Final = 16
_MS: Final = timedelta(milliseconds=1)


def scope(
    *,
    records: Iterable[bytes] = (),
    types: Iterable[str] = (),
    fields: Iterable[str] = (),
    whole_document: bool = False,
    purposes: Iterable[Purpose | str] = ("SERVICE",),
    matters: Iterable[str] = (),
    scenes: Iterable[str] = (),
    regions: Iterable[str] = (),
    channels: Iterable[Channel | str] = (),
    case: tuple[str, str] | CaseRef | None = None,
    uses: int = 1,
    frequency: tuple[int, timedelta] | None = None,
    retention: Retention | str = RETENTION_CASE,
    retained_for: timedelta | None = None,
    depth: int = 0,
    project: bytes = b"",
) -> Scope:
    """What may be used, for what, where, how often; `frequency` is (count, window), empty lists mean any."""
    regions = list(regions)
    for region in regions:
        verify_region_form(region)
    built = Scope(
        records=check_distinct(records, "records"),
        types=check_types(types),
        fields=fields,
        whole_document=whole_document,
        purposes=choose_all(Purpose, purposes),
        matters=matters,
        scenes=scenes,
        regions=regions,
        channels=choose_all(Channel, channels),
        case=build_case_ref(case),
        uses=uses,
        frequency=frequency and Frequency(count=frequency[0], window_ms=frequency[1] // _MS),
        retention=choose(Retention, retention),
        retention_ms=0 if retained_for is None else retained_for // _MS,
        depth=depth,
        project=project,
    )
    verify_ranges(built)
    return built


def grant_body(
    *,
    chain_id: str,
    grantor: bytes | str,
    grantee: bytes | str,
    valid: Interval,
    scope: Scope,
    parent: bytes = b"",
    grantee_system: str = "",
    rule: str = "",
    nonce: bytes = b"",
) -> GrantBody:
    """A grant; a party is a subject (32 bytes) or a unit (text). Naming a `rule` makes it statutory."""
    body = GrantBody(
        chain_id=chain_id,
        nonce=nonce or secrets.token_bytes(NONCE_SIZE),
        kind=GRANT_KIND_STATUTORY if rule else GRANT_KIND_SUBJECT,
        grantor=build_party(grantor, "grantor"),
        parent=parent,
        grantee=build_party(grantee, "grantee"),
        grantee_system=grantee_system,
        valid=valid,
        scope=scope,
        rule=rule,
    )
    verify_ranges(body)
    return body


def build_party(party: bytes | str, field: str) -> Party:
    """A subject by its 32-byte id, or a unit by its name."""
    if isinstance(party, bytes):
        return Party(subject=check_id(party, field))
    return Party(unit=check_unit(party, field))


def give_grant(body: GrantBody, attestation: Attestation | None = None) -> Operation:
    """A grant takes effect: a subject's with its attestation over the grant id, a statutory one with none."""
    return build_operation("give_grant", GiveGrant(body=body, attestation=attestation))


def grant_change(grant: bytes, event: GrantEvent | str, *, chain_id: str, sequence: int) -> ChangeGrant.Body:
    """What the grantor attests to "SUSPEND", "RESUME" or "REVOKE"; `sequence` is the events so far + 1."""
    return ChangeGrant.Body(
        chain_id=chain_id, grant=check_id(grant, "grant"), event=choose(GrantEvent, event), sequence=sequence
    )


def change_grant(body: ChangeGrant.Body, attestation: Attestation | None = None) -> Operation:
    """A grant is suspended, resumed or revoked; a statutory one by a steward without attestation."""
    return build_operation("change_grant", ChangeGrant(body=body, attestation=attestation))


def holder_key(
    subject: bytes, public_key: bytes, *, chain_id: str, suite: Suite = SUITE_ED25519
) -> BindHolderKey.Body:
    """What is attested to bind a key to a subject."""
    return BindHolderKey.Body(
        chain_id=chain_id, subject=check_id(subject, "subject"), suite=suite, public_key=public_key
    )


def bind_holder_key(body: BindHolderKey.Body, attestation: Attestation) -> Operation:
    """A key speaks for a subject from now on: attested by the gateway, or by a key already bound."""
    return build_operation("bind_holder_key", BindHolderKey(body=body, attestation=attestation))


def holder_key_end(key: bytes, reason: HolderKeyEnd | str, *, chain_id: str) -> EndHolderKey.Body:
    """What is attested to end a holder key: "REPLACED" keeps its grants alive, "COMPROMISED" ends them."""
    return EndHolderKey.Body(chain_id=chain_id, key=check_id(key, "key"), reason=choose(HolderKeyEnd, reason))


def end_holder_key(body: EndHolderKey.Body, attestation: Attestation) -> Operation:
    """A key no longer speaks for its subject."""
    return build_operation("end_holder_key", EndHolderKey(body=body, attestation=attestation))


def participant(
    project: bytes, subject: bytes, role: ProjectRole | str, *, valid: Interval, chain_id: str
) -> AdmitParticipant.Body:
    """What the lead of a project attests to admit a participant."""
    return AdmitParticipant.Body(
        chain_id=chain_id,
        project=check_id(project, "project"),
        subject=check_id(subject, "subject"),
        role=choose(ProjectRole, role),
        valid=valid,
    )

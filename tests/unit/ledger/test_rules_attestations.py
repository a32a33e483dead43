"""Attestations under the rules: who may speak for a subject, when, and who may not carry the word.

Every case is told through a grant, the commonest thing a subject wills.
"""

from typing import Any

import pytest
from google.protobuf.message import Message

from tests.testkit.grant_objects import (
    Attest,
    bind_key,
    build_grant,
    by_counter,
    by_gateway,
    by_holder,
    compute_holder_key_id,
    end_key,
    give,
    to_unit,
)
from tests.testkit.ledger_kit import Sandbox
from tests.testkit.ledger_objects import (
    CENTRE,
    CENTRE_OFFICE,
    GATEWAY_SYSTEM,
    HAN_MEIMEI,
    HUANGPU_COUNTER,
    MARKET,
    MARKET_COUNTER,
    MARKET_OFFICE,
    MARKET_VAULT,
    PUDONG_COUNTER,
    UNITS,
    build_key,
    compute_id,
    issue_licence,
    key_body,
    put_system,
    put_unit,
)
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.keys import compute_key_id
from zhenglian_ledger.rules.attestations import verify_attestation
from zhenglian_proto.v1 import (
    batch_pb2,
    grants_pb2,
    members_pb2,
    operation_pb2,
    registries_pb2,
    state_pb2,
    types_pb2,
)

TOLERANCE_MS = 20_000
AGE_MS = 600_000
GATEWAY_PLAN, MARKET_PLAN = UNITS[1], UNITS[2]


@pytest.fixture
def sandbox() -> Sandbox:
    """Li Lei holds a licence and has bound a key."""
    sandbox = Sandbox()
    sandbox.accept(MARKET_OFFICE, issue_licence())
    sandbox.accept(HUANGPU_COUNTER, bind_key(sandbox))
    return sandbox


def try_grant(
    sandbox: Sandbox,
    attested: Attest,
    *,
    submitter: str = HUANGPU_COUNTER,
    body: grants_pb2.GrantBody | None = None,
    **changes: Any,
) -> Code:
    """The result of a grant of Li Lei with that attestation."""
    (code,) = sandbox.apply(submitter, give(sandbox, body or build_grant(), attested, **changes))
    return code


def retire(kind: types_pb2.Kind, identifier: str) -> registries_pb2.Retire:
    return registries_pb2.Retire(kind=kind, id=identifier)


@pytest.mark.parametrize("attested", [by_gateway, by_counter, by_holder])
def test_each_kind_is_believed(sandbox: Sandbox, attested: Attest) -> None:
    assert try_grant(sandbox, attested) == Code.OK


def test_an_accepting_units_other_system_is_no_counter(sandbox: Sandbox) -> None:
    assert try_grant(sandbox, by_counter, signer=MARKET_VAULT, system=MARKET_VAULT) == Code.WRONG_ATTESTATION


@pytest.mark.parametrize(
    ("attested", "unit", "kind"),
    [
        (by_counter, CENTRE, members_pb2.SYSTEM_KIND_COUNTER),  # not an accepting unit
        (by_gateway, GATEWAY_PLAN.unit, members_pb2.SYSTEM_KIND_BACK_OFFICE),
        (by_gateway, CENTRE, members_pb2.SYSTEM_KIND_GATEWAY),  # not the gateway's unit
    ],
)
def test_neither_the_systems_kind_nor_the_units_role_suffices_alone(
    sandbox: Sandbox, attested: Attest, unit: str, kind: members_pb2.SystemKind
) -> None:
    name = "another-system"
    key = key_body(CENTRE, 4, add=build_key(name, name))
    system = put_system(name, unit, kind)
    assert not any(sandbox.apply_genesis(system, members_pb2.KeyOperation(body=key)))
    assert try_grant(sandbox, attested, signer=name, system=name) == Code.WRONG_ATTESTATION


def test_an_attestation_speaks_for_its_subject_only(sandbox: Sandbox) -> None:
    body = build_grant()
    given = give(sandbox, body)
    given.attestation.CopyFrom(by_gateway(sandbox, bytes(32), HAN_MEIMEI))
    assert sandbox.apply(HUANGPU_COUNTER, given) == [Code.WRONG_ATTESTATION]


def test_an_attestation_serves_one_target_only(sandbox: Sandbox) -> None:
    given = give(sandbox, build_grant())
    given.attestation.CopyFrom(give(sandbox, build_grant("another")).attestation)
    assert sandbox.apply(HUANGPU_COUNTER, given) == [Code.WRONG_ATTESTATION]


@pytest.mark.parametrize("attested", [by_gateway, by_counter, by_holder])
def test_a_forged_signature_is_refused(sandbox: Sandbox, attested: Attest) -> None:
    given = give(sandbox, build_grant(), attested)
    given.attestation.signature = bytes(63) + b"\x01"
    assert sandbox.apply(HUANGPU_COUNTER, given) == [Code.WRONG_ATTESTATION]


@pytest.mark.parametrize(
    ("attested", "changes"),
    [
        (by_gateway, {"level": 0}),
        (by_gateway, {"session": b""}),
        (by_gateway, {"system": ""}),
        (by_gateway, {"clerk": compute_id("clerk")}),
        (by_counter, {"clerk": b""}),
        (by_counter, {"window": ""}),
        (by_counter, {"written_grant": b""}),
        (by_counter, {"level": 1}),
        (by_holder, {"session": compute_id("session")}),
        (by_holder, {"system": GATEWAY_SYSTEM}),
    ],
)
def test_each_kind_has_its_fields_and_no_others(
    sandbox: Sandbox, attested: Attest, changes: dict[str, Any]
) -> None:
    assert try_grant(sandbox, attested, **changes) == Code.WRONG_ATTESTATION


def test_only_the_gateway_attests_sessions(sandbox: Sandbox) -> None:
    changes: dict[str, Any] = {"signer": MARKET_COUNTER, "system": MARKET_COUNTER}
    assert try_grant(sandbox, by_gateway, **changes) == Code.WRONG_ATTESTATION


def test_only_counters_attest_written_grants(sandbox: Sandbox) -> None:
    changes: dict[str, Any] = {"signer": CENTRE_OFFICE, "system": CENTRE_OFFICE}
    assert try_grant(sandbox, by_counter, **changes) == Code.WRONG_ATTESTATION


def test_the_key_must_be_the_named_systems(sandbox: Sandbox) -> None:
    assert try_grant(sandbox, by_gateway, signer=MARKET_COUNTER) == Code.WRONG_ATTESTATION
    assert try_grant(sandbox, by_gateway, signer="nobody") == Code.WRONG_ATTESTATION
    assert try_grant(sandbox, by_gateway, signer="centre-recovery") == Code.WRONG_ATTESTATION


def test_a_key_for_another_usage_attests_nothing(sandbox: Sandbox) -> None:
    sealed = build_key(
        "sealing", GATEWAY_SYSTEM, suite=batch_pb2.SUITE_X25519, usage=members_pb2.KEY_USAGE_ENCRYPT
    )
    assert sandbox.apply_genesis(members_pb2.KeyOperation(body=key_body(CENTRE, 4, add=sealed))) == [Code.OK]
    given = give(sandbox, build_grant())
    given.attestation.key = compute_key_id(batch_pb2.SUITE_X25519, sealed.public_key)
    assert sandbox.apply(HUANGPU_COUNTER, given) == [Code.WRONG_ATTESTATION]


def test_a_gateway_of_a_member_out_of_force_attests_nothing(sandbox: Sandbox) -> None:
    step = sandbox.build_step()
    index = sandbox.find(types_pb2.KIND_MEMBER, CENTRE).index
    retired = state_pb2.AdministeredState(standing=state_pb2.STANDING_RETIRED)
    step.state.put_state(types_pb2.KIND_MEMBER, index, retired)
    attestation = by_gateway(sandbox, bytes(32))
    with pytest.raises(Refused) as caught:
        verify_attestation(step, attestation, target=bytes(32), subject=attestation.subject)
    assert caught.value.code == Code.WRONG_ATTESTATION


def test_an_unregistered_system_attests_nothing(sandbox: Sandbox) -> None:
    assert try_grant(sandbox, by_gateway, system="gateway-2") == Code.WRONG_ATTESTATION


def test_an_ended_key_attests_nothing(sandbox: Sandbox) -> None:
    end = members_pb2.KeyEnd(key=compute_holder_key_id(GATEWAY_SYSTEM), not_after_ms=sandbox.time_ms)
    sandbox.apply_genesis(members_pb2.KeyOperation(body=key_body(CENTRE, 4, end=end)))
    assert try_grant(sandbox, by_gateway) == Code.WRONG_ATTESTATION


@pytest.mark.parametrize(
    "ending",
    [
        retire(types_pb2.KIND_SYSTEM, GATEWAY_SYSTEM),
        retire(types_pb2.KIND_UNIT, GATEWAY_PLAN.unit),
        put_unit(GATEWAY_PLAN, roles=[members_pb2.ROLE_RELYING]),
    ],
)
def test_a_gateway_out_of_force_attests_nothing(sandbox: Sandbox, ending: Message) -> None:
    assert sandbox.apply_genesis(ending) == [Code.OK]
    assert try_grant(sandbox, by_gateway) == Code.WRONG_ATTESTATION


def test_a_key_that_is_not_bound_to_the_subject_is_unknown(sandbox: Sandbox) -> None:
    sandbox.accept(HUANGPU_COUNTER, bind_key(sandbox, "Han Meimei", HAN_MEIMEI))
    assert try_grant(sandbox, by_holder, signer="stranger") == Code.HOLDER_KEY_UNKNOWN
    assert try_grant(sandbox, by_holder, signer="Han Meimei") == Code.HOLDER_KEY_UNKNOWN


@pytest.mark.parametrize(
    "reason", [grants_pb2.HOLDER_KEY_END_REPLACED, grants_pb2.HOLDER_KEY_END_COMPROMISED]
)
def test_an_ended_holder_key_attests_nothing(sandbox: Sandbox, reason: grants_pb2.HolderKeyEnd) -> None:
    sandbox.accept(HUANGPU_COUNTER, end_key(sandbox, reason=reason))
    assert try_grant(sandbox, by_holder) == Code.HOLDER_KEY_UNKNOWN


@pytest.mark.parametrize("attested", [by_gateway, by_counter, by_holder])
def test_an_attestation_ages(sandbox: Sandbox, attested: Attest) -> None:
    assert try_grant(sandbox, attested, at_ms=sandbox.time_ms - AGE_MS - 1) == Code.ATTESTATION_TOO_OLD
    assert try_grant(sandbox, attested, at_ms=sandbox.time_ms - AGE_MS) == Code.OK


def test_an_attestation_may_run_ahead_of_lagging_ledger_time_only_a_little(sandbox: Sandbox) -> None:
    ahead = sandbox.time_ms + TOLERANCE_MS
    assert try_grant(sandbox, by_gateway, at_ms=ahead + 1) == Code.NOT_YET_VALID
    sandbox.wait(-1_000)  # each apply moves the clock by a second
    assert try_grant(sandbox, by_gateway, at_ms=ahead) == Code.OK


def test_the_unit_that_is_granted_to_does_not_attest(sandbox: Sandbox) -> None:
    body = build_grant(grantee=to_unit(MARKET))
    assert try_grant(sandbox, by_counter, body=body) == Code.ATTESTOR_IS_GRANTEE
    assert try_grant(sandbox, by_gateway, body=body) == Code.OK


def test_the_system_that_submits_does_not_attest(sandbox: Sandbox) -> None:
    assert try_grant(sandbox, by_counter, submitter=MARKET_COUNTER) == Code.ATTESTOR_IS_SUBMITTER
    assert try_grant(sandbox, by_counter, submitter=MARKET_OFFICE) == Code.OK


def test_a_holder_key_may_be_carried_by_any_system(sandbox: Sandbox) -> None:
    assert try_grant(sandbox, by_holder, submitter=PUDONG_COUNTER) == Code.OK


def test_a_system_key_of_another_suite_is_not_supported(sandbox: Sandbox) -> None:
    point = b"\x04" + bytes(64)
    key = build_key(MARKET_COUNTER, MARKET_COUNTER, suite=batch_pb2.SUITE_SM2, public_key=point)
    body = key_body(MARKET, len(MARKET_PLAN.systems) + 2, add=key)
    operation = operation_pb2.Operation(key=members_pb2.KeyOperation(body=body))
    assert sandbox.apply_genesis(operation) == [Code.OK]
    given = give(sandbox, build_grant(), by_counter)
    given.attestation.key = compute_key_id(batch_pb2.SUITE_SM2, point)
    assert sandbox.apply(HUANGPU_COUNTER, given) == [Code.SUITE_UNSUPPORTED]

"""Holder keys: bound by the gateway or a prior key, ended once, always in the subject's trace."""

import pytest

from tests.testkit.grant_objects import (
    Attest,
    bind_key,
    by_counter,
    by_gateway,
    by_holder,
    compute_holder_key_id,
    end_key,
)
from tests.testkit.ledger_kit import Sandbox
from tests.testkit.ledger_objects import HAN_MEIMEI, HUANGPU_COUNTER, LI_LEI, MARKET_COUNTER, MARKET_OFFICE
from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.merkle.trace import TraceKind
from zhenglian_proto.v1 import batch_pb2
from zhenglian_proto.v1.grants_pb2 import HOLDER_KEY_END_COMPROMISED, HOLDER_KEY_END_REPLACED
from zhenglian_proto.v1.types_pb2 import KIND_HOLDER_KEY

KEY = compute_holder_key_id("Li Lei")


@pytest.fixture
def sandbox() -> Sandbox:
    """Li Lei has bound a key."""
    sandbox = Sandbox()
    sandbox.accept(HUANGPU_COUNTER, bind_key(sandbox))
    return sandbox


def test_the_gateway_binds_the_first_key(sandbox: Sandbox) -> None:
    assert sandbox.get_status(KIND_HOLDER_KEY, KEY) == Status.VALID
    index = sandbox.find(KIND_HOLDER_KEY, KEY).index
    assert sandbox.get_trace(TraceKind.SUBJECT, LI_LEI) == [(rows.REGISTRY, index)]


def test_a_prior_key_binds_the_next(sandbox: Sandbox) -> None:
    sandbox.accept(HUANGPU_COUNTER, bind_key(sandbox, "Li Lei 2", attested=by_holder))
    assert sandbox.get_status(KIND_HOLDER_KEY, compute_holder_key_id("Li Lei 2")) == Status.VALID
    assert len(sandbox.get_trace(TraceKind.SUBJECT, LI_LEI)) == 2


def test_a_counter_may_not_bind_or_end(sandbox: Sandbox) -> None:
    bind = bind_key(sandbox, "Li Lei 2", attested=by_counter)
    assert sandbox.apply(HUANGPU_COUNTER, bind) == [Code.WRONG_ATTESTATION]
    end = end_key(sandbox, attested=by_counter)
    assert sandbox.apply(HUANGPU_COUNTER, end) == [Code.WRONG_ATTESTATION]


def test_a_key_of_another_subject_may_not_bind_or_end(sandbox: Sandbox) -> None:
    sandbox.accept(HUANGPU_COUNTER, bind_key(sandbox, "Han Meimei", HAN_MEIMEI))
    bind = bind_key(sandbox, "Li Lei 2", attested=by_holder, signer="Han Meimei")
    assert sandbox.apply(HUANGPU_COUNTER, bind) == [Code.HOLDER_KEY_UNKNOWN]
    end = end_key(sandbox, attested=by_holder, signer="Han Meimei")
    assert sandbox.apply(HUANGPU_COUNTER, end) == [Code.HOLDER_KEY_UNKNOWN]


def test_a_binding_is_for_one_chain(sandbox: Sandbox) -> None:
    bind = bind_key(sandbox, "Li Lei 2", chain_id="other-00000000")
    assert sandbox.apply(HUANGPU_COUNTER, bind) == [Code.FOREIGN_CHAIN]
    end = end_key(sandbox, chain_id="other-00000000")
    assert sandbox.apply(HUANGPU_COUNTER, end) == [Code.FOREIGN_CHAIN]


def test_a_key_is_bound_once_for_ever(sandbox: Sandbox) -> None:
    assert sandbox.apply(HUANGPU_COUNTER, bind_key(sandbox)) == [Code.KEY_REUSED]
    sandbox.accept(HUANGPU_COUNTER, end_key(sandbox))
    assert sandbox.apply(HUANGPU_COUNTER, bind_key(sandbox)) == [Code.KEY_REUSED]
    assert sandbox.apply(HUANGPU_COUNTER, bind_key(sandbox, subject=HAN_MEIMEI)) == [Code.KEY_REUSED]


def test_a_systems_key_is_no_holders_key(sandbox: Sandbox) -> None:
    assert sandbox.apply(HUANGPU_COUNTER, bind_key(sandbox, MARKET_COUNTER)) == [Code.KEY_REUSED]


def test_a_key_that_cannot_attest_is_not_bound(sandbox: Sandbox) -> None:
    other = bind_key(sandbox, "Li Lei 2", suite=batch_pb2.SUITE_X25519)
    assert sandbox.apply(HUANGPU_COUNTER, other) == [Code.SUITE_UNSUPPORTED]
    short = bind_key(sandbox, "Li Lei 2", public_key=bytes(31))
    assert sandbox.apply(HUANGPU_COUNTER, short) == [Code.WRONG_LENGTH]


@pytest.mark.parametrize("attested", [by_gateway, by_holder])
@pytest.mark.parametrize(
    ("reason", "status"),
    [(HOLDER_KEY_END_REPLACED, Status.SUPERSEDED), (HOLDER_KEY_END_COMPROMISED, Status.INVALID)],
)
def test_a_key_ends_by_the_gateway_or_by_itself(
    sandbox: Sandbox, attested: Attest, reason: int, status: Status
) -> None:
    sandbox.accept(HUANGPU_COUNTER, end_key(sandbox, reason=reason, attested=attested))  # type: ignore[arg-type]
    assert sandbox.get_status(KIND_HOLDER_KEY, KEY) == status
    assert len(sandbox.get_trace(TraceKind.SUBJECT, LI_LEI)) == 2


def test_a_replaced_key_may_yet_turn_out_compromised_but_nothing_else(sandbox: Sandbox) -> None:
    sandbox.accept(HUANGPU_COUNTER, end_key(sandbox, reason=HOLDER_KEY_END_REPLACED))
    again = end_key(sandbox, reason=HOLDER_KEY_END_REPLACED)
    assert sandbox.apply(HUANGPU_COUNTER, again) == [Code.WRONG_STATE]
    sandbox.accept(HUANGPU_COUNTER, end_key(sandbox))
    assert sandbox.get_status(KIND_HOLDER_KEY, KEY) == Status.INVALID
    assert sandbox.apply(HUANGPU_COUNTER, end_key(sandbox)) == [Code.WRONG_STATE]


def test_an_unknown_key_does_not_end(sandbox: Sandbox) -> None:
    assert sandbox.apply(MARKET_OFFICE, end_key(sandbox, "stranger")) == [Code.NOT_FOUND]

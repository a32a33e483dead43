"""Releases are closed by the record's custodian, in time, with the digest of what was released."""

from typing import Any

import pytest

from tests.testkit.grant_objects import (
    build_grant,
    change,
    close_use,
    get_grant_state,
    get_use_standing,
    give_accepted,
    open_use,
    present,
)
from tests.testkit.ledger_kit import DAY_MS, Sandbox
from tests.testkit.ledger_objects import (
    HUANGPU_COUNTER,
    LI_LEI,
    MARKET_OFFICE,
    MARKET_VAULT,
    compute_id,
    issue_licence,
)
from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_ledger.codes import Code
from zhenglian_ledger.merkle.trace import TraceKind
from zhenglian_ledger.rows import ACCESS
from zhenglian_proto.v1 import state_pb2, uses_pb2
from zhenglian_proto.v1.grants_pb2 import GRANT_EVENT_REVOKE, GrantBody

WINDOW_MS = 600_000


@pytest.fixture
def sandbox() -> Sandbox:
    """Li Lei holds a licence that the market bureau keeps."""
    sandbox = Sandbox()
    sandbox.accept(MARKET_OFFICE, issue_licence())
    return sandbox


def open_one(sandbox: Sandbox, **particulars: Any) -> GrantBody:
    grant = build_grant()
    give_accepted(sandbox, grant)
    sandbox.accept(HUANGPU_COUNTER, open_use("1", grant, **particulars))
    return grant


def test_the_custodian_closes_what_it_released(sandbox: Sandbox) -> None:
    grant = open_one(sandbox)
    assert sandbox.apply(MARKET_VAULT, close_use("1")) == [Code.OK]
    assert get_use_standing(sandbox, "1") == state_pb2.USE_STANDING_RELEASED
    assert sandbox.get_trace(TraceKind.GRANT, compute_grant_id(grant))[-1] == (ACCESS, 1)
    assert sandbox.get_trace(TraceKind.SUBJECT, LI_LEI)[-1] == (ACCESS, 1)
    assert sandbox.apply(MARKET_VAULT, close_use("1")) == [Code.USE_CLOSED]


def test_a_failed_release_is_said_at_any_time_and_gives_nothing_back(sandbox: Sandbox) -> None:
    grant = open_one(sandbox)
    sandbox.wait(DAY_MS)
    failed = close_use("1", outcome=uses_pb2.OUTCOME_NOT_RELEASED, sha256=b"")
    assert sandbox.apply(MARKET_VAULT, failed) == [Code.OK]
    assert get_use_standing(sandbox, "1") == state_pb2.USE_STANDING_NOT_RELEASED
    assert get_grant_state(sandbox, grant).uses_taken == 1


def test_only_the_custodian_closes(sandbox: Sandbox) -> None:
    open_one(sandbox)
    assert sandbox.apply(HUANGPU_COUNTER, close_use("1")) == [Code.NOT_CUSTODIAN]


def test_what_is_released_is_what_the_record_says(sandbox: Sandbox) -> None:
    open_one(sandbox)
    for sha256 in (compute_id("other file"), b""):
        assert sandbox.apply(MARKET_VAULT, close_use("1", sha256=sha256)) == [Code.DIGEST_MISMATCH]
    contradictory = close_use("1", outcome=uses_pb2.OUTCOME_NOT_RELEASED)
    assert sandbox.apply(MARKET_VAULT, contradictory) == [Code.DIGEST_MISMATCH]


def test_of_fields_the_digest_is_of_what_was_released(sandbox: Sandbox) -> None:
    open_one(sandbox, whole_document=False, fields=["NAME"])
    assert sandbox.apply(MARKET_VAULT, close_use("1", sha256=b"")) == [Code.DIGEST_MISMATCH]
    fields = close_use("1", sha256=compute_id("the fields"))
    assert sandbox.apply(MARKET_VAULT, fields) == [Code.OK]
    assert get_use_standing(sandbox, "1") == state_pb2.USE_STANDING_RELEASED


def test_a_release_ends_with_its_window(sandbox: Sandbox) -> None:
    opened = sandbox.time_ms + 1_000
    open_one(sandbox)
    sandbox.wait(opened + WINDOW_MS - sandbox.time_ms)
    assert sandbox.apply(MARKET_VAULT, close_use("1")) == [Code.RELEASE_WINDOW_PASSED]
    sandbox.wait(opened + WINDOW_MS - 1 - sandbox.time_ms)
    assert sandbox.apply(MARKET_VAULT, close_use("1")) == [Code.OK]


def test_only_an_opening_is_closed(sandbox: Sandbox) -> None:
    assert sandbox.apply(MARKET_VAULT, close_use("never opened")) == [Code.NOT_FOUND]
    sandbox.accept(HUANGPU_COUNTER, present(sandbox, "shown"))
    assert sandbox.apply(MARKET_VAULT, close_use("shown")) == [Code.USE_CLOSED]


def test_a_revocation_does_not_recall_an_opened_release(sandbox: Sandbox) -> None:
    grant = open_one(sandbox)
    sandbox.accept(HUANGPU_COUNTER, change(sandbox, grant, GRANT_EVENT_REVOKE))
    assert sandbox.apply(MARKET_VAULT, close_use("1")) == [Code.OK]

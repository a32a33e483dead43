"""A short life of the sandbox ledger that touches most kinds of rows: for fsck, rebuild and crash tests."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from tests.testkit.grant_objects import build_grant, change, close_use, give, open_use
from tests.testkit.ledger_objects import (
    HUANGPU_COUNTER,
    MARKET_OFFICE,
    MARKET_VAULT,
    clear_dispute,
    collect_material,
    compute_id,
    issue_licence,
    open_case,
    open_project,
    raise_dispute,
)
from tests.testkit.node_kit import Sender, bundle
from zhenglian_proto.v1 import grants_pb2, records_pb2, uses_pb2


def build_story(sender: Sender) -> Iterator[list[bytes]]:
    """The transactions of one block after another; some operations and batches are refused on purpose."""
    build = sender.build
    yield [bundle(sender.licence("licence"), sender.licence("second"))]
    yield [bundle(build(HUANGPU_COUNTER, open_case())), bundle(build(HUANGPU_COUNTER, collect_material()))]
    yield _build_refusals(sender)
    yield []
    # disputes and standings
    suspend = records_pb2.ChangeLicence(
        licence=compute_id("second"),
        event=records_pb2.LICENCE_EVENT_SUSPEND,
        reason=records_pb2.REASON_WITHHELD,
    )
    yield [bundle(build(HUANGPU_COUNTER, raise_dispute())), bundle(build(MARKET_OFFICE, suspend))]
    yield [bundle(build(MARKET_OFFICE, clear_dispute()), build(HUANGPU_COUNTER, open_project()))]
    yield from _build_uses(sender)


def _build_refusals(sender: Sender) -> list[bytes]:
    """One of three operations refused, an atomic batch that fails as a whole, a batch that came too late."""
    taken = issue_licence("licence")
    mixed = sender.build(MARKET_OFFICE, issue_licence("third"), taken, issue_licence("fourth"))
    atomic = sender.build(MARKET_OFFICE, issue_licence("fifth"), taken, atomic=True)
    late = sender.build(MARKET_OFFICE, issue_licence("late"), valid_until_ms=1)
    return [bundle(mixed, atomic), bundle(late)]


def _build_uses(sender: Sender) -> Iterator[list[bytes]]:
    """A grant, a use, its close; then the grant is revoked and the next use refused, which leaves a trace."""
    now: Any = SimpleNamespace(time_ms=sender.clock())
    grant = build_grant(chain_id=sender.chain_id)
    plan = uses_pb2.PlanQuery(case_number="2026-0001")
    yield [bundle(sender.build(HUANGPU_COUNTER, give(now, grant), open_use("first", grant), plan))]
    yield [bundle(sender.build(MARKET_VAULT, close_use("first")))]
    revoke = change(now, grant, grants_pb2.GRANT_EVENT_REVOKE, chain_id=sender.chain_id)
    yield [bundle(sender.build(HUANGPU_COUNTER, revoke, open_use("second", grant)))]

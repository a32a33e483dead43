"""The digest of the rules covers every table that rules run on (SPEC 9.1)."""

import pytest

from zhenglian_ledger import lifecycle, narrowing, rules_digest
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.narrowing import Comparator

TABLES = rules_digest.TRANSITIONS | rules_digest.STANDINGS | rules_digest.STATUSES


def compute_anew() -> bytes:
    return rules_digest.compute_rules_digest.__wrapped__()


def test_every_table_of_the_lifecycles_is_named() -> None:
    named = {name: value for name, value in vars(lifecycle).items() if name.isupper()}
    tables = {name for name, value in named.items() if isinstance(value, dict | frozenset)}
    assert TABLES.keys() == tables
    assert all(TABLES[name] is getattr(lifecycle, name) for name in tables)


@pytest.mark.parametrize("name", rules_digest.TRANSITIONS)
def test_another_transition_is_another_digest(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = compute_anew()
    monkeypatch.setitem(rules_digest.TRANSITIONS, name, {**rules_digest.TRANSITIONS[name], (99, 1): 2})
    assert compute_anew() != before


@pytest.mark.parametrize("name", rules_digest.STANDINGS)
def test_another_set_of_states_is_another_digest(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = compute_anew()
    monkeypatch.setitem(rules_digest.STANDINGS, name, rules_digest.STANDINGS[name] | {99})
    assert compute_anew() != before


@pytest.mark.parametrize("name", rules_digest.STATUSES)
def test_another_status_is_another_digest(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = compute_anew()
    monkeypatch.setitem(rules_digest.STATUSES, name, {**rules_digest.STATUSES[name], 99: Status.VALID})
    assert compute_anew() != before


def test_another_narrowing_is_another_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    before = compute_anew()
    wider = Comparator("kind", "any", lambda _parent, _child: True)
    monkeypatch.setattr(narrowing, "NARROWING", (wider, *narrowing.NARROWING[1:]))
    assert compute_anew() != before

"""Grants: who may give what to whom, what a child may be, and how one grant changes."""

from typing import Any

import pytest

from tests.testkit.grant_objects import (
    LICENCE,
    Attest,
    bind_key,
    build_grant,
    build_scope,
    build_statutory,
    by_counter,
    by_gateway,
    by_holder,
    change,
    compute_holder_key_id,
    end_key,
    get_grant_state,
    give,
    give_accepted,
    to_subject,
    to_unit,
)
from tests.testkit.ledger_kit import DAY_MS, Sandbox
from tests.testkit.ledger_objects import (
    ACME,
    BUSINESS_LICENCE,
    CENTRE,
    CENTRE_OFFICE,
    GATEWAY_SYSTEM,
    GENESIS_MS,
    HAN_MEIMEI,
    HUANGPU,
    HUANGPU_COUNTER,
    HUANGPU_OFFICE,
    LAW,
    LI_LEI,
    MARKET,
    MARKET_COUNTER,
    MARKET_OFFICE,
    PUDONG,
    PUDONG_COUNTER,
    compute_id,
    issue_licence,
    key_body,
    put_rule,
)
from zhenglian_ledger import rows
from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_ledger.codes import Code
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.merkle.trace import TraceKind
from zhenglian_ledger.rows import u64
from zhenglian_ledger.rules.chain import MAX_DEPTH, get_chain
from zhenglian_ledger.rules.grants import STATUTORY_SUBJECT
from zhenglian_proto.v1 import grants_pb2, members_pb2, registries_pb2, state_pb2, types_pb2
from zhenglian_proto.v1.grants_pb2 import (
    GRANT_EVENT_RESUME,
    GRANT_EVENT_REVOKE,
    GRANT_EVENT_SUSPEND,
    GRANT_KIND_SCENE,
    GRANT_KIND_STATUTORY,
    RETENTION_DURATION,
    GrantBody,
)
from zhenglian_proto.v1.types_pb2 import KIND_GRANT, Interval

MAX_CHILDREN = 100


@pytest.fixture
def sandbox() -> Sandbox:
    """Li Lei holds a licence."""
    sandbox = Sandbox()
    sandbox.accept(MARKET_OFFICE, issue_licence())
    return sandbox


def try_give(sandbox: Sandbox, body: GrantBody, attested: Attest = by_gateway) -> Code:
    system = CENTRE_OFFICE if body.kind == GRANT_KIND_STATUTORY else HUANGPU_COUNTER
    (code,) = sandbox.apply(system, give(sandbox, body, attested))
    return code


def build_parent(name: str = "parent", **changes: Any) -> GrantBody:
    """Li Lei to Han Meimei, three hops further."""
    changes = {"grantee": to_subject(HAN_MEIMEI), "scope": build_scope(depth=3), **changes}
    return build_grant(name, **changes)


def build_child(parent: GrantBody, name: str = "child", **changes: Any) -> GrantBody:
    """The parent's grantee to Huangpu, a hop less."""
    scope = grants_pb2.Scope()
    scope.CopyFrom(parent.scope)
    scope.depth = max(parent.scope.depth - 1, 0)
    default = {"parent": compute_grant_id(parent), "grantor": parent.grantee, "scope": scope}
    return build_grant(name, **{**default, **changes})


def get_index(sandbox: Sandbox, body: GrantBody) -> int:
    return sandbox.find(KIND_GRANT, compute_grant_id(body)).index


# giving


def test_a_holders_grant_to_a_unit_is_found_and_traced(sandbox: Sandbox) -> None:
    body = build_grant()
    give_accepted(sandbox, body)
    index = get_index(sandbox, body)
    assert sandbox.get_status(KIND_GRANT, compute_grant_id(body)) == Status.VALID
    assert sandbox.get_trace(TraceKind.SUBJECT, LI_LEI) == [(rows.REGISTRY, index)]
    assert sandbox.get_trace(TraceKind.GRANT, compute_grant_id(body)) == [(rows.REGISTRY, index)]
    assert sandbox.has_rows(rows.GRANTEE + b"huangpu\x00" + LI_LEI + u64(index))


def test_a_grant_to_a_subject_is_in_both_subjects_traces(sandbox: Sandbox) -> None:
    body = build_parent()
    give_accepted(sandbox, body)
    for subject in (LI_LEI, HAN_MEIMEI):
        assert sandbox.get_trace(TraceKind.SUBJECT, subject) == [(rows.REGISTRY, get_index(sandbox, body))]
    assert not sandbox.has_rows(rows.GRANTEE)


def test_a_grant_to_oneself_is_traced_once(sandbox: Sandbox) -> None:
    give_accepted(sandbox, build_parent(grantee=to_subject(LI_LEI)))
    assert len(sandbox.get_trace(TraceKind.SUBJECT, LI_LEI)) == 1


def test_a_type_may_be_granted_before_any_record_of_it_exists(sandbox: Sandbox) -> None:
    scope = build_scope(records=[], types=[BUSINESS_LICENCE])
    assert try_give(sandbox, build_grant(grantor=to_subject(ACME), scope=scope)) == Code.OK


def test_the_same_grant_is_given_once_for_ever(sandbox: Sandbox) -> None:
    body = build_grant()
    give_accepted(sandbox, body)
    assert try_give(sandbox, body) == Code.ALREADY_EXISTS
    sandbox.accept(HUANGPU_COUNTER, change(sandbox, body, GRANT_EVENT_REVOKE))
    assert try_give(sandbox, body) == Code.ALREADY_EXISTS


REFUSED_TERMS: list[tuple[Code, dict[str, Any]]] = [
    (Code.FOREIGN_CHAIN, {"chain_id": "other-00000000"}),
    (Code.GRANT_KIND_UNSUPPORTED, {"kind": GRANT_KIND_SCENE}),
    (Code.MISSING_FIELD, {"scope": build_scope(records=[])}),
    (Code.MISSING_FIELD, {"scope": build_scope(uses=0)}),
    (Code.MISSING_FIELD, {"scope": build_scope(retention=RETENTION_DURATION)}),
    (Code.WRONG_INTERVAL, {"valid": Interval(from_ms=5, to_ms=5)}),
    (Code.UNKNOWN_TYPE, {"scope": build_scope(types=["LT.NONE"])}),
    (Code.NOT_FOUND, {"scope": build_scope(records=[compute_id("no record")])}),
    (Code.NOT_FOUND, {"grantee": to_unit("nobody")}),
    (Code.NOT_FOUND, {"grantee_system": "nothing"}),
    (Code.GRANT_NOT_FOR_UNIT, {"grantee_system": MARKET_OFFICE}),
    (Code.GRANT_NOT_FOR_UNIT, {"grantee": to_subject(HAN_MEIMEI), "grantee_system": HUANGPU_OFFICE}),
    (Code.OUT_OF_RANGE, {"rule": LAW}),
    (Code.GRANTOR_NOT_HOLDER, {"grantor": to_subject(HAN_MEIMEI)}),
]


@pytest.mark.parametrize(("code", "changes"), REFUSED_TERMS)
def test_terms_that_mean_nothing_are_refused(sandbox: Sandbox, code: Code, changes: dict[str, Any]) -> None:
    assert try_give(sandbox, build_grant(**changes)) == code


def test_a_unit_out_of_force_gets_no_grant(sandbox: Sandbox) -> None:
    sandbox.accept(CENTRE_OFFICE, registries_pb2.Retire(kind=types_pb2.KIND_UNIT, id=PUDONG))
    assert try_give(sandbox, build_grant(grantee=to_unit(PUDONG))) == Code.NOT_IN_FORCE


def test_a_subject_grant_needs_an_attestation(sandbox: Sandbox) -> None:
    given = give(sandbox, build_grant())
    given.ClearField("attestation")
    assert sandbox.apply(HUANGPU_COUNTER, given) == [Code.MISSING_FIELD]


def test_a_unit_is_no_holder(sandbox: Sandbox) -> None:
    given = give(sandbox, build_grant())
    given.body.grantor.unit = MARKET
    assert sandbox.apply(HUANGPU_COUNTER, given) == [Code.GRANTOR_NOT_HOLDER]


def test_nobody_attests_for_the_grantor(sandbox: Sandbox) -> None:
    body = build_grant()
    given = give(sandbox, body)
    given.attestation.CopyFrom(by_gateway(sandbox, compute_grant_id(body), HAN_MEIMEI))
    assert sandbox.apply(HUANGPU_COUNTER, given) == [Code.WRONG_ATTESTATION]


# children


def test_a_chain_leads_from_company_to_employee_to_agent_to_unit(sandbox: Sandbox) -> None:
    sandbox.accept(MARKET_OFFICE, issue_licence("acme", holders=[ACME]))
    scope = build_scope(records=[compute_id("acme")], depth=3)
    company = build_parent("company", grantor=to_subject(ACME), grantee=to_subject(HAN_MEIMEI), scope=scope)
    employee = build_child(company, "employee", grantee=to_subject(LI_LEI))
    agent = build_child(employee, "agent")
    give_accepted(sandbox, company, employee, agent)
    chain = get_chain(sandbox.build_step(), compute_grant_id(agent))
    assert [link.body for link in chain] == [agent, employee, company]
    index = get_index(sandbox, agent)
    assert sandbox.has_rows(rows.GRANTEE + b"huangpu\x00" + ACME + u64(index))
    assert get_grant_state(sandbox, employee).children == 1
    assert sandbox.get_trace(TraceKind.GRANT, compute_grant_id(employee))[-1] == (rows.REGISTRY, index)
    assert (rows.REGISTRY, index) not in sandbox.get_trace(TraceKind.GRANT, compute_grant_id(company))


def test_a_child_needs_its_parent(sandbox: Sandbox) -> None:
    assert try_give(sandbox, build_child(build_parent())) == Code.NOT_FOUND


def test_a_grant_to_a_unit_has_no_children(sandbox: Sandbox) -> None:
    parent = build_grant(scope=build_scope(depth=2))
    give_accepted(sandbox, parent)
    child = build_child(parent, grantor=to_subject(LI_LEI))
    assert try_give(sandbox, child) == Code.GRANT_TO_UNIT_HAS_NO_CHILDREN


def test_only_the_parents_grantee_gives_children(sandbox: Sandbox) -> None:
    parent = build_parent()
    give_accepted(sandbox, parent)
    assert try_give(sandbox, build_child(parent, grantor=to_subject(LI_LEI))) == Code.NOT_PARENTS_GRANTEE


def test_a_child_is_no_wider_than_its_parent(sandbox: Sandbox) -> None:
    parent = build_parent()
    give_accepted(sandbox, parent)
    assert try_give(sandbox, build_child(parent, scope=build_scope(uses=11, depth=2))) == Code.GRANT_WIDENED


def test_a_dead_parent_has_no_children(sandbox: Sandbox) -> None:
    parent = build_parent()
    give_accepted(sandbox, parent)
    sandbox.accept(HUANGPU_COUNTER, change(sandbox, parent, GRANT_EVENT_SUSPEND))
    assert try_give(sandbox, build_child(parent)) == Code.GRANT_SUSPENDED
    sandbox.accept(HUANGPU_COUNTER, change(sandbox, parent, GRANT_EVENT_REVOKE, sequence=2))
    assert try_give(sandbox, build_child(parent)) == Code.GRANT_REVOKED


def test_a_parent_in_another_time_has_no_children(sandbox: Sandbox) -> None:
    expired = build_parent("expired", valid=Interval(from_ms=1, to_ms=GENESIS_MS + DAY_MS))
    early = build_parent("early", valid=Interval(from_ms=GENESIS_MS + 3 * DAY_MS))
    give_accepted(sandbox, expired, early)
    sandbox.wait(DAY_MS)
    child = build_child(expired, valid=expired.valid)
    assert try_give(sandbox, child) == Code.GRANT_EXPIRED
    assert try_give(sandbox, build_child(early, valid=early.valid)) == Code.GRANT_NOT_YET_VALID


def test_a_chain_has_at_most_eight_links(sandbox: Sandbox) -> None:
    grants = [build_parent("link 1", scope=build_scope(depth=8))]
    while len(grants) < MAX_DEPTH:
        grants.append(build_child(grants[-1], f"link {len(grants) + 1}", grantee=to_subject(HAN_MEIMEI)))
    give_accepted(sandbox, *grants)
    assert try_give(sandbox, build_child(grants[-1], "link 9")) == Code.GRANT_TOO_DEEP
    assert len(get_chain(sandbox.build_step(), compute_grant_id(grants[-1]))) == MAX_DEPTH


def test_a_grant_has_a_bounded_number_of_children(sandbox: Sandbox) -> None:
    parent = build_parent()
    give_accepted(sandbox, parent)
    children = [give(sandbox, build_child(parent, f"child {number}")) for number in range(MAX_CHILDREN + 1)]
    assert sandbox.apply(HUANGPU_COUNTER, *children) == [Code.OK] * MAX_CHILDREN + [Code.TOO_MANY_CHILDREN]
    assert get_grant_state(sandbox, parent).children == MAX_CHILDREN


def test_a_refused_child_leaves_its_parent_alone(sandbox: Sandbox) -> None:
    parent = build_parent()
    give_accepted(sandbox, parent)
    given = give(sandbox, build_child(parent))
    given.attestation.signature = bytes(63) + b"\x01"
    assert sandbox.apply(HUANGPU_COUNTER, given) == [Code.WRONG_ATTESTATION]
    assert get_grant_state(sandbox, parent).children == 0


def test_a_compromised_key_ends_what_it_attested_and_all_below(sandbox: Sandbox) -> None:
    parent = build_parent()
    sandbox.accept(HUANGPU_COUNTER, bind_key(sandbox))
    sandbox.accept(HUANGPU_COUNTER, give(sandbox, parent, by_holder))
    sandbox.accept(HUANGPU_COUNTER, end_key(sandbox, reason=grants_pb2.HOLDER_KEY_END_REPLACED))
    assert try_give(sandbox, build_child(parent, "after replacing")) == Code.OK
    sandbox.accept(HUANGPU_COUNTER, end_key(sandbox))
    assert try_give(sandbox, build_child(parent, "after compromise")) == Code.GRANT_KEY_COMPROMISED


# statutory grants


def test_a_steward_grants_under_a_live_rule(sandbox: Sandbox) -> None:
    body = build_statutory()
    give_accepted(sandbox, body)
    index = get_index(sandbox, body)
    assert sandbox.has_rows(rows.GRANTEE + b"huangpu\x00" + STATUTORY_SUBJECT + u64(index))
    assert sandbox.get_trace(TraceKind.GRANT, compute_grant_id(body)) == [(rows.REGISTRY, index)]
    assert sandbox.get_trace(TraceKind.SUBJECT, LI_LEI) == []


def test_genesis_may_hold_a_statutory_grant(sandbox: Sandbox) -> None:
    assert sandbox.apply_genesis(give(sandbox, build_statutory())) == [Code.OK]


REFUSED_STATUTORY: list[tuple[Code, dict[str, Any]]] = [
    (Code.STATUTORY_NEEDS_RULE, {"rule": ""}),
    (Code.STATUTORY_NEEDS_RULE, {"rule": "no-rule"}),
    (Code.NOT_GRANTOR, {"grantor": to_unit(MARKET)}),
    (Code.NOT_GRANTOR, {"grantor": to_subject(LI_LEI)}),
    (Code.OUT_OF_RANGE, {"grantee": to_subject(HAN_MEIMEI)}),
    (Code.OUT_OF_RANGE, {"parent": LICENCE}),
]


@pytest.mark.parametrize(("code", "changes"), REFUSED_STATUTORY)
def test_a_statutory_grant_keeps_its_form(sandbox: Sandbox, code: Code, changes: dict[str, Any]) -> None:
    assert try_give(sandbox, build_statutory(**changes)) == code


def test_a_statutory_grant_carries_no_attestation(sandbox: Sandbox) -> None:
    given = give(sandbox, build_statutory())
    given.attestation.CopyFrom(by_gateway(sandbox, compute_grant_id(given.body)))
    assert sandbox.apply(CENTRE_OFFICE, given) == [Code.OUT_OF_RANGE]


def test_only_a_steward_gives_or_changes_a_statutory_grant(sandbox: Sandbox) -> None:
    body = build_statutory(grantor=to_unit(HUANGPU))
    assert sandbox.apply(HUANGPU_COUNTER, give(sandbox, body)) == [Code.NOT_PERMITTED]
    lawful = build_statutory()
    give_accepted(sandbox, lawful)
    revoke = change(sandbox, lawful, GRANT_EVENT_REVOKE, attested=None)
    assert sandbox.apply(HUANGPU_COUNTER, revoke) == [Code.NOT_PERMITTED]
    attested = change(sandbox, lawful, GRANT_EVENT_REVOKE, subject=LI_LEI)
    assert sandbox.apply(CENTRE_OFFICE, attested) == [Code.OUT_OF_RANGE]
    sandbox.accept(CENTRE_OFFICE, revoke)
    assert sandbox.get_status(KIND_GRANT, compute_grant_id(lawful)) == Status.INVALID


def test_a_rule_outside_its_interval_grants_nothing(sandbox: Sandbox) -> None:
    ended = put_rule(valid=Interval(from_ms=1, to_ms=sandbox.time_ms))
    sandbox.accept(CENTRE_OFFICE, ended)
    assert try_give(sandbox, build_statutory()) == Code.STATUTORY_NEEDS_RULE


# changing


def test_suspend_resume_revoke(sandbox: Sandbox) -> None:
    body = build_grant()
    give_accepted(sandbox, body)
    steps = [
        (GRANT_EVENT_SUSPEND, Status.SUSPENDED),
        (GRANT_EVENT_RESUME, Status.VALID),
        (GRANT_EVENT_SUSPEND, Status.SUSPENDED),
        (GRANT_EVENT_REVOKE, Status.INVALID),
    ]
    for sequence, (event, status) in enumerate(steps, start=1):
        sandbox.accept(HUANGPU_COUNTER, change(sandbox, body, event, sequence))
        assert sandbox.get_status(KIND_GRANT, compute_grant_id(body)) == status
    assert len(sandbox.get_trace(TraceKind.GRANT, compute_grant_id(body))) == 5
    assert len(sandbox.get_trace(TraceKind.SUBJECT, LI_LEI)) == 5
    assert get_grant_state(sandbox, body).standing == state_pb2.GRANT_STANDING_REVOKED


def test_a_change_touches_one_grant(sandbox: Sandbox) -> None:
    parent = build_parent()
    child = build_child(parent)
    give_accepted(sandbox, parent, child)
    sandbox.accept(HUANGPU_COUNTER, change(sandbox, parent, GRANT_EVENT_REVOKE))
    assert sandbox.get_status(KIND_GRANT, compute_grant_id(child)) == Status.VALID
    assert len(sandbox.get_trace(TraceKind.GRANT, compute_grant_id(child))) == 1


def test_only_its_own_grantor_changes_a_grant(sandbox: Sandbox) -> None:
    parent = build_parent()
    child = build_child(parent)
    give_accepted(sandbox, parent, child)
    by_ancestor = change(sandbox, child, GRANT_EVENT_REVOKE, subject=LI_LEI)
    assert sandbox.apply(HUANGPU_COUNTER, by_ancestor) == [Code.NOT_GRANTOR]
    sandbox.accept(HUANGPU_COUNTER, change(sandbox, child, GRANT_EVENT_REVOKE))


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        (Code.FOREIGN_CHAIN, {"chain_id": "other-00000000"}),
        (Code.NOT_FOUND, {"grant": compute_id("no grant")}),
        (Code.GRANT_EVENT_SEQUENCE, {"sequence": 2}),
        (Code.MISSING_FIELD, {"attested": None}),
        (Code.WRONG_STATE, {"event": GRANT_EVENT_RESUME}),
    ],
)
def test_changes_that_are_refused(sandbox: Sandbox, code: Code, changes: dict[str, Any]) -> None:
    body = build_grant()
    give_accepted(sandbox, body)
    asked = {"event": GRANT_EVENT_REVOKE, **changes}
    assert sandbox.apply(HUANGPU_COUNTER, change(sandbox, body, **asked)) == [code]


def test_a_recorded_change_is_not_replayed(sandbox: Sandbox) -> None:
    body = build_grant()
    give_accepted(sandbox, body)
    suspend = change(sandbox, body, GRANT_EVENT_SUSPEND)
    sandbox.accept(HUANGPU_COUNTER, suspend)
    sandbox.accept(HUANGPU_COUNTER, change(sandbox, body, GRANT_EVENT_RESUME, sequence=2))
    assert sandbox.apply(PUDONG_COUNTER, suspend) == [Code.GRANT_EVENT_SEQUENCE]


def test_a_revoked_grant_stays_revoked(sandbox: Sandbox) -> None:
    body = build_grant()
    give_accepted(sandbox, body)
    sandbox.accept(HUANGPU_COUNTER, change(sandbox, body, GRANT_EVENT_REVOKE))
    resume = change(sandbox, body, GRANT_EVENT_RESUME, sequence=2)
    assert sandbox.apply(HUANGPU_COUNTER, resume) == [Code.WRONG_STATE]


# who attested it


def test_a_unit_gets_nothing_over_a_link_its_own_counter_attested(sandbox: Sandbox) -> None:
    parent = build_parent()
    sandbox.accept(MARKET_OFFICE, give(sandbox, parent, by_counter))
    middle = build_child(parent, "middle", grantee=to_subject(ACME))
    give_accepted(sandbox, middle)
    for link in (parent, middle):
        to_market = build_child(link, f"of {link.nonce.hex()}", grantee=to_unit(MARKET))
        assert try_give(sandbox, to_market) == Code.ATTESTOR_IS_GRANTEE
        assert try_give(sandbox, build_child(link, f"other of {link.nonce.hex()}")) == Code.OK


def test_a_grantees_own_counter_carries_the_word_that_takes_away_but_not_the_one_that_gives(
    sandbox: Sandbox,
) -> None:
    body = build_grant(grantee=to_unit(MARKET))
    give_accepted(sandbox, body)

    def try_change(event: grants_pb2.GrantEvent, sequence: int, attested: Attest) -> Code:
        changed = change(sandbox, body, event, sequence, attested)
        (code,) = sandbox.apply(HUANGPU_COUNTER, changed)
        return code

    assert try_change(GRANT_EVENT_SUSPEND, 1, by_counter) == Code.OK
    assert try_change(GRANT_EVENT_RESUME, 2, by_counter) == Code.ATTESTOR_IS_GRANTEE
    assert try_change(GRANT_EVENT_RESUME, 2, by_gateway) == Code.OK
    assert try_change(GRANT_EVENT_REVOKE, 3, by_counter) == Code.OK


@pytest.mark.parametrize(
    ("attested", "system", "member"),
    [(by_counter, MARKET_COUNTER, MARKET), (by_gateway, GATEWAY_SYSTEM, CENTRE)],
)
@pytest.mark.parametrize(
    ("offset_ms", "code"), [(-1, Code.GRANT_KEY_COMPROMISED), (0, Code.OK), (1_000, Code.OK)]
)
def test_a_systems_key_that_ended_before_it_attested_takes_its_grants_with_it(
    sandbox: Sandbox, attested: Attest, system: str, member: str, offset_ms: int, code: Code
) -> None:
    parent, attested_ms = build_parent(), sandbox.time_ms
    sandbox.accept(HUANGPU_COUNTER, give(sandbox, parent, attested))
    sandbox.accept(HUANGPU_COUNTER, bind_key(sandbox, "Han Meimei", HAN_MEIMEI))
    end = members_pb2.KeyEnd(key=compute_holder_key_id(system), not_after_ms=attested_ms + offset_ms)
    body = key_body(member, 4 if member == CENTRE else 5, end=end)
    assert sandbox.apply_genesis(members_pb2.KeyOperation(body=body)) == [Code.OK]
    child = give(sandbox, build_child(parent), by_holder, signer="Han Meimei")
    assert sandbox.apply(HUANGPU_COUNTER, child) == [code]

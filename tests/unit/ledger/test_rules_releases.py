"""Releases: which grants open one, what each link of a chain forbids, and what is counted."""

from typing import Any

import pytest

from tests.testkit.grant_objects import (
    CASE,
    LICENCE,
    bind_key,
    build_grant,
    build_scope,
    build_statutory,
    by_holder,
    change,
    end_key,
    get_grant_state,
    get_use_standing,
    give,
    give_accepted,
    open_case_of_li_lei,
    open_use,
    to_subject,
    to_unit,
)
from tests.testkit.ledger_kit import DAY_MS, Sandbox
from tests.testkit.ledger_objects import (
    ACME,
    BUSINESS_LICENCE,
    CENTRE_OFFICE,
    FOOD_PERMIT,
    GENESIS_MS,
    HAN_MEIMEI,
    HUANGPU,
    HUANGPU_COUNTER,
    HUANGPU_OFFICE,
    LAW,
    LI_LEI,
    MARKET_OFFICE,
    PUDONG,
    PUDONG_COUNTER,
    RESTAURANT,
    collect_material,
    compute_id,
    issue_licence,
)
from zhenglian_ledger import rows
from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_ledger.codes import Code
from zhenglian_ledger.merkle.trace import TraceKind
from zhenglian_ledger.rows import ACCESS, u64
from zhenglian_proto.v1 import operation_pb2, records_pb2, registries_pb2, state_pb2, types_pb2, uses_pb2
from zhenglian_proto.v1.grants_pb2 import (
    GRANT_EVENT_RESUME,
    GRANT_EVENT_REVOKE,
    GRANT_EVENT_SUSPEND,
    HOLDER_KEY_END_REPLACED,
    Frequency,
    GrantBody,
    Scope,
)
from zhenglian_proto.v1.types_pb2 import (
    CHANNEL_PC,
    CHANNEL_WINDOW,
    HOLDER_RULE_ALL,
    PURPOSE_ENFORCEMENT,
    CaseRef,
    Interval,
)

AT_THE_WINDOW = operation_pb2.Context(channel=CHANNEL_WINDOW)


@pytest.fixture
def sandbox() -> Sandbox:
    """Li Lei holds a licence and has an open case at Huangpu."""
    sandbox = Sandbox()
    sandbox.accept(MARKET_OFFICE, issue_licence())
    open_case_of_li_lei(sandbox)
    return sandbox


def try_use(sandbox: Sandbox, use: uses_pb2.OpenUse, system: str = HUANGPU_COUNTER) -> Code:
    (code,) = sandbox.apply(system, use, context=AT_THE_WINDOW)
    return code


def narrow(parent: GrantBody, name: str, **changes: Any) -> GrantBody:
    """The parent's grantee gives on what it has, a hop less."""
    scope = Scope()
    scope.CopyFrom(parent.scope)
    scope.depth -= 1
    default = {"parent": compute_grant_id(parent), "grantor": parent.grantee, "scope": scope}
    return build_grant(name, **{**default, **changes})


def give_chain(sandbox: Sandbox, **changes: Any) -> tuple[GrantBody, GrantBody, GrantBody]:
    """Acme (a company) to Han Meimei (its employee) to Li Lei (an agent) to Huangpu, over Acme's licence."""
    sandbox.accept(MARKET_OFFICE, issue_licence("acme", holders=[ACME]))
    scope = build_scope(records=[compute_id("acme")], depth=3, **changes)
    company = build_grant("company", grantor=to_subject(ACME), grantee=to_subject(HAN_MEIMEI), scope=scope)
    employee = narrow(company, "employee", grantee=to_subject(LI_LEI))
    agent = narrow(employee, "agent", grantee=to_unit(HUANGPU))
    give_accepted(sandbox, company, employee, agent)
    return company, employee, agent


# opening


def test_a_release_opens_under_a_holders_grant(sandbox: Sandbox) -> None:
    grant = build_grant()
    give_accepted(sandbox, grant)
    assert try_use(sandbox, open_use("1", grant, case_number=CASE)) == Code.OK
    assert get_use_standing(sandbox, "1") == state_pb2.USE_STANDING_OPENED
    assert get_grant_state(sandbox, grant).uses_taken == 1
    assert sandbox.has_rows(rows.USE + rows.case_id(HUANGPU, CASE) + b"\x00" + u64(0))
    assert sandbox.get_trace(TraceKind.SUBJECT, LI_LEI)[-1] == (ACCESS, 0)
    assert sandbox.get_trace(TraceKind.GRANT, compute_grant_id(grant))[-1] == (ACCESS, 0)


def test_a_use_is_traced_under_the_named_grant_not_its_ancestors(sandbox: Sandbox) -> None:
    company, employee, agent = give_chain(sandbox)
    assert try_use(sandbox, open_use("1", agent, record=compute_id("acme"))) == Code.OK
    assert sandbox.get_trace(TraceKind.GRANT, compute_grant_id(agent))[-1] == (ACCESS, 0)
    for ancestor in (company, employee):
        assert (ACCESS, 0) not in sandbox.get_trace(TraceKind.GRANT, compute_grant_id(ancestor))
    assert sandbox.get_trace(TraceKind.SUBJECT, ACME)[-1] == (ACCESS, 0)
    assert (ACCESS, 0) not in sandbox.get_trace(TraceKind.SUBJECT, HAN_MEIMEI)


def test_a_refused_opening_is_traced_once_and_takes_nothing(sandbox: Sandbox) -> None:
    grant = build_grant()
    give_accepted(sandbox, grant)
    use = open_use("1", grant, grant, purpose=PURPOSE_ENFORCEMENT)
    assert try_use(sandbox, use) == Code.OUTSIDE_PURPOSE
    assert sandbox.get_trace(TraceKind.GRANT, compute_grant_id(grant)).count((ACCESS, 0)) == 1
    assert get_grant_state(sandbox, grant).uses_taken == 0


def test_opening_needs_an_unused_id_a_record_and_a_grant(sandbox: Sandbox) -> None:
    grant = build_grant()
    give_accepted(sandbox, grant)
    assert try_use(sandbox, open_use("1", grant)) == Code.OK
    assert try_use(sandbox, open_use("1", grant)) == Code.ALREADY_EXISTS
    assert try_use(sandbox, open_use("2", grant, record=compute_id("nothing"))) == Code.NOT_FOUND
    assert try_use(sandbox, open_use("2", build_grant("never given"))) == Code.NOT_FOUND
    assert try_use(sandbox, open_use("2")) == Code.MISSING_FIELD


def test_an_opening_asks_for_fields_or_for_the_whole_document_and_not_for_both(sandbox: Sandbox) -> None:
    grant = build_grant()
    give_accepted(sandbox, grant)
    assert try_use(sandbox, open_use("1", grant, whole_document=False)) == Code.MISSING_FIELD
    assert try_use(sandbox, open_use("1", grant, fields=["NAME"])) == Code.OUT_OF_RANGE
    assert try_use(sandbox, open_use("1", grant, whole_document=False, fields=["NAME"])) == Code.OK


def test_a_revoked_record_is_not_released(sandbox: Sandbox) -> None:
    grant = build_grant()
    give_accepted(sandbox, grant)
    revoke = records_pb2.ChangeLicence(
        licence=LICENCE, event=records_pb2.LICENCE_EVENT_REVOKE, reason=records_pb2.REASON_RESCINDED
    )
    sandbox.accept(MARKET_OFFICE, revoke)
    assert try_use(sandbox, open_use("1", grant)) == Code.RECORD_NOT_USABLE


def test_a_pending_material_is_not_released_an_accepted_one_is(sandbox: Sandbox) -> None:
    grant = build_grant("material", scope=build_scope(records=[compute_id("material")]))
    sandbox.accept(HUANGPU_COUNTER, collect_material())
    give_accepted(sandbox, grant)
    use = open_use("1", grant, record=compute_id("material"))
    assert try_use(sandbox, use) == Code.RECORD_NOT_USABLE
    accept = records_pb2.DecideMaterial(
        material=compute_id("material"), event=records_pb2.MATERIAL_EVENT_ACCEPT
    )
    sandbox.accept(HUANGPU_COUNTER, accept)
    assert try_use(sandbox, use) == Code.OK


def test_a_grant_is_for_its_unit_and_system(sandbox: Sandbox) -> None:
    to_office = build_grant("office", grantee_system=HUANGPU_OFFICE)
    to_han = build_grant("han", grantee=to_subject(HAN_MEIMEI))
    give_accepted(sandbox, to_office, to_han)
    assert try_use(sandbox, open_use("1", to_office), PUDONG_COUNTER) == Code.GRANT_NOT_FOR_UNIT
    assert try_use(sandbox, open_use("1", to_office), HUANGPU_COUNTER) == Code.GRANT_NOT_FOR_UNIT
    assert try_use(sandbox, open_use("1", to_han)) == Code.GRANT_NOT_FOR_UNIT
    assert try_use(sandbox, open_use("1", to_office), HUANGPU_OFFICE) == Code.OK


def test_a_case_that_is_named_is_open_and_of_that_matter(sandbox: Sandbox) -> None:
    grant = build_grant()
    give_accepted(sandbox, grant)
    assert try_use(sandbox, open_use("1", grant, case_number="none")) == Code.NOT_FOUND
    use = open_use("1", grant, case_number=CASE, matter="M.OTHER")
    assert try_use(sandbox, use) == Code.OUTSIDE_MATTER


# scope, on every link


HUANGPU_CASE = CaseRef(unit=HUANGPU, number=CASE)
OUTSIDE: list[tuple[Code, dict[str, Any], dict[str, Any]]] = [
    (Code.OUTSIDE_PURPOSE, {}, {"purpose": PURPOSE_ENFORCEMENT}),
    (Code.OUTSIDE_MATTER, {"matters": ["M.OTHER"]}, {"case_number": CASE}),
    (Code.OUTSIDE_MATTER, {"matters": [RESTAURANT]}, {"matter": RESTAURANT}),  # in no case of it
    (Code.OUTSIDE_SCENE, {"scenes": ["S.1"]}, {"scene": "S.2"}),
    (Code.OUTSIDE_REGION, {"regions": ["310115"]}, {}),
    (Code.OUTSIDE_CHANNEL, {"channels": [CHANNEL_PC]}, {}),
    (Code.OUTSIDE_CASE, {"case": HUANGPU_CASE}, {}),
    (Code.OUTSIDE_CASE, {"case": CaseRef(unit=PUDONG, number=CASE)}, {"case_number": CASE}),
    (Code.OUTSIDE_RECORDS, {"project": compute_id("project")}, {}),
    (Code.WHOLE_DOCUMENT_NOT_GRANTED, {"whole_document": False, "fields": ["NAME"]}, {}),
    (
        Code.OUTSIDE_FIELDS,
        {"whole_document": False, "fields": ["NAME"]},
        {"whole_document": False, "fields": ["NAME", "NUMBER"]},
    ),
]
INSIDE: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"matters": [RESTAURANT, "M.OTHER"]}, {"case_number": CASE}),
    ({"scenes": ["S.1"]}, {"scene": "S.1"}),
    ({"regions": ["310000"]}, {}),
    ({"regions": ["310115", "310101"]}, {}),
    ({"channels": [CHANNEL_PC, CHANNEL_WINDOW]}, {}),
    ({"case": HUANGPU_CASE}, {"case_number": CASE}),
    ({}, {"whole_document": False, "fields": ["NAME"]}),
    (
        {"whole_document": False, "fields": ["NAME", "NUMBER"]},
        {"whole_document": False, "fields": ["NUMBER"]},
    ),
]


@pytest.mark.parametrize(("code", "scope", "particulars"), OUTSIDE)
def test_a_use_outside_the_scope_is_refused(
    sandbox: Sandbox, code: Code, scope: dict[str, Any], particulars: dict[str, Any]
) -> None:
    grant = build_grant(scope=build_scope(**scope))
    give_accepted(sandbox, grant)
    assert try_use(sandbox, open_use("1", grant, **particulars)) == code


@pytest.mark.parametrize(("scope", "particulars"), INSIDE)
def test_a_use_inside_the_scope_is_accepted(
    sandbox: Sandbox, scope: dict[str, Any], particulars: dict[str, Any]
) -> None:
    grant = build_grant(scope=build_scope(**scope))
    give_accepted(sandbox, grant)
    assert try_use(sandbox, open_use("1", grant, **particulars)) == Code.OK


def test_a_record_is_granted_by_id_or_by_type(sandbox: Sandbox) -> None:
    sandbox.accept(MARKET_OFFICE, issue_licence("food", type=FOOD_PERMIT))
    by_type = build_grant("type", scope=build_scope(records=[], types=[BUSINESS_LICENCE]))
    either = build_grant("either", scope=build_scope(records=[LICENCE], types=[FOOD_PERMIT]))
    give_accepted(sandbox, by_type, either)
    assert try_use(sandbox, open_use("1", by_type)) == Code.OK
    assert try_use(sandbox, open_use("2", by_type, record=compute_id("food"))) == Code.OUTSIDE_RECORDS
    assert try_use(sandbox, open_use("3", either)) == Code.OK
    assert try_use(sandbox, open_use("4", either, record=compute_id("food"))) == Code.OK


def test_a_child_that_names_a_record_of_another_type_gets_nothing(sandbox: Sandbox) -> None:
    sandbox.accept(MARKET_OFFICE, issue_licence("food", type=FOOD_PERMIT))
    scope = build_scope(records=[], types=[BUSINESS_LICENCE], depth=1)
    parent = build_grant("parent", grantee=to_subject(HAN_MEIMEI), scope=scope)
    child = narrow(parent, "child", scope=build_scope(records=[compute_id("food"), LICENCE]))
    give_accepted(sandbox, parent, child)
    assert try_use(sandbox, open_use("1", child, record=compute_id("food"))) == Code.OUTSIDE_RECORDS
    assert try_use(sandbox, open_use("2", child)) == Code.OK


# the chain


def test_company_employee_agent_unit(sandbox: Sandbox) -> None:
    grants = give_chain(sandbox)
    assert try_use(sandbox, open_use("1", grants[-1], record=compute_id("acme"))) == Code.OK
    assert [get_grant_state(sandbox, grant).uses_taken for grant in grants] == [1, 1, 1]


@pytest.mark.parametrize("position", [0, 1, 2])
def test_revoking_or_suspending_any_link_ends_the_use(sandbox: Sandbox, position: int) -> None:
    grants = give_chain(sandbox)
    link = grants[position]
    use = open_use("1", grants[-1], record=compute_id("acme"))
    sandbox.accept(HUANGPU_COUNTER, change(sandbox, link, GRANT_EVENT_SUSPEND))
    assert try_use(sandbox, use) == Code.GRANT_SUSPENDED
    sandbox.accept(HUANGPU_COUNTER, change(sandbox, link, GRANT_EVENT_RESUME, 2))
    assert try_use(sandbox, use) == Code.OK
    sandbox.accept(HUANGPU_COUNTER, change(sandbox, link, GRANT_EVENT_REVOKE, 3))
    again = open_use("2", grants[-1], record=compute_id("acme"))
    assert try_use(sandbox, again) == Code.GRANT_REVOKED
    assert [get_grant_state(sandbox, grant).uses_taken for grant in grants] == [1, 1, 1]


def test_expiry_of_a_link_ends_the_use_at_the_very_millisecond(sandbox: Sandbox) -> None:
    end = GENESIS_MS + DAY_MS
    grant = build_grant(valid=Interval(from_ms=1, to_ms=end))
    give_accepted(sandbox, grant)
    sandbox.wait(end - 1 - sandbox.time_ms)
    assert try_use(sandbox, open_use("1", grant)) == Code.OK
    sandbox.wait(end - sandbox.time_ms)
    assert try_use(sandbox, open_use("2", grant)) == Code.GRANT_EXPIRED


def test_a_grant_that_has_not_begun_opens_nothing(sandbox: Sandbox) -> None:
    begin = GENESIS_MS + DAY_MS
    grant = build_grant(valid=Interval(from_ms=begin))
    give_accepted(sandbox, grant)
    tolerance = 20_000
    sandbox.wait(begin - tolerance - 1 - sandbox.time_ms)
    assert try_use(sandbox, open_use("1", grant)) == Code.GRANT_NOT_YET_VALID
    sandbox.wait(begin - tolerance - sandbox.time_ms)
    assert try_use(sandbox, open_use("1", grant)) == Code.OK


def test_a_replaced_key_leaves_its_grants_alive_a_compromised_one_does_not(sandbox: Sandbox) -> None:
    grant = build_grant()
    sandbox.accept(HUANGPU_COUNTER, bind_key(sandbox))
    sandbox.accept(HUANGPU_COUNTER, give(sandbox, grant, by_holder))
    sandbox.accept(HUANGPU_COUNTER, end_key(sandbox, reason=HOLDER_KEY_END_REPLACED))
    assert try_use(sandbox, open_use("1", grant)) == Code.OK
    sandbox.accept(HUANGPU_COUNTER, end_key(sandbox))
    assert try_use(sandbox, open_use("2", grant)) == Code.GRANT_KEY_COMPROMISED


# holders


def give_shared(sandbox: Sandbox, **changes: Any) -> tuple[GrantBody, GrantBody]:
    """A licence of Li Lei and Han Meimei; a grant of each to Huangpu."""
    shared = issue_licence("shared", holders=[LI_LEI, HAN_MEIMEI], **changes)
    sandbox.accept(MARKET_OFFICE, shared)
    scope = build_scope(records=[shared.id])
    grants = (
        build_grant("Li Lei's", scope=scope),
        build_grant("Han Meimei's", grantor=to_subject(HAN_MEIMEI), scope=scope),
    )
    give_accepted(sandbox, *grants)
    return grants


def test_any_holder_suffices_where_any_may_grant(sandbox: Sandbox) -> None:
    hers = give_shared(sandbox)[1]
    assert try_use(sandbox, open_use("1", hers, record=compute_id("shared"))) == Code.OK


def test_one_chain_is_named_where_any_may_grant(sandbox: Sandbox) -> None:
    grants = give_shared(sandbox)
    assert try_use(sandbox, open_use("1", *grants, record=compute_id("shared"))) == Code.TOO_MANY


def test_each_holder_grants_where_all_must(sandbox: Sandbox) -> None:
    his, hers = give_shared(sandbox, holder_rule=HOLDER_RULE_ALL)
    shared = compute_id("shared")
    assert try_use(sandbox, open_use("1", his, record=shared)) == Code.HOLDER_GRANT_MISSING
    assert try_use(sandbox, open_use("1", his, his, record=shared)) == Code.DUPLICATE
    assert try_use(sandbox, open_use("1", hers, his, record=shared)) == Code.OK
    assert [get_grant_state(sandbox, grant).uses_taken for grant in (his, hers)] == [1, 1]


def test_one_holders_exhausted_grant_takes_nothing_from_the_others(sandbox: Sandbox) -> None:
    his, _ = give_shared(sandbox, holder_rule=HOLDER_RULE_ALL)
    scope = build_scope(records=[compute_id("shared")], uses=1)
    once = build_grant("once", grantor=to_subject(HAN_MEIMEI), scope=scope)
    give_accepted(sandbox, once)
    shared = compute_id("shared")
    assert try_use(sandbox, open_use("1", his, once, record=shared)) == Code.OK
    assert try_use(sandbox, open_use("2", his, once, record=shared)) == Code.NO_USES_LEFT
    assert get_grant_state(sandbox, his).uses_taken == 1


def test_a_grant_of_a_type_gives_only_its_grantors_records(sandbox: Sandbox) -> None:
    scope = build_scope(records=[], types=[BUSINESS_LICENCE])
    hers = build_grant("hers", grantor=to_subject(HAN_MEIMEI), scope=scope)
    give_accepted(sandbox, hers)
    assert try_use(sandbox, open_use("1", hers)) == Code.GRANT_UNRELATED


def test_a_statutory_grant_needs_no_holder_but_a_live_rule(sandbox: Sandbox) -> None:
    lawful, his = build_statutory(), build_grant()
    give_accepted(sandbox, lawful, his)
    assert try_use(sandbox, open_use("1", lawful)) == Code.OK
    assert try_use(sandbox, open_use("2", lawful, his)) == Code.TOO_MANY
    sandbox.accept(CENTRE_OFFICE, registries_pb2.Retire(kind=types_pb2.KIND_RULE, id=LAW))
    assert try_use(sandbox, open_use("2", lawful)) == Code.RULE_NOT_IN_FORCE


# counters


def test_a_use_is_taken_from_every_link(sandbox: Sandbox) -> None:
    company, employee, agent = give_chain(sandbox, uses=3)
    other = narrow(employee, "other agent", grantee=to_unit(PUDONG))
    give_accepted(sandbox, other)
    acme = compute_id("acme")
    assert try_use(sandbox, open_use("1", agent, record=acme)) == Code.OK
    assert try_use(sandbox, open_use("2", agent, record=acme)) == Code.OK
    assert try_use(sandbox, open_use("3", other, record=acme), PUDONG_COUNTER) == Code.OK
    for grant, system in ((agent, HUANGPU_COUNTER), (other, PUDONG_COUNTER)):
        assert try_use(sandbox, open_use("4", grant, record=acme), system) == Code.NO_USES_LEFT
    grants = (company, employee, agent, other)
    assert [get_grant_state(sandbox, grant).uses_taken for grant in grants] == [3, 3, 2, 1]


def test_one_use_cannot_multiply_through_children(sandbox: Sandbox) -> None:
    parent = build_grant("once", grantee=to_subject(HAN_MEIMEI), scope=build_scope(uses=1, depth=1))
    children = [narrow(parent, f"child {number}") for number in range(5)]
    give_accepted(sandbox, parent, *children)
    codes = [try_use(sandbox, open_use(f"{number}", child)) for number, child in enumerate(children)]
    assert codes == [Code.OK] + [Code.NO_USES_LEFT] * 4
    in_one_batch = [open_use(f"again {number}", child) for number, child in enumerate(children)]
    assert sandbox.apply(HUANGPU_COUNTER, *in_one_batch) == [Code.NO_USES_LEFT] * 5


def test_uses_of_one_batch_see_each_other(sandbox: Sandbox) -> None:
    grant = build_grant(scope=build_scope(uses=2))
    give_accepted(sandbox, grant)
    uses = [open_use(str(number), grant) for number in range(3)]
    assert sandbox.apply(HUANGPU_COUNTER, *uses) == [Code.OK, Code.OK, Code.NO_USES_LEFT]


def test_frequency_counts_in_windows_from_the_grants_start(sandbox: Sandbox) -> None:
    start = sandbox.time_ms
    hourly = Frequency(count=2, window_ms=3_600_000)
    grant = build_grant(valid=Interval(from_ms=start), scope=build_scope(frequency=hourly))
    give_accepted(sandbox, grant)
    uses = [open_use(str(number), grant) for number in range(8)]
    assert sandbox.apply(HUANGPU_COUNTER, *uses[:3]) == [Code.OK, Code.OK, Code.FREQUENCY_EXCEEDED]
    sandbox.wait(start + 3_600_000 - 1 - sandbox.time_ms)
    assert try_use(sandbox, uses[2]) == Code.FREQUENCY_EXCEEDED
    sandbox.wait(start + 3_600_000 - sandbox.time_ms)
    assert sandbox.apply(HUANGPU_COUNTER, *uses[2:5]) == [Code.OK, Code.OK, Code.FREQUENCY_EXCEEDED]
    assert get_grant_state(sandbox, grant).uses_taken == 4


def test_a_use_within_the_tolerance_before_the_start_counts_in_the_first_window(sandbox: Sandbox) -> None:
    start = sandbox.time_ms + 15_000
    once = Frequency(count=1, window_ms=60_000)
    grant = build_grant(valid=Interval(from_ms=start), scope=build_scope(frequency=once))
    give_accepted(sandbox, grant)
    assert try_use(sandbox, open_use("1", grant)) == Code.OK
    sandbox.wait(20_000)
    assert try_use(sandbox, open_use("2", grant)) == Code.FREQUENCY_EXCEEDED

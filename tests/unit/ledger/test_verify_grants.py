"""Grant chains and uses: a false chain is a lie and raises, a dead one is a fact and says why."""

from collections.abc import Callable

import pytest

from tests.testkit.chain_kit import ProvenChain, altered, fails
from tests.testkit.grant_objects import (
    bind_key,
    build_grant,
    build_scope,
    build_statutory,
    by_counter,
    by_holder,
    change,
    compute_holder_key_id,
    end_key,
    give,
    give_accepted,
    open_use,
    to_subject,
)
from tests.testkit.ledger_kit import CHAIN_ID, sign_key_operation
from tests.testkit.ledger_objects import (
    CENTRE_OFFICE,
    HAN_MEIMEI,
    HUANGPU,
    HUANGPU_COUNTER,
    HUANGPU_OFFICE,
    LAW,
    MARKET,
    MARKET_COUNTER,
    MARKET_OFFICE,
    PUDONG,
    compute_id,
    issue_licence,
    key_body,
)
from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied
from zhenglian_ledger.rows import ACCESS, COUNTER_KEY_SEQUENCE
from zhenglian_ledger.verify.grants import Liveness, VerifiedChain, verify_grant_chain
from zhenglian_ledger.verify.use import VerifiedUse, verify_use
from zhenglian_node.app.answers import ProofBuilder, build_grant_answer, build_use_answer
from zhenglian_proto.v1 import grants_pb2, members_pb2, registries_pb2, types_pb2
from zhenglian_proto.v1.node_pb2 import GrantAnswer, UseAnswer
from zhenglian_sdk.vault.release import Caller, SeenUse, Terms, verify_release

ROOT = build_grant("root", grantee=to_subject(HAN_MEIMEI), scope=build_scope(depth=1))
LEAF = build_grant(
    "leaf", grantor=to_subject(HAN_MEIMEI), parent=compute_grant_id(ROOT), scope=build_scope(uses=3)
)
STATUTORY = build_statutory()
USE = compute_id("use first")


@pytest.fixture
def chain() -> ProvenChain:
    """Li Lei lets Han Meimei act, whose key lets Huangpu use the licence; and a statutory grant."""
    chain = ProvenChain()
    chain.accept(MARKET_OFFICE, issue_licence())
    chain.accept(HUANGPU_COUNTER, bind_key(chain, "Han Meimei", HAN_MEIMEI))
    give_accepted(chain, ROOT, STATUTORY)
    chain.accept(HUANGPU_COUNTER, give(chain, LEAF, by_holder, signer="Han Meimei"))
    return chain


def ask(chain: ProvenChain, body: grants_pb2.GrantBody = LEAF) -> GrantAnswer:
    return build_grant_answer(chain.provable, compute_grant_id(body))


def read(
    chain: ProvenChain, reply: GrantAnswer, body: grants_pb2.GrantBody = LEAF, unit: str | None = HUANGPU
) -> VerifiedChain:
    proven = chain.prove(reply.anchor)
    grant = compute_grant_id(body)
    return verify_grant_chain(proven, reply.chain, grant=grant, at_ms=proven.time_ms, unit=unit)


def see(chain: ProvenChain, body: grants_pb2.GrantBody = LEAF, unit: str | None = HUANGPU) -> Liveness:
    return read(chain, ask(chain, body), body, unit).liveness


# liveness


def test_a_live_chain_is_shown_from_leaf_to_root(chain: ProvenChain) -> None:
    verified = read(chain, ask(chain))
    assert verified.liveness.is_live
    assert verified.bodies == (LEAF, ROOT)


def test_revoking_the_root_ends_the_leaf(chain: ProvenChain) -> None:
    chain.accept(HUANGPU_COUNTER, change(chain, ROOT, grants_pb2.GRANT_EVENT_REVOKE))
    assert see(chain) == (Code.GRANT_REVOKED, compute_grant_id(ROOT))


def test_a_suspended_link_can_live_again(chain: ProvenChain) -> None:
    chain.accept(HUANGPU_COUNTER, change(chain, ROOT, grants_pb2.GRANT_EVENT_SUSPEND))
    assert see(chain) == (Code.GRANT_SUSPENDED, compute_grant_id(ROOT))
    chain.accept(HUANGPU_COUNTER, change(chain, ROOT, grants_pb2.GRANT_EVENT_RESUME, 2))
    assert see(chain).is_live


def test_a_compromised_key_takes_what_it_attested_with_it(chain: ProvenChain) -> None:
    chain.accept(HUANGPU_COUNTER, end_key(chain, "Han Meimei", subject=HAN_MEIMEI))
    assert see(chain) == (Code.GRANT_KEY_COMPROMISED, compute_grant_id(LEAF))


def test_a_replaced_key_does_not(chain: ProvenChain) -> None:
    reason = grants_pb2.HOLDER_KEY_END_REPLACED
    chain.accept(HUANGPU_COUNTER, end_key(chain, "Han Meimei", reason, subject=HAN_MEIMEI))
    assert see(chain).is_live


def end_counter_key(chain: ProvenChain, not_after_ms: int) -> None:
    """The key with which the counter attested written grants has ended as of a time."""
    end = members_pb2.KeyEnd(key=compute_holder_key_id(MARKET_COUNTER), not_after_ms=not_after_ms)
    sequence = chain.state.get_counter(COUNTER_KEY_SEQUENCE, MARKET.encode()) + 1
    body = key_body(MARKET, sequence, chain_id=CHAIN_ID, end=end)
    chain.accept(MARKET_OFFICE, sign_key_operation(body, MARKET + "-recovery"))


def test_a_counter_key_that_was_in_doubt_when_it_attested_takes_the_grant_with_it(chain: ProvenChain) -> None:
    written = build_grant("written")
    attested_ms = chain.time_ms
    chain.accept(HUANGPU_OFFICE, give(chain, written, by_counter))
    assert see(chain, written).is_live
    end_counter_key(chain, attested_ms - 3_600_000)
    assert see(chain, written) == (Code.GRANT_KEY_COMPROMISED, compute_grant_id(written))


def test_a_use_opened_before_the_counter_key_fell_into_doubt_is_released_no_more(chain: ProvenChain) -> None:
    written = build_grant("written")
    attested_ms = chain.time_ms
    chain.accept(HUANGPU_OFFICE, give(chain, written, by_counter))
    chain.accept(HUANGPU_COUNTER, open_use("first", written))
    assert read_use(chain, ask_use(chain)).is_live
    end_counter_key(chain, attested_ms - 1)
    use = read_use(chain, ask_use(chain))
    assert not use.is_live
    caller = Caller(HUANGPU_COUNTER, HUANGPU)
    terms = Terms(unit=MARKET, max_staleness_ms=30_000, release_window_ms=600_000)
    with pytest.raises(Denied) as caught:
        verify_release(SeenUse(use, chain.time_ms), caller=caller, terms=terms, now_ms=chain.time_ms)
    assert caught.value.code == Code.VAULT_CHAIN_DEAD
    assert caught.value.fields == {"reason": Code.GRANT_KEY_COMPROMISED.name}


def test_a_counter_key_that_ended_later_does_not(chain: ProvenChain) -> None:
    written = build_grant("written")
    chain.accept(HUANGPU_OFFICE, give(chain, written, by_counter))
    end_counter_key(chain, chain.time_ms)
    assert see(chain, written).is_live


def test_the_key_of_a_counter_cannot_be_left_out_or_be_anothers(chain: ProvenChain) -> None:
    written = build_grant("written")
    chain.accept(HUANGPU_OFFICE, give(chain, written, by_counter))
    honest = ask(chain, written)
    lie = altered(honest, drop_key)
    assert fails(lambda: read(chain, lie, written)) is Code.PROOF_WRONG_CHAIN_OF_GRANTS
    another = ProofBuilder(chain.provable).build_existing(
        types_pb2.KIND_KEY, compute_holder_key_id(MARKET_OFFICE)
    )
    swapped = altered(honest, lambda reply: reply.chain.keys[0].CopyFrom(another))
    assert fails(lambda: read(chain, swapped, written)) is Code.PROOF_OTHER_RECORD


def test_a_grant_of_a_day_has_run_out_the_next(chain: ProvenChain) -> None:
    valid = types_pb2.Interval(from_ms=1, to_ms=chain.time_ms + 5_000)
    short = build_grant("short", valid=valid)
    give_accepted(chain, short)
    assert see(chain, short).is_live
    chain.wait(10_000)
    give_accepted(chain, build_grant("another"))
    assert see(chain, short).code is Code.GRANT_EXPIRED


def test_a_statutory_grant_lives_with_its_rule(chain: ProvenChain) -> None:
    assert see(chain, STATUTORY).is_live
    chain.accept(CENTRE_OFFICE, registries_pb2.Retire(kind=types_pb2.KIND_RULE, id=LAW))
    assert see(chain, STATUTORY) == (Code.RULE_NOT_IN_FORCE, b"")


def test_a_grant_to_one_unit_is_not_for_another(chain: ProvenChain) -> None:
    assert see(chain, unit=PUDONG).code is Code.GRANT_NOT_FOR_UNIT


def test_uses_left_are_those_of_the_narrowest_link(chain: ProvenChain) -> None:
    assert ask(chain).uses_left == 3
    chain.accept(HUANGPU_COUNTER, open_use("first", LEAF))
    assert ask(chain).uses_left == 2


# lies about a chain


def drop_root(reply: GrantAnswer) -> None:
    del reply.chain.grants[1]


def drop_all(reply: GrantAnswer) -> None:
    del reply.chain.grants[:]


def repeat_root(reply: GrantAnswer) -> None:
    reply.chain.grants.append(reply.chain.grants[1])


def drop_key(reply: GrantAnswer) -> None:
    del reply.chain.keys[:]


def swap_links(reply: GrantAnswer) -> None:
    reply.chain.grants[1].CopyFrom(reply.chain.grants[0])


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        (drop_root, Code.PROOF_WRONG_CHAIN_OF_GRANTS),
        (drop_all, Code.PROOF_WRONG_CHAIN_OF_GRANTS),
        (repeat_root, Code.PROOF_WRONG_CHAIN_OF_GRANTS),
        (drop_key, Code.PROOF_WRONG_CHAIN_OF_GRANTS),
        (swap_links, Code.PROOF_OTHER_RECORD),
    ],
)
def test_a_chain_that_does_not_hold_together_is_a_lie(
    chain: ProvenChain, lie: Callable[[GrantAnswer], None], code: Code
) -> None:
    reply = altered(ask(chain), lie)
    assert fails(lambda: read(chain, reply)) is code


def test_the_state_a_chain_had_before_a_revocation_is_refused(chain: ProvenChain) -> None:
    older = ask(chain)
    chain.accept(HUANGPU_COUNTER, change(chain, ROOT, grants_pb2.GRANT_EVENT_REVOKE))

    def lie(reply: GrantAnswer) -> None:
        reply.chain.grants[1].status.CopyFrom(older.chain.grants[1].status)
        reply.chain.grants[1].ClearField("change")

    reply = altered(ask(chain), lie)
    assert fails(lambda: read(chain, reply)) is Code.PROOF_OLD_STATUS


# uses


def ask_use(chain: ProvenChain) -> UseAnswer:
    reply = build_use_answer(chain.provable, USE)
    assert reply is not None
    return reply


def read_use(chain: ProvenChain, reply: UseAnswer) -> VerifiedUse:
    return verify_use(chain.prove(reply.anchor), reply, USE)


def test_what_stands_behind_a_use_is_proven(chain: ProvenChain) -> None:
    opened_ms = chain.time_ms
    chain.accept(HUANGPU_COUNTER, open_use("first", LEAF))
    use = read_use(chain, ask_use(chain))
    assert (use.unit, use.opening.system, use.opened_ms) == (HUANGPU, HUANGPU_COUNTER, opened_ms)
    assert use.record.message.id == compute_id("licence")
    assert use.message.recipient_key == compute_id("recipient")
    assert use.is_live


def test_a_use_whose_chain_died_since_says_so(chain: ProvenChain) -> None:
    chain.accept(HUANGPU_COUNTER, open_use("first", LEAF))
    chain.accept(HUANGPU_COUNTER, change(chain, ROOT, grants_pb2.GRANT_EVENT_REVOKE))
    use = read_use(chain, ask_use(chain))
    assert [each.liveness.code for each in use.chains] == [Code.GRANT_REVOKED]
    assert not use.is_live


def test_there_is_nothing_behind_a_use_that_was_refused(chain: ProvenChain) -> None:
    outside = open_use("first", LEAF, purpose=types_pb2.PURPOSE_SOCIAL)
    assert chain.apply(HUANGPU_COUNTER, outside) == [Code.OUTSIDE_PURPOSE]
    assert build_use_answer(chain.provable, USE) is None


def test_a_refused_opening_cannot_be_shown_as_an_accepted_one(chain: ProvenChain) -> None:
    outside = open_use("first", LEAF, purpose=types_pb2.PURPOSE_SOCIAL)
    chain.apply(HUANGPU_COUNTER, outside)
    chain.accept(HUANGPU_COUNTER, open_use("first", LEAF))
    refusal = ProofBuilder(chain.provable).build_inclusion(ACCESS, 0)
    lie = altered(ask_use(chain), lambda reply: reply.use.CopyFrom(refusal))
    assert fails(lambda: read_use(chain, lie)) is Code.PROOF_REFUSED


def drop_chain(reply: UseAnswer) -> None:
    del reply.chains[:]


def swap_record(reply: UseAnswer) -> None:
    reply.record.CopyFrom(reply.type)


def hide_opener(reply: UseAnswer) -> None:
    reply.opening.ClearField("system")


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        (drop_chain, Code.PROOF_WRONG_CHAIN_OF_GRANTS),
        (swap_record, Code.PROOF_OTHER_RECORD),
        (hide_opener, Code.PROOF_WRONG_SIGNER),
    ],
)
def test_an_altered_use_answer_is_refused(
    chain: ProvenChain, lie: Callable[[UseAnswer], None], code: Code
) -> None:
    chain.accept(HUANGPU_COUNTER, open_use("first", LEAF))
    reply = altered(ask_use(chain), lie)
    assert fails(lambda: read_use(chain, reply)) is code


def test_another_use_is_not_the_one_asked_for(chain: ProvenChain) -> None:
    chain.accept(HUANGPU_COUNTER, open_use("first", LEAF), open_use("second", LEAF))
    reply = build_use_answer(chain.provable, compute_id("use second"))
    assert reply is not None
    assert fails(lambda: read_use(chain, reply)) is Code.PROOF_OTHER_RECORD

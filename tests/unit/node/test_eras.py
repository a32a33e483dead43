"""Eras: a ledger goes on under other validators, and nothing that was recorded is lost or altered."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from tests.testkit.era_kit import SECOND, THIRD, EraChain, draft_era, get_light_block, go_on
from tests.testkit.ledger_objects import MARKET_OFFICE, compute_id, issue_licence
from tests.testkit.node_kit import VALIDATOR, SoloChain, build_genesis
from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.light import TrustedState, build_era_start, verify_light_block
from zhenglian_ledger.eras import build_trust_of_era, format_era_file, parse_era_file
from zhenglian_ledger.errors import StoreError, VerificationFailed
from zhenglian_ledger.leaves import decode_batch_leaf, decode_entry
from zhenglian_ledger.state import State
from zhenglian_node.app.fold import fold
from zhenglian_node.app.fsck import check_full
from zhenglian_node.app.rebuild import rebuild_store
from zhenglian_node.app.transactions import build_transaction
from zhenglian_node.engines.solo.block_maker import BlockMaker
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_proto.v1.eras_pb2 import ENGINE_KIND_COMETBFT, BeginEra, EraState
from zhenglian_proto.v1.governance_pb2 import Validator
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.types_pb2 import KIND_LICENCE


def begin_ledger() -> SoloChain:
    """A ledger of the first era with three blocks, the last one idle."""
    chain = SoloChain(MemoryStore())
    for name in ("a", "b"):
        record(chain, name)
    chain.make_block()
    return chain


def record(chain: SoloChain, name: str) -> None:
    made = chain.make_block([build_transaction(chain.sender.licence(name))])
    assert made.results[0][0].code == Code.OK


def has_licence(chain: SoloChain, name: str) -> bool:
    view = chain.application.committed.view
    return view.get(rows.id_key(KIND_LICENCE, compute_id(name))) is not None


def get_state(chain: SoloChain) -> State:
    committed = chain.application.committed
    return State(committed.view, committed.head.sizes)


def build_start(chain: SoloChain, era: BeginEra) -> TrustedState:
    trust = build_trust_of_era(era, chain.application.genesis_digest)
    return build_era_start(trust.anchor, trust.time_ms, trust.app_hash)


def iterate_headers(chain: EraChain, era: BeginEra) -> Iterator[TrustedState]:
    """The trust in each header of the era, from its trust file alone."""
    trusted = build_start(chain, era)
    for height in range(era.first_height, chain.application.committed.head.height + 1):
        block = get_light_block(chain.maker, height)
        trusted = verify_light_block(trusted, block, chain.clock() + 1_000)
        yield trusted


def test_the_ledger_goes_on_under_the_new_validator() -> None:
    old = begin_ledger()
    head = old.application.committed.head
    era = draft_era(old)
    new = go_on(old, era)
    record(new, "c")
    assert new.application.committed.head.height == head.height + 1
    assert all(has_licence(new, name) for name in ("a", "b", "c"))
    first = get_light_block(new.maker, era.first_height).signed_header.header
    assert first.app_hash == head.app_hash
    assert first.last_block_id.hash == b""
    assert new.application.chain_id == old.application.chain_id


def test_the_first_block_holds_the_era_before_everything_else() -> None:
    old = begin_ledger()
    sizes = old.application.committed.head.sizes
    era = draft_era(old)
    new = go_on(old, era)
    record(new, "c")
    view = new.application.committed.view
    leaf = decode_batch_leaf(view.get(rows.entry_key(rows.BATCH, sizes[rows.BATCH])) or b"")
    assert (leaf.height, leaf.results, leaf.signature) == (era.first_height, (0,), bytes(64))
    entry = decode_entry(view.get(rows.entry_key(rows.REGISTRY, sizes[rows.REGISTRY])) or b"")
    assert Operation.FromString(entry.operation).begin_era == era
    state = EraState.FromString(view.get(rows.ERA + rows.u32(1)) or b"")
    assert state == EraState(first_height=era.first_height, index=sizes[rows.REGISTRY])


def test_the_validators_are_the_eras_and_the_engine_is_told_of_no_change() -> None:
    old = begin_ledger()
    validators = [Validator(public_key=key.public_key, member="centre") for key in (SECOND, THIRD)]
    era = draft_era(old, validators=validators, engine=ENGINE_KIND_COMETBFT, max_validators=7)
    old.application.begin_era(era)
    assert old.application.get_validators() == {key.public_key: 1 for key in (SECOND, THIRD)}
    finalized = old.application.finalize_block([], era.first_height, era.time_ms)
    assert finalized.outcome.validator_updates == []
    assert finalized.tx_results == []
    old.application.commit()
    state = get_state(old)
    assert {each.public_key for each in state.get_validators()} == {SECOND.public_key, THIRD.public_key}
    assert state.get_validator_changes(0) == []
    assert state.get_parameters().max_validators == 7


def test_headers_of_the_era_verify_from_its_trust_file_alone() -> None:
    old = begin_ledger()
    era = draft_era(old)
    new = go_on(old, era)
    for name in ("c", "d"):
        record(new, name)
    new.make_block()
    assert [trusted.height for trusted in iterate_headers(new, era)] == [
        era.first_height + n for n in range(3)
    ]


def test_a_client_of_the_former_era_is_refused_until_it_has_the_trust_file() -> None:
    old = begin_ledger()
    height = old.application.committed.head.height
    newest = get_light_block(old.maker, height)
    era = draft_era(old)
    new = go_on(old, era)
    new.make_block()
    new.make_block()
    before = get_light_block(old.maker, height - 1)
    trusted = build_era_start(build_trust_of_era(era, old.application.genesis_digest).anchor)
    former = TrustedState(
        chain_id=trusted.chain_id,
        era=0,
        height=height,
        header_hash=trusted.header_hash,
        validators=newest.validator_set,
        next_validators_hash=newest.signed_header.header.next_validators_hash,
        time_ms=old.clock() - 10_000,
        app_hash=before.signed_header.header.app_hash,
    )
    for step, code in ((1, Code.PROOF_WRONG_HEADER), (2, Code.PROOF_NOT_ENOUGH_POWER)):
        with pytest.raises(VerificationFailed) as caught:
            verify_light_block(former, get_light_block(new.maker, height + step), new.clock() + 1_000)
        assert caught.value.code == code


def test_a_first_header_with_another_past_is_refused() -> None:
    old = begin_ledger()
    era = draft_era(old)
    new = go_on(old, era)
    new.make_block()
    era.previous_app_hash = bytes(32)
    with pytest.raises(VerificationFailed) as caught:
        next(iterate_headers(new, era))
    assert caught.value.code == Code.PROOF_WRONG_APP_HASH


def test_state_is_still_a_fold_of_the_logs() -> None:
    old = begin_ledger()
    new = go_on(old, draft_era(old))
    record(new, "c")
    third = go_on(new, draft_era(new, THIRD), THIRD)
    record(third, "d")
    third.make_block()
    store = third.application._store
    assert check_full(store) == []
    assert fold(store, MemoryStore()).app_hash == third.application.committed.head.app_hash
    target = MemoryStore()
    rebuild_store(store, target)
    again = EraChain(target, third.application.genesis_bytes, THIRD, third.clock)
    again.sender._numbers = third.sender._numbers
    assert again.application.info() == third.application.info()
    record(again, "e")
    assert get_state(again).get(rows.ERA + rows.u32(2)) is not None


def test_fsck_is_clean_between_the_beginning_and_the_first_block() -> None:
    old = begin_ledger()
    old.application.begin_era(draft_era(old))
    assert check_full(old.application._store) == []


def test_the_former_validator_cannot_go_on() -> None:
    old = begin_ledger()
    old.application.begin_era(draft_era(old))
    with pytest.raises(StoreError) as caught:
        EraChain(old.application._store, old.application.genesis_bytes, VALIDATOR, old.clock)
    assert caught.value.code == Code.CONFIG_INVALID


def test_until_the_first_block_the_application_asks_for_initchain_each_time() -> None:
    old = begin_ledger()
    app_hash = old.application.committed.head.app_hash
    era = draft_era(old)
    new = go_on(old, era)
    assert new.application.info() == (0, app_hash)
    assert new.application.init_chain(era.first_height) == app_hash
    new.application.begin_era(era)
    again = EraChain(new.application._store, new.application.genesis_bytes, SECOND, new.clock)
    assert again.application.is_era_pending
    again.sender._numbers = new.sender._numbers
    record(again, "c")
    assert again.application.info().height == era.first_height
    assert not again.application.is_era_pending


def test_finalizing_the_first_block_again_gives_the_same() -> None:
    old = begin_ledger()
    era = draft_era(old)
    old.application.begin_era(era)
    hashes = {old.application.finalize_block([], era.first_height, era.time_ms).app_hash for _ in range(2)}
    assert len(hashes) == 1
    assert hashes != {era.previous_app_hash}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("chain_id", "sandbox-00000000"),
        ("era", 2),
        ("first_height", 9),
        ("time_ms", 1),
        ("previous_app_hash", bytes(32)),
        ("min_validators", 2),
        ("max_validators", 4),
        ("validators", [Validator(public_key=SECOND.public_key, member="nobody")]),
        ("validators", [Validator(public_key=SECOND.public_key, member="centre")] * 2),
    ],
)
def test_what_does_not_follow_from_the_ledger_is_refused_and_nothing_is_written(
    field: str, value: Any
) -> None:
    old = begin_ledger()
    with pytest.raises(StoreError) as caught:
        old.application.begin_era(draft_era(old, **{field: value}))
    assert caught.value.code == Code.ERA_INVALID
    assert not old.application.is_era_pending
    record(old, "c")
    assert check_full(old.application._store) == []


def test_another_era_cannot_take_the_place_of_one_that_is_about_to_begin() -> None:
    old = begin_ledger()
    old.application.begin_era(draft_era(old))
    with pytest.raises(StoreError):
        old.application.begin_era(draft_era(old, THIRD))


def test_a_block_of_another_height_cannot_begin_the_era() -> None:
    old = begin_ledger()
    era = draft_era(old)
    old.application.begin_era(era)
    with pytest.raises(StoreError) as caught:
        old.application.finalize_block([], era.first_height + 1, era.time_ms)
    assert caught.value.code == Code.ERA_INVALID


def test_nobody_can_sign_an_era_into_the_ledger() -> None:
    old = begin_ledger()
    era = draft_era(old, first_height=old.application.committed.head.height + 1)
    batch = old.sender.build(MARKET_OFFICE, Operation(begin_era=era), issue_licence("c"))
    made = old.make_block([build_transaction(batch)])
    leaf = old.application.committed.view.get(rows.entry_key(rows.BATCH, made.results[0][0].batch_index))
    assert decode_batch_leaf(leaf or b"").results == (Code.NOT_PERMITTED, Code.OK)


def test_genesis_cannot_begin_an_era() -> None:
    old = begin_ledger()
    with pytest.raises(StoreError) as caught:
        SoloChain(MemoryStore(), build_genesis(Operation(begin_era=draft_era(old))))
    assert caught.value.code == Code.GENESIS_INVALID


def test_a_system_batch_from_outside_is_not_accepted() -> None:
    old = begin_ledger()
    sent = old.sender.build(MARKET_OFFICE, Operation(begin_era=draft_era(old)))
    header = bytes(islice(sent.header, 2, None))  # without the suite: a system batch's
    sent.header = header
    made = old.make_block([build_transaction(sent)])
    assert made.results[0][0].code != Code.OK


def test_an_era_file_is_read_back_as_it_was_written() -> None:
    era = draft_era(begin_ledger())
    assert parse_era_file(format_era_file(era)) == era


def test_a_solo_engine_makes_the_eras_first_block() -> None:
    old = begin_ledger()
    new = go_on(old, draft_era(old))
    maker = BlockMaker(new.application, SECOND)
    maker.recover()
    assert maker.make_block((), new.clock() + 1_000).height == new.application.committed.head.height

"""Answers are cut from one provable state: all kinds of objects, also while newer blocks come."""

from typing import Any

import pytest

from tests.testkit.chain_kit import ProvenChain
from tests.testkit.ledger_objects import (
    BUSINESS_LICENCE,
    CENTRE_OFFICE,
    HOUSE_PERMIT,
    HOUSING,
    HOUSING_OFFICE,
    HUANGPU,
    HUANGPU_COUNTER,
    LAW,
    MARKET,
    MARKET_OFFICE,
    RESTAURANT,
    compute_id,
    issue_licence,
    open_case,
    put_licence_type,
    put_rule,
)
from tests.testkit.reference_merkle import reference_inclusion_path
from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied
from zhenglian_ledger.merkle.hashing import compute_leaf_hashes
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.rows import REGISTRY
from zhenglian_ledger.verify.record import verify_record
from zhenglian_ledger.verify.record_answer import verify_record_answer
from zhenglian_node.app.answers import ProofBuilder, build_object_answer, build_record_answer
from zhenglian_node.app.answers_proofs import compute_levels, compute_path_in
from zhenglian_proto.v1 import records_pb2, registries_pb2, types_pb2

LICENCE = compute_id("licence")


@pytest.fixture
def chain() -> ProvenChain:
    chain = ProvenChain()
    chain.accept(MARKET_OFFICE, issue_licence())
    return chain


def ask_status(chain: ProvenChain, kind: types_pb2.Kind, identifier: str) -> Status:
    """The proven status of the newest object of that id."""
    reply = build_object_answer(chain.provable, kind, identifier.encode())
    assert reply.found
    proven = chain.prove(reply.anchor)
    return verify_record(proven, reply.object, kind=kind, identifier=identifier.encode()).status


@pytest.mark.parametrize(
    ("kind", "identifier"),
    [
        (types_pb2.KIND_MEMBER, MARKET),
        (types_pb2.KIND_UNIT, HUANGPU),
        (types_pb2.KIND_SYSTEM, HUANGPU_COUNTER),
        (types_pb2.KIND_REGION, "310101"),
        (types_pb2.KIND_RULE, LAW),
        (types_pb2.KIND_LICENCE_TYPE, BUSINESS_LICENCE),
        (types_pb2.KIND_MATERIAL_TYPE, "MT.FORM"),
        (types_pb2.KIND_MATTER, RESTAURANT),
    ],
)
def test_every_administered_object_is_proven_in_force(
    chain: ProvenChain, kind: types_pb2.Kind, identifier: str
) -> None:
    assert ask_status(chain, kind, identifier) == Status.VALID


def test_a_members_key_sequence_comes_with_it(chain: ProvenChain) -> None:
    sequence = build_object_answer(chain.provable, types_pb2.KIND_MEMBER, MARKET.encode()).sequence
    assert sequence == chain.state.get_counter(rows.COUNTER_KEY_SEQUENCE, MARKET.encode())
    assert sequence > 0


def test_a_case_is_proven_by_unit_and_number(chain: ProvenChain) -> None:
    chain.accept(HUANGPU_COUNTER, open_case())
    assert ask_status(chain, types_pb2.KIND_CASE, f"{HUANGPU}\x002026-0001") == Status.VALID


def test_an_object_that_was_retired_is_shown_with_its_end(chain: ProvenChain) -> None:
    chain.accept(CENTRE_OFFICE, put_rule(id="law-2"))
    chain.accept(CENTRE_OFFICE, registries_pb2.Retire(kind=types_pb2.KIND_RULE, id="law-2"))
    assert ask_status(chain, types_pb2.KIND_RULE, "law-2") == Status.INVALID


def test_a_superseded_version_is_shown_with_its_successor(chain: ProvenChain) -> None:
    identifier = BUSINESS_LICENCE.encode()
    before = ProofBuilder(chain.provable).get_index(types_pb2.KIND_LICENCE_TYPE, identifier)
    chain.accept(CENTRE_OFFICE, put_licence_type(id=BUSINESS_LICENCE, name="营业执照"))
    builder = ProofBuilder(chain.provable)
    after = builder.get_index(types_pb2.KIND_LICENCE_TYPE, identifier)
    assert before is not None
    shown = builder.build_record(types_pb2.KIND_LICENCE_TYPE, before)
    proven = chain.prove(builder.build_anchor())
    old = verify_record(proven, shown, kind=types_pb2.KIND_LICENCE_TYPE, identifier=identifier)
    assert old.change is not None
    assert (old.status, old.change.index) == (Status.SUPERSEDED, after)


def test_what_is_not_there_is_not_found(chain: ProvenChain) -> None:
    assert not build_record_answer(chain.provable, identifier=compute_id("nothing")).found
    assert not build_record_answer(chain.provable, sha256=compute_id("nothing")).found
    assert not build_object_answer(chain.provable, types_pb2.KIND_UNIT, b"nobody").found


def test_of_several_units_with_one_digest_the_newest_record_in_force_is_shown(chain: ProvenChain) -> None:
    content = issue_licence().content
    chain.accept(MARKET_OFFICE, issue_licence("second", content=content))
    of_housing: dict[str, Any] = {"type": HOUSE_PERMIT, "issuing_unit": HOUSING, "custodian": HOUSING}
    chain.accept(HOUSING_OFFICE, issue_licence("third", content=content, **of_housing))
    revoke = records_pb2.ChangeLicence(
        licence=compute_id("third"),
        event=records_pb2.LICENCE_EVENT_REVOKE,
        reason=records_pb2.REASON_ISSUED_IN_ERROR,
    )
    chain.accept(HOUSING_OFFICE, revoke)
    reply = build_record_answer(chain.provable, sha256=content.sha256)
    verified = verify_record_answer(
        chain.prove(reply.anchor), reply, with_signature=False, sha256=content.sha256
    )
    assert verified is not None
    assert verified.record.message.id == compute_id("second")


def test_an_answer_begun_before_a_block_is_finished_during_the_next(chain: ProvenChain) -> None:
    provable = chain.provable
    trusted = chain.prove(ProofBuilder(provable).build_anchor()).trusted
    chain.accept(MARKET_OFFICE, issue_licence("newer"), *[issue_licence(f"more {n}") for n in range(300)])
    reply = build_record_answer(provable, identifier=LICENCE)
    verified = verify_record_answer(
        chain.prove(reply.anchor, trusted), reply, with_signature=False, identifier=LICENCE
    )
    assert verified is not None
    assert not build_record_answer(provable, identifier=compute_id("newer")).found


def test_an_answer_two_blocks_late_is_told_to_begin_anew(chain: ProvenChain) -> None:
    provable = chain.provable
    chain.accept(MARKET_OFFICE, issue_licence("newer"))
    chain.accept(MARKET_OFFICE, issue_licence("newest"))
    with pytest.raises(Denied) as caught:
        build_record_answer(provable, identifier=LICENCE)
    assert caught.value.code is Code.STATE_MOVED


@pytest.mark.parametrize("count", [1, 2, 255, 256, 257, 700])
def test_paths_from_remembered_tiles_are_those_of_the_slow_reference(count: int) -> None:
    chain = ProvenChain()
    chain.accept(MARKET_OFFICE, *[issue_licence(f"licence {n}") for n in range(count)])
    builder = ProofBuilder(chain.provable)
    size = chain.head.sizes[REGISTRY]
    hashes = compute_leaf_hashes(builder.get_leaf(REGISTRY, index) for index in range(size))
    for index in {0, 1, size // 2, size - 2, size - 1}:
        expected = reference_inclusion_path(index, hashes)
        assert list(builder.build_inclusion(REGISTRY, index).path) == expected


@pytest.mark.parametrize("count", [1, 2, 3, 256, 257, 1024])
def test_the_path_among_a_batchs_operations_is_the_slow_reference_one(count: int) -> None:
    leaves = [n.to_bytes(2, "big") for n in range(count)]
    hashes = compute_leaf_hashes(leaves)
    for index in {0, count // 2, count - 1}:
        assert compute_path_in(compute_levels(hashes), index) == reference_inclusion_path(index, hashes)

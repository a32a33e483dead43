"""What votes made proves as what genesis made; a vote that decided nothing proves nothing (SPEC 5.11)."""

from collections.abc import Callable

import pytest

from tests.testkit.assembly import OFFICES, Assembly
from tests.testkit.chain_kit import altered, fails
from tests.testkit.consortium import build_vote, member, member_id, node
from tests.testkit.ledger_objects import (
    MARKET,
    MARKET_OFFICE,
    compute_id,
    compute_seed,
    issue_licence,
)
from zhenglian_ledger.codes import Code
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.keys import compute_key_id
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.rows import REGISTRY
from zhenglian_node.app.answers import ProofBuilder, build_object_answer, build_record_answer
from zhenglian_proto.v1.batch_pb2 import SUITE_ED25519
from zhenglian_proto.v1.governance_pb2 import Change, RecoveryKey
from zhenglian_proto.v1.members_pb2 import KEY_USAGE_RECOVERY
from zhenglian_proto.v1.proof_pb2 import RecordProof
from zhenglian_proto.v1.types_pb2 import KIND_KEY, KIND_LICENCE, KIND_MEMBER, KIND_NODE, KIND_PROPOSAL, Kind

NEW = member(7, votes=False)
NODE = node(7, of=7)
RECOVERY = RecoveryKey(
    member=NEW.id, public_key=ed25519.compute_public_key(compute_seed("member-7-recovery"))
)
KEY_ID = compute_key_id(SUITE_ED25519, RECOVERY.public_key)


@pytest.fixture(scope="module")
def assembly() -> Assembly:
    """A member admitted with a recovery key and a node."""
    assembly = Assembly()
    for change in (Change(put_member=NEW), Change(add_recovery_key=RECOVERY), Change(put_node=NODE)):
        assembly.adopt(change)
    return assembly


def test_an_admitted_member_proves_as_one_of_genesis(assembly: Assembly) -> None:
    admitted, original = assembly.get(KIND_MEMBER, NEW.id.encode()), assembly.get(KIND_MEMBER, b"market")
    assert (admitted.message, admitted.status, admitted.change) == (NEW, Status.VALID, None)
    assert (type(original.message), original.status) == (type(NEW), Status.VALID)


def test_a_recovery_key_by_vote_proves_as_a_key(assembly: Assembly) -> None:
    body = assembly.get(KIND_KEY, KEY_ID).message.body
    assert (body.member, body.add.public_key) == (NEW.id, RECOVERY.public_key)
    assert (body.add.usage, body.add.system) == (KEY_USAGE_RECOVERY, "")


def test_an_allowed_node_proves_with_its_member(assembly: Assembly) -> None:
    assert assembly.get(KIND_NODE, NODE.node_id).message == NODE


MAKING: list[tuple[Change, Kind, bytes]] = [
    (Change(put_member=member(8)), KIND_MEMBER, member_id(8).encode()),
    (
        Change(add_recovery_key=RecoveryKey(member=MARKET, public_key=bytes(31) + b"\x09")),
        KIND_KEY,
        compute_key_id(SUITE_ED25519, bytes(31) + b"\x09"),
    ),
    (Change(put_node=node(9, of=7)), KIND_NODE, node(9).node_id),
]


@pytest.mark.parametrize(("change", "kind", "identifier"), MAKING)
def test_only_the_deciding_approval_is_the_object(change: Change, kind: Kind, identifier: bytes) -> None:
    assembly = Assembly()
    assembly.adopt(Change(put_member=NEW))
    *others, deciding = assembly.adopt(change)
    verified = assembly.verify(assembly.prove_at(kind, deciding), kind, identifier)
    assert verified.status == Status.VALID
    for other in others:
        proof = assembly.prove_at(kind, other)
        assert fails(lambda proof=proof: assembly.verify(proof, kind, identifier)) is Code.PROOF_OTHER_RECORD  # type: ignore[misc]


def test_a_proposal_of_a_member_is_no_member(assembly: Assembly) -> None:
    assembly.propose(Change(put_member=member(11)))
    proof = assembly.prove_at(KIND_MEMBER, assembly.sizes[REGISTRY] - 1)
    found = fails(lambda: assembly.verify(proof, KIND_MEMBER, member_id(11).encode()))
    assert found is Code.PROOF_OTHER_RECORD


def test_a_changed_member_shows_what_replaced_it() -> None:
    assembly = Assembly()
    before = assembly.find(KIND_MEMBER, MARKET).index
    changed = assembly.find(KIND_MEMBER, MARKET).operation.put_member
    successor = type(changed)()
    successor.CopyFrom(changed)
    successor.name = "市场监管局"
    deciding = assembly.adopt(Change(put_member=successor))[-1]
    assert assembly.get(KIND_MEMBER, MARKET.encode()).message.name == "市场监管局"
    proof = assembly.prove_at(KIND_MEMBER, before)
    assert proof.change.index == deciding
    assert fails(lambda: assembly.verify(proof, KIND_MEMBER, b"market")) is Code.PROOF_WRONG_STATUS


def test_a_suspended_member_shows_the_vote_that_suspended_it() -> None:
    assembly = Assembly()
    assembly.accept(MARKET_OFFICE, issue_licence())
    deciding = assembly.adopt(Change(suspend_member=MARKET))[-1]
    found = assembly.get(KIND_MEMBER, MARKET.encode())
    assert found.status == Status.SUSPENDED
    assert found.change is not None
    assert found.change.index == deciding
    licence = build_record_answer(assembly.provable, identifier=compute_id("licence"))
    assert licence.kind == KIND_LICENCE, "what it wrote stands"


LIES: dict[str, tuple[Callable[[RecordProof], object], Code]] = {
    "without the vote": (lambda proof: proof.ClearField("change"), Code.PROOF_WRONG_STATUS),
    "with its own entry as the reason": (
        lambda proof: proof.change.CopyFrom(proof.entry),
        Code.PROOF_WRONG_STATUS,
    ),
}


@pytest.mark.parametrize("name", LIES)
def test_a_suspension_is_not_shown_in_another_way(name: str) -> None:
    change, code = LIES[name]
    assembly = Assembly()
    assembly.adopt(Change(suspend_member=MARKET))
    answer = build_object_answer(assembly.provable, KIND_MEMBER, MARKET.encode())
    lie = altered(answer.object, change)
    assert fails(lambda: assembly.verify(lie, KIND_MEMBER, MARKET.encode())) is code


def test_a_suspension_of_another_member_explains_nothing() -> None:
    assembly = Assembly()
    assembly.adopt(Change(suspend_member="housing"))
    assembly.adopt(Change(resume_member="housing"))
    other = assembly.adopt(Change(suspend_member=MARKET))[-1]
    assembly.adopt(Change(suspend_member="housing"))
    answer = build_object_answer(assembly.provable, KIND_MEMBER, b"housing")
    builder = ProofBuilder(assembly.provable)
    lie = altered(
        answer.object, lambda proof: proof.change.CopyFrom(builder.build_inclusion(REGISTRY, other))
    )
    assert fails(lambda: assembly.verify(lie, KIND_MEMBER, b"housing")) is Code.PROOF_OTHER_RECORD


def test_a_removed_node_shows_the_vote_that_removed_it(assembly: Assembly) -> None:
    assembly.adopt(Change(put_node=node(12, of=7)))
    deciding = assembly.adopt(Change(remove_node=node(12).node_id))[-1]
    found = assembly.get(KIND_NODE, node(12).node_id)
    assert found.status == Status.INVALID
    assert found.change is not None
    assert found.change.index == deciding


@pytest.mark.parametrize(
    ("approvals", "rejections", "status"),
    [(0, 0, Status.PENDING), (3, 1, Status.PENDING), (4, 0, Status.VALID), (1, 2, Status.INVALID)],
)
def test_a_proposal_is_proven_with_how_it_stands(
    assembly: Assembly, approvals: int, rejections: int, status: Status
) -> None:
    change = Change(put_node=node(20 + 10 * approvals + rejections, of=7))
    proposal = assembly.propose(change)
    for number, office in enumerate(OFFICES[: approvals + rejections]):
        assembly.accept(office, build_vote(proposal, approve=number < approvals))
    found = assembly.get(KIND_PROPOSAL, proposal.id)
    assert (found.message, found.status) == (proposal, status)

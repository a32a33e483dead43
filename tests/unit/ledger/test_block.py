"""SPEC 2.3, 2.4, 4: a block is what the slow reference computes, and refusals leave nothing behind."""

from typing import TYPE_CHECKING

import pytest

from tests.testkit.chain_kit import ProvenChain
from tests.testkit.grant_objects import build_grant, give, give_accepted, open_use
from tests.testkit.ledger_kit import Sandbox
from tests.testkit.ledger_objects import (
    HUANGPU_COUNTER,
    HUANGPU_OFFICE,
    MARKET_OFFICE,
    build_parameters,
    collect_material,
    compute_id,
    issue_licence,
    open_case,
    raise_dispute,
)
from tests.testkit.reference_ledger import reference_app_hash, reference_delta
from zhenglian_ledger import rows
from zhenglian_ledger.batch import Batch
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.leaves import decode_batch_leaf, decode_entry
from zhenglian_ledger.operations import OPERATIONS
from zhenglian_ledger.transition import Block
from zhenglian_proto.v1 import batch_pb2, operation_pb2, types_pb2, uses_pb2

if TYPE_CHECKING:
    from google.protobuf.message import Message


class WatchedChain(ProvenChain):
    """A chain whose delta chain is also kept the slow way."""

    delta = bytes(32)

    def _commit(self, block: Block) -> list[list[Code]]:
        writes = dict(block.state.changes.writes)
        codes = super()._commit(block)
        self.delta = reference_delta(self.delta, writes)
        return codes

    def verify_reference(self) -> None:
        """The fast app hash is the slow one."""
        statuses = [int(self.statuses[index]) for index in range(len(self.statuses))]
        slow = reference_app_hash(self.view.rows, statuses, build_parameters().trace_bits, self.delta)
        assert self.head.app_hash == slow


def test_the_app_hash_is_what_the_slow_reference_computes_after_every_block() -> None:
    chain = WatchedChain()
    chain.verify_reference()
    steps: list[tuple[str, list[Message]]] = [
        (MARKET_OFFICE, [issue_licence("licence"), issue_licence("second"), issue_licence("licence")]),
        (HUANGPU_COUNTER, [open_case(), collect_material()]),
        (HUANGPU_OFFICE, [raise_dispute()]),
        (MARKET_OFFICE, [issue_licence("newer", supersedes=compute_id("second"))]),
        (HUANGPU_OFFICE, [uses_pb2.PlanQuery(case_number="none")]),
    ]
    for system, operations in steps:
        chain.apply(system, *operations)
        chain.verify_reference()


def test_a_refused_operation_leaves_no_row_but_stands_in_the_batch_leaf() -> None:
    sandbox = Sandbox()
    before = dict(sandbox.view.rows)
    assert sandbox.apply(HUANGPU_OFFICE, issue_licence()) == [Code.NOT_PERMITTED]
    added = {key for key in sandbox.view.rows if key not in before}
    assert {key[:1] for key in added} == {rows.ENTRY, rows.NONCE}
    (leaf_key,) = [key for key in added if key.startswith(rows.ENTRY)]
    leaf = decode_batch_leaf(sandbox.view.rows[leaf_key])
    assert leaf.results == (Code.NOT_PERMITTED,)
    assert len(leaf.refused) == 1


def test_a_refused_use_is_traced_although_nothing_else_of_it_is_left() -> None:
    sandbox = Sandbox()
    size = sandbox.sizes[rows.ACCESS]
    assert sandbox.apply(HUANGPU_OFFICE, uses_pb2.PlanQuery(case_number="none")) == [Code.NOT_FOUND]
    entry = decode_entry(sandbox.view.rows[rows.entry_key(rows.ACCESS, size)])
    assert entry.code == Code.NOT_FOUND


def test_an_atomic_batch_is_all_or_nothing() -> None:
    sandbox = Sandbox()
    fine, taken = issue_licence("fine"), issue_licence("taken")
    sandbox.accept(MARKET_OFFICE, taken)
    sizes = dict(sandbox.sizes)
    codes = sandbox.apply(MARKET_OFFICE, fine, taken, issue_licence("also fine"), atomic=True)
    assert codes == [Code.ATOMIC_SIBLING_REFUSED, Code.IDENTIFIER_REUSED, Code.ATOMIC_SIBLING_REFUSED]
    assert sandbox.sizes == {**sizes, rows.BATCH: sizes[rows.BATCH] + 1}
    assert sandbox.state.get_object(types_pb2.KIND_LICENCE, fine.id) is None
    assert sandbox.apply(MARKET_OFFICE, fine, atomic=True) == [Code.OK]


def test_later_operations_of_a_batch_see_earlier_ones() -> None:
    sandbox = Sandbox()
    first = issue_licence("first")
    codes = sandbox.apply(MARKET_OFFICE, first, issue_licence("next", supersedes=first.id))
    assert codes == [Code.OK, Code.OK]


def test_one_grant_with_one_use_serves_one_of_two_uses_in_the_same_batch() -> None:
    sandbox = Sandbox()
    sandbox.accept(MARKET_OFFICE, issue_licence("licence"))
    body = build_grant()
    body.scope.uses = 1
    give_accepted(sandbox, body)
    operations = [open_use("one", body), open_use("two", body)]
    assert sandbox.apply(HUANGPU_OFFICE, *operations) == [Code.OK, Code.NO_USES_LEFT]


def rebuild(batch: Batch, **changes: object) -> Batch:
    """The batch with header fields changed after signing."""
    header = batch_pb2.BatchHeader()
    header.CopyFrom(batch.header)
    for field, value in changes.items():
        setattr(header, field, value)
    return Batch(serialise(header), batch.signature, batch.operations)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"chain_id": "other-00000000"}, Code.FOREIGN_CHAIN),
        ({"valid_until_ms": 1}, Code.BATCH_EXPIRED),
        ({"valid_until_ms": 2**60}, Code.VALIDITY_TOO_LONG),
        ({"system": "nobody"}, Code.UNKNOWN_SYSTEM),
        ({"key": bytes(32)}, Code.UNKNOWN_KEY),
        ({"system": HUANGPU_OFFICE}, Code.KEY_OF_OTHER_SYSTEM),
        ({"suite": batch_pb2.SUITE_SM2}, Code.SUITE_UNSUPPORTED),
        ({"operation_count": 2}, Code.WRONG_OPERATION_COUNT),
        ({"operations_root": bytes(32)}, Code.WRONG_OPERATIONS_ROOT),
        ({"nonce": b"\xff" * 16}, Code.WRONG_SIGNATURE),
        ({"chain_id": "other-00000000", "system": "nobody", "key": bytes(32)}, Code.FOREIGN_CHAIN),
    ],
    ids=lambda value: value.name if isinstance(value, Code) else None,
)
def test_a_batch_is_turned_away_by_the_first_check_it_fails(changes: dict[str, object], code: Code) -> None:
    sandbox = Sandbox()
    batch = sandbox.build_batch(MARKET_OFFICE, issue_licence())
    sizes = dict(sandbox.sizes)
    assert sandbox.try_batch(rebuild(batch, **changes)) == code
    assert sandbox.sizes == sizes, "a batch that is not accepted gets no leaf"
    assert sandbox.try_batch(batch) == Code.OK, "and consumes no nonce"
    assert sandbox.try_batch(batch) == Code.REPLAYED


def test_there_is_a_rule_for_every_kind_of_operation_and_one_without_a_kind_is_none() -> None:
    kinds = operation_pb2.Operation.DESCRIPTOR.oneofs_by_name["kind"].fields
    assert OPERATIONS.keys() == {field.name for field in kinds}
    sandbox = Sandbox()
    assert sandbox.apply(MARKET_OFFICE, operation_pb2.Operation()) == [Code.MISSING_FIELD]


@pytest.mark.parametrize("atomic", [False, True])
def test_an_operation_of_a_later_version_is_refused_and_leaves_its_siblings_alone(atomic: bool) -> None:  # noqa: FBT001
    sandbox = Sandbox()
    unknown = operation_pb2.Operation.FromString(bytes.fromhex("fa3f00"))  # field 1023, no bytes
    codes = sandbox.apply(MARKET_OFFICE, unknown, issue_licence(), atomic=atomic)
    assert codes == [Code.NOT_CANONICAL, Code.ATOMIC_SIBLING_REFUSED if atomic else Code.OK]


def test_a_refused_grant_can_be_given_once_what_was_missing_is_there() -> None:
    sandbox = Sandbox()
    message = give(sandbox, build_grant())
    assert sandbox.apply(HUANGPU_OFFICE, message) == [Code.NOT_FOUND]
    sandbox.accept(MARKET_OFFICE, issue_licence("licence"))
    assert sandbox.apply(HUANGPU_OFFICE, message) == [Code.OK]

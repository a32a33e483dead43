"""Submitting: exactly once whatever is lost, the first receipt for ever, refusals as typed results."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.testkit.chain_kit import ProvenChain, flip
from tests.testkit.chain_node import ChainNode
from tests.testkit.ledger_objects import MARKET_OFFICE, compute_id, issue_licence
from zhenglian_ledger.batch import MAX_BATCH_BYTES
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import (
    Denied,
    InvalidBatch,
    InvalidInput,
    Refused,
    Unreachable,
    VerificationFailed,
    ZhenglianError,
)
from zhenglian_ledger.rows import BATCH, REGISTRY
from zhenglian_ledger.verify.sentences import Assurance
from zhenglian_proto.v1.operation_pb2 import Context, Operation
from zhenglian_sdk.client.bulk import Progress, split_operations
from zhenglian_sdk.client.client import AsyncClient

Story = Callable[[ChainNode, AsyncClient], Awaitable[None]]


def issue(*names: str) -> list[Operation]:
    return [Operation(issue_licence=issue_licence(name)) for name in names]


def tell(directory: Path, story: Story) -> None:
    async def run() -> None:
        async with ChainNode(ProvenChain(), directory) as node:
            await story(node, node.build_client(MARKET_OFFICE))

    asyncio.run(run())


def count_batches(node: ChainNode) -> int:
    return node.chain.state.get_size(BATCH)


def test_a_receipt_is_proven_and_says_what_became_of_each_operation(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        first = node.chain.state.get_size(REGISTRY)
        receipt = await client.submit(issue("first", "second", "first"))
        assert receipt.assurance == Assurance.PROVEN
        assert [result.code for result in receipt.results] == [Code.OK, Code.OK, Code.IDENTIFIER_REUSED]
        assert [result.registry_index for result in receipt.results] == [first, first + 1, None]
        assert [refusal.ordinal for refusal in receipt.refusals] == [2]
        assert receipt.refusals[0].zh == Code.IDENTIFIER_REUSED.zh
        with pytest.raises(Refused) as caught:
            receipt.raise_for_refusals()
        assert (caught.value.code, caught.value.fields) == (Code.IDENTIFIER_REUSED, {"ordinal": 2})

    tell(tmp_path, story)


def test_an_atomic_batch_takes_effect_whole_or_not_at_all(tmp_path: Path) -> None:
    async def story(_node: ChainNode, client: AsyncClient) -> None:
        receipt = await client.submit(issue("first", "first"), atomic=True)
        assert [each.code for each in receipt.results] == [
            Code.ATOMIC_SIBLING_REFUSED,
            Code.IDENTIFIER_REUSED,
        ]

    tell(tmp_path, story)


def test_a_context_is_given_to_operations_that_have_none(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        own, given = Context(actor=compute_id("own")), Context(actor=compute_id("given"))
        with_own, without = issue("first", "second")
        with_own.context.CopyFrom(own)
        await client.submit([with_own, without], context=given)
        size = node.chain.state.get_size(REGISTRY)
        found = [node.chain.state.get_operation(REGISTRY, size - back).context for back in (2, 1)]
        assert found == [own, given]
        assert not without.HasField("context")

    tell(tmp_path, story)


def test_the_same_request_gets_its_first_receipt_and_says_whether_it_is_the_same(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        first = await client.submit(issue("first"), request_id="r-1")
        batches = count_batches(node)
        other = node.build_client(
            MARKET_OFFICE
        )  # as after a restart: nothing is remembered but the trust file
        again = await other.submit(issue("first"), request_id="r-1")
        assert (again.batch_index, again.identical, again.results) == (first.batch_index, True, first.results)
        changed = await other.submit(issue("second"), request_id="r-1")
        assert (changed.batch_index, changed.identical) == (first.batch_index, False)
        with pytest.raises(InvalidInput) as caught:
            changed.raise_for_refusals()
        assert caught.value.code == Code.REQUEST_NOT_IDENTICAL
        assert count_batches(node) == batches

    tell(tmp_path, story)


def test_two_calls_with_one_request_at_once_do_the_thing_once(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        before = count_batches(node)
        receipts = await asyncio.gather(
            *(client.submit(issue(f"licence {n}"), request_id="r-1") for n in range(2))
        )
        assert count_batches(node) == before + 1
        assert sorted(receipt.identical for receipt in receipts) == [False, True]

    tell(tmp_path, story)


def test_a_reply_lost_after_the_commit_is_found_again_and_nothing_is_done_twice(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        before = count_batches(node)
        node.lose = {"Submit"}
        receipt = await client.submit(issue("first"))
        assert receipt.is_accepted
        assert count_batches(node) == before + 1
        assert node.calls.count("Submit") == 1

    tell(tmp_path, story)


def test_while_nothing_is_known_the_same_bytes_are_sent_again(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        before = count_batches(node)
        node.lose = {"Submit", "GetReceipt"}

        def heal(_method: str) -> None:
            if node.calls.count("Submit") == 2:
                node.lose = set()

        node.watch = heal
        assert (await client.submit(issue("first"))).is_accepted
        assert count_batches(node) == before + 1

    tell(tmp_path, story)


def test_a_batch_that_never_arrived_is_given_up_once_it_can_no_longer_be_accepted(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        def pass_time(method: str) -> None:
            if method == "Submit":
                node.chain.wait(120_000)
                node.chain.accept(MARKET_OFFICE, issue_licence(f"other {node.chain.height}"))

        node.drop, node.watch = {"Submit"}, pass_time
        with pytest.raises(Denied) as caught:
            await client.submit(issue("first"))
        assert caught.value.code == Code.NOT_COMMITTED
        node.drop, node.watch = set(), lambda _method: None
        assert (await client.submit(issue("first"))).is_accepted

    tell(tmp_path, story)


def test_nothing_known_after_its_validity_is_said_with_the_nonce_to_ask_by(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        await client.get_status()

        def pass_time(method: str) -> None:
            if method == "Submit":
                client.session.now_ms = lambda: node.now_ms() + 200_000

        node.lose, node.watch = {"Submit", "GetReceipt"}, pass_time
        with pytest.raises(Unreachable) as caught:
            await client.submit(issue("first"))
        node.lose = set()
        found = await client.get_receipt(bytes.fromhex(str(caught.value.fields["nonce"])))
        assert found is not None
        assert not found.refusals

    tell(tmp_path, story)


def test_a_node_that_was_never_reached_is_said_to_be_unreachable_at_once(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        await node.stop()
        with pytest.raises(Unreachable) as caught:
            await client.submit(issue("first"))
        assert caught.value.code == Code.NODE_UNREACHABLE

    tell(tmp_path, story)


def test_a_batch_that_is_not_accepted_says_why(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        stranger = node.build_client("nobody")
        with pytest.raises(InvalidBatch) as caught:
            await stranger.submit(issue("first"))
        assert caught.value.code == Code.UNKNOWN_SYSTEM
        assert not caught.value.fields["is_final"]
        assert caught.value.fields["valid_until_ms"]
        with pytest.raises(InvalidBatch) as caught:
            await client.submit([])
        assert caught.value.code == Code.MISSING_FIELD

    tell(tmp_path, story)


def lie_about_result(reply: Any) -> None:
    leaf = bytearray(reply.receipt.batch.leaf)
    leaf[-1] ^= 1
    reply.receipt.batch.leaf = bytes(leaf)


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        (lie_about_result, Code.PROOF_WRONG_PATH),
        (lambda reply: reply.receipt.batch.path.pop(), Code.PROOF_TRUNCATED_PATH),
        (lambda reply: setattr(reply.receipt.batch, "log", REGISTRY), Code.PROOF_SWAPPED),
        (
            lambda reply: setattr(
                reply.receipt.anchor.parts.batch, "root", flip(reply.receipt.anchor.parts.batch.root)
            ),
            Code.PROOF_WRONG_APP_HASH,
        ),
    ],
)
def test_a_forged_receipt_is_no_receipt(tmp_path: Path, lie: Callable[[Any], object], code: Code) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        def forge(method: str, reply: Any) -> Any:
            if method == "Submit":
                lie(reply)
            return reply

        node.lie = forge
        with pytest.raises(VerificationFailed) as caught:
            await client.submit(issue("first"))
        assert caught.value.code == code

    tell(tmp_path, story)


def test_a_true_receipt_of_somebody_elses_batch_is_refused(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        await client.submit(issue("first"))
        shown: list[Any] = []

        def swap(method: str, reply: Any) -> Any:
            if method != "Submit":
                return reply
            shown.append(reply)
            index = node.chain.state.get_size(BATCH) - 2
            return type(reply)(receipt=build_receipt_of(node, index))

        node.lie = swap
        with pytest.raises(VerificationFailed) as caught:
            await client.submit(issue("second"))
        assert caught.value.code == Code.PROOF_WRONG_RESULT
        assert shown

    tell(tmp_path, story)


def build_receipt_of(node: ChainNode, index: int) -> Any:
    from zhenglian_node.app.answers import build_receipt  # noqa: PLC0415  only this lie needs it

    return build_receipt(node.chain.provable, index)


# many operations


def test_bulk_goes_in_batches_and_reports_as_they_are_answered(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        before = count_batches(node)
        reports: list[Progress] = []
        receipts = await client.submit_all(
            issue(*(f"licence {n}" for n in range(10)), "licence 0"),
            batch_operations=4,
            report=reports.append,
        )
        assert [len(receipt.results) for receipt in receipts] == [4, 4, 3]
        assert count_batches(node) == before + 3
        assert reports[-1] == Progress(batches=3, operations=11, refused=1)
        assert [report.batches for report in reports] == [1, 2, 3]

    tell(tmp_path, story)


def test_an_interrupted_bulk_run_is_repeated_whole_and_does_each_thing_once(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        before = count_batches(node)
        operations = issue(*(f"licence {n}" for n in range(10)))

        def break_down(progress: Progress) -> None:
            if progress.batches == 2:
                raise ConnectionAbortedError

        with pytest.raises(ConnectionAbortedError):
            await client.submit_all(
                operations, request_prefix="run-1", batch_operations=2, in_flight=1, report=break_down
            )
        assert count_batches(node) == before + 2
        receipts = await client.submit_all(operations, request_prefix="run-1", batch_operations=2)
        assert all(receipt.is_accepted for receipt in receipts)
        assert count_batches(node) == before + 5

    tell(tmp_path, story)


def test_an_error_in_one_batch_is_raised_after_the_others_have_ended(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        node.lie = lambda method, reply: lie_once(node, method, reply)
        with pytest.raises(ZhenglianError):
            await client.submit_all(
                issue(*(f"licence {n}" for n in range(40))), batch_operations=1, in_flight=2
            )
        assert node.calls.count("Submit") <= 4

    tell(tmp_path, story)


def lie_once(node: ChainNode, method: str, reply: Any) -> Any:
    if method == "Submit" and node.calls.count("Submit") == 1:
        lie_about_result(reply)
    return reply


def test_batches_are_cut_by_count_and_by_size_in_order() -> None:
    assert [len(batch) for batch in split_operations([b"x"] * 2500)] == [1024, 1024, 452]
    big = [bytes([n]) * 60_000 for n in range(20)]
    batches = list(split_operations(big))
    assert [operation for batch in batches for operation in batch] == big
    assert all(sum(map(len, batch)) <= MAX_BATCH_BYTES for batch in batches)
    assert list(split_operations([])) == []

"""Several nodes: what is wrong with one leads to the next, is told, and an outage is never called a lie."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.testkit.chain_kit import ProvenChain
from tests.testkit.chain_node import ChainNode
from tests.testkit.false_headers import lie_with
from tests.testkit.grant_objects import build_grant, give
from tests.testkit.ledger_objects import (
    CENTRE_OFFICE,
    HUANGPU_COUNTER,
    LI_LEI,
    MARKET_OFFICE,
    compute_id,
    issue_licence,
    open_case,
)
from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, InvalidBatch, Unreachable, VerificationFailed, ZhenglianError
from zhenglian_ledger.rows import BATCH
from zhenglian_ledger.verify.sentences import AnswerState, Assurance
from zhenglian_proto.v1 import node_pb2
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.types_pb2 import KIND_UNIT
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.client.nodes import Fault, choose_error, compute_fault

LICENCE = compute_id("licence")
Story = Callable[[list[ChainNode], AsyncClient], Awaitable[None]]


def build_chain() -> ProvenChain:
    chain = ProvenChain()
    chain.accept(MARKET_OFFICE, issue_licence())
    return chain


def tell(
    directory: Path,
    story: Story,
    *,
    count: int = 2,
    system: str = HUANGPU_COUNTER,
    twins: bool = False,
) -> None:
    """`story` of a client with `count` nodes, on one chain, or each on its own copy of it.

    A query leaves a trace: after one, copies are two histories.
    """

    async def run() -> None:
        async with AsyncExitStack() as stack:
            chain = build_chain()
            nodes = [
                await stack.enter_async_context(ChainNode(build_chain() if twins else chain, directory))
                for _ in range(count)
            ]
            await story(nodes, nodes[0].build_client(system, more=nodes[1:]))

    asyncio.run(run())


def only(method: str, lie: Callable[[Any], object]) -> Callable[[str, Any], Any]:
    """A node's lie told in one call."""

    def tell_it(called: str, reply: Any) -> Any:
        if called == method:
            lie(reply)
        return reply

    return tell_it


def hide(answer: Any) -> None:
    """There is no such thing."""
    answer.CopyFrom(type(answer)(anchor=answer.anchor))


def bend(answer: Any) -> None:
    answer.record.entry.path.pop()


def faults(client: AsyncClient) -> list[Fault]:
    return [incident.fault for incident in client.incidents]


# outages


def test_a_node_that_is_gone_is_left_for_the_next_and_this_is_told(tmp_path: Path) -> None:
    async def story(nodes: list[ChainNode], client: AsyncClient) -> None:
        await nodes[0].stop()
        answer = await client.verify(LICENCE)
        assert answer.is_valid
        (incident,) = client.incidents
        assert (incident.fault, incident.error.code) == (Fault.UNREACHABLE, Code.NODE_UNREACHABLE)
        first, second = (node.target for node in client.session.nodes.all)
        assert (incident.target, answer.node, client.answered_by) == (first, second, second)

    tell(tmp_path, story)


def test_a_node_that_was_gone_is_asked_last_for_a_while_and_then_first_again(tmp_path: Path) -> None:
    async def story(nodes: list[ChainNode], client: AsyncClient) -> None:
        nodes[0].drop = {"GetRecord"}
        await client.verify(LICENCE)
        nodes[0].drop = set()
        await client.verify(LICENCE)
        assert nodes[0].calls.count("GetRecord") == 1
        nodes[0].chain.wait(15_000)
        nodes[0].chain.pass_block()
        answer = await client.verify(LICENCE)
        assert answer.node == client.session.nodes.all[0].target

    tell(tmp_path, story)


def test_all_nodes_gone_is_unknown_and_no_lie(tmp_path: Path) -> None:
    async def story(nodes: list[ChainNode], client: AsyncClient) -> None:
        for node in nodes:
            await node.stop()
        answer = await client.verify(LICENCE)
        assert (answer.state, answer.code, answer.node) == (AnswerState.UNKNOWN, Code.NODE_UNREACHABLE, "")
        assert faults(client) == [Fault.UNREACHABLE] * 2

    tell(tmp_path, story)


def test_one_lost_answer_is_asked_for_again_where_no_other_node_is_left(tmp_path: Path) -> None:
    async def story(nodes: list[ChainNode], client: AsyncClient) -> None:
        nodes[0].drop = {"GetRecord"}
        await nodes[1].stop()

        def heal(_method: str) -> None:
            if nodes[0].calls.count("GetRecord") == 2:
                nodes[0].drop = set()

        nodes[0].watch = heal
        assert (await client.verify(LICENCE)).is_valid

    tell(tmp_path, story)


# old states


def test_a_node_with_an_old_header_is_left_for_a_fresh_one(tmp_path: Path) -> None:
    async def story(nodes: list[ChainNode], client: AsyncClient) -> None:
        stopped, alive = (node.chain for node in nodes)
        await client.get_status()
        assert alive.provable.light_block == stopped.provable.light_block
        alive.wait(40_000)
        alive.pass_block()
        client.session.now_ms = nodes[1].now_ms
        client.session.trust._now_ms = nodes[1].now_ms
        assert stopped.height < alive.height
        assert await client.get_object(KIND_UNIT, "market")
        assert faults(client) == [Fault.STALE]
        assert client.answered_by == client.session.nodes.all[1].target
        await nodes[1].stop()
        with pytest.raises(Unreachable) as caught:
            await client.get_object(KIND_UNIT, "market")
        assert caught.value.code == Code.NODE_UNREACHABLE

    tell(tmp_path, story, twins=True)


def test_a_node_that_lags_behind_what_was_seen_is_left_for_another(tmp_path: Path) -> None:
    async def story(nodes: list[ChainNode], client: AsyncClient) -> None:
        nodes[1].chain.pass_block()
        nodes[0].drop = {"GetStatus"}
        await client.get_status()  # by the second: the newest header is its own
        nodes[0].drop = set()
        client.session.nodes._aside_until_ms.clear()
        assert await client.get_object(KIND_UNIT, "market")
        assert faults(client) == [Fault.UNREACHABLE, Fault.LAGGING]

    tell(tmp_path, story, twins=True)


# lies


@pytest.mark.parametrize("name", ["bent path", "forged header"])
def test_a_lie_is_reported_and_another_node_proves_the_truth(tmp_path: Path, name: str) -> None:
    async def story(nodes: list[ChainNode], client: AsyncClient) -> None:
        forge = lie_with("one", "two")
        lies = {"bent path": bend, "forged header": lambda answer: forge(nodes[0].chain, answer)}
        nodes[0].lie = only("GetRecord", lies[name])
        answer = await client.verify(LICENCE)
        assert (answer.state, answer.assurance) == (AnswerState.VALID, Assurance.PROVEN)
        (incident,) = client.incidents
        assert incident.fault is Fault.LYING
        assert incident.error.fields["node"] == client.session.nodes.all[0].target

    tell(tmp_path, story)


def test_a_lie_is_raised_where_nobody_proves_the_truth(tmp_path: Path) -> None:
    async def story(nodes: list[ChainNode], client: AsyncClient) -> None:
        nodes[0].lie = only("GetRecord", bend)
        await nodes[1].stop()
        with pytest.raises(VerificationFailed) as caught:
            await client.verify(LICENCE)
        assert caught.value.code == Code.PROOF_TRUNCATED_PATH
        assert faults(client) == [Fault.LYING, Fault.UNREACHABLE]

    tell(tmp_path, story)


def test_of_three_nodes_one_honest_is_enough(tmp_path: Path) -> None:
    async def story(nodes: list[ChainNode], client: AsyncClient) -> None:
        nodes[0].lie = only("GetRecord", bend)
        await nodes[1].stop()
        answer = await client.verify(LICENCE)
        assert (answer.is_valid, answer.node) == (True, client.session.nodes.all[2].target)

    tell(tmp_path, story, count=3)


def test_a_lie_in_a_trace_is_left_for_another_nodes_trace(tmp_path: Path) -> None:
    async def story(nodes: list[ChainNode], client: AsyncClient) -> None:
        await client.verify(LICENCE)
        nodes[0].lie = only("GetTrace", lambda answer: answer.elements.pop())
        trace = await client.trace_subject(LI_LEI, "inspection")
        assert trace.count == len(trace.entries) >= 1
        assert faults(client) == [Fault.LYING]

    tell(tmp_path, story, system=CENTRE_OFFICE)


def test_a_node_cannot_make_the_client_believe_that_something_was_found_out(tmp_path: Path) -> None:
    """What a proof is worth is found out here: an error that says so is the node's word, and no more."""

    async def story(nodes: list[ChainNode], client: AsyncClient) -> None:
        for code in (Code.PROOF_FORK, Code.TRUST_EXPIRED, Code.PROOF_STALE):
            nodes[0].refuse = {"GetRecord": VerificationFailed(code)}
            client.session.nodes._aside_until_ms.clear()
            assert (await client.verify(LICENCE)).is_valid
        assert faults(client) == [Fault.LYING] * 3
        assert {incident.error.code for incident in client.incidents} == {Code.ANSWER_MALFORMED}

    tell(tmp_path, story)


def test_a_refusal_is_an_answer_and_is_not_taken_elsewhere(tmp_path: Path) -> None:
    async def story(nodes: list[ChainNode], client: AsyncClient) -> None:
        for refusal in (InvalidBatch(Code.UNKNOWN_SYSTEM), Denied(Code.READ_NOT_PERMITTED)):
            nodes[0].refuse = {"GetRecord": refusal}
            with pytest.raises(type(refusal)) as caught:
                await client.verify(LICENCE)
            assert caught.value.code == refusal.code
        assert nodes[1].calls == []
        assert client.incidents == ()

    tell(tmp_path, story)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (Unreachable(Code.DEADLINE), Fault.UNREACHABLE),
        (Denied(Code.OVERLOADED), Fault.BUSY),
        (Denied(Code.INTERNAL), Fault.FAILING),
        (Denied(Code.READ_NOT_PERMITTED), None),
        (VerificationFailed(Code.PROOF_STALE), Fault.STALE),
        (VerificationFailed(Code.PROOF_ROLLED_BACK), Fault.LAGGING),
        (VerificationFailed(Code.PROOF_WRONG_PATH), Fault.LYING),
        (VerificationFailed(Code.TRUST_EXPIRED), None),
        (VerificationFailed(Code.PROOF_FORK), None),
        (InvalidBatch(Code.UNKNOWN_KEY), None),
    ],
)
def test_what_an_error_says_about_a_node(error: ZhenglianError, fault: Fault | None) -> None:
    assert compute_fault(error) is fault


def test_the_worst_is_raised_and_no_node_at_all_is_an_outage() -> None:
    lie, outage = VerificationFailed(Code.PROOF_WRONG_PATH), Unreachable(Code.DEADLINE)
    assert choose_error([(Fault.UNREACHABLE, outage), (Fault.LYING, lie)]) is lie
    assert choose_error([(Fault.UNREACHABLE, outage)]) is outage
    assert choose_error([]).code == Code.NODE_UNREACHABLE


# what nobody can prove


def test_what_one_node_hides_another_one_contradicts(tmp_path: Path) -> None:
    async def story(nodes: list[ChainNode], client: AsyncClient) -> None:
        nodes[0].lie = only("GetRecord", hide)
        with pytest.raises(VerificationFailed) as caught:
            await client.verify(LICENCE)
        assert caught.value.code == Code.NODES_DISAGREE
        nodes[0].lie = only("GetObject", hide)
        with pytest.raises(VerificationFailed) as caught:
            await client.get_object(KIND_UNIT, "market")
        assert caught.value.code == Code.NODES_DISAGREE

    tell(tmp_path, story)


def test_the_third_node_is_asked_where_the_second_is_gone(tmp_path: Path) -> None:
    async def story(nodes: list[ChainNode], client: AsyncClient) -> None:
        nodes[0].lie = only("GetRecord", hide)
        await nodes[1].stop()
        with pytest.raises(VerificationFailed) as caught:
            await client.verify(LICENCE)
        assert caught.value.code == Code.NODES_DISAGREE
        nodes[0].lie = lambda _method, reply: reply
        nothing = await client.verify(compute_id("nothing"))
        assert (nothing.state, nothing.assurance) == (AnswerState.NOT_FOUND, Assurance.STATED)

    tell(tmp_path, story, count=3)


def test_one_nodes_word_alone_is_unknown_where_two_were_wanted(tmp_path: Path) -> None:
    async def story(nodes: list[ChainNode], client: AsyncClient) -> None:
        await nodes[0].stop()
        nothing = await client.verify(compute_id("nothing"))
        assert (nothing.state, nothing.code) == (AnswerState.UNKNOWN, Code.NODE_UNREACHABLE)

    tell(tmp_path, story)


def test_what_came_in_between_is_no_disagreement(tmp_path: Path) -> None:
    async def story(nodes: list[ChainNode], client: AsyncClient) -> None:
        await client.get_status()
        nodes[1].chain.accept(MARKET_OFFICE, issue_licence("new"))
        client.session.now_ms = nodes[1].now_ms
        client.session.trust._now_ms = nodes[1].now_ms
        answer = await client.verify(compute_id("new"))
        assert (answer.state, answer.node) == (AnswerState.VALID, client.session.nodes.all[1].target)

    tell(tmp_path, story, twins=True)


def test_a_plan_that_leaves_something_out_is_contradicted(tmp_path: Path) -> None:
    async def story(nodes: list[ChainNode], client: AsyncClient) -> None:
        nodes[0].chain.accept(HUANGPU_COUNTER, open_case())
        whole = await client.plan("2026-0001")

        def leave_out(answer: node_pb2.PlanAnswer) -> None:
            for row in answer.rows:
                row.verdict = node_pb2.VERDICT_MUST_SUBMIT
                row.ClearField("drafts")

        nodes[0].lie = only("GetPlan", leave_out)
        with pytest.raises(VerificationFailed) as caught:
            await client.plan("2026-0001")
        assert caught.value.code == Code.NODES_DISAGREE
        nodes[0].lie = lambda _method, reply: reply
        assert (await client.plan("2026-0001")).get_stated() == whole.get_stated()

    tell(tmp_path, story)


def test_a_plan_says_itself_what_is_stated_so_one_node_will_do(tmp_path: Path) -> None:
    async def story(nodes: list[ChainNode], client: AsyncClient) -> None:
        nodes[0].chain.accept(HUANGPU_COUNTER, open_case())
        await nodes[1].stop()
        assert (await client.plan("2026-0001")).rows
        assert set(faults(client)) == {Fault.UNREACHABLE}
        assert await client.get_object(KIND_UNIT, "nobody") is None

    tell(tmp_path, story)


def test_counts_of_a_grant_are_asked_of_a_second_node(tmp_path: Path) -> None:
    async def story(nodes: list[ChainNode], client: AsyncClient) -> None:
        chain = nodes[0].chain
        chain.accept(HUANGPU_COUNTER, open_case())
        body = build_grant()
        chain.accept(HUANGPU_COUNTER, give(chain, body))
        grant = compute_grant_id(body)
        standing = await client.get_grant(grant)
        nodes[1].lie = only("GetGrant", lambda answer: setattr(answer, "uses_left", 99))
        with pytest.raises(VerificationFailed) as caught:
            await client.get_grant(grant)
        assert caught.value.code == Code.NODES_DISAGREE
        nodes[1].lie = only("GetGrant", hide)
        with pytest.raises(VerificationFailed):
            await client.get_grant(grant)
        nodes[1].lie = lambda _method, reply: reply
        assert (await client.get_grant(grant)).get_stated() == standing.get_stated()

    tell(tmp_path, story)


# writing


def issue(name: str) -> list[Operation]:
    return [Operation(issue_licence=issue_licence(name))]


def test_a_batch_whose_node_is_lost_is_sent_to_another_and_done_once(tmp_path: Path) -> None:
    async def story(nodes: list[ChainNode], client: AsyncClient) -> None:
        before = nodes[0].chain.state.get_size(BATCH)
        nodes[0].lose = {"Submit", "GetReceipt"}
        receipt = await client.submit(issue("first"))
        assert receipt.is_accepted
        assert nodes[0].chain.state.get_size(BATCH) == before + 1
        assert client.answered_by == client.session.nodes.all[1].target

    tell(tmp_path, story, system=MARKET_OFFICE)


def test_a_batch_that_the_first_node_never_got_is_sent_to_the_second(tmp_path: Path) -> None:
    async def story(nodes: list[ChainNode], client: AsyncClient) -> None:
        await nodes[0].stop()
        receipts = await client.submit_all([*issue("first"), *issue("second")], batch_operations=1)
        assert all(receipt.is_accepted for receipt in receipts)

    tell(tmp_path, story, system=MARKET_OFFICE)


def test_a_forged_receipt_is_reported_and_the_true_one_fetched_elsewhere(tmp_path: Path) -> None:
    async def story(nodes: list[ChainNode], client: AsyncClient) -> None:
        before = nodes[0].chain.state.get_size(BATCH)
        nodes[0].lie = only("Submit", lambda reply: reply.receipt.batch.path.pop())
        receipt = await client.submit(issue("first"))
        assert receipt.is_accepted
        assert nodes[0].chain.state.get_size(BATCH) == before + 1
        assert faults(client) == [Fault.LYING]
        assert nodes[1].calls.count("Submit") == 0

    tell(tmp_path, story, system=MARKET_OFFICE)


def test_a_batch_that_waits_at_another_node_is_waited_for(tmp_path: Path) -> None:
    """The second node has heard of it and turns it away as a repetition; its block comes later."""

    async def story(nodes: list[ChainNode], client: AsyncClient) -> None:
        held: list[node_pb2.SubmitRequest] = []
        submit = nodes[1].Submit

        def turn_away(request: node_pb2.SubmitRequest) -> node_pb2.SubmitReply:
            held.append(request)
            return node_pb2.SubmitReply(rejection=node_pb2.Rejection(code=Code.REPLAYED))

        def commit(method: str) -> None:
            if method == "GetReceipt" and held:
                submit(held.pop())

        nodes[0].drop = {"Submit", "GetReceipt"}
        nodes[1].Submit = turn_away  # type: ignore[method-assign]
        calls = nodes[1].calls
        nodes[1].watch = lambda method: commit(method) if calls.count("GetReceipt") > 2 else None
        receipt = await client.submit(issue("first"))
        assert receipt.is_accepted

    tell(tmp_path, story, system=MARKET_OFFICE)


def test_that_a_batch_will_never_be_accepted_two_nodes_must_say(tmp_path: Path) -> None:
    async def story(nodes: list[ChainNode], client: AsyncClient) -> None:
        nodes[0].lose = {"Submit"}

        def deny(method: str, reply: Any) -> Any:
            if method == "GetReceipt":
                return node_pb2.SubmitReply(unknown=True, fate_is_final=True)
            return reply

        nodes[0].lie = nodes[1].lie = deny
        with pytest.raises(Denied) as caught:
            await client.submit(issue("first"))
        assert caught.value.code == Code.NOT_COMMITTED
        nodes[1].lie = lambda _method, reply: reply
        nodes[0].lose = nodes[1].lose = {"Submit"}
        assert (await client.submit(issue("second"))).is_accepted

    tell(tmp_path, story, system=MARKET_OFFICE)

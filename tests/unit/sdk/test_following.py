"""A client follows the validators: every change along the way, and nothing that they did not sign."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.testkit.chain_kit import ProvenChain
from tests.testkit.chain_node import ChainNode, build_trust
from tests.testkit.false_headers import Lie, alter_announcement, lie_with, swap_app_hash
from tests.testkit.ledger_kit import DAY_MS
from tests.testkit.ledger_objects import HUANGPU_COUNTER, MARKET_OFFICE, compute_id, issue_licence
from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.header import compute_header_hash
from zhenglian_ledger.cometbft.light import TrustAnchor
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_ledger.trustfile import TrustFile
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.client.nodes import Fault
from zhenglian_sdk.client.trust import TrustStore

LICENCE = compute_id("licence")
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
TURNED = NUMBERS[4:8]
Story = Callable[[ChainNode, AsyncClient], Awaitable[None]]


def build_chain() -> ProvenChain:
    chain = ProvenChain()
    chain.accept(MARKET_OFFICE, issue_licence())
    return chain


def turn_over(chain: ProvenChain, count: int = 4, quiet: int = 1) -> None:
    """Members of the four leave one by one, and others join; `quiet` blocks pass in between."""
    for first in range(1, count + 1):
        chain.change_validators(*NUMBERS[first : first + 4])
        for _ in range(quiet):
            chain.pass_block()
    chain.pass_block()


def tell(directory: Path, story: Story) -> None:
    """`story` of a client that trusts genesis and asked once."""

    async def run() -> None:
        async with ChainNode(build_chain(), directory) as node:
            client = node.build_client(HUANGPU_COUNTER)
            await client.get_status()
            node.calls.clear()
            await story(node, client)

    asyncio.run(run())


async def verifies(client: AsyncClient) -> bool:
    return (await client.verify(LICENCE)).is_valid


async def fails_with(code: Code, call: Awaitable[object]) -> VerificationFailed:
    with pytest.raises(VerificationFailed) as caught:
        await call
    assert caught.value.code == code
    return caught.value


# every way


def test_a_change_is_followed_block_by_block(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        node.chain.change_validators(*TURNED)
        for _ in range(3):
            assert await verifies(client)  # each question is a block
        assert node.chain.get_names(client.session.trust.height) == TURNED
        assert node.calls == ["GetRecord"] * 3

    tell(tmp_path, story)


def test_a_change_of_one_in_four_is_skipped_over_in_one_step(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        node.chain.change_validators(*NUMBERS[1:5])
        for _ in range(5):
            node.chain.pass_block()
        assert await verifies(client)
        assert node.calls == ["GetRecord"]

    tell(tmp_path, story)


@pytest.mark.parametrize(("most", "questions"), [(256, 1), (4, 3), (2, 8)])
def test_a_complete_turnover_is_followed_however_short_the_answers(
    tmp_path: Path, most: int, questions: int
) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        node.most_steps = most
        turn_over(node.chain, 8)
        assert await verifies(client)
        assert node.calls.count("GetStatus") == questions
        assert not set(node.chain.get_names(client.session.trust.height)) & set(NUMBERS[:4])
        assert await verifies(client)
        assert node.calls.count("GetStatus") == questions  # the way is gone once

    tell(tmp_path, story)


def test_a_new_client_follows_every_change_since_genesis(tmp_path: Path) -> None:
    async def story(node: ChainNode, _client: AsyncClient) -> None:
        turn_over(node.chain, 8, quiet=0)
        node.most_steps = 3
        assert await verifies(node.build_client(HUANGPU_COUNTER))

    tell(tmp_path, story)


def test_status_and_receipts_follow_too(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        node.most_steps = 3
        turn_over(node.chain)
        await client.get_status()
        market = node.build_client(MARKET_OFFICE)
        turn_over(node.chain)
        receipt = await market.submit([Operation(issue_licence=issue_licence("other"))])
        assert receipt.is_accepted

    tell(tmp_path, story)


def test_a_trust_file_may_name_a_block_between_two_changes(tmp_path: Path) -> None:
    async def story(node: ChainNode, _client: AsyncClient) -> None:
        turn_over(node.chain, 3)
        header = node.chain.light_block(node.chain.head.height + 1).signed_header.header
        anchor = TrustAnchor(
            header.chain_id, 0, header.height, compute_header_hash(header), header.validators_hash
        )
        for _ in range(2):
            turn_over(node.chain)
        trust = TrustStore(TrustFile(anchor), now_ms=node.now_ms)
        assert await verifies(node.build_client(HUANGPU_COUNTER, trust=trust))

    tell(tmp_path, story)


# on disk


def open_trust(node: ChainNode, path: Path) -> TrustStore:
    return TrustStore(build_trust(node.chain), path, now_ms=node.now_ms)


def test_the_set_that_was_reached_survives_a_restart(tmp_path: Path) -> None:
    async def story(node: ChainNode, _client: AsyncClient) -> None:
        path = tmp_path / "trust.json"
        first = node.build_client(HUANGPU_COUNTER, trust=open_trust(node, path))
        turn_over(node.chain)
        assert await verifies(first)
        await first.close()
        node.calls.clear()
        again = node.build_client(HUANGPU_COUNTER, trust=open_trust(node, path))
        assert again.session.trust.state == first.session.trust.state
        assert await verifies(again)
        assert node.calls == ["GetStatus", "GetRecord"]  # the trusted header is compared once

    tell(tmp_path, story)


def test_steps_are_kept_though_the_answer_was_none(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        before = client.session.trust.height
        turn_over(node.chain)

        def end_early(method: str, reply: Any) -> Any:
            if method == "GetStatus":
                del reply.anchor.path[3 if node.calls.count("GetStatus") == 1 else 0 :]
                reply.anchor.light_block.CopyFrom(node.chain.light_block(1))
            return reply

        node.lie = end_early
        with pytest.raises(VerificationFailed):
            await client.verify(LICENCE)
        assert node.calls.count("GetStatus") == 2
        assert before < client.session.trust.height < node.chain.height

    tell(tmp_path, story)


def test_two_processes_share_what_they_reached(tmp_path: Path) -> None:
    async def story(node: ChainNode, _client: AsyncClient) -> None:
        path = tmp_path / "trust.json"
        slow = node.build_client(HUANGPU_COUNTER, trust=open_trust(node, path))
        fast = node.build_client(HUANGPU_COUNTER, trust=open_trust(node, path))
        await slow.get_status()
        turn_over(node.chain)
        await fast.get_status()
        fast.session.trust.save()
        slow.session.trust.save()
        assert open_trust(node, path).height == fast.session.trust.height
        assert await verifies(slow)  # follows by itself what the other one has written meanwhile

    tell(tmp_path, story)


# what is not followed


def drop_steps(path: Any) -> None:
    del path[1:3]


def reorder_steps(path: Any) -> None:
    first, second = path[1].SerializeToString(), path[2].SerializeToString()
    path[1].ParseFromString(second)
    path[2].ParseFromString(first)


def alter_step(path: Any) -> None:
    header = path[1].signed_header.header
    header.next_validators_hash = path[-1].signed_header.header.next_validators_hash


def hide_path(path: Any) -> None:
    del path[:]


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        (drop_steps, Code.PROOF_NOT_ENOUGH_POWER),
        (reorder_steps, Code.PROOF_NOT_NEWER),
        (alter_step, Code.PROOF_WRONG_HEADER),
        (hide_path, Code.PROOF_NOT_ENOUGH_POWER),
    ],
)
def test_a_false_way_leads_nowhere_and_the_true_one_still_does(
    tmp_path: Path, lie: Callable[[Any], None], code: Code
) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        turn_over(node.chain, 6)

        def forge(method: str, reply: Any) -> Any:
            if method == "GetStatus":
                lie(reply.anchor.path)
                reply.anchor.light_block.CopyFrom(node.chain.light_block(1))
            return reply

        node.lie = forge
        await fails_with(code, client.verify(LICENCE))
        node.lie = lambda _method, reply: reply
        assert await verifies(client)

    tell(tmp_path, story)


FALSE_HEADERS: dict[str, tuple[Lie, Code]] = {
    "two of four, adjacent": (lie_with("five", "six"), Code.PROOF_NOT_ENOUGH_POWER),
    "two of four, further on": (lie_with("five", "six", later=3), Code.PROOF_NOT_ENOUGH_POWER),
    "two of four as a set of their own": (
        lie_with("five", "six", validators=("five", "six")),
        Code.PROOF_WRONG_VALIDATORS,
    ),
    "two of four as a set of their own, further on": (
        lie_with("five", "six", validators=("five", "six"), later=3),
        Code.PROOF_NOT_ENOUGH_POWER,
    ),
    "two of four and two that were removed": (
        lie_with("five", "six", "three", "four", validators=("five", "six", "three", "four"), later=3),
        Code.PROOF_NOT_ENOUGH_POWER,
    ),
    "the old set": (
        lie_with("one", "two", "three", "four", validators=("one", "two", "three", "four")),
        Code.PROOF_WRONG_VALIDATORS,
    ),
    "the old set, further on": (
        lie_with("one", "two", "three", "four", validators=("one", "two", "three", "four"), later=3),
        Code.PROOF_NOT_ENOUGH_POWER,
    ),
    "two of four announce strangers": (
        lie_with("five", "six", next_validators=("nine", "ten")),
        Code.PROOF_NOT_ENOUGH_POWER,
    ),
    "another announcement": (alter_announcement, Code.PROOF_WRONG_HEADER),
    "another app hash": (swap_app_hash, Code.PROOF_WRONG_HEADER),
}


@pytest.mark.parametrize("name", FALSE_HEADERS)
def test_fewer_than_two_thirds_of_the_present_set_prove_nothing(tmp_path: Path, name: str) -> None:
    lie, code = FALSE_HEADERS[name]

    async def story(node: ChainNode, client: AsyncClient) -> None:
        node.chain.change_validators(*TURNED)
        for _ in range(3):
            assert await verifies(client)

        def forge(method: str, reply: Any) -> Any:
            if method == "GetRecord":
                lie(node.chain, reply)
            return reply

        node.lie = forge
        await fails_with(code, client.verify(LICENCE))
        trusted = client.session.trust.state
        assert trusted is not None
        true = node.chain.light_block(trusted.height).signed_header.header
        assert trusted.header_hash == compute_header_hash(true)
        node.lie = lambda _method, reply: reply
        assert await verifies(client)

    tell(tmp_path, story)


@pytest.mark.parametrize("name", FALSE_HEADERS)
def test_each_is_reported_where_an_honest_node_proves_the_truth(tmp_path: Path, name: str) -> None:
    lie, code = FALSE_HEADERS[name]

    async def story(liar: ChainNode, _client: AsyncClient) -> None:
        async with ChainNode(liar.chain, tmp_path) as honest:
            client = liar.build_client(HUANGPU_COUNTER, second=honest)
            await client.get_status()
            liar.chain.change_validators(*TURNED)
            for _ in range(3):
                assert await verifies(client)

            def forge(method: str, reply: Any) -> Any:
                if method == "GetRecord":
                    lie(liar.chain, reply)
                return reply

            liar.lie = forge
            assert await verifies(client)
            (incident,) = client.incidents
            assert (incident.fault, incident.error.code) == (Fault.LYING, code)
            await client.close()

    tell(tmp_path, story)


# old trust


def test_trust_that_was_not_used_for_a_month_has_expired_and_says_what_to_do(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        node.chain.wait(31 * DAY_MS)
        node.chain.pass_block()
        node.chain.pass_block()
        error = await fails_with(Code.TRUST_EXPIRED, client.verify(LICENCE))
        assert error.fields["days"] == 31
        assert "信任文件" in error.zh
        assert "31 days" in error.en
        assert not client.incidents  # it is nothing about the node

    tell(tmp_path, story)


def test_trust_that_is_used_now_and_then_never_expires(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        for first in range(1, 5):
            node.chain.wait(29 * DAY_MS)
            node.chain.change_validators(*NUMBERS[first : first + 4])
            node.chain.pass_block()
            assert await verifies(client)

    tell(tmp_path, story)

"""The client on what members decide: proposals, members, nodes are proven; the rest, confirmed."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message

from tests.testkit.assembly import OFFICES, Assembly
from tests.testkit.chain_kit import flip
from tests.testkit.chain_node import ChainNode
from tests.testkit.consortium import WEEK_MS, member, node
from tests.testkit.ledger_objects import CENTRE_OFFICE, MARKET, MARKET_OFFICE
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused, VerificationFailed
from zhenglian_ledger.merkle.status import Status
from zhenglian_proto.v1.governance_pb2 import Change
from zhenglian_proto.v1.state_pb2 import BALLOT_APPROVED
from zhenglian_sdk import builders as build
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.client.governance import ProposalStanding

NEW = Change(put_member=member(7, votes=False))
Story = Callable[[ChainNode, AsyncClient], Awaitable[None]]


def tell(directory: Path, story: Story) -> None:
    async def run() -> None:
        async with ChainNode(Assembly(), directory) as chain_node:
            await story(chain_node, chain_node.build_client(CENTRE_OFFICE))

    asyncio.run(run())


def get_assembly(chain_node: ChainNode) -> Assembly:
    assert isinstance(chain_node.chain, Assembly)
    return chain_node.chain


async def propose(chain_node: ChainNode, client: AsyncClient, change: Change) -> bytes:
    operation = build.propose(change, reason="理由", valid_until=chain_node.chain.time_ms + WEEK_MS)
    receipt = await client.submit([operation])
    receipt.raise_for_refusals()
    return operation.propose.id


async def vote(chain_node: ChainNode, office: str, proposal: bytes, *, approve: bool) -> None:
    client = chain_node.build_client(office)
    shown = await client.get_proposal(proposal)
    receipt = await client.submit([build.vote(shown.message, approve=approve)])
    receipt.raise_for_refusals()


def test_a_proposal_is_made_voted_on_and_adopted(tmp_path: Path) -> None:
    async def story(chain_node: ChainNode, client: AsyncClient) -> None:
        proposal = await propose(chain_node, client, NEW)
        for office in OFFICES[:4]:
            found = await client.get_proposal(proposal)
            assert found.standing is ProposalStanding.PENDING
            await vote(chain_node, office, proposal, approve=True)
        found = await client.get_proposal(proposal)
        assert found.standing is ProposalStanding.ADOPTED
        assert (found.proposer, found.message.change) == ("centre", NEW)
        assert found.approved == ["centre", "housing", "huangpu", "market"]
        assert found.missing == ["pudong"]
        governance = await client.get_governance()
        assert "member-7" in [record.message.id for record in governance.members]

    tell(tmp_path, story)


def test_a_rejected_proposal_and_one_that_ran_out_are_told_apart(tmp_path: Path) -> None:
    async def story(chain_node: ChainNode, client: AsyncClient) -> None:
        rejected = await propose(chain_node, client, NEW)
        expired = await propose(chain_node, client, NEW)
        for office in OFFICES[:2]:
            await vote(chain_node, office, rejected, approve=False)
        assert len((await client.get_governance()).proposals) == 1
        chain_node.chain.wait(WEEK_MS)
        get_assembly(chain_node).propose(Change(suspend_member=MARKET))
        assert (await client.get_proposal(rejected)).standing is ProposalStanding.REJECTED
        assert (await client.get_proposal(expired)).standing is ProposalStanding.EXPIRED
        open_ones = (await client.get_governance()).proposals
        assert [proposal.message.change.suspend_member for proposal in open_ones] == [MARKET]
        everything = (await client.get_governance(with_decided=True)).proposals
        assert [proposal.standing.value for proposal in everything] == ["PENDING", "EXPIRED", "REJECTED"]

    tell(tmp_path, story)


def test_the_network_is_shown_as_it_stands(tmp_path: Path) -> None:
    async def story(chain_node: ChainNode, client: AsyncClient) -> None:
        assembly = get_assembly(chain_node)
        for change in (NEW, Change(put_node=node(7)), Change(suspend_member=MARKET)):
            assembly.adopt(change)
        assembly.adopt(Change(remove_node=node(7).node_id))
        governance = await client.get_governance()
        standing = {record.message.id: record.status for record in governance.members}
        assert standing["member-7"] == standing["centre"] == Status.VALID
        assert standing[MARKET] == Status.SUSPENDED
        assert [record.status for record in governance.nodes] == [Status.INVALID]
        assert governance.parameters == assembly.state.get_parameters()

    tell(tmp_path, story)


def test_what_nobody_knows_is_not_found(tmp_path: Path) -> None:
    async def story(_chain_node: ChainNode, client: AsyncClient) -> None:
        with pytest.raises(Refused) as caught:
            await client.get_proposal(bytes(32))
        assert caught.value.code is Code.NOT_FOUND

    tell(tmp_path, story)


LIES: dict[str, tuple[Callable[[Any], object], Code]] = {
    "another status": (
        lambda reply: setattr(reply.object.status, "chunk", flip(reply.object.status.chunk)),
        Code.PROOF_OLD_STATUS,
    ),
    "a changed entry": (
        lambda reply: setattr(reply.object.entry, "leaf", reply.object.entry.leaf + b"x"),
        Code.PROOF_WRONG_PATH,
    ),
    "no signature": (lambda reply: reply.object.ClearField("signature"), Code.PROOF_WRONG_SIGNER),
}


@pytest.mark.parametrize("name", LIES)
def test_a_proposal_shown_falsely_is_not_shown(tmp_path: Path, name: str) -> None:
    change, code = LIES[name]

    async def story(chain_node: ChainNode, client: AsyncClient) -> None:
        proposal = await propose(chain_node, client, NEW)

        def lie(method: str, reply: Any) -> Message:
            if method == "GetObject" and reply.HasField("proposal"):
                change(reply)
            return reply  # type: ignore[no-any-return]

        chain_node.lie = lie
        with pytest.raises(VerificationFailed) as caught:
            await client.get_proposal(proposal)
        assert caught.value.code is code

    tell(tmp_path, story)


def test_two_nodes_that_tell_of_different_votes_disagree(tmp_path: Path) -> None:
    async def run() -> None:
        assembly = Assembly()
        async with ChainNode(assembly, tmp_path) as honest, ChainNode(assembly, tmp_path) as lying:
            client = lying.build_client(MARKET_OFFICE, second=honest)
            proposal = assembly.propose(NEW).id

            def lie(_method: str, reply: Any) -> Message:
                if hasattr(reply, "proposal"):
                    reply.proposal.electors[0].ballot = BALLOT_APPROVED
                return reply  # type: ignore[no-any-return]

            assert (await client.get_proposal(proposal)).approved == []
            lying.lie = lie
            with pytest.raises(VerificationFailed) as caught:
                await client.get_proposal(proposal)
            assert caught.value.code is Code.NODES_DISAGREE

    asyncio.run(run())

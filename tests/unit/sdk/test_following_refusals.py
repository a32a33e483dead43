"""A refusal carries no proof: of a node that is behind what was seen, it is not taken for an answer."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.testkit.chain_kit import ProvenChain
from tests.testkit.chain_node import ChainNode
from tests.testkit.ledger_objects import HUANGPU_COUNTER, MARKET_OFFICE, issue_licence
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, ZhenglianError
from zhenglian_proto.v1.types_pb2 import KIND_UNIT
from zhenglian_sdk.client.nodes import Fault

BLOCKS = 2


def build_chain() -> ProvenChain:
    chain = ProvenChain()
    chain.accept(MARKET_OFFICE, issue_licence())
    return chain


def pass_blocks(chain: ProvenChain) -> None:
    for _ in range(BLOCKS):
        chain.pass_block()


async def be_refused(directory: Path, *, is_behind: bool) -> tuple[Code, list[Fault]]:
    """What a client is told that has seen one node's newest header, loses it, and is refused by the other."""
    async with AsyncExitStack() as stack:
        first, second = [
            await stack.enter_async_context(ChainNode(build_chain(), directory)) for _ in range(2)
        ]
        client = first.build_client(HUANGPU_COUNTER, more=[second])
        pass_blocks(first.chain)
        await client.get_status()
        await first.stop()
        if not is_behind:
            pass_blocks(second.chain)
        second.refuse = {"GetObject": Denied(Code.READ_NOT_PERMITTED)}
        with pytest.raises(ZhenglianError) as caught:
            await client.get_object(KIND_UNIT, "market")
        return caught.value.code, [incident.fault for incident in client.incidents]


def test_the_refusal_of_a_node_that_lags_is_no_answer(tmp_path: Path) -> None:
    told = asyncio.run(be_refused(tmp_path, is_behind=True))
    assert told == (Code.NODE_UNREACHABLE, [Fault.UNREACHABLE, Fault.LAGGING])


def test_the_refusal_of_a_node_that_has_come_as_far_is_one(tmp_path: Path) -> None:
    told = asyncio.run(be_refused(tmp_path, is_behind=False))
    assert told == (Code.READ_NOT_PERMITTED, [Fault.UNREACHABLE])

"""GetStatus shows the way from the caller's trusted height past every change of the validators."""

import asyncio
from collections.abc import Collection

import pytest

from tests.testkit.node_kit import SoloChain
from zhenglian_ledger import rows
from zhenglian_ledger.cometbft.light_path import MAX_PATH
from zhenglian_node.api import lookups
from zhenglian_node.api.edge import Edge
from zhenglian_node.app.engine_port import EngineStatus
from zhenglian_node.config import Limits
from zhenglian_node.metrics import Metrics
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_proto.v1.cometbft_pb2 import LightBlock
from zhenglian_proto.v1.node_pb2 import NodeStatus, StatusRequest

HEIGHT = 12


class Shelf:
    """An engine that hands out the chain's light blocks, as far as it still has them."""

    def __init__(self, chain: SoloChain, missing: Collection[int]) -> None:
        self._chain = chain
        self._missing = missing
        self.asked: list[int] = []

    async def get_light_block(self, height: int) -> LightBlock | None:
        self.asked.append(height)
        return None if height in self._missing else self._chain.maker.get_light_block(height)

    def get_status(self) -> EngineStatus:
        return EngineStatus("shelf", HEIGHT, 0, 0)


def ask(
    trusted_height: int,
    changes: Collection[int] = (),
    *,
    height: int = HEIGHT,
    missing: Collection[int] = (),
) -> tuple[NodeStatus, list[int]]:
    """The status of a chain of `height` blocks, some of which changed the set; the blocks looked up."""
    store = MemoryStore()
    chain = SoloChain(store)
    store.commit({rows.VALIDATOR_CHANGE + rows.u64(change): b"" for change in changes})
    for _ in range(height):
        chain.make_block()
    shelf = Shelf(chain, missing)

    async def run() -> NodeStatus:
        edge = Edge(chain.application, shelf, Metrics(), Limits(), "test")  # type: ignore[arg-type]
        try:
            return await lookups.get_status(edge, StatusRequest(trusted_height=trusted_height))
        finally:
            edge.close()

    status = asyncio.run(run())
    assert status.anchor.light_block.signed_header.header.height == height
    return status, shelf.asked


def heights(status: NodeStatus) -> list[int]:
    return [block.signed_header.header.height for block in status.anchor.path]


@pytest.mark.parametrize(
    ("trusted_height", "changes", "path"),
    [
        (0, (), []),
        (4, (), [4]),
        (4, (1, 2, 3), [4]),
        (4, (3, 4, 7), [4, 5, 8]),
        (0, (1, 7, 10), [2, 8, 11]),
        (4, (10, 11, 12), [4, 11]),
        (11, (2, 11), [11]),
        (12, (3,), []),
        (13, (3,), []),
        (1 << 63, (3,), []),
    ],
)
def test_the_path_is_the_trusted_block_and_one_header_a_change(
    trusted_height: int, changes: tuple[int, ...], path: list[int]
) -> None:
    status, asked = ask(trusted_height, changes)
    assert heights(status) == asked == path


def test_the_blocks_of_the_path_are_whole_and_the_chains_own() -> None:
    status, _ = ask(4, (6,))
    for block in status.anchor.path:
        assert block.signed_header.commit.height == block.signed_header.header.height
        assert len(block.validator_set.validators) == 1


def test_one_answer_shows_at_most_so_many_and_the_next_one_goes_on() -> None:
    height = 2 * MAX_PATH
    changes = range(1, height)
    first, _ = ask(0, changes, height=height)
    assert heights(first) == list(range(2, MAX_PATH + 2))
    second, _ = ask(heights(first)[-1], changes, height=height)
    assert heights(second) == list(range(MAX_PATH + 1, height))


def test_a_trusted_block_that_is_gone_is_left_out_but_behind_a_missing_step_nothing_is_shown() -> None:
    status, _ = ask(4, (5, 7, 9), missing={4})
    assert heights(status) == [6, 8, 10]
    status, asked = ask(4, (5, 7, 9), missing={8})
    assert heights(status) == [4, 6]
    assert asked == [4, 6, 8]

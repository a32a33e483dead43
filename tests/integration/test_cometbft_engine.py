"""The CometBFT engine with a real CometBFT: what a caller sees, and what a restart finds."""

import asyncio
import os
import shutil
import signal
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self

import pytest

from tests.testkit.cometbft_home import (
    Home,
    RunningNode,
    build_anchor,
    build_genesis,
    build_homes,
    now_ms,
    running,
)
from tests.testkit.ledger_objects import MARKET_OFFICE, issue_licence
from zhenglian_ledger.batch import parse_batch
from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.light import build_era_start, verify_light_block
from zhenglian_ledger.errors import StoreError
from zhenglian_node.app.answers import build_receipt
from zhenglian_node.app.engine_port import Fate
from zhenglian_node.app.fsck import check_full
from zhenglian_node.engines.cometbft.process import PID_FILE, find_leftover
from zhenglian_node.storage.leveldb import LevelDbStore
from zhenglian_proto.v1.batch_pb2 import SignedBatch

pytestmark = [pytest.mark.engine, pytest.mark.slow]


def run(story: Coroutine[Any, Any, None], seconds: float = 90) -> None:
    async def limited() -> None:
        async with asyncio.timeout(seconds):
            await story

    asyncio.run(limited())


def verify_shown(node: RunningNode, batch: SignedBatch, fate: Fate) -> None:
    """The node can show the batch in the provable state: told, and not before."""
    provable = node.application.provable
    assert provable is not None
    receipt = build_receipt(provable, fate.result.batch_index)
    assert receipt is not None
    assert fate.result.code == Code.OK
    assert node.application.get_fate(*_nonce(batch)) == fate


def _nonce(batch: SignedBatch) -> tuple[str, bytes]:
    header = parse_batch(batch).header
    return header.system, header.nonce


async def submit(node: RunningNode, *names: str) -> list[Fate]:
    """A batch a name, all at once."""
    return await asyncio.gather(*(node.engine.submit(node.sender.licence(name)) for name in names))


def test_a_batch_is_committed_told_once_it_is_provable_and_only_once(tmp_path: Path) -> None:
    async def story() -> None:
        (home,) = build_homes(tmp_path)
        async with running(home) as node:
            batch = node.sender.licence("first")
            fates = await asyncio.gather(*(node.engine.submit(batch) for _ in range(3)))
            verify_shown(node, batch, fates[0])
            assert len(set(fates)) == 1
            assert await node.engine.submit(batch) == fates[0], "and again, after the fact"
            refused = await node.engine.submit(
                node.sender.build(MARKET_OFFICE, issue_licence("x"), nonce=_nonce(batch)[1])
            )
            assert refused == fates[0], "another batch with that nonce is told what the nonce was used for"
            stale = node.sender.build(
                MARKET_OFFICE, issue_licence("late"), valid_until_ms=now_ms() - 3_600_000
            )
            assert (await node.engine.submit(stale)).result.code == Code.BATCH_EXPIRED
            status = node.engine.get_status()
            assert (status.name, status.waiting) == ("cometbft", 0)

    run(story())


def test_headers_lead_from_the_trust_file_to_the_provable_state(tmp_path: Path) -> None:
    async def story() -> None:
        genesis = build_genesis(1)
        (home,) = build_homes(tmp_path, genesis=genesis)
        async with running(home) as node:
            await submit(node, *"abc")
            await submit(node, *"defg")
            trusted = build_era_start(build_anchor(genesis, node.application))
            provable = node.application.provable
            assert provable is not None
            for height in range(1, provable.height + 2):
                light_block = await node.engine.get_light_block(height)
                assert light_block is not None
                trusted = verify_light_block(trusted, light_block, now_ms())
            assert trusted.app_hash == provable.head.app_hash
            assert await node.engine.get_light_block(10_000) is None
            assert await node.engine.get_light_block(0) is None

    run(story())


def test_many_batches_at_once_each_get_their_own_fate(tmp_path: Path) -> None:
    async def story() -> None:
        (home,) = build_homes(tmp_path)
        async with running(home) as node:
            fates = await submit(node, *(f"licence {number}" for number in range(200)))
            assert sorted(fate.result.batch_index for fate in fates) == list(range(1, 201))
            assert len({fate.height for fate in fates}) < 100, "they share blocks"

    run(story())


def test_a_restarted_node_goes_on_where_it_was(tmp_path: Path) -> None:
    async def story() -> None:
        (home,) = build_homes(tmp_path)
        async with running(home) as node:
            batch = node.sender.licence("first")
            fate = await node.engine.submit(batch)
            head = node.application.committed.head
        assert not (home.cometbft / PID_FILE).exists()
        async with running(home) as node:
            assert node.application.committed.head.app_hash == head.app_hash
            verify_shown(node, batch, fate)
            assert await node.engine.submit(batch) == fate
            (second,) = await submit(node, "second")
            assert second.result.batch_index == fate.result.batch_index + 1
        store = LevelDbStore(home.path / "store")
        assert check_full(store) == []
        store.close()

    run(story())


def test_a_killed_cometbft_ends_the_engine_with_its_name_and_a_restart_recovers(tmp_path: Path) -> None:
    async def story() -> None:
        (home,) = build_homes(tmp_path)
        async with running(home) as node:
            (fate,) = await submit(node, "first")
            assert node.engine.pid is not None
            os.kill(node.engine.pid, signal.SIGKILL)
            with pytest.raises(StoreError) as caught:
                await node.engine.wait()
            assert caught.value.code == Code.ENGINE_ENDED
            assert "9" in caught.value.en
        async with running(home) as node:
            (second,) = await submit(node, "second")
            assert second.result.batch_index == fate.result.batch_index + 1

    run(story())


def test_an_empty_store_is_filled_from_the_blocks(tmp_path: Path) -> None:
    async def story() -> None:
        (home,) = build_homes(tmp_path)
        async with running(home) as node:
            for name in "abcd":
                await submit(node, name)
            head = node.application.committed.head
        shutil.rmtree(home.path / "store")
        async with running(home) as node:
            assert node.application.committed.head.app_hash == head.app_hash
            assert node.application.committed.head.height >= head.height
            assert node.application.provable is not None

    run(story())


def test_a_cometbft_left_behind_is_ended_before_another_is_started(tmp_path: Path) -> None:
    async def story() -> None:
        (home,) = build_homes(tmp_path)
        node = RunningNode(home)
        await node.engine.start()
        leftover = node.engine.pid
        assert leftover is not None
        assert find_leftover(home.cometbft) == leftover
        await node.engine._server.stop()  # as if this process had died
        node.store.close()
        async with running(home) as second:
            assert second.engine.pid != leftover
            await submit(second, "first")
        await node.engine.stop()

    run(story())


def test_another_genesis_is_refused_by_name(tmp_path: Path) -> None:
    async def story() -> None:
        ours, theirs = (
            build_homes(tmp_path / "ours"),
            build_homes(tmp_path / "theirs", genesis=build_genesis(1, genesis_ms=now_ms())),
        )
        source, target = (home.cometbft / "config" / "genesis.json" for home in (*theirs, *ours))
        shutil.copy(source, target)
        with pytest.raises(StoreError) as caught:
            async with running(ours[0]):
                pass
        assert caught.value.code == Code.GENESIS_MISMATCH

    run(story())


def test_a_home_may_lie_deep(tmp_path: Path) -> None:
    async def story() -> None:
        (home,) = build_homes(tmp_path / ("deep" * 20) / ("deeper" * 10))
        async with running(home) as node:
            await submit(node, "first")

    run(story())


class Network:
    """Nodes that stand on several homes at once; each may be stopped alone."""

    def __init__(self) -> None:
        self.nodes: dict[Home, RunningNode] = {}
        self._stacks: dict[Home, AsyncExitStack] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop(*self.nodes)

    async def start(self, *homes: Home) -> None:
        await asyncio.gather(*(self._start(home) for home in homes))

    async def _start(self, home: Home) -> None:
        self._stacks[home] = stack = AsyncExitStack()
        self.nodes[home] = await stack.enter_async_context(running(home))

    async def stop(self, *homes: Home) -> None:
        for home in homes:
            del self.nodes[home]
        await asyncio.gather(*(self._stacks.pop(home).aclose() for home in homes))

    async def submit_everywhere(self, name: str) -> None:
        """A batch through each node is accepted."""
        told = await asyncio.gather(
            *(submit(node, f"{name} {number}") for number, node in enumerate(self.nodes.values()))
        )
        assert all(fate.result.code == Code.OK for (fate,) in told)

    async def verify_agreement(self) -> None:
        """All nodes reach the highest one's height and have one app hash."""
        nodes = list(self.nodes.values())
        highest = max(node.application.committed.head.height for node in nodes)
        for node in nodes:
            await node.wait_for_height(highest)
        assert len({node.application.committed.head.app_hash for node in nodes}) == 1


def test_four_validators_agree_without_one_of_them_and_with_one_that_joins_late(tmp_path: Path) -> None:
    async def story() -> None:
        *validators, follower = build_homes(tmp_path, validators=4, full_nodes=1)
        async with Network() as network:
            await network.start(*validators)
            await network.submit_everywhere("four")
            await network.stop(validators[3])
            await network.submit_everywhere("three")
            await network.start(follower)
            await network.submit_everywhere("and one that only follows")
            await network.start(validators[3])
            await network.submit_everywhere("all")
            await network.verify_agreement()

    run(story(), 110)

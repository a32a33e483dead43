"""What kill -9 leaves behind: real node processes, real channels and signatures, a real disk.

`test_crash_table` plays the same table on parts in one process; here the process is gone, and the operating
system closes what it had open. Always:

- every acknowledged batch is there with the very leaf its sender was shown;
- every other one is there as a whole or not at all, and the same bytes sent again have exactly one leaf;
- `fsck` finds nothing, before and after the next run;
- every header follows from the trust file, and no height has two headers that anybody has seen.
"""

import asyncio
import contextlib
import random
import signal
from pathlib import Path
from typing import Final

import pytest

from tests.testkit.crashing_node import CrashingNode, CrashPoint
from tests.testkit.load import SENDERS, Load, Traffic, connect, is_there
from tests.testkit.node_home import SandboxHome
from tests.testkit.node_process import NodeProcess
from tests.testkit.stopped_node import (
    get_head,
    open_store,
    verify_headers,
    verify_one_leaf_each,
    verify_sound,
)
from zhenglian_ledger.batch import compute_request_nonce
from zhenglian_node.cli.exits import Exit

OCCURRENCE: Final = 12  # at which a point kills: some batches are acknowledged by then

ON_DISK: Final = {
    CrashPoint.BEFORE_FINALIZE: False,
    CrashPoint.AFTER_FINALIZE: False,
    CrashPoint.BEFORE_WRITE: False,
    CrashPoint.AFTER_WRITE: True,
    CrashPoint.AFTER_COMMIT: True,
    CrashPoint.BEFORE_PROOF_BLOCK: False,
    CrashPoint.BEFORE_PROOF_WRITE: False,
    CrashPoint.AFTER_PROOF_WRITE: True,
}
"""Whether the block that was being made is on disk afterwards."""

PROOF_POINTS: Final = {
    CrashPoint.BEFORE_PROOF_BLOCK,
    CrashPoint.BEFORE_PROOF_WRITE,
    CrashPoint.AFTER_PROOF_WRITE,
}
"""Points at which the block before the one being made is on disk, and its senders were not told."""


def verify_survival(home: SandboxHome, load: Load) -> None:
    """The next run of the node owes nobody anything."""
    with NodeProcess(home) as node:
        load.verify_receipts(node)
        load.send_again(node)
        assert node.stop() == Exit.OK
    verify_sound(home)
    with open_store(home) as store:
        verify_one_leaf_each(store, [sent.batch.header.nonce for sent in load.sent])
        verify_headers(home, store, load.headers)


# killed at every point of a block's life


def run_until_killed(home: SandboxHome, point: CrashPoint) -> tuple[Load, int]:
    """A node under load that dies at `point`: what was sent and told, and the block it was making."""
    load, node = Load(home), CrashingNode(home, point, OCCURRENCE)
    with node:
        load.send_until_killed(node)
        assert node.wait() == -signal.SIGKILL
    assert load.leaves, "nobody was told anything before the kill"
    return load, node.get_height()


@pytest.mark.parametrize("point", list(CrashPoint), ids=lambda point: point.name.lower())
def test_a_node_killed_at_this_point_owes_nobody_anything(tmp_path: Path, point: CrashPoint) -> None:
    home = SandboxHome.create(tmp_path)
    load, height = run_until_killed(home, point)
    with open_store(home) as store:
        assert get_head(store).height == (height if ON_DISK[point] else height - 1)
        there = {sent.batch.header.nonce: is_there(store, sent) for sent in load.sent}
    assert all(there[nonce] for nonce in load.leaves)
    untold = [there[sent.batch.header.nonce] for sent in load.sent if not load.is_told(sent)]
    if ON_DISK[point] or point in PROOF_POINTS:
        assert any(untold), "no batch was committed without its sender being told"
    else:
        assert not all(untold), "no batch of the block was lost"
    verify_sound(home)
    verify_survival(home, load)


def test_a_write_that_a_power_cut_tore_is_not_there_at_all(tmp_path: Path) -> None:
    """The kill comes after the write; then the end of its record is cut off, as if it had not been synced."""
    home = SandboxHome.create(tmp_path)
    load, height = run_until_killed(home, CrashPoint.AFTER_WRITE)
    journal = max(home.config.store.glob("*.log"))
    with journal.open("r+b") as file:
        file.truncate(journal.stat().st_size - 100)
    with open_store(home) as store:
        assert get_head(store).height == height - 1
        assert all(is_there(store, sent) for sent in load.sent if load.is_told(sent))
    verify_sound(home)
    verify_survival(home, load)


# killed at any moment


def test_a_node_killed_again_and_again_gives_every_request_one_receipt(tmp_path: Path) -> None:
    home, moments = SandboxHome.create(tmp_path), random.Random(20_260_101)
    traffic = asyncio.run(asyncio.wait_for(submit_through_kills(home, moments, tmp_path / "state"), 100))
    verify_sound(home)
    assert sorted(traffic.receipts) == sorted(traffic.requests)
    with open_store(home) as store:
        verify_one_leaf_each(store, [compute_request_nonce(request) for request in traffic.requests])
        verify_headers(home, store, traffic.headers)


async def submit_through_kills(home: SandboxHome, moments: random.Random, state: Path) -> Traffic:
    """Five kills at moments of the generator, each under load; then the node is stopped in peace."""
    traffic, node = Traffic(home), NodeProcess(home)
    node.start()
    async with contextlib.AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(connect(home, system, state / system)) for system in set(SENDERS)
        ]
        async with asyncio.TaskGroup() as tasks:
            for number, client in enumerate(clients * 2):
                tasks.create_task(traffic.submit_all(client, number))
            for _ in range(5):
                await traffic.wait_for(moments.randint(4, 20))
                await asyncio.sleep(moments.uniform(0, 0.03))
                assert node.kill() == -signal.SIGKILL
                await asyncio.to_thread(node.start)
            await traffic.wait_for(10)
            traffic.is_over = True
    assert await asyncio.to_thread(node.stop) == Exit.OK
    return traffic

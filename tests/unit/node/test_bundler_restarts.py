"""The bundler stopped, killed and started again: what it has taken comes in, once."""

import asyncio
from pathlib import Path

import pytest

from tests.testkit.lossy_chain import LossyChain, run, story, submit
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied
from zhenglian_node.engines.cometbft.broadcast import BroadcastResult
from zhenglian_node.engines.cometbft.outbox import Outbox


@story()
async def test_stopping_tells_who_waits_and_the_next_run_brings_their_batches_in(chain: LossyChain) -> None:
    batches = [chain.sender.licence("sent"), chain.sender.licence("gathered")]
    calls = [submit(chain, batches[0])]
    await chain.idle()
    calls.append(submit(chain, batches[1]))
    await asyncio.sleep(0)
    await chain.bundler.stop()
    for call in calls:
        with pytest.raises(Denied) as caught:
            await call
        assert caught.value.code == Code.NODE_STOPPING
    with pytest.raises(Denied):
        chain.bundler.queue(batches[0])
    await chain.restart()
    assert len(chain.bundler) == 2
    again = [submit(chain, batch) for batch in batches]
    assert [(await chain.wait_for(call)).result.code for call in again] == [0, 0]
    assert len(chain.read_log()) == len(set(chain.read_log()))


@story()
async def test_a_killed_nodes_batches_get_in_without_anybody_asking_again(chain: LossyChain) -> None:
    batches = [chain.sender.licence(f"{number}") for number in range(5)]
    for batch in batches:
        submit(chain, batch)
        await chain.idle()
    await chain.restart()
    for _ in range(3):
        await chain.make_block()
    log = chain.read_log()
    assert all(log.count(batch.header) == 1 for batch in batches)
    assert chain.read_outbox() == []


@story()
async def test_a_node_killed_between_commit_and_settling_does_not_send_again(chain: LossyChain) -> None:
    batch = chain.sender.licence("a")
    submit(chain, batch)
    await chain.idle()
    await chain.make_block(is_told=False)
    offered = len(chain.offered)
    await chain.restart()
    await chain.make_block()
    assert len(chain.offered) == offered
    assert (await chain.bundler.submit(batch)).height == 1
    assert chain.read_outbox() == []


def test_a_bundle_on_disk_that_cannot_be_read_stops_nothing(tmp_path: Path) -> None:
    async def told() -> None:
        Outbox(tmp_path / "outbox").put(b"no bundle at all")
        outbox = Outbox(tmp_path / "outbox")
        outbox.load()
        outbox.put(b"")
        chain = LossyChain(tmp_path)
        await chain.bundler.start()
        assert (await chain.wait_for(submit(chain, chain.sender.licence("a")))).result.code == Code.OK
        assert chain.read_outbox() == []
        await chain.bundler.stop()

    run(told())


@story(is_started=False)
async def test_what_comes_before_the_start_is_sent_then(chain: LossyChain) -> None:
    call = submit(chain, chain.sender.licence("a"))
    await asyncio.sleep(0.01)
    assert chain.offered == []
    await chain.bundler.start()
    assert (await chain.wait_for(call)).result.code == Code.OK
    await chain.bundler.stop()


@story(is_started=False)
async def test_an_engine_fault_fails_the_bundler_and_is_told(chain: LossyChain) -> None:
    async def broken(_transaction: bytes) -> BroadcastResult:
        raise RuntimeError("not foreseen")

    chain.bundler._broadcast = broken
    await chain.bundler.start()
    with pytest.raises(Denied):
        await chain.bundler.submit(chain.sender.licence("a"))
    with pytest.raises(RuntimeError):
        await chain.bundler.wait()

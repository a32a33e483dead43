"""A node that starts again while its network stands still: it serves, though nothing is proven yet."""

import asyncio
from pathlib import Path

import pytest

from tests.testkit.node_kit import SoloChain, bundle
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_node.app.application import Application
from zhenglian_node.engines.cometbft import engine
from zhenglian_node.engines.cometbft.engine import CometBftEngine, CometBftOptions
from zhenglian_node.engines.cometbft.home import Peer, format_config_toml
from zhenglian_node.storage.memory import MemoryStore

PEER = bytes([7]) * 20


class Restarted:
    """An engine on what an earlier run committed, before CometBFT has said anything."""

    def __init__(self, home: Path) -> None:
        store = MemoryStore()
        self.chain = SoloChain(store)
        self.chain.make_block([bundle(self.chain.sender.licence("a"))])
        (home / "config").mkdir()
        toml = format_config_toml("here", "0.0.0.0:26656", [Peer(PEER.hex(), "there:26656")])
        (home / "config" / "config.toml").write_text(toml)
        self.application = Application(store, self.chain.application.genesis_bytes)
        options = CometBftOptions("cometbft", home, home / "outbox")
        self.engine = CometBftEngine(self.application, options, self.chain.clock)

    def make_header(self) -> None:
        """The next block is made elsewhere, and its header arrives."""
        made = self.chain.make_block()
        light_block = self.chain.maker.get_light_block(made.height)
        assert light_block is not None
        self.engine._prove(light_block)


def test_a_start_without_a_quorum_waits_a_while_for_the_next_header_and_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_NEXT_HEADER_SECONDS", 0.01)

    async def story() -> None:
        restarted = Restarted(tmp_path)
        assert restarted.application.info().height > 0
        await asyncio.wait_for(restarted.engine._wait_for_proof(), 10)
        assert restarted.application.provable is None
        restarted.make_header()
        assert restarted.application.provable is not None

    asyncio.run(story())


def test_a_header_that_comes_in_time_ends_the_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_NEXT_HEADER_SECONDS", 3_600)

    async def story() -> None:
        restarted = Restarted(tmp_path)
        start = asyncio.create_task(restarted.engine._wait_for_proof())
        await asyncio.sleep(0)
        assert not start.done()
        restarted.make_header()
        await asyncio.wait_for(start, 10)
        assert restarted.application.provable is not None

    asyncio.run(story())


def test_a_fault_while_fates_are_told_ends_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("110101199003078515")

    async def story() -> None:
        restarted = Restarted(tmp_path)
        chain = restarted.chain.application
        finalized = chain.finalize_block([], chain.get_next_height(), restarted.chain.clock())
        monkeypatch.setattr(restarted.engine._bundler, "settle", fail)
        await asyncio.to_thread(restarted.engine.end_block, chain.get_next_height(), finalized)
        with pytest.raises(StoreError) as caught:
            await asyncio.wait_for(restarted.engine.wait(), 10)
        assert caught.value.code == Code.ENGINE_FAILED

    asyncio.run(story())


def test_the_engine_knows_the_peers_that_cometbft_keeps_calling(tmp_path: Path) -> None:
    async def story() -> None:
        assert Restarted(tmp_path).engine._handlers._configured_peers == {PEER}
        assert engine._read_configured_peers(tmp_path / "nowhere") == frozenset()

    asyncio.run(story())

"""The bundler and a crowd: callers, a faulty mempool and restarts, all at once; nobody is told wrong."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.testkit.ledger_objects import MARKET_OFFICE, issue_licence
from tests.testkit.lossy_chain import MANY_FAULTS, LossyChain, get_nonce, run, submit
from tests.testkit.node_kit import bundle
from zhenglian_ledger.codes import Code

if TYPE_CHECKING:
    import asyncio

    from zhenglian_node.app.engine_port import Fate
    from zhenglian_proto.v1.batch_pb2 import SignedBatch


class Crowd:
    """Clients that submit, repeat and give up at random, and what each was told."""

    def __init__(self, chain: LossyChain) -> None:
        self.chain = chain
        self.batches: list[SignedBatch] = []
        self.calls: list[tuple[SignedBatch, asyncio.Task[Fate]]] = []
        self.told: list[tuple[SignedBatch, Fate]] = []

    def act(self) -> None:
        """Somebody does something."""
        chain, random = self.chain, self.chain.random
        choice = random.random()
        if choice < 0.5 or not self.batches:
            self.batches.append(chain.sender.licence(f"{len(self.batches)}"))
        elif choice < 0.6:
            until_ms = chain.clock() + random.randrange(200, 4_000)
            self.batches.append(
                chain.sender.build(
                    MARKET_OFFICE, issue_licence(f"{len(self.batches)}"), valid_until_ms=until_ms
                )
            )
        elif choice < 0.65:
            nonce = get_nonce(random.choice(self.batches).header)[1]
            self.batches.append(
                chain.sender.build(MARKET_OFFICE, issue_licence(f"{len(self.batches)}"), nonce=nonce)
            )
        batch = self.batches[-1] if choice < 0.65 else random.choice(self.batches)
        if choice < 0.9:
            self.calls.append((batch, submit(chain, batch)))
        else:
            chain.add_foreign(bundle(batch, *random.choices(self.batches, k=random.randrange(3))))

    def collect(self, *, is_restarted: bool = False) -> None:
        """Whoever was answered is noted; after a restart the others have lost their connection."""
        open_calls = []
        for batch, call in self.calls:
            if call.done():
                self.told.append((batch, call.result()))
            elif is_restarted:
                call.cancel()
            else:
                open_calls.append((batch, call))
        self.calls = open_calls

    def verify(self) -> None:
        """Everybody was told, and told what stands in the ledger; nothing is in it twice."""
        log = self.chain.read_log()
        nonces = [get_nonce(header) for header in log]
        ours = {get_nonce(batch.header) for batch in self.batches}
        assert all(nonces.count(nonce) <= 1 for nonce in ours)
        for batch, fate in self.told:
            if fate.result.code:
                assert fate.result.code in (Code.BATCH_EXPIRED, Code.REPLAYED)
                assert batch.header not in log, (fate, get_nonce(batch.header))
            else:
                assert nonces[fate.result.batch_index] == get_nonce(batch.header)
                assert self.chain.application.get_fate(*get_nonce(batch.header)) == fate


@pytest.mark.parametrize("seed", range(25))
def test_whatever_goes_wrong_every_caller_hears_the_truth_once(tmp_path: Path, seed: int) -> None:
    async def story() -> None:
        chain = LossyChain(tmp_path, seed=seed, faults=MANY_FAULTS)
        await chain.bundler.start()
        crowd = Crowd(chain)
        for _ in range(60):
            for _ in range(chain.random.randrange(4)):
                crowd.act()
            if chain.random.random() < 0.7:
                await chain.make_block()
            if chain.random.random() < 0.06:
                crowd.collect()
                await chain.restart(is_mempool_lost=chain.random.random() < 0.5)
                crowd.collect(is_restarted=True)
            crowd.collect()
        for _ in range(300):
            if not crowd.calls and not len(chain.bundler):
                break
            await chain.make_block()
            crowd.collect()
        assert crowd.calls == []
        assert len(crowd.told) > 20
        crowd.verify()
        assert chain.read_outbox() == []
        await chain.bundler.stop()

    run(story())

"""What may wait and goes on waiting: spoiled copies evict nobody, a lowered limit does, no thread another."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from tests.testkit.ledger_objects import MARKET_OFFICE, issue_licence
from tests.testkit.node_kit import SoloChain, bundle
from tests.testkit.state_edits import put_rows
from zhenglian_ledger import rows
from zhenglian_ledger.batch import Batch
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_proto.v1.batch_pb2 import SignedBatch

PATIENCE_SECONDS = 10
"""How long a thread waits for one that never comes; nobody waits so long otherwise."""


def test_a_spoiled_copy_in_a_block_evicts_nobody() -> None:
    chain = SoloChain(MemoryStore())
    victim = chain.sender.licence("victim")
    waiting = bundle(victim)
    assert chain.application.check_transaction(waiting).code == Code.OK
    spoiled = SignedBatch(header=victim.header, signature=bytes(64), operations=victim.operations)
    made = chain.make_block([bundle(chain.sender.licence("attacker"), spoiled)])
    assert [result.code for result in made.results[0]] == [Code.OK, Code.WRONG_SIGNATURE]
    assert chain.application.recheck_transaction(waiting).code == Code.OK
    assert chain.make_block([waiting]).results[0][0].code == Code.OK
    assert chain.application.recheck_transaction(waiting).code == Code.REPLAYED


def test_another_batch_with_the_nonce_that_was_accepted_evicts() -> None:
    chain = SoloChain(MemoryStore())
    first = chain.sender.build(MARKET_OFFICE, issue_licence("a"), nonce=bytes(16))
    second = chain.sender.build(MARKET_OFFICE, issue_licence("b"), nonce=bytes(16))
    assert chain.application.check_transaction(bundle(first)).code == Code.OK
    chain.make_block([bundle(second)])
    assert chain.application.recheck_transaction(bundle(first)).code == Code.REPLAYED


def test_a_bundle_that_fits_no_block_any_more_leaves_the_mempool() -> None:
    store = MemoryStore()
    chain = SoloChain(store)
    batches = [
        chain.sender.build(MARKET_OFFICE, *[issue_licence(f"{g}-{n}") for n in range(400)]) for g in range(3)
    ]
    large, small = bundle(*batches), bundle(chain.sender.licence("small"))
    assert [chain.application.check_transaction(each).code for each in (large, small)] == [Code.OK, Code.OK]
    parameters = chain.application.genesis.parameters
    parameters.max_block_operations = 1_024
    put_rows(chain.application, store, {rows.PARAMETERS: serialise(parameters)})
    rechecked = [chain.application.recheck_transaction(each).code for each in (large, small)]
    assert rechecked == [Code.BLOCK_LIMIT, Code.OK]
    assert chain.application.prepare_proposal([large, small]) == [small]


class Pause:
    """A signature check that stops in the midst of one batch, until another thread says so."""

    def __init__(self, chain: SoloChain, batch: SignedBatch) -> None:
        self.is_reached, self.may_go_on = Event(), Event()
        self._header = batch.header
        self._verify = chain.application._verdicts.is_signature_valid
        chain.application._verdicts.is_signature_valid = self.verify  # type: ignore[method-assign]

    def verify(self, public_key: bytes, batch: Batch) -> bool:
        if batch.header_bytes == self._header and not self.is_reached.is_set():
            self.is_reached.set()
            assert self.may_go_on.wait(PATIENCE_SECONDS), "nobody went by while a signature was verified"
        return self._verify(public_key, batch)


def test_a_check_does_not_wait_for_the_signatures_of_another() -> None:
    chain = SoloChain(MemoryStore())
    slow, quick = chain.sender.licence("slow"), chain.sender.licence("quick")
    pause = Pause(chain, slow)
    with ThreadPoolExecutor(1) as worker:
        checking = worker.submit(chain.application.check_transaction, bundle(slow))
        assert pause.is_reached.wait(PATIENCE_SECONDS)
        assert chain.application.check_transaction(bundle(quick)).code == Code.OK
        assert not checking.done()
        pause.may_go_on.set()
        assert checking.result().code == Code.OK


@pytest.mark.parametrize("accepted", ["itself", "another with its nonce", "nothing"])
def test_a_check_that_a_block_overtakes_speaks_for_the_state_after_it(accepted: str) -> None:
    chain = SoloChain(MemoryStore())
    batch = chain.sender.build(MARKET_OFFICE, issue_licence("a"), nonce=bytes(16))
    other = chain.sender.build(MARKET_OFFICE, issue_licence("b"), nonce=bytes(16))
    block = {"itself": [bundle(batch)], "another with its nonce": [bundle(other)], "nothing": []}[accepted]
    pause = Pause(chain, batch)
    with ThreadPoolExecutor(1) as worker:
        checking = worker.submit(chain.application.check_transaction, bundle(batch))
        assert pause.is_reached.wait(PATIENCE_SECONDS)
        chain.make_block(block)
        pause.may_go_on.set()
        expected = Code.REPLAYED if block else Code.OK
        assert checking.result().code == expected
    assert chain.application.recheck_transaction(bundle(batch)).code == expected, "what is accepted waits"


def test_of_many_that_are_checked_at_once_one_alone_gets_a_nonce() -> None:
    chain = SoloChain(MemoryStore())
    threads = 4
    rivals = [
        [
            chain.sender.build(MARKET_OFFICE, issue_licence(f"{n}-{rival}"), nonce=n.to_bytes(16, "big"))
            for n in range(30)
        ]
        for rival in range(threads)
    ]
    start = Barrier(threads)

    def check_all(batches: list[SignedBatch]) -> list[Code]:
        start.wait(PATIENCE_SECONDS)
        return [chain.application.check_transaction(bundle(batch)).code for batch in batches]

    with ThreadPoolExecutor(threads) as workers:
        found = list(workers.map(check_all, rivals))
    for codes in zip(*found, strict=True):
        assert sorted(codes) == [Code.OK] + [Code.REPLAYED] * (threads - 1)
    held = [[chain.application.recheck_transaction(bundle(each)).code for each in row] for row in rivals]
    assert held == found

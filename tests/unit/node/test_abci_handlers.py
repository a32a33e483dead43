"""The table of ABCI requests over a real application and a real socket: what CometBFT asks, what it hears."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.testkit.abci_client import AbciClient, serving
from tests.testkit.ledger_objects import GENESIS_MS
from tests.testkit.node_kit import VALIDATOR, Sender, build_genesis, bundle
from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.encoding import build_timestamp
from zhenglian_ledger.errors import StoreError
from zhenglian_node.app.application import Application, FinalizedBlock
from zhenglian_node.app.transactions import parse_result
from zhenglian_node.engines.cometbft.abci_handlers import AbciHandlers, build_finalize_response
from zhenglian_node.engines.cometbft.abci_server import AbciServer
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_proto.v1 import abci_pb2 as abci
from zhenglian_proto.v1.batch_pb2 import Bundle, SignedBatch
from zhenglian_proto.v1.cometbft_pb2 import PublicKey

HANDSHAKE = abci.RequestInfo(version="0.39.4", block_version=11, p2p_version=8, abci_version="2.0.0")


class Heard:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.blocks: list[str] = []

    def begin_block(self, height: int) -> None:
        self.blocks.append(f"begin {height}")

    def end_block(self, height: int, finalized: FinalizedBlock) -> None:
        self.blocks.append(f"end {height} with {len(finalized.transactions)}")


class Side(NamedTuple):
    """An application behind its socket, and CometBFT's four connections."""

    application: Application
    server: AbciServer
    heard: Heard
    sender: Sender
    query: AbciClient
    mempool: AbciClient
    consensus: AbciClient

    async def begin(self) -> bytes:
        """The handshake of a new chain; returns the app hash of genesis."""
        await self.query.call(info=HANDSHAKE)
        reply = await self.consensus.call(init_chain=self.build_init_chain())
        return reply.init_chain.app_hash

    def build_init_chain(self, **changes: Any) -> abci.RequestInitChain:
        fields = {
            "time": build_timestamp(GENESIS_MS),
            "chain_id": self.application.chain_id,
            "initial_height": 1,
            "validators": [{"pub_key": PublicKey(ed25519=VALIDATOR.public_key), "power": 1}],
            "app_state_bytes": json.dumps({"genesis_digest": self.application.genesis_digest.hex()}).encode(),
            "consensus_params": {"version": {"app": 1}},
            **changes,
        }
        return abci.RequestInitChain(**fields)

    async def make_block(self, height: int, *transactions: bytes) -> abci.ResponseFinalizeBlock:
        """FinalizeBlock and Commit."""
        reply = await self.consensus.call(finalize_block=self.build_block(height, *transactions))
        assert (await self.consensus.call(commit=abci.RequestCommit())).commit.retain_height == 0
        return reply.finalize_block

    def build_block(self, height: int, *transactions: bytes) -> abci.RequestFinalizeBlock:
        time = build_timestamp(GENESIS_MS + height * 1000)
        return abci.RequestFinalizeBlock(txs=transactions, height=height, time=time)


@asynccontextmanager
async def talking(directory: Path, *, genesis: bytes | None = None) -> AsyncIterator[Side]:
    application = Application(MemoryStore(), genesis or build_genesis())
    heard = Heard()
    handlers = AbciHandlers(application, heard, "1.0")
    async with (
        serving(handlers.handle, directory) as (server, path),
        AbciClient(path) as query,
        AbciClient(path) as mempool,
        AbciClient(path) as consensus,
    ):
        yield Side(application, server, heard, Sender(application.chain_id), query, mempool, consensus)
        await server.stop()


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 60))


def test_every_request_of_the_protocol_has_its_row() -> None:
    handlers = AbciHandlers(Application(MemoryStore(), build_genesis()), Heard(), "")
    requests = {field.name for field in abci.Request.DESCRIPTOR.oneofs_by_name["value"].fields}
    assert set(handlers._table) == requests


def test_a_reply_has_the_number_of_its_request_plus_one() -> None:
    replies = abci.Response.DESCRIPTOR.fields_by_name
    for field in abci.Request.DESCRIPTOR.fields:
        assert replies[field.name].number == field.number + 1


def test_a_new_chain_is_begun_and_a_block_committed(tmp_path: Path) -> None:
    async def story() -> None:
        async with talking(tmp_path) as side:
            info = (await side.query.call(info=HANDSHAKE)).info
            assert (info.last_block_height, info.last_block_app_hash, info.app_version) == (0, b"", 1)
            genesis_hash = await side.begin()
            assert genesis_hash == side.application.committed.head.app_hash
            transaction = bundle(side.sender.licence("first"), side.sender.licence("second"))
            checked = await side.mempool.call(check_tx=abci.RequestCheckTx(tx=transaction))
            assert (checked.check_tx.code, checked.check_tx.gas_wanted) == (0, 0)
            prepared = await side.consensus.call(
                prepare_proposal=abci.RequestPrepareProposal(txs=[transaction, b"junk"], max_tx_bytes=1 << 20)
            )
            assert list(prepared.prepare_proposal.txs) == [transaction]
            judged = await side.consensus.call(
                process_proposal=abci.RequestProcessProposal(txs=[transaction])
            )
            assert judged.process_proposal.status == abci.PROPOSAL_STATUS_ACCEPT
            block = await side.make_block(1, transaction)
            assert block.app_hash == side.application.committed.head.app_hash != genesis_hash
            (result,) = block.tx_results
            assert [(fate.code, fate.batch_index) for fate in parse_result(result)] == [(0, 1), (0, 2)]
            info = (await side.query.call(info=HANDSHAKE)).info
            assert (info.last_block_height, info.last_block_app_hash) == (1, block.app_hash)
            assert side.heard.blocks == ["begin 1", "end 1 with 1"]

    run(story())


def test_a_block_may_be_carried_out_twice_before_it_is_committed(tmp_path: Path) -> None:
    async def story() -> None:
        async with talking(tmp_path) as side:
            genesis_hash = await side.begin()
            transaction = bundle(side.sender.licence("first"))
            request = side.build_block(1, transaction)
            first = await side.consensus.call(finalize_block=request)
            assert (await side.query.call(info=HANDSHAKE)).info.last_block_height == 0
            assert side.application.committed.head.app_hash == genesis_hash
            assert await side.consensus.call(finalize_block=request) == first
            await side.consensus.call(commit=abci.RequestCommit())
            assert side.heard.blocks == ["begin 1", "begin 1", "end 1 with 1"]

    run(story())


def test_every_transaction_has_a_result_also_one_that_is_no_bundle(tmp_path: Path) -> None:
    async def story() -> None:
        async with talking(tmp_path) as side:
            await side.begin()
            good = bundle(side.sender.licence("first"))
            block = await side.make_block(1, b"junk", good, good)
            assert [result.code for result in block.tx_results] == [1, 0, 0]
            codes = [[fate.code for fate in parse_result(result)] for result in block.tx_results]
            assert codes == [[], [0], [Code.REPLAYED]]

    run(story())


def test_a_recheck_lets_wait_what_waits_and_drops_what_a_block_included(tmp_path: Path) -> None:
    async def story() -> None:
        async with talking(tmp_path) as side:
            await side.begin()
            one, two = bundle(side.sender.licence("one")), bundle(side.sender.licence("two"))
            shared = bundle(*map(_first_batch, (one, two)))
            for transaction in (one, two, shared):
                assert (await side.mempool.call(check_tx={"tx": transaction})).check_tx.code == 0
            await side.make_block(1, one)
            codes = [
                (await side.mempool.call(check_tx={"tx": transaction, "type": 1})).check_tx.code
                for transaction in (one, two, shared)
            ]
            assert codes == [Code.REPLAYED, 0, 0], "the shared bundle still carries one that waits"
            await side.make_block(2, shared)
            again = await side.mempool.call(check_tx={"tx": two, "type": 1})
            assert again.check_tx.code == Code.REPLAYED

    run(story())


def _first_batch(transaction: bytes) -> SignedBatch:
    return Bundle.FromString(transaction).batches[0]


def test_a_proposal_beyond_the_limits_is_rejected(tmp_path: Path) -> None:
    async def story() -> None:
        async with talking(tmp_path, genesis=build_genesis(max_block_operations=1)) as side:
            await side.begin()
            pair = [bundle(side.sender.licence("one")), bundle(side.sender.licence("two"))]
            judged = await side.consensus.call(process_proposal=abci.RequestProcessProposal(txs=pair))
            assert judged.process_proposal.status == abci.PROPOSAL_STATUS_REJECT
            prepared = await side.consensus.call(
                prepare_proposal=abci.RequestPrepareProposal(txs=pair, max_tx_bytes=1 << 20)
            )
            assert list(prepared.prepare_proposal.txs) == pair[:1]

    run(story())


@pytest.mark.parametrize(
    "changes",
    [
        {"chain_id": "another-00000000"},
        {"app_state_bytes": b'{"genesis_digest": "00"}'},
        {"app_state_bytes": b"{}"},
        {"app_state_bytes": b""},
        {"validators": []},
        {"validators": [{"pub_key": PublicKey(ed25519=bytes(32)), "power": 1}]},
        {"validators": [{"pub_key": PublicKey(ed25519=VALIDATOR.public_key), "power": 2}]},
        {"consensus_params": {"version": {"app": 2}}},
        {"initial_height": 7},
    ],
)
def test_another_genesis_is_refused_before_anything_is_done(tmp_path: Path, changes: dict[str, Any]) -> None:
    async def story() -> None:
        async with talking(tmp_path) as side:
            reply = await side.consensus.call(init_chain=side.build_init_chain(**changes))
            assert reply.exception.error == Code.GENESIS_MISMATCH.en
            with pytest.raises(StoreError) as caught:
                await side.server.wait()
            assert caught.value.code == Code.GENESIS_MISMATCH
            assert side.application.info().app_hash == b""

    run(story())


@pytest.mark.parametrize(("field", "value"), [("abci_version", "0.17.0"), ("block_version", 12)])
def test_another_protocol_is_refused_by_name(tmp_path: Path, field: str, value: Any) -> None:
    async def story() -> None:
        async with talking(tmp_path) as side:
            info = abci.RequestInfo()
            info.CopyFrom(HANDSHAKE)
            setattr(info, field, value)
            assert str(value) in (await side.query.call(info=info)).exception.error
            with pytest.raises(StoreError) as caught:
                await side.server.wait()
            assert caught.value.code == Code.ENGINE_OTHER_VERSION

    run(story())


@pytest.mark.parametrize(
    "request_of",
    [
        {"offer_snapshot": abci.RequestOfferSnapshot()},
        {"load_snapshot_chunk": abci.RequestLoadSnapshotChunk()},
        {"apply_snapshot_chunk": abci.RequestApplySnapshotChunk()},
        {"extend_vote": abci.RequestExtendVote()},
        {"verify_vote_extension": abci.RequestVerifyVoteExtension()},
        {"commit": abci.RequestCommit()},
        {},
    ],
)
def test_what_nobody_may_ask_ends_the_node(tmp_path: Path, request_of: dict[str, object]) -> None:
    async def story() -> None:
        async with talking(tmp_path) as side:
            await side.begin()
            assert (await side.query.call(**request_of)).WhichOneof("value") == "exception"
            with pytest.raises(StoreError) as caught:
                await side.server.wait()
            assert caught.value.code == Code.ENGINE_FAILED

    run(story())


def test_no_snapshot_is_offered(tmp_path: Path) -> None:
    async def story() -> None:
        async with talking(tmp_path) as side:
            reply = await side.query.call(list_snapshots=abci.RequestListSnapshots())
            assert reply.list_snapshots == abci.ResponseListSnapshots()

    run(story())


@pytest.mark.parametrize(
    ("path", "is_allowed"),
    [
        ("/p2p/filter/addr/10.0.0.1:26656", True),
        ("/p2p/filter/id/" + "ab" * 20, True),
        ("/p2p/filter/id/" + "ab" * 19, False),
        ("/p2p/filter/id/" + "xy" * 20, False),
        ("/p2p/filter/else", False),
        ("/store/key", False),
        ("", False),
    ],
)
def test_only_the_peer_filter_is_answered(tmp_path: Path, path: str, is_allowed: bool) -> None:  # noqa: FBT001
    async def story() -> None:
        async with talking(tmp_path) as side:
            await side.begin()
            reply = await side.query.call(query=abci.RequestQuery(path=path))
            assert (reply.query.code == 0) is is_allowed
            assert not reply.query.value

    run(story())


def test_changed_validators_and_limits_are_told_and_nothing_else_is() -> None:
    application = Application(MemoryStore(), build_genesis())
    application.init_chain()
    plain = application.finalize_block([], 1, GENESIS_MS + 1000)
    assert not build_finalize_response(plain).HasField("consensus_param_updates")
    outcome = replace(plain.outcome, validator_updates=[(bytes(32), 0)], new_max_block_bytes=1 << 20)
    told = build_finalize_response(replace(plain, outcome=outcome))
    (update,) = told.validator_updates
    assert (update.pub_key.ed25519, update.power) == (bytes(32), 0)
    assert told.consensus_param_updates == abci.ConsensusParams(block={"max_bytes": 1 << 20, "max_gas": -1})


def test_queries_are_answered_while_a_block_is_being_carried_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()

    async def story() -> None:
        async with talking(tmp_path) as side:
            await side.begin()
            finalize = side.application.finalize_block

            def finalize_late(*block: Any) -> FinalizedBlock:
                assert release.wait(10)
                return finalize(*block)

            monkeypatch.setattr(side.application, "finalize_block", finalize_late)
            side.consensus.write(finalize_block=side.build_block(1, bundle(side.sender.licence("old"))))
            info = (await side.query.call(info=HANDSHAKE)).info
            assert info.last_block_height == 0
            assert (
                await side.mempool.call(check_tx={"tx": bundle(side.sender.licence("new"))})
            ).check_tx.code == 0
            release.set()
            assert len((await side.consensus.read()).finalize_block.tx_results) == 1

    run(story())

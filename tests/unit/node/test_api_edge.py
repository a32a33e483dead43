"""The gate of the API where a whole node would be in the way: room, deadlines, states that move on."""

import asyncio
import time
from pathlib import Path
from typing import cast

import pytest
from grpc import aio, ssl_channel_credentials

from tests.testkit.ledger_objects import MARKET, MARKET_OFFICE, compute_seed, issue_licence
from tests.testkit.node_home import VALIDATOR, build_channel_operations, build_genesis, write_tls
from tests.testkit.node_kit import Sender
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.error_detail import METADATA_KEY, parse_error_detail
from zhenglian_ledger.errors import Denied
from zhenglian_node.api.credentials import LiveCredentials
from zhenglian_node.api.edge import ATTEMPTS, Edge
from zhenglian_node.api.server import NodeServer
from zhenglian_node.app.application import Application
from zhenglian_node.app.provable import Provable
from zhenglian_node.config import Limits, NodeConfig, TlsFiles, ValidatorFiles
from zhenglian_node.engines.solo.block_maker import SoloValidator
from zhenglian_node.engines.solo.engine import SoloEngine
from zhenglian_node.metrics import Metrics
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_proto.v1 import node_pb2

NOW_MS = int(time.time() * 1000)


def build_edge(limits: Limits) -> tuple[Edge, SoloEngine]:
    """An edge on a sandbox whose engine was not started: nothing is provable, and no block is ever made."""
    application = Application(
        MemoryStore(), serialise(build_genesis(build_channel_operations(), NOW_MS - 1_000))
    )
    application.init_chain()
    seed = compute_seed(VALIDATOR)
    validator = SoloValidator(ed25519.compute_public_key(seed), lambda message: ed25519.sign(seed, message))
    engine = SoloEngine(application, validator, lambda: NOW_MS)
    return Edge(application, engine, Metrics(), limits, "test"), engine


def test_calls_beyond_the_limit_are_turned_away_until_one_leaves() -> None:
    async def story() -> None:
        edge, _ = build_edge(Limits(concurrent_calls=2))
        edge.enter()
        edge.enter()
        with pytest.raises(Denied) as caught:
            edge.enter()
        assert caught.value.code == Code.OVERLOADED
        edge.leave()
        edge.enter()
        edge.close()
        with pytest.raises(Denied) as caught:
            edge.enter()
        assert caught.value.code == Code.NODE_STOPPING

    asyncio.run(story())


def test_nothing_is_answered_before_anything_is_provable() -> None:
    async def story() -> None:
        edge, _ = build_edge(Limits())
        with pytest.raises(Denied) as caught:
            await edge.answer(lambda provable: provable.height)
        assert caught.value.code == Code.NOTHING_PROVEN
        edge.close()

    asyncio.run(story())


def test_an_answer_begins_anew_when_the_state_moves_on_but_not_for_ever() -> None:
    async def story() -> None:
        edge, engine = build_edge(Limits())
        await engine.start()
        begun: list[int] = []

        def build(provable: Provable, until: int) -> int:
            begun.append(provable.height)
            if len(begun) < until:
                raise Denied(Code.STATE_MOVED)
            return provable.height

        assert await edge.answer(lambda provable: build(provable, ATTEMPTS)) == 0
        assert len(begun) == ATTEMPTS
        with pytest.raises(Denied) as caught:
            await edge.answer(lambda provable: build(provable, 100))
        assert caught.value.code == Code.STATE_MOVED
        assert len(begun) == 2 * ATTEMPTS
        edge.close()
        await engine.stop()

    asyncio.run(story())


def test_a_call_that_takes_longer_than_the_node_allows_ends_with_a_typed_deadline(tmp_path: Path) -> None:
    """The engine makes no block, so the batch waits; the caller set no deadline of its own."""

    async def story() -> None:
        edge, _ = build_edge(Limits(call_seconds=1))
        tls = write_tls(tmp_path, "node", "centre", server=True)
        files = TlsFiles(tls.certificate, tls.key)
        config = NodeConfig(tmp_path, "127.0.0.1:0", files, ValidatorFiles(tmp_path, None))
        server = NodeServer(edge, LiveCredentials(edge.application, files), config)
        await server.start()
        sender = Sender(edge.application.chain_id)
        sender.clock.now_ms = NOW_MS
        request = node_pb2.SubmitRequest(batch=sender.build(MARKET_OFFICE, issue_licence()))
        mine = write_tls(tmp_path, MARKET_OFFICE, MARKET)
        credentials = ssl_channel_credentials(
            mine.roots.read_bytes(), mine.key.read_bytes(), mine.certificate.read_bytes()
        )
        async with aio.secure_channel(server.address, credentials) as channel:
            with pytest.raises(aio.AioRpcError) as caught:
                await channel.unary_unary(
                    "/zhenglian.v1.Node/Submit", node_pb2.SubmitRequest.SerializeToString, None
                )(request)
        metadata = dict(cast("list[tuple[str, bytes]]", caught.value.trailing_metadata()))
        assert parse_error_detail(metadata[METADATA_KEY]).code == Code.DEADLINE
        await server.stop()

    asyncio.run(story())

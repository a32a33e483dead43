"""`run`: one node from its first row to its last answer. What is opened is closed in the opposite order.

    store → application → engine (recovers, makes the newest state provable) → API → ready … SIGTERM → drained

It ends when it is told to, or when the engine cannot go on: whoever started it decides whether to start it
again.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

import structlog
import uvloop

from zhenglian_ledger.codes import Code
from zhenglian_ledger.conformance import verify_conformance
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.genesis_text import parse_genesis_text
from zhenglian_node.api.credentials import LiveCredentials
from zhenglian_node.api.edge import Edge
from zhenglian_node.api.server import NodeServer
from zhenglian_node.app.application import Application
from zhenglian_node.app.engine_port import Engine
from zhenglian_node.cli.files import read_text
from zhenglian_node.cli.keys import open_validator
from zhenglian_node.config import NodeConfig
from zhenglian_node.engines.solo.block_maker import SoloValidator
from zhenglian_node.engines.solo.engine import SoloEngine, SoloOptions
from zhenglian_node.metrics import Metrics
from zhenglian_node.storage.leveldb import LevelDbStore

_log = structlog.get_logger(__name__)


class Ready(NamedTuple):
    """What a node says once it answers: where, for which chain, and from which height."""

    address: str
    chain_id: str
    height: int
    metrics_port: int


def run_node(config: NodeConfig, announce: Callable[[Ready], None]) -> None:
    """The node runs until SIGTERM or SIGINT; `announce` is called once it answers.

    Raises StoreError: CONFIG_INVALID, GENESIS_MISMATCH, STORE_LOCKED, STORE_MISSING, STORE_OTHER_RULES,
    STORE_CORRUPTED, STORE_FAILED, VECTORS_FAILED; InvalidInput: KEY_FILE_INVALID, WRONG_PASSPHRASE.
    """
    verify_conformance()
    genesis_bytes = read_genesis(config)
    validator = open_validator(config.validator)
    with open_application(config, genesis_bytes) as application:
        uvloop.run(_serve(config, application, validator, announce))


def read_genesis(config: NodeConfig) -> bytes:
    """The canonical bytes of the home's genesis; raises StoreError: GENESIS_INVALID, STORE_OTHER_RULES."""
    return parse_genesis_text(read_text(config.genesis))


@contextmanager
def open_application(config: NodeConfig, genesis_bytes: bytes) -> Iterator[Application]:
    """The application on the home's store, which is given back afterwards; raises StoreError."""
    store = LevelDbStore(config.store)
    try:
        yield Application(store, genesis_bytes)
    finally:
        store.close()


async def _serve(
    config: NodeConfig, application: Application, validator: SoloValidator, announce: Callable[[Ready], None]
) -> None:
    stopping = _watch_signals()
    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(_run_engine(config, application, validator))
        metrics = Metrics()
        metrics.watch(lambda: engine.get_status().height, lambda: engine.get_status().waiting)
        edge = Edge(application, engine, metrics, config.limits, get_version())
        server = NodeServer(edge, LiveCredentials(application, config.tls), config)
        port = 0
        if config.metrics_port:
            metrics_server = metrics.serve(config.metrics_port)
            stack.callback(metrics_server.close)
            port = metrics_server.port
        await server.start()
        stack.push_async_callback(server.stop)
        announce(Ready(server.address, application.chain_id, engine.get_status().height, port))
        _log.info("ready", address=server.address, height=engine.get_status().height)
        await _wait_for_end(engine, stopping)
        _log.info("stopping", height=engine.get_status().height)


@asynccontextmanager
async def _run_engine(
    config: NodeConfig, application: Application, validator: SoloValidator
) -> AsyncIterator[Engine]:
    options = SoloOptions(
        heartbeat_seconds=config.heartbeat_ms / 1000,
        max_waiting_batches=config.limits.waiting_batches,
        max_waiting_bytes=config.limits.waiting_bytes,
    )
    engine = SoloEngine(application, validator, lambda: time.time_ns() // 1_000_000, options)
    try:
        await engine.start()
        yield engine
    finally:
        await engine.stop()


async def _wait_for_end(engine: Engine, stopping: asyncio.Event) -> None:
    """Until somebody asks for it, or the engine ends; raises what made the engine fail."""
    told = asyncio.create_task(stopping.wait())
    ended = asyncio.create_task(engine.wait())
    await asyncio.wait({told, ended}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if not ended.done():
        ended.cancel()
        return
    _log.error("the engine has ended", exc_info=ended.exception())
    error = ended.exception()
    raise (
        error if isinstance(error, StoreError) else StoreError(Code.STORE_FAILED, what="the engine has ended")
    )


def _watch_signals() -> asyncio.Event:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    return stopping


def get_version() -> str:
    """The program's version; "source" where it runs without being installed."""
    try:
        return version("zhenglian")
    except PackageNotFoundError:
        return "source"

"""`run`: one node from its first row to its last answer. What is opened is closed in the opposite order.

    room on the disk, ports, program → store → application → endpoint
      → engine (recovers, makes the newest state provable) → API → ready, watched … SIGTERM → drained

It ends when it is told to, when the engine cannot go on, or before the disk is full: whoever started it
decides whether to start it again.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, NamedTuple

import structlog
import uvloop

from zhenglian_ledger.codes import Code
from zhenglian_ledger.conformance import verify_conformance
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.genesis_text import parse_genesis_text
from zhenglian_node.api.credentials import LiveCredentials
from zhenglian_node.api.edge import Edge, OperatorView
from zhenglian_node.api.server import NodeServer
from zhenglian_node.app.application import Application
from zhenglian_node.app.engine_port import Engine
from zhenglian_node.cli.files import read_text
from zhenglian_node.cli.keys import open_validator
from zhenglian_node.cli.machine import find_port_owner, verify_port_free
from zhenglian_node.cli.watch.endpoint import LOOPBACK
from zhenglian_node.cli.watch.service import NodeWatch, build_plan, open_endpoint
from zhenglian_node.cli.watch.watcher import Watcher
from zhenglian_node.config import CometBftConfig, NodeConfig
from zhenglian_node.engines.cometbft.bundler import BundlerOptions
from zhenglian_node.engines.cometbft.engine import CometBftEngine, CometBftOptions
from zhenglian_node.engines.cometbft.genesis_check import verify_cometbft_genesis
from zhenglian_node.engines.cometbft.program import verify_program
from zhenglian_node.engines.solo.block_maker import SoloValidator
from zhenglian_node.engines.solo.engine import SoloEngine, SoloOptions
from zhenglian_node.metrics import Metrics
from zhenglian_node.storage.leveldb import LevelDbStore
from zhenglian_node.storage.reserve import ReservedStore, verify_room

BuildEngine = Callable[[Application], Engine]
"""Builds a node's engine; called where an event loop runs."""

_log = structlog.get_logger(__name__)


SWITCH_SECONDS: Final = 0.0005
"""How long a thread that makes a block may keep the others waiting; CometBFT spins while nobody reads."""


class Ready(NamedTuple):
    """What a node says once it answers: where, for which chain, and from which height."""

    address: str
    chain_id: str
    height: int
    metrics_port: int


def run_node(config: NodeConfig, announce: Callable[[Ready], None]) -> None:
    """The node runs until SIGTERM or SIGINT; `announce` is called once it answers.

    Raises StoreError: CONFIG_INVALID, GENESIS_MISMATCH, STORE_LOCKED, STORE_MISSING, STORE_OTHER_RULES,
    STORE_CORRUPTED, STORE_FAILED, VECTORS_FAILED, DISK_LOW, PORT_TAKEN, HOME_UNWRITABLE, and of a network's
    engine ENGINE_MISSING, ENGINE_OTHER_VERSION and those of `CometBftEngine.start`; InvalidInput:
    KEY_FILE_INVALID, WRONG_PASSPHRASE.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    verify_conformance()
    genesis_bytes = read_genesis(config)
    if config.cometbft is not None:
        verify_cometbft_genesis(read_text(config.cometbft.genesis), genesis_bytes)
    verify_machine(config)
    build_engine = choose_engine(config)
    try:
        with open_application(config, genesis_bytes) as application:
            verify_ports(config)
            uvloop.run(_serve(config, application, build_engine, announce))
    except StoreError as error:
        raise name_port_owner(error) from error


def verify_machine(config: NodeConfig) -> None:
    """The machine lets this node run: files can be written, with room, by a program of CometBFT's that fits.

    Raises StoreError: DISK_LOW, HOME_UNWRITABLE, ENGINE_MISSING, ENGINE_OTHER_VERSION.
    """
    for directory in (config.home, *config.disks):
        if directory.exists() and not os.access(directory, os.W_OK | os.X_OK):
            raise StoreError(Code.HOME_UNWRITABLE, path=str(directory))
    verify_room(config.disks, config.disk_reserve)
    if config.cometbft is not None:
        verify_program(config.cometbft.binary)


def verify_ports(config: NodeConfig) -> None:
    """This process can listen where it is to; raises StoreError: PORT_TAKEN, CONFIG_INVALID.

    Comes after the store was opened: a second process on one home is told of the lock, not of a port.
    """
    verify_port_free(config.listen)
    verify_port_free(f"{LOOPBACK}:{config.metrics_port}")


def name_port_owner(error: StoreError) -> StoreError:
    """The same error; where CometBFT only said which port was taken, with who has it."""
    port = error.fields.get("port")
    if error.code != Code.PORT_TAKEN or "owner" in error.fields or not isinstance(port, int):
        return error
    return StoreError(Code.PORT_TAKEN, port=port, owner=str(find_port_owner(port)))


def choose_engine(config: NodeConfig) -> BuildEngine:
    """What builds the engine that the configuration names; whatever secret that needs is asked for now.

    Raises StoreError(CONFIG_INVALID); InvalidInput: KEY_FILE_INVALID, WRONG_PASSPHRASE.
    """
    if config.cometbft is not None:
        return partial(_build_cometbft, config, config.cometbft)
    if config.validator is None:
        raise StoreError(Code.CONFIG_INVALID, field="validator")
    return partial(_build_solo, config, open_validator(config.validator))


def _build_cometbft(config: NodeConfig, cometbft: CometBftConfig, application: Application) -> Engine:
    limits = BundlerOptions(
        max_waiting_batches=config.limits.waiting_batches, max_waiting_bytes=config.limits.waiting_bytes
    )
    options = CometBftOptions(
        cometbft.binary, cometbft.home, config.outbox, get_version(), limits, cometbft.metrics_port
    )
    return CometBftEngine(application, options, _get_time)


def _build_solo(config: NodeConfig, validator: SoloValidator, application: Application) -> Engine:
    options = SoloOptions(
        heartbeat_seconds=config.heartbeat_ms / 1000,
        max_waiting_batches=config.limits.waiting_batches,
        max_waiting_bytes=config.limits.waiting_bytes,
    )
    return SoloEngine(application, validator, _get_time, options)


def _get_time() -> int:
    """The wall clock in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def read_genesis(config: NodeConfig) -> bytes:
    """The canonical bytes of the home's genesis; raises StoreError: GENESIS_INVALID, STORE_OTHER_RULES."""
    return parse_genesis_text(read_text(config.genesis))


@contextmanager
def open_application(config: NodeConfig, genesis_bytes: bytes) -> Iterator[Application]:
    """The application on the home's store, which is given back afterwards; raises StoreError.

    A commit that might not fit on the disk fails with DISK_LOW before it writes.
    """
    store = ReservedStore(LevelDbStore(config.store), config.disks, config.disk_reserve)
    try:
        yield Application(store, genesis_bytes)
    finally:
        store.close()


class _ToldToStop(Exception):
    """The node was told to end before its engine stood."""


async def _serve(
    config: NodeConfig, application: Application, build_engine: BuildEngine, announce: Callable[[Ready], None]
) -> None:
    stopping = _watch_signals()
    async with AsyncExitStack() as stack:
        stack.enter_context(suppress(_ToldToStop))
        metrics, plan = Metrics(), build_plan(config, application)
        watcher = Watcher(plan, metrics)
        port = open_endpoint(stack, config, watcher, metrics)
        engine = await stack.enter_async_context(_run_engine(application, build_engine, stopping))
        metrics.watch(lambda: engine.get_status().height, lambda: engine.get_status().waiting)
        edge = Edge(application, engine, metrics, config.limits, get_version())
        credentials = LiveCredentials(application, config.tls)
        edge.operator = OperatorView(credentials.get_certificate, lambda: watcher.health)
        server = NodeServer(edge, credentials, config)
        watching = NodeWatch(watcher, plan, application, engine)
        await watching.begin(server)
        stack.push_async_callback(server.stop)
        announce(Ready(server.address, application.chain_id, engine.get_status().height, port))
        _log.info("ready", address=server.address, height=engine.get_status().height)
        try:
            await _wait_for_end(engine, watching.run(server), stopping)
        finally:
            watcher.is_stopping = True
            _log.info("stopping", height=engine.get_status().height)


@asynccontextmanager
async def _run_engine(
    application: Application, build_engine: BuildEngine, stopping: asyncio.Event
) -> AsyncIterator[Engine]:
    """The engine, started and in the end stopped; raises _ToldToStop if that is asked for before."""
    engine = build_engine(application)
    try:
        starting, told = asyncio.create_task(engine.start()), asyncio.create_task(stopping.wait())
        await asyncio.wait({starting, told}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if not starting.done():
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            raise _ToldToStop
        starting.result()
        yield engine
    finally:
        await engine.stop()


async def _wait_for_end(engine: Engine, watching: Coroutine[Any, Any, None], stopping: asyncio.Event) -> None:
    """Until somebody asks for it, the engine ends, or the watcher ends the node.

    Raises what made the engine fail, or why the watcher ended the node.
    """
    told = asyncio.create_task(stopping.wait())
    ended = asyncio.create_task(engine.wait())
    watched = asyncio.create_task(watching)
    tasks = {told, ended, watched}
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    is_ended = ended.done()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if watched.done() and not watched.cancelled():
        watched.result()
    if not is_ended:
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

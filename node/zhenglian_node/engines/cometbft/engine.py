"""The CometBFT engine: one node of a network, as the rest of this process sees it.

CometBFT runs as a child and calls the application over ABCI; this side broadcasts bundles and asks for
headers over RPC. The two live and die together: if either ends, or anything unexpected is asked, `wait`
raises and the process must end; whoever supervises it starts both again, and the handshake brings the
application up to the blocks CometBFT has.

A block's header proves the state before it. It stands in CometBFT's store before FinalizeBlock is called, so
it is fetched while the block is carried out; nothing waits for it. Where it comes late, or not at all (there
is no RPC during a replay), the next one takes its place, and the newest is always fetched again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, StoreError
from zhenglian_node.app.application import Application, FinalizedBlock
from zhenglian_node.app.engine_port import EngineStatus, Fate
from zhenglian_node.engines.cometbft.abci_handlers import AbciHandlers
from zhenglian_node.engines.cometbft.abci_server import AbciServer, ConnectionLost
from zhenglian_node.engines.cometbft.bundler import Bundler, BundlerOptions
from zhenglian_node.engines.cometbft.home import read_persistent_peers
from zhenglian_node.engines.cometbft.light_blocks import LightBlocks
from zhenglian_node.engines.cometbft.outbox import Outbox
from zhenglian_node.engines.cometbft.process import RPC_SOCKET, CometBftProcess
from zhenglian_node.engines.cometbft.rpc import Rpc, RpcRefused, RpcUnreachable
from zhenglian_proto.v1.batch_pb2 import SignedBatch
from zhenglian_proto.v1.cometbft_pb2 import LightBlock

NAME = "cometbft"

_RETRY_SECONDS = 0.02
_DIAGNOSIS_SECONDS = 3.0
_FIRST_BLOCK_SECONDS = 2.0
_NEXT_HEADER_SECONDS = 5.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CometBftOptions:
    """CometBFT's program and home, where bundles are kept, and this program's version."""

    binary: str
    home: Path
    outbox: Path
    version: str = ""
    bundler: BundlerOptions = field(default_factory=BundlerOptions)
    metrics_port: int = 0


class CometBftEngine:
    """An engine (`zhenglian_node.app.engine_port`) that agrees with a network."""

    def __init__(
        self, application: Application, options: CometBftOptions, clock_ms: Callable[[], int]
    ) -> None:
        """Nothing runs yet. `clock_ms` is the wall clock in milliseconds since 1970.

        Raises StoreError(HOME_UNWRITABLE) if bundles cannot be kept.
        """
        self._application = application
        self._process = CometBftProcess(options.binary, options.home, options.metrics_port)
        self.rpc = Rpc(lambda: self._process.get_socket_path(RPC_SOCKET))
        self._broadcasts = Rpc(lambda: self._process.get_socket_path(RPC_SOCKET))
        self._light_blocks = LightBlocks(self.rpc)
        outbox = _open_outbox(options.outbox)
        self._bundler = Bundler(application, self._broadcasts.broadcast, outbox, clock_ms, options.bundler)
        peers = _read_configured_peers(options.home)
        self._handlers = AbciHandlers(application, self, options.version, peers)
        self._server = AbciServer(self._handlers.handle)
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._tasks: list[asyncio.Task[None]] = []
        self._wanted = asyncio.Event()
        self._wanted_height = 0
        self._proven = asyncio.Event()

    async def start(self) -> None:
        """As the port says: CometBFT answers, and the application stands where its blocks do.

        The newest state is provable, unless that takes a block nobody has made yet. Raises StoreError: what
        `diagnose` makes of CometBFT's last words, ENGINE_MISSING, ENGINE_OTHER_VERSION, ENGINE_LEFT_OVER,
        ENGINE_FAILED, HOME_UNWRITABLE, CONFIG_INVALID, GENESIS_MISMATCH.
        """
        await self._loop.run_in_executor(None, self._process.open)
        await self._server.start(self._process.listen())
        await self._process.spawn()
        self._tasks.append(asyncio.create_task(self._watch(), name="cometbft watch"))
        await self._or_failure(self._wait_for_rpc())
        self._process.protect_rpc()
        self._tasks.append(asyncio.create_task(self._follow_headers(), name="cometbft headers"))
        await self._or_failure(self._wait_for_proof())
        await self._bundler.start()
        self._tasks.append(asyncio.create_task(self._watch_bundler(), name="cometbft bundler"))

    async def stop(self) -> None:
        """As the port says. CometBFT is told to end and answered until it has."""
        await self._bundler.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._process.stop()
        await self._server.stop()
        await self.rpc.close()
        await self._broadcasts.close()
        self._process.close()
        if not self._ended.done():
            self._ended.set_result(None)

    async def wait(self) -> None:
        """As the port says."""
        await asyncio.shield(self._ended)

    def queue(self, batch: SignedBatch) -> Awaitable[Fate]:
        """As the port says."""
        return self._bundler.queue(batch)

    async def submit(self, batch: SignedBatch) -> Fate:
        """As the port says."""
        return await self._bundler.submit(batch)

    def get_status(self) -> EngineStatus:
        """As the port says."""
        head = self._application.committed.head
        return EngineStatus(NAME, head.height, head.time_ms, len(self._bundler))

    async def get_light_block(self, height: int) -> LightBlock | None:
        """As the port says; raises Denied(OVERLOADED) while CometBFT does not answer."""
        try:
            return await self._light_blocks.get(height)
        except (RpcUnreachable, RpcRefused) as error:
            raise Denied(Code.OVERLOADED) from error

    @property
    def pid(self) -> int | None:
        """CometBFT's process id once it was spawned."""
        return self._process.pid

    def begin_block(self, height: int) -> None:
        """As `BlockListener` says: the header in CometBFT's store proves the newest committed state."""
        self._loop.call_soon_threadsafe(self._want_header, height)

    def end_block(self, height: int, finalized: FinalizedBlock) -> None:
        """As `BlockListener` says: batches have their fates, told once the next header is here."""
        self._loop.call_soon_threadsafe(self._settle, height, finalized)

    def _want_header(self, height: int) -> None:
        self._wanted_height = height
        self._wanted.set()

    def _settle(self, height: int, finalized: FinalizedBlock) -> None:
        outcome = finalized.outcome
        if outcome.validator_updates:
            _log.info("validators change", height=height, count=len(outcome.validator_updates))
        try:
            self._bundler.settle(height, finalized.transactions, outcome.results)
        except Exception as error:  # noqa: BLE001  whatever it was, somebody waits for an answer in vain
            self._fail(error)

    async def _wait_for_rpc(self) -> None:
        """RPC is served only after the handshake, with every replayed block committed."""
        while True:
            try:
                await self.rpc.get_status()
            except RpcUnreachable:
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                return

    async def _wait_for_proof(self) -> None:
        """The header that proves the newest state is here, or other nodes are needed for it and may be away.

        After a restart it may be the next block's, which takes a moment where enough validators are up.
        """
        height = self._application.info().height
        if height:
            self._want_header(max(height, self._wanted_height))
        with suppress(TimeoutError):
            seconds = _NEXT_HEADER_SECONDS if height else _FIRST_BLOCK_SECONDS
            await asyncio.wait_for(self._proven.wait(), seconds)

    async def _follow_headers(self) -> None:
        """Whenever a newer header is there, it is fetched and what it proves becomes the provable state."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                light_block = await self._light_blocks.get(self._wanted_height)
                if light_block is not None:
                    self._prove(light_block)
                    continue
            except (RpcUnreachable, RpcRefused):
                _log.warning("a header could not be fetched", height=self._wanted_height)
            except StoreError as error:
                self._fail(error)
                return
            await asyncio.sleep(_RETRY_SECONDS)
            self._wanted.set()

    def _prove(self, light_block: LightBlock) -> None:
        """Only here does `provable` move, and only forward; batches it covers have their fates told."""
        provable = self._application.provable
        height = light_block.signed_header.header.height
        if provable is None or provable.light_block.signed_header.header.height < height:
            self._application.set_light_block(light_block)
            provable = self._application.provable
        if provable is not None:
            self._proven.set()
            self._bundler.prove(provable.head.sizes[rows.BATCH])

    async def _watch(self) -> None:
        """Until the child or its connections end; what is raised says as much as the child's log does."""
        child = asyncio.create_task(self._process.wait())
        served = asyncio.create_task(self._server.wait())
        failed = asyncio.create_task(self._process.wait_for_failure())
        try:
            await asyncio.wait({child, served, failed}, return_when=asyncio.FIRST_COMPLETED)
            if failed.done():
                self._fail(failed.result())
                return
            failure = served.exception() if served.done() else None
            if failure is None or isinstance(failure, ConnectionLost):
                await asyncio.wait({child}, timeout=_DIAGNOSIS_SECONDS)
                failure = child.result() if child.done() else failure
            self._fail(failure)
        finally:
            child.cancel()
            served.cancel()
            failed.cancel()

    async def _watch_bundler(self) -> None:
        try:
            await self._bundler.wait()
        except Exception as error:  # noqa: BLE001  whatever it was, the engine cannot go on
            self._fail(error)

    def _fail(self, error: BaseException | None) -> None:
        if not self._ended.done():
            _log.error("the engine has failed", exc_info=error)
            if not isinstance(error, StoreError):
                error = StoreError(Code.ENGINE_FAILED, what="a fault of this program")
            self._ended.set_exception(error)
            self._ended.exception()  # told by `wait`, if anybody waits

    async def _or_failure(self, step: Awaitable[None]) -> None:
        """`step` is done; raises what makes the engine fail meanwhile."""
        task = asyncio.ensure_future(step)
        try:
            await asyncio.wait({task, self._ended}, return_when=asyncio.FIRST_COMPLETED)
            if self._ended.done():
                await self._ended
            await task
        finally:
            task.cancel()


def _read_configured_peers(home: Path) -> frozenset[bytes]:
    """The ids of the peers CometBFT keeps calling; none where its settings cannot be read: it says why."""
    try:
        text = (home / "config" / "config.toml").read_text(encoding="utf-8")
        return frozenset(bytes.fromhex(peer.node_id) for peer in read_persistent_peers(text))
    except (OSError, ValueError, StoreError):
        return frozenset()


def _open_outbox(directory: Path) -> Outbox:
    try:
        return Outbox(directory)
    except OSError as error:
        raise StoreError(Code.HOME_UNWRITABLE, path=str(directory)) from error

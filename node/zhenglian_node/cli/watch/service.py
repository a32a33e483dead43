"""Puts the watcher beside a node that runs: what to watch, where to tell it, and when to end the node.

The endpoint answers from the first moment, while the engine still recovers; looks begin with the API.
"""

import time
import tomllib
from contextlib import AsyncExitStack
from typing import Any, Final

from zhenglian_ledger.cometbft.validators import compute_address
from zhenglian_ledger.errors import StoreError
from zhenglian_node.api.server import NodeServer
from zhenglian_node.app.application import Application
from zhenglian_node.app.engine_port import Engine
from zhenglian_node.cli.keys import read_validator_public_key
from zhenglian_node.cli.watch.endpoint import EndpointServer, Sources
from zhenglian_node.cli.watch.peers import PeerCalls
from zhenglian_node.cli.watch.watcher import NodeView, Watcher, WatchPlan, watch
from zhenglian_node.config import CometBftConfig, NodeConfig
from zhenglian_node.engines.cometbft import home
from zhenglian_node.engines.cometbft.engine import CometBftEngine
from zhenglian_node.engines.cometbft.network_view import NetworkView, call_peers, fetch_network
from zhenglian_node.metrics import Metrics

GROWTH: Final = "disk.json"
"""In the home: what was seen of the disk."""


def build_plan(config: NodeConfig, application: Application) -> WatchPlan:
    """What is watched of the node that `config` describes."""
    return WatchPlan(
        heartbeat_ms=config.heartbeat_ms,
        disks=config.disks,
        reserve=config.disk_reserve,
        growth=config.home / GROWTH,
        own_validator=read_own_validator(config),
        own_node=read_own_node(config),
        peers=read_peer_addresses(config.cometbft) if config.cometbft is not None else {},
        begins_ms=application.genesis.genesis_time_ms,
    )


def open_endpoint(stack: AsyncExitStack, config: NodeConfig, watcher: Watcher, metrics: Metrics) -> int:
    """The endpoint answers until `stack` ends; returns its port, 0 where the configuration has none.

    Raises StoreError(PORT_TAKEN).
    """
    if not config.metrics_port:
        return 0
    engine_port = config.cometbft.metrics_port if config.cometbft is not None else 0
    sources = Sources(metrics.format, lambda: watcher.reasons, lambda: watcher.facts.height, engine_port)
    server = EndpointServer(config.metrics_port, sources)
    stack.callback(server.close)
    return server.port


class NodeWatch:
    """The watcher at work on one engine and one API."""

    def __init__(self, watcher: Watcher, plan: WatchPlan, application: Application, engine: Engine) -> None:
        """Nothing was looked at yet."""
        calls = PeerCalls(plan.peers, time.monotonic())

        async def fetch() -> NetworkView | None:
            if not isinstance(engine, CometBftEngine):
                return None
            view = await fetch_network(engine.rpc)
            if view is not None:
                await call_peers(engine.rpc, calls.find_due(view, time.monotonic()))
            return view

        self._watcher, self._plan = watcher, plan
        self._view = NodeView(application, engine, plan, fetch)

    async def begin(self, server: NodeServer) -> None:
        """The first look was taken, and the API answers under what it showed."""
        await self._view.ask_network()
        self._watcher.observe(self._view.look())
        await server.start(is_ready=not self._watcher.reasons)

    async def run(self, server: NodeServer) -> None:
        """Looks until it is cancelled; raises StoreError(DISK_LOW), after which the node must end."""

        async def tell() -> None:
            await server.show_ready(is_ready=not self._watcher.reasons)

        await watch(self._watcher, self._view, self._plan, tell)


def read_own_validator(config: NodeConfig) -> bytes:
    """The address under which this node votes, 20 bytes; empty if its key cannot be read."""
    try:
        if config.cometbft is not None:
            text = config.cometbft.validator_key.read_text(encoding="utf-8")
            return compute_address(home.read_validator_public_key(text))
        if config.validator is not None:
            return compute_address(read_validator_public_key(config.validator.key))
    except (OSError, StoreError):
        pass
    return b""


def read_own_node(config: NodeConfig) -> bytes:
    """The id by which peers know this node, 20 bytes; empty for a solo node, or if its key cannot be read."""
    try:
        if config.cometbft is not None:
            text = config.cometbft.node_key.read_text(encoding="utf-8")
            return compute_address(home.read_node_public_key(text))
    except (OSError, StoreError):
        pass
    return b""


def read_peer_addresses(cometbft: CometBftConfig) -> dict[str, str]:
    """Node id (hex) → address (host:port) of every peer that CometBFT keeps calling."""
    try:
        peers = home.read_persistent_peers(cometbft.config.read_text(encoding="utf-8"))
    except (OSError, ValueError, StoreError):
        return {}
    return {peer.node_id: peer.address for peer in peers}


def read_listen(cometbft: CometBftConfig) -> str:
    """Where CometBFT listens for peers (host:port); empty if its settings cannot be read."""
    return str(_read_p2p(cometbft).get("laddr", "")).removeprefix("tcp://")


def _read_p2p(cometbft: CometBftConfig) -> dict[str, Any]:
    try:
        table = tomllib.loads(cometbft.config.read_text(encoding="utf-8")).get("p2p")
    except (OSError, ValueError):
        return {}
    return table if isinstance(table, dict) else {}

"""Homes of a CometBFT network made by hand from names, and engines that run on them in this process.

    homes = build_homes(tmp_path, validators=4)
    async with running(homes[0]) as node:
        fate = await node.engine.submit(node.sender.licence("first"))

Every node stands on 127.0.0.1, so a test that needs a partition uses processes and namespaces instead.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from google.protobuf.message import Message

from tests.testkit.cometbft_binary import find_cometbft
from tests.testkit.ledger_objects import CENTRE, build_genesis_operations, build_parameters, compute_seed
from tests.testkit.node_home import find_free_port
from tests.testkit.node_kit import Sender
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.cometbft.light import TrustAnchor
from zhenglian_ledger.cometbft.validators import build_validator_set, compute_address, compute_validators_hash
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.rules_digest import compute_rules_digest
from zhenglian_node.app.application import Application
from zhenglian_node.engines.cometbft.engine import CometBftEngine, CometBftOptions
from zhenglian_node.engines.cometbft.home import (
    FIRST_STATE,
    Peer,
    build_cometbft_genesis,
    format_config_toml,
    format_node_key,
    format_validator_key,
)
from zhenglian_node.storage.leveldb import LevelDbStore
from zhenglian_proto.v1 import batch_pb2, state_pb2

MINUTE_MS: Final = 60_000
_LIMITS: Final = {"max_block_bytes": 4 << 20, "max_validators": 128}


class Home(NamedTuple):
    """One node's directory, its network's genesis, and its p2p address."""

    path: Path
    genesis: bytes
    address: str

    @property
    def cometbft(self) -> Path:
        return self.path / "cometbft"


def build_genesis(validators: int, *, genesis_ms: int | None = None, **parameters: Any) -> state_pb2.Genesis:
    """A sandbox genesis a minute old, whose validators `validator-0`… all belong to the centre."""
    keys = [ed25519.compute_public_key(compute_seed(f"validator-{number}")) for number in range(validators)]
    return state_pb2.Genesis(
        name="sandbox",
        genesis_time_ms=genesis_ms or time.time_ns() // 1_000_000 - MINUTE_MS,
        mode=state_pb2.MODE_SANDBOX,
        rules_digest=compute_rules_digest(),
        parameters=build_parameters(**{**_LIMITS, "min_validators": min(validators, 4), **parameters}),
        validators=[state_pb2.GenesisValidator(public_key=key, member=CENTRE) for key in keys],
        operations=[serialise(operation) for operation in build_genesis_operations()],
    )


def build_homes(
    directory: Path, *, validators: int = 1, full_nodes: int = 0, genesis: state_pb2.Genesis | None = None
) -> list[Home]:
    """Homes of a full mesh on free ports: first the validators of `genesis`, then nodes that only follow."""
    genesis = genesis or build_genesis(validators)
    count = validators + full_nodes
    ports = _find_free_ports(count)
    ids = [
        compute_address(ed25519.compute_public_key(compute_seed(f"node-{number}"))) for number in range(count)
    ]
    peers = [Peer(node_id.hex(), f"127.0.0.1:{port}") for node_id, port in zip(ids, ports, strict=True)]
    homes = []
    for number in range(count):
        home = Home(directory / f"node-{number}", serialise(genesis), peers[number].address)
        _write_home(home, number, genesis, [peer for peer in peers if peer != peers[number]])
        homes.append(home)
    return homes


def build_anchor(genesis: state_pb2.Genesis, application: Application) -> TrustAnchor:
    """What the network's first trust file says: the height before the first block, and its validators."""
    validators = build_validator_set((validator.public_key, 1) for validator in genesis.validators)
    return TrustAnchor(
        application.chain_id, 0, 0, application.genesis_digest, compute_validators_hash(validators)
    )


class FreshSender(Sender):
    """Signs as any system of the sandbox by the wall clock, with nonces no other sender has."""

    def build(
        self, system: str, *operations: Message, nonce: bytes | None = None, **changes: Any
    ) -> batch_pb2.SignedBatch:
        self.clock.now_ms = now_ms()
        return super().build(system, *operations, nonce=nonce or os.urandom(16), **changes)


class RunningNode:
    """An engine on a home, with its application and a sender of fresh batches."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.store = LevelDbStore(home.path / "store", create=not (home.path / "store").exists())
        self.application = Application(self.store, home.genesis)
        self.sender = FreshSender(self.application.chain_id)
        options = CometBftOptions(find_cometbft(), home.cometbft, home.path / "outbox")
        self.engine = CometBftEngine(self.application, options, now_ms)

    async def wait_for_height(self, height: int, seconds: float = 60.0) -> None:
        """The node has committed the block of `height`."""
        async with asyncio.timeout(seconds):
            while self.application.info().height < height:  # noqa: ASYNC110  a block makes no event
                await asyncio.sleep(0.02)


@asynccontextmanager
async def running(home: Home) -> AsyncIterator[RunningNode]:
    """A node on `home`, until the block ends."""
    node = RunningNode(home)
    try:
        await node.engine.start()
        yield node
    finally:
        await node.engine.stop()
        node.store.close()


def now_ms() -> int:
    """The wall clock in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def _write_home(home: Home, number: int, genesis: state_pb2.Genesis, peers: list[Peer]) -> None:
    config, data = home.cometbft / "config", home.cometbft / "data"
    config.mkdir(parents=True)
    data.mkdir()
    (config / "config.toml").write_text(format_config_toml(home.path.name, home.address, peers))
    (config / "genesis.json").write_text(build_cometbft_genesis(genesis))
    (config / "node_key.json").write_text(format_node_key(compute_seed(f"node-{number}")))
    (config / "priv_validator_key.json").write_text(format_validator_key(compute_seed(f"validator-{number}")))
    (data / "priv_validator_state.json").write_text(FIRST_STATE)


def _find_free_ports(count: int) -> list[int]:
    ports: set[int] = set()
    while len(ports) < count:
        ports.add(find_free_port())
    return sorted(ports)

"""Gathers what the checks look at, once: configuration, genesis, ledger, and what a running node says.

A running node holds its store, so the ledger is read from it only while it is stopped, and only by the user
that owns it: opening it as anybody else would leave files there that its owner cannot use.
"""

import os
import time
from collections.abc import Mapping
from typing import Final, NamedTuple

from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.validators import compute_address
from zhenglian_ledger.errors import StoreError, ZhenglianError
from zhenglian_ledger.genesis_text import parse_genesis_text
from zhenglian_ledger.state import State
from zhenglian_node.api.channel_auth import get_roots
from zhenglian_node.app.application import Application
from zhenglian_node.app.fsck import check_quick
from zhenglian_node.cli.files import read_text
from zhenglian_node.cli.status import fetch_status
from zhenglian_node.cli.watch.readiness import Reason
from zhenglian_node.config import NodeConfig
from zhenglian_node.engines.signed_headers import get_signed_header
from zhenglian_node.storage.leveldb import LevelDbStore
from zhenglian_proto.v1.node_pb2 import NodeStatus
from zhenglian_proto.v1.state_pb2 import Genesis

_OLD_STATE: Final = frozenset(
    reason.code
    for reason in (
        Reason.NOT_PROVABLE,
        Reason.STALLED,
        Reason.STALE,
        Reason.CATCHING_UP,
        Reason.BEHIND,
        Reason.NO_PEERS,
    )
)
"""What a node is not ready for, whose own newest state may not be the network's."""


class Ledger(NamedTuple):
    """What this node's newest state says: CAs in force (PEM), validators by address, who may connect.

    `is_newest`: the network has none that is newer, as far as anybody can tell.
    """

    height: int
    roots: bytes
    validators: Mapping[bytes, str]
    nodes: Mapping[bytes, bool]
    findings: tuple[str, ...]
    is_newest: bool


class Patient(NamedTuple):
    """One node. Where something could not be read, the error that says why stands in its place."""

    config: NodeConfig
    now_ms: int
    genesis: Genesis | ZhenglianError
    genesis_bytes: bytes
    ledger: Ledger | ZhenglianError
    status: NodeStatus | ZhenglianError
    own_node: bytes = b""

    @property
    def is_running(self) -> bool:
        """Whether the node answers, or its store is held."""
        is_held = isinstance(self.ledger, ZhenglianError) and self.ledger.code == Code.STORE_LOCKED
        return is_held or isinstance(self.status, NodeStatus)

    @property
    def standing(self) -> Ledger | None:
        """The ledger of a stopped node, or what a running one says of its own; None if neither is known."""
        if isinstance(self.ledger, Ledger):
            return self.ledger
        return None if isinstance(self.status, ZhenglianError) else hear(self.status, self.own_node)


def hear(status: NodeStatus, own_node: bytes) -> Ledger | None:
    """What a running node tells its operator of its newest state; None from one that does not."""
    health = status.health
    if not health.HasField("authorities"):
        return None
    return Ledger(
        height=status.height,
        roots=health.authorities,
        validators={each.address: each.member for each in health.validators},
        nodes={own_node: health.listed} if health.HasField("listed") else {},
        findings=(),
        is_newest=_OLD_STATE.isdisjoint(health.reasons),
    )


def gather(config: NodeConfig, *, node_id: bytes, with_fsck: bool = False) -> Patient:
    """Everything that can be read now; `node_id` is looked up on the ledger's list. Raises nothing for it."""
    read = _read_genesis(config)
    genesis_bytes, genesis = (read, Genesis.FromString(read)) if isinstance(read, bytes) else (b"", read)
    status = _ask(config)
    ledger: Ledger | ZhenglianError = StoreError(Code.STORE_LOCKED)
    if not isinstance(status, NodeStatus):
        ledger = _open(config, genesis_bytes, node_id, with_fsck=with_fsck)
    return Patient(config, time.time_ns() // 1_000_000, genesis, genesis_bytes, ledger, status, node_id)


def _read_genesis(config: NodeConfig) -> bytes | ZhenglianError:
    try:
        return parse_genesis_text(read_text(config.genesis))
    except ZhenglianError as error:
        return error


def _ask(config: NodeConfig) -> NodeStatus | ZhenglianError:
    try:
        return fetch_status(config)
    except ZhenglianError as error:
        return error


def _open(
    config: NodeConfig, genesis_bytes: bytes, node_id: bytes, *, with_fsck: bool
) -> Ledger | ZhenglianError:
    """What the store says, if this user may open it."""
    try:
        if not (config.store / "CURRENT").exists():
            return StoreError(Code.STORE_MISSING, path=str(config.store))
        if config.store.stat().st_uid != os.geteuid():
            return StoreError(Code.HOME_UNWRITABLE, path=f"{config.store} (uid {config.store.stat().st_uid})")
        store = LevelDbStore(config.store)
    except OSError as error:
        return StoreError(Code.HOME_UNWRITABLE, path=str(error))
    except ZhenglianError as error:
        return error
    try:
        application = Application(store, genesis_bytes)
        committed = application.committed
        state = State(committed.view, committed.head.sizes)
        signed = get_signed_header(store, committed.head.height)
        checked = check_quick(store, signed.header if signed is not None else None) if with_fsck else ()
        return Ledger(
            committed.head.height,
            get_roots(committed),
            {compute_address(each.public_key): each.member for each in state.get_validators()},
            {node_id: state.is_node_allowed(node_id)},
            tuple(map(str, checked)),
            config.cometbft is None,
        )
    except ZhenglianError as error:
        return error
    finally:
        store.close()

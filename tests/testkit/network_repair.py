"""What an operator does to a network's node that does not run: look at rows, begin anew, put copies back."""

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.testkit.network import NetworkNode
from zhenglian_ledger import rows
from zhenglian_node.cli import resync
from zhenglian_node.config import CometBftConfig
from zhenglian_node.storage.leveldb import LevelDbStore
from zhenglian_proto.v1.types_pb2 import Kind

SIGNED = "priv_validator_state.json"
"""What a validator signed last: the one file that is never set back."""


def provide_new_store(node: NetworkNode) -> Path:
    """The node's store holds genesis alone; returns where the former one lies."""
    aside = resync.provide_new_store(node.config)
    assert aside is not None
    return aside


def begin_anew(node: NetworkNode) -> None:
    """The node has neither rows nor blocks, and still knows what it signed."""
    for path in resync.resync(node.config):
        if path is not None:
            shutil.rmtree(path)


def put_back(node: NetworkNode, copy: Path) -> None:
    """The home is an earlier copy of itself, but for what it signed."""
    signed = get_cometbft(node).home / "data" / SIGNED
    kept = signed.read_bytes()
    shutil.rmtree(node.home)
    shutil.copytree(copy, node.home)
    signed.write_bytes(kept)


def get_cometbft(node: NetworkNode) -> CometBftConfig:
    """Where its CometBFT lives."""
    cometbft = node.config.cometbft
    assert cometbft is not None
    return cometbft


def find_index(node: NetworkNode, kind: Kind, identifier: bytes) -> int:
    """The registry index of the newest entry of that id."""
    store = LevelDbStore(node.config.store)
    try:
        return int.from_bytes(store.get(rows.id_key(kind, identifier)) or b"", "big")
    finally:
        store.close()


def tamper(node: NetworkNode, prefix: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The newest row whose key begins with `prefix` has another value; returns its key."""
    store = LevelDbStore(node.config.store)
    try:
        key, value = list(store.scan(prefix))[-1]
        changed = change(value)
        assert changed != value
        store.commit({key: changed})
    finally:
        store.close()
    return key


def read_entries(path: Path) -> dict[bytes, bytes]:
    """Every leaf of every log in the store at `path`."""
    store = LevelDbStore(path)
    try:
        return dict(store.scan(rows.ENTRY))
    finally:
        store.close()

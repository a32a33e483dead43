"""Rebuild: every logical and derived row computed anew from the logs, into a store that takes the place.

The old directory is kept aside. Nothing of it is changed, so a rebuild that stops half-way is simply begun
again; one that stops between the two renames of the swap is finished by the next.
"""

import os
import shutil
from itertools import islice
from pathlib import Path
from typing import Final

from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_node.app.fold import fold
from zhenglian_node.app.format import get_head
from zhenglian_node.storage.leveldb import LevelDbStore
from zhenglian_node.storage.port import Store

KEPT: Final = (rows.HEAD, rows.GENESIS, rows.META)
"""Tables of the store itself, copied last (an engine's go before): without them no copy can be opened."""

_CHUNK: Final = 10_000


def rebuild(path: Path) -> Path:
    """The store at `path` holds what its logs imply; returns where the old directory now lies.

    Raises StoreError: STORE_MISSING, STORE_LOCKED; STORE_CORRUPTED if the logs themselves do not lead to
    the app hash of the head. The store is then as it was.
    """
    fresh, old = path.with_name(path.name + ".rebuilding"), path.with_name(path.name + ".old")
    if not (old.exists() and fresh.exists() and not path.exists()):
        while old.exists():
            old = old.with_name(old.name + "~")
        shutil.rmtree(fresh, ignore_errors=True)
        _rebuild_into(path, fresh)
        path.rename(old)
    fresh.rename(path)
    _sync_directory(path.parent)
    return old


def _rebuild_into(path: Path, fresh: Path) -> None:
    source = LevelDbStore(path)
    try:
        target = LevelDbStore(fresh, create=True)
        try:
            rebuild_store(source, target)
        finally:
            target.close()
    finally:
        source.close()


def rebuild_store(source: Store, target: Store) -> None:
    """`target`, an empty store, holds what the logs of `source` imply, and the kept rows as they are.

    The rows that make a store openable come last. Raises StoreError as `rebuild`.
    """
    head = fold(source, target)
    stored = get_head(source)
    if stored is None or stored.app_hash != head.app_hash:
        raise StoreError(Code.STORE_CORRUPTED, what="the logs do not lead to the head's app hash")
    history = source.scan(rows.ENGINE)
    while chunk := dict(islice(history, _CHUNK)):
        target.commit(chunk)
    target.commit({key: value for table in KEPT for key, value in source.scan(table)})


def _sync_directory(path: Path) -> None:
    """The renames in `path` survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""`resync`: a stopped node of a network forgets rows and blocks, and fetches every block anew.

    store/          → store.old/            a fresh store holds genesis alone
    cometbft/data/  → cometbft/data.old/    the fresh one holds what the validator signed last, no more

What was signed is copied and on disk before anything is renamed: a validator that forgot it might sign twice.
Nothing is removed. One that stopped half-way is simply repeated.
"""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError, ZhenglianError
from zhenglian_node.cli.files import SECRET, create_file, provide_private_directory, read_text
from zhenglian_node.cli.homes import create_store
from zhenglian_node.cli.supervision import read_genesis
from zhenglian_node.config import CometBftConfig, NodeConfig
from zhenglian_node.engines.cometbft.genesis_check import verify_cometbft_genesis
from zhenglian_node.engines.cometbft.process import find_leftover
from zhenglian_node.storage.leveldb import LevelDbStore


class SetAside(NamedTuple):
    """Where the former store and CometBFT's former data lie; None where there were none."""

    store: Path | None
    data: Path | None


def resync(config: NodeConfig) -> SetAside:
    """The node's next run begins at genesis and fetches every block; it still knows what it signed.

    Raises StoreError: CONFIG_INVALID (a solo node; a later era, whose first block needs a store of the era
    before), GENESIS_MISMATCH, STORE_LOCKED, ENGINE_LEFT_OVER, VALIDATOR_STATE_UNSAFE (what was signed last
    cannot be read), STORE_FAILED; InvalidInput(FILE_NOT_FOUND). Nothing has changed then, but for
    STORE_FAILED.
    """
    cometbft = config.cometbft
    if cometbft is None:
        raise StoreError(Code.CONFIG_INVALID, field="engine = solo (resync)")
    text = read_text(cometbft.genesis)
    verify_cometbft_genesis(text, read_genesis(config))
    if "era_digest" in json.loads(text)["app_state"]:
        raise StoreError(Code.CONFIG_INVALID, field=f"{cometbft.genesis}: era (era join --store)")
    _verify_stopped(config, cometbft)
    signed = _read_signed(cometbft)
    try:
        store = provide_new_store(config)
        return SetAside(store, _provide_new_data(cometbft, signed))
    except OSError as error:
        raise StoreError(Code.STORE_FAILED, what=str(error)) from error


def provide_new_store(config: NodeConfig) -> Path | None:
    """The node's store holds genesis alone; returns where the former one lies. Raises StoreError, OSError."""
    place = config.home / "store.fresh"
    shutil.rmtree(place, ignore_errors=True)
    fresh = replace(config, home=place)
    for directory in (place, fresh.store):
        provide_private_directory(directory)
    create_store(fresh, read_genesis(config))
    aside = _swap(fresh.store, config.store)
    place.rmdir()
    return aside


def _provide_new_data(cometbft: CometBftConfig, signed: bytes) -> Path | None:
    """CometBFT has no block and has signed `signed`; returns where its former data lie."""
    fresh = _get_fresh_data(cometbft)
    shutil.rmtree(fresh, ignore_errors=True)
    provide_private_directory(fresh)
    create_file(fresh / cometbft.validator_state.name, signed, SECRET)
    _sync(fresh)
    return _swap(fresh, cometbft.validator_state.parent)


def _read_signed(cometbft: CometBftConfig) -> bytes:
    """What the validator's key signed last; raises StoreError(VALIDATOR_STATE_UNSAFE).

    It lies in the directory that was to take the place of the former one, where a swap was cut short.
    """
    path = cometbft.validator_state
    if not path.parent.exists():
        path = _get_fresh_data(cometbft) / path.name
    try:
        signed = path.read_bytes()
        json.loads(signed)["height"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(Code.VALIDATOR_STATE_UNSAFE, what=f"{path}: {error}") from error
    return signed


def _get_fresh_data(cometbft: CometBftConfig) -> Path:
    data = cometbft.validator_state.parent
    return data.with_name(data.name + ".fresh")


def _verify_stopped(config: NodeConfig, cometbft: CometBftConfig) -> None:
    """Nobody has the store open, which need not be a sound one, and no CometBFT runs on this home."""
    if (config.store / "CURRENT").exists():
        try:
            LevelDbStore(config.store).close()
        except ZhenglianError as error:
            if error.code == Code.STORE_LOCKED:
                raise
    pid = find_leftover(cometbft.home)
    if pid is not None:
        raise StoreError(Code.ENGINE_LEFT_OVER, what=f"pid {pid}")


def _swap(fresh: Path, place: Path) -> Path | None:
    """`fresh` lies at `place`, and what was there under another name, which is returned."""
    old = None
    if place.exists():
        old = place.with_name(place.name + ".old")
        while old.exists():
            old = old.with_name(old.name + "~")
        place.rename(old)
    fresh.rename(place)
    _sync(place.parent)
    return old


def _sync(directory: Path) -> None:
    """The names in `directory` survive a power cut."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

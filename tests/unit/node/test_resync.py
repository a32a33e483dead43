"""`resync`: a node of a network begins anew, and its validator has forgotten nothing."""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.testkit.node_home import SandboxHome
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_node.app.format import get_head
from zhenglian_node.cli.network.local import LocalPlan, create_local_network
from zhenglian_node.cli.resync import resync
from zhenglian_node.config import NodeConfig, read_config
from zhenglian_node.storage.leveldb import LevelDbStore

SIGNED = '{"height": "7", "round": 0, "step": 3}'


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of one node that was never started."""
    root = tmp_path_factory.mktemp("resync") / "net"
    create_local_network(root, LocalPlan(departments=0, districts=0, validators=1), int(time.time() * 1000))
    return root


@pytest.fixture
def centre(network: Path, tmp_path: Path) -> NodeConfig:
    """A home whose CometBFT has blocks, and signed height 7."""
    shutil.copytree(network / "nodes" / "centre", tmp_path / "centre")
    config = read_config(tmp_path / "centre")
    get_state(config).write_text(SIGNED)
    (get_state(config).parent / "blockstore.db").mkdir()
    (config.store / "mark").touch()
    return config


def get_state(config: NodeConfig) -> Path:
    assert config.cometbft is not None
    return config.cometbft.validator_state


def verify_anew(config: NodeConfig) -> None:
    """The store is at genesis, CometBFT has no block, and what was signed is known."""
    store = LevelDbStore(config.store)
    try:
        head = get_head(store)
    finally:
        store.close()
    assert head is not None
    assert head.height == 0
    assert not (config.store / "mark").exists()
    state = get_state(config)
    assert state.read_text() == SIGNED
    assert [path.name for path in state.parent.iterdir()] == [state.name]
    assert [path.stat().st_mode & 0o777 for path in (state, state.parent, config.store)] == [
        0o600,
        0o700,
        0o700,
    ]
    left = {path.name for parent in (config.home, state.parent.parent) for path in parent.iterdir()}
    assert not {name for name in left if "fresh" in name}


def test_a_node_begins_anew_keeps_what_it_signed_and_loses_no_file(centre: NodeConfig) -> None:
    aside = resync(centre)
    verify_anew(centre)
    assert aside.store == centre.home / "store.old"
    assert aside.store is not None
    assert (aside.store / "mark").exists()
    assert aside.data == get_state(centre).parent.with_name("data.old")
    assert aside.data is not None
    assert (aside.data / "blockstore.db").is_dir()
    assert (aside.data / get_state(centre).name).read_text() == SIGNED


def test_a_second_time_the_first_ones_data_stay(centre: NodeConfig) -> None:
    first, second = resync(centre), resync(centre)
    verify_anew(centre)
    assert {path.name for path in second if path} == {"store.old~", "data.old~"}
    assert all(path is not None and path.exists() for path in first)


@pytest.mark.parametrize("damage", ["gone", "spoilt"])
def test_whatever_became_of_the_store_it_begins_anew(centre: NodeConfig, damage: str) -> None:
    shutil.rmtree(centre.store)
    if damage == "spoilt":
        centre.store.mkdir()
        (centre.store / "CURRENT").write_text("nothing\n")
    assert (resync(centre).store is None) == (damage == "gone")
    verify_anew(centre)


def test_one_that_stopped_between_its_renames_is_repeated(centre: NodeConfig) -> None:
    data = get_state(centre).parent
    resync(centre)
    data.rename(data.with_name("data.fresh"))
    resync(centre)
    verify_anew(centre)


def _solo(config: NodeConfig) -> NodeConfig:
    return SandboxHome.create(config.home / "solo").config


def _era(config: NodeConfig) -> NodeConfig:
    assert config.cometbft is not None
    fields = json.loads(config.cometbft.genesis.read_text())
    fields["app_state"]["era_digest"] = "00" * 32
    config.cometbft.genesis.write_text(json.dumps(fields))
    return config


def _forgotten(config: NodeConfig) -> NodeConfig:
    get_state(config).unlink()
    return config


def _cut_short(config: NodeConfig) -> NodeConfig:
    get_state(config).write_text(SIGNED[:10])
    return config


@pytest.mark.parametrize(
    ("change", "code"),
    [(_solo, Code.CONFIG_INVALID), (_era, Code.CONFIG_INVALID), (_forgotten, Code.VALIDATOR_STATE_UNSAFE),
     (_cut_short, Code.VALIDATOR_STATE_UNSAFE)],
)  # fmt: skip
def test_what_could_not_sync_or_might_sign_twice_is_refused(
    centre: NodeConfig, change: Callable[[NodeConfig], NodeConfig], code: Code
) -> None:
    config = change(centre)
    with pytest.raises(StoreError) as caught:
        resync(config)
    assert caught.value.code == code
    assert not list(config.home.glob("store.*"))


def test_a_running_node_is_left_alone(centre: NodeConfig) -> None:
    store = LevelDbStore(centre.store)
    try:
        with pytest.raises(StoreError) as caught:
            resync(centre)
    finally:
        store.close()
    assert caught.value.code == Code.STORE_LOCKED
    assert (centre.store / "mark").exists()

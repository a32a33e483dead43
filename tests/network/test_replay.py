"""A ledger is its blocks: whoever carries out the same ones comes to the same state, anywhere, any time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.testkit.block_replay import replay_elsewhere, write_blocks
from tests.testkit.network import Network, Victim
from tests.testkit.network_load import NetworkLoad, verify_disks
from tests.testkit.network_repair import provide_new_store, read_entries
from tests.testkit.newcomer import Newcomer, adopt
from tests.testkit.stopped_node import command
from zhenglian import Code
from zhenglian_node.cli.exits import Exit

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(300)]

ELSEWHERE: Final = {
    "east": {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8"},
    "west": {
        "PYTHONHASHSEED": "4294967295",
        "TZ": "America/St_Johns",
        "LC_ALL": "C",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONUTF8": "0",
    },
}
"""Processes that agree in nothing that is not in the blocks; text files are ASCII to the second."""


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """Four validators that have worked: licences without end, and votes that changed the registry."""
    directory = tmp_path_factory.mktemp("replay")
    with Network.create(directory / "net", districts=3, validators=4) as network:
        network.start()
        newcomer = Newcomer.create(directory / "newcomer", network)
        load = NetworkLoad(network.nodes)
        with load.running():
            load.wait_for(20)
            assert adopt(network, newcomer.admission) == [Code.OK]
            assert adopt(network, newcomer.permission) == [Code.OK]
            load.wait_for(20)
        yield network


@pytest.mark.parametrize("where", ELSEWHERE)
def test_the_same_blocks_give_the_same_app_hashes_in_another_process(
    network: Network, tmp_path: Path, where: str
) -> None:
    blocks = tmp_path / "blocks.json"
    agreed = write_blocks(network.nodes[0], blocks)
    assert len(set(agreed)) > 10  # else there was nothing to replay
    found = replay_elsewhere(network.root / "genesis.json", blocks, **ELSEWHERE[where])
    assert found[:-1] == agreed
    network.verify_agreement()


def test_a_store_made_anew_follows_from_the_blocks_while_the_others_go_on(network: Network) -> None:
    node = network.nodes[3]
    node.kill(Victim.BOTH)
    aside = provide_new_store(node)
    assert node.read_stored_height() == 0
    load = NetworkLoad(network.nodes[:3], senders=1)
    with load.running():
        load.wait_for(4)
        node.start()
        load.wait_for(4)
    network.verify_agreement()
    network.stop()
    verify_disks(network, load.nonces)
    assert read_entries(aside).items() <= read_entries(node.config.store).items()
    for each in network.nodes:
        said = command("fsck", "--home", each.home, "--full")
        assert said.code == Exit.OK, said

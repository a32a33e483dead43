"""Networks cut in two, and links that lose packets: a host for every node, real packets between them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.testkit.network import Network
from tests.testkit.network_load import NetworkLoad, verify_disks
from tests.testkit.virtual_network import VirtualNetwork, find_obstacle

OBSTACLE = find_obstacle()

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(bool(OBSTACLE) and os.environ.get("REQUIRE_ENGINE") != "1", reason=OBSTACLE),
]


@contextmanager
def spread(directory: Path, seed: int) -> Iterator[tuple[Network, VirtualNetwork]]:
    """Four validators on four hosts, all of them answering."""
    with (
        VirtualNetwork(4, seed=seed) as wires,
        Network.create(directory / "net", districts=3, validators=4, hosts=wires.hosts) as network,
    ):
        network.start()
        yield network, wires


def test_neither_half_decides_anything_and_both_go_on_together_afterwards(tmp_path: Path) -> None:
    with spread(tmp_path, 1) as (network, wires):
        load = NetworkLoad(network.nodes, senders=1)
        with load.running():
            load.wait_for(8)
            wires.switch.partition(wires.hosts[:2], wires.hosts[2:])
            stuck = network.get_heights()
            with pytest.raises(AssertionError, match="more answers"):
                load.wait_for(9, seconds=6)  # what had been decided may still be told
            assert max(network.get_heights()) <= max(stuck) + 1
            wires.switch.heal()
            load.wait_for(8)
        network.verify_agreement()
        network.stop()
        verify_disks(network, load.nonces)


def test_three_go_on_without_the_one_that_is_cut_off_and_it_catches_up(tmp_path: Path) -> None:
    with spread(tmp_path, 2) as (network, wires):
        *majority, alone = network.nodes
        load = NetworkLoad(majority, senders=1)
        with load.running():
            load.wait_for(6)
            wires.switch.partition(wires.hosts[:3])
            load.wait_for(12)
            (behind,) = network.get_heights([alone])
            assert behind < max(network.get_heights(majority))
            wires.switch.heal()
            load.wait_for(6)
            network.wait_for_progress(1)
        network.verify_agreement()
        network.stop()
        verify_disks(network, load.nonces)


def test_a_network_whose_links_lose_packets_goes_on(tmp_path: Path) -> None:
    with spread(tmp_path, 3) as (network, wires):
        load = NetworkLoad(network.nodes, senders=1)
        with load.running():
            load.wait_for(4)
            wires.switch.lose(0.1)
            load.wait_for(16)
            wires.switch.heal()
        assert wires.switch.lost > 100
        network.verify_agreement()
        network.stop()
        verify_disks(network, load.nonces)

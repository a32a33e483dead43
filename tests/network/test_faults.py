"""Nodes of a network killed under load: nobody who was told anything is ever told otherwise.

After all kills: each acknowledged batch is there exactly once, on every node, with one leaf; app hashes are
equal; `fsck --full` finds nothing. The load's clients never stop asking.
"""

import random
import signal
from pathlib import Path
from typing import Final

import pytest

from tests.testkit.crashing_node import VARIABLE, CrashPoint
from tests.testkit.network import Network, Victim
from tests.testkit.network_load import NetworkLoad, verify_disks

pytestmark = [pytest.mark.engine, pytest.mark.slow]

KILLS: Final = 24
ANSWERS: Final = 4  # between two kills

POINTS: Final = (
    CrashPoint.BEFORE_FINALIZE,
    CrashPoint.AFTER_FINALIZE,
    CrashPoint.BEFORE_WRITE,
    CrashPoint.AFTER_WRITE,
    CrashPoint.AFTER_COMMIT,
)
"""Every point of a block's life that a network's node passes, whoever proposed the block."""


@pytest.mark.timeout(600)
def test_nodes_killed_at_any_moment_owe_nobody_anything(tmp_path: Path) -> None:
    moments = random.Random(20_261_121)
    with Network.create(tmp_path / "net", districts=3, validators=4) as network:
        network.start()
        load = NetworkLoad(network.nodes)
        with load.running():
            load.wait_for(ANSWERS)
            for number in range(KILLS):
                node = moments.choice(network.nodes)
                node.kill(list(Victim)[number % len(Victim)])
                if moments.random() < 0.5:
                    load.wait_for(ANSWERS)  # three of four go on
                node.start()
                load.wait_for(ANSWERS)
        network.verify_agreement()
        network.stop()
        verify_disks(network, load.nonces)


@pytest.mark.timeout(300)
def test_nodes_killed_at_each_point_of_a_block_owe_nobody_anything(tmp_path: Path) -> None:
    with Network.create(tmp_path / "net", districts=3, validators=4) as network:
        network.start()
        load = NetworkLoad(network.nodes)
        with load.running():
            load.wait_for(ANSWERS)
            for number, point in enumerate(POINTS):
                node = network.nodes[number % len(network.nodes)]
                node.stop()
                node.start(module="tests.testkit.crashing_node", **{VARIABLE: f"{point.name}:5"})
                assert node.wait() == -signal.SIGKILL
                node.start()
                load.wait_for(ANSWERS)
        network.verify_agreement()
        network.stop()
        verify_disks(network, load.nonces)

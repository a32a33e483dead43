"""How many validators a network can do without: one of four, and not two."""

from pathlib import Path

import pytest

from tests.testkit.network import Network, Victim
from tests.testkit.network_load import NetworkLoad, verify_disks

pytestmark = [pytest.mark.engine, pytest.mark.slow]

QUIET_BLOCKS = 0


@pytest.mark.timeout(300)
def test_three_of_four_go_on_two_do_not_and_nothing_is_lost(tmp_path: Path) -> None:
    with Network.create(tmp_path / "net", districts=3, validators=4) as network:
        network.start()
        first, second, third, fourth = network.nodes
        load = NetworkLoad([first, second], senders=1)
        with load.running():
            load.wait_for(4)
            fourth.kill(Victim.BOTH)
            load.wait_for(8)
            third.kill(Victim.APP)
            stuck = network.get_heights([first, second])
            # Half of the power decides nothing, however long it tries; a round takes about a second.
            with pytest.raises(AssertionError, match="more answers"):
                load.wait_for(6, seconds=6)
            assert max(network.get_heights([first, second])) <= max(stuck) + 1
            network.start([third, fourth])
            load.wait_for(8)
        network.verify_agreement()
        network.stop()
        verify_disks(network, load.nonces)

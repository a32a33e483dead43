"""The network that partitions are played on: it carries, it cuts, it loses and it heals."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.testkit.virtual_network import Host, VirtualNetwork, find_obstacle

pytestmark = pytest.mark.skipif(bool(find_obstacle()), reason=find_obstacle())

SEND = """
import socket, sys
listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(int(sys.argv[2])):
    listener.sendto(b"%d" % number, (sys.argv[1], 9))
"""

ECHO = """
import socket
server = socket.create_server(("0.0.0.0", 7000))
print("ready", flush=True)
connection, _ = server.accept()
connection.sendall(connection.recv(100))
"""

ASK = """
import socket, sys
connection = socket.create_connection((sys.argv[1], 7000), timeout=2)
connection.sendall(b"hello")
assert connection.recv(100) == b"hello"
"""


@pytest.fixture(scope="module")
def network() -> Iterator[VirtualNetwork]:
    """Three hosts."""
    with VirtualNetwork(3, seed=7) as network:
        yield network


def ask(asking: Host, answering: Host) -> bool:
    """Whether a program on one host reaches one on another."""
    with subprocess.Popen(
        answering.wrap([sys.executable, "-c", ECHO]), stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        asked = subprocess.run(
            asking.wrap([sys.executable, "-c", ASK, answering.address]), capture_output=True, check=False
        )
        server.kill()
    return asked.returncode == 0


def test_every_host_reaches_every_other_and_the_test(network: VirtualNetwork) -> None:
    first, second, third = network.hosts
    assert ask(first, second)
    assert ask(third, first)
    assert ask(network.outside, second)


def test_a_partition_cuts_until_it_heals_and_never_cuts_the_test_off(network: VirtualNetwork) -> None:
    first, second, third = network.hosts
    network.switch.partition([first, second], [third])
    assert ask(first, second)
    assert not ask(first, third)
    assert ask(network.outside, third)
    network.switch.heal()
    assert ask(first, third)


def test_a_lossy_link_loses_about_what_it_was_told(network: VirtualNetwork) -> None:
    first, second, _ = network.hosts
    network.switch.lose(0.3)
    before, carried = network.switch.lost, network.switch.carried
    subprocess.run(first.wrap([sys.executable, "-c", SEND, second.address, "500"]), check=True)
    subprocess.run(first.wrap([sys.executable, "-c", SEND, second.address, "500"]), check=True)
    lost, kept = network.switch.lost - before, network.switch.carried - carried
    network.switch.heal()
    assert lost + kept >= 900
    assert 0.2 < lost / (lost + kept) < 0.4

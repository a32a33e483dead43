"""What the machine says about ports, and what is said where it does not tell."""

import os
import socket
from collections.abc import Iterator

import pytest

from tests.testkit.node_home import find_free_port
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_node.cli.machine import (
    PortOwner,
    find_port_owner,
    is_listening,
    read_process_name,
    verify_port_free,
)


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that this process listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_free_port_and_no_port_at_all_are_free() -> None:
    verify_port_free(f"127.0.0.1:{find_free_port()}")
    verify_port_free(f"[::1]:{find_free_port()}")
    verify_port_free("0.0.0.0:0")


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_taken_port_is_told_with_who_has_it(taken: int, host: str) -> None:
    with pytest.raises(StoreError) as caught:
        verify_port_free(f"{host}:{taken}")
    assert (caught.value.code, caught.value.fields["port"]) == (Code.PORT_TAKEN, taken)
    assert f"{read_process_name(os.getpid())} {os.getpid()}" in caught.value.zh


def test_an_address_that_is_not_this_machines_is_a_wrong_configuration() -> None:
    with pytest.raises(StoreError) as caught:
        verify_port_free("192.0.2.1:7443")
    assert caught.value.code == Code.CONFIG_INVALID


def test_nobody_owns_a_free_port() -> None:
    assert find_port_owner(find_free_port()) == PortOwner(0, "")
    assert "unknown" in str(PortOwner(0, ""))


def test_listening_is_seen(taken: int) -> None:
    assert is_listening(f"127.0.0.1:{taken}")
    assert not is_listening(f"127.0.0.1:{find_free_port()}", 0.5)
    assert not is_listening("no-such-host.invalid:1", 0.5)

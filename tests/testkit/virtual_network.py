"""Hosts of a network on one machine: a network namespace each, joined by a switch that can misbehave.

A TUN device stands in every namespace; its other end is here, so each packet between two hosts passes
through `Switch`, which forwards it, or loses it, as the test says. Nothing of the kernel's packet scheduling
is needed, and what is lost is drawn from a seed. Needs root and iproute2.
"""

import fcntl
import os
import random
import selectors
import struct
import subprocess
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_TUN: Final = Path("/dev/net/tun")
_TUNSETIFF: Final = 0x400454CA
_IFF_TUN_NO_PI: Final = 0x0001 | 0x1000
_MTU: Final = 1_500
_QUEUE: Final = 10_000  # packets: what is lost, the switch loses
_DESTINATION: Final = slice(16, 20)  # of an IPv4 header
_OUTSIDE: Final = 254


def find_obstacle() -> str:
    """Why hosts cannot be made here; empty where they can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not os.access(_TUN, os.R_OK | os.W_OK):
        return f"{_TUN} is missing"
    probe = subprocess.run(["ip", "netns", "list"], capture_output=True, check=False)
    return "" if probe.returncode == 0 else "iproute2 is missing"


@dataclass(frozen=True, slots=True)
class Host:
    """One host: its namespace and address. The test's own host is the namespace it runs in."""

    number: int
    namespace: str
    address: str

    def wrap(self, command: Sequence[str]) -> list[str]:
        """`command` as it runs on this host."""
        return ["ip", "netns", "exec", self.namespace, *command] if self.namespace else list(command)


class VirtualNetwork:
    """Hosts 1 to `count`, all of which reach each other and the test; a context."""

    def __init__(self, count: int, *, seed: int = 0) -> None:
        """Make the hosts."""
        tag = f"{os.getpid() % 100_000}"
        subnet = f"10.{100 + os.getpid() % 100}.{os.getpid() // 100 % 250}"
        self.hosts = [Host(n, f"zl{tag}-{n}", f"{subnet}.{n}") for n in range(1, count + 1)]
        self.outside = Host(_OUTSIDE, "", f"{subnet}.{_OUTSIDE}")
        self.switch = Switch(seed)
        try:
            for host in (*self.hosts, self.outside):
                self.switch.plug(host, _make_device(host, f"zl{tag}t{host.number}"))
        except BaseException:
            self.close()
            raise
        self.switch.start()

    def close(self) -> None:
        """No host is left; whatever still ran on one has no network."""
        self.switch.close()
        for host in self.hosts:
            _ip("netns", "delete", host.namespace, check=False)

    def __enter__(self) -> Self:
        """The network itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


class Switch:
    """Carries packets between hosts in a thread of its own. The test's host reaches everybody, always."""

    def __init__(self, seed: int) -> None:
        """Nobody is plugged in."""
        self._random = random.Random(seed)
        self._ports: dict[bytes, int] = {}
        self._numbers: dict[int, int] = {}
        self._sides: dict[int, int] = {}
        self._loss = 0.0
        self._selector = selectors.DefaultSelector()
        self._wake_in, self._wake_out = os.pipe()
        self._thread = threading.Thread(target=self._run, name="switch", daemon=True)
        self.carried = 0
        self.lost = 0

    def plug(self, host: Host, device: int) -> None:
        """Packets for `host` go to the file descriptor `device`, and are read from it."""
        self._ports[bytes(map(int, host.address.split(".")))] = device
        self._numbers[device] = host.number
        self._selector.register(device, selectors.EVENT_READ)

    def start(self) -> None:
        """Packets are carried."""
        self._selector.register(self._wake_in, selectors.EVENT_READ)
        self._thread.start()

    def partition(self, *sides: Iterable[Host]) -> None:
        """Hosts of different `sides` do not reach each other; whoever is on none is alone."""
        everybody = {number: -number for number in self._numbers.values()}
        named = {host.number: side for side, hosts in enumerate(sides, start=1) for host in hosts}
        self._sides = everybody | named

    def lose(self, share: float) -> None:
        """That share of the packets between hosts is lost from now on."""
        self._loss = share

    def heal(self) -> None:
        """Every packet arrives again."""
        self._sides, self._loss = {}, 0.0

    def close(self) -> None:
        """Nothing is carried any more; every device is gone."""
        os.write(self._wake_out, b"x")
        if self._thread.is_alive():
            self._thread.join()
        self._selector.close()
        for descriptor in (*self._numbers, self._wake_in, self._wake_out):
            os.close(descriptor)
        self._numbers.clear()

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.fd == self._wake_in:
                    return
                self._carry(key.fd)

    def _carry(self, source: int) -> None:
        try:
            packet = os.read(source, _MTU + 100)
        except OSError:
            return
        target = self._ports.get(packet[_DESTINATION])
        if target is None:
            return
        if self._is_lost(self._numbers[source], self._numbers[target]):
            self.lost += 1
            return
        self.carried += 1
        try:
            os.write(target, packet)
        except OSError:
            self.lost += 1

    def _is_lost(self, source: int, target: int) -> bool:
        if _OUTSIDE in (source, target):
            return False
        sides = self._sides
        if sides and sides.get(source) != sides.get(target):
            return True
        return self._loss > 0 and self._random.random() < self._loss


def _make_device(host: Host, name: str) -> int:
    """The host's namespace with one address in it; the descriptor at the other end."""
    device = os.open(_TUN, os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TUN_NO_PI))
    inside: list[str] = []
    if host.namespace:
        _ip("netns", "add", host.namespace)
        _ip("link", "set", name, "netns", host.namespace)
        inside = ["-n", host.namespace]
        _ip(*inside, "link", "set", "lo", "up")
    _ip(*inside, "address", "add", f"{host.address}/24", "dev", name)
    _ip(*inside, "link", "set", name, "mtu", str(_MTU), "txqueuelen", str(_QUEUE), "up")
    return device


def _ip(*arguments: str, check: bool = True) -> None:
    subprocess.run(["ip", *arguments], check=check, capture_output=True)

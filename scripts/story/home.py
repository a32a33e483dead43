"""The folder of a story: made from the tables once, a folder for every system, left behind.

    HOME/genesis.json authorities.pem addresses.json   what everybody is given
    HOME/systems/NAME/   agency.toml sign.key.json tls.pem …      one system's own; a vault's store
    HOME/logs/           what each process said

In a network of the story's own also:

    HOME/members/NAME/   ca.pem ca.key.pem recovery.key.json      kept offline
    HOME/node/           the node: node.toml, trust.json, store/

On a network that runs already, members keep their offline keys beside the other members' of that network,
where the next story finds them, and HOME/network names its folder. A program of the story opens the folder of
its own system and no other.
"""

import json
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from story import world
from story.keys import HOST
from story.network import Network, read_network

NODE: Final = "node"
PROXY: Final = "lying-proxy"

ADDRESSES: Final = "addresses.json"
NETWORK: Final = "network"
PORTS: Final = range(20_000, 32_000)


class HomeInUse(Exception):
    """The folder is not empty: a story never writes over another."""


class NoStory(Exception):
    """The folder holds no story that could be gone on with."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where everything lies, and at which addresses (host:port) the programs answer.

    `addresses[NODE]` is the node of the centre, of the story's own network or of the one it is told on.
    """

    root: Path
    addresses: dict[str, str]
    network: Network | None = None

    @property
    def node(self) -> Path:
        """The folder of the story's own node."""
        return self.root / "node"

    @property
    def trust(self) -> Path:
        """The trust file that everybody was given out of band."""
        return self.root / "trust.json" if self.network else self.node / "trust.json"

    @property
    def genesis(self) -> Path:
        """The genesis of the network."""
        return self.root / "genesis.json"

    @property
    def authorities(self) -> Path:
        """The CAs of all members that the story has to do with."""
        return self.root / "authorities.pem"

    def get_member(self, member: str) -> Path:
        """The folder of a member's offline keys."""
        return (self.network.root if self.network else self.root) / "members" / member

    def get_system(self, system: str) -> Path:
        """The folder of a system."""
        return self.root / "systems" / system

    def get_node(self, system: str) -> str:
        """The address of the node that a system asks: its member's where it has one, else the centre's."""
        nodes = self.network.nodes if self.network else {}
        return nodes.get(world.get_member_of(system), self.addresses[NODE])

    def get_second_node(self, system: str) -> str:
        """The address of another member's node, empty where there is only one."""
        nodes = self.network.nodes if self.network else {}
        return next((node for node in nodes.values() if node != self.get_node(system)), "")

    def get_log(self, process: str) -> Path:
        """What a process said."""
        return self.root / "logs" / f"{process}.log"

    def read_passphrase(self, system: str) -> str:
        """The passphrase of the key files of a system."""
        return (self.get_system(system) / "passphrase").read_text(encoding="ascii")


def create_home(root: Path, network: Network | None) -> Home:
    """An empty home with an address for every program; raises HomeInUse."""
    verify_free(root)
    served = (PROXY, *world.SERVED)
    if network is None:
        addresses = draw_addresses((NODE, *served))
    else:
        addresses = {NODE: network.nodes[world.CENTRE_MEMBER], **draw_addresses(served)}
    home = Home(root.resolve(), addresses, network)
    (home.root / "logs").mkdir(parents=True)
    if network is not None:
        (home.root / NETWORK).write_text(f"{network.root}\n", encoding="utf-8")
    return home


def finish_home(home: Home) -> None:
    """The home is whole: `read_home` finds it."""
    (home.root / ADDRESSES).write_text(json.dumps(home.addresses, indent=2) + "\n", encoding="ascii")


def verify_free(root: Path) -> None:
    """A story can be told at `root`: there is nothing yet, or an empty folder; raises HomeInUse."""
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise HomeInUse(root)


def read_home(root: Path) -> Home:
    """The home that an earlier story left at `root`; raises NoStory, and NoNetwork where that is gone."""
    if not (root / ADDRESSES).is_file():
        raise NoStory(root)
    addresses = json.loads((root / ADDRESSES).read_text(encoding="ascii"))
    named = root / NETWORK
    network = read_network(Path(named.read_text(encoding="utf-8").strip())) if named.is_file() else None
    return Home(root.resolve(), addresses, network)


def draw_addresses(names: Sequence[str]) -> dict[str, str]:
    """An address on this machine for each name, whose port is free now.

    They lie below the ports that systems give to outgoing connections, so they are likely to be free when the
    programs are started again.
    """
    free: list[int] = []
    while len(free) < len(names):
        port = secrets.choice(PORTS)
        if port not in free and _is_free(port):
            free.append(port)
    return {name: f"{HOST}:{port}" for name, port in zip(names, free, strict=True)}


def _is_free(port: int) -> bool:
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True

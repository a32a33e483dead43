"""A network on this machine that the story is told on: its members, whose nodes run where, their offices.

DIR/network.json genesis.json authorities.pem     DIR/nodes/MEMBER/trust.json
DIR/members/MEMBER/          the member's offline keys
DIR/systems/MEMBER-office/   the system by which the member votes; the centre's keeps the registries
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from story import world


class NoNetwork(Exception):
    """The folder holds no network of one machine."""


@dataclass(frozen=True, slots=True)
class Network:
    """The folder of a network, and the address (host:port) of every member's node."""

    root: Path
    nodes: Mapping[str, str]

    @property
    def genesis(self) -> Path:
        """The genesis that all nodes run on."""
        return self.root / "genesis.json"

    @property
    def authorities(self) -> Path:
        """The CAs of the members that the genesis names."""
        return self.root / "authorities.pem"

    @property
    def trust(self) -> Path:
        """The trust file, as the centre hands it over."""
        return self.root / "nodes" / world.CENTRE_MEMBER / "trust.json"

    def get_office(self, member: str) -> Path:
        """The folder of a member's office system."""
        return self.root / "systems" / f"{member}-office"


def read_network(root: Path) -> Network:
    """The network in the folder `root`; raises NoNetwork."""
    try:
        fields = json.loads((root / "network.json").read_text(encoding="utf-8"))
        nodes = {member["id"]: str(member["listen"]) for member in fields["members"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoNetwork(root) from error
    if world.CENTRE_MEMBER not in nodes:
        raise NoNetwork(root)
    return Network(root.resolve(), nodes)

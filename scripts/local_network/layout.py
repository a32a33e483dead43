"""The folder of a network on one machine, as network.json describes it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zhenglian_node.config import NodeConfig, read_config

NETWORK: Final = "network.json"


class NoNetwork(Exception):
    """The folder holds no network."""


@dataclass(frozen=True, slots=True)
class Node:
    """A member's node: where it lives, what it says, and the process that runs it."""

    member: str
    is_validator: bool
    home: Path
    log: Path
    pid_file: Path

    @property
    def config(self) -> NodeConfig:
        """Its node.toml; raises StoreError(CONFIG_INVALID)."""
        return read_config(self.home)


def is_network(root: Path) -> bool:
    """Whether a whole network lies there: network.json is written last."""
    return (root / NETWORK).is_file()


def count_members(root: Path) -> dict[str, int]:
    """How many departments, districts and validators the network in `root` has; raises NoNetwork."""
    try:
        members = json.loads((root / NETWORK).read_text(encoding="utf-8"))["members"]
        return {
            "departments": sum(member["tier"] == "DEPARTMENT" for member in members),
            "districts": sum(member["tier"] == "DISTRICT" for member in members),
            "validators": sum(member["validator"] for member in members),
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoNetwork(root) from error


def read_nodes(root: Path) -> list[Node]:
    """The nodes of the network in `root`, validators first; raises NoNetwork."""
    try:
        members = json.loads((root / NETWORK).read_text(encoding="utf-8"))["members"]
        return [
            Node(
                member=member["id"],
                is_validator=member["validator"],
                home=root / member["home"],
                log=root / "logs" / f"{member['id']}.log",
                pid_file=root / "run" / f"{member['id']}.pid",
            )
            for member in members
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoNetwork(root) from error

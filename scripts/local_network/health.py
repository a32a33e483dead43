"""How the nodes stand: each is asked over its own API, all at the same time."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Final

from local_network.layout import Node
from local_network.processes import find_process, read_last_line
from zhenglian_ledger.errors import ZhenglianError
from zhenglian_node.cli.status import fetch_status

MOST_HEIGHTS_APART: Final = 2
POLL_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class Health:
    """How one node stands; `height` is -1 where it does not answer, and `why` says what is known then."""

    member: str
    validator: bool
    pid: int | None
    height: int
    provable_height: int
    app_hash: str
    why: str

    @property
    def is_up(self) -> bool:
        """Whether it answers, and with something it can prove."""
        return self.height > 0


def fetch_health(nodes: Sequence[Node]) -> list[Health]:
    """How each node stands now."""
    with ThreadPoolExecutor(max_workers=len(nodes)) as pool:
        return list(pool.map(_ask, nodes))


def is_together(healths: Sequence[Health]) -> bool:
    """Whether all answer and no two are further apart than two heights."""
    heights = [health.height for health in healths]
    return all(health.is_up for health in healths) and max(heights) - min(heights) <= MOST_HEIGHTS_APART


def wait_until_together(nodes: Sequence[Node], seconds: float) -> list[Health]:
    """How the nodes stand when they are together, when one of them has ended, or after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        healths = fetch_health(nodes)
        has_ended = any(health.pid is None for health in healths)
        if is_together(healths) or has_ended or time.monotonic() > deadline:
            return healths
        time.sleep(POLL_S)


def to_fields(health: Health) -> dict[str, object]:
    """The fields of one line of --json."""
    return asdict(health)


def _ask(node: Node) -> Health:
    pid = find_process(node)
    if pid is None:
        return Health(node.member, node.is_validator, None, -1, -1, "", _explain(node))
    try:
        found = fetch_status(node.config)
    except ZhenglianError as error:
        return Health(node.member, node.is_validator, pid, -1, -1, "", f"无应答 no answer: {error.en}")
    return Health(
        node.member, node.is_validator, pid, found.height, found.provable_height, found.app_hash.hex(), ""
    )


def _explain(node: Node) -> str:
    """A node that was stopped has no pid file; one that ended by itself has left its last words."""
    if not node.pid_file.exists():
        return "未运行 not running"
    return f"意外退出 has ended by itself: {read_last_line(node.log)} ({node.log})"

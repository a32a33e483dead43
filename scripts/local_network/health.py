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
from zhenglian_node.cli.watch.readiness import Reason

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
    stalled: bool = False

    @property
    def is_up(self) -> bool:
        """Whether it answers, and with something it can prove."""
        return self.height > 0


def fetch_health(nodes: Sequence[Node]) -> list[Health]:
    """How each node stands now."""
    with ThreadPoolExecutor(max_workers=len(nodes)) as pool:
        return list(pool.map(_ask, nodes))


def is_together(healths: Sequence[Health]) -> bool:
    """Whether all answer, blocks come, no two are further apart than two heights, and none differs."""
    heights = [health.height for health in healths]
    is_near = max(heights) - min(heights) <= MOST_HEIGHTS_APART
    are_well = all(health.is_up and not health.stalled for health in healths)
    return are_well and is_near and not find_differing(healths)


def find_differing(healths: Sequence[Health]) -> list[str]:
    """Members whose node proves another app hash than another node does at the same height; all of these."""
    hashes: dict[int, set[str]] = {}
    for health in healths:
        if health.is_up:
            hashes.setdefault(health.provable_height, set()).add(health.app_hash)
    return [each.member for each in healths if each.is_up and len(hashes[each.provable_height]) > 1]


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
        node.member, node.is_validator, pid, found.height, found.provable_height, found.app_hash.hex(), "",
        stalled=Reason.STALLED.code in found.health.reasons,
    )  # fmt: skip


def _explain(node: Node) -> str:
    """A node that was stopped has no pid file; one that ended by itself has left its last words."""
    if not node.pid_file.exists():
        return "未运行 not running"
    return f"意外退出 has ended by itself: {read_last_line(node.log)} ({node.log})"

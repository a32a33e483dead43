"""What happened, counted: records and uses as the desks brought them to the ledger, the rest as they saw it.

The verdicts under `plan` are those of the second restaurant's plan as it stood before its missing grant was
given. Height and app hash are where the ledger stood at the end: of a network that goes on, as its centre's
node proved it then.
"""

from collections import Counter
from typing import Any, NamedTuple

from story import world
from story.lying_proxy import LIES
from story.stage import Stage
from zhenglian import Verdict
from zhenglian_node.app.format import get_head
from zhenglian_node.storage.leveldb import LevelDbStore

USES = ("open_use", "present", "rely")


class Reached(NamedTuple):
    """Where the ledger stands."""

    height: int
    app_hash: bytes


def read_reached(stage: Stage) -> Reached:
    """Where the store of the story's own node, which has stopped, stands."""
    store = LevelDbStore(stage.home.node / "store")
    try:
        head = get_head(store)
    finally:
        store.close()
    assert head is not None  # noqa: S101  a node ran on it
    return Reached(head.height, head.app_hash)


async def ask_reached(stage: Stage) -> Reached:
    """Where the network that the story is told on stands, by its centre's node."""
    status = await (await stage.get_desk(world.CENTRE_OFFICE)).client.get_status()
    return Reached(status.provable_height, status.app_hash)


def build_summary(stage: Stage, reached: Reached) -> dict[str, Any]:
    """The numbers of the story, for programs."""
    counted = sum((desk.counted for desk in stage.desks.values()), start=Counter[str]())
    plan = Counter(row.verdict for row in stage.plan.rows) if stage.plan else Counter()
    return {
        "licences": counted["issue_licence"],
        "materials": counted["collect_material"],
        "cases": counted["open_case"],
        "grants": counted["give_grant"],
        "uses": sum(counted[kind] for kind in USES),
        "refusals": len(stage.refusals),
        "documents_fetched": len(stage.fetched),
        "plan": {verdict.value.lower(): plan[verdict] for verdict in Verdict},
        "lying_node_caught": set(stage.lies_caught) == set(LIES),
        "trace_complete": bool(stage.traces_complete) and all(stage.traces_complete),
        "app_hash": reached.app_hash.hex(),
        "height": reached.height,
    }

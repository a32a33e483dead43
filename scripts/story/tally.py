"""What happened, counted.

Records and uses are counted in the stopped node's own logs, the rest in what the desks got back. The verdicts
under `plan` are those of the second restaurant's plan as it stood before its missing grant was given.
"""

from collections import Counter
from typing import Any

from story.home import Home
from story.lying_proxy import LIES
from story.stage import Stage
from zhenglian import Verdict
from zhenglian_ledger import rows
from zhenglian_ledger.head import Head
from zhenglian_ledger.leaves import decode_entry
from zhenglian_node.app.format import get_head
from zhenglian_node.storage.leveldb import LevelDbStore
from zhenglian_proto.v1.operation_pb2 import Operation

USES = ("open_use", "present", "rely")


def count_ledger(home: Home) -> tuple[Counter[str], Head]:
    """Accepted operations by kind in the logs of the stopped node's store, and where the ledger stands."""
    store = LevelDbStore(home.node / "store")
    try:
        head = get_head(store)
        assert head is not None  # noqa: S101  a node ran on it
        counted: Counter[str] = Counter()
        for log in (rows.REGISTRY, rows.ACCESS):
            for _, leaf in store.scan(rows.entry_key(log, 0)[:2]):
                entry = decode_entry(leaf)
                if not entry.code:
                    counted[Operation.FromString(entry.operation).WhichOneof("kind") or ""] += 1
    finally:
        store.close()
    return counted, head


def build_summary(stage: Stage) -> dict[str, Any]:
    """The numbers of the story, for programs."""
    counted, head = count_ledger(stage.home)
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
        "app_hash": head.app_hash.hex(),
        "height": head.height,
    }

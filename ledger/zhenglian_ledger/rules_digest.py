"""The digest of the rules a node runs: genesis holds it, and a node with another one refuses the store.

It covers what a rule version owns in data: message descriptors, result codes, permissions, lifecycles with
the nibble of each state, and how grants narrow (SPEC 9.1). Rule code itself is pinned by `RULES_VERSION`,
raised with every change of meaning.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from zhenglian_ledger import lifecycle
from zhenglian_ledger.codes import Code
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.narrowing import describe_narrowing
from zhenglian_ledger.permissions import GENESIS_ONLY, WRITES
from zhenglian_ledger.rules.parameters import BOUNDS, FIXED
from zhenglian_ledger.rules.thresholds import THRESHOLDS
from zhenglian_ledger.tags import RULES, tagged
from zhenglian_proto.v1 import (
    batch_pb2,
    cases_pb2,
    constraints_pb2,
    corrections_pb2,
    eras_pb2,
    governance_pb2,
    grants_pb2,
    members_pb2,
    operation_pb2,
    records_pb2,
    registries_pb2,
    state_pb2,
    types_pb2,
    uses_pb2,
)

RULES_VERSION: Final = 1

_FILES: Final = (
    constraints_pb2, batch_pb2, types_pb2, members_pb2, registries_pb2, cases_pb2, records_pb2,
    grants_pb2, uses_pb2, corrections_pb2, governance_pb2, eras_pb2, operation_pb2, state_pb2,
)  # fmt: skip

TRANSITIONS: Final[dict[str, Mapping[Any, int]]] = {  # by (state, event)
    "CASES": lifecycle.CASES,
    "LICENCES": lifecycle.LICENCES,
    "MATERIALS": lifecycle.MATERIALS,
    "GRANTS": lifecycle.GRANTS,
    "HOLDER_KEYS": lifecycle.HOLDER_KEYS,
}

STANDINGS: Final[dict[str, frozenset[int]]] = {
    "OPEN_CASES": lifecycle.OPEN_CASES,
    "SUPERSEDABLE": lifecycle.SUPERSEDABLE,
}

STATUSES: Final[dict[str, Mapping[int, Status] | Mapping[int, tuple[Status, Status]]]] = {
    "CASE_STATUS": lifecycle.CASE_STATUS,
    "RECORD_STATUS": lifecycle.RECORD_STATUS,
    "DISPUTE_STATUS": lifecycle.DISPUTE_STATUS,
    "GRANT_STATUS": lifecycle.GRANT_STATUS,
    "HOLDER_KEY_STATUS": lifecycle.HOLDER_KEY_STATUS,
    "ADMINISTERED_STATUS": lifecycle.ADMINISTERED_STATUS,
    "PROPOSAL_STATUS": lifecycle.PROPOSAL_STATUS,
}


def describe_lifecycles() -> list[str]:
    """One line a transition, set of states and status, in the order of the tables above."""
    lines = []
    for name, table in TRANSITIONS.items():
        lines += [f"{name} {before} {event} {after}" for (before, event), after in sorted(table.items())]
    lines += [f"{name} {sorted(standings)}" for name, standings in STANDINGS.items()]
    for name, statuses in STATUSES.items():
        for standing, found in sorted(statuses.items()):
            pair = found if isinstance(found, tuple) else (found,)
            lines.append(f"{name} {standing} {[int(status) for status in pair]}")
    return lines


@cache
def compute_rules_digest() -> bytes:
    """SHA-256 over the rule version, its descriptors and its tables."""
    lines = [f"version {RULES_VERSION}"]
    lines += [f"code {code.value} {code.name}" for code in Code if code < 1000]
    lines += [f"write {kind} {sorted(roles)}" for kind, roles in sorted(WRITES.items())]
    lines += [f"genesis {kind}" for kind in sorted(GENESIS_ONLY)]
    lines += describe_lifecycles()
    lines += [f"narrowing {field}: {rule}" for field, rule in describe_narrowing()]
    lines += [f"threshold {kind} {part.numerator}/{part.denominator}" for kind, part in THRESHOLDS.items()]
    lines += [f"parameter {name} {least} {greatest}" for name, (least, greatest) in BOUNDS.items()]
    lines += [f"parameter {name} fixed" for name in sorted(FIXED)]
    descriptors = b"".join(module.DESCRIPTOR.serialized_pb for module in _FILES)
    return tagged(RULES, "\n".join(lines).encode() + b"\n" + descriptors)

"""The digest of the rules a node runs: genesis holds it, and a node with another one refuses the store.

It covers what a rule version owns in data: message descriptors, result codes, permissions and lifecycles
(SPEC 9.1). Rule code itself is pinned by `RULES_VERSION`, raised with every change of meaning.
"""

from functools import cache
from typing import Final

from zhenglian_ledger import lifecycle
from zhenglian_ledger.codes import Code
from zhenglian_ledger.permissions import GENESIS_ONLY, WRITES
from zhenglian_ledger.tags import RULES, tagged
from zhenglian_proto.v1 import (
    batch_pb2,
    cases_pb2,
    constraints_pb2,
    corrections_pb2,
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
    grants_pb2, uses_pb2, corrections_pb2, operation_pb2, state_pb2,
)  # fmt: skip


@cache
def compute_rules_digest() -> bytes:
    """SHA-256 over the rule version, its descriptors and its tables."""
    lines = [f"version {RULES_VERSION}"]
    lines += [f"code {code.value} {code.name}" for code in Code if code < 1000]
    lines += [f"write {kind} {sorted(roles)}" for kind, roles in sorted(WRITES.items())]
    lines += [f"genesis {kind}" for kind in sorted(GENESIS_ONLY)]
    for name in ("CASES", "LICENCES", "MATERIALS", "GRANTS"):
        table = getattr(lifecycle, name)
        lines += [f"{name} {before} {event} {after}" for (before, event), after in sorted(table.items())]
    descriptors = b"".join(module.DESCRIPTOR.serialized_pb for module in _FILES)
    return tagged(RULES, "\n".join(lines).encode() + b"\n" + descriptors)

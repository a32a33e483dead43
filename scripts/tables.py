"""Writes ledger/TABLES.md from the very tables the ledger runs on: documentation that cannot rot."""

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from zhenglian_ledger import lifecycle
from zhenglian_ledger.codes import Code
from zhenglian_ledger.narrowing import describe_narrowing
from zhenglian_ledger.operations import OPERATIONS
from zhenglian_ledger.permissions import GENESIS_ONLY, READS, WRITES
from zhenglian_ledger.rows import REGISTRY
from zhenglian_ledger.rules.parameters import BOUNDS, FIXED
from zhenglian_ledger.rules.thresholds import THRESHOLDS
from zhenglian_proto.v1 import cases_pb2, grants_pb2, members_pb2, operation_pb2, records_pb2, state_pb2

Enumeration = Any
"""The wrapper of a protobuf enum: `Name(number)`."""

TARGET = Path(__file__).parent.parent / "ledger" / "TABLES.md"

LIFECYCLES: tuple[tuple[str, str, Enumeration, Enumeration, Mapping[Any, Any]], ...] = (
    ("Cases 办件", "CASE", state_pb2.CaseStanding, cases_pb2.CaseEvent, lifecycle.CASES),
    ("Licences 电子证照", "RECORD", state_pb2.RecordStanding, records_pb2.LicenceEvent, lifecycle.LICENCES),
    (
        "Materials 电子材料",
        "RECORD",
        state_pb2.RecordStanding,
        records_pb2.MaterialEvent,
        lifecycle.MATERIALS,
    ),
    ("Grants 授权", "GRANT", state_pb2.GrantStanding, grants_pb2.GrantEvent, lifecycle.GRANTS),
    (
        "Holder keys 持有人密钥",
        "HOLDER_KEY",
        state_pb2.HolderKeyStanding,
        grants_pb2.HolderKeyEnd,
        lifecycle.HOLDER_KEYS,
    ),
)


def main() -> int:
    """Write the tables, or with --check say whether they are what stands in the file."""
    text = build_tables()
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(text, "utf-8")
        return 0
    if TARGET.read_text("utf-8") == text:
        return 0
    print(f"drift: {TARGET.name}; run scripts/gen-docs", file=sys.stderr)
    return 1


def build_tables() -> str:
    """The whole page."""
    parts = [
        "# Tables\n\nGenerated from the code by `scripts/gen-docs`; part of [SPEC.md](SPEC.md).\n",
        "## Operations (SPEC 3.1, 3.2)\n",
        table(("operation", "number", "log", "roles"), build_operations()),
        "## Readers (SPEC 6.1)\n",
        table(("data", "who", "traced as"), build_readers()),
    ]
    for title, prefix, standings, events, transitions in LIFECYCLES:
        parts += [f"## {title} (SPEC 3.3)\n", table(*build_lifecycle(prefix, standings, events, transitions))]
    parts += [
        "## Statuses of records (SPEC 4.4)\n",
        table(("standing", "nibble", "with an open dispute"), build_statuses()),
        "## Narrowing of grants (SPEC 5.8)\n",
        table(("field", "the child's must be"), describe_narrowing()),
        "## Votes 表决 (SPEC 5.11)\n",
        table(("change", "approvals: more than", "of 4", "of 7", "of 19"), build_thresholds()),
        "## Parameters (SPEC 5.13)\n",
        table(("parameter", "a vote may set from", "to"), build_bounds()),
        "## Codes\n",
        "Below 1000 they are results on the ledger; the others say what a client, node or service met.\n",
        table(("code", "name", "中文", "English"), build_codes()),
    ]
    return "\n".join(parts)


def table(head: Iterable[str], body: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    names = list(head)
    lines = [names, ["---"] * len(names), *body]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def build_operations() -> list[tuple[str, ...]]:
    """Each kind of operation with its log and who may write it."""
    fields = operation_pb2.Operation.DESCRIPTOR.fields_by_name
    rows: list[tuple[str, ...]] = []
    for kind, rule in OPERATIONS.items():
        roles = sorted(members_pb2.Role.Name(role).removeprefix("ROLE_") for role in WRITES[kind])
        usual = ", ".join(roles) or "the system batch of an era"
        who = "genesis; later by vote" if kind in GENESIS_ONLY else usual
        log = "registry" if rule.log == REGISTRY else "access"
        rows.append((f"`{kind}`", str(fields[kind].number), log, who))
    return rows


def build_readers() -> list[tuple[str, ...]]:
    """Each kind of data with who may read it."""
    rows: list[tuple[str, ...]] = []
    for data, reader in READS.items():
        roles = sorted(members_pb2.Role.Name(role).removeprefix("ROLE_") for role in reader.roles)
        who = ["any registered system"] * reader.anyone + roles + list(reader.concerned)
        rows.append((data, "; ".join(who), reader.traced_as or "–"))
    return rows


def build_lifecycle(
    prefix: str, standings: Enumeration, events: Enumeration, transitions: Mapping[Any, Any]
) -> tuple[list[str], list[list[str]]]:
    """State × event → state, as a matrix; an empty cell is refused with WRONG_STATE."""

    def name(standing: int) -> str:
        return str(standings.Name(standing)).removeprefix(f"{prefix}_STANDING_")

    def name_event(event: int) -> str:
        return re.sub(r"^[A-Z_]+?_(EVENT|END)_", "", str(events.Name(event)))

    columns = sorted({event for _, event in transitions})
    rows = [
        [
            name(before),
            *(
                name(transitions[before, event]) if (before, event) in transitions else ""
                for event in columns
            ),
        ]
        for before in sorted({before for before, _ in transitions})
    ]
    return ["state", *(name_event(event) for event in columns)], rows


def build_statuses() -> list[tuple[str, ...]]:
    """The nibble of each standing of a licence or material."""
    return [
        (state_pb2.RecordStanding.Name(standing).removeprefix("RECORD_STANDING_"), plain.name, disputed.name)
        for standing, (plain, disputed) in lifecycle.RECORD_STATUS.items()
    ]


def build_thresholds() -> list[tuple[str, ...]]:
    """Each kind of change with the part that must approve it, and how many that are of some electorates."""
    return [
        (
            f"`{kind}`",
            f"{part.numerator}/{part.denominator}",
            *(str(part.compute_needed(electors)) for electors in (4, 7, 19)),
        )
        for kind, part in THRESHOLDS.items()
    ]


def build_bounds() -> list[tuple[str, ...]]:
    """Each parameter with the bounds within which a vote may change it."""
    return [
        *((f"`{name}`", "never changes", "") for name in sorted(FIXED)),
        *((f"`{name}`", str(least), str(greatest)) for name, (least, greatest) in BOUNDS.items()),
    ]


def build_codes() -> list[tuple[str, ...]]:
    """Every code with its sentences."""
    return [(str(code.value), f"`{code.name}`", code.zh, code.en) for code in Code]


if __name__ == "__main__":
    sys.exit(main())

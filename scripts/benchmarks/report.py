"""Figures beside their targets: a table for people, JSON for whoever compares two runs."""

import json
import platform
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

REFERENCE_VERIFICATIONS: Final = 22_000.0
"""Ed25519 verifications a second of the machine for which the targets of throughput are written."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure; a `ratio` of 1 or more meets the `target`.

    `per_verification` relates a rate to the Ed25519 verifications a second of the same run.
    """

    run: str
    name: str
    unit: str
    measured: float
    target: float | None = None
    ratio: float | None = None
    per_verification: float | None = None


def cost(run: str, name: str, unit: str, measured: float, target: float | None = None) -> Figure:
    """The less the better; a target holds on every machine."""
    return Figure(run, name, unit, measured, target, None if target is None else target / measured)


def rate(run: str, name: str, unit: str, measured: float, target: float | None = None) -> Figure:
    """The more the better; a target is for the reference machine until it is scaled."""
    return Figure(run, name, unit, measured, target, per_verification=measured)


def scale_rates(figures: list[Figure], verifications: float) -> list[Figure]:
    """The figures with every rate, and its target, set against this machine's `verifications` a second."""
    return [_scale(figure, verifications) if figure.per_verification else figure for figure in figures]


def _scale(figure: Figure, verifications: float) -> Figure:
    target = figure.target and figure.target * verifications / REFERENCE_VERIFICATIONS
    ratio = target and figure.measured / target
    return replace(figure, target=target, ratio=ratio, per_verification=figure.measured / verifications)


def print_table(figures: list[Figure], console: Console) -> None:
    """The figures with target, measured and ratio; a ratio of 1 or more meets the target."""
    table = Table(title="zhenglian: measured on this machine")
    for heading in ("run", "figure", "unit"):
        table.add_column(heading)
    for heading in ("target", "measured", "ratio", "met", "per verification"):
        table.add_column(heading, justify="right")
    for figure in figures:
        table.add_row(
            figure.run,
            figure.name,
            figure.unit,
            _format(figure.target),
            _format(figure.measured),
            _format(figure.ratio),
            "" if figure.ratio is None else "yes" if figure.ratio >= 1 else "no",
            _format(figure.per_verification),
        )
    console.print(table)
    console.print(
        "ratio ≥ 1 meets the target; targets of rates are scaled by this machine's Ed25519 verifications"
    )


def write_json(figures: list[Figure], conditions: dict[str, object], path: Path) -> None:
    """The figures, the machine and the conditions they were measured under are in the file at `path`."""
    conditions = {"machine": platform.machine(), "python": platform.python_version(), **conditions}
    document = {"conditions": conditions, "figures": [asdict(figure) for figure in figures]}
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _format(value: float | None) -> str:
    if value is None:
        return ""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if value >= 1 else f"{value:.3f}"

"""Percentiles and shares of what was measured. Pure."""

from collections.abc import Sequence

from benchmarks.report import Figure, cost


def compute_percentile(values: Sequence[float], percent: int) -> float:
    """The smallest of `values` that at least `percent` of a hundred do not exceed (nearest rank)."""
    ranked = sorted(values)
    return ranked[max(0, -(-len(ranked) * percent // 100) - 1)]


def build_latencies(run: str, name: str, milliseconds: Sequence[float], target: float | None) -> list[Figure]:
    """The median, beside its target, and the 95th percentile."""
    return [
        cost(run, f"{name}, p50", "ms", compute_percentile(milliseconds, 50), target),
        cost(run, f"{name}, p95", "ms", compute_percentile(milliseconds, 95)),
    ]


def share(run: str, name: str, part: float, whole: float, target: float) -> Figure:
    """How many per cent of `whole` is `part`: the more the better, on every machine alike."""
    percent = 100 * part / whole
    return Figure(run, name, "%", percent, target, percent / target)

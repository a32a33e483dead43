"""Throughput and latency against the number of validators, drawn as SVG by a few lines of our own."""

from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

WIDTH: Final = 920
HEIGHT: Final = 400
PANEL: Final = 400
"""Of each of the two panels, side by side."""

_LEFT, _TOP, _RIGHT, _BOTTOM = 64, 56, 16, 80
_STEPS: Final = 4
_ROUND: Final = (1, 2, 3, 4, 6, 8, 10)
_HALO: Final = 'paint-order="stroke" stroke="#fff" stroke-width="4"'
"""Around a number, so that a line behind it does not cross it."""


class Point(NamedTuple):
    """What a network of so many validators does."""

    validators: int
    records: float
    milliseconds: float


def draw_plot(points: Sequence[Point], notes: Sequence[str]) -> str:
    """An SVG document: records a second at the left, median latency at the right, two notes below."""
    rates = [(point.validators, point.records) for point in points]
    latencies = [(point.validators, point.milliseconds) for point in points]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}"',
        f' viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13" fill="#222">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        *_draw_panel(20, "吞吐 Throughput, records/s", rates, "#1f5fa8"),
        *_draw_panel(40 + PANEL, "单笔时延 Latency of one record, p50, ms", latencies, "#b0452c"),
    ]
    for number, note in enumerate(notes):
        y = HEIGHT - 26 + 16 * number
        lines.append(f'<text x="20" y="{y}" font-size="11" fill="#666">{escape(note)}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def compute_ceiling(largest: float) -> float:
    """A round number not below `largest`: the top of an axis whose marks are round too."""
    power = 1.0
    while power * 10 <= largest:
        power *= 10
    while power > largest > 0:
        power /= 10
    return next((step * power for step in _ROUND if step * power >= largest), 10 * power)


def _draw_panel(x: int, title: str, values: Sequence[tuple[int, float]], colour: str) -> list[str]:
    left, right = x + _LEFT, x + PANEL - _RIGHT
    top, bottom = _TOP, HEIGHT - _BOTTOM
    ceiling = compute_ceiling(max((value for _, value in values), default=1.0))
    most = max((count for count, _ in values), default=1)
    lines = [f'<text x="{left}" y="{top - 24}" font-weight="bold">{escape(title)}</text>']
    for step in range(_STEPS + 1):
        y = bottom - (bottom - top) * step / _STEPS
        lines.append(f'<path d="M{left} {y:.1f}H{right}" stroke="#ddd"/>')
        mark = f"{ceiling * step / _STEPS:,.6g}"
        lines.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end" font-size="11">{mark}</text>')
    places = [
        (left + (right - left) * count / (most + 1), bottom - (bottom - top) * value / ceiling)
        for count, value in values
    ]
    line = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
    lines.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
    for (a, b), (count, value) in zip(places, values, strict=True):
        lines.append(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="4" fill="{colour}"/>')
        lines.append(
            f'<text x="{a:.1f}" y="{b - 9:.1f}" text-anchor="middle" {_HALO}>{_format(value)}</text>'
        )
        lines.append(f'<text x="{a:.1f}" y="{bottom + 18}" text-anchor="middle">{count}</text>')
    middle = (left + right) // 2
    lines.append(f'<text x="{middle}" y="{bottom + 36}" text-anchor="middle">验证节点 validators</text>')
    return lines


def _format(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"

"""Plots as SVG, written by hand: bars for what is compared, lines for what grows."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

WIDTH = 760
COLOURS = {
    "suture": "#1b7f5c",
    "fabric floor": "#9aa5ab",
    "ssh host true": "#c3cacd",
    "pyinfra": "#3d6fb4",
    "mitogen": "#b4743d",
    "ansible": "#b43d4f",
    "rsync": "#7d5bb0",
    "rsync --checksum": "#a68fcb",
    "scp": "#7d5bb0",
}
STYLE = (
    "<style>text{font:13px system-ui,sans-serif;fill:#333}.title{font-weight:600;font-size:15px}"
    ".soft{fill:#777;font-size:12px}@media(prefers-color-scheme:dark){text{fill:#ddd}"
    ".soft{fill:#999}}</style>"
)


@dataclass(frozen=True)
class Bar:
    """One tool's value, with its spread; ``label`` is what is written beside it."""

    tool: str
    value: float
    low: float
    high: float
    label: str


def bars(title: str, unit: str, given: Sequence[Bar]) -> str:
    """Horizontal bars on a logarithmic scale: what is compared differs by orders of magnitude."""
    left, right, line = 150, 130, 28
    smallest = min(bar.low for bar in given)
    largest = max(bar.high for bar in given)
    start = math.floor(math.log10(smallest))
    end = max(math.ceil(math.log10(largest)), start + 1)

    def across(value: float) -> float:
        share = (math.log10(value) - start) / (end - start)
        return left + share * (WIDTH - left - right)

    height = 62 + line * len(given)
    parts = [_text(12, 22, title, "title")]
    for power in range(start, end + 1):
        x = across(10**power)
        parts.append(_line(x, 36, x, height - 26, "#8884"))
        parts.append(_text(x, height - 10, f"{10**power:g} {unit}", "soft", "middle"))
    for row, bar in enumerate(given):
        y = 40 + row * line
        colour = COLOURS.get(bar.tool, "#888")
        width = across(bar.value) - left
        parts.append(_text(left - 8, y + 15, bar.tool, "", "end"))
        parts.append(f'<rect x="{left}" y="{y}" width="{width:.1f}" height="20" fill="{colour}"/>')
        if bar.high > bar.low:
            parts.append(_line(across(bar.low), y + 10, across(bar.high), y + 10, "#333"))
        parts.append(_text(across(bar.high) + 8, y + 15, bar.label))
    return _svg(height, parts)


def lines(
    title: str,
    across_label: str,
    unit: str,
    given: Mapping[str, Sequence[tuple[float, float]]],
) -> str:
    """Lines on logarithmic scales both ways."""
    left, right, top, bottom, height = 70, 150, 40, 48, 380
    points = [point for line in given.values() for point in line]
    x_from, x_to = _decades(x for x, _ in points)
    y_from, y_to = _decades(y for _, y in points)

    def place(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - x_from) / (x_to - x_from)
        up = (math.log10(y) - y_from) / (y_to - y_from)
        return (
            left + across * (WIDTH - left - right),
            height - bottom - up * (height - top - bottom),
        )

    parts = [_text(12, 22, title, "title")]
    for power in range(x_from, x_to + 1):
        x, _ = place(10**power, 10**y_from)
        parts.append(_line(x, top, x, height - bottom, "#8883"))
        parts.append(_text(x, height - bottom + 18, f"{10**power:g}", "soft", "middle"))
    for power in range(y_from, y_to + 1):
        _, y = place(10**x_from, 10**power)
        parts.append(_line(left, y, WIDTH - right, y, "#8883"))
        parts.append(_text(left - 8, y + 4, f"{10**power:g} {unit}", "soft", "end"))
    parts.append(_text((left + WIDTH - right) / 2, height - 10, across_label, "soft", "middle"))
    taken: list[float] = []
    for tool, line in sorted(given.items(), key=lambda pair: -pair[1][-1][1]):
        colour = COLOURS.get(tool, "#888")
        found = [place(x, y) for x, y in line]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in found)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in found]
        y = found[-1][1] + 4
        while any(abs(y - other) < 15 for other in taken):
            y += 15
        taken.append(y)
        parts.append(_text(WIDTH - right + 10, y, tool))
        parts.append(_line(found[-1][0], found[-1][1], WIDTH - right + 6, y - 4, colour + "66"))
    return _svg(height, parts)


def _decades(values: Iterable[float]) -> tuple[int, int]:
    found = list(values)
    start = math.floor(math.log10(min(found)))
    return start, max(math.ceil(math.log10(max(found))), start + 1)


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    told = html.escape(text)
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{named}>{told}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _svg(height: float, parts: Iterable[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}">'
    return head + STYLE + "".join(parts) + "</svg>\n"

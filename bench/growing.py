"""How time and memory grow with the work, and which resource bends the line."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

from bench.measure import Series
from bench.report import Results, seconds, table

Points = Sequence[tuple[float, float]]

BY: tuple[tuple[str, str, str], ...] = (("growth", "tasks", "task"), ("hosts", "hosts", "host"))
"""Measure, what grows in it, and one of that."""
RESOURCES: dict[str, Callable[[Series], float]] = {
    "time": lambda each: each.seconds,
    "our processor time": lambda each: each.processor,
    "the hosts' processor time": lambda each: each.beyond,
    "our memory": lambda each: each.peak_mib,
}


def slope(points: Points) -> tuple[float, float]:
    """The least-squares line: what it takes at nothing, and for each one more."""
    result = statistics.linear_regression([x for x, _ in points], [y for _, y in points])
    return result.intercept, result.slope


def grown(
    results: Results, measure: str, by: str, resource: str = "time"
) -> dict[str, list[tuple[float, float]]]:
    """Each tool's points: how many, how much of the resource.  Of the tasks that all tools were
    given first there is a point more for those who were given few others."""
    found: dict[str, list[tuple[float, float]]] = {}
    more = results.found("converge again", rtt_ms=0) if measure == "growth" else []
    few = {each.tool for each in results.found(measure) if each.tool != "suture"}
    watched = resource != "our memory"  # which was not looked at there
    for each in (*results.found(measure), *(one for one in more if one.tool in few and watched)):
        found.setdefault(each.tool, []).append((getattr(each, by), RESOURCES[resource](each)))
    return {tool: sorted(points) for tool, points in found.items() if len(points) > 1}


def slopes(results: Results) -> str:
    """A table: of each tool what one more task, one more host costs."""
    rows = []
    for measure, by, one in BY:
        for tool in grown(results, measure, by):
            row = [
                _amount(resource, grown(results, measure, by, resource).get(tool))
                for resource in RESOURCES
            ]
            points = grown(results, measure, by)[tool]
            start, _ = slope(points)
            span = f"{points[0][0]:g} to {points[-1][0]:g} {by}"
            rows.append([f"{tool}, each {one} more", span, seconds(max(start, 0.0)), *row])
    head = ["", "from, to", "at none", *RESOURCES]
    return table(head, rows) if rows else ""


def _amount(resource: str, points: Points | None) -> str:
    if points is None:
        return "—"
    _, each = slope(points)
    return f"{each:.2f} MiB" if resource == "our memory" else f"{each * 1000:.1f} ms"


def points_of(results: Results, measure: str, by: str) -> str:
    """A table: Suture's time and resources at each size."""
    found = sorted(
        (each for each in results.found(measure) if each.tool == "suture"),
        key=lambda each: int(getattr(each, by)),
    )
    rows = [
        [
            f"{getattr(each, by):,}",
            seconds(each.seconds),
            f"{each.seconds / getattr(each, by) * 1000:.1f} ms",
            seconds(each.processor),
            seconds(each.beyond),
            f"{each.peak_mib:.0f} MiB",
        ]
        for each in found
    ]
    head = [by, "Suture's time", "of it each", *list(RESOURCES)[1:]]
    return table(head, rows) if len(rows) > 1 else ""


def bend(results: Results, measure: str, by: str, processors: int) -> str:
    """In a few sentences: whether Suture's line bends, and which resource each one more takes."""
    lines = {
        resource: grown(results, measure, by, resource).get("suture", []) for resource in RESOURCES
    }
    points = lines["time"]
    if len(points) < 3:
        return ""
    one = by.removesuffix("s")
    early, late = _between(points[0], points[1]), _between(points[-2], points[-1])
    told = (
        f"Between {points[0][0]:g} and {points[1][0]:g} {by} each {one} more costs Suture"
        f" {early * 1000:.1f} ms, between {points[-2][0]:g} and {points[-1][0]:g}"
        f" {late * 1000:.1f} ms"
    )
    if min(early, late) <= 0:
        return told + ": less than the noise of this run, so no line can be told.\n"
    ours, theirs = (
        _between(lines[resource][-2], lines[resource][-1])
        for resource in ("our processor time", "the hosts' processor time")
    )
    if late > 1.3 * early:
        told += f": the line bends upwards, by {late / early:.1f} times. "
    else:
        told += ": the line does not bend upwards. "
    share = min(1.0, (ours + theirs) / (late * processors))
    told += (
        f"At that end a {one} takes {ours * 1000:.1f} ms of our processor time and"
        f" {theirs * 1000:.1f} ms of the hosts', which are on the same machine:"
        f" {share:.0%} of what its {processors} processors can do in that time"
    )
    if share > 0.8:
        most = "ours" if ours > theirs else "the hosts'"
        told += f", so processors are what limits it, and {most} is the larger part."
    elif ours > 0.8 * late:
        told += ", but ours is one thread's whole time: one processor is what limits it."
    else:
        told += ", so it is waiting, not processors, that limits it."
    return told + "\n"


def _between(a: tuple[float, float], b: tuple[float, float]) -> float:
    return (b[1] - a[1]) / (b[0] - a[0])

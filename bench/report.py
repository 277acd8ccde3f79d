"""From measured series to what people read: JSON, tables, plots."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.measure import Run, Series
from bench.plots import Bar, bars, lines

TOOLS = ("suture", "fabric floor", "ssh host true", "pyinfra", "mitogen", "ansible")


@dataclass(frozen=True)
class Results:
    """A whole run of the benchmark.  ``note`` is what a reader has to know of it beside the numbers."""

    at: str
    quick: bool
    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    series: tuple[Series, ...]
    note: str = ""

    def found(self, measure: str, **fixed: int) -> list[Series]:
        """The series of a measure, as far as they agree with what is fixed."""
        return [
            each
            for each in self.series
            if each.measure == measure
            and all(getattr(each, name) == value for name, value in fixed.items())
        ]

    def one(self, measure: str, tool: str, **fixed: int) -> Series | None:
        return next((each for each in self.found(measure, **fixed) if each.tool == tool), None)

    def beside(self, older: Results) -> Results:
        """These results, and of older ones what was not measured anew."""
        anew = {(each.measure, each.rtt_ms, each.hosts) for each in self.series}
        kept = [
            each for each in older.series if (each.measure, each.rtt_ms, each.hosts) not in anew
        ]
        return replace(self, series=(*kept, *self.series))

    def as_json(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def of_json(cls, text: str) -> Results:
        told = json.loads(text)
        series = tuple(
            Series(**{**each, "runs": tuple(Run(**run) for run in each["runs"])})
            for each in told.pop("series")
        )
        return cls(**told, series=series)


def machine() -> dict[str, Any]:
    """The machine, as far as it matters to the numbers."""
    model = ""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = Path("/proc/meminfo").read_text().split()[1]
    return {
        "processors": os.cpu_count(),
        "model": model,
        "memory_gib": round(int(memory) / 1024**2),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
    }


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s" if value < 100 else f"{value:.0f} s"


def ratio(a: Series, b: Series) -> str:
    """How many times as long b takes as a, turn by turn where they ran in turn."""
    middle = b.seconds / a.seconds
    low = b.spread[0] / a.spread[1]
    high = b.spread[1] / a.spread[0]
    return f"{middle:.1f}x ({low:.1f} to {high:.1f})"


def times(value: float) -> str:
    return f"{value:.2f}x" if value < 3 else f"{value:.1f}x" if value < 10 else f"{value:.0f}x"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    found = ["| " + " | ".join(head) + " |", "|" + "|".join(["---"] * len(head)) + "|"]
    found += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(found) + "\n"


def compared(results: Results, measure: str, **fixed: int) -> str:
    """One measure: each tool's median, spread, processor time, and how many times Suture's it is."""
    series = results.found(measure, **fixed)
    ours = next((each for each in series if each.tool == "suture"), None)
    rows = []
    for each in sorted(series, key=lambda one: one.seconds):
        low, high = each.spread
        note = f" ({each.note})" if each.note else ""
        rows.append(
            [
                each.tool + note,
                seconds(each.seconds),
                f"{seconds(low)} to {seconds(high)}" if len(each.runs) > 1 else "one run",
                seconds(each.processor),
                times(each.seconds / ours.seconds) if ours else "",
            ]
        )
    return table(["", "median", "spread", "processor", "of Suture's time"], rows)


def headline(results: Results) -> str:
    """The table that the goal is stated in."""
    columns = [("converge again", {"rtt_ms": rtt}) for rtt in (0, 50, 200)]
    columns += [("hosts", {"hosts": hosts}) for hosts in (10, 50, 200)]
    known = [column for column in columns if results.found(column[0], **column[1])]
    head = [""]
    for measure, fixed in known:
        rtt, hosts = fixed.get("rtt_ms"), fixed.get("hosts")
        head.append(f"{hosts} hosts" if measure == "hosts" else f"1 host, {rtt} ms")
    rows = []
    for tool in TOOLS:
        found = [results.one(measure, tool, **fixed) for measure, fixed in known]
        if any(found):
            rows.append([tool, *(seconds(each.seconds) if each else "—" for each in found)])
    share = ["Suture, of the floor"]
    for measure, fixed in known:
        ours = results.one(measure, "suture", **fixed)
        floor = results.one(measure, "fabric floor", **fixed)
        share.append(times(ours.seconds / floor.seconds) if ours and floor else "—")
    return table(head, [*rows, share])


def slope(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The least-squares line: what it takes at nothing, and for each one more."""
    result = statistics.linear_regression([x for x, _ in points], [y for _, y in points])
    return result.intercept, result.slope


def grown(results: Results, measure: str, by: str) -> dict[str, list[tuple[float, float]]]:
    """Each tool's points: how many, how many seconds."""
    found: dict[str, list[tuple[float, float]]] = {}
    for each in results.found(measure):
        found.setdefault(each.tool, []).append((getattr(each, by), each.seconds))
    return {tool: sorted(points) for tool, points in found.items() if len(points) > 1}


def plots(results: Results) -> dict[str, str]:
    """The plots by file name."""
    made = {}
    count = max((each.tasks for each in results.found("converge again")), default=0)
    for rtt in (0, 50, 200):
        series = results.found("converge again", rtt_ms=rtt)
        if series:
            made[f"converge-{rtt}ms.svg"] = bars(
                f"{count} converged tasks on one host, {rtt} ms away", "s", _bars(series)
            )
    for hosts in (50, 10):
        if series := results.found("hosts", hosts=hosts):
            made["hosts.svg"] = bars(f"20 converged tasks on {hosts} hosts", "s", _bars(series))
            break
    for name, measure, by, label in (
        ("growth-tasks.svg", "growth", "tasks", "tasks on one host"),
        ("growth-hosts.svg", "hosts", "hosts", "hosts, 20 tasks each"),
    ):
        if given := grown(results, measure, by):
            made[name] = lines(f"How it grows: {label}", label, "s", given)
    for name, measure, title in (
        ("tree.svg", "tree nothing changed", "A tree of small files, nothing changed"),
        ("large.svg", "large file", "One large file"),
    ):
        if series := results.found(measure):
            made[name] = bars(title, "s", _bars(series))
    return made


def _bars(series: Sequence[Series]) -> list[Bar]:
    return [
        Bar(each.tool, each.seconds, *each.spread, seconds(each.seconds))
        for each in sorted(series, key=lambda one: one.seconds)
    ]

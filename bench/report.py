"""From measured series to what people read: JSON, tables, plots."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.measure import Run, Series, busy

FLOOR = "fabric floor"
FLOORS = (FLOOR, "ssh host true")
PEERS = ("pyinfra", "mitogen", "ansible")
TOOLS = ("suture", *FLOORS, *PEERS)


@dataclass(frozen=True)
class Results:
    """A run of the benchmark.  ``same`` tells by measure whether the tools ended alike, ``took`` by
    question how many seconds it took to answer."""

    at: str
    quick: bool
    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    series: tuple[Series, ...]
    same: Mapping[str, str] = field(default_factory=dict)
    took: Mapping[str, float] = field(default_factory=dict)

    def found(self, measure: str, **fixed: int) -> list[Series]:
        """The series of a measure that have runs, as far as they agree with what is fixed."""
        return [
            each
            for each in self.series
            if each.measure == measure
            and each.runs
            and all(getattr(each, name) == value for name, value in fixed.items())
        ]

    def one(self, measure: str, tool: str, **fixed: int) -> Series | None:
        return next((each for each in self.found(measure, **fixed) if each.tool == tool), None)

    def beside(self, older: Results) -> Results:
        """These results, and of older ones what was not measured anew."""
        anew = {_question(each) for each in self.series}
        kept = [each for each in older.series if _question(each) not in anew]
        return replace(
            self,
            series=(*kept, *self.series),
            same={**older.same, **self.same},
            took={**older.took, **self.took},
        )

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


def _question(series: Series) -> tuple[str, int, int, int]:
    of = series.tasks if series.measure == "growth" else 0
    return (series.measure, series.rtt_ms, series.hosts, of)


def load() -> float:
    return round(os.getloadavg()[0], 1)


def others(seconds: float = 2.0) -> float:
    """The share of the processors' time that others take while the benchmark only waits."""
    before, began = busy(), time.monotonic()
    time.sleep(seconds)
    share = (busy() - before) / (time.monotonic() - began) / (os.cpu_count() or 1)
    return round(min(share, 1.0), 2)


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
        "load_start": load(),
        "others_start": others(),
    }


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s" if value < 100 else f"{value:.0f} s"


def ratios(ours: Series, theirs: Series) -> list[float]:
    """How many times as long the other takes, round by round: both ran in the same minute."""
    return [b / a for a, b in zip(ours.times, theirs.times, strict=False)]


def ratio(ours: Series, theirs: Series) -> str:
    """The median of the rounds' ratios, with the least and the largest."""
    found = ratios(ours, theirs)
    spread = f" ({times(min(found))} to {times(max(found))})" if len(found) > 1 else ""
    return times(statistics.median(found)) + spread


def times(value: float) -> str:
    return f"{value:.2f}x" if value < 3 else f"{value:.1f}x" if value < 10 else f"{value:.0f}x"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    found = ["| " + " | ".join(head) + " |", "|" + "|".join(["---"] * len(head)) + "|"]
    found += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
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
                seconds(each.processor) if each.processor else "—",
                ratio(ours, each) if ours and ours is not each else "",
            ]
        )
    rows.extend(
        [each.tool, each.missing, "", "", ""]
        for each in results.series
        if each.measure == measure and not each.runs and _agrees(each, fixed)
    )
    return table(["", "median", "spread", "processor", "of Suture's, round by round"], rows)


def _agrees(series: Series, fixed: Mapping[str, int]) -> bool:
    return all(getattr(series, name) == value for name, value in fixed.items())


GOAL: tuple[tuple[str, dict[str, int]], ...] = (
    *(("converge again", {"rtt_ms": rtt}) for rtt in (0, 50, 200)),
    *(("hosts", {"hosts": hosts}) for hosts in (10, 50, 200)),
)
"""What the goal is stated for."""


def headline(results: Results) -> str:
    """The table that the goal is stated in."""
    known = [(measure, fixed) for measure, fixed in GOAL if results.found(measure, **fixed)]
    head = [""]
    for measure, fixed in known:
        name = f"{fixed['hosts']} hosts" if measure == "hosts" else f"1 host, {fixed['rtt_ms']} ms"
        head.append(name)
    rows = []
    for tool in TOOLS:
        found = [results.one(measure, tool, **fixed) for measure, fixed in known]
        if any(found):
            rows.append([tool, *(seconds(each.seconds) if each else "—" for each in found)])
    for tool in (FLOOR, *PEERS):
        row = [_share(results, tool, measure, fixed) for measure, fixed in known]
        if any(cell != "—" for cell in row):
            whose = "Suture, of the floor" if tool == FLOOR else f"{tool}, of Suture"
            rows.append([whose, *row])
    goal = [_reached(results, measure, fixed) for measure, fixed in known]
    return table(head, [*rows, ["at most twice the floor", *goal]])


def _share(results: Results, tool: str, measure: str, fixed: Mapping[str, int]) -> str:
    ours, other = (results.one(measure, each, **fixed) for each in ("suture", tool))
    if not ours or not other:
        return "—"
    return ratio(other, ours) if tool == FLOOR else ratio(ours, other)


def _reached(results: Results, measure: str, fixed: Mapping[str, int]) -> str:
    ours, floor = (results.one(measure, each, **fixed) for each in ("suture", FLOOR))
    if not ours or not floor:
        return "—"
    return "yes" if statistics.median(ratios(floor, ours)) <= 2 else "**no**"


def losses(results: Results) -> str:
    """Each measure in which a peer was faster than Suture, as a list; floors are no peers."""
    found = []
    for ours in results.series:
        if ours.tool != "suture" or not ours.runs:
            continue
        fixed = {"rtt_ms": ours.rtt_ms, "hosts": ours.hosts, "tasks": ours.tasks}
        for each in results.found(ours.measure, **fixed):
            of = ratios(each, ours)
            if each.tool not in FLOORS and each is not ours and statistics.median(of) > 1:
                found.append(
                    f"- {named(ours)}: {each.tool} {seconds(each.seconds)}, Suture"
                    f" {seconds(ours.seconds)}, {ratio(each, ours)} as long"
                )
    return "\n".join(found or ["In none of the measures was a peer faster than Suture."]) + "\n"


def named(series: Series) -> str:
    """What was measured, in words."""
    words = {
        "converge first": f"{series.tasks} tasks for the first time",
        "converge again": f"{series.tasks} tasks again",
        "hosts": f"{series.tasks} tasks on {series.hosts} hosts",
        "loop": f"one task with {series.tasks:,} items",
        "templates": f"{series.tasks} small templates",
        "foreign many": f"{series.tasks} calls of one module of a collection",
        "foreign many again": f"the same {series.tasks} calls again",
        "foreign mixed": f"{series.tasks} calls of modules of five collections",
        "foreign mixed again": f"the same {series.tasks} mixed calls again",
        "registers": f"{series.tasks} tasks, every third registers what the next two read",
        "preview": f"a dry run of {series.tasks} converged tasks",
        "help": "`--help`",
        "lint of the plan": "`lint` of the plan's playbooks and roles",
        "dry run of phase 1": "a dry run of the plan's first phase",
        "dry run of the plan": f"a dry run of the plan's phases that change files ({series.tasks})",
        "first packet": "from the start of the command to its first SSH packet",
        "tree first": f"a tree of {series.tasks:,} small files for the first time",
        "tree nothing changed": f"a tree of {series.tasks:,} small files, nothing changed",
        "tree ten changed": f"a tree of {series.tasks:,} small files, ten changed",
        "large file": f"one file of {series.tasks} MiB",
        "growth": f"{series.tasks} tasks on one host",
    }
    away = f", {series.rtt_ms} ms away" if series.rtt_ms else ""
    return words.get(series.measure, series.measure) + away

"""A run as one HTML page that needs nothing else, to be read on a desk or a phone, and kept."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from suture.events import (
    STATUSES,
    Event,
    ItemFinished,
    PhaseVerified,
    StepFinished,
    StepOutput,
    TestFinished,
)
from suture.report.ledger.status import day
from suture.report.text.changes import Element
from suture.report.text.diffs import Diff
from suture.report.text.endings import ending
from suture.report.text.lines import duration, last_state, plural, safe
from suture.report.text.rehearsals import rehearsals
from suture.report.text.rows import HostResult
from suture.report.text.steps import Look, details
from suture.report.text.summary import PhaseSummary, Summary, judged
from suture.report.text.tables import Table
from suture.report.text.verdicts import WORDS, before, counted, sentence, times

OUTPUT = 60
"""Lines of a command's output that the page keeps, the last ones."""
LOOK = Look(verbose=1, diffs=True, marks=True)


@dataclass(frozen=True, slots=True)
class StepView:
    """A step as the page shows it."""

    event: StepFinished
    phase: int
    elements: Sequence[Element]
    output: Sequence[str]
    items: Sequence[ItemFinished]

    @property
    def words(self) -> str:
        """What the filter looks through."""
        event = self.event
        targets = (str(change.get("target", "")) for change in event.changes)
        words = (event.task, event.host, event.module, event.role, event.file, *targets)
        return " ".join(words).casefold()


@dataclass(frozen=True, slots=True)
class Bar:
    """A phase's tests at one time, as parts (name, number) of a whole."""

    label: str
    parts: Sequence[tuple[str, int]]

    @property
    def total(self) -> int:
        return sum(number for _, number in self.parts)


@dataclass(frozen=True, slots=True)
class VerdictView:
    """The gate's verdict on one host, with the tests it hangs on."""

    event: PhaseVerified
    word: str
    style: str
    sentence: str
    counts: str
    bars: Sequence[Bar]
    lists: Sequence[tuple[str, str, Sequence[tuple[str, str]]]]


class Html:
    """Writes the page when the run is over; a cut run's page shows what there was until then."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._events: list[Event] = []

    def __call__(self, event: Event) -> None:
        if not (isinstance(event, TestFinished) and not event.message):
            self._events.append(event)

    def tick(self) -> None:
        """The page is written once."""

    def close(self) -> None:
        """The page is there, whole."""
        text = page(self._events)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=".report-")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
            os.fchmod(file.fileno(), 0o600)
        Path(temporary).replace(self._path)


def page(events: Iterable[Event]) -> str:
    """The page of the run that these events tell of."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    run, steps = Summary(), _Steps()
    for event in events:
        run.add(event)
        steps.add(event, run)
    here = files("suture.report.pages")

    def asset(name: str) -> Markup:
        return Markup(here.joinpath(name).read_text("utf-8"))  # noqa: S704 - our own file

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters |= {"duration": duration, "day": day, "plural": plural}
    environment.tests |= {"table": _is_table, "diff": _is_diff}
    template = environment.from_string(str(asset("page.html")))
    return template.render(
        css=asset("page.css"),
        js=asset("page.js"),
        statuses=STATUSES,
        **_model(run, steps.found),
    )


def _is_table(value: object) -> bool:
    return isinstance(value, Table)


def _is_diff(value: object) -> bool:
    return isinstance(value, Diff)


def _shown(value: object) -> object:
    """What stands for a value on the page; text from a host has no control characters left."""
    if type(value) is str:
        return "\n".join(safe(each) for each in value.split("\n"))
    return value


class _Steps:
    """Gathers each step with the output and the items that came before its end."""

    def __init__(self) -> None:
        self.found: list[StepView] = []
        self._output: dict[tuple[str, str], list[str]] = {}
        self._items: dict[tuple[str, str], list[ItemFinished]] = {}
        self._tests: dict[str, list[TestFinished]] = {}

    def add(self, event: Event, run: Summary) -> None:
        if isinstance(event, StepOutput):
            self._output.setdefault((event.host, event.task), []).append(last_state(event.text))
        elif isinstance(event, ItemFinished):
            self._items.setdefault((event.host, event.task), []).append(event)
        elif isinstance(event, TestFinished):
            if event.purpose == "task" and event.outcome in ("failed", "error"):
                self._tests.setdefault(event.host, []).append(event)
        elif isinstance(event, StepFinished):
            key = (event.host, event.task)
            items, output = self._items.pop(key, []), self._output.pop(key, [])
            tests = tuple(self._tests.pop(event.host, []))
            elements = details(HostResult(event, tuple(items), tests), LOOK)
            self.found.append(StepView(event, run.phase.number, elements, output[-OUTPUT:], items))


def _model(run: Summary, steps: Sequence[StepView]) -> Mapping[str, Any]:
    phases = [phase for phase in run.phases if phase.number or phase.verdicts]
    verdicts = [(found, before(found, baseline)) for found, baseline in judged(phases)]
    counts = run.counts
    totals = {name: sum(found.get(name, 0) for found in counts.values()) for name in STATUSES}
    slowest = run.slowest
    return {
        "run": run,
        "steps": steps,
        "failures": run.failures,
        "rehearsals": list(rehearsals(run.rehearsals)),
        "phases": [(phase, _verdicts(phase)) for phase in phases],
        "failing": sum(count for _, count in verdicts),
        "fixed": sum(len(found.fixed) + len(found.excused) for found, _ in verdicts),
        "broken": sum(len(found.newly_broken) for found, _ in verdicts),
        "flaky": sum(len(found.flaky) for found, _ in verdicts),
        "judged": bool(verdicts),
        "counts": counts,
        "totals": totals,
        "slowest": slowest,
        "longest": max((step.seconds for step in slowest), default=1.0) or 1.0,
        "end": ending(run.finished.exit_code if run.finished else None),
    }


def _verdicts(phase: PhaseSummary) -> list[VerdictView]:
    found = []
    for host, event in phase.verdicts.items():
        word, style = WORDS.get(event.verdict, (event.verdict, "warn"))
        baseline = phase.baselines.get(host)
        messages = phase.messages.get(host, {})
        bars = []
        if baseline is not None:
            parts = (
                ("failed", len(baseline.failing)),
                ("passed", len(baseline.passing)),
                ("skipped", len(baseline.skipped)),
            )
            bars.append(Bar("before", parts))
        if event.counts:
            failed = event.counts.get("failed", 0) + event.counts.get("error", 0)
            bad = ("failed", failed)
            passed = ("passed", event.counts.get("passed", 0) + event.counts.get("xpassed", 0))
            rest = event.counts.get("skipped", 0) + event.counts.get("xfailed", 0)
            bars.append(Bar("now", (bad, passed, ("skipped", rest))))
        lists = [
            (name, tone, [(test, reasons.get(test, "")) for test in sorted(ids)])
            for name, tone, ids, reasons in (
                ("newly broken", "bad", event.newly_broken, messages),
                ("still failing", "bad", event.still_failing, messages),
                ("flaky", "warn", event.flaky, times(event)),
                ("cold: passed only in company", "warn", event.cold, times(event)),
                ("skipped with a reason", "warn", tuple(event.excused), event.excused),
                ("fixed", "good", event.fixed, {}),
            )
            if ids
        ]
        before_too = [(row["test"], _as_before(row)) for row in event.as_before]
        lists += [("as before", "warn", before_too)] if before_too else []
        said, counts = sentence(event, baseline), counted(event.counts)
        found.append(VerdictView(event, word, style, said, counts, bars, lists))
    return found


def _as_before(row: Mapping[str, Any]) -> str:
    why = f" ({row['why']})" if row.get("why") else ""
    return f"{row['count']}: {row['cause']}{why}"

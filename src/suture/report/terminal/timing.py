"""``--timing``: where a run's seconds went, told at its end."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from suture.events import Event, HostConnected, RunStarted, StepFinished
from suture.report.terminal.output import Output
from suture.report.text.lines import Span, line
from suture.report.text.tables import Table

IDLE = 0.02
"""Seconds without work on a host that are worth a line."""
SHOWN = 5
"""Lines of the longest pauses."""


class Timing:
    """Takes in events and the clock; tells where the time went when there are no more.

    ``before``: seconds that had passed when the process came so far as to make this.
    """

    def __init__(
        self, paper: Output, before: float, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._paper = paper
        self._clock = clock
        self._made = clock()
        self._before = before
        self._started = self._made
        self._connected: dict[str, float] = {}
        self._latest: dict[str, float] = {}
        self._steps: Counter[str] = Counter()
        self._seconds: Counter[str] = Counter()
        self._pauses: list[tuple[float, StepFinished]] = []

    def __call__(self, event: Event) -> None:
        now = self._clock()
        if isinstance(event, RunStarted):
            self._started = now
        elif isinstance(event, HostConnected):
            self._connected.setdefault(event.host, now)
            self._latest.setdefault(event.host, now)
        elif isinstance(event, StepFinished):
            self._steps[event.module] += 1
            self._seconds[event.module] += event.seconds  # type: ignore[assignment]
            pause = now - self._latest.get(event.host, now) - event.seconds
            if pause > IDLE:
                self._pauses.append((pause, event))
            self._latest[event.host] = now

    def tick(self) -> None:
        """Time passes without an event."""

    def close(self) -> None:
        self._paper.show([line(("Where the seconds went", "bold")), self._spans()])
        if self._steps:
            self._paper.show([line(("On the hosts, by module", "bold")), self._modules()])
        if self._pauses:
            title = "Pauses: the host had nothing to do, or its answer was on its way"
            self._paper.show([line((title, "bold")), self._longest()])

    def _spans(self) -> Table:
        now = self._clock()
        connected = min(self._connected.values(), default=now)
        last = max(self._latest.values(), default=connected)
        spans = [
            ("Python, imports, inventory, playbook", self._before + self._started - self._made),
            ("until the first agent was there", connected - self._started),
            ("until the last result", last - connected),
            ("until the end", now - last),
        ]
        rows = [(Span(name), Span(f"{max(span, 0.0):.3f} s")) for name, span in spans]
        return Table(("", ""), rows, indent=2, right=frozenset({1}))

    def _modules(self) -> Table:
        rows = [
            (Span(module), Span(str(self._steps[module])), Span(f"{seconds:.3f} s"))
            for module, seconds in sorted(self._seconds.items(), key=lambda pair: -pair[1])
        ]
        return Table(("module", "steps", "seconds"), rows, indent=2, right=frozenset({1, 2}))

    def _longest(self) -> Table:
        longest = sorted(self._pauses, key=lambda pair: -pair[0])[:SHOWN]
        rows = [
            (
                Span(f"{pause:.3f} s"),
                Span(event.host),
                Span(f"before '{event.task}'"),
                Span(f"{event.file}:{event.line}"),
            )
            for pause, event in longest
        ]
        return Table(("", "", "", ""), rows, indent=2, right=frozenset({0}))


def process_age() -> float:
    """Seconds since this process began; 0 where the system does not tell."""
    try:
        fields = Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        began = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - began)
    except (OSError, AttributeError, ValueError):
        return 0.0

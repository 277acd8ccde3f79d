"""What is going on right now: the lines at the status of a live terminal, a log's signs of life."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from suture.events import ItemFinished, StepFinished, StepOutput, StepStarted, TestFinished
from suture.report.text.lines import Line, duration, last_state, line, plural
from suture.report.text.verdicts import OUTCOMES, counted

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
SILENT = 10.0
"""Seconds after which a log is told that something still runs."""
OUTPUT = 6
"""Lines of a command's output under it; one for each host where there are several."""
HOSTS = 8
PURPOSES = {"baseline": "baseline", "verify": "verifying", "rerun": "running again what failed"}
"""What tests are for that end in a verdict of their own; any others are a task's."""


@dataclass(slots=True)
class Running:
    """A step under way.  ``output`` is replaced, never changed: another thread draws it."""

    task: str
    since: float
    output: tuple[str, ...] = ()
    items: int = 0


@dataclass(slots=True)
class Tests:
    """Tests under way on one host."""

    purpose: str
    since: float
    counts: Counter[str] = field(default_factory=Counter)


class StatusLines:
    """Follows what has begun and not ended; ``clock`` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._running: dict[str, Running] = {}
        self._tests: dict[str, Tests] = {}
        self._quiet = 0
        self._spoke = clock()

    def started(self, event: StepStarted) -> None:
        self._running[event.host] = Running(event.task, self._clock())

    def printed(self, event: StepOutput) -> None:
        running = self._running.get(event.host)
        text = last_state(event.text).rstrip()
        if running is not None and text:
            running.output = (*running.output, text)[-OUTPUT:]

    def item(self, event: ItemFinished) -> None:
        if running := self._running.get(event.host):
            running.items += 1

    def finished(self, event: StepFinished) -> None:
        """Results may be told a little later than the next step began."""
        running = self._running.get(event.host)
        if running is None or running.task == event.task:
            self.gone(event.host)

    def gone(self, host: str) -> None:
        self._running.pop(host, None)
        self._tests.pop(host, None)

    def tested(self, event: TestFinished) -> None:
        tests = self._tests.get(event.host)
        if tests is None or tests.purpose != event.purpose:
            tests = self._tests[event.host] = Tests(event.purpose, self._clock())
        tests.counts[event.outcome] += 1

    def purpose(self, host: str) -> str:
        """What the tests that run on this host are for; empty where none do."""
        tests = self._tests.get(host)
        return "" if tests is None else tests.purpose

    def counted(self, host: str) -> None:
        """The tests that ran on this host have been judged."""
        self._tests.pop(host, None)

    def quiet(self, steps: int) -> None:
        """So many steps are held back, to be folded."""
        self._quiet = steps

    def clear(self) -> None:
        self._running.clear()
        self._tests.clear()

    def spoke(self) -> None:
        """Something was shown just now."""
        self._spoke = self._clock()

    def heartbeat(self) -> Line | None:
        """A line for a log that has been silent for long while something runs."""
        now = self._clock()
        if now - self._spoke < SILENT:
            return None
        for host, running in self._running.items():
            said = running.output[-1] if running.output else ""
            if host in self._tests:
                said = counted(self._tests[host].counts)
            self._spoke = now
            return self._still(running.task, now - running.since, said, len(self._running) - 1)
        for tests in self._tests.values():
            self._spoke = now
            what = PURPOSES.get(tests.purpose, "tests")
            return self._still(what, now - tests.since, counted(tests.counts), 0)
        return None

    def _still(self, what: str, seconds: float, said: str, others: int) -> Line:
        more = f", and on {plural(others, 'other host')}" if others else ""
        said = f": {said}" if said else ""
        return line((f"… still running: {what}{more} ({duration(seconds)}){said}", "dim"), indent=4)

    def lines(self, width: int, height: int) -> list[Line]:
        """The status, for a terminal of this size; called from the thread that redraws it."""
        now = self._clock()
        found: list[Line] = []
        if self._quiet:
            found.append(line((f"… {plural(self._quiet, 'quiet step')}", "dim"), indent=2))
        running = list(self._running.items())
        most = OUTPUT if len(running) == 1 else 1
        for host, step in running[:HOSTS]:
            where = f"{host}: " if len(running) > 1 else ""
            items = f"  {plural(step.items, 'item')}" if step.items else ""
            found.append(
                line(
                    (_spinner(now), "changed"),
                    " ",
                    (where, "host"),
                    step.task,
                    (items, "dim"),
                    (f"  {duration(now - step.since)}", "dim"),
                    indent=2,
                )
            )
            if host in self._tests:
                found.append(self._counter(host, now, indent=4))
            found += [
                line(("│ ", "dim"), (text, "output"), indent=4) for text in step.output[-most:]
            ]
        if len(running) > HOSTS:
            more = plural(len(running) - HOSTS, "more host")
            found.append(line((f"… and {more} at work", "dim"), indent=2))
        for host in [name for name in list(self._tests) if name not in dict(running)][:HOSTS]:
            found.append(self._counter(host, now, indent=2))
        return found[: max(1, height - 2)]

    def _counter(self, host: str, now: float, indent: int) -> Line:
        tests = self._tests.get(host) or Tests("task", now)
        styles = {"passed": "good", "failed": "bad", "error": "bad"}
        pieces: list[tuple[str, str]] = [
            (f"{tests.counts[name]:,} {name}  ", styles.get(name, "warn"))
            for name in OUTCOMES
            if tests.counts[name]
        ]
        return line(
            (_spinner(now), "changed"),
            f" {PURPOSES.get(tests.purpose, 'tests')}  ",
            (f"{host}: " if len(self._tests) > 1 else "", "host"),
            *pieces,
            (duration(now - tests.since), "dim"),
            indent=indent,
        )


def _spinner(now: float) -> str:
    return SPINNER[int(now * 10) % len(SPINNER)]

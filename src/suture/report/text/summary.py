"""A run in short: a fold over its events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import singledispatchmethod

from suture.events import (
    STATUSES,
    BaselineRecorded,
    Event,
    HostLost,
    PhaseFinished,
    PhaseStarted,
    PhaseVerified,
    PlayStarted,
    RehearsalReport,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    TestFinished,
    Warned,
)

SLOWEST = 10


@dataclass(slots=True)
class PhaseSummary:
    """One phase of the run; baselines and verdicts by host.  Steps outside of any phase belong to
    a phase with the number 0 and no title."""

    started: PhaseStarted
    status: str = ""
    seconds: float = 0.0
    baselines: dict[str, BaselineRecorded] = field(default_factory=dict)
    verdicts: dict[str, PhaseVerified] = field(default_factory=dict)
    steps: list[StepFinished] = field(default_factory=list)
    messages: dict[str, dict[str, str]] = field(default_factory=dict)
    """By host and test id, what each test that failed or was skipped said last."""

    @property
    def number(self) -> int:
        return self.started.phase

    @property
    def name(self) -> str:
        return phase_name(self.started)

    @property
    def counts(self) -> dict[str, int]:
        return _counted(self.steps)


@dataclass(slots=True)
class Summary:
    """What a run came to so far.  ``add`` takes in one event after the other."""

    started: RunStarted | None = None
    finished: RunFinished | None = None
    phases: list[PhaseSummary] = field(default_factory=list)
    lost: list[HostLost] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    rehearsals: list[RehearsalReport] = field(default_factory=list)
    hosts: dict[str, Counter[str]] = field(default_factory=dict)
    at: dict[str, StepStarted] = field(default_factory=dict)
    """The step that each host is at, or was when the run was cut."""
    current: PhaseSummary | None = None
    """The phase under way; None between phases and where there are none."""
    _baselines: dict[int, dict[str, BaselineRecorded]] = field(default_factory=dict)

    @property
    def steps(self) -> list[StepFinished]:
        return [step for phase in self.phases for step in phase.steps]

    @property
    def failures(self) -> list[StepFinished]:
        """The steps that failed for good, in order."""
        return [step for step in self.steps if step.status in ("failed", "unreachable")]

    @property
    def slowest(self) -> list[StepFinished]:
        """The steps that took longest, slowest first; those of no time at all are left out."""
        timed = [step for step in self.steps if step.seconds >= 0.1]
        return sorted(timed, key=lambda step: -step.seconds)[:SLOWEST]

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """By host and status, as the run itself counted in the end, or as seen so far."""
        if self.finished is not None and self.finished.hosts:
            return {host: dict(counts) for host, counts in self.finished.hosts.items()}
        return {
            host: {name: found[name] for name in STATUSES} for host, found in self.hosts.items()
        }

    @property
    def phase(self) -> PhaseSummary:
        """The phase that is under way, or one without a title for what belongs to none."""
        if self.current is not None:
            return self.current
        if not self.phases or self.phases[-1].started.title:
            self.phases.append(PhaseSummary(PhaseStarted(at="", phase=0, title="")))
        return self.phases[-1]

    @singledispatchmethod
    def add(self, event: Event) -> None:
        """Take in an event that changes nothing here."""

    @add.register
    def _(self, event: RunStarted) -> None:
        self.started = self.started or event
        for host in event.hosts:
            self.hosts.setdefault(host, Counter())

    @add.register
    def _(self, event: PhaseStarted) -> None:
        baselines = self._baselines.setdefault(event.phase, {})
        self.current = PhaseSummary(event, baselines=baselines)
        self.phases.append(self.current)

    @add.register
    def _(self, event: PlayStarted) -> None:
        for host in event.hosts:
            self.hosts.setdefault(host, Counter())

    @add.register
    def _(self, event: StepStarted) -> None:
        self.at[event.host] = event

    @add.register
    def _(self, event: StepFinished) -> None:
        self.at.pop(event.host, None)
        self.phase.steps.append(event)
        self.hosts.setdefault(event.host, Counter())[event.status] += 1

    @add.register
    def _(self, event: TestFinished) -> None:
        if event.purpose != "baseline" and event.message:
            self.phase.messages.setdefault(event.host, {})[event.id] = event.message

    @add.register
    def _(self, event: BaselineRecorded) -> None:
        self._baselines.setdefault(event.phase, {})[event.host] = event

    @add.register
    def _(self, event: PhaseVerified) -> None:
        self.phase_of(event.phase).verdicts[event.host] = event

    @add.register
    def _(self, event: PhaseFinished) -> None:
        phase = self.phase_of(event.phase)
        phase.status, phase.seconds = event.status, event.seconds
        self.current = None

    @add.register
    def _(self, event: HostLost) -> None:
        self.lost.append(event)

    @add.register
    def _(self, event: Warned) -> None:
        self.warnings.append(event)

    @add.register
    def _(self, event: RehearsalReport) -> None:
        self.rehearsals.append(event)

    @add.register
    def _(self, event: RunFinished) -> None:
        self.finished = event

    def phase_of(self, number: int) -> PhaseSummary:
        """The last phase with this number, or the one under way."""
        for phase in reversed(self.phases):
            if phase.number == number:
                return phase
        return self.phase


def phase_name(started: PhaseStarted) -> str:
    """What the phase is called; the whole suite is verified as if it were a phase, number 0."""
    if started.phase:
        return f"Phase {started.phase}: {started.title}"
    return started.title[:1].upper() + started.title[1:]


def judged(phases: Iterable[PhaseSummary]) -> list[tuple[PhaseVerified, BaselineRecorded | None]]:
    """The verdicts that add up to the plan's: those on its phases, and not the whole suite's on
    top of them, which runs the same tests once more."""
    found = list(phases)
    numbered = [phase for phase in found if phase.number]
    return [
        (verdict, phase.baselines.get(host))
        for phase in numbered or found
        for host, verdict in phase.verdicts.items()
    ]


def summary(events: Iterable[Event]) -> Summary:
    """The run that these events tell of."""
    found = Summary()
    for event in events:
        found.add(event)
    return found


def _counted(steps: Iterable[StepFinished]) -> dict[str, int]:
    counts = Counter(step.status for step in steps)
    return {status: counts[status] for status in STATUSES}

"""How far the plan has come: a fold over everything that the ledger remembers of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import singledispatchmethod

from suture.events import (
    PRETENDED,
    BaselineRecorded,
    Event,
    Mode,
    PhaseFinished,
    PhaseStarted,
    PhaseVerified,
    RunFinished,
    RunStarted,
    StepFinished,
    worst,
)
from suture.model import Phase, Plan

WHOLE_SUITE = 0
"""The number under which the plan's final verification is recorded."""

KINDS = (
    "run_started",
    "phase_started",
    "step_finished",
    "baseline_recorded",
    "phase_verified",
    "phase_finished",
    "run_finished",
)
"""The events that progress hangs on."""


@dataclass(frozen=True, slots=True)
class StepProgress:
    """``state`` is done, failed or open; ``status`` how the task ended last, where one ran."""

    name: str
    state: str
    status: str = ""


@dataclass(frozen=True, slots=True)
class HostTests:
    """A phase's tests on one host; None where nothing was recorded yet."""

    host: str
    baseline: BaselineRecorded | None = None
    verified: PhaseVerified | None = None

    @property
    def failing_before(self) -> int | None:
        """Those that the phase has to mend; of a baseline without causes, all."""
        if self.baseline is None:
            return None
        return len(self.baseline.claimed if self.baseline.causes else self.baseline.failing)

    @property
    def failing_now(self) -> int | None:
        if self.verified is None or self.verified.verdict == "not run":
            return None
        return len({*self.verified.still_failing, *self.verified.newly_broken})


@dataclass(frozen=True, slots=True)
class PhaseProgress:
    """``state`` is open, in progress, interrupted, applied, done, failed, proves nothing or undone;
    ``attempts``
    how many runs applied it; ``at`` when it was last touched."""

    number: int
    title: str
    cause: str = ""
    priority: str = ""
    iterations: str = ""
    must_fix: int = 0
    state: str = "open"
    steps: tuple[StepProgress, ...] = ()
    tests: tuple[HostTests, ...] = ()
    attempts: int = 0
    at: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """The plan's phases in order, and its whole suite; ``at`` is the last sign of progress."""

    title: str
    phases: tuple[PhaseProgress, ...]
    final: PhaseProgress
    at: str = ""


@dataclass(slots=True)
class _Seen:
    """What the ledger tells of one phase so far."""

    state: str = "open"
    attempts: int = 0
    at: str = ""
    tasks: dict[str, dict[str, str]] = field(default_factory=dict)
    baselines: dict[str, BaselineRecorded] = field(default_factory=dict)
    verdicts: dict[str, PhaseVerified] = field(default_factory=dict)


class _Fold:
    """Takes in the events of one run after the other, or of several side by side."""

    def __init__(self, playbooks: Mapping[str, int] | None = None) -> None:
        self.phases: dict[int, _Seen] = {}
        self._playbooks = playbooks or {}
        self._modes: dict[str, str] = {}
        self._under_way: dict[str, int] = {}
        self._before: dict[str, str] = {}
        self._run = ""

    def add(self, run: str, event: Event) -> None:
        self._run = run
        if isinstance(event, RunStarted):
            self._modes[run] = event.mode
            number = self._playbooks.get(os.path.realpath(event.playbook))
            if number is not None and event.mode == Mode.APPLY:  # a phase's playbook, run by itself
                self._begun(number, event.at)
        elif self._modes.get(run) not in PRETENDED:
            self._take(event)

    def _seen(self, number: int, at: str) -> _Seen:
        seen = self.phases.setdefault(number, _Seen())
        seen.at = max(seen.at, at)
        return seen

    @singledispatchmethod
    def _take(self, event: Event) -> None:
        """An event that is no progress."""

    def _begun(self, number: int, at: str) -> None:
        self._under_way[self._run] = number
        if self._modes.get(self._run, Mode.APPLY) == Mode.APPLY:
            seen = self._seen(number, at)
            self._before[self._run] = seen.state
            seen.state, seen.attempts = "in progress", seen.attempts + 1
            seen.tasks = {}

    @_take.register
    def _(self, event: PhaseStarted) -> None:
        self._begun(event.phase, event.at)

    @_take.register
    def _(self, event: RunFinished) -> None:
        number = self._under_way.pop(self._run, None)
        seen = None if number is None else self._seen(number, event.at)
        if seen is not None and seen.state == "in progress":
            interrupted = event.exit_code == 130
            ended = "failed" if event.exit_code else "applied"
            seen.state = "interrupted" if interrupted else ended

    @_take.register
    def _(self, event: StepFinished) -> None:
        number = self._under_way.get(self._run)
        if number is not None and self._modes.get(self._run, Mode.APPLY) == Mode.APPLY:
            by_host = self._seen(number, event.at).tasks.setdefault(event.task, {})
            before = by_host.get(event.host, event.status)
            if worst([before, event.status]) == event.status:
                by_host[event.host] = event.status

    @_take.register
    def _(self, event: BaselineRecorded) -> None:
        self._seen(event.phase, event.at).baselines[event.host] = event

    @_take.register
    def _(self, event: PhaseVerified) -> None:
        seen = self._seen(event.phase, event.at)
        seen.verdicts[event.host] = event
        verdicts = {found.verdict for found in seen.verdicts.values()}
        for verdict, state in (
            ("failed", "failed"),
            ("not run", "applied"),
            ("proves nothing", "proves nothing"),
            ("verified", "done"),
        ):
            if verdict in verdicts:
                seen.state = state
                break

    @_take.register
    def _(self, event: PhaseFinished) -> None:
        seen = self._seen(event.phase, event.at)
        self._under_way.pop(self._run, None)
        if self._modes.get(self._run) == Mode.UNDO:
            self.phases[event.phase] = _Seen("undone", seen.attempts, seen.at, {}, seen.baselines)
        elif event.status == "not begun":
            if seen.state == "in progress":
                seen.state, seen.attempts = self._before.get(self._run, "open"), seen.attempts - 1
        elif event.status == "interrupted":
            seen.state = "interrupted"
        elif event.status == "failed" and seen.state != "proves nothing":
            seen.state = "failed"
        elif seen.state == "in progress":
            seen.state = "applied"


def progress(plan: Plan, told: Iterable[tuple[str, Event]]) -> Progress:
    """The plan's progress, from (run, event) pairs in the order in which they were recorded."""
    fold = _Fold({os.path.realpath(phase.playbook): phase.number for phase in plan.phases})
    for run, event in told:
        fold.add(run, event)
    phases = tuple(_phase(phase, fold.phases.get(phase.number, _Seen())) for phase in plan.phases)
    seen = fold.phases.get(WHOLE_SUITE, _Seen())
    final = PhaseProgress(
        WHOLE_SUITE, "The whole suite", state=seen.state, tests=_tests(seen), at=seen.at
    )
    at = max((phase.at for phase in (*phases, final)), default="")
    return Progress(plan.title, phases, final, at)


def _phase(phase: Phase, seen: _Seen) -> PhaseProgress:
    return PhaseProgress(
        phase.number,
        phase.title,
        phase.cause,
        phase.priority,
        phase.iterations,
        phase.must_fix,
        seen.state,
        _steps(phase, seen),
        _tests(seen),
        seen.attempts,
        seen.at,
    )


def _steps(phase: Phase, seen: _Seen) -> tuple[StepProgress, ...]:
    """The steps that the plan names, or else the tasks that ran.  One that no task is named after
    stands and falls with its phase."""
    ran = {task.casefold(): worst(by_host.values()) for task, by_host in seen.tasks.items()}
    steps = []
    for name in phase.steps or tuple(seen.tasks):
        status = ran.get(name.casefold(), "")
        if status in ("failed", "unreachable"):
            state = "failed"
        elif status in ("ok", "changed", "skipped", "ignored"):
            state = "done"
        else:
            state = "done" if seen.state == "done" and not status else "open"
        steps.append(StepProgress(name, state, status))
    return tuple(steps)


def _tests(seen: _Seen) -> tuple[HostTests, ...]:
    hosts = dict.fromkeys([*seen.baselines, *seen.verdicts])
    return tuple(
        HostTests(host, seen.baselines.get(host), seen.verdicts.get(host)) for host in hosts
    )

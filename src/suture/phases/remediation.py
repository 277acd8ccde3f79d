"""The plan's phases on a runner: baseline, apply, verify, gate, record."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from suture.errors import SutureError, UnknownValue
from suture.events import (
    BaselineRecorded,
    Event,
    PhaseFinished,
    PhaseStarted,
    PhaseVerified,
    Warned,
)
from suture.model import Phase, Plan, Play, Playbook, Task, Verification
from suture.phases.gate import BAD, Test, Verdict, merged, verdict
from suture.run.play import PlayEnd, RunResult
from suture.run.play_runner import PlayRunner
from suture.variables.scope import Promise

REGISTER = "suture_verification"

WHOLE = 0
"""The number under which the whole suite is recorded, beside the phases' own."""


def whole_suite(plan: Plan) -> tuple[Phase, ...]:
    """The plan's whole suite as if it were a phase without steps; nothing where it has none."""
    if plan.final is None:
        return ()
    return (
        Phase(
            number=WHOLE,
            title="the whole suite",
            cause="",
            priority="",
            playbook="",
            must_fix=0,
            verifications=(plan.final,),
            mark=plan.final.mark,
        ),
    )


@dataclass(frozen=True, slots=True)
class Phases:
    """``playbooks`` holds each phase's, loaded and checked; ``known`` the baselines by host and
    phase, those of the ledger first, then each that is recorded here; ``through`` the status of
    a phase that has come through its gate."""

    runner: PlayRunner
    plan: Plan
    playbooks: Mapping[int, Playbook]
    emit: Callable[[Event], None]
    known: dict[tuple[str, int], BaselineRecorded]
    through: str = "done"

    def remediated(self, phases: Sequence[Phase], dry: bool) -> int:
        """0 when every phase came through its gate; the first that does not ends the run."""
        self.runner.check_policies(
            play for phase in phases for play in self.playbooks[phase.number].plays
        )
        if not dry:
            every = len(phases) == len(self.plan.phases)
            self.recorded([*phases, *(whole_suite(self.plan) if every else ())])
        for phase in phases:
            code = self._remediated(phase, dry)
            if code:
                return code
        return 0

    def _remediated(self, phase: Phase, dry: bool) -> int:
        began = time.monotonic()
        self._started(phase)
        ends = []
        for play in self.playbooks[phase.number].plays:
            ends.append(self.runner.perform(play, phase.playbook, phase.number))
            if not ends[-1].good:
                break
        code = exit_code(ends)
        status = "failed" if code else "previewed" if dry else "applied"
        if not code and not dry:
            verdicts = self._verified(phase)
            if not all(each.passes for each in verdicts.values()):
                code, status = 1, "failed"
            elif self._hosts(phase) - verdicts.keys():
                code, status = 4, "failed"
            else:
                status = self.through
        self._ended(phase, status, began)
        return code

    def verified(self, phases: Sequence[Phase]) -> int:
        """0 when every phase's gate passes; all are looked at, whatever the first ones say."""
        code = 0
        for phase in phases:
            began = time.monotonic()
            self._started(phase)
            verdicts = self._verified(phase)
            good = all(each.passes for each in verdicts.values())
            missing = self._hosts(phase) - verdicts.keys()
            code = max(code, 4 if missing else 0 if good else 1)
            self._ended(phase, "verified" if good and not missing else "failed", began)
        return code

    def recorded(self, phases: Iterable[Phase], again: bool = False) -> int:
        """Record what fails now, for every host that has no baseline of the phase (or ``again``)."""
        for phase in phases:
            hosts = self._hosts(phase)
            if not again:
                hosts = {host for host in hosts if (host, phase.number) not in self.known}
            if not hosts:
                continue
            for host, tests in self._tests(phase, "baseline", hosts).items():
                trouble = [test.message for test in tests.values() if test.trouble]
                if trouble:
                    raise SutureError(
                        f"{host}: the baseline of phase {phase.number} cannot be recorded:"
                        f" {trouble[0]}"
                    )
                event = self.known[(host, phase.number)] = _baseline(host, phase, tests)
                self.emit(event)
        return 4 if self.runner.pool.gone else 0

    # -- one phase -----------------------------------------------------------------------------

    def _verified(self, phase: Phase) -> dict[str, Verdict]:
        """The gate's verdict for each host that could be asked."""
        began = time.monotonic()
        found = {}
        for host, tests in self._tests(phase, "verify", self._hosts(phase)).items():
            before = self.known.get((host, phase.number))
            if before is None:
                self.emit(
                    Warned(
                        message=f"there is no baseline of phase {phase.number} for {host}:"
                        " what its tests say now proves nothing about a change"
                    )
                )
            failing = before.failing if before else ()
            passing = before.passing if before else ()
            said = found[host] = verdict(failing, passing, tests)
            self.emit(
                PhaseVerified(
                    host=host,
                    phase=phase.number,
                    verdict=said.verdict,
                    fixed=said.fixed,
                    still_failing=said.still_failing,
                    newly_broken=said.newly_broken,
                    flaky=said.flaky,
                    excused=said.excused,
                    counts=said.counts,
                    message=said.message,
                    seconds=round(time.monotonic() - began, 2),
                )
            )
        return found

    def _tests(self, phase: Phase, purpose: str, hosts: set[str]) -> dict[str, dict[str, Test]]:
        """Every host's tests of the phase's verification, all its runs together."""
        runs = phase.verifications
        play = _play(phase, runs, purpose, sorted(hosts), self.plan)
        self.runner.perform(play, self.plan.file, phase.number, purpose)
        found = {}
        for host in sorted(hosts - self.runner.pool.gone.keys()):
            results = self.runner.results(host)
            found[host] = merged(
                _tests_of(results.get(f"{REGISTER}_{index}"), runs[index])
                for index in range(len(runs))
            )
        return found

    def _hosts(self, phase: Phase) -> set[str]:
        play = _play(phase, (), "verify", self.plan.hosts, self.plan)
        return {host.name for host in self.runner.hosts(play)}

    def _started(self, phase: Phase) -> None:
        self.emit(
            PhaseStarted(
                phase=phase.number,
                title=phase.title,
                cause=phase.cause,
                priority=phase.priority,
                hosts=tuple(sorted(self._hosts(phase))),
            )
        )

    def _ended(self, phase: Phase, status: str, began: float) -> None:
        seconds = round(time.monotonic() - began, 2)
        self.emit(PhaseFinished(phase=phase.number, status=status, seconds=seconds))


def exit_code(ends: Iterable[PlayEnd]) -> int:
    """What the ends of a run's plays come to: a lost host outweighs one that failed."""
    return RunResult(tuple(ends)).exit


def _play(phase: Phase, runs: Sequence[Verification], purpose: str, hosts: Any, plan: Plan) -> Play:
    """A play that runs the verification on these hosts and changes nothing."""
    tasks = tuple(
        Task(
            f"{purpose}: {_shown(run)}",
            "pytest",
            {**run.args, "expect": "any", **({"reruns": 0} if purpose == "baseline" else {})},
            run.mark,
            register=f"{REGISTER}_{index}",
            origin=plan.file,
        )
        for index, run in enumerate(runs)
    )
    return Play(f"phase {phase.number}: {purpose}", hosts, (tasks,), (), phase.mark)


def _shown(run: Verification) -> str:
    paths = run.args.get("paths") or ["the whole suite"]
    chosen = run.args.get("k")
    return " ".join(map(str, paths if isinstance(paths, list) else [paths])) + (
        f" -k '{chosen}'" if chosen else ""
    )


def _baseline(host: str, phase: Phase, tests: Mapping[str, Test]) -> BaselineRecorded:
    def those(*outcomes: str) -> tuple[str, ...]:
        return tuple(sorted(name for name, test in tests.items() if test.outcome in outcomes))

    return BaselineRecorded(
        host=host,
        phase=phase.number,
        failing=those(*BAD),
        passing=those("passed"),
        skipped=those("skipped"),
    )


def _tests_of(result: Any, run: Verification) -> dict[str, Test]:
    """The tests that a run of pytest reported; a run that could not do its work is a failure."""
    try:
        data = result.value() if isinstance(result, Promise) else result
    except (UnknownValue, SutureError) as error:
        data = {"failed": True, "msg": str(error)}
    data = data or {"failed": True, "msg": "it did not run"}
    flaky = set(data.get("flaky") or ())
    tests = {
        each["id"]: Test(each["outcome"], each.get("message") or "", each["id"] in flaky)
        for each in data.get("tests") or ()
    }
    if data.get("failed") or not tests:
        message = str(data.get("msg") or "no test was collected")
        tests[f"(pytest {_shown(run)})"] = Test("error", message, trouble=True)
    return tests

"""The plan's phases on a runner: baseline, apply, verify, gate, record."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from suture.errors import SutureError
from suture.events import (
    BaselineRecorded,
    Event,
    PhaseFinished,
    PhaseStarted,
    Warned,
)
from suture.model import Phase, Plan, Playbook, Verification
from suture.phases.claims import Ownership
from suture.phases.gate import PROVES_NOTHING, Verdict
from suture.phases.judging import baseline_of, judged, not_again, united
from suture.phases.progress_report import standing
from suture.phases.suite_runs import SuiteRuns, known_as, looking, paths_of, play_of, without
from suture.run.narrator import LOOKING
from suture.run.play import PlayEnd, RunResult
from suture.run.play_runner import PlayRunner
from suture.variables.scope import Promise

WHOLE = 0
"""The number under which the whole suite is recorded, beside the phases' own."""
BEGUN = ("failed", "interrupted", "not begun")
"""Ends of a phase that is not done."""


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


@dataclass(slots=True)
class Phases:
    """``playbooks`` holds each phase's, loaded and checked; ``known`` the baselines by host and
    phase, those of the ledger first, then each that is recorded here; ``through`` the status of
    a phase that has come through its gate; ``ends`` how each phase ended here."""

    runner: PlayRunner
    plan: Plan
    playbooks: Mapping[int, Playbook]
    emit: Callable[[Event], None]
    known: dict[tuple[str, int], BaselineRecorded]
    through: str = "done"
    keep_going: bool = False
    cancelled: Callable[[], bool] = lambda: False
    ends: dict[int, str] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)
    _looked_for: set[int] = field(default_factory=set)
    _runs: SuiteRuns = field(init=False)

    def __post_init__(self) -> None:
        self._runs = SuiteRuns(self.runner, self.plan)

    def remediated(self, phases: Sequence[Phase], dry: bool) -> int:
        """0 when every phase came through its gate.  The first that does not ends the run, or with
        ``keep_going`` only those that need it; a phase whose tests are not there ends none."""
        plays = [play for phase in phases for play in self.playbooks[phase.number].plays]
        self.runner.check_hosts(plays)
        self.runner.check_policies(plays)
        self._look_for_paths(phases)
        every = len(phases) == len(self.plan.phases)
        code, stopped = 0, False
        whole = whole_suite(self.plan) if every and not dry else ()
        if not any(phase.remaining for phase in phases) and whole:
            self.recorded(whole)  # nobody else looks at all of it before something changes
        for phase in phases:
            reason = self.reasons.get(phase.number) or self._waits(phase, stopped)
            if reason and not (dry and phase.number in self.reasons):
                self._not_begun(phase, reason)
                code = code or 1
                continue
            found = self._remediated(phase, dry)
            stopped = stopped or bool(found and not self.keep_going) or found == 4
            code = max(code, found) if found == 4 else code or found
        if not dry and whole and not code:
            code = self.verified(whole)
        return code

    def said(self, code: int, phases: Sequence[Phase], command: str) -> str:
        """The last lines of a run: which phases are done, which are not, and what to type next."""
        return standing(
            code, [(phase, self.ends.get(phase.number, "")) for phase in phases], command
        )

    def _waits(self, phase: Phase, stopped: bool) -> str:
        """Why a phase cannot begin; nothing where it can."""
        if self.cancelled():
            return "the run was interrupted"
        bad = [number for number in phase.needs if self.ends.get(number) in BEGUN]
        if bad:
            return f"it needs phase {', '.join(map(str, bad))}"
        return "an earlier phase failed" if stopped else ""

    def _not_begun(self, phase: Phase, reason: str) -> None:
        self._started(phase)
        self.emit(PhaseFinished(phase=phase.number, status="not begun", reason=reason))
        self.ends[phase.number] = "not begun"

    def _remediated(self, phase: Phase, dry: bool) -> int:
        began = time.monotonic()
        self._started(phase)
        if not dry:
            self.recorded([phase])
            self._unite(phase)
            if self.cancelled():
                return self._ended(phase, "interrupted", began) or 1
        ends = []
        self._runs.forget()
        for play in self.playbooks[phase.number].plays:
            self._tell_baseline(phase)
            ends.append(self.runner.perform(play, phase.playbook, phase.number))
            if not ends[-1].good:
                break
        code = exit_code(ends)
        status = "failed" if code else "previewed" if dry else "applied"
        if not code and not dry and not self.cancelled():
            verdicts = self._verified(phase)
            if not all(each.passes for each in verdicts.values()):
                code, status = 1, "failed"
            elif self._hosts(phase) - verdicts.keys():
                code, status = 4, "failed"
            else:
                status = self._come_through(verdicts)
        if self.cancelled():
            code, status = code or 1, "interrupted"
        self._ended(phase, status, began)
        return code

    def _come_through(self, verdicts: Mapping[str, Verdict]) -> str:
        proving = [each for each in verdicts.values() if each.verdict != PROVES_NOTHING]
        return PROVES_NOTHING if verdicts and not proving else self.through

    def verified(self, phases: Sequence[Phase]) -> int:
        """0 when every phase's gate passes; all are looked at, whatever the first ones say."""
        self._look_for_paths(phases)
        code = 0
        for phase in phases:
            began = time.monotonic()
            if phase.number in self.reasons:
                self._not_begun(phase, self.reasons[phase.number])
                code = max(code, 1)
                continue
            self._started(phase)
            verdicts = self._verified(phase)
            good = all(each.passes for each in verdicts.values())
            missing = self._hosts(phase) - verdicts.keys()
            code = max(code, 4 if missing else 0 if good else 1)
            status = "failed"
            if good and not missing:
                proves = self._come_through(verdicts) != PROVES_NOTHING
                status = "verified" if proves else PROVES_NOTHING
            self._ended(phase, status, began)
        return code

    def recorded(self, phases: Iterable[Phase], again: bool = False) -> int:
        """Record what fails now, for every host that has no baseline of the phase (or ``again``)."""
        code = 0
        phases = list(phases)
        self._look_for_paths(phases)
        for phase in phases:
            if phase.number in self.reasons:
                code = 1
                continue
            hosts = self._hosts(phase)
            if not again:
                hosts = {host for host in hosts if (host, phase.number) not in self.known}
            if not hosts:
                continue
            for host, tests in self._runs.tests(phase, "baseline", hosts).items():
                trouble = [test.message for test in tests.values() if test.trouble]
                if trouble:
                    raise SutureError(
                        f"{host}: the baseline of phase {phase.number} cannot be recorded:"
                        f" {trouble[0]}"
                    )
                event = baseline_of(host, self._whose(host, phase), tests)
                self.known[(host, phase.number)] = event
                self.emit(event)
        return 4 if self.runner.pool.gone else code

    def _unite(self, phase: Phase) -> None:
        """Once the phase that takes what remains has its baseline, so has the whole suite."""
        for whole in whole_suite(self.plan) if phase.remaining else ():
            for host in self._hosts(phase):
                numbers = [each.number for each in self.plan.phases]
                parts = [self.known[key] for n in numbers if (key := (host, n)) in self.known]
                if (host, WHOLE) not in self.known and (host, phase.number) in self.known:
                    event = united(host, self._whose(host, whole), parts)
                    self.known[(host, WHOLE)] = event
                    self.emit(event)

    def _whose(self, host: str, phase: Phase) -> Ownership:
        """Whose the host's failures are, also by what was claimed there before."""
        taken = {
            name: number
            for (where, number), event in self.known.items()
            if where == host and number not in (WHOLE, phase.number)
            for name in event.claimed
        }
        return Ownership(self.plan, phase, taken)

    # -- one phase -----------------------------------------------------------------------------

    def _verified(self, phase: Phase) -> dict[str, Verdict]:
        """The gate's verdict for each host that could be asked."""
        began = time.monotonic()
        found = {}
        hosts = self._hosts(phase)
        known = {host: self.known.get((host, phase.number)) for host in hosts}
        left = {host: not_again(self._whose(host, phase), known[host]) for host in hosts}
        for host, tests in self._runs.tests(phase, "verify", hosts, left).items():
            before = known[host]
            if before is None:
                self.emit(
                    Warned(
                        message=f"there is no baseline of phase {phase.number} for {host}:"
                        " what its tests say now proves nothing about a change"
                    )
                )
            seconds = time.monotonic() - began
            found[host], event = judged(host, self._whose(host, phase), before, tests, seconds)
            self.emit(event)
        return found

    def _tell_baseline(self, phase: Phase) -> None:
        """The phase's playbook may read what failed before it: ``suture_failing``."""
        for host in self._hosts(phase):
            before = self.known.get((host, phase.number))
            if before is not None:
                told = [{"id": name, **before.causes.get(name, {})} for name in before.failing]
                state = self.runner.pool.state(self.runner.inventory.hosts[host])[0]
                state.results["suture_failing"] = known_as(told)

    def _look_for_paths(self, phases: Sequence[Phase]) -> None:
        """Which paths of the verifications the hosts lack.  An optional one is left out, with a
        word; without any other one the phase cannot begin."""
        new = [phase for phase in phases if phase.number not in self._looked_for]
        self._looked_for |= {phase.number for phase in new}
        for (number, path), hosts in missing_paths(self.runner, self.plan, new).items():
            where = ", ".join(hosts)
            self._runs.missing |= {path}
            phase = next(each for each in phases if each.number == number)
            optional = all(
                path in run.optional for run in phase.verifications if path in paths_of(run)
            )
            left = [without(run, self._runs.missing) for run in phase.verifications]
            name = f"phase {number}" if number else "the whole suite"
            said = f"{name}: there is no {path} on {where}"
            if not optional:
                self.reasons[number] = f"there is no {path} on {where}: mend 'verify' in the plan"
                said += "; mend 'verify' in the plan, or name it in 'optional' there"
            elif not any(left):
                self.reasons[number] = f"none of its tests is there: no {path} on {where}"
            else:
                said += ", which is optional: it is left out"
            self.emit(Warned(message=said, where=str(phase.mark)))

    def _hosts(self, phase: Phase) -> set[str]:
        play = play_of(phase, (), "verify", self.plan.hosts, self.plan)
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

    def _ended(self, phase: Phase, status: str, began: float) -> int:
        seconds = round(time.monotonic() - began, 2)
        self.ends[phase.number] = status
        self.emit(PhaseFinished(phase=phase.number, status=status, seconds=seconds))
        return 0


def missing_paths(
    runner: PlayRunner, plan: Plan, phases: Sequence[Phase]
) -> dict[tuple[int, str], list[str]]:
    """The paths of verifications that hosts lack: by phase and path, the hosts.  Those inside of a
    container, say, cannot be looked for."""
    paths: dict[str, Verification] = {}
    for phase in phases:
        for run in phase.verifications:
            if not run.args.get("runner"):
                paths.update(dict.fromkeys(paths_of(run), run))
    if not paths:
        return {}
    mark = phases[0].mark
    play = looking(paths, plan, plan.hosts, mark)
    hosts = [host.name for host in runner.hosts(play)]
    runner.perform(play, plan.file, purpose=LOOKING)
    found: dict[tuple[int, str], list[str]] = {}
    for host in hosts:
        if host in runner.pool.gone:
            continue
        results = runner.results(host)
        lacking = set()
        for index, path in enumerate(paths):
            result = results.get(f"suture_path_{index}")
            told = result.value() if isinstance(result, Promise) else {}
            if "stat" in told and not told["stat"].get("exists"):
                lacking.add(path)
        for phase in phases:
            for path in {path for run in phase.verifications for path in paths_of(run)} & lacking:
                found.setdefault((phase.number, path), []).append(host)
    return dict(sorted(found.items()))


def exit_code(ends: Iterable[PlayEnd]) -> int:
    """What the ends of a run's plays come to: a lost host outweighs one that failed."""
    return RunResult(tuple(ends)).exit

"""``triage``: what fails on the host, or in a file, or in a baseline, by cause and as a plan."""

from __future__ import annotations

import base64
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from suture.commands.app import App
from suture.commands.inputs import inputs_of
from suture.commands.options import Options
from suture.commands.project import Project, project_of
from suture.commands.run_hooks import RunHooks
from suture.errors import Exit, SutureError, UnknownValue
from suture.events import (
    BaselineRecorded,
    Event,
    HostLost,
    Mode,
    RunFinished,
    StepOutput,
    TestFinished,
)
from suture.load.phase_plan import plan_of
from suture.model import Mark, Plan, Play, Task
from suture.phases.causes import Failure, failure_of
from suture.phases.claims import failures_of
from suture.phases.gate import BAD
from suture.phases.junit_reader import failures_in
from suture.phases.plan_writer import written
from suture.phases.proposals import Proposal, proposal, sources_of
from suture.phases.triage import Difference, Group, difference, groups, unclear
from suture.report.dispatch import Consumer
from suture.report.ledger.ledger import Ledger
from suture.report.terminal.output import paper
from suture.report.text.triage import shown
from suture.run.narrator import LOOKING
from suture.run.play_runner import PlayRunner
from suture.suggestions import called
from suture.variables.scope import Promise

NOWHERE = Mark("", 0)
SIGN = 10.0
"""Seconds without a word after which there is a sign of life."""
WHOLE = 0


@dataclass(frozen=True, slots=True)
class FailureSource:
    """Where the failures come from: a file, what was recorded last, or else the host's own suite."""

    paths: tuple[str, ...] = ()
    junit: str = ""
    recorded: bool = False


@dataclass(slots=True)
class Triage:
    """What was found so far."""

    failures: list[Failure] = field(default_factory=list)
    again: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    hosts: str = "all"
    proposals: dict[int, Proposal] = field(default_factory=dict)

    @property
    def groups(self) -> list[Group]:
        workers = self.settings.get("n") not in (None, 0)
        return groups(self.failures, self.again, workers)


def triaged(options: Options, source: FailureSource, write: str, diff: str) -> int:
    """Show the failures by cause; write the plan where that is asked for."""
    project = project_of()
    if source.junit and (source.paths or source.recorded):
        raise SutureError("--junit reads a file: give no test paths and no --recorded with it")
    before = _before(project, diff) if diff else None  # now: "last" is not this one
    found = Triage()
    if source.junit:
        found.failures = failures_in(_text(source.junit), source.junit)
    elif source.recorded:
        found.failures = _recorded(project)
    code = 0
    if not source.junit and not source.recorded:
        code = _looked(options, project, source, found, bool(write))
    if code:
        return code
    if not found.proposals and write:
        found.proposals = {at: proposal(each, {}) for at, each in enumerate(found.groups)}
    changed = None if before is None else difference(before, found.failures)
    _show(options, found, changed)
    if write:
        _write(Path(write), found)
    return 0


# -- where failures come from ----------------------------------------------------------------------


def _text(file: str) -> str:
    try:
        return Path(file).read_text("utf-8")
    except OSError as error:
        raise SutureError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SutureError(f"{file} is no text in UTF-8, as a JUnit file is") from None


def _recorded(project: Project) -> list[Failure]:
    """What the last baselines say, that of the whole suite before those of phases."""
    ledger = Ledger.reading(project.ledger)
    last: dict[int, BaselineRecorded] = {}
    for run in ledger.runs():
        for event in ledger.events(run.run) if run.mode not in ("dry-run", "rehearse") else ():
            if isinstance(event, BaselineRecorded):
                last[event.phase] = event
    chosen = [last[WHOLE]] if WHOLE in last else list(last.values())
    if not chosen:
        raise SutureError(f"no baseline is recorded: run '{called()} baseline' first")
    found = {each.id: each for event in chosen for each in failures_of(event.causes, event.failing)}
    return list(found.values())


def _before(project: Project, run: str) -> list[Failure]:
    """What a run recorded as failing, a triage or a baseline."""
    ledger = Ledger.reading(project.ledger)
    record = ledger.run("" if run == "last" else run)
    told = [each for each in ledger.events(record.run) if isinstance(each, BaselineRecorded)]
    if not told:
        raise SutureError(
            f"the run {record.run} recorded no failing tests: name a triage or a baseline"
        )
    known = {each.id: each for event in told for each in failures_of(event.causes, event.failing)}
    return list(known.values())


class SignsOfLife:
    """Tells on stderr what is under way, at least every ten seconds."""

    def __init__(self) -> None:
        self._spoke = time.monotonic()
        self._tests = 0
        self._bad = 0

    def __call__(self, event: Event) -> None:
        if isinstance(event, TestFinished):
            self._tests += 1
            self._bad += event.outcome in BAD
        elif isinstance(event, StepOutput):
            print(f"triage: {event.text}", file=sys.stderr, flush=True)
            self._spoke = time.monotonic()
        elif isinstance(event, RunFinished):
            if event.exit_code:
                print(f"suture: {event.message}", file=sys.stderr, flush=True)
        elif isinstance(event, HostLost):
            print(f"triage: {event.host}: {event.reason}", file=sys.stderr, flush=True)
        self.tick()

    def tick(self) -> None:
        if time.monotonic() - self._spoke >= SIGN:
            self._spoke = time.monotonic()
            said = f"triage: {self._tests:,} tests so far, {self._bad:,} of them failed"
            print(said, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Nothing is left to be told."""


def _looked(
    options: Options, project: Project, source: FailureSource, found: Triage, proposing: bool
) -> int:
    """Run the hosts' suite, and what is unclear once more.  Nothing else is done: what pip would
    bring is predicted only."""
    ledger = Ledger.open(project.ledger)
    recorder = ledger.recorder(lambda said: print(said, file=sys.stderr))
    consumers: list[Consumer] = [SignsOfLife(), recorder]
    app = App(inputs_of(replace(options, dry_run=False), project), RunHooks(consumers=consumers))
    plan = plan_of(project.plan) if project.plan.exists() else None
    found.settings = _settings(plan, app.runner)
    found.hosts = plan.hosts if plan and isinstance(plan.hosts, str) else "all"

    def work() -> int:
        host_runs = HostRuns(app.runner, found.hosts)
        tests = host_runs.tests({**found.settings, "paths": list(source.paths)})
        found.failures = [failure_of(each) for each in tests if each["outcome"] in BAD]
        _emit(app, host_runs.names, tests, found.failures)
        open_questions = unclear(found.groups)
        if open_questions:
            settings = {key: found.settings[key] for key in SAME if key in found.settings}
            again = {**settings, "paths": open_questions, "n": 0, "reruns": 1, "company": True}
            found.again = _again(host_runs.tests(again))
        if proposing:
            found.proposals = _proposed(host_runs, found.groups)
        return Exit.UNREACHABLE if app.runner.pool.gone else Exit.DONE

    return app.conducted(work, "triage", Mode.TRIAGE)


SAME = ("chdir", "python", "venv", "runner", "env", "timeout", "extra_args")
"""What holds when tests are run again."""


def _settings(plan: Plan | None, runner: PlayRunner) -> dict[str, Any]:
    """How the suite is run: as the plan's last verification, else by the inventory's variables."""
    if plan is not None and plan.final is not None:
        return {
            key: each for key, each in plan.final.args.items() if key not in ("paths", "reruns")
        }
    known = {"chdir": "app_dir", "python": "app_python"}
    hosts = runner.hosts(Play("triage", "all", (), (), NOWHERE))
    return {
        key: f"{{{{ {name} }}}}"
        for key, name in known.items()
        if all(runner.variable(host, name) for host in hosts)
    }


def _emit(
    app: App, hosts: Sequence[str], tests: Sequence[Mapping[str, Any]], failures: Sequence[Failure]
) -> None:
    """What failed is recorded, for a later --diff."""
    passing = tuple(sorted(each["id"] for each in tests if each["outcome"] == "passed"))
    causes = {
        each.id: {"exception": each.exception, "message": each.message, "where": each.where}
        for each in failures
    }
    failing = tuple(sorted(causes))
    for host in hosts[:1]:
        event = BaselineRecorded(
            host=host, phase=WHOLE, failing=failing, passing=passing, causes=causes
        )
        app.conductor.emit(event)


def _again(tests: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What tests needed to pass, by id."""
    found = {}
    for test in tests:
        if test["outcome"] == "passed":
            found[test["id"]] = "alone"
        elif test.get("how"):
            found[test["id"]] = str(test["how"])
    return found


@dataclass(slots=True)
class HostRuns:
    """Asks the hosts; each answer is every host's, the first to tell of a test or file counts."""

    runner: PlayRunner
    pattern: str
    _files: dict[str, str | None] = field(default_factory=dict)
    _asked: int = 0

    @property
    def names(self) -> list[str]:
        return [host.name for host in self.runner.hosts(self._play([]))]

    def _play(self, tasks: Sequence[Task]) -> Play:
        return Play("triage", self.pattern, (tuple(tasks),), (), NOWHERE)

    def _performed(
        self, calls: Sequence[tuple[str, Mapping[str, Any]]]
    ) -> list[list[Mapping[str, Any]]]:
        """For each call of a module what the hosts return, those that could be reached."""
        self._asked += 1
        names = [f"suture_triage_{self._asked}_{at}" for at in range(len(calls))]
        tasks = [
            Task(
                module,
                module,
                dict(args),
                NOWHERE,
                register=name,
                ignore_errors=True,
                check_mode=module == "pip" or None,
                exception="predicted only: nothing is installed" if module == "pip" else None,
            )
            for name, (module, args) in zip(names, calls, strict=True)
        ]
        play = self._play(tasks)
        hosts = [host.name for host in self.runner.hosts(play)]
        purpose = LOOKING if calls[0][0] != "pytest" else "triage"
        self.runner.perform(play, "triage", purpose=purpose)
        alive = [host for host in hosts if host not in self.runner.pool.gone]
        return [[_value(self.runner.results(host).get(name)) for host in alive] for name in names]

    def tests(self, args: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Every test of a run; SutureError where pytest could not do its work."""
        (results,) = self._performed([("pytest", {**args, "expect": "any"})])
        found: dict[str, Mapping[str, Any]] = {}
        for data in results:
            tests = data.get("tests") or ()
            if not tests:
                said = data.get("msg") or "no test was collected"
                raise SutureError(f"the suite could not be run: {said}")
            for test in tests:
                found.setdefault(test["id"], test)
        return list(found.values())

    def sources(self, groups_: Sequence[Group]) -> list[dict[str, str]]:
        """For each group the application's files that its proposal looks into."""
        while True:
            wanted: set[str] = set()

            def read(file: str, wanted: set[str] = wanted) -> str | None:
                if file not in self._files:
                    wanted.add(file)
                return self._files.get(file)

            found = [sources_of(group, read) for group in groups_]
            if not wanted:
                return found
            self._fetch(sorted(wanted))

    def _fetch(self, files: Sequence[str]) -> None:
        calls = [("slurp", {"src": f"{{{{ app_dir }}}}/{file}"}) for file in files]
        for file, results in zip(files, self._performed(calls), strict=True):
            texts = [base64.b64decode(data["content"]) for data in results if "content" in data]
            self._files[file] = texts[0].decode("utf-8", "replace") if texts else None

    def resolvable(self, args: Mapping[str, Any]) -> str:
        """Why the host's own index cannot provide it; nothing where it can."""
        (results,) = self._performed([("pip", args)])
        wrong = [str(data.get("msg")) for data in results if data.get("failed")]
        return wrong[0] if wrong else ""


def _value(result: Any) -> Mapping[str, Any]:
    try:
        value = result.value() if isinstance(result, Promise) else result
    except (UnknownValue, SutureError) as error:
        return {"failed": True, "msg": str(error)}
    return value or {}


def _proposed(hosts: HostRuns, found: Sequence[Group]) -> dict[int, Proposal]:
    proposals = {}
    for at, (group, files) in enumerate(zip(found, hosts.sources(found), strict=True)):
        made = proposal(group, files)
        for task in made.tasks:
            if "pip" in task:
                wrong = hosts.resolvable(task["pip"])
                said = f"the host's pip: {wrong}" if wrong else "the host's own index has it"
                made = replace(made, notes=(*made.notes, said))
        proposals[at] = made
    return proposals


# -- what is shown and written ---------------------------------------------------------------------


def _show(options: Options, found: Triage, changed: Difference | None) -> None:
    rows = [group.as_json(at) for at, group in enumerate(found.groups, 1)]
    if options.json:
        told: dict[str, Any] = {"failing": len(found.failures), "groups": rows}
        if changed is not None:
            told["diff"] = {"new": changed.new, "gone": changed.gone, "changed": changed.changed}
        print(json.dumps(told))
        return
    lists = () if changed is None else (changed.new, changed.gone, changed.changed)
    paper(sys.stdout, os.environ).show(shown(rows, len(found.failures), lists))


def _write(folder: Path, found: Triage) -> None:
    if not found.failures:
        raise SutureError("nothing fails: there is no plan to write")
    plan = folder / "plan.yml"
    if plan.exists():
        raise SutureError(f"{plan} is there already: name another folder, or remove it")
    files = written(found.groups, found.proposals, found.settings, found.hosts, len(found.failures))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, "utf-8")
    except OSError as error:
        raise SutureError(f"{error.filename} cannot be written: {error.strerror}") from None
    print(f"written to {folder}: {', '.join(files)}", file=sys.stderr)
    print(f"next: read it, then SUTURE_PLAN={plan} {called()} remediate --dry-run", file=sys.stderr)

"""Runs of the hosts' tests: each selection in a run of its own, or a share in one that covers it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from suture.errors import SutureError, UnknownValue
from suture.model import Mark, Phase, Plan, Play, Task, Verification
from suture.phases.causes import failure_of
from suture.phases.claims import inside
from suture.phases.gate import BAD, Test, merged
from suture.run.play_runner import PlayRunner
from suture.variables.scope import Promise

REGISTER = "suture_verification"
NOT_AGAIN = "suture_not_again"
"""The variable that names the tests of a host that are not to be run again."""

Tests = dict[str, Test]


@dataclass(slots=True)
class SuiteRuns:
    """``missing`` are the paths that hosts lack, found beforehand; ``made`` the runs of each host
    since something last changed there."""

    runner: PlayRunner
    plan: Plan
    missing: frozenset[str] = frozenset()
    made: dict[str, list[tuple[Verification, Tests]]] = field(default_factory=dict)

    def forget(self) -> None:
        """Something has changed on the hosts: what their tests said before is past."""
        self.made.clear()

    def tests(
        self,
        phase: Phase,
        purpose: str,
        hosts: set[str],
        not_again: Mapping[str, Iterable[str]] | None = None,
    ) -> dict[str, Tests]:
        """Every host's tests of the phase's verification, all its runs together.

        ``not_again``: by host, the tests whose failing is known for a reason that is nobody's here.
        """
        wanted = [run for each in phase.verifications if (run := without(each, self.missing))]
        found: dict[str, list[Tests]] = {host: [] for host in hosts}
        for run in wanted:
            asked = {host for host in hosts if not self._shared(host, run, found[host])}
            if asked:
                self._perform(phase, run, purpose, asked, not_again or {}, found)
        gone = self.runner.pool.gone
        return {host: merged(runs) for host, runs in sorted(found.items()) if host not in gone}

    def _shared(self, host: str, run: Verification, found: list[Tests]) -> bool:
        """Whether a run of before has the tests of this one; then they are added."""
        for made, tests in self.made.get(host, ()):
            if covers(made, run):
                found.append(_part(tests, run))
                return True
        return False

    def _perform(
        self,
        phase: Phase,
        run: Verification,
        purpose: str,
        hosts: set[str],
        not_again: Mapping[str, Iterable[str]],
        found: dict[str, list[Tests]],
    ) -> None:
        inventory = self.runner.inventory.hosts
        for host in hosts:
            known = sorted(not_again.get(host, ()))
            state = self.runner.pool.state(inventory[host])[0]
            state.results[NOT_AGAIN] = known_as(known)
        play = play_of(phase, [run], purpose, sorted(hosts), self.plan)
        self.runner.perform(play, self.plan.file, phase.number, purpose)
        for host in sorted(hosts - self.runner.pool.gone.keys()):
            tests = _tests_of(self.runner.results(host).get(f"{REGISTER}_0"), run)
            found[host].append(tests)
            if not any(test.trouble for test in tests.values()):
                self.made.setdefault(host, []).append((run, tests))


def known_as(value: Any) -> Promise:
    """A value as if a step had registered it: data, never a template."""
    return Promise(lambda: value)


def without(run: Verification, missing: frozenset[str]) -> Verification | None:
    """The verification without those of its optional paths that are missing; None where that
    leaves nothing to run."""
    gone = {path for path in run.optional if path in missing}
    paths = paths_of(run)
    if not gone:
        return run
    left = [path for path in paths if path not in gone]
    if not left:
        return None
    return Verification({**run.args, "paths": left}, run.mark, run.optional, run.remaining)


def covers(made: Verification, wanted: Verification) -> bool:
    """Whether a run has all tests of another one, run in the same way."""
    if _way(made) != _way(wanted):
        return False
    have, want = paths_of(made), paths_of(wanted)
    return not have or (bool(want) and all(any(inside(path, top) for top in have) for path in want))


def _way(run: Verification) -> str:
    return json.dumps({**run.args, "paths": None}, sort_keys=True, default=str)


def paths_of(run: Verification) -> list[str]:
    """The paths that it runs; none for the whole suite."""
    given = run.args.get("paths") or []
    return [str(path).rstrip("/") for path in ([given] if isinstance(given, str) else given)]


def _part(tests: Tests, run: Verification) -> Tests:
    paths = paths_of(run)
    return {
        name: test
        for name, test in tests.items()
        if not paths or any(inside(name, path) for path in paths)
    }


def play_of(
    phase: Phase, runs: Sequence[Verification], purpose: str, hosts: Any, plan: Plan
) -> Play:
    """A play that runs the verification on these hosts and changes nothing."""
    tasks = tuple(
        Task(
            f"{purpose}: {shown(run)}",
            "pytest",
            {**run.args, "expect": "any", **_again(run, purpose)},
            run.mark,
            register=f"{REGISTER}_{index}",
            origin=plan.file,
        )
        for index, run in enumerate(runs)
    )
    return Play(f"phase {phase.number}: {purpose}", hosts, (tasks,), (), phase.mark)


def _again(run: Verification, purpose: str) -> dict[str, Any]:
    """What is run again: nothing in a baseline, which tells how things are."""
    if purpose == "baseline" or not run.args.get("reruns", 1):
        return {"reruns": 0, "company": False}
    again = {"reruns": run.args.get("reruns", 1), "company": True}
    return {**again, "not_again": f"{{{{ {NOT_AGAIN} }}}}"}


def shown(run: Verification) -> str:
    chosen = run.args.get("k")
    paths = " ".join(map(str, paths_of(run))) or "the whole suite"
    return paths + (f" -k '{chosen}'" if chosen else "")


def looking(paths: Mapping[str, Verification], plan: Plan, hosts: Any, mark: Mark) -> Play:
    """A play that looks whether the hosts have these paths."""
    tasks = tuple(
        Task(
            f"whether there is {path}",
            "stat",
            {"path": f"{run.args.get('chdir') or '.'}/{path.partition('::')[0]}"},
            run.mark,
            register=f"suture_path_{index}",
            origin=plan.file,
        )
        for index, (path, run) in enumerate(paths.items())
    )
    return Play("the plan's paths", hosts, (tasks,), (), mark)


def _tests_of(result: Any, run: Verification) -> Tests:
    """The tests that a run of pytest reported; a run that could not do its work is a failure."""
    try:
        data = result.value() if isinstance(result, Promise) else result
    except (UnknownValue, SutureError) as error:
        data = {"failed": True, "msg": str(error)}
    data = data or {"failed": True, "msg": "it did not run"}
    flaky, cold = set(data.get("flaky") or ()), set(data.get("cold") or ())
    tests = {
        each["id"]: Test(
            each["outcome"],
            each.get("message") or "",
            each["id"] in flaky,
            each["id"] in cold,
            failure=failure_of(each) if each["outcome"] in BAD else None,
            times=_times(each),
        )
        for each in data.get("tests") or ()
    }
    if data.get("failed") or not tests:
        message = str(data.get("msg") or "no test was collected")
        tests[f"(pytest {shown(run)})"] = Test("error", message, trouble=True)
    return tests


def _times(test: Mapping[str, Any]) -> tuple[float, ...]:
    again = test.get("seconds_again")
    return () if again is None else (float(test.get("seconds") or 0), float(again))

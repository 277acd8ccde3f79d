"""The host's own tests pass, as its own pytest finds; each is told as it finishes.

Nothing is installed on the host and nothing is written to the application's directory.  Test ids
are relative to pytest's root directory: ``tests/a.py::test_b[param]``; a file that cannot be
collected counts as one test, ``tests/a.py``, whose outcome is "error".
"""

from __future__ import annotations

import math
import os
import re
import secrets
import shlex
import time
from dataclasses import dataclass, replace
from typing import Any, Callable, Dict, List, Literal, Optional, Sequence, Tuple, cast

from ..protocol.spec import Failure, arg
from ..pytest_run import reporter
from ..pytest_run.command_line import (
    alone,
    arguments,
    by_file,
    differing,
    ids_of,
    in_company,
    packed,
)
from ..pytest_run.run import COUNTED, Run, live
from ..shared.interpreter import directory_of, interpreter
from ..world.done import Done
from ..world.world import World

EXAMPLES = """
- name: the trackers' tests pass
  pytest:
    chdir: /opt/app
    paths: [tests/unit/test_agents/test_drift_monitor]
    timeout: 60
    n: 2
    reruns: 2

- name: what fails now
  pytest: {chdir: /opt/app, n: auto, timeout: 60, expect: any}
  register: baseline

- name: what fails in the container
  pytest: {runner: docker exec app python, n: 0, expect: any}

- name: seventeen tests, all of them pass
  pytest: {chdir: /opt/app, venv: .venv, paths: tests/rag/test_reranker.py, expect: {passed: 17}}
"""
LOOKS = True

BOOT = (
    "import sys; path = sys.argv.pop(1); "
    "exec(compile(open(path, 'rb').read(), path, 'exec'), {'__name__': '__main__'})"
)
DISTS = ("no", "each", "load", "loadscope", "loadfile", "loadgroup", "worksteal")
COMPARISON = re.compile(r"(>=|<=|==|>|<)?\s*(\d+)")
LIVE = ("id", "outcome", "message", "seconds")
"""What is told of each test as it finishes."""
NAMED = 5
"""Failing tests that a message names; the data has them all."""


@dataclass(frozen=True)
class Args:
    paths: list[str] = arg(
        "Files, directories or test ids; none: what the project's own settings say.",
        [],
        aliases=("path",),
    )
    k: str = arg("Only tests whose names match this expression, as pytest's -k.", "")
    m: str = arg("Only tests whose markers match this expression, as pytest's -m.", "")
    n: int | Literal["auto"] | None = arg("xdist workers: a number, or auto.", None)
    dist: str = arg(
        "How xdist spreads tests: load, loadscope, loadfile, loadgroup, worksteal; unsaid: as the"
        " project's settings say.",
        "",
    )
    timeout: float | None = arg("Seconds that each test may take (needs pytest-timeout).", None)
    maxfail: int = arg("Stop after this many failures; 0: never.", 0)
    env: dict[str, str] = arg("Environment variables for the tests.", {})
    python: str | None = arg("The Python whose pytest runs; excludes 'venv'.", None)
    venv: str | None = arg(
        "The virtual environment whose pytest runs.  Unsaid: .venv or venv in chdir, else python3.",
        None,
        aliases=("virtualenv",),
    )
    runner: str = arg(
        "The command that starts the Python whose pytest runs: 'uv run python', 'tox exec -e py311"
        " -- python', 'docker exec app python'; {python} in it stands for 'python' or 'venv'.",
        "",
    )
    chdir: str | None = arg("Directory to run in, usually the application's.", None)
    extra_args: list[str] = arg("Further arguments, handed to pytest as they are.", [])
    expect: Literal["pass", "any"] | dict[str, int | str] = arg(
        "What is a success: pass (nothing fails), any (whatever the outcome: baselines), or counts"
        " by outcome, such as {passed: 17} or {passed: '>= 600', failed: 1}.",
        "pass",
    )
    reruns: int = arg(
        "Run each failing test alone up to this often; one that then passes is named flaky.", 0
    )
    company: bool = arg(
        "With reruns: what fails alone too runs once more among the tests of its class or module,"
        " which stays on one worker; one that then passes is named cold.",
        False,
    )
    not_again: list[str] = arg("Tests that are not run again, whatever they did.", [])
    wall: float | None = arg("Seconds that the whole run may take; what finished is kept.", None)

    def __post_init__(self) -> None:
        if self.python and self.venv:
            raise ValueError("'python' and 'venv' exclude each other")
        if isinstance(self.n, int) and self.n < 0:
            raise ValueError("n must not be negative")
        for name in ("timeout", "wall"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ValueError(f"{name} must be more than 0 seconds")
        if self.runner and self.venv and "{python}" not in self.runner:
            raise ValueError("'runner' does not say {python}: 'venv' would have no meaning")
        if self.dist and self.dist not in DISTS:
            raise ValueError(f"dist must be one of {', '.join(DISTS)}")
        if self.company and not self.reruns:
            raise ValueError("company is about reruns: say how many with 'reruns'")
        if self.reruns < 0 or self.maxfail < 0:
            raise ValueError("reruns and maxfail must not be negative")
        if isinstance(self.expect, dict):
            _check_expected(self.expect)
        elif self.expect not in ("pass", "any"):
            raise ValueError("expect must be pass, any, or counts such as {passed: 17}")


def _check_expected(expect: Dict[str, Any]) -> None:
    known = (*COUNTED, "collected")
    for outcome, number in expect.items():
        if outcome not in known:
            raise ValueError(f"expect: '{outcome}' is none of {', '.join(known)}")
        if not COMPARISON.fullmatch(str(number).strip()):
            raise ValueError(f"expect: {outcome} must be a number, or such as '>= 17'")


def apply(args: Args, world: World) -> Dict[str, Any]:
    """Run the tests, then each failing one alone; the outcome of each as data."""
    began = time.monotonic()
    directory = directory_of(args.chdir)
    command = _command(args, directory, world)
    if not args.runner:
        _check_paths(args, directory, world)
    performance = Performance(args, world, command, directory, began)
    run = performance.run(arguments(args), args.wall)
    trouble = run.trouble(shlex.join(command), args.wall)
    said = differing(run.about.get("settings", {}), args)
    if said:
        world.say(said)
    if not trouble:
        performance.rerun(run)
    data = run.data(trouble)
    data["seconds"] = round(time.monotonic() - began, 3)
    data["settings"] = run.about.get("settings", {})
    data["remark"] = said
    problem = trouble or unexpected(data, args.expect)
    if problem:
        raise Failure(problem, **data)
    if data["flaky"]:
        world.say(f"flaky, passed only when run again: {', '.join(data['flaky'])}")
    if data["cold"]:
        world.say(f"cold, passed only in company: {', '.join(data['cold'])}")
    return data


def _command(args: Args, directory: Optional[str], world: World) -> List[str]:
    """What starts the Python whose pytest runs."""
    runner = args.runner
    if runner and "{python}" not in runner:
        return shlex.split(runner)
    python = interpreter(world, args.python, args.venv, directory)
    if not runner:
        return [python]
    return [word.replace("{python}", python) for word in shlex.split(runner)]


@dataclass(frozen=True)
class Performance:
    """One step's pytest processes; ``began`` is when its time started to run."""

    args: Args
    world: World
    command: Sequence[str]
    directory: Optional[str]
    began: float

    def run(self, given: Sequence[str], wall: Optional[float], rerun: bool = False) -> Run:
        """What one pytest process wrote down, however it ended."""
        token = f"suture-{secrets.token_hex(16)} "
        report = self.world.report

        def on_line(line: str) -> None:
            _, found, record = line.partition(token)
            kind, value = live(record) if found else ("", {})
            if kind == "test":
                known = {name: value.get(name, "") for name in LIVE}
                report("test", {**known, "purpose": "rerun"} if rerun else known)
            elif kind == "collected" and not rerun:
                self.world.say(f"{value} tests collected")

        if self.args.runner:
            # Where the command leads, a container say, no file of ours can be read or written.
            kept: List[bytes] = []
            argv = [*self.command, "-c", packed(_reporter()), "", token, *given]
            done, timed_out = self._measured(argv, wall, self._keeping(kept, token, on_line))
            lines = b"".join(line + b"\n" for line in kept)
        else:
            with self.world.scratch(_reporter(), "reporter.py") as script:
                results, cache = script + ".jsonl", os.path.join(os.path.dirname(script), "cache")
                argv = [*self.command, "-c", BOOT, script, results, token]
                argv += ["-o", f"cache_dir={cache}", *given]
                done, timed_out = self._measured(argv, wall, on_line)
                lines = self.world.read(results) or b""
        said = re.sub(token.encode() + b".*\n?", b"", done.stderr)
        return Run.read(lines, replace(done, stderr=said), timed_out)

    @staticmethod
    def _keeping(
        kept: List[bytes], token: str, on_line: Callable[[str], None]
    ) -> Callable[[str], None]:
        """Every record that comes as a line is kept, and told on as ever."""

        def heard(line: str) -> None:
            _, found, record = line.partition(token)
            if found and live(record)[0]:
                kept.append(record.strip().encode())
            on_line(line)

        return heard

    def _measured(
        self, argv: Sequence[str], wall: Optional[float], on_line: Callable[[str], None]
    ) -> Tuple[Done, bool]:
        """The finished process, and whether its time was up."""
        # The environment's variables come last: an author may want bytecode or caches after all.
        env = {"PYTHONDONTWRITEBYTECODE": "1", **self.args.env}
        how: Dict[str, Any] = {"cwd": self.directory, "env": env, "timeout": wall}
        try:
            return self.world.measure(*argv, on_line=on_line, **how), False
        except Failure as failure:
            if failure.data.get("rc") != 124:
                raise
            return Done(tuple(argv), 124), True

    def rerun(self, run: Run) -> None:
        """Run failing tests again, those of a file in one process and without workers; then in the
        company of their class or module, with as many workers."""
        again = set(self.args.not_again)
        left = [test for test in run.failing() if test["id"] not in again]
        for _ in range(self.args.reruns):
            for group in by_file(left):
                self._again(run, group, "alone", alone(ids_of(group), run.about, self.args))
            left = [test for test in left if "passed" not in test.get("reruns", ())]
        if left and self.args.company:
            self._again(run, left, "in company", in_company(ids_of(left), run.about, self.args))

    def _again(self, run: Run, tests: List[Dict[str, Any]], how: str, given: Sequence[str]) -> None:
        """One more process; what became of these tests in it is noted with them."""
        left = self._left()
        if left is not None and left <= 0:
            run.errors.append("no time was left to run every failing test again")
            return
        found = self.run(given, left, rerun=True)
        for test in tests:
            outcome = found.outcome(test["id"])
            test.setdefault("reruns", []).append(outcome)
            if outcome == "passed":
                test["how"] = how
                test["seconds_again"] = found.tests[test["id"]]["seconds"]

    def _left(self) -> Optional[float]:
        wall = self.args.wall
        return None if wall is None else wall - (time.monotonic() - self.began)


def _reporter() -> bytes:
    """The reporter's own text, from wherever the agent was loaded."""
    loader = cast("Any", reporter.__loader__)
    return str(loader.get_source(reporter.__name__)).encode()


def _check_paths(args: Args, directory: Optional[str], world: World) -> None:
    if "--pyargs" in args.extra_args:
        return
    base = directory or os.getcwd()
    if directory and world.stat(directory) is None:
        raise Failure(f"the directory {directory} does not exist")
    missing = [
        path for path in args.paths if world.stat(os.path.join(base, path.split("::")[0])) is None
    ]
    if missing:
        raise Failure(f"there is no {' and no '.join(missing)} in {base}", missing=missing)


def unexpected(data: Dict[str, Any], expect: Any) -> str:
    """What is wrong with the outcome, in one sentence; nothing when it is what was expected."""
    if expect == "any":
        return ""
    counts = {**data["counts"], "collected": data["collected"]}
    if isinstance(expect, dict):
        wanted = {"failed": 0, "error": 0, **expect}
        off = [
            f"{counts[outcome]} {outcome} instead of {number}"
            for outcome, number in wanted.items()
            if not _agrees(counts[outcome], str(number))
        ]
        return "the tests ended otherwise than expected: " + ", ".join(off) if off else ""
    failed = data["failed"]
    if not failed:
        return ""
    if len(failed) == 1:
        (said,) = (test.get("message", "") for test in data["tests"] if test["id"] == failed[0])
        return f"1 of {len(data['tests'])} tests failed: {failed[0]}: {said.splitlines()[0]}"
    named = ", ".join(failed[:NAMED])
    more = f" and {len(failed) - NAMED} more" if len(failed) > NAMED else ""
    return f"{len(failed)} of {len(data['tests'])} tests failed: {named}{more}"


def _agrees(number: int, wanted: str) -> bool:
    match = COMPARISON.fullmatch(wanted.strip())
    assert match
    low, high = {
        ">=": (int(match[2]), math.inf),
        "<=": (0, int(match[2])),
        ">": (int(match[2]) + 1, math.inf),
        "<": (0, int(match[2]) - 1),
    }.get(match[1], (int(match[2]), int(match[2])))
    return low <= number <= high

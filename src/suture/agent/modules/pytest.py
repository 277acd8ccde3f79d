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
import time
from dataclasses import dataclass, replace
from typing import Any, Callable, Dict, List, Literal, Optional, Sequence, Tuple, cast

from ..protocol.spec import Failure, arg
from ..pytest_run import reporter
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

- name: seventeen tests, all of them pass
  pytest: {chdir: /opt/app, venv: .venv, paths: tests/rag/test_reranker.py, expect: {passed: 17}}
"""
LOOKS = True

BOOT = (
    "import sys; path = sys.argv.pop(1); "
    "exec(compile(open(path, 'rb').read(), path, 'exec'), {'__name__': '__main__'})"
)
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
    timeout: float | None = arg("Seconds that each test may take (needs pytest-timeout).", None)
    maxfail: int = arg("Stop after this many failures; 0: never.", 0)
    env: dict[str, str] = arg("Environment variables for the tests.", {})
    python: str | None = arg("The Python whose pytest runs; excludes 'venv'.", None)
    venv: str | None = arg(
        "The virtual environment whose pytest runs.  Unsaid: .venv or venv in chdir, else python3.",
        None,
        aliases=("virtualenv",),
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
    python = interpreter(world, args.python, args.venv, directory)
    _check_paths(args, directory, world)
    performance = Performance(args, world, python, directory, began)
    run = performance.run(arguments(args), args.wall)
    trouble = run.trouble(python, args.wall)
    if not trouble:
        performance.rerun(run)
    data = run.data(trouble)
    data["seconds"] = round(time.monotonic() - began, 3)
    problem = trouble or unexpected(data, args.expect)
    if problem:
        raise Failure(problem, **data)
    if data["flaky"]:
        world.say(f"flaky, passed only when run again: {', '.join(data['flaky'])}")
    return data


@dataclass(frozen=True)
class Performance:
    """One step's pytest processes; ``began`` is when its time started to run."""

    args: Args
    world: World
    python: str
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

        with self.world.scratch(_reporter(), "reporter.py") as script:
            results, cache = script + ".jsonl", os.path.join(os.path.dirname(script), "cache")
            argv = [self.python, "-c", BOOT, script, results, token]
            argv += ["-o", f"cache_dir={cache}", *given]
            done, timed_out = self._measured(argv, wall, on_line)
            lines = self.world.read(results) or b""
        said = re.sub(token.encode() + b".*\n?", b"", done.stderr)
        return Run.read(lines, replace(done, stderr=said), timed_out)

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
        """Run each failing test alone, until it passes or has had its chances."""
        for test in run.failing() if self.args.reruns else ():
            for _ in range(self.args.reruns):
                left = self._left()
                if left is not None and left <= 0:
                    run.errors.append("no time was left to run every failing test again")
                    return
                again = self.run(alone(test["id"], run.about, self.args), left, rerun=True)
                outcome = again.outcome(test["id"])
                test.setdefault("reruns", []).append(outcome)
                if outcome == "passed":
                    break

    def _left(self) -> Optional[float]:
        wall = self.args.wall
        return None if wall is None else wall - (time.monotonic() - self.began)


def _reporter() -> bytes:
    """The reporter's own text, from wherever the agent was loaded."""
    loader = cast("Any", reporter.__loader__)
    return str(loader.get_source(reporter.__name__)).encode()


def arguments(args: Args) -> List[str]:
    """pytest's command line.  One file that cannot be collected does not keep the others back."""
    given = ["-q", "--color=no", "--tb=short", "--continue-on-collection-errors"]
    if args.n is not None:
        given.append(f"--numprocesses={args.n}")
    if args.maxfail:
        given.append(f"--maxfail={args.maxfail}")
    return [*given, *_common(args), *args.paths]


def _common(args: Args) -> List[str]:
    """What holds for the whole run and for a test that is run again."""
    given = [] if args.timeout is None else [f"--timeout={args.timeout:g}"]
    for option, value in (("-k", args.k), ("-m", args.m)):
        if value:
            given += [option, value]
    return [*given, *args.extra_args]


def alone(test: str, about: Dict[str, Any], args: Args) -> List[str]:
    """The command line that runs one test by itself, under the settings of the whole run."""
    root = about.get("rootdir") or "."
    given = ["-q", "--color=no", "--tb=short", f"--rootdir={root}"]
    if about.get("inifile"):
        given += ["-c", about["inifile"]]
    if about.get("xdist"):
        given.append("--numprocesses=0")
    return [*given, *_common(args), os.path.join(root, test)]


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

"""The project's tasks: Suture's own, the practice droplet's, and those that need this checkout.

On a machine that has nothing yet: ``./inv TASK``.  Elsewhere the same tasks are ``suture TASK``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from invoke import Collection, Context, Exit, task

ROOT = Path(__file__).resolve().parent
if str(ROOT) not in sys.path:  # the lab is part of the checkout, not of the installed package
    sys.path.append(str(ROOT))
os.environ.setdefault("SUTURE_PROJECT", str(ROOT))

from bench import tasks as bench_tasks  # noqa: E402
from lab import tasks as lab_tasks  # noqa: E402
from suture.cli import command, surface  # noqa: E402

TESTS_FAILED = 1
"""The exit code of pytest that says so; others say that it could not run them."""

QUICK = ("tests/unit", "tests/law", "tests/e2e/test_language.py")
"""Where the quick part is: what is elsewhere need not even be read."""

FEW = 12
"""Failing tests up to which it is worth looking whether they only got in each other's way."""


@task(help={"keep": "Leave the practice droplet up afterwards."})
def demo(_context: Context, keep: bool = True) -> None:
    """Show the whole story on the practice droplet: broken, previewed, mended, proven."""
    from lab.demo import told

    raise Exit(code=told(ROOT, keep=keep))


@command(
    common=False,
    positional=("paths",),
    iterable=("paths",),
    quick="What finds most per second: linter, types, unit tests, the law, a run over sshd.",
    explore="What is only sampled otherwise, whole: the property tests with new values and ten times as"
    " many, points to be killed at, all that ansible-core is recorded to do. It takes an hour.",
    paths="Test files or ids; all tests without.",
    k="Only tests whose names match this expression.",
)
def test(
    _context: Context, paths: list[str], quick: bool = False, explore: bool = False, k: str = ""
) -> int:
    """Run the tests, the linter and the type checker."""
    python = [sys.executable, "-m"]
    checks = [
        [*python, "ruff", "check", "."],
        [*python, "ruff", "format", "--check", "."],
        [*python, "mypy"],
    ]
    chosen = []
    if explore:
        chosen += [
            "-m",
            "hypothesis or long",
            "--hypothesis-profile",
            "explore",
            "--timeout",
            "3600",
        ]
    elif quick:
        chosen += ["-m", "quick or not (e2e or long)", "--hypothesis-profile", "quick"]
    chosen += ["-k", k] if k else []
    some = bool(paths or k or explore)
    failed = [" ".join(check[2:4]) for check in ([] if some else checks) if _ran(check)]
    if quick and not paths:
        paths = list(QUICK)
    flaky: list[str] = []
    with tempfile.TemporaryDirectory() as cache:
        pytest = [*python, "pytest", "-q", "--durations", "10", "-o", f"cache_dir={cache}"]
        workers = ["-n", str(min(os.cpu_count() or 1, 8)), "--dist", "loadgroup"]
        code = _ran([*pytest, *workers, *chosen, *paths])
        if code == TESTS_FAILED and not explore:
            flaky = _passed_alone(pytest, Path(cache))
        if code and not flaky:
            failed.append("pytest")
    if flaky:
        print(f"flaky: passed only when run again, which is a fault to mend: {', '.join(flaky)}")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


@task(
    positional=["kinds"],
    iterable=["kinds"],
    help={
        "kinds": "Kinds of playbooks, folders of tests/differential/playbooks; all without.",
        "fresh": "Run ansible-core anew, also where what it did is recorded (minutes); without kinds,"
        " also record anew what tests/differential holds the file modules and previews to.",
    },
)
def differential(_context: Context, kinds: list[str], fresh: bool = False) -> None:
    """Compare ansible-core and Suture on many small playbooks; write docs/differential.md."""
    from tests.differential import comparison, file_calls, previewing

    if fresh and not kinds:
        file_calls.record()
        previewing.record()
    raise Exit(code=comparison.main(kinds, fresh))


def _ran(command: list[str]) -> int:
    """The exit code of a command that is shown before it runs."""
    print("$ " + " ".join(["python", *command[1:]]), flush=True)
    # Where Python may keep nothing compiled, as in many containers, each process would compile anew.
    env = {name: said for name, said in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(
        command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, check=False
    ).returncode


def _passed_alone(pytest: list[str], cache: Path) -> list[str]:
    """The few tests that failed, where all of them pass when they are run again alone: then they
    are flaky, and the project is not broken."""
    from suture.agent.pytest_run.reporter import plain_id

    kept = cache / "v" / "cache" / "lastfailed"
    names = sorted(map(plain_id, json.loads(kept.read_text()))) if kept.exists() else []
    if not 0 < len(names) <= FEW:
        return []
    print(f"Run again alone, what failed: {', '.join(names)}", flush=True)
    return [] if _ran([*pytest, "-n", "0", *names]) else names


ns = surface()
ns.add_collection(Collection.from_module(lab_tasks), name="lab")
ns.add_task(bench_tasks.bench)
ns.add_task(demo)
ns.add_task(test)
ns.add_task(differential)

"""The project's tasks: Suture's own, the practice droplet's, and those that need this checkout.

On a machine that has nothing yet: ``./inv TASK``.  Elsewhere the same tasks are ``suture TASK``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from invoke import Collection, Context, Exit, task

ROOT = Path(__file__).resolve().parent
if str(ROOT) not in sys.path:  # the lab is part of the checkout, not of the installed package
    sys.path.append(str(ROOT))
os.environ.setdefault("SUTURE_PROJECT", str(ROOT))

from bench import tasks as bench_tasks  # noqa: E402
from lab import tasks as lab_tasks  # noqa: E402
from suture.cli import surface  # noqa: E402

FEW = 12
"""Failing tests up to which it is worth looking whether they only got in each other's way."""


@task(help={"keep": "Leave the practice droplet up afterwards."})
def demo(_context: Context, keep: bool = True) -> None:
    """Show the whole story on the practice droplet: broken, previewed, mended, proven."""
    from lab.demo import told

    raise Exit(code=told(ROOT, keep=keep))


@task(
    positional=["paths"],
    iterable=["paths"],
    help={
        "quick": "Only what needs no sshd: under a minute.",
        "paths": "Test files or ids; all tests without.",
        "k": "Only tests whose names match this expression.",
    },
)
def test(_context: Context, paths: list[str], quick: bool = False, k: str = "") -> None:
    """Run the tests, the linter and the type checker."""
    python = [sys.executable, "-m"]
    checks = [
        [*python, "ruff", "check", "."],
        [*python, "ruff", "format", "--check", "."],
        [*python, "mypy"],
    ]
    chosen = ["-m", "not e2e and not differential"] if quick else []
    chosen += ["-k", k] if k else []
    workers = ["-n", str(min(os.cpu_count() or 1, 8)), "--dist", "loadgroup"]
    pytest = [*python, "pytest", "-q", *workers, *chosen, *paths]
    failed = [
        " ".join(command[2:4])
        for command in [*([] if paths or k else checks), pytest]
        if _ran(command) and not (command is pytest and _passed_alone(python))
    ]
    if failed:
        raise Exit(f"failed: {', '.join(failed)}", code=1)


def _ran(command: list[str]) -> int:
    """The exit code of a command that is shown before it runs."""
    print("$ " + " ".join(["python", *command[1:]]), flush=True)
    return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode


def _passed_alone(python: list[str]) -> bool:
    """Whether the few tests that failed pass when they are run again alone: then they are flaky,
    and named, but no reason to call the project broken."""
    from suture.agent.pytest_run.reporter import plain_id

    cache = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"
    names = sorted(map(plain_id, json.loads(cache.read_text()))) if cache.exists() else []
    if not 0 < len(names) <= FEW:
        return False
    print(f"Run again alone, what failed: {', '.join(names)}", flush=True)
    if _ran([*python, "pytest", "-q", "-p", "no:cacheprovider", *names]):
        return False
    print(f"flaky, passed only when run again: {', '.join(names)}", flush=True)
    return True


ns = surface()
ns.add_collection(Collection.from_module(lab_tasks), name="lab")
ns.add_task(bench_tasks.bench)
ns.add_task(demo)
ns.add_task(test)

"""Two operators, one application: the second one is told, waits, or breaks the lock."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.e2e.command_line import Project

pytestmark = pytest.mark.e2e

LONG = """
- hosts: droplets
  gather_facts: false
  tasks:
    - name: long
      shell: "touch {there}/begun; until [ -e {there}/go ]; do sleep 0.1; done"
      timeout: 120
"""
SHORT = """
- hosts: droplets
  gather_facts: false
  tasks: [{{name: short, copy: {{content: x, dest: {there}/short}}}}]
"""
LOOK = """
- hosts: droplets
  gather_facts: false
  tasks: [{{name: look, stat: {{path: {there}}}}}]
"""


def started(project: Project, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-c", "from suture.cli import main; main()", *words],
        cwd=project.root,
        env={**os.environ, **project.environ, "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def begun(project: Project, there: str) -> subprocess.Popen[str]:
    """A run of another operator's, its one step under way until there is a file ``go``."""
    project.write("long.yml", LONG.format(there=there))
    running = started(project, "run", "long.yml")
    ends = time.monotonic() + 60
    while not Path(there, "begun").exists() and time.monotonic() < ends:
        time.sleep(0.05)
    return running


def test_the_second_run_is_refused_and_told_who_works_there(project: Project, there: str) -> None:
    project.inventory(app_dir=there)
    first = begun(project, there)
    refused = project.run(SHORT.format(there=there))
    assert refused.code == 3, refused.out
    assert f"works on {there} in run " in refused.out and "suture run long.yml" in refused.out
    assert "--wait" in refused.out and not Path(there, "short").exists()

    assert project.run(LOOK.format(there=there), "--dry-run").code == 0
    listed = project.suture("locks")
    assert listed.code == 0 and there in listed.out and "suture run long.yml" in listed.out

    other = Path(there, "other")
    other.mkdir(mode=0o777)
    project.inventory(app_dir=str(other))
    assert project.run(SHORT.format(there=there)).code == 0, "another application is free"

    project.inventory(app_dir=there)
    project.write("play.yml", SHORT.format(there=there))
    second = started(project, "run", "play.yml", "--wait", "5m", "--json")
    assert second.stdout is not None
    lines = []
    for line in second.stdout:
        lines.append(line)
        if "waiting until that is over" in line:
            Path(there, "go").touch()
    assert second.wait(60) == 0 and any(
        '"task": "short", "module": "copy"' in each for each in lines
    )
    assert first.wait(60) == 0
    assert there not in project.suture("locks").out


def test_a_lock_is_broken_after_a_question(project: Project, there: str) -> None:
    project.inventory(app_dir=there)
    first = begun(project, there)
    left = project.suture("unlock", "droplet", given="n\n")
    assert left.code == 3 and "the lock was left" in left.err
    broken = project.suture("unlock", "droplet", "--yes")
    assert broken.code == 0 and "undo --run" in broken.out, broken.err
    assert project.run(SHORT.format(there=there)).code == 0
    assert first.wait(60) == 4
    assert "the connection was lost" in (first.stdout.read() if first.stdout else "")


def test_a_killed_controller_leaves_no_lock_behind(project: Project, there: str) -> None:
    project.inventory(app_dir=there)
    first = begun(project, there)
    first.kill()
    first.wait()
    Path(there, "go").touch()
    assert project.run(SHORT.format(there=there), "--wait", "30s").code == 0


def test_a_wait_that_is_no_time_is_refused(project: Project) -> None:
    done = project.suture("run", "x.yml", "--wait", "soon")
    assert done.code == 1 and "--wait soon: give a time such as 90, 10m or 1h30m" in done.err

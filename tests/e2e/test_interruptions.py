"""A run that is stopped, or that loses its host: said, recorded, and nothing half done."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.command_line import Project
from tests.e2e.conftest import Host

pytestmark = pytest.mark.e2e

PLAYBOOK = """
- hosts: droplets
  tasks:
    - {{name: first, copy: {{content: x, dest: {there}/first}}}}
    - {{name: waits, shell: "echo begun > {there}/begun; sleep 30"}}
    - {{name: never, copy: {{content: x, dest: {there}/never}}}}
"""


def started(project: Project, there: str) -> subprocess.Popen[str]:
    """The run, once its second step is under way on the host."""
    project.write("play.yml", PLAYBOOK.format(there=there))
    # The command of a run that was cut goes on for a while, and so does the lock of its agent.
    project.inventory(suture_lock=there)
    command = [sys.executable, "-P", "-c", "from suture.cli import main; main()"]
    running = subprocess.Popen(
        [*command, "run", "play.yml", "--json"],
        cwd=project.root,
        env={**os.environ, **project.environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    begun = Path(there, "begun")
    wait_for(begun.exists)
    return running


def agent(there: str) -> int:
    """The process that has started the run's second step."""
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (path / "cmdline").read_bytes().decode()
            if command.startswith("/bin/sh") and f"{there}/begun; sleep 30" in command:
                return int((path / "status").read_text().partition("PPid:")[2].split()[0])
    raise AssertionError("the step does not run")


def wait_for(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < ends, "it did not come true in time"
        time.sleep(0.05)


def test_ctrl_c_ends_the_run_and_records_it(
    project: Project, bare_droplet: Host, there: str
) -> None:
    running = started(project, there)
    running.send_signal(signal.SIGINT)
    out, _ = running.communicate(timeout=20)
    assert running.returncode == 130
    last = json.loads(out.splitlines()[-1])
    assert (last["event"], last["exit_code"]) == ("run_finished", 130)
    assert "interrupted" in project.suture("history").out
    assert bare_droplet.ssh(f"ls {there}").stdout.split() == ["begun", "first"]


def test_a_lost_connection_is_told_and_what_was_queued_is_dropped(
    project: Project, bare_droplet: Host, there: str
) -> None:
    running = started(project, there)
    os.kill(agent(there), signal.SIGKILL)
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 4, out
    events = [json.loads(line) for line in out.splitlines()]
    assert any(event["event"] == "host_lost" for event in events)
    statuses = {e["task"]: e["status"] for e in events if e["event"] == "step_finished"}
    assert statuses == {"first": "changed", "waits": "unreachable"}
    assert "never" not in bare_droplet.ssh(f"ls {there}").stdout


def test_a_killed_controller_leaves_what_it_had_recorded(project: Project, there: str) -> None:
    running = started(project, there)
    running.kill()
    running.communicate()
    shown = project.suture("show", "last", "--json")
    tasks = [event["task"] for event in shown.events if event["event"] == "step_finished"]
    assert tasks == ["first"]

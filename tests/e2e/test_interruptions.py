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
from typing import Any

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


def started(
    project: Project, there: str, text: str = PLAYBOOK, **variables: Any
) -> subprocess.Popen[str]:
    """The run, once its second step is under way on the host."""
    project.write("play.yml", text.format(there=there))
    # The command of a run that was cut goes on for a while, and so does the lock of its agent.
    project.inventory(suture_lock=there, **variables)
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
    time.sleep(0.3)  # the controller hears of the step before it
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


def working(there: str) -> list[str]:
    """The processes of the run's second step that are there now."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            where = str((path / "cwd").readlink())
            if there in command or (where == there and "sleep" in command):
                found.append(f"{path.name} {command}")
    return found


STOPPED = """
- hosts: droplets
  gather_facts: false
  tasks:
    - {{name: first, copy: {{content: x, dest: {there}/first}}}}
    - name: waits
      shell: |
        cd {there}; touch begun
        (setsid sleep 601; touch child) &
        i=0; until [ -e go ] || [ $i = 300 ]; do sleep 0.1; i=$((i+1)); done; touch after
    - {{name: never, copy: {{content: x, dest: {there}/never}}}}
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_lets_the_step_finish_and_begins_nothing_more(
    project: Project, there: str, number: signal.Signals
) -> None:
    running = started(project, there, STOPPED)
    running.send_signal(number)
    time.sleep(1)
    assert running.poll() is None, "it does not wait for the step"
    Path(there, "go").touch()
    out, err = running.communicate(timeout=30)
    assert running.returncode == 130, out + err
    assert "Traceback" not in err
    events = [json.loads(line) for line in out.splitlines()]
    statuses = {e["task"]: e["status"] for e in events if e["event"] == "step_finished"}
    assert statuses == {"first": "changed", "waits": "changed"}
    (stopping,) = (event for event in events if event["event"] == "run_stopping")
    assert (stopping["signal"], stopping["ends"]) == (number.name, False)
    assert stopping["under_way"] == {"droplet": "waits"}
    assert events[-1]["event"] == "run_finished"
    assert f"undo --run {events[-1]['run']}" in events[-1]["message"]
    assert "nothing more was begun" in events[-1]["message"]
    assert not any(event["event"] == "host_lost" for event in events)
    assert {"first", "begun", "after"} <= set(os.listdir(there))
    assert "never" not in os.listdir(there)
    end_of(working(there))
    assert "interrupted" in project.suture("history").out
    undone = project.suture("undo", "--run", events[-1]["run"], "--json")
    assert not Path(there, "first").exists(), undone.out + undone.err


def end_of(processes: list[str]) -> None:
    """What a step has put into the background on purpose is ended by the test."""
    for each in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(each.split()[0]), signal.SIGKILL)


def test_a_second_ctrl_c_ends_the_step_and_all_that_it_started(
    project: Project, there: str
) -> None:
    running = started(project, there, STOPPED)
    assert working(there)
    running.send_signal(signal.SIGINT)
    time.sleep(0.5)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert running.returncode == 130, out + err
    assert "Traceback" not in err
    assert working(there) == []
    events = [json.loads(line) for line in out.splitlines()]
    steps = {e["task"]: e for e in events if e["event"] == "step_finished"}
    assert {task: step["status"] for task, step in steps.items()} == {
        "first": "changed",
        "waits": "failed",
    }
    assert "half done" in steps["waits"]["message"]
    assert "half done" in events[-1]["message"]
    assert sorted(os.listdir(there)) == ["begun", "first"]
    assert "half done" in project.suture("show", "last").out


def test_a_killed_controller_leaves_nothing_running_after_the_lease(
    project: Project, there: str
) -> None:
    running = started(project, there, STOPPED, suture_lease=2)
    running.kill()
    running.communicate()
    time.sleep(1)
    assert working(there), "the step has its lease to come to its end in"
    wait_for(lambda: not working(there))
    assert sorted(os.listdir(there)) == ["begun", "first"]
    shown = project.suture("show", "last").out
    assert "cut" in shown and "'waits' was under way" in shown


def test_a_killed_controller_lets_the_step_finish_within_the_lease(
    project: Project, there: str
) -> None:
    running = started(project, there, STOPPED)
    running.kill()
    running.communicate()
    Path(there, "go").touch()
    wait_for(Path(there, "after").exists)
    time.sleep(1)
    assert "never" not in os.listdir(there)
    end_of(working(there))


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
    running = started(project, there, suture_lease=0.5)
    running.kill()
    running.communicate()
    shown = project.suture("show", "last", "--json")
    tasks = [event["task"] for event in shown.events if event["event"] == "step_finished"]
    assert tasks == ["first"]


PENDING = """
- hosts: droplets
  gather_facts: false
  tasks:
    - {{name: first, copy: {{content: x, dest: {there}/first}}, notify: heard}}
    - {{name: waits, shell: "touch {there}/begun; until [ -e {there}/go ]; do sleep 0.1; done"}}
  handlers:
    - {{name: heard, shell: "echo once >> {there}/heard"}}
"""


def test_handlers_that_a_killed_run_has_left_are_run_by_the_next_one(
    project: Project, there: str
) -> None:
    running = started(project, there, PENDING, suture_lease=1)
    running.kill()
    running.communicate()
    Path(there, "go").touch()
    left = project.suture("run", "play.yml", "--no-pending", "--wait", "20s")
    assert left.code == 0 and not Path(there, "heard").exists(), left.out
    done = project.suture("run", "play.yml")
    assert done.code == 0 and "handlers that an earlier run has left will run: 'heard'" in done.out
    assert Path(there, "heard").read_text() == "once\n"
    assert "earlier run" not in project.suture("run", "play.yml").out
    assert Path(there, "heard").read_text() == "once\n"

"""Phases on this machine: claims, keeping on, missing paths, shared runs, the last lines."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.command_line import Done, Project

pytestmark = pytest.mark.e2e

TESTS = {
    "a": "from pathlib import Path\n\ndef test_a(): assert Path('a.txt').exists(), 'no a'\n",
    "b": "from pathlib import Path\n\ndef test_b(): assert Path('b.txt').exists(), 'no b'\n",
    "c": "from pathlib import Path\n\ndef test_c(): assert Path('c.txt').exists(), 'no c'\n",
    "db": (
        "import socket\n\ndef test_db(): socket.create_connection(('127.0.0.1', 1), timeout=2)\n"
    ),
}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    (folder / "tests").mkdir(parents=True)
    (folder / "pytest.ini").write_text("[pytest]\n")
    for name, text in TESTS.items():
        (folder / "tests" / f"test_{name}.py").write_text(text)
    return folder


def planned(project: Project, app: Path, *phases: dict[str, Any], **more: Any) -> None:
    """A plan whose phases touch files; each phase is what differs from an ordinary one."""
    runs = {"chdir": str(app), "python": sys.executable, "n": 0}
    told = []
    for number, phase in enumerate(phases, 1):
        name = phase.pop("touches", "")
        tasks = [{"name": f"touch {name}", "copy": {"content": "", "dest": f"{app}/{name}.txt"}}]
        project.write(
            f"playbooks/{number}.yml",
            yaml.safe_dump([{"hosts": "droplets", "tasks": tasks if name else [{"ping": None}]}]),
        )
        verify = {**runs, "paths": ["tests/"], **phase.pop("verify", {})}
        whole = {"number": number, "title": f"P{number}", "cause": "c", "playbook": f"{number}.yml"}
        told.append({**whole, "verify": verify, **phase})
    plan = {"title": "t", "hosts": "droplets", "phases": told, **more}
    project.write("playbooks/plan.yml", yaml.safe_dump(plan))


OUTSIDE = {"outside": [{"exception": "ConnectionRefusedError", "why": "no database here"}]}


def claim(name: str) -> dict[str, Any]:
    return {"claims": {"message": f"no {name}$"}, "must_fix": 1}


def told(done: Done, kind: str) -> dict[int, dict[str, Any]]:
    return {event["phase"]: event for event in done.events if event["event"] == kind}


def test_others_failures_keep_no_gate_shut(here: Project, app: Path) -> None:
    planned(here, app, {"touches": "a", **claim("a")}, {"touches": "b", **claim("b")}, **OUTSIDE)
    done = here.suture("remediate", "--phase", "1", "--json")
    assert done.code == 0, done.out + done.err
    recorded, verdict = told(done, "baseline_recorded")[1], told(done, "phase_verified")[1]
    assert (len(recorded["failing"]), recorded["claimed"]) == (4, ["tests/test_a.py::test_a"])
    assert verdict["message"] == "1 of 1 fixed, 0 newly broken, 3 as before"
    assert {row["why"] for row in verdict["as_before"]} == {"no database here", "phase 2: P2", ""}
    shown = here.suture("show")
    assert "1: ConnectionRefusedError" in shown.out
    assert "(no database here)" in shown.out
    assert done.finished["message"].startswith("done: 1 P1")


def test_another_count_than_was_expected_is_told(here: Project, app: Path) -> None:
    planned(here, app, {"touches": "a", **claim("a"), "must_fix": 16})
    done = here.suture("remediate")
    assert "claims 1, expected 16" in done.out


def test_keeping_on_stops_only_what_needs_what_failed(here: Project, app: Path) -> None:
    planned(
        here,
        app,
        {**claim("a")},
        {"touches": "b", **claim("b"), "needs": [1]},
        {"touches": "c", **claim("c")},
    )
    stopped = here.suture("remediate", "--json")
    assert stopped.code == 1
    ends = {number: event["status"] for number, event in told(stopped, "phase_finished").items()}
    assert ends == {1: "failed", 2: "not begun", 3: "not begun"}
    assert not (app / "c.txt").exists()
    done = here.suture("remediate", "--keep-going", "--json")
    assert done.code == 1
    finished = told(done, "phase_finished")
    assert {number: event["status"] for number, event in finished.items()} == {
        1: "failed",
        2: "not begun",
        3: "done",
    }
    assert finished[2]["reason"] == "it needs phase 1"
    lines = done.finished["message"].split("\n")
    assert lines[:3] == ["done: 3 P3", "failed: 1 P1", "not begun: 2 P2"]
    assert lines[3].endswith("remediate --phase 1-2")
    status = here.suture("status").out
    assert "☑ Phase 3: P3" in status
    assert "not begun" in status


def test_a_phase_that_is_interrupted_is_called_so(here: Project, app: Path) -> None:
    planned(here, app, {"touches": "a", **claim("a")}, {"touches": "b", **claim("b")})
    begun = app / "begun"
    slow = [{"hosts": "droplets", "tasks": [{"shell": f"touch {begun}; sleep 2"}]}]
    here.write("playbooks/1.yml", yaml.safe_dump(slow))
    running = here.started("remediate", "--json")
    deadline = time.monotonic() + 60
    while not begun.exists():
        assert time.monotonic() < deadline, "the phase has not begun in time"
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 130, out
    events = [json.loads(line) for line in out.splitlines()]
    ends = {e["phase"]: e["status"] for e in events if e["event"] == "phase_finished"}
    assert ends == {1: "interrupted", 2: "not begun"}
    assert "interrupted" in here.suture("status").out
    assert not (app / "b.txt").exists()


def test_a_path_that_is_not_there_stops_its_own_phase_only(here: Project, app: Path) -> None:
    planned(
        here,
        app,
        {"touches": "a", **claim("a"), "verify": {"paths": ["tests/nowhere/"]}},
        {
            "touches": "b",
            **claim("b"),
            "verify": {"paths": ["tests/", "tests/later"], "optional": ["tests/later"]},
        },
    )
    previewed = here.suture("remediate", "--dry-run")
    assert "phase 1: there is no tests/nowhere on" in previewed.out
    done = here.suture("remediate", "--json")
    assert done.code == 1
    ends = told(done, "phase_finished")
    assert (ends[1]["status"], ends[2]["status"]) == ("not begun", "done")
    assert "there is no tests/nowhere on" in ends[1]["reason"]
    warned = [event["message"] for event in done.events if event["event"] == "warned"]
    assert any("tests/later" in each and "it is left out" in each for each in warned)
    assert not (app / "a.txt").exists()
    assert "tests/nowhere" in here.suture("doctor").out
    linted = here.suture("lint", "--host", "droplet")
    assert (linted.code, "there is no tests/nowhere on droplet" in linted.out) == (2, True)


def test_what_remains_is_the_last_phases_and_one_run_is_shared(here: Project, app: Path) -> None:
    runs = {"chdir": str(app), "python": sys.executable, "n": 0}
    planned(
        here,
        app,
        {"touches": "a", **claim("a"), "verify": {"paths": ["tests/test_a.py"]}},
        {"touches": "b", "verify": {"paths": [], "remaining": True}, "must_fix": 2},
        **OUTSIDE,
        final={**runs, "paths": []},
    )
    done = here.suture("remediate", "--json")
    assert done.code == 1
    recorded = told(done, "baseline_recorded")
    assert recorded[2]["claimed"] == ["tests/test_b.py::test_b", "tests/test_c.py::test_c"]
    assert len(recorded[0]["claimed"]) == 3, "what was mended before counts too"
    assert told(done, "phase_verified")[2]["still_failing"] == ["tests/test_c.py::test_c"]
    (app / "c.txt").touch()
    again = here.suture("remediate", "--json")
    assert again.code == 0, again.out
    runs_of_it = [step["task"] for step in again.steps("ok") if step["module"] == "pytest"]
    assert runs_of_it == ["verify: tests/test_a.py", "verify: the whole suite"]
    assert told(again, "phase_verified")[0]["message"].startswith("3 of 3 fixed")


def test_one_word_for_what_proves_nothing(here: Project, app: Path) -> None:
    planned(here, app, {"touches": "x", "claims": {"message": "never said"}})
    done = here.suture("remediate", "--json")
    assert done.code == 0
    assert told(done, "phase_finished")[1]["status"] == "proves nothing"
    assert done.finished["message"].startswith("proves nothing: 1 P1")
    assert "proves nothing" in here.suture("status").out


def test_a_phases_playbook_run_by_itself_is_known_to_the_status(here: Project, app: Path) -> None:
    planned(here, app, {"touches": "a", **claim("a")})
    assert here.suture("run", "playbooks/1.yml").code == 0
    status = here.suture("status").out
    assert "applied, not verified" in status


def test_a_run_is_written_as_junit(here: Project, app: Path, tmp_path: Path) -> None:
    planned(here, app, {"touches": "a", **claim("a")})
    here.suture("remediate")
    out = tmp_path / "out.xml"
    assert here.suture("report", "--junit", str(out)).code == 0
    assert '<testcase classname="tests.test_a" name="test_a"' in out.read_text()


def test_a_suite_becomes_a_plan(here: Project, app: Path, tmp_path: Path) -> None:
    planned(here, app, {"touches": "a", **claim("a")}, **OUTSIDE)
    given = ("-e", f"app_dir={app}", "-e", f"app_python={sys.executable}")
    done = here.suture("triage", "--json", "--write", str(tmp_path / "new"), *given)
    assert done.code == 0, done.err
    found = yaml.safe_load(done.out)
    assert found["failing"] == 4
    assert [group["count"] for group in found["groups"]] == [1, 1, 1, 1]
    plan = yaml.safe_load((tmp_path / "new" / "plan.yml").read_text())
    assert plan["outside"][0]["exception"] == "ConnectionRefusedError"
    assert plan["phases"][0]["verify"]["remaining"] is True
    assert here.suture("lint", str(tmp_path / "new")).code == 0
    (app / "a.txt").touch()
    later = here.suture("triage", "--diff", "last", "--json", *given)
    assert yaml.safe_load(later.out)["diff"] == {
        "new": [],
        "gone": ["tests/test_a.py::test_a"],
        "changed": [],
    }

"""The main job: the plan's six phases on the droplet with the broken application, for real."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.command_line import Done, Project
from tests.e2e.conftest import CHECKOUT, Host

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(3600), pytest.mark.xdist_group("droplet")]

EXPECTED = yaml.safe_load((CHECKOUT / "lab" / "expected.yml").read_text())
COUNTS = {1: 41, 2: 16, 3: 10, 4: 4, 5: 4, 6: 9}


def plan_project(droplet: Host, tmp_path: Path, **variables: Any) -> Project:
    """The project's own playbooks, on the tests' droplet, with a ledger of the test's own."""
    own = yaml.safe_load((CHECKOUT / "inventory.yml").read_text())
    policies = own["all"]["children"]["droplets"]["vars"]["suture_policies"]
    inventory = Project(tmp_path, droplet.login).inventory(
        app_dir=droplet.login.app_dir,
        app_python=droplet.login.python,
        operator_dir=str(CHECKOUT / "lab" / "operator"),
        suture_policies=policies,
        **variables,
    )
    environ = {
        "SUTURE_LEDGER": str(tmp_path / "ledger.db"),
        "SUTURE_INVENTORY": str(inventory),
    }
    return Project(CHECKOUT, droplet.login, environ, patience=1500)


def walk(droplet: Host) -> str:
    """Every file under the application: path, mode, owner, time and hash."""
    listed = droplet.ssh(
        f"cd {droplet.app_dir} && find . -printf '%p %M %u %T@ %l\\n' | sort;"
        " find . -type f -print0 | sort -z | xargs -0 sha256sum"
    )
    assert listed.returncode == 0, listed.stderr
    return listed.stdout


def verdicts(done: Done) -> dict[int, dict[str, Any]]:
    return {event["phase"]: event for event in done.events if event["event"] == "phase_verified"}


def test_a_dry_run_of_all_phases_touches_nothing(reset: Host, tmp_path: Path) -> None:
    project = plan_project(reset, tmp_path)
    before = walk(reset)
    done = project.suture("remediate", "--dry-run", "--json")
    assert done.code == 2, done.out[-2000:] + done.err
    assert walk(reset) == before
    assert not done.steps("failed")
    installs = [step for step in done.steps("changed") if step["module"] == "pip"]
    rows = [
        row for step in installs for change in step["changes"] for row in change["detail"]["rows"]
    ]
    assert {"torch", "sentence-transformers", "huggingface_hub"} <= {row["name"] for row in rows}


def test_the_baseline_is_the_84_failing_tests(reset: Host, tmp_path: Path) -> None:
    project = plan_project(reset, tmp_path)
    done = project.suture("baseline", "--json")
    assert done.code == 0, done.out[-2000:] + done.err
    recorded = {
        event["phase"]: event["failing"]
        for event in done.events
        if event["event"] == "baseline_recorded"
    }
    assert {phase: len(ids) for phase, ids in recorded.items() if phase} == COUNTS
    for phase, expected in EXPECTED["phases"].items():
        assert set(recorded[phase]) == set(expected["failing"])
    every = {name for phase, ids in recorded.items() if phase for name in ids}
    assert len(every) == 84
    assert set(recorded[0]) == every


def test_all_phases_are_remediated_and_again_changes_nothing(reset: Host, tmp_path: Path) -> None:
    project = plan_project(reset, tmp_path)
    first = project.suture("remediate", "--phase", "all", "--json")
    assert first.code == 0, first.out[-3000:] + first.err
    fixed = {
        phase: len(verdict["fixed"]) + len(verdict["excused"])
        for phase, verdict in verdicts(first).items()
    }
    assert {phase: count for phase, count in fixed.items() if phase} == COUNTS
    assert fixed[0] == 84
    assert not any(verdict["newly_broken"] for verdict in verdicts(first).values())

    again = project.suture("remediate", "--phase", "all", "--json")
    assert again.code == 0, again.out[-3000:] + again.err
    assert again.finished["hosts"]["droplet"]["changed"] == 0

    proven = project.suture("verify-all")
    assert proven.code == 0, proven.out[-3000:]
    assert "84 of 84 tests fixed (3 of them skipped with a reason), 0 newly broken" in proven.out
    _check_python(reset)
    told = project.suture("status", "--markdown").out
    assert told.count("- [x]") >= 6


def _check_python(droplet: Host) -> None:
    """What holds in the droplet's environment after phase 3, asked without Suture."""
    python = droplet.login.python
    assert droplet.ssh(f"{python} -m pip check").stdout == "No broken requirements found.\n"
    freeze = droplet.ssh(f"{python} -m pip freeze").stdout
    assert "nvidia" not in freeze
    assert "huggingface_hub==1.3.3" in freeze.replace("huggingface-hub", "huggingface_hub")
    imported = droplet.ssh(f"{python} -c 'from sentence_transformers import CrossEncoder'")
    assert imported.returncode == 0, imported.stderr


def test_without_its_written_exception_phase_3_is_refused(reset: Host, tmp_path: Path) -> None:
    project = plan_project(reset, tmp_path)
    text = (CHECKOUT / "playbooks" / "phase3-reranker.yml").read_text()
    (tmp_path / "roles").symlink_to(CHECKOUT / "roles")
    bare = tmp_path / "phase3.yml"
    bare.write_text(text.replace('exception: "{{ why }}"', "tags: []"))
    before = walk(reset)
    done = project.suture("run", str(bare))
    assert done.code == 3
    assert "no pip install on the droplet" in done.out + done.err
    assert walk(reset) == before


def test_a_verification_that_passed_before_proves_nothing(reset: Host, tmp_path: Path) -> None:
    known = plan_project(reset, tmp_path)
    project = Project(tmp_path, reset.login, known.environ)
    project.write("playbooks/nothing.yml", "- hosts: droplets\n  tasks: [{command: echo}]\n")
    selection = EXPECTED["proves_nothing"]
    phase = {
        "number": 2,
        "title": "E2E auth",
        "cause": "",
        "playbook": "nothing.yml",
        "verify": {
            "paths": selection["paths"],
            "k": selection["k"],
            "chdir": "{{ app_dir }}",
            "python": "{{ app_python }}",
        },
    }
    plan = {"title": "one phase", "hosts": "droplets", "phases": [phase]}
    project.write("playbooks/plan.yml", yaml.safe_dump(plan))
    done = project.suture("remediate", "--json")
    assert done.code == 0, done.out[-2000:] + done.err
    (verdict,) = verdicts(done).values()
    assert verdict["verdict"] == "proves nothing"
    assert "verify what really failed" in verdict["message"]

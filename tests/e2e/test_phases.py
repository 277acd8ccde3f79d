"""The main job: the plan's six phases on the droplet with the broken application, for real."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.command_line import Done, Project
from tests.e2e.conftest import CHECKOUT, Host

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(3600)]

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
    """Every file of the application, of the user's home and of pip's cache: path, mode, owner, time
    and hash."""
    where = f"{droplet.app_dir} {droplet.home} {droplet.home.parent}/cache"
    listed = droplet.ssh(
        f"find {where} -printf '%p %M %u %T@ %l\\n' | sort;"
        f" find {where} -type f -print0 | sort -z | xargs -0 sha256sum"
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


def test_all_phases_are_remediated_for_good_and_can_be_undone(
    story_droplet: Host, tmp_path: Path
) -> None:
    project = plan_project(story_droplet, tmp_path)
    before, imports = held(story_droplet), importable(project, tmp_path)
    first = project.suture("remediate", "--phase", "all", "--json")
    assert first.code == 0, first.out[-3000:] + first.err
    _check_baselines(first)
    fixed = {
        phase: len(verdict["fixed"]) + len(verdict["excused"])
        for phase, verdict in verdicts(first).items()
    }
    assert {phase: count for phase, count in fixed.items() if phase} == COUNTS
    assert fixed[0] == 84
    assert not any(verdict["newly_broken"] for verdict in verdicts(first).values())
    runs = [step["task"] for step in first.steps("ok") if step["module"] == "pytest"]
    whole = [task for task in runs if "the whole suite" in task]
    assert (len(runs), len(whole)) == (14, 2), "the fewer the better"
    last = first.finished["message"]
    assert "done: 1 MLflow permissions, 2 E2E auth" in last
    assert last.endswith("status")

    # What phase 6 verifies, the whole suite, runs once more below: for verify-all.
    last_phase = ("run", "playbooks/phase6-misc.yml", "-e", '{"suture_failing": []}')
    for words in (("remediate", "--phase", "1-5"), last_phase):
        again = project.suture(*words, "--json")
        assert again.code == 0, again.out[-3000:] + again.err
        assert again.finished["hosts"]["droplet"]["changed"] == 0

    proven = project.suture("verify-all")
    assert proven.code == 0, proven.out[-3000:]
    assert "84 of 84 tests fixed (3 of them skipped with a reason), 0 newly broken" in proven.out
    _check_python(story_droplet)
    told = project.suture("status", "--markdown").out
    assert told.count("- [x]") >= 6
    _check_drift(story_droplet, project)
    assert importable(project, tmp_path) != imports
    _check_undo(story_droplet, project, first.finished["run"], before)
    assert importable(project, tmp_path) == imports


def importable(project: Project, tmp_path: Path) -> list[tuple[str, bool, str]]:
    """What the application's Python can import of what phase 3 is about, and in which version."""
    playbook = tmp_path / "imports.yml"
    names = ["torch", "sentence_transformers", "huggingface_hub"]
    look = {"python_import": {"names": names, "python": "{{ app_python }}", "state": "any"}}
    playbook.write_text(yaml.safe_dump([{"hosts": "droplets", "tasks": [look]}]))
    (step,) = project.suture("run", str(playbook), "--json").steps("ok")
    return [(each["name"], each["ok"], each["version"]) for each in step["data"]["imports"]]


def _check_baselines(done: Done) -> None:
    """Before the first change exactly the 84 tests failed that phases claim, each in its phase;
    beside them some that nobody claims."""
    recorded = {
        event["phase"]: event for event in done.events if event["event"] == "baseline_recorded"
    }
    claimed = {phase: event["claimed"] for phase, event in recorded.items()}
    assert {phase: len(ids) for phase, ids in claimed.items() if phase} == COUNTS
    assert {phase: event["expected"] for phase, event in recorded.items() if phase} == COUNTS
    for phase, expected in EXPECTED["phases"].items():
        assert set(claimed[phase]) == set(expected["failing"])
    every = {name for phase, ids in claimed.items() if phase for name in ids}
    assert len(every) == 84
    assert set(claimed[0]) == every
    others = set(recorded[0]["failing"]) - every
    assert others - {EXPECTED["latency"]} == set(EXPECTED["unclaimed"])
    whys = {row["why"] for row in recorded[0]["others"]}
    assert "no database on this machine" in whys


def _check_drift(droplet: Host, project: Project) -> None:
    """A dry run of all phases tells that nothing has drifted, or what has."""
    words = ("remediate", "--phase", "all", "--dry-run")
    clean = project.suture(*words)
    assert (clean.code, "nothing to change" in clean.out) == (0, True), clean.out[-3000:]
    path = f"{droplet.app_dir}/tests/conftest.py"
    droplet.ssh(f"cp -p {path} /tmp/kept-{droplet.login.user} && sed -i '/^os.environ/d' {path}")
    drifted = project.suture(*words, "--diff")
    assert drifted.code == 2, drifted.out[-3000:]
    assert f"write {path}  +" in drifted.out and "1 step would change something" in drifted.out
    assert '+os.environ["E2I_TESTING_MODE"] = "1"' in drifted.out
    droplet.ssh(f"cp -p /tmp/kept-{droplet.login.user} {path}; rm /tmp/kept-{droplet.login.user}")


def _check_undo(droplet: Host, project: Project, run: str, before: Held) -> None:
    """The run of all phases is undone: every file is as it was, but for what pip and the tests leave
    for themselves."""
    after = held(droplet)
    previewed = project.suture("undo", "--run", run, "--dry-run", "--json")
    assert previewed.code == 2, previewed.out[-3000:] + previewed.err
    assert held(droplet) == after
    undone = project.suture("undo", "--run", run, "--json")
    assert undone.code == 0, undone.out[-3000:] + undone.err
    assert [step["changes"] for step in undone.steps("changed")] == [
        step["changes"] for step in previewed.steps("changed")
    ]
    now = held(droplet)
    differing = {path for path in {*before, *now} if before.get(path) != now.get(path)}
    assert not {path for path in differing if not BESIDE.search(path)}
    assert len(after) > len(before) + 10_000, "torch was there"


Held = dict[str, tuple[str, int, int, str]]

BESIDE = re.compile(
    r"""/__pycache__(/|$) | /\.pytest_cache(/|$)            # what Python and the tests keep
    | /home/\.(local(/state(/suture(/.*)?)?)?|cache(/.*)?)$  # the journal itself; caches
    | /\.venv/share(/man(/man\d)?)?$                     # pip leaves empty directories
    | /site-packages/(setuptools|_distutils_hack|pkg_resources)[-./]  # see below
    """,
    re.VERBOSE,
)
"""Paths that may be others after an undo.  A setuptools that a distribution of Linux has altered
comes back as the version it was, from where pip gets its packages."""


def held(droplet: Host) -> Held:
    """Mode, owner, group and content of everything that the droplet's user has."""
    found: Held = {}
    for path in (*droplet.home.rglob("*"), *droplet.app_dir.rglob("*")):
        state = path.lstat()
        content = ""
        if path.is_symlink():
            content = str(path.readlink())
        elif path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        found[str(path)] = (oct(state.st_mode), state.st_uid, state.st_gid, content)
    return found


def _check_python(droplet: Host) -> None:
    """What holds in the droplet's environment after phase 3, asked without Suture."""
    python = droplet.login.python
    outside = f"/usr/bin/python3 -m pip --python {python}"
    assert droplet.ssh(f"{outside} check").stdout == "No broken requirements found.\n"
    freeze = droplet.ssh(f"{outside} freeze").stdout
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
            "n": 0,
        },
    }
    plan = {"title": "one phase", "hosts": "droplets", "phases": [phase]}
    project.write("playbooks/plan.yml", yaml.safe_dump(plan))
    recorded = project.suture("baseline", "--phase", "2", "--json")
    assert recorded.code == 0, recorded.out[-2000:] + recorded.err
    (told,) = (event for event in recorded.events if event["event"] == "baseline_recorded")
    assert (told["phase"], told["failing"]) == (2, [])
    done = project.suture("remediate", "--json")
    assert done.code == 0, done.out[-2000:] + done.err
    (verdict,) = verdicts(done).values()
    assert verdict["verdict"] == "proves nothing"
    assert "verify what really failed" in verdict["message"]

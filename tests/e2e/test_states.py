"""What is no file, on a real host: services, crontabs, checkouts and packages are foreseen, changed,
and put back."""

from __future__ import annotations

import base64
import sys
from pathlib import Path

import pytest

from tests.e2e.command_line import Project
from tests.e2e.conftest import Host
from tests.e2e.test_undo import applied, run_of, walk

sys.path.insert(0, str(Path(__file__).parents[1] / "law"))
from fakes import CRONTAB, SYSTEMCTL
from wheels import wheelhouse

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

FILES = {
    "bin/systemctl": SYSTEMCTL,
    "bin/crontab": CRONTAB,
    "units/app/active": "inactive\n",
    "units/app/enabled": "disabled\n",
    "cron/own": "#Ansible: old\n0 0 * * * bin/old\n",
    **wheelhouse(("tiny", "1.0"), ("tiny", "2.0", ("other",)), ("other", "1.0")),
}
MADE = """
chmod 755 bin/*
git init -q repo && cd repo && git config user.name ada && git config user.email ada@example.org
echo one > f; git add f; git commit -qm one; git tag v1
echo two > f; git commit -qam two; git tag v2
cd .. && git clone -q --branch v1 file://$PWD/repo checkout
python3 -m venv venv && venv/bin/python -m pip install -q --no-index --find-links wheels tiny==1.0
"""
OFFLINE = "--no-index --find-links {there}/wheels"
PLAY = """
- hosts: droplets
  environment: {{PATH: "{there}/bin:/usr/local/bin:/usr/bin:/bin"}}
  tasks:
    - {{name: it runs, systemd: {{name: app, state: started, enabled: true}}}}
    - {{name: it runs already, systemd: {{name: app, state: started}}, register: app}}
    - {{name: as it is told, assert: {{that: [app is not changed, app.state == 'started']}}}}
    - {{name: a job, cron: {{name: nightly, hour: "2", job: bin/run}}}}
    - {{name: the job again, cron: {{name: nightly, hour: "2", job: bin/run}}}}
    - {{name: no old job, cron: {{name: old, state: absent}}}}
    - {{name: a checkout, git: {{repo: "file://{there}/repo", dest: {there}/checkout, version: v2}}}}
    - {{name: once more, git: {{repo: "file://{there}/repo", dest: {there}/checkout, version: v2}}}}
    - {{name: its directory, file: {{path: {there}/checkout, state: directory}}}}
    - name: a newer package
      pip: {{name: "tiny>=2", virtualenv: {there}/venv, extra_args: "{offline}"}}
    - name: that package
      pip: {{name: tiny, virtualenv: {there}/venv, extra_args: "{offline}"}}
"""
CHANGING = {"it runs", "a job", "no old job", "a checkout", "a newer package"}


@pytest.fixture
def made(bare_droplet: Host, there: str) -> str:
    """A service, a crontab, a checkout and an environment on the droplet."""
    for name, content in FILES.items():
        data = content.encode() if isinstance(content, str) else content
        path = f"{there}/{name}"
        command = f"mkdir -p $(dirname {path}) && base64 -d > {path}"
        assert bare_droplet.ssh(command, base64.b64encode(data).decode()).returncode == 0
    done = bare_droplet.ssh(f"cd {there} && set -e{MADE}")
    assert done.returncode == 0, done.stderr
    return there


def play(there: str) -> str:
    return PLAY.format(there=there, offline=OFFLINE.format(there=there))


def kept(host: Host, there: str) -> dict[str, str]:
    """What matters of the states: units, crontab, checkout, packages."""
    looks = {
        "units": "cat units/app/*",
        "cron": "cat cron/own",
        "checkout": "cd checkout && cat f && git rev-parse HEAD && git status --porcelain",
        "packages": "venv/bin/python -m pip list --format freeze",
    }
    return {name: host.ssh(f"cd {there} && {look}").stdout for name, look in looks.items()}


def test_states_are_foreseen_changed_and_put_back(
    project: Project, bare_droplet: Host, made: str
) -> None:
    states, before = kept(bare_droplet, made), walk(bare_droplet, made)
    assert "tiny==1.0" in states["packages"]
    project.write("play.yml", play(made))
    dry = project.suture("run", "play.yml", "--dry-run", "--json")
    assert dry.code == 2, dry.out + dry.err
    assert walk(bare_droplet, made) == before
    real = applied(project, play(made))
    assert {name for name, status in real.statuses().items() if status == "changed"} == CHANGING
    assert dry.statuses() == real.statuses()
    assert [step["changes"] for step in dry.steps()] == [step["changes"] for step in real.steps()]
    (rows,) = [
        change["detail"]["rows"]
        for step in real.steps()
        for change in step["changes"]
        if step["module"] == "pip"
    ]
    assert [(row["name"], row["from"], row["to"]) for row in rows] == [
        ("other", "", "1.0"),
        ("tiny", "1.0", "2.0"),
    ]
    assert kept(bare_droplet, made) != states

    preview = project.suture("undo", "--dry-run", "--json")
    assert preview.code == 2, preview.out + preview.err
    undone = project.suture("undo", "--run", run_of(real), "--json")
    assert undone.code == 0, undone.out + undone.err
    assert kept(bare_droplet, made) == states
    assert [step["changes"] for step in preview.steps("changed")] == [
        step["changes"] for step in undone.steps("changed")
    ]


def test_a_resolution_that_is_another_by_now_is_drift(
    project: Project, bare_droplet: Host, made: str
) -> None:
    project.write("play.yml", play(made))
    assert project.suture("plan", "play.yml", "--out", "plan.json").code == 2
    newer = wheelhouse(("other", "1.1"))
    for name, data in newer.items():
        bare_droplet.ssh(f"base64 -d > {made}/{name}", base64.b64encode(data).decode())
    before = walk(bare_droplet, made)
    done = project.suture("apply", "plan.json")
    assert done.code == 3, done.out + done.err
    assert f"droplet: answer of {made}/venv/bin/python" in done.out
    assert walk(bare_droplet, made) == before
    bare_droplet.ssh(f"rm {made}/wheels/other-1.1-*")
    assert project.suture("apply", "plan.json").code == 0
    assert "other==1.0" in kept(bare_droplet, made)["packages"]

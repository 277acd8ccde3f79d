"""Plan files, through the real command line on a real sshd: saved, held to, refused on drift."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from suture.commands.plan_file import key_of, opened, sealed
from tests.e2e.command_line import Project
from tests.e2e.conftest import Host

pytestmark = pytest.mark.e2e

SECRET = "correct-horse-battery"


def saved(project: Project, playbook: str, *words: str) -> Path:
    """The file of a plan for this playbook, which must be one that changes something."""
    project.write("play.yml", playbook)
    done = project.suture("plan", "play.yml", "--out", "plan.json", *words)
    assert done.code == 2, done.out + done.err
    return project.root / "plan.json"


def walk(host: Host, there: str) -> str:
    return host.ssh(
        f"cd {there} && find . -printf '%p %m %u %T@ %C@ %l\\n' | sort; "
        f"find . -type f | sort | xargs -r sha256sum"
    ).stdout


def plain(there: str) -> str:
    return f"""
- hosts: droplets
  tasks:
    - name: a directory
      file: {{path: {there}/d, state: directory, mode: "0750"}}
    - name: a file in it
      copy: {{src: motd, dest: {there}/d/motd}}
    - name: a line
      lineinfile: {{path: {there}/conf, line: "b = 2"}}
      notify: reload
  handlers:
    - name: reload
      copy: {{content: "reloaded\\n", dest: {there}/reloaded}}
"""


def prepared(project: Project, host: Host, there: str) -> Path:
    project.write("files/motd", "welcome\n")
    host.ssh(f"printf 'a = 1\\n' > {there}/conf")
    return saved(project, plain(there))


def test_a_plan_is_applied_as_it_stands(project: Project, bare_droplet: Host, there: str) -> None:
    before = walk(bare_droplet, there)
    file = prepared(project, bare_droplet, there)
    assert before != walk(bare_droplet, there)  # the file that the test itself put there
    before = walk(bare_droplet, there)
    plan = json.loads(file.read_text())
    steps = plan["hosts"]["droplet"]["steps"]
    assert [(step["task"], step["status"]) for step in steps] == [
        ("a directory", "changed"),
        ("a file in it", "changed"),
        ("a line", "changed"),
        ("reload", "changed"),
    ]
    assert {(step["file"], step["line"]) for step in steps} == {
        ("play.yml", 4),
        ("play.yml", 6),
        ("play.yml", 8),
        ("play.yml", 12),
    }
    assert f"content of {there}/conf" in plan["hosts"]["droplet"]["looks"]
    assert set(plan["files"]) == {"play.yml", "files/motd"}
    assert walk(bare_droplet, there) == before
    done = project.suture("apply", "plan.json", "--json")
    assert done.code == 0, done.out + done.err
    assert done.statuses() == {step["task"]: step["status"] for step in steps}
    assert [step["changes"] for step in done.steps()] == [step["changes"] for step in steps]
    assert bare_droplet.ssh(f"cat {there}/conf {there}/d/motd").stdout == "a = 1\nb = 2\nwelcome\n"
    again = project.suture("apply", "plan.json")
    assert again.code == 3
    assert f"droplet: content of {there}/conf" in again.out


@pytest.mark.parametrize(
    ("drift", "named"),
    [
        ("echo mine >> {there}/conf", "content of {there}/conf"),
        ("chmod 600 {there}/conf", "what stands at {there}/conf"),
        ("mkdir {there}/d", "what stands at {there}/d"),
        ("rm {there}/conf; ln -s /etc/hostname {there}/conf", "what stands at {there}/conf"),
    ],
)
def test_drift_on_the_host_is_named_and_nothing_is_touched(
    project: Project, bare_droplet: Host, there: str, drift: str, named: str
) -> None:
    prepared(project, bare_droplet, there)
    bare_droplet.ssh(drift.format(there=there))
    before = walk(bare_droplet, there)
    done = project.suture("apply", "plan.json", "--yes")
    assert done.code == 3, done.out + done.err
    assert named.format(there=there) in done.out
    assert walk(bare_droplet, there) == before


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("files/motd", "another\n", "files/motd"),
        ("play.yml", "- hosts: droplets\n  tasks: []\n", "play.yml"),
    ],
)
def test_the_controllers_files_must_be_what_they_were(
    project: Project, bare_droplet: Host, there: str, name: str, text: str, sentence: str
) -> None:
    prepared(project, bare_droplet, there)
    project.write(name, text)
    done = project.suture("apply", "plan.json")
    assert done.code == 3
    assert "these files are not what they were" in done.out and sentence in done.out
    assert bare_droplet.ssh(f"ls {there}").stdout == "conf\n"


def test_the_inventory_and_the_extra_variables_must_be_what_they_were(
    project: Project, there: str
) -> None:
    playbook = (
        f"- hosts: droplets\n  tasks: [{{copy: {{content: '{{{{ x }}}}', dest: {there}/f}}}}]\n"
    )
    saved(project, playbook, "-e", "x=1")
    other = project.suture("apply", "plan.json", "-e", "x=2")
    assert (other.code, "--extra-vars" in other.out) == (3, True)
    assert project.suture("apply", "plan.json").code == 3
    project.inventory(something="new")
    done = project.suture("apply", "plan.json", "-e", "x=1")
    assert (done.code, "the inventory is not what it was" in done.out) == (3, True)
    project.inventory()
    assert project.suture("apply", "plan.json", "-e", "x=1").code == 0


def test_a_refusal_is_told_and_recorded(project: Project, bare_droplet: Host, there: str) -> None:
    file = prepared(project, bare_droplet, there)
    bare_droplet.ssh(f"echo mine >> {there}/conf")
    drifted = project.suture("apply", "plan.json", "--json")
    assert (drifted.code, drifted.err) == (3, "")
    kinds = [event["event"] for event in drifted.events]
    assert kinds == ["run_started", "run_finished"]
    assert drifted.finished["exit_code"] == 3
    assert f"droplet: content of {there}/conf" in drifted.finished["message"]
    file.write_text(file.read_text().replace('"status": "changed"', '"status": "ok"'))
    tampered = project.suture("apply", "plan.json", "--json")
    assert "was changed since it was written" in tampered.finished["message"]
    shown = project.suture("show", drifted.finished["run"]).out
    assert f"droplet: content of {there}/conf" in shown
    assert project.suture("history").out.count("apply plan.json") == 2
    unread = project.suture("apply", "no.json", "--json")
    assert (unread.code, unread.out, "cannot be read" in unread.err) == (1, "", True)
    assert "apply no.json" not in project.suture("history").out


def test_tampering_is_refused(project: Project, bare_droplet: Host, there: str) -> None:
    file = prepared(project, bare_droplet, there)
    plan = json.loads(file.read_text())
    plan["hosts"]["droplet"]["steps"][0]["status"] = "ok"
    file.write_text(json.dumps(plan))
    done = project.suture("apply", "plan.json")
    assert (done.code, "was changed since it was written" in done.out) == (3, True)
    assert bare_droplet.ssh(f"ls {there}").stdout == "conf\n"


def test_another_version_or_schema_is_refused(
    project: Project, bare_droplet: Host, there: str
) -> None:
    file = prepared(project, bare_droplet, there)
    key = key_of(project.root / ".suture")
    text = file.read_text()
    plan = opened(text, key, "plan.json")
    file.write_text(sealed(replace(plan, version="0.0.1"), key))
    done = project.suture("apply", "plan.json")
    assert (done.code, "the plan was made by version 0.0.1" in done.out) == (3, True)
    file.write_text(text.replace('"schema": 1', '"schema": 2'))
    done = project.suture("apply", "plan.json")
    assert (done.code, "has schema 2 and this version reads 1" in done.out) == (3, True)
    file.write_text(text)
    assert project.suture("apply", "plan.json").code == 0


def test_a_step_that_turns_out_otherwise_is_not_sent(
    project: Project, bare_droplet: Host, there: str
) -> None:
    """Something that the plan could not see coming happens between two of its steps: what the
    controller is asked for is another thing by then."""
    bare_droplet.ssh(f"chmod 755 {there}")
    word = f"test -e {there}/started && echo other || echo same"
    playbook = f"""
- hosts: droplets
  tasks:
    - name: begin
      copy: {{content: x, dest: {there}/started}}
    - pause: {{seconds: 0}}
    - name: depends on it
      copy: {{content: "{{{{ lookup('pipe', '{word}') }}}}", dest: {there}/out}}
    - name: never
      copy: {{content: x, dest: {there}/never}}
"""
    saved(project, playbook)
    done = project.suture("apply", "plan.json", "--json")
    assert done.code == 3, done.out + done.err
    message = done.finished["message"]
    assert "'depends on it' (play.yml:7) would be done with other arguments" in message
    assert bare_droplet.ssh(f"ls {there}").stdout == "started\n"


def test_steps_that_could_not_be_predicted_are_listed_and_want_a_yes(
    project: Project, bare_droplet: Host, there: str
) -> None:
    playbook = f"""
- hosts: droplets
  tasks:
    - {{name: asks, command: echo hello, register: said}}
    - {{name: uses, copy: {{content: "{{{{ said.stdout }}}}", dest: {there}/f}}}}
"""
    saved(project, playbook)
    done = project.suture("apply", "plan.json")
    assert done.code == 3
    assert "1 step of this plan could not be predicted" in done.out
    assert "'uses' (play.yml:5)" in done.out
    assert bare_droplet.ssh(f"ls {there}").stdout == ""
    done = project.suture("apply", "plan.json", "--yes")
    assert done.code == 0
    assert "'uses' (play.yml:5)" in done.err
    assert bare_droplet.ssh(f"cat {there}/f").stdout == "hello"


def test_a_plan_holds_no_secret(project: Project, bare_droplet: Host, there: str) -> None:
    project.write("password", "vault-password\n")
    project.write("template.j2", "password = {{ vaulted }}\n")
    vault = project.root / "vault.yml"
    vault.write_text(f"vaulted: {SECRET}\n")
    encrypt(vault, project.root / "password")
    file = saved(
        project,
        f"""
- hosts: droplets
  vars_files: [vault.yml]
  vars: {{plain: hidden-by-no-log}}
  tasks:
    - {{name: vaulted, copy: {{content: "x {{{{ vaulted }}}}", dest: {there}/a}}}}
    - {{name: template, template: {{src: template.j2, dest: {there}/b}}}}
    - name: quiet
      copy: {{content: "{{{{ plain }}}}", dest: "{there}/{{{{ plain }}}}"}}
      no_log: true
    - {{name: command, command: "echo {{{{ vaulted }}}}"}}
    - {{name: "named {{{{ vaulted }}}}", copy: {{content: "{{{{ vaulted }}}}", dest: {there}/c}}}}
""",
        "--vault-password-file",
        "password",
    )
    text = file.read_text()
    for secret in (SECRET, "hidden-by-no-log", "vault-password"):
        assert secret not in text.replace("vault-password-file", "")
    done = project.suture("apply", "plan.json", "--vault-password-file", "password")
    assert done.code == 0, done.out + done.err
    assert bare_droplet.ssh(f"cat {there}/b").stdout == f"password = {SECRET}\n"


def encrypt(file: Path, password: Path) -> None:
    from ansible.parsing.vault import VaultLib, VaultSecret

    vault = VaultLib([("default", VaultSecret(password.read_bytes().strip()))])
    file.write_bytes(vault.encrypt(file.read_text()))


def test_a_plan_of_phases_is_applied_to_its_gates(
    project: Project, bare_droplet: Host, there: str, python_with_pytest: str
) -> None:
    bare_droplet.ssh(f"cd {there} && printf 'def test_it():\\n    import mended\\n' > test_it.py")
    project.write(
        "playbooks/plan.yml",
        f"""
title: one thing
hosts: droplets
phases:
  - number: 1
    title: mend it
    cause: it is not there
    priority: high
    playbook: one.yml
    must_fix: 1
    verify: {{chdir: {there}, python: {python_with_pytest}, paths: [test_it.py]}}
""",
    )
    project.write(
        "playbooks/one.yml",
        f"""
- hosts: droplets
  tasks:
    - {{name: mend, copy: {{content: "", dest: {there}/mended.py}}}}
""",
    )
    done = project.suture("plan", "--phase", "1", "--out", "plan.json")
    assert done.code == 2, done.out + done.err
    done = project.suture("apply", "plan.json", "--json")
    assert done.code == 0, done.out + done.err
    (verdict,) = [
        event for event in done.events if event["event"] == "phase_verified" and event["phase"] == 1
    ][-1:]
    assert verdict["verdict"] == "verified"


def test_drift_after_a_run_shows_as_a_diff(
    project: Project, bare_droplet: Host, there: str
) -> None:
    playbook = f"""
- hosts: droplets
  tasks:
    - {{copy: {{content: "one\\ntwo\\n", dest: {there}/f}}}}
"""
    assert project.run(playbook).code == 0
    clean = project.run(playbook, "--dry-run")
    assert (clean.code, "nothing to change" in clean.out) == (0, True)
    bare_droplet.ssh(f"printf 'one\\nedited by hand\\n' > {there}/f")
    drifted = project.run(playbook, "--dry-run", "--diff")
    assert drifted.code == 2
    assert "-edited by hand" in drifted.out and "+two" in drifted.out
    assert bare_droplet.ssh(f"cat {there}/f").stdout == "one\nedited by hand\n"

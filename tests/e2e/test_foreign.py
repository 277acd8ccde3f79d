"""Modules written for Ansible, run unchanged on a real host, through the real command line."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from tests.e2e.command_line import Done, Project
from tests.e2e.conftest import Host

pytestmark = pytest.mark.e2e

LABEL = """
#!/usr/bin/python
DOCUMENTATION = '''
module: label
options:
  path: {description: where, type: path, required: true}
  text: {description: what, type: str, required: true}
  token: {description: a secret, type: str}
'''
import os

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.labels import written


def main():
    arguments = {
        "path": {"type": "path", "required": True},
        "text": {"type": "str", "required": True},
        "token": {"type": "str", "no_log": True},
    }
    module = AnsibleModule(argument_spec=arguments, supports_check_mode=True)
    path, text = module.params["path"], module.params["text"]
    before = open(path).read() if os.path.exists(path) else ""
    after = written(text)
    if text == "wrong":
        module.fail_json(msg="that is the wrong word", word=text)
    if text == "noted":
        module.warn("a word of warning")
    if before != after and not module.check_mode:
        with open(path, "w") as file:
            file.write(after)
    module.exit_json(
        changed=before != after,
        diff={"before": before, "after": after, "before_header": path, "after_header": path},
        user=os.environ.get("USER_OF_LABEL", ""),
        uid=os.getuid(),
        ansible_facts={"label_of_host": text},
        token=module.params["token"],
    )


if __name__ == "__main__":
    main()
"""

UTILS = """
def written(text):
    return text + "\\n"
"""


@pytest.fixture
def labels(project: Project) -> Project:
    """A project whose role has a module of its own, and what that imports."""
    project.write("roles/labels/library/label.py", LABEL.lstrip())
    project.write("roles/labels/module_utils/labels.py", UTILS)
    return project


def run(project: Project, tasks: str, *words: str, play: str = "", **environ: str) -> Done:
    """Run the role with these tasks."""
    project.write("roles/labels/tasks/main.yml", tasks)
    playbook = f"- hosts: droplets\n  gather_facts: false\n{play}  roles: [labels]\n"
    return project.run(playbook, "--json", *words, **environ)


def test_a_roles_own_module_runs_unchanged_and_leaves_nothing_behind(
    labels: Project, bare_droplet: Host, there: str
) -> None:
    tasks = f"""
- name: first
  label: {{path: {there}/label, text: noted, token: hidden}}
  environment: {{USER_OF_LABEL: ada}}
  register: made
- name: again
  label: path={there}/label text=noted
- name: what it said
  assert:
    that:
      - made is changed
      - made.user == 'ada'
      - made.token == 'VALUE_SPECIFIED_IN_NO_LOG_PARAMETER'
      - "'invocation' not in made"
      - ansible_facts.label_of_host == 'noted'
      - label_of_host == 'noted'
- name: each
  label: {{path: "{there}/{{{{ item }}}}", text: "{{{{ item }}}}"}}
  loop: [a, b]
"""
    done = run(labels, tasks)
    assert done.code == 0, done.out + done.err
    assert done.statuses() == {
        "first": "changed",
        "again": "ok",
        "what it said": "ok",
        "each": "changed",
    }
    assert bare_droplet.ssh(f"cat {there}/label {there}/a {there}/b").stdout == "noted\na\nb\n"
    first = done.steps()[0]
    (change,) = first["changes"]
    assert change["target"] == f"{there}/label"
    assert change["after"] == "noted\n"
    assert first["module"] == "label"
    (warning, _) = (event for event in done.events if event["event"] == "warned")
    assert warning["message"] == "label: a word of warning"
    assert warning["where"].endswith("roles/labels/tasks/main.yml:2")
    left = "find ~ /tmp -maxdepth 2 -user $(id -un) -iname '*ansible*' -o -name 'suture-*.zip'"
    assert bare_droplet.ssh(left).stdout == ""


def test_what_a_module_wrote_is_seen_and_can_be_undone(
    labels: Project, bare_droplet: Host, there: str
) -> None:
    if "not possible" in labels.suture("doctor").out:
        pytest.skip("no copies of this host's files: see doctor")
    bare_droplet.ssh(f"echo before > {there}/label && chmod 640 {there}/label")
    tasks = f"""
- name: seen
  label: {{path: {there}/label, text: after}}
- name: for real
  label: {{path: {there}/other, text: after}}
  vars: {{suture_overlay: never}}
"""
    done = run(labels, tasks)
    assert done.code == 0, done.out + done.err
    seen, real = (step["changes"] for step in done.steps())
    assert [(change["action"], change["before"], change["after"]) for change in seen] == [
        ("write", "before\n", "after\n")
    ]
    assert real[0]["detail"] == {"final": True}
    undone = labels.suture("undo")
    assert "'for real' cannot be undone" in undone.out
    assert "'seen' cannot be undone" not in undone.out
    assert bare_droplet.ssh(f"cat {there}/label").stdout == "before\n"
    assert bare_droplet.ssh(f"stat -c %a {there}/label").stdout == "640\n"


def test_a_failure_says_what_the_module_says_and_is_rescued(labels: Project, there: str) -> None:
    tasks = f"""
- block:
    - name: fails
      label: {{path: {there}/label, text: wrong}}
  rescue:
    - name: rescued
      assert:
        that:
          - ansible_failed_result.msg == 'that is the wrong word'
          - ansible_failed_result.word == 'wrong'
- name: asks for what it needs
  label: {{text: x}}
  ignore_errors: true
"""
    done = run(labels, tasks)
    assert done.code == 0, done.out + done.err
    assert done.statuses() == {
        "fails": "ignored",
        "rescued": "ok",
        "asks for what it needs": "ignored",
    }
    assert done.steps()[-1]["message"] == "missing required arguments: path"


def test_a_dry_run_asks_the_module_and_marks_its_word(
    labels: Project, bare_droplet: Host, there: str
) -> None:
    tasks = f"""
- name: a label
  label: {{path: {there}/label, text: x}}
- name: after that
  label: {{path: {there}/other, text: x}}
"""
    dry = run(labels, tasks, "--dry-run")
    assert dry.code == 2
    assert dry.statuses() == {"a label": "changed", "after that": "unknown"}
    assert dry.steps()[0]["changes"][0]["detail"] == {"own_word": True}
    assert "hangs on 'a label'" in dry.steps()[1]["reason"]
    assert bare_droplet.ssh(f"ls {there}").stdout == ""


def test_in_a_rehearsal_it_really_runs_and_nothing_of_it_stays(
    labels: Project, bare_droplet: Host, there: str
) -> None:
    tasks = f"""
- name: a label
  label: {{path: {there}/label, text: x}}
- name: is read
  command: cat {there}/label
  register: found
- name: what it said
  assert: {{that: found.stdout == 'x'}}
"""
    done = run(labels, tasks, "--rehearse")
    if done.code == 3:
        pytest.skip("no rehearsal here: see doctor")
    assert done.code == 0, done.out + done.err
    assert done.statuses() == {"a label": "changed", "is read": "changed", "what it said": "ok"}
    assert "detail" not in done.steps()[0]["changes"][0]
    assert bare_droplet.ssh(f"ls {there}").stdout == ""


def test_another_user_and_a_secret_are_kept_as_for_any_task(
    labels: Project, tmp_path: Path
) -> None:
    if os.geteuid():
        pytest.skip("needs root")
    place = tmp_path / "nobodys"
    place.mkdir()
    place.chmod(0o777)
    for folder in place.parents[: len(place.relative_to(tempfile.gettempdir()).parts) - 1]:
        folder.chmod(0o755)
    tasks = f"""
- name: as nobody
  label: {{path: {place}/label, text: x}}
  become: true
  become_user: nobody
  become_method: runuser
  register: made
- name: who it was
  assert: {{that: made.uid != 0}}
- name: a secret
  label: {{path: {place}/label, text: swordfish}}
  become: true
  become_user: nobody
  become_method: runuser
  no_log: true
"""
    labels.write("here.yml", "all: {hosts: {droplets: {ansible_connection: local}}}\n")
    done = run(labels, tasks, "-i", "here.yml")
    assert done.code == 0, done.out + done.err
    assert set(done.statuses().values()) == {"ok", "changed"}
    assert (place / "label").owner() == "nobody"
    assert (place / "label").read_text() == "swordfish\n"
    assert "swordfish" not in done.out + done.err


def test_ansibles_own_modules_run_where_ours_are_not_wanted(project: Project) -> None:
    playbook = """
- hosts: droplets
  gather_facts: false
  tasks:
    - name: a database of the system
      getent: {database: passwd, key: root}
      vars: {suture_native: never}
    - name: the host's key
      known_hosts: {name: nowhere.example.org, state: absent}
      vars: {suture_native: never}
    - name: what it found
      assert:
        that:
          - getent_passwd.root[1] == '0'
          - ansible_facts.getent_passwd.root[1] == '0'
    - name: not ours
      lineinfile: {path: /etc/hosts, state: absent, regexp: nowhere-at-all}
      vars: {suture_native: never}
    - name: ours
      lineinfile: {path: /etc/hosts, state: absent, regexp: nowhere-at-all}
"""
    done = project.run(playbook, "--json")
    assert done.code == 0, done.out + done.err
    assert set(done.statuses().values()) == {"ok"}
    modules = {step["task"]: step["module"] for step in done.steps()}
    assert modules["a database of the system"] == "ansible.builtin.getent"
    assert modules["the host's key"] == "ansible.builtin.known_hosts"
    assert (modules["not ours"], modules["ours"]) == ("ansible.builtin.lineinfile", "lineinfile")


def test_a_collection_that_is_not_there_is_named_with_what_brings_it(project: Project) -> None:
    playbook = """
- hosts: droplets
  tasks:
    - nobody.knows.this: {a: 1}
"""
    done = project.run(playbook)
    assert done.code == 1
    assert "there is no module 'nobody.knows.this' here" in done.err + done.out
    assert "the collection nobody.knows is not installed (sought in " in done.err + done.out
    assert "ansible-galaxy collection install nobody.knows" in done.err + done.out

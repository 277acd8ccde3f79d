"""What is refused, before anything is touched, with a sentence that says what to do."""

from __future__ import annotations

import pytest

from suture.load.vault import Password, sealed
from tests.e2e.command_line import Project
from tests.e2e.conftest import Host

pytestmark = pytest.mark.e2e

POLICY = [
    {
        "name": "no pip here",
        "because": "the image decides",
        "modules": ["pip"],
        "commands": ["pip install*"],
    }
]


def test_every_mistake_is_reported_at_once_and_nothing_is_touched(
    project: Project, bare_droplet: Host, there: str
) -> None:
    done = project.run(
        f"""
- hosts: droplets
  tasks:
    - copy: {{content: x, dest: {there}/touched}}
    - lineinfile: {{path: /x, lin: y}}
    - file: {{path: /x, mode: 644}}
    - copyy: {{src: a}}
    - command: echo
      whne: true
    - debug: {{msg: "{{{{ 1 | uper }}}}"}}
"""
    )
    assert done.code == 1
    assert "play.yml:10:28: there is no filter 'uper'; did you mean 'upper'?" in done.err
    assert "play.yml:5:30: lineinfile has no argument 'lin'; did you mean 'line'?" in done.err
    assert "play.yml:6:" in done.err and "mode" in done.err
    assert "play.yml:7:" in done.err and "did you mean 'copy'?" in done.err
    assert "play.yml:9:" in done.err and "did you mean 'when'?" in done.err
    assert bare_droplet.ssh(f"ls {there}").stdout == ""


def test_what_may_be_reached_is_a_warning_and_fails_where_it_is(project: Project) -> None:
    playbook = """
- hosts: droplets
  gather_facts: false
  tasks:
    - block: [{name: lacks, nosuch: {a: 1}, when: go | bool}]
      rescue: [{name: rescued, debug: }]
    - {name: nowhere, include_tasks: none.yml, when: go | bool, ignore_errors: true}
    - {name: last, copy: {dest: /x, contnt: a}, when: go | bool}
    - {name: after, debug: }
"""
    sentence = "there is no module 'nosuch'"
    done = project.run(playbook, "-e", "go=false", "--json")
    assert done.code == 0 and done.statuses()["last"] == "skipped"
    assert f"play.yml:5:29: warning: fails if reached: {sentence}" in done.err
    done = project.run(playbook, "-e", "go=true", "--json")
    told = {step["task"]: step for step in done.steps()}
    assert done.code == 1 and list(told)[-1] == "last"
    assert told["lacks"]["status"] == "ignored" and sentence in told["lacks"]["message"]
    assert told["rescued"]["status"] == "ok" and told["nowhere"]["status"] == "ignored"
    assert "there is no file 'none.yml'" in told["nowhere"]["message"]
    assert told["last"]["status"] == "failed" and told["last"]["line"] == 8
    assert "copy has no argument 'contnt'" in told["last"]["message"]


def test_a_handler_that_is_not_there_fails_the_task_that_asks_for_it(project: Project) -> None:
    playbook = """
- hosts: droplets
  gather_facts: false
  tasks:
    - {name: quiet, command: "true", changed_when: false, notify: nobody}
    - {name: skipped, command: "true", when: false, notify: nobody}
    - {name: loud, command: "true", notify: nobody}
    - {name: after, debug: }
"""
    done = project.run(playbook, "--json")
    assert [(step["task"], step["status"]) for step in done.steps()] == [
        ("quiet", "ok"),
        ("skipped", "skipped"),
        ("loud", "changed"),
        ("loud", "failed"),
    ]
    assert "notifies 'nobody', but there is no such handler" in done.steps()[-1]["message"]
    assert done.code == 1


def test_a_policy_refuses_before_anything_is_touched(
    project: Project, bare_droplet: Host, there: str
) -> None:
    project.inventory(suture_policies=POLICY)
    done = project.run(
        f"- hosts: droplets\n  tasks:\n    - copy: {{content: x, dest: {there}/touched}}\n"
        "    - name: install\n      pip: {name: six}\n"
    )
    assert done.code == 3
    assert "play.yml:4" in done.err + done.out
    assert "no pip here (the image decides)" in done.err + done.out
    assert bare_droplet.ssh(f"ls {there}").stdout == ""


def test_a_policy_looks_at_commands_too(project: Project) -> None:
    project.inventory(suture_policies=POLICY)
    playbook = "- hosts: droplets\n  tasks:\n    - command: '{{ program }} install six'\n"
    assert project.run(playbook, "-e", "program=pip").code == 3


def test_a_written_exception_is_shown_and_recorded(project: Project) -> None:
    project.inventory(suture_policies=POLICY)
    playbook = (
        "- hosts: droplets\n  tasks:\n"
        "    - {name: look, command: 'pip install --help', exception: 'agreed with Ada'}\n"
    )
    done = project.run(playbook, "--json")
    (step,) = done.steps()
    assert step["exception"] == "no pip here: agreed with Ada"
    shown = project.suture("show", "last").out
    assert "agreed with Ada" in shown


def test_an_unknown_host_key_is_refused_and_can_be_enrolled(project: Project) -> None:
    project.inventory(suture_known_hosts="")
    playbook = "- hosts: droplets\n  tasks: [{command: echo}]\n"
    done = project.run(playbook)
    assert done.code == 4
    assert "its host key is not known yet; run '" in done.out
    assert " enroll droplet' to see" in done.out
    refused = project.suture("enroll", "droplet")
    assert (refused.code, "give --yes" in refused.err) == (3, True)
    assert "SHA256:" in refused.out
    assert project.suture("enroll", "droplet", "--yes").code == 0
    assert project.run(playbook).code == 0


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"ansible_port": 9}, "Connection refused"),
        ({"ansible_user": "nobody-there"}, "was not let in"),
        ({"ansible_ssh_private_key_file": "/no/key"}, "the key /no/key cannot be read"),
        ({"ansible_python_interpreter": "/no/python"}, "no Python was found"),
    ],
)
def test_a_host_that_cannot_be_reached(
    project: Project, variables: dict[str, object], sentence: str
) -> None:
    project.inventory(**variables)
    done = project.run("- hosts: droplets\n  tasks: [{command: echo}]\n")
    assert done.code == 4
    assert sentence in done.out


def test_an_undefined_variable_fails_the_task_with_a_hint(project: Project) -> None:
    done = project.run(
        "- hosts: droplets\n  vars: {greeting: x}\n  tasks: [{debug: {msg: '{{ greting }}'}}]\n"
    )
    assert done.code == 1
    assert "did you mean 'greeting'?" in done.out


def test_a_vaults_values_are_never_shown(project: Project, there: str) -> None:
    password = Password(b"open sesame")
    project.write("password", "open sesame")
    project.write(
        "secrets.yml", sealed("token: s3cr3t-token\nnested: {list: [h1dden-one]}\n", password)
    )
    inline = sealed("inl1ne-secret", password).replace("\n", "\n      ")
    done = project.run(
        f"""
- hosts: droplets
  vars_files: secrets.yml
  vars:
    inline: !vault |
      {inline}
  tasks:
    - debug: {{msg: "{{{{ token }}}} {{{{ nested.list[0] }}}} {{{{ inline }}}}"}}
    - shell: "echo {{{{ token }}}} {{{{ inline }}}}"
    - copy: {{content: "{{{{ nested }}}}", dest: {there}/kept}}
""",
        *("--json", "--diff", "--vault-password-file", "password"),
    )
    assert done.code == 0, done.out + done.err
    kept = (project.root / ".suture" / "ledger.db").read_bytes()
    for secret in ("s3cr3t-token", "h1dden-one", "inl1ne-secret", "open sesame"):
        assert secret not in done.out + done.err
        assert secret.encode() not in kept
    assert "********" in done.out

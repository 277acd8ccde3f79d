"""Undoing a run on a real host, through the real command line."""

from __future__ import annotations

import pytest

from tests.e2e.command_line import Done, Project
from tests.e2e.conftest import Host

pytestmark = pytest.mark.e2e

PREPARED = (
    "mkdir -p old/deep && echo one > a && echo keep > old/deep/file && chmod 750 old/deep"
    " && ln -s a l && echo x > x && chmod 640 x && touch -d '2020-01-02 03:04:05.678' a x old/deep"
)
CHANGES = """
- hosts: droplets
  tasks:
    - name: a changed file
      copy: {{content: "two\\n", dest: {there}/a, mode: "0600"}}
    - name: new directories
      file: {{path: {there}/new/deeper, state: directory, mode: "0700"}}
    - name: a new file in them
      copy: {{content: "fresh\\n", dest: {there}/new/deeper/file}}
    - name: another target
      file: {{src: x, path: {there}/l, state: link, force: true}}
    - name: a removed tree
      file: {{path: {there}/old, state: absent}}
    - name: other attributes
      file: {{path: {there}/x, mode: "0444", modification_time: "202001010000.00"}}
    - name: edited
      lineinfile: {{path: {there}/a, line: three}}
"""


def walk(host: Host, there: str) -> str:
    """Everything in the folder: kinds, modes, owners, times to the nanosecond, targets, hashes."""
    found = host.ssh(
        f"cd {there} && find . -printf '%p %y %m %u %g %T@ %l\\n' | sort;"
        f" find . -type f -print0 | sort -z | xargs -0 -r sha256sum"
    )
    assert found.returncode == 0, found.stderr
    return found.stdout


def applied(project: Project, playbook: str) -> Done:
    done = project.run(playbook, "--json")
    assert done.code == 0, done.out + done.err
    return done


def run_of(done: Done) -> str:
    return str(done.finished["run"])


@pytest.fixture
def prepared(bare_droplet: Host, there: str) -> str:
    assert bare_droplet.ssh(f"cd {there} && {PREPARED}").returncode == 0
    return there


def test_undo_restores_everything_and_can_be_undone_itself(
    project: Project, bare_droplet: Host, prepared: str
) -> None:
    before = walk(bare_droplet, prepared)
    run = run_of(applied(project, CHANGES.format(there=prepared)))
    after = walk(bare_droplet, prepared)
    assert before != after

    preview = project.suture("undo", "--dry-run", "--json")
    assert preview.code == 2, preview.out + preview.err
    assert walk(bare_droplet, prepared) == after

    done = project.suture("undo", "--json")
    assert done.code == 0, done.out + done.err
    assert walk(bare_droplet, prepared) == before
    assert done.events[0]["mode"] == "undo"
    assert done.events[0]["undoes"] == run
    changes = [step["changes"] for step in done.steps("changed")]
    assert changes == [step["changes"] for step in preview.steps("changed")]

    again = project.suture("undo", "--run", run, "--json")
    assert again.code == 0
    assert not again.steps("changed")
    assert walk(bare_droplet, prepared) == before

    redone = project.suture("undo", "--run", run_of(done), "--json")
    assert redone.code == 0, redone.out
    assert walk(bare_droplet, prepared) == after


def test_the_journal_is_private_and_a_converged_run_makes_none(
    project: Project, bare_droplet: Host, prepared: str
) -> None:
    playbook = CHANGES.format(there=prepared).split("    - name: another target")[0]
    run = run_of(applied(project, playbook))
    again = run_of(applied(project, playbook))
    journal = "~/.local/state/suture/journal"
    modes = bare_droplet.ssh(f"find {journal}/{run} -printf '%y%m\\n' | sort -u").stdout.split()
    assert modes == ["d700", "f600"]
    assert bare_droplet.ssh(f"ls {journal}").stdout.split().count(again) == 0


def test_what_somebody_has_changed_since_is_named_and_nothing_is_touched(
    project: Project, bare_droplet: Host, prepared: str
) -> None:
    before = walk(bare_droplet, prepared)
    run = run_of(applied(project, CHANGES.format(there=prepared)))
    bare_droplet.ssh(f"cd {prepared} && echo mine >> a && echo mine > new/deeper/mine")
    changed = walk(bare_droplet, prepared)
    refused = project.suture("undo", "--run", run)
    assert refused.code == 3, refused.out + refused.err
    said = refused.out + refused.err
    assert f"{prepared}/a" in said
    assert f"{prepared}/new/deeper/mine" in said
    assert f"{prepared}/x" not in said
    assert walk(bare_droplet, prepared) == changed
    assert project.suture("undo", "--run", run, "--dry-run").code == 3

    forced = project.suture("undo", "--run", run, "--force", "--json")
    assert forced.code == 0, forced.out
    assert _without_times(walk(bare_droplet, prepared)) == _without_times(before)

    back = project.suture("undo", "--run", run_of(forced))
    assert back.code == 0, back.out
    assert _without_times(walk(bare_droplet, prepared)) == _without_times(changed)


def _without_times(found: str) -> str:
    return "\n".join(
        " ".join(word for word in line.split() if "." not in word or word.startswith("./"))
        for line in found.splitlines()
    )


def test_a_command_is_undone_with_what_the_task_says(
    project: Project, bare_droplet: Host, there: str
) -> None:
    playbook = f"""
- hosts: droplets
  vars: {{where: {there}}}
  tasks:
    - name: a base
      file: {{path: {there}/base, state: directory}}
    - name: known
      shell: touch made-by-shell
      args: {{chdir: "{{{{ where }}}}/base"}}
      undo_with: rm made-by-shell
    - name: in words
      command: touch {there}/b
      undo_with: [[rm, "{there}/b"], "echo undone >> {there}/log"]
    - name: unknown
      command: touch {there}/stays
    - name: harmless
      command: ls {there}
      changed_when: false
"""
    run = run_of(applied(project, playbook))
    assert bare_droplet.ssh(f"cd {there}; find . | sort").stdout.split() == [
        *(".", "./b", "./base", "./base/made-by-shell", "./stays")
    ]
    preview = project.suture("undo", "--run", run, "--dry-run")
    assert preview.code == 2, preview.out + preview.err
    assert bare_droplet.ssh(f"ls {there}/b {there}/base/made-by-shell").returncode == 0

    done = project.suture("undo", "--run", run)
    assert done.code == 0, done.out + done.err
    assert "'unknown' cannot be undone" in done.out
    assert f"touch {there}/stays" in done.out
    assert done.out.count("cannot be undone") == 1, "not of what said that it changes nothing"
    assert bare_droplet.ssh(f"cd {there}; find . | sort").stdout.split() == [
        ".",
        "./log",
        "./stays",
    ]

    assert project.suture("undo", "--run", run).code == 0
    assert bare_droplet.ssh(f"cat {there}/log").stdout == "undone\n"


def test_undo_with_has_to_be_commands(project: Project) -> None:
    done = project.run(
        "- hosts: droplets\n  tasks:\n    - {command: touch /x, undo_with: [rm, -f, /x]}\n"
    )
    assert done.code == 1
    assert "'undo_with' must be a command or a list of commands" in done.err


def test_secrets_stay_hidden(project: Project, bare_droplet: Host, there: str) -> None:
    playbook = f"""
- hosts: droplets
  tasks:
    - name: a password
      copy: {{content: "hunter2-{{{{ inventory_hostname }}}}", dest: {there}/secret, mode: "0600"}}
      no_log: true
    - name: a command
      command: echo hunter2-droplet
      no_log: true
"""
    run = run_of(applied(project, playbook))
    journal = bare_droplet.ssh(f"cat ~/.local/state/suture/journal/{run}/journal.jsonl").stdout
    assert "hunter2" not in journal
    done = project.suture("undo", "--run", run, "--diff", "--json")
    assert done.code == 0
    assert "hunter2" not in done.out
    assert bare_droplet.ssh(f"ls {there}").stdout == ""


def test_without_anything_to_undo(project: Project, there: str) -> None:
    refused = project.suture("undo")
    assert refused.code == 1
    assert "holds no run that changed something" in refused.err
    run = run_of(applied(project, "- hosts: droplets\n  tasks: [{stat: {path: /}}]\n"))
    done = project.suture("undo", "--run", run)
    assert done.code == 0
    assert "has left nothing to undo on droplet" in done.out


def test_the_last_run_that_changed_something_is_undone(
    project: Project, bare_droplet: Host, there: str
) -> None:
    for name in ("first", "second"):
        applied(
            project,
            f"- hosts: droplets\n  tasks: [{{copy: {{content: x, dest: {there}/{name}}}}}]\n",
        )
    applied(project, "- hosts: droplets\n  tasks: [{stat: {path: /}}]\n")
    assert project.suture("undo").code == 0
    assert bare_droplet.ssh(f"ls {there}").stdout.split() == ["first"]
    assert project.suture("undo").code == 0
    assert bare_droplet.ssh(f"ls {there}").stdout.split() == []
    assert project.suture("undo").code == 1


def test_prune(project: Project, bare_droplet: Host, there: str) -> None:
    playbook = f"- hosts: droplets\n  tasks: [{{copy: {{content: x, dest: {there}/f}}}}]\n"
    run = run_of(applied(project, playbook))
    journal = f"~/.local/state/suture/journal/{run}"
    assert project.suture("undo", "--prune").code == 0
    assert bare_droplet.ssh(f"ls {journal}").returncode == 0
    bare_droplet.ssh(f"touch -d '40 days ago' {journal}/journal.jsonl")
    assert project.suture("undo", "--prune", "--dry-run").code == 2
    assert bare_droplet.ssh(f"ls {journal}").returncode == 0
    assert project.suture("undo", "--prune").code == 0
    assert bare_droplet.ssh(f"ls {journal}").returncode != 0

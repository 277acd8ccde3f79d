"""Undoing phases, and what several users did."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.command_line import Done, Project
from tests.e2e.conftest import Host
from tests.e2e.test_undo import applied, run_of, walk

pytestmark = pytest.mark.e2e

NOBODY = "become: true, become_user: nobody, become_method: runuser"
needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("runuser"),
    reason="only root may act as another user here",
)


# -- phases ----------------------------------------------------------------------------------------


@pytest.fixture
def phased(project: Project, bare_droplet: Host, there: str, python_with_pytest: str) -> Project:
    """A plan of two phases; the tests of the second one cannot be mended."""
    bare_droplet.ssh(
        f"cd {there} && printf 'def test_it():\\n    import mended\\n' > test_one.py"
        " && printf 'def test_it():\\n    import never\\n' > test_two.py && echo old > config"
    )
    verify = f"chdir: {there}, python: {python_with_pytest}"
    about = "cause: it is not there\n    priority: high\n    must_fix: 1"
    project.write(
        "playbooks/plan.yml",
        f"""
title: two things
hosts: droplets
phases:
  - number: 1
    title: mend it
    playbook: one.yml
    {about}
    verify: {{{verify}, paths: [test_one.py]}}
  - number: 2
    title: mend more
    playbook: two.yml
    {about}
    verify: {{{verify}, paths: [test_two.py]}}
""",
    )
    project.write(
        "playbooks/one.yml",
        f"- hosts: droplets\n  tasks:\n"
        f"    - {{name: mend, copy: {{content: '', dest: {there}/mended.py}}}}\n"
        f"    - {{name: settings, copy: {{content: one, dest: {there}/config}}}}\n",
    )
    project.write(
        "playbooks/two.yml",
        f"- hosts: droplets\n  tasks:\n"
        f"    - {{name: more, copy: {{content: '', dest: {there}/more.py}}}}\n"
        f"    - {{name: settings again, copy: {{content: two, dest: {there}/config}}}}\n",
    )
    return project


def finished(done: Done) -> list[tuple[int, str]]:
    """The phases that were finished, and how."""
    return [
        (event["phase"], event["status"])
        for event in done.events
        if event["event"] == "phase_finished"
    ]


def files(host: Host, there: str) -> dict[str, str]:
    listing = host.ssh(f"cd {there} && grep -H '' config; ls *.py").stdout.split()
    config = next(word for word in listing if word.startswith("config:"))
    return {"config": config.partition(":")[2], "py": " ".join(w for w in listing if w != config)}


def test_a_phase_is_undone_alone_and_is_open_again(
    phased: Project, bare_droplet: Host, there: str
) -> None:
    done = phased.suture("remediate", "--json")
    assert done.code == 1
    assert finished(done) == [(1, "done"), (2, "failed")]
    run = run_of(done)
    refused = phased.suture("undo", "--run", run, "--phase", "1")
    assert refused.code == 3, "phase 2 has changed the same file since"
    assert f"{there}/config" in refused.out

    second = phased.suture("undo", "--run", run, "--phase", "2", "--json")
    assert second.code == 0, second.out
    assert finished(second) == [(2, "undone")]
    assert files(bare_droplet, there) == {
        "config": "one",
        "py": "mended.py test_one.py test_two.py",
    }
    assert "undone" in phased.suture("status").out

    rest = phased.suture("undo", "--json")
    assert rest.code == 0, rest.out
    assert finished(rest) == [(2, "undone"), (1, "undone")]
    assert files(bare_droplet, there) == {"config": "old", "py": "test_one.py test_two.py"}


def test_a_phase_that_fails_is_undone_at_once(
    phased: Project, bare_droplet: Host, there: str
) -> None:
    done = phased.suture("remediate", "--undo-on-failure", "--json")
    assert done.code == 1
    assert finished(done) == [(1, "done"), (2, "failed"), (2, "undone")]
    modes = [event["mode"] for event in done.events if event["event"] == "run_started"]
    assert modes == ["apply", "undo"]
    assert files(bare_droplet, there) == {
        "config": "one",
        "py": "mended.py test_one.py test_two.py",
    }


# -- several users ---------------------------------------------------------------------------------


NOBODYS = Path("/var/tmp/suture-65534/journal")
"""Where the journals of a user without a home are."""


def looked(folder: Path) -> str:
    return subprocess.run(
        "find . -printf '%p %y %m %u %g %T@ %l\\n' | sort; find . -type f | sort | xargs -r sha256sum",
        shell=True,
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@needs_root
def test_what_several_users_did_is_undone_in_turn(
    here: Project, open_to_all: Path, tmp_path: Path
) -> None:
    (open_to_all / "shared").write_text("before\n")
    (open_to_all / "shared").chmod(0o666)
    before = looked(open_to_all)
    playbook = f"""
- hosts: droplets
  vars: {{where: {open_to_all}}}
  tasks:
    - {{name: root writes, copy: {{content: "root\\n", dest: {open_to_all}/shared}}}}
    - {{name: nobody writes, copy: {{content: "nobody\\n", dest: {open_to_all}/shared}}, {NOBODY}}}
    - {{name: nobody makes, copy: {{content: "x", dest: {open_to_all}/new}}, {NOBODY}}}
    - {{name: root takes it, file: {{path: {open_to_all}/new, owner: root, mode: "0600"}}}}
"""
    state = {"XDG_STATE_HOME": str(tmp_path / "state")}
    done = here.run(playbook, "--json", **state)
    assert done.code == 0, done.out + done.err
    run = run_of(done)
    connected = {
        event["user"]: event["become"]
        for event in done.events
        if event["event"] == "host_connected"
    }
    assert connected["nobody"] == {"user": "nobody", "method": "runuser", "flags": ""}
    after = looked(open_to_all)

    preview = here.suture("undo", "--run", run, "--dry-run", "--json", **state)
    assert preview.code == 2, preview.out
    assert looked(open_to_all) == after

    (open_to_all / "shared").write_text("somebody\n")
    refused = here.suture("undo", "--run", run, **state)
    assert refused.code == 3
    assert (open_to_all / "new").exists()
    (open_to_all / "shared").write_text("nobody\n")

    undone = here.suture("undo", "--run", run, "--json", **state)
    assert undone.code == 0, undone.out
    assert looked(open_to_all).replace("shared f", "") != after
    assert (open_to_all / "shared").read_text() == "before\n"
    assert not (open_to_all / "new").exists()
    assert _without_folder(looked(open_to_all)) == _without_folder(before)
    again = here.suture("undo", "--run", run, "--json", **state)
    assert not again.steps("changed")
    for each in (done, undone, again):
        shutil.rmtree(NOBODYS / run_of(each), ignore_errors=True)


def _without_folder(found: str) -> list[str]:
    """All but the time of the folder itself, which nobody may not set."""
    return [line for line in found.splitlines() if not line.startswith(". d")]


@needs_root
def test_hosts_are_undone_side_by_side(
    project: Project, bare_droplet: Host, there: str, open_to_all: Path
) -> None:
    inventory = project.root / "inventory.yml"
    inventory.write_text(
        inventory.read_text().replace("        hosts:\n", "        hosts:\n")
        + "    more:\n      hosts:\n        this: {ansible_connection: local}\n"
    )
    playbook = f"""
- hosts: all
  tasks:
    - copy:
        content: x
        dest: "{{{{ '{there}' if inventory_hostname == 'droplet' else '{open_to_all}' }}}}/f"
"""
    run = run_of(applied(project, playbook))
    undone = project.suture("undo", "--run", run, "--limit", "this", "--json")
    assert undone.code == 0, undone.out
    assert not (open_to_all / "f").exists()
    assert walk(bare_droplet, there).count("./f") == 2
    assert project.suture("undo", "--run", run).code == 0
    assert walk(bare_droplet, there).count("./f") == 0

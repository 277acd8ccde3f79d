"""A dry run in which several users act: each sees what the others would have done."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.e2e.command_line import Project
from tests.law.throwaway import GROUP, USER

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        os.geteuid() != 0 or not shutil.which("runuser"),
        reason="only root may act as another user here",
    ),
]

NOBODY = "become: true, become_user: nobody, become_method: runuser"


def test_each_user_sees_what_the_others_would_have_done(here: Project, open_to_all: Path) -> None:
    here.write("files/big", "x" * 40_000 + "\n")
    where = open_to_all
    playbook = f"""
- hosts: droplets
  tasks:
    - {{name: root makes, file: {{path: {where}/d, state: directory, mode: "0777"}}}}
    - {{name: big, copy: {{src: big, dest: {where}/d/big, mode: "0644"}}}}
    - {{name: nobody writes into it, copy: {{content: "one\\n", dest: {where}/d/f}}, {NOBODY}}}
    - {{name: nobody copies, copy: {{src: {where}/d/big, dest: {where}/d/copy, remote_src: true}},
       {NOBODY}}}
    - {{name: root sees, stat: {{path: {where}/d/f}}, register: found}}
    - {{name: known, assert: {{that: [found.stat.exists, found.stat.pw_name == 'nobody']}}}}
    - {{name: root removes, file: {{path: {where}/d/f, state: absent}}}}
    - {{name: nobody looks, stat: {{path: {where}/d/f}}, register: left, {NOBODY}}}
    - {{name: known gone, assert: {{that: [not left.stat.exists]}}}}
"""
    dry = here.run(playbook, "--dry-run", "--json")
    assert dry.code == 2, dry.out + dry.err
    assert os.listdir(where) == []
    real = here.run(playbook, "--json")
    assert real.code == 0, real.out + real.err
    assert dry.statuses() == real.statuses()
    assert [step["changes"] for step in dry.steps()] == [step["changes"] for step in real.steps()]


def test_what_a_command_of_one_user_spoils_is_unknown_to_the_next(
    here: Project, open_to_all: Path
) -> None:
    where = open_to_all
    dry = here.run(
        f"""
- hosts: droplets
  tasks:
    - {{name: makes, command: {{cmd: touch {where}/f, creates: {where}/f}}}}
    - {{name: edits, lineinfile: {{path: {where}/f, line: x}}, {NOBODY}}}
""",
        "--dry-run",
        "--json",
    )
    assert dry.code == 2, dry.out + dry.err
    assert dry.statuses() == {"makes": "changed", "edits": "unknown"}


def test_accounts_that_an_earlier_step_would_make_are_known_to_later_ones(
    here: Project, open_to_all: Path
) -> None:
    where = open_to_all
    playbook = f"""
- hosts: droplets
  tasks:
    - {{name: a group, group: {{name: {GROUP}}}}}
    - {{name: a user, user: {{name: {USER}, create_home: false}}, register: made}}
    - {{name: a member, user: {{name: {USER}, groups: [{GROUP}]}}}}
    - name: a directory of its own
      file: {{path: {where}/d, state: directory, owner: {USER}, group: {USER}, mode: "0750"}}
    - name: a file in it
      copy: {{content: "x\n", dest: {where}/d/f, owner: {USER}, group: {GROUP}}}
    - {{name: already so, file: {{path: {where}/d/f, owner: {USER}, group: {GROUP}}}}}
    - {{name: another owner, file: {{path: {where}/d/f, owner: root, group: {USER}}}}}
    - {{name: looked at, stat: {{path: {where}/d}}, register: found}}
    - name: whose it is
      assert:
        that: [found.stat.pw_name == '{USER}', found.stat.gr_name == '{USER}', made is changed]
    - {{name: its number, debug: {{msg: "{{{{ found.stat.uid }}}} {{{{ made.uid }}}}"}}}}
    - {{name: no such user any more, user: {{name: {USER}, state: absent}}}}
    - {{name: nobody's, copy: {{content: "", dest: {where}/g, owner: {USER}}}, ignore_errors: true}}
    - {{name: its group went along, group: {{name: {USER}, state: absent}}}}
    - {{name: no such group any more, group: {{name: {GROUP}, state: absent}}}}
"""
    dry = here.run(playbook, "--dry-run", "--json")
    assert dry.code == 2, dry.out + dry.err
    assert os.listdir(where) == []
    real = here.run(playbook, "--json")
    assert real.code == 0, real.out + real.err
    assert real.statuses()["its group went along"] == "ok"
    assert real.statuses()["already so"] == "ok"
    assert real.statuses()["nobody's"] == "ignored"
    assert dry.statuses() == {**real.statuses(), "its number": "unknown"}
    assert [step["changes"] for step in dry.steps()] == [step["changes"] for step in real.steps()]


def test_what_a_user_to_come_would_do_is_unknown(here: Project, open_to_all: Path) -> None:
    where = open_to_all
    dry = here.run(
        f"""
- hosts: droplets
  tasks:
    - {{name: a user, user: {{name: {USER}, create_home: false}}}}
    - name: as that user
      copy: {{content: "x", dest: {where}/f}}
      become: true
      become_user: {USER}
      become_method: runuser
      register: copied
    - {{name: hangs on it, debug: {{msg: "{{{{ copied.dest }}}}"}}}}
    - {{name: goes on, copy: {{content: "x", dest: {where}/g}}}}
""",
        "--dry-run",
        "--json",
    )
    assert dry.code == 2, dry.out + dry.err
    unknown = {"as that user": "unknown", "hangs on it": "unknown"}
    assert dry.statuses() == {"a user": "changed", **unknown, "goes on": "changed"}
    reason = dry.steps("unknown")[0]["reason"]
    assert reason == f"nobody can be {USER} here before an earlier step has really made that user"

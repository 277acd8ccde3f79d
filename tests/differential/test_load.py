"""The same playbooks through ``ansible-playbook --list-tasks`` and through us; and the splitting of
arguments written as text."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from suture.load.playbook import playbook
from suture.load.role_uses import tasks_of
from suture.load.splitting import arguments
from suture.model import Play

pytestmark = pytest.mark.differential

ROLES = {
    "roles/common/tasks/main.yml": "- name: common\n  debug:\n",
    "roles/web/meta/main.yml": "dependencies:\n  - common\n  - {role: base, tags: [dep], level: 2}\n",
    "roles/web/tasks/main.yaml": "- name: web\n  debug: {msg: hi}\n  notify: web restart\n"
    "- import_tasks: sub/more.yml\n  tags: more\n- include_tasks: more.yml\n",
    "roles/web/tasks/sub/more.yml": "- name: more\n  debug:\n- import_tasks: third.yml\n",
    "roles/web/tasks/sub/third.yml": "- debug: var=third\n",
    "roles/web/tasks/more.yml": "- debug:\n",
    "roles/web/tasks/other.yml": "- name: other\n  debug:\n",
    "roles/web/handlers/main.yml": "- name: web restart\n  debug:\n",
    "roles/web/defaults/main.yml": "a: 1\n",
    "roles/web/vars/main/one.yml": "b: 1\n",
    "roles/base/tasks/main.yml": "- name: base\n  debug:\n  tags: never\n- debug: msg={{ level }}\n",
    "roles/empty/defaults/main.yml": "x: 1\n",
    "roles/lone/tasks/main": "- name: no extension\n  debug:\n",
    "more.yml": "- name: more\n  debug:\n- name: again\n  import_tasks: tasks/deep.yml\n",
    "tasks/deep.yml": "- name: deep\n  debug:\n- import_tasks: deeper.yml\n",
    "tasks/deeper.yml": "- name: deeper\n  debug:\n",
    "other.yml": "- name: other play\n  hosts: all\n  tags: [o]\n  tasks:\n    - debug:\n",
}

PLAYBOOKS = {
    "names": """
- hosts: all
  tasks:
    - debug:
    - name: named
      debug:
    - ansible.builtin.debug:
    - ansible.legacy.command: /bin/true
    - action: debug msg=x
    - local_action: command echo a=b
    - action: {module: debug, msg: x}
    - name: "{{ late }}"
      debug:
""",
    "tags": """
- hosts: all
  tags: play
  tasks:
    - debug:
      tags: a, b
    - debug:
      tags: [c, "1", "d,e"]
    - block:
        - debug:
          tags: inner
        - block:
            - debug:
      tags: outer
    - debug:
      tags: always
""",
    "blocks": """
- hosts: all
  tasks:
    - block:
        - name: first
          debug:
        - name: nested
          block:
            - name: in nested
              debug:
          rescue:
            - name: not listed
              debug:
      rescue:
        - name: rescued
          debug:
      always:
        - name: always done
          debug:
    - name: after
      debug:
""",
    "sections": """
- hosts: all
  post_tasks: [{name: post, debug: {}}]
  tasks: [{name: main, debug: {}}]
  roles: [common, lone]
  pre_tasks: [{name: pre, debug: {}}]
  handlers: [{name: h, debug: {}}]
""",
    "imports": """
- hosts: all
  tasks:
    - import_tasks: more.yml
      tags: [i]
    - import_tasks: {file: more.yml}
      when: false
    - include_tasks: more.yml
      tags: [dynamic]
    - name: named inclusion
      include_tasks: "{{ x }}.yml"
    - ansible.builtin.import_tasks: tasks/deep.yml
""",
    "roles": """
- hosts: all
  roles:
    - web
    - {role: lone, tags: [l, m], x: 1}
    - role: empty
    - name: common
      when: false
      tags: c
""",
    "import-role": """
- hosts: all
  tasks:
    - import_role: {name: web, tasks_from: other}
      tags: t
    - import_role: {name: lone}
    - include_role: {name: web}
    - name: named
      include_role: {name: "{{ r }}"}
    - ansible.builtin.import_role:
        role: base
""",
    "import-playbook": """
- import_playbook: other.yml
- name: mine
  hosts: all
  tasks: [{debug: {}}]
- import_playbook: other.yml
  tags: [x, y]
  when: false
""",
    "handlers": """
- hosts: all
  tasks:
    - debug:
      notify: [one, "lone : x"]
  handlers:
    - name: one
      debug:
    - name: two
      listen: "lone : x"
      debug:
    - import_tasks: more.yml
""",
    "anchors": """
- hosts: all
  vars: &vars {a: 1}
  tasks:
    - &task
      name: anchored
      debug: &args {msg: hi}
      tags: [x]
    - <<: *task
      name: merged
    - *task
    - debug:
        <<: *args
      vars: *vars
""",
    "forms": """
- hosts: all
  tasks:
    - command: echo hi creates=/x
    - shell: |
        echo one
        echo two
      args: {chdir: /tmp}
    - set_fact: a=1 b="two words"
    - file: path=/x state=touch mode=0644
    - meta: flush_handlers
    - meta: noop
      tags: m
    - debug: msg="{{ a + 'b c' }}"
    - include_vars: other.yml
    - assert: {that: [a is defined, "'x' in y"]}
    - fail: msg=no
      when: false
""",
    "loops": """
- hosts: all
  tasks:
    - debug: var=item
      with_items: [1, 2]
    - debug:
      loop: "{{ x }}"
      loop_control: {loop_var: y, label: "{{ y }}", index_var: i, pause: 1, extended: true}
      until: x is success
      retries: 3
      delay: 0.5
    - name: with dict
      debug:
      with_dict: {a: 1}
      register: r
      changed_when: false
      failed_when: [a, b]
""",
    "keywords": """
- name: all the words
  hosts: [a, "!b"]
  gather_facts: no
  become: yes
  become_user: root
  serial: ["10%", 2]
  any_errors_fatal: true
  max_fail_percentage: 30
  force_handlers: true
  strategy: linear
  order: sorted
  environment: {A: b}
  vars_files: [v.yml, [nope.yml, v.yml]]
  module_defaults: {debug: {msg: x}}
  ignore_errors: true
  remote_user: me
  port: 22
  collections: [community.general]
  tasks:
    - debug:
      no_log: true
      check_mode: true
      diff: false
      delegate_to: localhost
      run_once: true
      throttle: 1
      timeout: 5
      environment: [{C: d}, "{{ e }}"]
      ignore_errors: "{{ x }}"
      become_method: sudo
      become_flags: -H
""",
    "empty": """
- hosts: all
- name: with nothing
  hosts: all
  tasks:
  roles: []
  handlers:
""",
    "same-role-twice": """
- hosts: all
  roles:
    - {role: common, x: 1}
    - {role: common, x: 2}
    - {role: lone, tags: a}
    - {role: lone, tags: b}
""",
}

DRIVER = """
import contextlib, json, os, sys
from ansible.cli.playbook import PlaybookCLI
for name in json.load(open("names.json")):
    child = os.fork()
    if child:
        assert os.waitpid(child, 0)[1] == 0, name
        continue
    argv = ["ansible-playbook", "-i", "a,b,", "--list-tasks", name + ".yml"]
    with open(name + ".out", "w") as out, contextlib.redirect_stdout(out):
        cli = PlaybookCLI(argv)
        cli.parse()
        cli.run()
    os._exit(0)
"""


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with every playbook and what ansible-playbook lists of it."""
    root = tmp_path_factory.mktemp("playbooks")
    for name, text in {**ROLES, "v.yml": "v: 1\n", "ansible.cfg": ""}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for name, text in PLAYBOOKS.items():
        (root / f"{name}.yml").write_text(text)
    (root / "names.json").write_text(json.dumps(list(PLAYBOOKS)))
    environment = {**os.environ, "ANSIBLE_CONFIG": str(root / "ansible.cfg"), "HOME": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", DRIVER],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return root


def theirs(text: str) -> list[str]:
    """Plays and tasks with their tags, from the listing."""
    found = []
    for line in text.splitlines():
        match = re.fullmatch(
            r"(?:  play #\d+ \((?P<hosts>.*)\): |      )(?P<name>.*)\tTAGS: \[(?P<tags>.*)\]", line
        )
        if match:
            tags = sorted(tag.strip() for tag in match["tags"].split(",") if tag.strip())
            kind = "play" if match["hosts"] is not None else "task"
            found.append(f"{kind} {match['name']} {tags}")
    return found


def ours(plays: tuple[Play, ...]) -> Iterator[str]:
    """The same of our playbook: rescue and always, and what only 'never' would run, left out."""
    for play in plays:
        yield f"play {play.name} {sorted(play.tags)}"
        for section in play.sections:
            for task in tasks_of(section, rescues=False):
                if "never" in task.tags:
                    continue
                plain = task.name if task.name != task.module else ""
                role = f"{task.role.name} : " if task.role and plain else ""
                yield f"task {role}{plain or task.module} {sorted(task.tags)}"


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_the_same_plays_tasks_and_tags(
    name: str, listed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(listed)
    expected = [
        line.replace("ansible.builtin.", "").replace("ansible.legacy.", "")
        for line in theirs((listed / f"{name}.out").read_text())
    ]
    assert expected, "ansible-playbook listed nothing"
    assert list(ours(playbook(f"{name}.yml").plays)) == expected


# -- k=v -------------------------------------------------------------------------------------------

PIECES = (
    "a",
    "b=",
    "=",
    "'",
    '"',
    " ",
    "  ",
    "\n  ",
    "{{ x }}",
    "{% if a %}",
    "\\",
    "\\n",
    "x=1",
    "\\=",
)
OPTIONS = frozenset({"creates", "chdir", "removes", "executable", "stdin"})


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.sampled_from([*PIECES, "creates=", "/x", "chdir='a b'"]), max_size=9).map("".join),
    st.booleans(),
)
@example("msg=\"{{ a | join(' ') }}\" x", False)
@example("echo a=b  creates=/x \\\n  c", True)
def test_text_splits_into_the_same_arguments(text: str, raw: bool) -> None:
    from ansible.parsing.splitter import parse_kv

    try:
        want = {str(key): str(value) for key, value in parse_kv(text, check_raw=raw).items()}
    except Exception:  # noqa: BLE001 - whatever theirs refuses, ours has to refuse in its own way
        with pytest.raises(ValueError, match="never closed"):
            arguments(text, OPTIONS if raw else None)
        return
    named, rest = arguments(text, OPTIONS if raw else None)
    # ansible drops one blank after a newline, and keeps blanks in front; neither is worth keeping
    assert "".join(rest.split()) == "".join(want.pop("_raw_params", "").split())
    assert named == want

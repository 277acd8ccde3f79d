"""Everything wrong in whatever is given: files told apart by what they hold."""

# ruff: noqa: E501  (what is said is quoted whole)

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from suture.commands.lint_files import kind_of, problems
from suture.load.source import parsed
from suture.model import Problem

PROJECT = {
    "inventory.yml": "all: {hots: {a: }}\n",
    "group_vars/all.yml": "a: 22:22\n",
    "playbooks/plan.yml": "title: t\nphases:\n  - {number: 1, title: t, cause: c, playbook: one.yml, verify: {}}\n",
    "playbooks/one.yml": "- hosts: all\n  roles: [web]\n  tasks: [{nosuch: }]\n",
    "playbooks/two.yml": "- hosts: all\n  taks: []\n",
    "playbooks/tasks/some.yml": "- debug:\n  whn: x\n",
    "roles/web/tasks/main.yml": "- import_tasks: part.yml\n",
    "roles/web/tasks/part.yml": "- debug: {mgs: x}\n",
    "roles/web/tasks/unused.yml": "- file: {pth: x}\n",
    "roles/web/handlers/main.yml": "- {name: h, debug: , block: []}\n",
    "roles/web/templates/x.yml": "not: {{ checked }}\n",
    "docs/site.yml": "a-b: 1\na-b: 2\n",
    ".hidden/x.yml": "a: {{ b }}\n",
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(files: Mapping[str, str]) -> None:
    for name, content in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(content)


def lines(found: list[Problem]) -> list[str]:
    return [str(problem).partition(";")[0] for problem in found]


def test_a_whole_project() -> None:
    written(PROJECT)
    assert lines(problems(["."], roles_path=["roles"])) == [
        "docs/site.yml:2:1: warning: 'a-b' is given twice, and the last one counts: keep one of them",
        "group_vars/all.yml:1:4: warning: YAML reads 22:22 as a number in base 60: put it in quotes",
        "inventory.yml:1:7: the group 'all' has no 'hots'",
        "playbooks/one.yml:3:12: there is no module 'nosuch'",
        "playbooks/tasks/some.yml:2:3: a task has no keyword 'whn'",
        "playbooks/two.yml:2:3: a play has no keyword 'taks'",
        "roles/web/handlers/main.yml:1:13: a block has no keyword 'debug'",
        "roles/web/tasks/part.yml:1:11: debug has no argument 'mgs'",
        "roles/web/tasks/unused.yml:1:3: warning: fails if reached: file needs 'path'",
        "roles/web/tasks/unused.yml:1:10: warning: fails if reached: file has no argument 'pth'",
    ]


def test_single_things() -> None:
    written(PROJECT)
    assert lines(problems(["playbooks/two.yml"])) == [
        "playbooks/two.yml:2:3: a play has no keyword 'taks'"
    ]
    assert len(problems(["roles/web"])) == 4
    assert [p.mark.file for p in problems(["playbooks/plan.yml"], roles_path=["roles"])] == [
        "playbooks/one.yml",
        "roles/web/handlers/main.yml",
        "roles/web/tasks/part.yml",
    ]


def test_nothing_there_and_nothing_to_check() -> None:
    Path("empty").mkdir()
    assert lines(problems(["nowhere", "empty"])) == [
        "empty:1:1: there is nothing to check here: name a playbook, a role, a plan or an inventory",
        "nowhere:1:1: there is nothing of this name",
    ]


def test_nothing_wrong() -> None:
    written({"p.yml": "- hosts: all\n  tasks: [{debug: }]\n", "hosts": "web[1:3]\n"})
    assert problems(["p.yml", "hosts"]) == []


def test_templates_are_checked_where_a_checker_is_given() -> None:
    written({"p.yml": "- hosts: all\n  vars: {a: '{{ b'}\n", "v.yml": "c: '{{ d'\n"})
    written({"hosts.yml": "all: {hosts: {a: {e: '{{ f'}}}\n"})
    found = problems(["."], check_template=lambda text, mark: [Problem(mark, f"mend {text}")])
    assert lines(found) == [
        "hosts.yml:1:22: warning: fails if reached: mend {{ f",
        "p.yml:2:13: warning: fails if reached: mend {{ b",
        "v.yml:1:4: warning: fails if reached: mend {{ d",
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("- hosts: all\n", "playbook"),
        ("- ansible.builtin.import_playbook: x\n", "playbook"),
        ("- debug:\n", "tasks"),
        ("- block: []\n", "tasks"),
        ("title: x\nphases: []\n", "plan"),
        ("phases: []\n", "variables"),
        ("all:\n", "inventory"),
        ("web: {hosts: {a: }}\n", "inventory"),
        ("a: 1\n", "variables"),
        ("[]\n", ""),
        ("text\n", ""),
        ("", ""),
    ],
)
def test_what_a_file_is(text: str, kind: str) -> None:
    assert kind_of(parsed("f", text).root) == kind


def test_what_ansible_has_given_up_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "play.yml"
    path.write_text("- hosts: all\n  tasks:\n    - command: echo a\n      args: {warn: false}\n")
    found = [(p.level, p.message) for p in problems([path])]
    assert found == [("warning", "command.warn means nothing any more")]

"""``run --list-hosts``, ``--list-tasks``, ``--list-tags``: told, and nothing is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from suture.commands.app import app_of
from suture.commands.options import Options

PLAYBOOK = """\
- name: first
  hosts: web
  tags: [p]
  roles: [r]
  tasks:
    - {name: one, debug: , tags: [a]}
    - meta: flush_handlers
    - block: [{name: two, debug: , tags: [b]}]
      rescue: [{debug: }]
    - {name: never, debug: , tags: never}
- hosts: db
"""


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("inventory.yml").write_text(
        "all: {children: {web: {hosts: {w1: {}, w2: {}}}, db: {hosts: {d: {}}}}}\n"
    )
    Path("roles/r/tasks").mkdir(parents=True)
    Path("roles/r/tasks/main.yml").write_text("- {name: inner, debug: }\n")
    Path("p.yml").write_text(PLAYBOOK)


def listed(capsys: pytest.CaptureFixture[str], *what: bool, **options: object) -> list[str]:
    given = Options(inventory=("inventory.yml",), **options)  # type: ignore[arg-type]
    assert app_of(given).listing("p.yml", *what) == 0
    return capsys.readouterr().out.splitlines()


def test_hosts_tasks_and_tags_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert listed(capsys, True, True, True) == [
        "playbook: p.yml",
        "",
        "  play #1 (web): first  TAGS: [p]",
        "    hosts (2):",
        "      w1",
        "      w2",
        "    tasks:",
        "      r : inner  TAGS: [p]",
        "      one  TAGS: [a, p]",
        "      two  TAGS: [b, p]",
        "      debug  TAGS: [p]",
        "    TASK TAGS: [a, b, p]",
        "",
        "  play #2 (db): db  TAGS: []",
        "    hosts (1):",
        "      d",
        "    tasks:",
        "    TASK TAGS: []",
    ]


def test_limit_and_tags_narrow_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    found = listed(capsys, True, True, False, limit="w2", tags=("b",))
    assert found[3:7] == ["    hosts (1):", "      w2", "    tasks:", "      two  TAGS: [b, p]"]
    assert "    hosts (0):" in found

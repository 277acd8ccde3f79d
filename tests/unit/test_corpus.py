"""A folder of strangers' repositories is counted: what loads, what does not, and why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from suture.commands import corpus as counting
from suture.commands.ansible_oracle import Oracle, Request
from suture.commands.corpus import candidates, corpus, judged, reasons
from suture.errors import SutureError

FILES = {
    "one/roles/good/tasks/main.yml": "- include_tasks: none.yml\n  when: no_such | default(false)\n",
    "one/roles/good/vars/other.yml": "- hosts: not a play\n",
    "one/roles/bad/tasks/main.yml": "- debug: {msg: x}\n  whn: y\n",
    "one/site.yml": "- hosts: all\n  roles: [good]\n",
    "one/broken.yml": "- hosts: all\n  tasks: [{debug: {msg: x}, whn: z}]\n",
    "one/files/play.yml": "- hosts: all\n",
    "one/vars/data.yml": "a: 1\n",
    "two/tasks/main.yml": "- nosuch_module_at_all:\n",
    "two/meta/main.yml": "---\n",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "corpus" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "corpus"


def test_roles_and_playbooks_are_found(folder: Path) -> None:
    found = {(each.kind, str(each.path.relative_to(folder))) for each in candidates(folder)}
    assert found == {
        ("role", "one/roles/good"),
        ("role", "one/roles/bad"),
        ("role", "two"),
        ("playbook", "one/site.yml"),
        ("playbook", "one/broken.yml"),
    }


def test_what_loads_is_told_beside_what_ansible_core_loads(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert corpus(str(folder), as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    items = {Path(item["path"]).name: item for item in told["items"]}
    assert {name for name, item in items.items() if item["loads"]} == {"good", "site.yml"}
    assert {name for name, item in items.items() if not item["ansible"]} <= {"good", "site.yml"}
    assert items["good"]["possible"] == 1  # the file that is not there
    assert told["shares"]["role"]["found"] == 3 and told["shares"]["playbook"]["found"] == 2


def test_a_reason_is_told_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "Oracle", _Absent)
    verdicts = judged(sorted(candidates(folder), key=lambda each: each.path))
    (first, second) = reasons([each for each in verdicts if not each.loads])
    assert first[0].startswith("a task has no keyword 'whn'") and first[1:3] == (2, 2)
    assert "nosuch_module_at_all" in second[0] and second[1] == 1
    assert "roles: 1 of 3 found; no ansible-core here (33.3%)" in list(counting.lines(verdicts))


class _Absent:
    def answers(self, requests: list[Request]) -> list[None]:
        return [None] * len(requests)


def test_an_answer_is_remembered_until_a_file_changes(folder: Path, tmp_path: Path) -> None:
    play = folder / "one" / "site.yml"
    request = Request(str(play), (), str(play))
    cache = tmp_path / "answers.json"
    assert Oracle(cache).answers([request]) == [""]
    (key,) = json.loads(cache.read_text())
    cache.write_text(json.dumps({key: "as remembered"}))
    assert Oracle(cache).answers([request]) == ["as remembered"]
    play.write_text("- hosts: all\n  tasks: [{nosuch_module_at_all: }]\n")
    (answer,) = Oracle(cache).answers([request])
    assert answer is not None and "nosuch_module_at_all" in answer


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SutureError, match="there is no folder"):
        corpus(str(tmp_path / "none"))

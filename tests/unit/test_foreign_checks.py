"""What a module documents is held against a task before it runs: as a warning, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from suture.load.playbook import playbook, problems
from suture.model import ForeignModule, Task

SITE = """
DOCUMENTATION = '''
module: site
extends_documentation_fragment: [ada.tools.common, ada.tools.common.more]
options:
  name: {type: str, required: true, aliases: [title]}
  state: {type: str, choices: ['on', 'off', gone]}
  port: {type: int}
  tags: {type: list, elements: str, choices: [a, b]}
  open: {type: bool}
'''
from ansible.module_utils.basic import AnsibleModule
"""
COMMON = """
class ModuleDocFragment(object):
    DOCUMENTATION = r'''
options:
  api_key: {type: str, required: true}
'''
    MORE = r'''
options:
  settings: {type: dict}
'''
"""
RUNTIME = """
action_groups:
  web: [site, {metadata: {extend_group: other}}]
  other: [else]
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A playbook's folder, with a collection beside it."""
    there = tmp_path / "collections" / "ansible_collections" / "ada" / "tools"
    files = {
        "plugins/modules/site.py": SITE,
        "plugins/doc_fragments/common.py": COMMON,
        "meta/runtime.yml": RUNTIME,
    }
    for name, text in files.items():
        (there / name).parent.mkdir(parents=True, exist_ok=True)
        (there / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(home: Path, task: str, play: str = "") -> list[str]:
    """The problems of a playbook with this task, which starts at line 3, column 5."""
    text = f"- hosts: all\n{play}  tasks:\n    - {task}\n"
    (home / "play.yml").write_text(text)
    return [str(problem).removeprefix("play.yml:") for problem in problems("play.yml")]


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        ("{title: a, api_key: k, state: gone, port: '80', tags: a, open: 'yes'}", ""),
        ("{name: a, api_key: k, state: on, settings: {a: 1}}", ""),
        ("{name: a, api_key: k, port: '{{ port }}'}", ""),
        ("{name: a}", "3:7: warning: site needs 'api_key', as its documentation says"),
        (
            "{name: a, api_key: k, prt: 1}",
            "3:45: warning: site documents no option 'prt'; did you mean 'port'?",
        ),
        (
            "{name: a, api_key: k, port: high}",
            "3:45: warning: site.port must be a whole number, not 'high'",
        ),
        (
            "{name: a, api_key: k, state: gona}",
            "3:45: warning: site.state is one of on, off, gone, not 'gona'; did you mean 'gone'?",
        ),
        (
            "{name: a, api_key: k, tags: [a, c]}",
            "3:45: warning: site.tags is one of a, b, not 'c'",
        ),
    ],
)
def test_arguments_are_held_against_the_documentation(home: Path, args: str, problem: str) -> None:
    assert said(home, f"ada.tools.site: {args}") == ([problem] if problem else [])


@pytest.mark.parametrize(
    "text",
    [
        "options: [name]",
        "options: {name: [a]}",
        "options: {name: {choices: {a: x}, aliases: b, required: 'no'}}",
        "options: {name: {choices: [2026-01-01, yes]}}\nextends_documentation_fragment: {a: b}",
        "options: '",
        "- options",
    ],
)
def test_odd_documentation_is_no_trouble(home: Path, text: str) -> None:
    module = home / "collections/ansible_collections/ada/tools/plugins/modules/site.py"
    quotes = '"' * 3
    imports = "from ansible.module_utils.basic import AnsibleModule\n"
    module.write_text(f"DOCUMENTATION = {quotes}\n{text}\n{quotes}\n{imports}")
    found = said(home, "ada.tools.site: {name: a}")
    assert all(": warning: " in problem for problem in found)


def test_defaults_for_a_group_of_modules_count(home: Path) -> None:
    for group in ("ada.tools.web", "web"):
        play = f"  module_defaults: {{group/{group}: {{api_key: k}}}}\n"
        assert said(home, "ada.tools.site: {name: a}", play) == []
    play = "  module_defaults: {group/ada.tools.other: {api_key: k}}\n"
    assert said(home, "ada.tools.site: {name: a}", play) != []


def test_ansibles_module_runs_where_ours_lacks_an_argument(home: Path) -> None:
    (home / "play.yml").write_text(
        "- hosts: all\n  tasks:\n"
        "    - user: {name: a, seuser: x}\n"
        "    - user: {name: a}\n"
        "    - user: {name: a}\n      vars: {suture_native: never}\n"
    )
    tasks = [task for task in playbook("play.yml").plays[0].sections[1] if isinstance(task, Task)]
    names = [task.foreign.name if task.foreign else task.module for task in tasks]
    assert names == ["ansible.builtin.user", "user", "ansible.builtin.user"]
    first = tasks[0].foreign
    assert isinstance(first, ForeignModule)
    (note,) = first.notes
    assert note == ("ansible.builtin.user runs instead of Suture's own user, which has no 'seuser'")


def test_ansibles_module_runs_where_ours_lacks_a_word_for_an_argument(home: Path) -> None:
    tasks = "- hosts: all\n  tasks:\n    - uri: {url: 'http://x/', body_format: %s}\n"
    (home / "play.yml").write_text(tasks % "form-multipart")
    (task,) = (each for each in playbook("play.yml").plays[0].sections[1] if isinstance(each, Task))
    assert task.foreign is not None
    (note,) = task.foreign.notes
    assert note.endswith("Suture's own uri, which has no 'body_format: form-multipart'")
    (home / "play.yml").write_text(tasks % "form-multipast")
    (problem,) = problems("play.yml")
    assert "uri.body_format must be one of" in problem.message


def test_roles_and_playbooks_of_collections_go_by_their_full_names(home: Path) -> None:
    there = home / "collections" / "ansible_collections" / "ada" / "tools"
    (there / "roles" / "web" / "tasks").mkdir(parents=True)
    (there / "roles" / "web" / "tasks" / "main.yml").write_text("- site: {name: a, api_key: k}\n")
    (there / "playbooks").mkdir()
    (there / "playbooks" / "all.yml").write_text("- hosts: all\n  roles: [web]\n")
    (home / "play.yml").write_text(
        "- import_playbook: ada.tools.all\n"
        "- hosts: all\n  roles: [ada.tools.web]\n"
        "- hosts: all\n  collections: [ada.tools]\n  roles: [web]\n"
    )
    (there / "playbooks" / "all.yml").write_text("- hosts: all\n  roles: [ada.tools.web]\n")
    plays = playbook("play.yml").plays
    found = [task for play in plays for task in play.sections[1] if isinstance(task, Task)]
    assert [task.foreign.name for task in found if task.foreign] == ["ada.tools.site"] * 3


def test_what_is_of_a_collection_that_is_not_there_is_told_with_what_brings_it(home: Path) -> None:
    text = "- import_playbook: no.where.all\n- hosts: all\n  roles: [no.where.web]\n"
    (home / "play.yml").write_text(text)
    first, second = [str(problem) for problem in problems("play.yml")]
    assert first.startswith("play.yml:1:3: there is no playbook 'no.where.all': the collection no.")
    assert second.startswith("play.yml:3:11: there is no role 'no.where.web': the collection no.")
    assert second.endswith(": ansible-galaxy collection install no.where")

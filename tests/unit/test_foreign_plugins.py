"""Filters, tests and lookups of others are found when a playbook names one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from suture.commands.lint_files import problems
from suture.model import Mark
from suture.templating.static_checks import check

FILES = {
    "filter_plugins/words.py": (
        "class FilterModule:\n    def filters(self):\n        return {'louder': lambda s: s + '!'}\n"
    ),
    "roles/words/test_plugins/words.py": (
        "class TestModule:\n    def tests(self):\n        return {'loud': lambda s: s[-1] == '!'}\n"
    ),
    "lookup_plugins/twice.py": (
        "class LookupModule:\n    def run(self, terms, variables=None, **options):\n"
        "        return [term * 2 + variables['end'] for term in terms]\n"
    ),
    "collections/ansible_collections/ada/tools/plugins/filter/quieter.py": (
        "class FilterModule:\n    def filters(self):\n        return {'quieter': lambda s: s[:-1]}\n"
    ),
    "roles/words/tasks/main.yml": """
- debug: {msg: "{{ 'a' | louder }} {{ 'a!' is loud }} {{ lookup('twice', 'b') }}"}
- debug: {msg: "{{ 'a!' | ada.tools.quieter }}"}
""",
    "play.yml": """
- hosts: localhost
  gather_facts: false
  connection: local
  vars: {end: .}
  roles: [words]
""",
    "hosts.ini": "localhost ansible_connection=local\n",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_plugins_beside_the_playbook_of_roles_and_of_collections_are_used(home: Path) -> None:
    command = "from suture.cli import main; main()"
    words = [sys.executable, "-P", "-c", command, "run", "play.yml", "-i", "hosts.ini", "--json"]
    done = subprocess.run(words, check=False, capture_output=True, text=True, cwd=home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"msg": "a! True bb."' in done.stdout
    assert '"msg": "a"' in done.stdout


def test_ansible_core_is_imported_only_where_a_playbook_needs_it(home: Path) -> None:
    text = "- hosts: all\n  tasks:\n    - debug: {msg: \"{{ 'a' | upper }}\"}\n"
    (home / "play.yml").write_text(text)
    code = (
        "import sys; from suture.load.playbook import problems;"
        "from suture.templating.static_checks import check;"
        "assert not problems('play.yml', check_template=check);"
        "assert not [name for name in sys.modules if name.partition('.')[0] == 'ansible']"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_plugin_of_a_collection_that_is_not_there_is_told_with_what_brings_it(home: Path) -> None:
    (problem,) = check("{{ 'a' | nobody.knows.this }}", Mark("play.yml", 1))
    assert problem.message == (
        "there is no filter 'nobody.knows.this': the collection nobody.knows is not installed:"
        " ansible-galaxy collection install nobody.knows"
    )


def test_lint_reads_the_names_of_plugins_and_runs_none_of_them(tmp_path: Path) -> None:
    folder = tmp_path / "filter_plugins"
    folder.mkdir()
    ran = tmp_path / "ran"
    (folder / "mine.py").write_text(
        f"open({str(ran)!r}, 'w')\n"
        "class FilterModule:\n    def filters(self):\n        return {'shout': str.upper}\n"
    )
    (tmp_path / "lookup_plugins").mkdir()
    (tmp_path / "lookup_plugins" / "look.py").write_text(f"open({str(ran)!r}, 'w')\n")
    book = tmp_path / "play.yml"
    text = '- hosts: all\n  tasks:\n    - debug: {{msg: "{}"}}\n'
    book.write_text(text.format("{{ 'a' | shout }}{{ lookup('look') }}"))
    assert [problem.message for problem in problems([book], check_template=check)] == []
    book.write_text(text.format("{{ 'a' | whisper }}"))
    assert [
        "no filter 'whisper'" in problem.message
        for problem in problems([book], check_template=check)
    ] == [True]
    assert not ran.exists()


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("action_plugins/act.py", "run a module from library/, which acts on the host"),
        ("roles/words/callback_plugins/tell.py", "read the events of --json"),
        ("strategy_plugins/fast.py", "'strategy' is linear, free or host_pinned"),
        ("connection_plugins/pipe.py", "hosts are reached by ssh, or local"),
        ("roles/words/vars_plugins/more.py", "put the values into group_vars/"),
    ],
)
def test_plugins_that_only_ansible_can_run_are_told_with_what_to_use_instead(
    home: Path, file: str, words: str
) -> None:
    (home / file).parent.mkdir(parents=True)
    (home / file).write_text("raise SystemExit('this never runs')\n")
    (problem,) = problems([Path("play.yml")])
    where = "play.yml:6:11" if file.startswith("roles") else "play.yml:1:1"
    assert str(problem).startswith(f"{where}: warning: ")
    assert f"{file} is not used, as only Ansible itself can run such plugins: {words}" in str(
        problem
    )

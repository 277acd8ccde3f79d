"""A play's ``vars_prompt``: asked on a terminal, else taken from -e or a default, else refused."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from suture.commands import playbooks
from suture.commands.playbooks import prompted
from suture.errors import SutureError
from suture.load.playbook import playbook
from suture.secrets import Unsafe

TEXT = """\
- hosts: all
  vars: {other: 1}
  vars_prompt:
    - {name: user, prompt: Who, private: false, default: nobody}
    - {name: word, confirm: true}
    - {name: coded, encrypt: sha512_crypt, salt: abcdefgh}
  tasks: []
"""


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    monkeypatch.chdir(tmp_path)
    Path("p.yml").write_text(TEXT)
    stdin = io.StringIO()
    monkeypatch.setattr("sys.stdin", stdin)
    return stdin


def test_the_operator_is_asked(terminal: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    terminal.write("\n")
    terminal.seek(0)
    typed = iter(["one", "two", "{{ x", "{{ x", "secret"])
    monkeypatch.setattr(playbooks.getpass, "getpass", lambda text: next(typed))
    hidden: list[str] = []
    (play,) = prompted(playbook("p.yml").plays, {}, hidden.append)
    assert play.vars["user"] == "nobody" and play.vars["other"] == 1
    assert play.vars["word"] == "{{ x" and isinstance(play.vars["word"], Unsafe)
    assert play.vars["coded"].startswith("$6$") and "abcdefgh$" in play.vars["coded"]
    assert hidden == ["{{ x", play.vars["coded"]]


def test_what_is_given_or_has_a_default_needs_no_terminal(terminal: io.StringIO) -> None:
    given = {"word": "w", "coded": "c"}
    (play,) = prompted(playbook("p.yml").plays, given, lambda secret: None)
    assert play.vars == {"other": 1, "user": "nobody"}


def test_without_a_terminal_the_run_is_refused(terminal: io.StringIO) -> None:
    refusal = (
        r"p\.yml:5:7: the play asks for 'word', and there is no terminal: give it with --extra"
    )
    with pytest.raises(SutureError, match=refusal):
        prompted(playbook("p.yml").plays, {}, lambda secret: None)

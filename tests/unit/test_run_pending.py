"""Handlers that were notified and have not run outlive the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from suture.events import Event, HandlerNotified, HandlerSettled, Warned
from suture.inventory.reader import inventory
from suture.load.playbook import playbook
from suture.report.ledger.ledger import Ledger
from suture.run.play_runner import PlayRunner
from suture.run.settings import Settings
from tests.unit.scripted import CHANGED, FAILED, OK, Scripted

PLAY = """
- name: the play
  hosts: all
  gather_facts: false
  tasks:
    - {name: edits, command: a, notify: [restart, "{{ other }}"]}
    - {name: goes wrong, command: b}
  handlers:
    - {name: never, command: c}
    - {name: restart, command: d}
    - {name: reload, command: e}
  vars: {other: reload}
"""


class Run:
    """A run of the play on a host that answers as it is told."""

    def __init__(self, folder: Path, ends: dict[str, Any], before: tuple[str, ...] = ()) -> None:
        (folder / "play.yml").write_text(PLAY)
        (folder / "hosts.ini").write_text("h1\n")
        self.events: list[Event] = []
        script = Scripted(lambda host, task, args: ends.get(task, CHANGED))
        runner = PlayRunner(
            inventory([str(folder / "hosts.ini")]),
            Settings(),
            self.events.append,
            connect=script.link,
            pending=lambda host, play: before if (host, play) == ("h1", "the play") else (),
        )
        file = str(folder / "play.yml")
        try:
            self.result = runner.perform_all(playbook(file).plays, file)
        finally:
            runner.pool.finish()
        self.tasks = script.log.tasks("h1")

    def told(self, kind: type[Event]) -> list[str]:
        return [event.handler for event in self.events if type(event) is kind]  # type: ignore[attr-defined]

    @property
    def warnings(self) -> str:
        return "\n".join(event.message for event in self.events if isinstance(event, Warned))


def left(folder: Path, *runs: Run) -> tuple[str, ...]:
    """What the ledger says is pending after these runs."""
    ledger = Ledger.open(folder / "ledger.db")
    for number, run in enumerate(runs):
        ledger.append(f"run{number}", run.events)
    found = ledger.pending().get(("h1", "the play"), ())
    ledger.close()
    return found


def test_a_run_that_fails_says_which_handlers_are_pending_and_the_next_one_runs_them(
    tmp_path: Path,
) -> None:
    first = Run(tmp_path, {"goes wrong": FAILED})
    assert first.tasks == ["edits", "goes wrong"]
    assert first.told(HandlerNotified) == ["restart", "reload"]
    assert "h1: handlers are pending: 'restart' (for edits), 'reload' (for edits)" in first.warnings
    before = left(tmp_path, first)
    assert before == ("restart", "reload")

    (tmp_path / "second").mkdir()
    second = Run(tmp_path / "second", {"edits": OK, "goes wrong": OK}, before)
    assert second.tasks == ["edits", "goes wrong", "restart", "reload"]
    assert second.told(HandlerSettled) == ["restart", "reload"]
    assert "will run: 'restart', 'reload'" in second.warnings
    assert left(tmp_path / "second", first, second) == ()


def test_a_handler_that_fails_stays_pending(tmp_path: Path) -> None:
    run = Run(tmp_path, {"goes wrong": OK, "restart": FAILED})
    assert left(tmp_path, run) == ("restart", "reload")


def test_handlers_that_ran_are_not_pending_and_nobody_is_told(tmp_path: Path) -> None:
    run = Run(tmp_path, {"goes wrong": OK})
    assert run.tasks == ["edits", "goes wrong", "restart", "reload"]
    assert left(tmp_path, run) == () and run.warnings == ""
    again = Run(tmp_path, {"edits": OK, "goes wrong": OK})
    assert again.tasks == ["edits", "goes wrong"] and again.told(HandlerNotified) == []


def test_a_handler_that_is_not_there_any_more_is_told(tmp_path: Path) -> None:
    run = Run(tmp_path, {"edits": OK, "goes wrong": OK}, ("gone",))
    assert run.tasks == ["edits", "goes wrong"]
    assert (
        "the handler 'gone', which an earlier run has left, is not there any more" in run.warnings
    )

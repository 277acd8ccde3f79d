"""What is recorded, what happens where it cannot be, and what undo makes of a record that is gone or
that another run has crossed.  All on this machine, with a home of its own."""

from __future__ import annotations

import shlex
import shutil
import sqlite3
import sys
from pathlib import Path

import pytest
import yaml

from lab.droplet import Login
from suture.report.ledger.ledger import Ledger
from tests.e2e.command_line import COMMAND, Done, Project

pytestmark = pytest.mark.e2e

COPY = "- copy: {{content: '{}', dest: {}}}"


@pytest.fixture
def here(tmp_path: Path) -> Project:
    project = Project(
        tmp_path,
        Login("127.0.0.1", 1, "u", "", "", "python3", ""),
        {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")},
        patience=90,
    )
    host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    project.write("inventory.yml", yaml.safe_dump({"all": {"hosts": {"h": host}}}))
    return project


def play(project: Project, name: str, *tasks: str) -> str:
    text = "- hosts: all\n  gather_facts: false\n  tasks:\n"
    project.write(name, text + "".join(f"    {task}\n" for task in tasks))
    return name


def ran(project: Project, name: str, *words: str) -> Done:
    return project.suture("run", name, "-i", "inventory.yml", "--yes", "--json", *words)


def test_recording_that_stops_stops_the_run(here: Project) -> None:
    ledger = here.root / "ledger.db"
    Ledger.open(ledger).close()
    with sqlite3.connect(ledger) as sql:  # as a disk does that is full from the first step on
        sql.execute(
            "CREATE TRIGGER full BEFORE INSERT ON events WHEN new.kind = 'step_finished'"
            " BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"
        )
    there = here.root / "there"
    there.mkdir()
    # Each of these is waited for: what is sent ahead of its turn is no matter here.
    tasks = [
        f"- command: touch {there}/{n}\n      register: r{n}\n      until: true" for n in range(9)
    ]
    done = here.suture(
        "run",
        play(here, "p.yml", *tasks),
        "-i",
        "inventory.yml",
        "--yes",
        SUTURE_LEDGER=str(ledger),
    )
    assert done.code == 1, done.out + done.err
    assert "Traceback" not in done.err
    assert "cannot be written (database or disk is full): the run is stopped" in done.err
    assert "not recorded: 'command' on h (changed)" in done.err
    assert 1 <= len(list(there.iterdir())) < 9


def test_without_a_ledger_nothing_is_recorded(here: Project) -> None:
    play(here, "p.yml", COPY.format("x", here.root / "f"))
    done = ran(here, "p.yml", "--no-ledger")
    assert done.code == 0, done.err
    assert (here.root / "f").read_text() == "x"
    assert not list(here.root.rglob("*.db"))
    refused = here.suture("undo", "-i", "inventory.yml", "--yes", "--no-ledger")
    assert refused.code == 1
    assert "leave --no-ledger out" in refused.err


def test_undo_refuses_where_another_run_has_been_between(here: Project) -> None:
    f = here.root / "f"
    f.write_text("0")
    inner = shlex.join([*COMMAND, "run", "b.yml", "-i", "inventory.yml", "--yes"])
    play(here, "b.yml", COPY.format("B", f))
    play(
        here,
        "a.yml",
        COPY.format("A", f),
        f"- shell: cd {here.root} && {inner}\n      changed_when: false",
        COPY.format("AA", f),
    )
    done = ran(here, "a.yml")
    assert done.code == 0, done.out + done.err
    assert f.read_text() == "AA"
    records = Ledger.reading(here.root / ".suture" / "ledger.db").runs()
    runs = {record.playbook: record.run for record in records}
    undo = ("undo", "-i", "inventory.yml", "--yes", "--run", runs["a.yml"])
    for words in (undo, (*undo, "--dry-run")):
        refused = here.suture(*words)
        assert refused.code == 3, refused.out + refused.err
        assert f"because run {runs['b.yml']} has changed {f} between two changes" in refused.out
        assert f.read_text() == "AA"
    forced = here.suture(*undo, "--force")
    assert forced.code == 0, forced.out + forced.err
    assert f.read_text() == "0"


def test_a_run_whose_journal_is_gone_is_told(here: Project) -> None:
    play(here, "p.yml", COPY.format("x", here.root / "f"))
    assert ran(here, "p.yml").code == 0
    (journal,) = here.root.rglob("journal")
    shutil.rmtree(journal)
    done = here.suture("undo", "-i", "inventory.yml", "--yes")
    assert done.code == 1, done.out + done.err
    assert "is gone from h, where it changed something" in done.out + done.err
    assert (here.root / "f").read_text() == "x"

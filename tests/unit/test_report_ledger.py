"""The ledger: nothing that is over is lost, nothing that is written changes."""

from __future__ import annotations

import dataclasses
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from suture.errors import SutureError
from suture.events import (
    BaselineRecorded,
    Event,
    PhaseFinished,
    RunFinished,
    RunStarted,
    StepFinished,
    StepOutput,
    TestFinished,
    Warned,
)
from suture.report.ledger import schema
from suture.report.ledger.ledger import Ledger, Recorder
from tests.unit import streams

ROOT = Path(__file__).parents[2]
ENVIRON = {**os.environ, "PYTHONPATH": f"{ROOT}/src:{ROOT}"}


def silent(sentence: str) -> None:
    raise AssertionError(sentence)


def recorded(path: Path, *runs: list[Event]) -> Ledger:
    ledger = Ledger.open(path)
    for events in runs:
        recorder = ledger.recorder(silent)
        for event in events:
            recorder(event)
        recorder.close()
    return ledger


def test_what_was_recorded_is_read_back(tmp_path: Path) -> None:
    events = streams.six_phases()
    recorded(tmp_path / ".suture" / "ledger.db", events).close()
    ledger = Ledger.reading(tmp_path / ".suture" / "ledger.db")
    assert list(ledger.events("r1")) == events
    (run,) = ledger.runs()
    assert (run.mode, run.exit_code, run.hosts, run.changed) == ("apply", 1, ("droplet",), 6)
    assert (run.started, run.seconds) == (events[0].at, 251.3)


def test_a_ledger_is_private(tmp_path: Path) -> None:
    recorded(tmp_path / "ledger.db", streams.dry_run())
    assert stat.S_IMODE((tmp_path / "ledger.db").stat().st_mode) == 0o600


def test_baselines_and_verdicts_are_the_last_real_ones(tmp_path: Path) -> None:
    ledger = recorded(tmp_path / "ledger.db", streams.six_phases())
    found = ledger.baseline("droplet", 1)
    assert found is not None
    assert len(found.failing) == 41
    verified = ledger.verification("droplet", 4)
    assert verified is not None
    assert verified.verdict == "failed"
    assert ledger.baseline("droplet", 7) is None
    assert ledger.baseline("elsewhere", 1) is None
    pretended = [
        dataclasses.replace(event, run="r9", mode="rehearse")
        if isinstance(event, RunStarted)
        else dataclasses.replace(event, failing=())
        if isinstance(event, BaselineRecorded)
        else event
        for event in streams.six_phases()
    ]
    recorder = ledger.recorder(silent)
    for event in pretended:
        recorder(event)
    recorder.close()
    assert ledger.baseline("droplet", 1) == found


def test_runs_are_found_by_the_beginning_of_their_name(tmp_path: Path) -> None:
    ledger = Ledger.reading(tmp_path / "none.db")
    with pytest.raises(SutureError, match="holds no run yet"):
        ledger.run()
    assert not (tmp_path / "none.db").exists(), "looking makes no ledger"
    ledger = recorded(
        tmp_path / "ledger.db", streams.six_phases("20260101-a"), streams.six_phases("20260101-b")
    )
    assert ledger.run("20260101-b").run == "20260101-b"
    assert ledger.run().run == "20260101-b"
    with pytest.raises(SutureError, match="more than one run begins with '2026'"):
        ledger.run("2026")
    with pytest.raises(SutureError, match=r"no run begins with 'x' .* 20260101-b"):
        ledger.run("x")


def test_a_run_without_an_end_is_cut_and_a_resumed_one_is_whole(tmp_path: Path) -> None:
    events = streams.six_phases()
    ledger = recorded(tmp_path / "ledger.db", events[:-1])
    assert ledger.run().exit_code is None
    resumed: list[Event] = [
        RunStarted(run="r1", mode="apply", playbook="playbooks/plan.yml"),
        RunFinished(run="r1", exit_code=0, hosts={}),
    ]
    ledger = recorded(tmp_path / "ledger.db", resumed)
    assert len(ledger.runs()) == 1
    assert ledger.run().exit_code == 0
    assert list(ledger.events("r1")) == [*events[:-1], *resumed]


def test_events_can_neither_be_changed_nor_removed(tmp_path: Path) -> None:
    recorded(tmp_path / "ledger.db", streams.dry_run()).close()
    with sqlite3.connect(tmp_path / "ledger.db") as sql:
        for statement in ("DELETE FROM events", "UPDATE events SET kind = 'x'"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                sql.execute(statement)


def test_anyone_can_read_the_views(tmp_path: Path) -> None:
    recorded(tmp_path / "ledger.db", streams.six_phases()).close()
    with sqlite3.connect(tmp_path / "ledger.db") as sql:
        rows = sql.execute("SELECT phase, failing FROM baselines ORDER BY phase").fetchall()
        assert rows == [(1, 41), (2, 0), (3, 10), (4, 4), (5, 0), (6, 9)]
        row = sql.execute("SELECT verdict, fixed, flaky FROM verifications WHERE phase = 1")
        assert row.fetchall() == [("verified", 41, 1)]


# -- crashes and other runs -----------------------------------------------------------------------

WRITER = """
import sys, time
from pathlib import Path
from suture.report.ledger.ledger import Ledger
from tests.unit import streams
path, run, pause = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
recorder = Ledger.open(path).recorder(sys.stderr.write)
for event in streams.six_phases(run):
    recorder(event)
    print(type(event).__name__, flush=True)
    time.sleep(pause)
if pause == 0:
    recorder.close()
"""


@pytest.mark.parametrize("after", ["StepFinished", "BaselineRecorded", "PhaseFinished"])
def test_a_killed_writer_loses_nothing_that_was_over(tmp_path: Path, after: str) -> None:
    """SIGKILL right after an event was taken: it and all before it are in the ledger."""
    path = tmp_path / "ledger.db"
    argv = [sys.executable, "-c", WRITER, str(path), "r1", "0.001"]
    with subprocess.Popen(argv, env=ENVIRON, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        seen = []
        for line in process.stdout:
            seen.append(line.strip())
            if seen.count(after) == 2:
                process.send_signal(signal.SIGKILL)
                break
    ledger = Ledger.open(path)
    found = list(ledger.events("r1"))
    assert len(found) >= len(seen)
    assert found == streams.six_phases()[: len(found)]
    assert ledger.run().exit_code is None
    recorder = ledger.recorder(silent)
    recorder(RunStarted(run="r1", mode="apply", playbook="p"))
    recorder(RunFinished(run="r1", exit_code=0, hosts={}))
    recorder.close()
    assert ledger.run().exit_code == 0


def test_several_runs_write_at_the_same_time(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), f"r{n}", "0"],
            env=ENVIRON,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(4)
    ]
    for writer in writers:
        _, complaints = writer.communicate(timeout=60)
        assert (writer.returncode, complaints) == (0, "")
    ledger = Ledger.open(path)
    assert len(ledger.runs()) == 4
    for n in range(4):
        assert list(ledger.events(f"r{n}")) == streams.six_phases(f"r{n}")


def test_chatter_is_held_back_but_not_for_long(tmp_path: Path) -> None:
    ledger = recorded(tmp_path / "ledger.db")
    now = 0.0
    recorder = Recorder(ledger, silent, clock=lambda: now)
    recorder(RunStarted(run="r", mode="apply", playbook="p"))
    recorder(StepOutput(host="h", task="t", text="one"))
    assert len(list(ledger.events("r"))) == 1
    recorder(StepFinished(host="h", task="t", module="m", status="ok"))
    assert len(list(ledger.events("r"))) == 3
    recorder(TestFinished(host="h", id="a", outcome="passed"))
    now = 0.06
    recorder(TestFinished(host="h", id="b", outcome="passed"))
    assert len(list(ledger.events("r"))) == 5
    recorder(StepOutput(host="h", task="t", text="two"))
    recorder.tick()
    assert len(list(ledger.events("r"))) == 6


def test_what_comes_before_the_run_has_a_name_belongs_to_it(tmp_path: Path) -> None:
    ledger = recorded(tmp_path / "ledger.db")
    events: list[Event] = [
        Warned(message="early", at="1"),
        RunStarted(run="r", mode="apply", playbook="p", at="2"),
    ]
    recorder = ledger.recorder(silent)
    for event in events:
        recorder(event)
    recorder.close()
    assert list(ledger.events("r")) == events


def test_a_full_disk_stops_the_run_and_nothing_is_lost_once_there_is_room(tmp_path: Path) -> None:
    told: list[str] = []
    halted: list[str] = []
    ledger = recorded(tmp_path / "ledger.db")
    recorder = ledger.recorder(told.append, halt=halted.append)
    recorder(RunStarted(run="r", mode="apply", playbook="p", at="0"))
    (pages,) = ledger._sql.execute("PRAGMA page_count").fetchone()
    ledger._sql.execute(f"PRAGMA max_page_count = {pages}")
    steps = [
        StepFinished(host="h", task="x" * 9000, module="m", status="ok", at=str(n))
        for n in range(1, 6)
    ]
    for step in steps:
        recorder(step)
    assert len(told) == 1
    assert "disk is full" in told[0]
    assert "the run is stopped before its next act" in told[0]
    assert "disk is full" in halted[0]
    ledger._sql.execute("PRAGMA max_page_count = 100000")
    recorder(PhaseFinished(phase=1, status="done", at="9"))
    assert "nothing is missing" in told[1]
    assert len(list(ledger.events("r"))) == 7


def test_what_could_not_be_written_to_the_end_is_said(tmp_path: Path) -> None:
    told: list[str] = []
    ledger = recorded(tmp_path / "ledger.db")
    recorder = ledger.recorder(told.append)
    recorder(RunStarted(run="r", mode="apply", playbook="p"))
    (pages,) = ledger._sql.execute("PRAGMA page_count").fetchone()
    ledger._sql.execute(f"PRAGMA max_page_count = {pages}")
    recorder(StepFinished(host="h", task="x" * 90000, module="m", status="ok"))
    recorder.close()
    assert "the last 1 events of this run are not in the ledger" in told[-1]
    assert f"not recorded: '{'x' * 90000}' on h (ok)" in told[-1]


def test_a_ledger_that_others_keep_locked_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    ledger = recorded(tmp_path / "ledger.db")
    recorder = ledger.recorder(told.append, halt=pytest.fail)
    recorder(RunStarted(run="r", mode="apply", playbook="p"))
    ledger._sql.execute("PRAGMA busy_timeout = 1")
    with sqlite3.connect(tmp_path / "ledger.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        recorder(StepFinished(host="h", task="x", module="m", status="ok"))
        other.execute("ROLLBACK")
    assert "the run goes on" in told[0]
    recorder.close()
    assert "nothing is missing" in told[1]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"this is no database, only text that is long enough" * 50, "damaged or no ledger"),
        (b"SQLite format 3\0" + b"\xff" * 5000, "damaged or no ledger|cannot be used"),
    ],
)
def test_a_damaged_file_is_refused_in_one_sentence(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(content)
    with pytest.raises(SutureError, match=sentence) as caught:
        Ledger.open(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == content, "it is left as it was"


def test_somebody_elses_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as sql:
        sql.execute("CREATE TABLE things (x)")
    with pytest.raises(SutureError, match="no ledger: name another with SUTURE_LEDGER"):
        Ledger.open(path)


def test_a_newer_ledger_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    recorded(path, streams.dry_run()).close()
    with sqlite3.connect(path) as sql:
        sql.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    with pytest.raises(SutureError, match="written by a newer Suture") as caught:
        Ledger.open(path)
    assert "upgrade Suture" in str(caught.value)


def test_a_place_that_cannot_hold_a_ledger_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SutureError, match=r"ledger\.db cannot be used"):
        Ledger.open(tmp_path / "file" / "ledger.db")


def test_a_thousand_steps_cost_next_to_nothing(tmp_path: Path) -> None:
    ledger = recorded(tmp_path / "ledger.db")
    recorder = ledger.recorder(silent)
    recorder(RunStarted(run="r", mode="apply", playbook="p"))
    began = time.monotonic()
    for n in range(1000):
        recorder(StepFinished(host="h", task=f"t{n}", module="m", status="ok"))
    took = time.monotonic() - began
    recorder.close()
    assert took < 2, f"{took:.2f} s"

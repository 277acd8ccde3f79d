"""What every run did and found, in one SQLite file: append-only events, and what follows from them.

The events are the only truth; runs, baselines and verifications are views of them.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suture.errors import SutureError
from suture.events import (
    KINDS,
    PRETENDED,
    BaselineRecorded,
    Event,
    HostLost,
    PhaseFinished,
    PhaseVerified,
    RunFinished,
    RunStarted,
    StepFinished,
    StepOutput,
    TestFinished,
    from_json,
    to_json,
)
from suture.model import Plan
from suture.report.ledger.progress import KINDS as TELLING
from suture.report.ledger.progress import Progress, progress
from suture.report.ledger.schema import connection

BATCHED = 0.05
"""Seconds for which what may be lost in a crash (a command's output, single tests) is held back."""
RETRIED = 5.0
"""Seconds between two tries to write to a ledger that could not be written."""
CHATTY = (StepOutput, TestFinished)
LASTING = (RunStarted, BaselineRecorded, PhaseVerified, PhaseFinished, HostLost, RunFinished)
"""Events after which the disk has everything, also when the power fails."""

NAMED = 8
"""Steps that are named where they could not be recorded."""

NAMES = {kind: name for name, kind in KINDS.items()}


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run in one line; ``finished`` is empty and ``exit_code`` None where it was cut."""

    run: str
    started: str
    mode: str
    playbook: str
    command: str
    version: str
    hosts: tuple[str, ...]
    finished: str
    exit_code: int | None
    seconds: float
    message: str
    changed: int


class Ledger:
    """An open ledger.  Several processes may have it open and write at the same time."""

    def __init__(self, path: Path, sql: sqlite3.Connection) -> None:
        self.path = path
        self._sql = sql

    @classmethod
    def open(cls, path: Path) -> Ledger:
        """The ledger in this file, made where there is none; a damaged or newer one is refused."""
        with _sentences(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
            return cls(path, connection(path))

    @classmethod
    def reading(cls, path: Path) -> Ledger:
        """The ledger to look into; an empty one, written nowhere, where there is no such file."""
        return cls.open(path) if path.exists() else cls.passing(path)

    @classmethod
    def passing(cls, path: Path) -> Ledger:
        """An empty ledger in memory, in place of the one in this file."""
        return cls(path, connection(path, empty=True))

    def close(self) -> None:
        self._sql.close()

    # -- reading -------------------------------------------------------------------------------

    def runs(self) -> list[RunRecord]:
        """All runs, the oldest first."""
        rows = self._rows(
            "SELECT run, started, mode, playbook, command, version, hosts, finished, exit_code,"
            " seconds, message, counts FROM runs ORDER BY started, run"
        )
        return [_record(row) for row in rows]

    def run(self, name: str = "") -> RunRecord:
        """The run of this name, or the only one that begins so; the last one for no name."""
        runs = self.runs()
        if not runs:
            raise SutureError(f"the ledger {self.path} holds no run yet")
        if not name:
            return runs[-1]
        found = [run for run in runs if run.run == name] or [
            run for run in runs if run.run.startswith(name)
        ]
        if len(found) == 1:
            return found[0]
        some = ", ".join(run.run for run in (found or runs)[-3:])
        wrong = "more than one run begins" if found else "no run begins"
        raise SutureError(f"{wrong} with '{name}' in the ledger {self.path}, for instance {some}")

    def events(self, run: str) -> Iterator[Event]:
        """The run's events in order; kinds that only a newer Suture knows are left out."""
        rows = self._rows("SELECT kind, json FROM events WHERE run = ? ORDER BY seq", run)
        return (from_json(text) for kind, text in rows if kind in KINDS)

    def baseline(self, host: str, phase: int) -> BaselineRecorded | None:
        """What failed before the phase, as recorded last; dry runs and rehearsals do not count."""
        found = self._last("baselines", host, phase)
        return found if isinstance(found, BaselineRecorded) else None

    def verification(self, host: str, phase: int) -> PhaseVerified | None:
        """The gate's last verdict on the phase; dry runs and rehearsals do not count."""
        found = self._last("verifications", host, phase)
        return found if isinstance(found, PhaseVerified) else None

    def pending(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """The handlers, by host and play, that were notified in runs and have not run since."""
        rows = self._rows(
            "SELECT kind, json FROM events"
            " WHERE kind IN ('handler_notified', 'handler_settled') ORDER BY id"
        )
        found: dict[tuple[str, str], dict[str, None]] = {}
        for kind, text in rows:
            told = json.loads(text)
            names = found.setdefault((told["host"], told["play"]), {})
            if kind == "handler_notified":
                names[told["handler"]] = None
            else:
                names.pop(told["handler"], None)
        return {key: tuple(names) for key, names in found.items() if names}

    def progress(self, plan: Plan) -> Progress:
        """How far the plan has come."""
        marks = ", ".join("?" * len(TELLING))
        rows = self._rows(
            f"SELECT run, json FROM events WHERE kind IN ({marks}) ORDER BY id",  # noqa: S608
            *TELLING,
        )
        return progress(plan, ((run, from_json(text)) for run, text in rows))

    def _last(self, view: str, host: str, phase: int) -> Event | None:
        marks = ", ".join("?" * len(PRETENDED))
        rows = self._rows(
            f"SELECT json FROM events WHERE id = (SELECT max({view}.id)"  # noqa: S608
            f" FROM {view} JOIN runs USING (run)"
            f" WHERE host = ? AND phase = ? AND mode NOT IN ({marks}))",
            host,
            phase,
            *PRETENDED,
        )
        return from_json(rows[0][0]) if rows else None

    def _rows(self, query: str, *values: str | int) -> list[tuple[Any, ...]]:
        with _sentences(self.path):
            return self._sql.execute(query, values).fetchall()

    # -- writing -------------------------------------------------------------------------------

    def recorder(
        self,
        tell: Callable[[str], None],
        waiting: Callable[[], bool] = lambda: False,
        halt: Callable[[str], None] = lambda why: None,
    ) -> Recorder:
        """A consumer that writes a run's events as they happen; ``tell`` is for the operator,
        ``waiting`` says whether further events are there already, and ``halt`` ends the run."""
        return Recorder(self, tell, waiting, halt=halt)

    def append(self, run: str, events: Sequence[Event], lasting: bool = True) -> None:
        """Write the events at the run's end, all or none.  ``lasting``: through to the disk."""
        sql = self._sql
        sql.execute(f"PRAGMA synchronous = {'FULL' if lasting else 'NORMAL'}")
        sql.execute("BEGIN IMMEDIATE")
        try:
            (last,) = sql.execute(
                "SELECT coalesce(max(seq), 0) FROM events WHERE run = ?", (run,)
            ).fetchone()
            sql.executemany(
                "INSERT INTO events (run, seq, at, kind, json) VALUES (?, ?, ?, ?, ?)",
                [
                    (run, seq, event.at, NAMES[type(event)], to_json(event))
                    for seq, event in enumerate(events, last + 1)
                ],
            )
            sql.execute("COMMIT")
        except BaseException:
            if sql.in_transaction:
                sql.execute("ROLLBACK")
            raise


class Recorder:
    """Writes events in their order.  Most are written at once, which outlives a killed process:
    those of many hosts that are waiting together.  The chatty ones follow within ``BATCHED``
    seconds or with the next other event.

    Where the ledger cannot be written (a full disk), the run is halted before its next act: nothing
    is done that is not recorded.  One that others keep locked is waited for, and meanwhile the events
    are kept.  What could not be written is written as soon as that is possible, or told.
    """

    def __init__(
        self,
        ledger: Ledger,
        tell: Callable[[str], None],
        waiting: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
        halt: Callable[[str], None] = lambda why: None,
    ) -> None:
        self._ledger = ledger
        self._tell = tell
        self._waiting = waiting
        self._clock = clock
        self._halt = halt
        self._run = ""
        self._held: list[Event] = []
        self._urgent = False
        self._since = 0.0
        self._not_before = 0.0
        self._troubled = False

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self._run = event.run
        if not self._held:
            self._since = self._clock()
        self._held.append(event)
        self._urgent = self._urgent or not isinstance(event, CHATTY)
        lasting = isinstance(event, LASTING)
        overdue = self._clock() - self._since >= BATCHED
        if lasting or overdue or (self._urgent and not self._waiting()):
            self._write(lasting)

    def tick(self) -> None:
        """What was held back is written."""
        self._write(lasting=False)

    def close(self) -> None:
        """Everything is written, or the operator knows how much is not."""
        self._not_before = 0.0
        self._write(lasting=True)
        if self._held and self._run:
            said = (
                f"the last {len(self._held):,} events of this run are not in the ledger"
                f" {self._ledger.path}: it cannot be written{_steps(self._held)}"
            )
            self._tell(said)
            self._halt(said)

    def _write(self, lasting: bool) -> None:
        now = self._clock()
        if not self._held or not self._run or (now < self._not_before and not lasting):
            return
        try:
            self._ledger.append(self._run, self._held, lasting)
        except (sqlite3.Error, MemoryError) as error:
            self._not_before = now + RETRIED
            said = f"the ledger {self._ledger.path} cannot be written ({str(error) or 'no memory'})"
            passing = "locked" in str(error)
            if not self._troubled:
                self._troubled = True
                goes_on = (
                    "the run goes on, its record is kept in memory and written once it is free"
                    if passing
                    else "the run is stopped before its next act"
                )
                self._tell(f"{said}: {goes_on}")
            if not passing:
                self._halt(f"{said}: the run was stopped before its next act")
            return
        if self._troubled:
            self._troubled = False
            self._tell(f"the ledger {self._ledger.path} can be written again: nothing is missing")
        self._held.clear()
        self._urgent = False


def _steps(events: Iterable[Event]) -> str:
    """The steps among these, for the operator."""
    steps = [
        f"'{each.task}' on {each.host} ({each.status})"
        for each in events
        if isinstance(each, StepFinished)
    ]
    more = f" and {len(steps) - NAMED:,} more" if len(steps) > NAMED else ""
    return f"; not recorded: {', '.join(steps[:NAMED])}{more}" if steps else ""


@contextlib.contextmanager
def _sentences(path: Path) -> Iterator[None]:
    """What SQLite and the file system complain of, said so that the operator can act."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise SutureError(f"the ledger {path} cannot be used: {error}") from None
    except sqlite3.DatabaseError as error:
        raise SutureError(
            f"the ledger {path} is damaged or no ledger at all ({error}): move it away, and a new "
            "one is begun"
        ) from None
    except OSError as error:
        raise SutureError(f"the ledger {path} cannot be used: {error.strerror}") from None


def _record(row: Sequence[Any]) -> RunRecord:
    run, started, *words, hosts, finished, code, seconds, message, counts = row
    mode, playbook, command, version = (word or "" for word in words)
    return RunRecord(
        run,
        started,
        mode,
        playbook,
        command,
        version,
        tuple(json.loads(hosts or "[]")),
        finished or "",
        code,
        seconds or 0.0,
        message or "",
        sum(found.get("changed", 0) for found in json.loads(counts or "{}").values()),
    )

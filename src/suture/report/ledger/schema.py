"""The ledger's tables.  Each script brings the schema one version further; none is ever edited."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from suture.errors import SutureError

APPLICATION = 0x53555455
"""Marks an SQLite file as a ledger: "SUTU"."""

BUSY = 10.0
"""Seconds to wait for another process that is writing."""

EVENTS = """
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    run TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    json TEXT NOT NULL,
    UNIQUE (run, seq)
);
CREATE INDEX events_by_kind ON events (kind, run);

CREATE TRIGGER events_stay BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER events_keep BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

CREATE VIEW runs AS
SELECT
    began.run AS run,
    began.at AS started,
    json_extract(began.json, '$.mode') AS mode,
    json_extract(began.json, '$.playbook') AS playbook,
    json_extract(began.json, '$.command') AS command,
    json_extract(began.json, '$.version') AS version,
    json_extract(began.json, '$.hosts') AS hosts,
    ended.at AS finished,
    json_extract(ended.json, '$.exit_code') AS exit_code,
    json_extract(ended.json, '$.seconds') AS seconds,
    json_extract(ended.json, '$.message') AS message,
    json_extract(ended.json, '$.hosts') AS counts
FROM events AS began
LEFT JOIN events AS ended ON ended.id = (
    SELECT max(id) FROM events WHERE kind = 'run_finished' AND run = began.run
) AND ended.id > (
    SELECT max(id) FROM events WHERE kind = 'run_started' AND run = began.run
)
WHERE began.kind = 'run_started' AND began.id = (
    SELECT min(id) FROM events WHERE kind = 'run_started' AND run = began.run
);

CREATE VIEW baselines AS
SELECT
    id, run, at,
    json_extract(json, '$.host') AS host,
    json_extract(json, '$.phase') AS phase,
    json_array_length(json, '$.failing') AS failing,
    json_array_length(json, '$.passing') AS passing,
    json_array_length(json, '$.skipped') AS skipped
FROM events WHERE kind = 'baseline_recorded';

CREATE VIEW verifications AS
SELECT
    id, run, at,
    json_extract(json, '$.host') AS host,
    json_extract(json, '$.phase') AS phase,
    json_extract(json, '$.verdict') AS verdict,
    json_array_length(json, '$.fixed') AS fixed,
    json_array_length(json, '$.still_failing') AS still_failing,
    json_array_length(json, '$.newly_broken') AS newly_broken,
    json_array_length(json, '$.flaky') AS flaky
FROM events WHERE kind = 'phase_verified';
"""

SCRIPTS = (EVENTS,)
VERSION = len(SCRIPTS)


def connection(path: Path, empty: bool = False) -> sqlite3.Connection:
    """A ledger with this version's schema; with ``empty``, one in memory that holds nothing.

    No transactions of Python's own; threads may take turns on it.
    """
    name = ":memory:" if empty else str(path)
    sql = sqlite3.connect(name, timeout=BUSY, isolation_level=None, check_same_thread=False)
    try:
        _migrated(sql, path)
    except BaseException:
        sql.close()
        raise
    return sql


def _migrated(sql: sqlite3.Connection, path: Path) -> None:
    """The file's schema is this version's; what is no ledger, or a newer one, stays as it is."""
    (found,) = sql.execute("PRAGMA user_version").fetchone()
    (application,) = sql.execute("PRAGMA application_id").fetchone()
    (tables,) = sql.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables and application != APPLICATION:
        raise SutureError(
            f"{path} is an SQLite file, but no ledger: name another with SUTURE_LEDGER"
        )
    if found > VERSION:
        raise SutureError(
            f"the ledger {path} was written by a newer Suture (schema {found}, this one knows "
            f"{VERSION}): upgrade Suture, or name another ledger with SUTURE_LEDGER"
        )
    _patiently(sql, "PRAGMA journal_mode = WAL")
    if found == VERSION:
        return
    sql.execute("BEGIN IMMEDIATE")
    try:
        (found,) = sql.execute("PRAGMA user_version").fetchone()
        for script in SCRIPTS[found:]:
            for statement in _statements(script):
                sql.execute(statement)
        sql.execute(f"PRAGMA application_id = {APPLICATION}")
        sql.execute(f"PRAGMA user_version = {VERSION}")
        sql.execute("COMMIT")
    except BaseException:
        if sql.in_transaction:
            sql.execute("ROLLBACK")
        raise


def _patiently(sql: sqlite3.Connection, statement: str) -> None:
    """Run a statement that SQLite refuses at once, without its own waiting, while others write."""
    end = time.monotonic() + BUSY
    while True:
        try:
            sql.execute(statement)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return


def _statements(script: str) -> Iterator[str]:
    """The script's statements one by one: ``executescript`` would commit in between."""
    statement = ""
    for part in script.split(";"):
        statement += part + ";"
        if sqlite3.complete_statement(statement) and part.strip():
            yield statement
            statement = ""

"""``history`` and ``show RUN``: what the ledger remembers, as lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from suture.events import Event
from suture.report.dispatch import Consumer
from suture.report.ledger.ledger import RunRecord
from suture.report.ledger.status import day
from suture.report.text.changes import Element
from suture.report.text.endings import ending
from suture.report.text.lines import Span, duration, line, listed
from suture.report.text.tables import Table


def history(runs: Sequence[RunRecord]) -> list[Element]:
    """The runs, the newest first."""
    if not runs:
        return [line("The ledger holds no run yet.")]
    rows = [
        (
            Span(run.run, "bold"),
            Span(day(run.started), "dim"),
            Span(run.mode),
            Span(run.command or run.playbook),
            Span(listed(run.hosts, 3), "host"),
            Span(f"{run.changed:,}", "changed" if run.changed else "dim"),
            Span(*ending(run.exit_code)),
            Span(duration(run.seconds) if run.seconds else "", "dim"),
        )
        for run in sorted(runs, key=lambda run: run.started, reverse=True)
    ]
    head = ("run", "began (UTC)", "mode", "command", "hosts", "changed", "end", "time")
    return [Table(head, rows, right=frozenset({5, 7}))]


def replay(events: Iterable[Event], consumer: Consumer) -> None:
    """Let a consumer see a recorded run as if it happened now."""
    for event in events:
        consumer(event)
    consumer.close()

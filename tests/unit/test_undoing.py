"""Which run is undone, and as whom."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from suture.commands.undo import Way, failed_phase, undoable, ways
from suture.errors import SutureError
from suture.events import (
    Event,
    HostConnected,
    PhaseFinished,
    PhaseStarted,
    RunFinished,
    RunStarted,
    StepFinished,
)
from suture.model import Become
from suture.report.ledger.ledger import Ledger

CHANGE = {"action": "write", "target": "/f"}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger.open(tmp_path / "ledger.db")
    yield made
    made.close()


def told(
    ledger: Ledger,
    run: str,
    mode: str = "apply",
    changed: bool = True,
    code: int | None = 0,
    undoes: str = "",
) -> None:
    """A run, in the ledger."""
    events: list[Event] = [RunStarted(run=run, mode=mode, playbook="p.yml", undoes=undoes)]
    events.append(HostConnected(host="h", user="u", python="3", seconds=0))
    changes = (CHANGE,) if changed else ()
    events.append(StepFinished(host="h", task="t", module="copy", status="ok", changes=changes))
    if code is not None:
        events.append(RunFinished(run=run, exit_code=code, hosts={}))
    ledger.append(run, events)


def test_the_last_run_that_changed_something(ledger: Ledger) -> None:
    told(ledger, "1")
    told(ledger, "2")
    told(ledger, "3", changed=False)
    told(ledger, "4", mode="dry-run")
    told(ledger, "5", mode="rehearse")
    assert undoable(ledger).run == "2"


def test_a_run_that_failed_may_have_changed_something(ledger: Ledger) -> None:
    told(ledger, "1")
    told(ledger, "2", changed=False, code=1)
    assert undoable(ledger).run == "1"
    told(ledger, "3", code=1)
    assert undoable(ledger).run == "3"


@pytest.mark.parametrize("code", [None, 4, 130])
def test_a_run_that_was_cut_may_have_changed_something(ledger: Ledger, code: int | None) -> None:
    told(ledger, "1")
    told(ledger, "2", changed=False, code=code)
    assert undoable(ledger).run == "2"


def test_what_is_undone_is_not_undone_again_unless_that_was_undone(ledger: Ledger) -> None:
    told(ledger, "1")
    told(ledger, "2")
    told(ledger, "3", mode="undo", undoes="2")
    assert undoable(ledger).run == "1"
    told(ledger, "4", mode="undo", undoes="3")
    assert undoable(ledger).run == "2"
    told(ledger, "5", mode="undo", undoes="2", code=3)
    assert undoable(ledger).run == "2", "that one was refused"
    told(ledger, "6", mode="undo", undoes="2")
    told(ledger, "7", mode="undo", undoes="1")
    with pytest.raises(SutureError, match="holds no run that changed something"):
        undoable(ledger)


def test_ways_are_told_by_the_connections() -> None:
    root = {"user": "root", "method": "sudo", "flags": ""}

    def connected(user: str, **how: object) -> Event:
        return HostConnected(host="h", user=user, python="3", seconds=0, **how)  # type: ignore[arg-type]

    events = [
        connected("ada"),
        connected("root", become=root),
        connected("ada"),
        connected("ada", delegate="other"),
    ]
    assert ways(events) == {
        "h": (
            Way("ada", Become(False)),
            Way("root", Become(True, "root", "sudo", None)),
            Way("ada", Become(False), "other"),
        )
    }


def test_the_phase_that_failed() -> None:
    first = [PhaseStarted(phase=1, title=""), PhaseFinished(phase=1, status="done")]
    second = [PhaseStarted(phase=2, title="")]
    assert failed_phase(first) == 0
    assert failed_phase([*first, *second]) == 2
    assert failed_phase([*first, *second, PhaseFinished(phase=2, status="failed")]) == 2

"""What goes along with a run: who hears of it, who looks on, and what is done around its work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from suture.redaction import Redactor
from suture.report.dispatch import Consumer
from suture.run.step_observer import Nobody, StepObserver

if TYPE_CHECKING:
    from suture.commands.app import App

Work = Callable[[], int]


def _just(app: App, work: Work) -> int:
    return work()


@dataclass(frozen=True, slots=True)
class RunHooks:
    """``consumers``: those who are told instead of the terminal and the ledger.  ``around`` does
    the work, which gives the exit code, with whatever comes before it and after."""

    redactor: Redactor = field(default_factory=Redactor)
    watch: StepObserver = field(default_factory=Nobody)
    consumers: Sequence[Consumer] | None = None
    around: Callable[[App, Work], int] = _just

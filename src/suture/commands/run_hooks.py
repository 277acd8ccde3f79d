"""What goes along with a run: who hears of it, who looks on, and what is done around its work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from suture.commands.project import Project
from suture.report.dispatch import Consumer
from suture.run.play_runner import PlayRunner
from suture.run.step_observer import Nobody, StepObserver

Work = Callable[[], int]


class Performed(Protocol):
    """What a hook sees of the run that it goes along with; ``read``: the files it was loaded from."""

    runner: PlayRunner
    project: Project
    read: set[str]

    @property
    def name(self) -> str: ...


def _just(run: Performed, work: Work) -> int:
    return work()


@dataclass(frozen=True, slots=True)
class RunHooks:
    """``consumers``: those who are told instead of the terminal and the ledger.  ``around`` does
    the work, which gives the exit code, with whatever comes before it and after."""

    watch: StepObserver = field(default_factory=Nobody)
    consumers: Sequence[Consumer] | None = None
    around: Callable[[Performed, Work], int] = _just

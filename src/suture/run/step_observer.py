"""Who looks on while a play's steps are made ready and sent, and may stop one before it leaves."""

from __future__ import annotations

from typing import Protocol

from suture.run.execution import Execution
from suture.run.step import ReadyStep


class StepObserver(Protocol):
    """Called by each host's driver thread; what it raises ends the run, the step unsent."""

    def begun(self, host: str, execution: Execution) -> None:
        """The host is to perform a task."""

    def sending(self, host: str, execution: Execution, index: int, step: ReadyStep) -> None:
        """One item of the task is ready to leave for the host."""


class Nobody:
    """Looks on at nothing."""

    def begun(self, host: str, execution: Execution) -> None:
        pass

    def sending(self, host: str, execution: Execution, index: int, step: ReadyStep) -> None:
        pass

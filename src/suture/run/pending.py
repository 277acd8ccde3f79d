"""Handlers that a host has been notified of and that have not run: told as events, so that they outlive
a run that fails or is cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from suture.agent.protocol.result import Status
from suture.events import Event, HandlerNotified, HandlerSettled, Warned
from suture.model import Task
from suture.run.execution import Execution, Order
from suture.run.outcome import Outcome

Shown = Callable[[Task], str]
RUN = frozenset((Status.OK, Status.CHANGED, Status.SKIPPED, Status.IGNORED))
"""How a handler ends that need not run again."""


@dataclass(slots=True)
class Pending:
    """The pending handlers of one host in one play.  ``named`` gives a handler's name as it is shown;
    ``before`` are those that earlier runs of the play have left."""

    host: str
    play: str
    order: Order
    emit: Callable[[Event], None]
    named: Shown
    before: Sequence[str] = ()
    _open: dict[str, str] = field(default_factory=dict)
    """The handlers' names, each with the task that has notified it."""

    def notified(self, handlers: Sequence[Task], execution: Execution) -> None:
        """These answer to the task, if it turns out to have changed something."""

        def told() -> None:
            if execution.final is not None and execution.final.status is Status.CHANGED:
                for name in names:
                    if name not in self._open:
                        self._open[name] = execution.name
                        self.emit(
                            HandlerNotified(
                                host=self.host, play=self.play, handler=name, task=execution.name
                            )
                        )

        names = [self.named(handler) for handler in handlers]
        self.order.when_final(execution, told)

    def running(self, handler: Task, execution: Execution) -> None:
        """The handler is on its way."""

        def over() -> None:
            if execution.final is not None and execution.final.status in RUN:
                self.settled(handler)

        self.order.when_final(execution, over)

    def settled(self, handler: Task) -> None:
        """The handler has run."""
        name = self.named(handler)
        if self._open.pop(name, None) is not None:
            self.emit(HandlerSettled(host=self.host, play=self.play, handler=name))

    def taken_up(self, handlers: Sequence[Task]) -> list[Execution]:
        """What stands for the tasks that have notified handlers in earlier runs, one for each of the
        handlers that still are there; the operator is told."""
        found = []
        for name in self.before:
            handler = next((each for each in handlers if self.named(each) == name), None)
            if handler is None:
                said = f"the handler '{name}', which an earlier run has left, is not there any more"
                self.emit(Warned(message=f"{self.host}: {said}"))
                continue
            self._open[name] = "an earlier run"
            execution = Execution(handler, name, (), [], lambda end: end)
            execution.final = Outcome(Status.CHANGED)
            found.append(execution)
        if found:
            names = ", ".join(f"'{each.name}'" for each in found)
            said = f"handlers that an earlier run has left will run: {names}"
            self.emit(Warned(message=f"{self.host}: {said}"))
        return found

    def left(self) -> None:
        """The play is over: the operator is told what is still pending."""
        if self._open:
            names = ", ".join(f"'{name}' (for {task})" for name, task in self._open.items())
            said = f"handlers are pending: {names}; the next run of this play runs them"
            self.emit(Warned(message=f"{self.host}: {said}"))

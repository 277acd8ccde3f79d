"""Which handlers are to run, decided by the host itself wherever that needs no answer first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from suture.agent.protocol.result import Status
from suture.errors import SutureError
from suture.model import Task
from suture.run.execution import Execution


@dataclass(slots=True)
class Notified:
    """A handler that may have to run: for certain, when a step that is out turns out to have
    changed something (``steps``, by number), or perhaps (``cause``, in a dry run)."""

    handler: Task
    certain: bool = False
    steps: list[int] = field(default_factory=list)
    cause: str = ""


class Notifications:
    """Notifications since the last flush.  ``handlers``: in the order in which they run."""

    def __init__(self, handlers: Iterable[Task]) -> None:
        self._handlers = list(handlers)
        self._by: list[tuple[str, Execution]] = []

    def extend(self, handlers: Iterable[Task]) -> None:
        """Handlers of a role that was included only now."""
        known = {id(handler) for handler in self._handlers}
        self._handlers += [handler for handler in handlers if id(handler) not in known]

    def notify(self, topics: Iterable[str], execution: Execution) -> None:
        """This execution, if it changes something, notifies these handlers or topics."""
        for topic in topics:
            if not self.answering(topic):
                raise SutureError(
                    f"{execution.task.mark}: '{execution.name}' notifies '{topic}',"
                    " but there is no such handler"
                )
            self._by.append((topic, execution))

    def answering(self, topic: str) -> list[Task]:
        """The handlers that answer to a name or topic: of one name the last defined."""
        named = [handler for handler in self._handlers if topic in _names(handler)]
        listening = [handler for handler in self._handlers if topic in handler.listen]
        return [*named[-1:], *(handler for handler in listening if handler not in named[-1:])]

    def due(self, handler: Task) -> Notified | None:
        """What is known now about a handler's having to run, or None: nothing notified it."""
        found: Notified | None = None
        for topic, execution in self._by:
            if handler not in self.answering(topic):
                continue
            if execution.final is None and execution.numbers:
                found = found or Notified(handler)
                found.steps += execution.numbers
            elif execution.final is not None and execution.final.changed:
                found = found or Notified(handler)
                found.certain = True
            elif execution.final is not None and execution.final.status is Status.UNKNOWN:
                found = found or Notified(handler)
                found.cause = found.cause or execution.name
        return found

    def pending(self) -> bool:
        return bool(self._by)

    def taken(self) -> list[Task]:
        """The handlers to go through in this flush, in their order."""
        return list(self._handlers)

    def clear(self) -> None:
        self._by.clear()


def _names(handler: Task) -> tuple[str, ...]:
    role = handler.role
    return (handler.name, f"{role.name} : {handler.name}") if role else (handler.name,)

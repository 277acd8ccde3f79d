"""Which handlers are to run, decided by the host itself wherever that needs no answer first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from suture.agent.protocol.result import Status
from suture.model import Task
from suture.run.execution import Execution
from suture.run.pending import Pending


@dataclass(slots=True)
class Notified:
    """A handler that may have to run: for certain, when a step that is out turns out to have
    changed something (``steps``, by number), or perhaps (``cause``, in a dry run)."""

    handler: Task
    certain: bool = False
    steps: list[int] = field(default_factory=list)
    cause: str = ""


class Notifications:
    """Notifications that no handler has answered yet.  ``handlers``: in the order in which they run;
    ``named`` gives a handler's name with its templates filled in; ``pending`` is told of each."""

    def __init__(
        self,
        handlers: Iterable[Task],
        named: Callable[[Task], str],
        pending: Pending | None = None,
    ) -> None:
        self._handlers = list(handlers)
        self._named = named
        self._pending = pending
        self._by: list[tuple[str, Execution]] = []
        if pending is not None:
            self._by += [(each.name, each) for each in pending.taken_up(self._handlers)]
        self._heard: set[tuple[int, int]] = set()
        """Which handler, by its place, has answered which notification, by its place."""

    def extend(self, handlers: Iterable[Task]) -> None:
        """Handlers of a role that was included only now; of a role that is there already none are
        new."""
        known = {_key(handler) for handler in self._handlers}
        self._handlers += [handler for handler in handlers if _key(handler) not in known]

    def notify(self, topics: Iterable[str], execution: Execution) -> list[str]:
        """This execution, if it changes something, notifies these handlers or topics; those to which
        no handler answers are given back."""
        absent = []
        for topic in topics:
            if answering := self.answering(topic):
                self._by.append((topic, execution))
                if self._pending is not None:
                    self._pending.notified(answering, execution)
            else:
                absent.append(topic)
        return absent

    def answering(self, topic: str) -> list[Task]:
        """The handlers that answer to a name or topic: of one name the first of the last list that
        has it."""
        return [self._handlers[place] for place in self._answering(topic)]

    def _answering(self, topic: str) -> list[int]:
        found: dict[str | int, int] = {}
        by_name = -1
        for place, handler in enumerate(self._handlers):
            if topic in handler.listen:
                key = handler.name if "name" in handler.marks else place
                found[key] = self._later(found.get(key, -1), place)
            if topic in _names(handler, self._named(handler)):
                by_name = self._later(by_name, place)
        places = set(found.values()) | ({by_name} if by_name >= 0 else set())
        return sorted(places)

    def _later(self, one: int, other: int) -> int:
        """Of two handlers of one name the one that counts: the later, but the earlier within one
        list."""
        if one < 0:
            return other
        lists = [(self._handlers[at].mark.file, id(self._handlers[at].role)) for at in (one, other)]
        return one if lists[0] == lists[1] else other

    def due(self, handler: Task) -> Notified | None:
        """What is known now about a handler's having to run, or None: nothing notified it since it
        was ``taken``."""
        found: Notified | None = None
        place = self._place(handler)
        for number, (topic, execution) in enumerate(self._by):
            if (place, number) in self._heard or place not in self._answering(topic):
                continue
            if execution.final is None and execution.numbers:
                found = found or Notified(handler)
                found.steps += execution.numbers
            elif execution.final is not None and execution.final.status is Status.CHANGED:
                found = found or Notified(handler)
                found.certain = True
            elif execution.final is not None and execution.final.status is Status.UNKNOWN:
                found = found or Notified(handler)
                found.cause = found.cause or execution.name
        return found

    @property
    def count(self) -> int:
        """How many notifications there are."""
        return len(self._by)

    def answered(self, handler: Task, count: int) -> None:
        """The handler has answered the first so many notifications."""
        place = self._place(handler)
        self._heard |= {(place, number) for number in range(count)}

    def _place(self, handler: Task) -> int:
        return next(at for at, each in enumerate(self._handlers) if each is handler)

    def pending(self) -> bool:
        return bool(self._by)

    def taken(self) -> list[Task]:
        """The handlers to go through in this flush, in their order."""
        return list(self._handlers)

    def clear(self) -> None:
        self._by.clear()
        self._heard.clear()


def _key(handler: Task) -> tuple[str, int, str]:
    """The handler as it is written; a role that is included twice brings it twice."""
    return (handler.mark.file, handler.mark.line, handler.name)


def _names(handler: Task, name: str) -> tuple[str, ...]:
    role = handler.role
    return (name, f"{role.name} : {name}") if role else (name,)

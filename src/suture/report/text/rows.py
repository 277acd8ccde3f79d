"""Many hosts' steps in one order: a row for each task, with what every host made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from suture.events import ItemFinished, StepFinished, TestFinished


@dataclass(frozen=True, slots=True)
class HostResult:
    """How one task ended on one host, with the rounds of its loop and the tests that failed."""

    step: StepFinished
    items: tuple[ItemFinished, ...] = ()
    failed_tests: tuple[TestFinished, ...] = ()


@dataclass(slots=True)
class Row:
    """One task; ``entries`` by host."""

    task: str
    file: str
    line: int
    handler: bool
    entries: dict[str, HostResult] = field(default_factory=dict)

    def is_of(self, step: StepFinished) -> bool:
        mine = (self.task, self.file, self.line, self.handler)
        return mine == (step.task, step.file, step.line, step.handler)


class Rows:
    """Hosts run at their own pace; a row comes out once every host has reached or passed it, so
    that the order of what is printed does not hang on which host was faster."""

    def __init__(self, hosts: Sequence[str] = ()) -> None:
        self._waiting: list[Row] = []
        self._reached = dict.fromkeys(hosts, -1)
        self._gone: set[str] = set()
        self._at = self._counted()

    def add(self, entry: HostResult) -> list[Row]:
        """Take in one host's step; the rows that are complete with it."""
        step = entry.step
        place = self._place(step)
        self._waiting[place].entries[step.host] = entry
        self._leave(step.host)
        self._reached[step.host] = place
        if step.host not in self._gone:
            self._at[place] += 1
        if step.status in ("failed", "unreachable"):
            return self.without(step.host)
        return self._complete()

    def without(self, host: str) -> list[Row]:
        """The host is lost: nothing waits for it any more."""
        self._leave(host)
        self._gone.add(host)
        return self._complete()

    def rest(self) -> list[Row]:
        """All rows that are still waiting, complete or not."""
        rows, self._waiting = self._waiting, []
        self._reached = dict.fromkeys(self._reached, -1)
        self._at = self._counted()
        return rows

    def _place(self, step: StepFinished) -> int:
        """Where the step belongs: its task's row behind all that the host has been through, or a
        new row there, by line among the tasks of its file that other hosts went through."""
        start = self._reached.get(step.host, -1) + 1
        for place in range(start, len(self._waiting)):
            if self._waiting[place].is_of(step):
                return place
        place = start
        while place < len(self._waiting):
            row = self._waiting[place]
            if row.file != step.file or row.line >= step.line:
                break
            place += 1
        self._waiting.insert(place, Row(step.task, step.file, step.line, step.handler))
        for host, reached in self._reached.items():
            if reached >= place:
                self._reached[host] = reached + 1
        self._at = self._counted()
        return place

    def _complete(self) -> list[Row]:
        """The rows at the front that every host which still runs has reached or passed."""
        done = min(self._at, default=len(self._waiting) - 1) + 1
        if not done:
            return []
        rows, self._waiting = self._waiting[:done], self._waiting[done:]
        self._reached = {host: max(-1, place - done) for host, place in self._reached.items()}
        self._at = self._counted()
        return rows

    def _counted(self) -> Counter[int]:
        """How many of the hosts that still run are at each place: kept at hand, because looking at
        every host for each of its steps takes time in the square of their number."""
        reached = self._reached.items()
        return Counter(place for host, place in reached if host not in self._gone)

    def _leave(self, host: str) -> None:
        """The host is no longer where it was."""
        place = self._reached.get(host)
        if place is None or host in self._gone:
            return
        self._at[place] -= 1
        if not self._at[place]:
            del self._at[place]

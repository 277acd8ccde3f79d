"""Tasks under way on one host, reported in the order in which the playbook has them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from suture.agent.protocol.result import Result, Status
from suture.model import Task
from suture.run.outcome import (
    DROPPED,
    UNREACHABLE,
    Outcome,
    looped,
    only_checked,
    outcome_of,
    registered,
)
from suture.variables.scope import Promise


class Stopped(Exception):
    """The host goes no further on this way: a step of an enclosing epoch has failed."""


class HostGone(Exception):
    """The connection is lost; nothing more can be done on this host in this run."""


@dataclass(slots=True, eq=False)
class Execution:
    """One task on one host, and what it has come to; only ``Order`` changes that.

    ``places`` are its items without an end (one in all without a loop), ``outcomes`` their ends, None
    while an item is out, ``asked`` the arguments that were sent for each, ``numbers`` its steps.
    ``judge`` applies literal ``changed_when`` and ``failed_when``; a task that ``waits`` is judged by
    the driver, who then calls ``Order.judged``.  ``checks``: its commands are not to be run;
    ``bears_loss``: a host that is lost meanwhile goes on; nothing else is under way there then.
    """

    task: Task
    name: str
    epochs: tuple[int, ...]
    places: list[Outcome]
    judge: Callable[[Outcome], Outcome]
    waits: bool = False
    loop: bool = False
    may_fail: bool = False
    handler: bool = False
    numbers: tuple[int, ...] = ()
    final: Outcome | None = None
    checks: bool = False
    secret: bool = False
    silent: bool = False
    bears_loss: bool = False
    exception: str = ""
    asked: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    outcomes: list[Outcome | None] = field(init=False)
    listeners: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.outcomes = [None] * len(self.places)

    @property
    def complete(self) -> bool:
        return all(outcome is not None for outcome in self.outcomes)

    def gathered(self) -> Outcome:
        """The outcome of all items together."""
        outcomes = [outcome for outcome in self.outcomes if outcome is not None]
        return looped(outcomes) if self.loop else outcomes[0]


class Order:
    """All executions of one host, from any thread.

    ``begun`` is called when the host is at an execution, ``report`` once an execution, in the
    playbook's order, when it and all before it are
    final; a failed one that may not fail fails its innermost epoch, and whatever follows in a
    failed epoch is dropped unreported.
    """

    def __init__(
        self, report: Callable[[Execution], None], begun: Callable[[Execution], None]
    ) -> None:
        self._report = report
        self._begun = begun
        self._waiting: deque[Execution] = deque()
        self._steps: dict[int, tuple[Execution, int]] = {}
        self._news = threading.Condition(threading.RLock())
        self._failed: dict[int, Execution] = {}
        self._rescued: set[int] = set()
        self._lost: Exception | None = None
        self.lapsed: Execution | None = None
        """The execution that bore the loss of its host."""
        self._stopped: Exception | None = None

    def add(self, execution: Execution) -> None:
        with self._news:
            self._raise()
            self._go_on()
            self._waiting.append(execution)
            if len(self._waiting) == 1:
                self._begun(execution)

    def loop_over(self, execution: Execution, places: Sequence[Outcome]) -> None:
        """The execution has these items; none has ended."""
        with self._news:
            execution.places = list(places)
            execution.outcomes = [None] * len(places)

    def shorten(self, execution: Execution, length: int) -> None:
        """The execution has only its first items, this many: its loop was broken off."""
        with self._news:
            execution.places = execution.places[:length]
            execution.outcomes = execution.outcomes[:length]

    def sent(
        self,
        number: int,
        execution: Execution,
        index: int,
        asked: Mapping[str, Any] | None = None,
    ) -> None:
        """A step that the agent will answer for this execution's item; ``asked``: the arguments that
        its result will be held against."""
        with self._news:
            self._go_on()
            if execution.final is not None:  # the host was lost meanwhile
                raise Stopped
            self._steps[number] = (execution, index)
            execution.numbers += (number,)
            if asked is not None:
                execution.asked[index] = asked

    def reopen(self, execution: Execution, index: int) -> None:
        """The item is tried again: it has no end."""
        with self._news:
            execution.outcomes[index] = None

    def running(self) -> Execution | None:
        """The execution that the host is at: the first that is not final."""
        with self._news:
            return self._waiting[0] if self._waiting else None

    def executing(self, number: int) -> Execution | None:
        with self._news:
            found = self._steps.get(number)
            return found[0] if found else None

    def heard(self, number: int, result: Result) -> None:
        """The agent's answer to a step."""
        with self._news:
            found = self._steps.pop(number, None)
            if found is not None:  # None: the host was given up while this was on its way
                self.settled(*found, outcome_of(result))

    def settled(self, execution: Execution, index: int, outcome: Outcome) -> None:
        """One item's outcome is known."""
        with self._news:
            place = execution.places[index]
            if execution.checks:
                outcome = only_checked(outcome)
            outcome = replace(outcome, told=place.told, label=place.label)
            execution.outcomes[index] = execution.judge(outcome)
            if execution.complete and not execution.waits:
                self.close(execution, execution.gathered())
            self._news.notify_all()

    def judged(self, execution: Execution, ends: Sequence[Outcome]) -> None:
        """All items have ended like this; the execution is final."""
        with self._news:
            execution.outcomes = list(ends)
            self.close(execution, execution.gathered())

    def close(self, execution: Execution, outcome: Outcome) -> None:
        """The execution's last word."""
        with self._news:
            if execution.may_fail and outcome.status is Status.FAILED:
                outcome = replace(outcome, status=Status.IGNORED)
            execution.final = outcome
            for call in execution.listeners:
                call()
            execution.listeners.clear()
            while self._waiting and self._waiting[0].final is not None:
                self._done(self._waiting.popleft())
            self._news.notify_all()

    def stop(self, reason: str) -> None:
        """Nothing more is begun; what is under way comes to its end."""
        with self._news:
            self._stopped = HostGone(reason)

    def cut(self, reason: str) -> None:
        """Nothing more will be heard of a host that was stopped: what had not begun is dropped, and
        of a loop that is not through that is told which items are."""
        with self._news:
            first = self._waiting[0] if self._waiting else None
            outcomes = [each for each in first.outcomes if each is not None] if first else []
            if first is not None and first.final is None and outcomes:
                end = first.gathered()
                if not first.complete:
                    said = f"{reason}: {len(outcomes)} of its {len(first.places)} items were done"
                    end = replace(end, status=Status.UNREACHABLE, message=said)
                self.close(first, end)
            self._end(HostGone(reason), DROPPED)

    def _go_on(self) -> None:
        if self._stopped is not None:
            raise self._stopped

    def lose(self, reason: str) -> None:
        """The host is gone: what was out is unreachable, once, and the rest is dropped."""
        self._end(HostGone(reason), Outcome(Status.UNREACHABLE, message=reason))

    def fail(self, error: Exception) -> None:
        """There never was an agent: everything is dropped, and whoever goes on is told why."""
        self._end(error, DROPPED)

    def _end(self, error: Exception, out: Outcome) -> None:
        """Nothing more will be heard; ``out`` is the outcome of what the host was at."""
        with self._news:
            if self._lost is not None:
                return
            first = self._waiting[0] if self._waiting else None
            if first is not None and first.bears_loss and self._stopped is None:
                self._steps.clear()
                said = str(error)
                lost = Outcome(Status.IGNORED, message=said, reason=UNREACHABLE, data={"msg": said})
                self.lapsed = first
                self.close(first, _lost_in(first, lost))
                return
            self._lost = error
            self._steps.clear()
            for place, execution in enumerate(list(self._waiting)):
                if execution.final is None:
                    self.close(execution, out if place == 0 else DROPPED)
            self._news.notify_all()

    def raw(self, execution: Execution, index: int) -> Outcome:
        """One item's outcome as the agent gave it, waiting for it."""
        with self._news:
            self._news.wait_for(
                lambda: execution.outcomes[index] is not None or execution.final is not None
            )
            outcome = execution.outcomes[index]
            if outcome is None:
                self._raise()
                raise Stopped
            return outcome

    def when_final(self, execution: Execution, call: Callable[[], None]) -> None:
        """Call this once the execution is final, at once if it is; from any thread, holding this
        object's lock: it must not come back here."""
        with self._news:
            if execution.final is None:
                execution.listeners.append(call)
            else:
                call()

    def ended(self, execution: Execution) -> Outcome:
        """The execution's final outcome, waiting for it, whatever it is."""
        with self._news:
            self._news.wait_for(lambda: execution.final is not None)
            self._raise()
            assert execution.final is not None
            return execution.final

    def wait(self, execution: Execution) -> Outcome:
        """The execution's final outcome, waiting for it; Stopped when it was dropped."""
        end = self.ended(execution)
        if end.status is Status.DROPPED and not execution.handler:
            raise Stopped
        return end

    def rescue(self, epoch: int) -> None:
        """A failure in this epoch, or in one within it, will be rescued."""
        with self._news:
            self._rescued.add(epoch)

    def spread(self, inner: int, outer: tuple[int, ...]) -> None:
        """A block that was not rescued fails what encloses it."""
        with self._news:
            if outer and inner in self._failed:
                self._failed.setdefault(outer[-1], self._failed[inner])

    def drain(self) -> None:
        """Wait until everything that was added is final."""
        with self._news:
            self._news.wait_for(lambda: not self._waiting)
            self._raise()

    def answered(self) -> None:
        """Wait until the host has answered every step that was sent."""
        with self._news:
            self._news.wait_for(lambda: not self._steps)
            self._raise()

    def failure(self, epochs: tuple[int, ...]) -> Execution | None:
        """What failed in any of these epochs, as far as is known now."""
        with self._news:
            return next((self._failed[epoch] for epoch in epochs if epoch in self._failed), None)

    def check(self, epochs: tuple[int, ...]) -> None:
        """Stopped when one of these epochs has failed; HostGone when the host is."""
        self._raise()
        if self.failure(epochs) is not None:
            raise Stopped

    def _raise(self) -> None:
        if self._lost is not None:
            raise self._lost

    def _done(self, execution: Execution) -> None:
        outcome = execution.final
        assert outcome is not None
        if any(epoch in self._failed for epoch in execution.epochs):
            execution.final = DROPPED
            return
        if outcome.status is Status.DROPPED:
            return
        if outcome.status is Status.FAILED and execution.epochs:
            self._failed[execution.epochs[-1]] = execution
            if not self._rescued.isdisjoint(execution.epochs):
                outcome = replace(outcome, status=Status.IGNORED, reason="rescued")
                execution.final = outcome
        self._report(execution)
        if self._stopped is not None or not self._waiting:
            return
        if self._failed.keys().isdisjoint(self._waiting[0].epochs):
            self._begun(self._waiting[0])


def _lost_in(execution: Execution, lost: Outcome) -> Outcome:
    """What an execution comes to that was under way when its host was lost."""
    if not execution.loop:
        return lost
    pairs = zip(execution.outcomes, execution.places, strict=True)
    return looped([out or replace(lost, told=at.told, label=at.label) for out, at in pairs])


def promised(order: Order, execution: Execution, before: Callable[[], None]) -> Promise:
    """The registered result of an execution that may still be out; ``before`` is called first."""

    def value() -> dict[str, Any]:
        before()
        return registered(order.wait(execution))

    return Promise(value)

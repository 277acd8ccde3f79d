"""``when``, ``until``, ``changed_when`` and ``failed_when``: the one place where they speak."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from suture.agent.protocol.result import Status
from suture.model import Task
from suture.run.outcome import Outcome, judged, registered
from suture.templating.rendering import truth
from suture.variables.scope import Precedence, Scope

Said = bool | tuple[Any, ...] | None
"""A condition as far as it is known before the task runs: its value, or what has to be evaluated on the
task's result.  None: nothing was said."""

UNJUDGED = (Status.SKIPPED, Status.DROPPED, Status.UNKNOWN)
"""What never ran has no result for a condition to speak of."""


def first_false(conditions: Iterable[Any], scope: Scope, task: Task) -> Any | None:
    """The first of these conditions that does not hold; None: all of them do."""
    return next((each for each in conditions if not truth(each, scope, task.mark)), None)


@dataclass(frozen=True, slots=True)
class Conditions:
    """``changed_when`` and ``failed_when`` of a task."""

    changed: Said
    failed: Said

    @property
    def literal(self) -> bool:
        """Whether the host need not be asked back: it can be told beforehand."""
        return not isinstance(self.changed, tuple) and not isinstance(self.failed, tuple)

    def applied(self, raw: Outcome) -> Outcome:
        """The outcome with literal conditions applied; others leave it as it is."""
        if isinstance(self.changed, tuple) or isinstance(self.failed, tuple):
            return raw
        return judged(raw, self.changed, self.failed)


def conditions_of(task: Task) -> Conditions:
    def fixed(said: tuple[Any, ...] | None) -> Said:
        if said is None or not all(isinstance(condition, bool) for condition in said):
            return said
        return all(said)

    changed = fixed(task.changed_when)
    # A host told "changed" beforehand could not answer for its handlers: those are asked back.
    return Conditions((True,) if changed is True else changed, fixed(task.failed_when))


def conditioned(task: Task, raw: Outcome, scope: Scope) -> Outcome:
    """The outcome once all conditions have spoken, ``failed_when`` first: ``changed_when`` may read
    ``failed``.  TemplateError, UnknownValue as ``truth``."""
    if raw.status in UNJUDGED:
        return raw

    def value(said: Said, result: Outcome) -> bool | None:
        if isinstance(said, tuple):
            return first_false(said, with_result(task, scope, result), task) is None
        return said

    conditions = conditions_of(task)
    first = judged(raw, None, value(conditions.failed, raw))
    return judged(first, value(conditions.changed, first), None)


def is_done(task: Task, raw: Outcome, scope: Scope) -> bool:
    """Whether ``until`` holds for this try."""
    return first_false(task.until, with_result(task, scope, raw), task) is None


def is_judged(task: Task) -> bool:
    """Whether only the task's result tells what became of it, or what comes next."""
    return bool(task.until) or breaks_off(task) or not conditions_of(task).literal


def breaks_off(task: Task) -> bool:
    """Whether the task's loop may end before its last item."""
    return task.loop is not None and bool(task.loop.break_when)


def is_last(task: Task, raw: Outcome, scope: Scope) -> bool:
    """Whether the loop ends with the item that ended like this."""
    known = with_result(task, scope, conditioned(task, raw, scope))
    return task.loop is not None and first_false(task.loop.break_when, known, task) is None


def with_result(task: Task, scope: Scope, raw: Outcome) -> Scope:
    """The scope in which a task's own conditions are read: its result under its name."""
    return scope.with_layer(Precedence.LOOP, {task.register or "result": registered(raw)})

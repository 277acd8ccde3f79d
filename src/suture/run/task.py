"""Perform one task on one host: decide, render, send; wait only where the task itself asks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from suture.agent.protocol.result import Status
from suture.errors import TemplateError, UnknownValue
from suture.load.specs import COMMAND_LIKE
from suture.model import Loop, Task
from suture.run import actions, loops, outcome
from suture.run.conditions import (
    UNJUDGED,
    breaks_off,
    conditioned,
    conditions_of,
    first_false,
    is_done,
    is_judged,
    is_last,
)
from suture.run.execution import Execution, Stopped, promised
from suture.run.handlers import Notifications, Notified
from suture.run.keywords import flag, numeric
from suture.run.outcome import Outcome
from suture.run.state import HostState
from suture.run.step import ReadyStep
from suture.run.step_observer import Nobody, StepObserver
from suture.run.step_renderer import StepRenderer
from suture.run.task_names import called, shown_name, topics
from suture.templating.rendering import render
from suture.variables.scope import Precedence, Scope, task_scope

Epochs = tuple[int, ...]

NO_ITEMS = {"results": [], "skipped_reason": "No items in the list"}


class TaskRun:
    """Performs tasks on one host; ``notifications`` is the play's that is under way."""

    notifications: Notifications

    def __init__(
        self,
        state: HostState,
        preparing: StepRenderer,
        cancelled: Callable[[], bool],
        phase: int = 0,
        watch: StepObserver | None = None,
    ) -> None:
        self._state = state
        self._preparing = preparing
        self._cancelled = cancelled
        self._phase = phase
        self._watch = watch or Nobody()

    # -- the whole of a task -------------------------------------------------------------------

    def perform(
        self, task: Task, epochs: Epochs, scope: Scope, due: Notified | None = None
    ) -> Execution:
        """Send the task's steps; it is reported when it is over and its turn has come."""
        self._state.agents.settle_here()
        task = called(task, self.scope(task, scope))
        scope = self.scope(task, scope)
        execution = self._execution(task, epochs, scope, due)
        try:
            if execution.final is not None:
                return execution
            if due is not None and due.cause and not due.certain and not due.steps:
                why = f"it runs only if '{due.cause}' changes"
                self._whole(execution, outcome.unknown(why, due.cause))
                return execution
            try:
                items = [scope] if task.loop is None else self._items(task, task.loop, scope)
                if items is None:
                    self._whole(execution, outcome.skipped("its condition does not hold"))
                    return execution
                self._places(execution, task, items)
                if not task.loop or items:
                    self._rounds(execution, task, items, due)
                else:
                    self._whole(execution, replace(outcome.skipped("no items"), data=NO_ITEMS))
            except UnknownValue as error:
                self._whole(execution, outcome.unknown(str(error), error.cause))
            except TemplateError as error:
                self._whole(execution, outcome.failed(error.bare))
            if task.notify:
                for topic in self.notifications.notify(topics(task, scope), execution):
                    self._unheard(task, epochs, scope, execution, topic)
            return execution
        finally:  # and no sooner: to the task itself the name means what it meant before
            self._register(task, execution)

    def _unheard(
        self, task: Task, epochs: Epochs, scope: Scope, execution: Execution, topic: str
    ) -> None:
        """No handler answers to what the task notifies: it fails, if it has changed something."""
        self._state.agents.flush()
        if self._state.order.wait(execution).status is Status.CHANGED:
            why = f"'{execution.name}' notifies '{topic}', but there is no such handler"
            self.refused(task, epochs, scope, why)

    def borrowed(self, task: Task, epochs: Epochs, scope: Scope, end: Outcome) -> None:
        """The task was done by another host for all: its result holds here too, untold."""
        execution = self._execution(task, epochs, self.scope(task, scope), None)
        execution.silent = True
        self._register(task, execution)
        self._whole(execution, end)

    def _register(self, task: Task, execution: Execution) -> None:
        if task.register:
            self._state.results[task.register] = promised(
                self._state.order, execution, self._state.agents.flush
            )

    def scope(self, task: Task, scope: Scope) -> Scope:
        """What names mean inside this task, results of earlier ones included."""
        scope = scope.with_layer(Precedence.INCLUDE_VARS, self._state.included)
        return task_scope(scope.with_layer(Precedence.RESULTS, self._state.results), task)

    def shown_name(self, task: Task, scope: Scope) -> str:
        """The task's name with its templates filled in, where they can be."""
        return task.name if "{{" not in task.name else shown_name(task, self.scope(task, scope))

    def wanted(self, task: Task, scope: Scope, epochs: Epochs) -> bool:
        """Whether the task's conditions hold, for what is no step of its own."""
        return first_false(task.when, self.scope(task, scope), task) is None

    def rounds(self, task: Task, epochs: Epochs, scope: Scope) -> Iterator[tuple[Scope, Scope]]:
        """For each round of an include whose conditions hold: the scope of the statement itself,
        and that of the tasks it brings."""
        self._state.agents.settle_here()
        inner = self.scope(task, scope)
        execution = self._execution(task, epochs, inner, None)
        try:
            items = [inner] if task.loop is None else self._items(task, task.loop, inner)
            chosen = [item for item in items or () if first_false(task.when, item, task) is None]
        except UnknownValue as error:
            self._whole(execution, outcome.unknown(str(error), error.cause))
            return
        except TemplateError as error:
            self._whole(execution, outcome.failed(error.bare))
            raise Stopped from None
        if not chosen:
            self._whole(execution, outcome.skipped("its condition does not hold"))
            return
        self._whole(execution, Outcome(Status.OK))
        for item in chosen:
            told = loops.item_result(task.loop, item) if task.loop else {}
            yield item, scope.with_layer(Precedence.LOOP, told)

    def refused(self, task: Task, epochs: Epochs, scope: Scope, why: str) -> None:
        """What the task includes cannot be had: it fails."""
        execution = self._execution(task, epochs, self.scope(task, scope), None)
        self._register(task, execution)
        if execution.final is None:
            self._whole(execution, outcome.failed(why))

    def arguments(self, task: Task, scope: Scope) -> Mapping[str, Any]:
        """The rendered arguments of a statement of the controller's own."""
        rendered = render(dict(task.args), scope, task.mark)
        return {str(name): value for name, value in rendered.items()}

    # -- its parts -----------------------------------------------------------------------------

    def _execution(
        self, task: Task, epochs: Epochs, scope: Scope, due: Notified | None
    ) -> Execution:
        conditions = conditions_of(task)
        execution = Execution(
            task,
            shown_name(task, scope),
            epochs,
            [Outcome(Status.OK)],
            conditions.applied,
            waits=is_judged(task) or actions.waits(task),
            loop=task.loop is not None,
            handler=due is not None,
            secret=True,
        )
        wrong = ""
        try:
            execution.secret = flag(task.no_log, scope, task.mark, "no_log")
            execution.may_fail = flag(task.ignore_errors, scope, task.mark, "ignore_errors")
            bears = task.ignore_unreachable
            execution.bears_loss = flag(bears, scope, task.mark, "ignore_unreachable")
        except (TemplateError, UnknownValue) as error:
            wrong = error.bare if isinstance(error, TemplateError) else str(error)
        self._state.order.add(execution)
        self._watch.begun(self._state.host.name, execution)
        if wrong:
            self._whole(execution, outcome.failed(wrong))
        return execution

    def _items(self, task: Task, loop: Loop, scope: Scope) -> list[Scope] | None:
        """The scope of each round; None where there is nothing to go over, and the task's conditions
        do not hold either."""
        try:
            values = loops.items(loop, scope, task.module)
        except TemplateError:
            if first_false(task.when, scope, task) is None:
                raise
            return None
        return [loops.item_scope(loop, scope, values, index) for index in range(len(values))]

    def _places(self, execution: Execution, task: Task, items: list[Scope]) -> None:
        if task.loop is None:
            return
        places = []
        for scope in items:
            label = loops.item_label(task.loop, scope)
            told = loops.item_result(task.loop, scope)
            places.append(Outcome(Status.OK, told=told, label=label))
        self._state.order.loop_over(execution, places)

    def _whole(self, execution: Execution, end: Outcome) -> None:
        """The task ends like this, whatever its items."""
        self._state.order.close(execution, end)
        self._stop(execution)

    def _stop(self, execution: Execution) -> None:
        """Nothing is sent behind a task that the controller knows to have failed; Stopped."""
        end = execution.final
        if end is not None and end.status is Status.FAILED and execution.epochs:
            self._state.agents.flush()
            self._state.order.drain()
            self._state.order.check(execution.epochs)

    def _rounds(
        self, execution: Execution, task: Task, items: list[Scope], due: Notified | None
    ) -> None:
        pauses = task.loop.pause if task.loop else 0
        for index, scope in enumerate(items):
            if index and pauses:
                self._state.agents.flush()
                time.sleep(numeric(pauses, scope, task.mark, "pause") or 0)
            try:
                self._round(execution, index, task, scope, due)
            except UnknownValue as error:
                self._end(execution, index, outcome.unknown(str(error), error.cause))
            except TemplateError as error:
                self._end(execution, index, outcome.failed(error.bare))
            if breaks_off(task) and is_last(task, self._raw(execution, index), scope):
                items = items[: index + 1]
                self._state.order.shorten(execution, len(items))
                break
        if execution.waits:
            self._judged(execution, task, items)
        elif not execution.numbers:
            self._stop(execution)
        elif execution.loop and not execution.may_fail:
            session = self._state.agents.current
            if session is not None:
                session.seal(list(execution.numbers), execution.epochs)

    def _end(self, execution: Execution, index: int, end: Outcome) -> None:
        self._state.order.settled(execution, index, end)

    def _round(
        self,
        execution: Execution,
        index: int,
        task: Task,
        scope: Scope,
        due: Notified | None,
    ) -> None:
        """One item: skipped, done here, or sent to the host."""
        false = first_false(task.when, scope, task)
        if false is not None:
            reason = f"{false} is false" if isinstance(false, str) else "when: false"
            self._end(execution, index, outcome.skipped(reason))
            return
        if task.faults or actions.here(task):
            if due is not None and due.steps and not due.certain:
                self._state.agents.flush()
                self._state.order.answered()
                due = self.notifications.due(task)
            if due is None and execution.handler:
                self._end(execution, index, outcome.DROPPED)
                return
            if task.faults:
                end = outcome.failed("; ".join(each.message for each in task.faults))
            else:
                end = actions.performed(task, scope, self._preparing.arguments, self._state)
            self._end(execution, index, end)
            return
        prepared = self._preparing.prepared(task, scope)
        execution.exception = execution.exception or prepared.exception
        if prepared.dry and not self._state.agents.dry and task.module in COMMAND_LIKE:
            execution.checks = True
        if self._state.agents.is_to_come(prepared.host, prepared.becoming):
            user = prepared.becoming.user
            said = f"nobody can be {user} here before an earlier step has really made that user"
            self._end(execution, index, outcome.unknown(said, f"making the user {user}"))
            return
        self._send(execution, index, task, prepared, due)
        if task.until:
            self._repeated(execution, index, task, scope, prepared)

    def _send(
        self,
        execution: Execution,
        index: int,
        task: Task,
        prepared: ReadyStep,
        due: Notified | None,
    ) -> None:
        self._watch.sending(self._state.host.name, execution, index, prepared)
        agents = self._state.agents
        session = agents.session(prepared.host, prepared.becoming, prepared.reach)
        number = next(self._state.numbers)
        module = actions.STEP if task.foreign else task.module
        message: dict[str, Any] = {"id": number, "task": execution.name, "module": module}
        message["epochs"] = list(execution.epochs)
        conditions = conditions_of(task)
        if execution.may_fail or execution.loop or execution.waits or conditions.failed is False:
            message["fails_epoch"] = False
        if conditions.changed is False:
            message["unchanged"] = True
        if prepared.environment:
            message["env"] = prepared.environment
        if prepared.dry is not None and (prepared.dry or not agents.dry):
            message["dry"] = prepared.dry
        elif prepared.dry is False:
            message["dry"] = False
        if prepared.timeout is not None:
            message["timeout"] = prepared.timeout
        if prepared.job is not None:
            message["async"] = prepared.job
        if due is not None and not due.certain:
            message["after"] = due.steps
        if agents.journal:
            message |= prepared.noted(self._phase, execution.secret)
        asked = prepared.args if actions.waits(task) else None
        self._state.order.sent(number, execution, index, asked)
        agents.send(session, message, prepared.args)

    # -- tasks that wait -----------------------------------------------------------------------

    def _raw(self, execution: Execution, index: int) -> Outcome:
        self._state.agents.flush()
        return self._state.order.raw(execution, index)

    def _repeated(
        self,
        execution: Execution,
        index: int,
        task: Task,
        scope: Scope,
        prepared: ReadyStep,
    ) -> None:
        """Again and again until the condition holds, ``retries`` times at the most."""
        given = numeric(task.retries, scope, task.mark, "retries")
        retries = 3 if given is None else int(given)
        pause = numeric(task.delay, scope, task.mark, "delay")
        delay = 5.0 if pause is None else pause
        raw = outcome.DROPPED
        for attempt in range(1, max(retries, 1) + 1):
            raw = conditioned(task, self._raw(execution, index), scope)
            if raw.status in UNJUDGED:
                return
            raw = replace(raw, data={**raw.data, "attempts": attempt})
            if is_done(task, raw, scope):
                self._end(execution, index, raw)
                return
            if attempt < max(retries, 1):
                self._pause(delay)
                self._state.order.reopen(execution, index)
                self._send(execution, index, task, prepared, None)
        message = raw.message or f"'{task.until[0]}' did not become true in {retries} tries"
        self._end(execution, index, replace(raw, status=Status.FAILED, message=message))

    def _pause(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        while not self._cancelled() and (left := ends - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))

    def _judged(self, execution: Execution, task: Task, items: list[Scope]) -> None:
        """Wait for every item, let the task's conditions speak, and close it."""
        ends = []
        for index, scope in enumerate(items):
            raw = self._raw(execution, index)
            try:
                owner = actions.owner(task, scope, self._state)
                raw = actions.finished(task, raw, owner, execution.asked.get(index))
                end = conditioned(task, raw, scope)
            except UnknownValue as error:
                end = replace(raw, status=Status.UNKNOWN, reason=str(error), cause=error.cause)
            except TemplateError as error:
                end = replace(raw, status=Status.FAILED, message=error.bare)
            ends.append(end)
        self._state.order.judged(execution, ends)
        if execution.final is not None and execution.final.status is Status.FAILED:
            self._state.order.check(execution.epochs)

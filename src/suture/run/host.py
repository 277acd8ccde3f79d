"""Take one host through a play, as far ahead of its results as the playbook allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from suture.errors import Invalid, SutureError, TemplateError
from suture.load.level import DEEPEST, Include
from suture.load.playbook import included_role, tasks_file
from suture.load.source import Opener
from suture.model import Block, Node, Play, Role, Task
from suture.run.batch import Batch, Position
from suture.run.execution import Execution, Stopped
from suture.run.handlers import Notifications, Notified
from suture.run.keywords import flag, numeric
from suture.run.outcome import registered
from suture.run.pending import Pending
from suture.run.state import HostState
from suture.run.task import TaskRun
from suture.run.visibility import looks_around, shows
from suture.templating.rendering import static_value
from suture.variables.scope import Precedence, Scope

Epochs = tuple[int, ...]


FOR_ALL = frozenset({"end_play", "end_batch", "clear_facts", "clear_host_errors"})
"""Statements that are one for all hosts of the batch."""


class EndPlay(Exception):
    """meta: end_play or end_host was met; what was sent is over."""


class HostRun:
    """One host going through one play.

    ``task_run`` performs single tasks, ``vault`` opens what an include reads; this walks the
    tree: sections, blocks, includes, handlers.
    ``selected`` says whether tags let a task run; ``batch`` holds the hosts that go beside it.
    ``pending`` makes what tells of handlers that are notified.
    ``fatal``: it failed where a failure ends the play for all.
    """

    def __init__(
        self,
        state: HostState,
        play: Play,
        scope: Scope,
        task_run: TaskRun,
        vault: Opener | None,
        selected: Callable[[Task], bool],
        batch: Batch,
        pending: Callable[[Callable[[Task], str]], Pending],
    ) -> None:
        self._state = state
        self._play = play
        self._scope = scope
        self._tasks = task_run
        self._vault = vault
        self._selected = selected
        self._batch = batch
        self._shown = False
        """Whether something was shown since this host last waited for the others."""
        self._position: Position = ()
        self._forced = False
        self._forgiven = False
        self._ended: list[Role | None] = []
        self.fatal = False
        self._pending = pending(lambda handler: task_run.shown_name(handler, scope))
        self._notifications = Notifications(play.handlers, self._pending.named, self._pending)
        task_run.notifications = self._notifications

    def performed(self, force_handlers: bool) -> bool:
        """Whether the host came through the play.  HostGone when it was lost."""
        epochs = (next(self._state.numbers),)
        self._forced = force_handlers
        try:
            for number, section in enumerate(self._play.sections):
                self._nodes(section, epochs, self._scope, (number,))
                if section:  # what an earlier run has left is not due before the first task
                    self._flush_handlers(epochs, (number, len(section)))
            self._settle(epochs)
        except EndPlay:
            return True
        except Stopped:
            self._drain()
            self.fatal = self._is_fatal(self._state.order.failure(epochs))
            if force_handlers:
                self._flush_handlers((next(self._state.numbers),), (len(self._play.sections),))
                self._drain()
            return False
        finally:
            self._pending.left()
        return True

    def _is_fatal(self, failure: Execution | None) -> bool:
        """Whether the failure is one that ends the play for every host."""
        if failure is None:
            return False
        return flag(failure.task.any_errors_fatal, self._scope, failure.task.mark)

    def _nodes(
        self, nodes: Sequence[Node], epochs: Epochs, scope: Scope, position: Position
    ) -> None:
        for number, node in enumerate(nodes):
            here = (*position, number)
            if isinstance(node, Block):
                self._block(node, epochs, scope, here)
            elif self._selected(node) and not self._is_over(node):
                self._task(node, epochs, scope, here)

    def _is_over(self, task: Task) -> bool:
        """Whether the task's role was ended by an earlier one of its tasks."""
        return any(task.role is role for role in self._ended)

    def _task(self, task: Task, epochs: Epochs, scope: Scope, position: Position) -> None:
        self._state.order.check(epochs)
        self._arrive(task, epochs, position)
        try:
            self._by_kind(task, epochs, scope, position)
        except TemplateError as error:  # in what decides how it is done: the task's own failure
            self._tasks.refused(task, epochs, scope, error.bare)
            self._state.order.check(epochs)

    def _by_kind(self, task: Task, epochs: Epochs, scope: Scope, position: Position) -> None:
        if task.faults:
            self._tasks.perform(task, epochs, scope)
        elif task.module == "meta":
            self._meta(task, epochs, scope, position)
        elif task.module in ("include_tasks", "include_role"):
            self._include(task, epochs, scope, position)
        elif task.run_once or task.module == "add_host":
            self._once(task, epochs, scope, position)
        elif task.throttle:
            self._throttled(task, epochs, scope)
        else:
            self._perform(task, epochs, scope)

    def _arrive(self, task: Task, epochs: Epochs, position: Position) -> None:
        """Come to a task: where order can be noticed, after the others have come as far."""
        batch, name = self._batch, self._state.host.name
        batch.mingled = batch.mingled or task.delegate_facts is not None
        if batch.strict:  # who has failed does not come here
            self._settle(epochs)
        self._position = position
        batch.reached(name, position)
        if batch.strict:
            batch.wait_for_others(name, position)
        elif batch.linear and not self._state.agents.dry:
            if self._shown and looks_around(task):
                self._state.agents.flush()
                batch.wait_for_others(name, position)
                self._shown = False
            # What an include brings elsewhere may show something, though it brings nothing here.
            self._shown = self._shown or shows(task)

    def _perform(
        self, task: Task, epochs: Epochs, scope: Scope, due: Notified | None = None
    ) -> Execution:
        """Send the task's steps; the others know of them where they may notice them."""
        if task.ignore_unreachable is not None:
            return self._borne(task, epochs, scope, due)
        if not self._batch.linear or not shows(task):
            return self._tasks.perform(task, epochs, scope, due)
        ended = self._batch.showing(self._state.host.name, self._position)
        try:
            execution = self._tasks.perform(task, epochs, scope, due)
        except BaseException:
            ended()
            raise
        self._state.order.when_final(execution, ended)
        return execution

    def _borne(self, task: Task, epochs: Epochs, scope: Scope, due: Notified | None) -> Execution:
        """Perform the task alone: the host may be lost by it, and go on all the same."""
        self._settle(epochs)
        order = self._state.order
        try:
            execution = self._tasks.perform(task, epochs, scope, due)
            self._drain()
        except Stopped:
            if order.lapsed is None:
                raise
            execution = order.lapsed
        if order.lapsed is not None:
            self._state.agents.forget()
            order.lapsed = None
        return execution

    def _once(self, task: Task, epochs: Epochs, scope: Scope, position: Position) -> None:
        """One host performs the task, and all of them get its result."""
        once = task.module == "add_host"
        if not once and not flag(
            task.run_once, self._tasks.scope(task, scope), task.mark, "run_once"
        ):
            self._perform(task, epochs, scope)
            return
        self._settle(epochs)  # who has failed cannot do it for the others
        mine, future = self._batch.once(self._state.host.name, position)
        if not mine:
            with self._batch.resting():
                end = future.result()
            self._tasks.borrowed(task, epochs, scope, end)
            return
        try:
            execution = self._perform(task, epochs, scope)
            self._state.agents.flush()
            future.set_result(self._state.order.ended(execution))
        except BaseException as error:
            future.set_exception(error)
            raise

    def _throttled(self, task: Task, epochs: Epochs, scope: Scope) -> None:
        limit = int(numeric(task.throttle, scope, task.mark, "throttle") or 0)
        if limit < 1:
            self._perform(task, epochs, scope)
            return
        with self._batch.throttled(task.mark, limit):
            self._perform(task, epochs, scope)
            self._state.agents.flush()
            self._state.order.answered()

    def _block(self, block: Block, epochs: Epochs, scope: Scope, position: Position) -> None:
        """The block's tasks; its rescue if one fails; its always in any case."""
        order = self._state.order
        inner = next(self._state.numbers)
        if block.rescue:
            order.rescue(inner)
        stopped = not self._through(block.tasks, (*epochs, inner), epochs, scope, (*position, 0))
        if stopped and block.rescue:
            failure = order.failure((inner,))
            if failure is not None and failure.final is not None:
                told = {
                    "ansible_failed_task": _failed_task(failure),
                    "ansible_failed_result": registered(failure.final),
                }
                scope = scope.with_layer(Precedence.RESULTS, told)
                self._state.results.update(told)
            inner = next(self._state.numbers)
            stopped = not self._through(
                block.rescue, (*epochs, inner), epochs, scope, (*position, 1)
            )
        if block.always:
            last = next(self._state.numbers)
            self._forgiven = False
            if not self._through(block.always, (*epochs, last), epochs, scope, (*position, 2)):
                inner, stopped = last, True
            elif self._forgiven:
                stopped = False
        if stopped:
            order.spread(inner, epochs)
            raise Stopped

    def _through(
        self,
        nodes: Sequence[Node],
        epochs: Epochs,
        outer: Epochs,
        scope: Scope,
        position: Position,
    ) -> bool:
        """Whether these all went well; Stopped when something outside of them has failed."""
        try:
            self._nodes(nodes, epochs, scope, position)
            self._settle(epochs)
        except Stopped:
            self._drain()
            self._state.order.check(outer)
            return False
        return True

    def _settle(self, epochs: Epochs) -> None:
        """Wait until everything sent is over; Stopped where it failed."""
        self._drain()
        self._state.order.check(epochs)

    def _drain(self) -> None:
        self._state.agents.flush()
        self._state.order.drain()

    def _flush_handlers(self, epochs: Epochs, position: Position) -> None:
        if not self._notifications.pending():
            return
        if (
            self._forced
        ):  # sent behind a failure they would be dropped, and have to run all the same
            self._settle(epochs)
        for again in range(len(self._notifications.taken()) + 1):
            if not self._handlers_run(epochs, (*position, again)):
                break  # no handler has notified an earlier one
        self._notifications.clear()

    def _handlers_run(self, epochs: Epochs, position: Position) -> bool:
        """Go through the handlers once; whether any had to run, or may have had to."""
        some = False
        for number, handler in enumerate(self._notifications.taken()):
            due = self._notifications.due(handler)
            if due is None or not self._selected(handler):
                continue
            some = True
            here = (*position, number)
            notified = self._notifications.count
            self._arrive(handler, epochs, here)
            if handler.module in ("include_tasks", "include_role", "meta"):
                self._settle(epochs)
                due = self._notifications.due(handler)
                self._notifications.answered(handler, notified)
                if due is None or not due.certain:
                    continue
                if handler.module == "meta":
                    self._meta(handler, epochs, self._scope, here)
                else:
                    self._include(handler, epochs, self._scope, here)
                self._settle(epochs)
                self._pending.settled(handler)
                continue
            self._pending.running(handler, self._perform(handler, epochs, self._scope, due))
            self._notifications.answered(handler, notified)
        return some

    def _meta(self, task: Task, epochs: Epochs, scope: Scope, position: Position) -> None:
        action = str(task.args.get("free_form") or "noop")
        if not self._decided(task, action, epochs, scope, position):
            return
        if action == "flush_handlers":
            self._flush_handlers(epochs, position)
        elif action in ("end_play", "end_host", "end_batch"):
            self._settle(epochs)
            self._batch.over = self._batch.over or action == "end_play"
            raise EndPlay
        elif action == "end_role":
            self._ended.append(task.role)
        elif action == "clear_facts":
            self._state.facts = None
        elif action == "reset_connection":
            self._settle(epochs)
            self._state.agents.part()
            self._state.agents.finish()
        elif action == "clear_host_errors":
            self._batch.forgive()
            self._forgiven = True
        elif action not in ("noop", "refresh_inventory"):
            raise SutureError(f"{task.mark}: meta: {action} is not supported")

    def _decided(
        self, task: Task, action: str, epochs: Epochs, scope: Scope, position: Position
    ) -> bool:
        """Whether the statement's conditions hold; of what concerns all hosts the first one says it
        for all."""
        if action not in FOR_ALL or not self._batch.linear:
            return self._tasks.wanted(task, scope, epochs)
        mine, future = self._batch.once(self._state.host.name, position)
        if not mine:
            with self._batch.resting():
                return bool(future.result())
        try:
            wanted = self._tasks.wanted(task, scope, epochs)
        except BaseException as error:
            future.set_exception(error)
            raise
        future.set_result(wanted)
        return wanted

    def _include(self, task: Task, epochs: Epochs, scope: Scope, position: Position) -> None:
        """Tasks found only now: each round of a loop includes them anew, with its own item."""
        assert isinstance(task, Include)
        for number, (inner, outer) in enumerate(self._tasks.rounds(task, epochs, scope)):
            brought = None
            if task.enclosing.included > DEEPEST:
                why = f"includes are nested more than {DEEPEST} levels deep: end the circle by a 'when'"
                self._tasks.refused(task, epochs, scope, why)
                self._state.order.check(epochs)
                continue
            try:
                args = self._tasks.arguments(task, inner)
                if task.module == "include_tasks":
                    nodes = tasks_file(
                        str(args["file"]), task, vault=self._vault, rendered=static_value
                    )
                else:
                    brought = included_role(task, args, vault=self._vault, rendered=static_value)
                    nodes = brought.nodes
            except (Invalid, TemplateError) as error:
                why = error.bare if isinstance(error, TemplateError) else str(error)
                self._tasks.refused(task, epochs, scope, why)
                self._state.order.check(epochs)
                continue
            if brought is not None:
                self._notifications.extend(brought.handlers)
                for role in brought.roles:
                    outer = outer.with_layer(Precedence.ROLE_DEFAULTS, role.defaults)
                    outer = outer.with_layer(Precedence.ROLE_VARS, role.vars)
            self._nodes(nodes, epochs, outer, (*position, number))


def _failed_task(failure: Execution) -> dict[str, str]:
    """What ``ansible_failed_task`` says: a task that has no name says none."""
    task = failure.task
    return {"name": failure.name if "name" in task.marks else "", "action": task.module}

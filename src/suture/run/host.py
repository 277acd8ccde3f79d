"""Take one host through a play, as far ahead of its results as the playbook allows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from suture.errors import SutureError
from suture.load.level import Include
from suture.load.playbook import included_role, tasks_file
from suture.load.source import Opener
from suture.model import Block, Mark, Node, Play, Task
from suture.run.execution import Stopped
from suture.run.handlers import Notifications
from suture.run.lockstep import Shared
from suture.run.outcome import registered
from suture.run.state import HostState
from suture.run.step_renderer import flag
from suture.run.task import TaskRun
from suture.templating.rendering import render
from suture.variables.scope import Level, Scope

Epochs = tuple[int, ...]


class EndPlay(Exception):
    """meta: end_play or end_host was met; what was sent is over."""


class HostRun:
    """One host going through one play.

    ``task_run`` performs single tasks, ``vault`` opens what an include reads; this walks the
    tree: sections, blocks, includes, handlers.
    ``selected`` says whether tags let a task run; ``shared`` is what it shares with other hosts.
    """

    def __init__(
        self,
        state: HostState,
        play: Play,
        scope: Scope,
        task_run: TaskRun,
        vault: Opener | None,
        selected: Callable[[Task], bool],
        shared: Shared,
    ) -> None:
        self._state = state
        self._play = play
        self._scope = scope
        self._tasks = task_run
        self._vault = vault
        self._selected = selected
        self._shared = shared
        self._visits: Counter[Mark] = Counter()
        self._notifications = Notifications(play.handlers)
        task_run.notifications = self._notifications

    def run(self, force_handlers: bool) -> bool:
        """Whether the host came through.  HostGone when it was lost."""
        epochs = (next(self._state.numbers),)
        try:
            for section in self._play.sections:
                self._nodes(section, epochs, self._scope, top=True)
                self._flush_handlers(epochs)
            self._settle(epochs)
        except EndPlay:
            return True
        except Stopped:
            self._state.agents.flush()
            self._state.order.drain()
            if force_handlers:
                self._flush_handlers((next(self._state.numbers),))
                self._state.agents.flush()
                self._state.order.drain()
            return False
        return True

    def _nodes(
        self, nodes: Sequence[Node], epochs: Epochs, scope: Scope, top: bool = False
    ) -> None:
        for node in nodes:
            if isinstance(node, Block):
                self._block(node, epochs, scope)
            elif self._selected(node):
                self._task(node, epochs, scope)
            if top and self._shared.after is not None:
                self._settle(epochs)
                self._shared.after()

    def _task(self, task: Task, epochs: Epochs, scope: Scope) -> None:
        self._state.order.check(epochs)
        if task.module == "meta":
            self._meta(task, epochs, scope)
        elif task.module in ("include_tasks", "include_role"):
            self._include(task, epochs, scope)
        elif task.run_once:
            self._once(task, epochs, scope)
        elif task.throttle:
            self._throttled(task, epochs, scope)
        else:
            self._tasks.perform(task, epochs, scope)

    def _once(self, task: Task, epochs: Epochs, scope: Scope) -> None:
        """The first host to come performs the task, and all of them get its result."""
        if not flag(task.run_once, scope, task.mark):
            self._tasks.perform(task, epochs, scope)
            return
        self._visits[task.mark] += 1
        mine, future = self._shared.once(task.mark, self._visits[task.mark])
        if not mine:
            self._state.agents.flush()
            self._tasks.borrowed(task, epochs, scope, future.result())
            return
        try:
            execution = self._tasks.perform(task, epochs, scope)
            self._state.agents.flush()
            future.set_result(self._state.order.wait(execution))
        except BaseException as error:
            future.set_exception(error)
            raise

    def _throttled(self, task: Task, epochs: Epochs, scope: Scope) -> None:
        limit = int(render(task.throttle, scope, task.mark) or 0)
        if limit < 1:
            self._tasks.perform(task, epochs, scope)
            return
        with self._shared.throttle(task.mark, limit):
            self._tasks.perform(task, epochs, scope)
            self._state.agents.flush()
            self._state.order.answered()

    def _block(self, block: Block, epochs: Epochs, scope: Scope) -> None:
        """The block's tasks; its rescue if one fails; its always in any case."""
        order = self._state.order
        inner = next(self._state.numbers)
        if block.rescue:
            order.rescue(inner)
        stopped = not self._through(block.tasks, (*epochs, inner), epochs, scope)
        if stopped and block.rescue:
            failure = order.failure((inner,))
            if failure is not None and failure.final is not None:
                told = {
                    "ansible_failed_task": {"name": failure.name, "action": failure.task.module},
                    "ansible_failed_result": registered(failure.final),
                }
                scope = scope.with_layer(Level.RESULTS, told)
                self._state.results.update(told)
            inner = next(self._state.numbers)
            stopped = not self._through(block.rescue, (*epochs, inner), epochs, scope)
        if block.always:
            last = next(self._state.numbers)
            if not self._through(block.always, (*epochs, last), epochs, scope):
                inner, stopped = last, True
        if stopped:
            order.spread(inner, epochs)
            raise Stopped

    def _through(self, nodes: Sequence[Node], epochs: Epochs, outer: Epochs, scope: Scope) -> bool:
        """Whether these all went well; Stopped when something outside of them has failed."""
        try:
            self._nodes(nodes, epochs, scope)
            self._settle(epochs)
        except Stopped:
            self._state.agents.flush()
            self._state.order.drain()
            self._state.order.check(outer)
            return False
        return True

    def _settle(self, epochs: Epochs) -> None:
        """Wait until everything sent is over."""
        self._state.agents.flush()
        self._state.order.drain()
        self._state.order.check(epochs)

    def _flush_handlers(self, epochs: Epochs) -> None:
        if not self._notifications.pending():
            return
        for handler in self._notifications.taken():
            due = self._notifications.due(handler)
            if due is None or not self._selected(handler):
                continue
            if handler.module in ("include_tasks", "include_role"):
                self._settle(epochs)
                due = self._notifications.due(handler)
                if due is not None and due.certain:
                    self._include(handler, epochs, self._scope)
                continue
            self._tasks.perform(handler, epochs, self._scope, due)
        self._notifications.clear()

    def _meta(self, task: Task, epochs: Epochs, scope: Scope) -> None:
        action = str(task.args.get("free_form") or "noop")
        if not self._tasks.wanted(task, scope, epochs):
            return
        if action == "flush_handlers":
            self._flush_handlers(epochs)
        elif action in ("end_play", "end_host", "end_batch"):
            self._settle(epochs)
            raise EndPlay
        elif action == "clear_facts":
            self._state.facts = None
        elif action == "reset_connection":
            self._settle(epochs)
            self._state.agents.part()
            self._state.agents.finish()
        elif action not in ("noop", "refresh_inventory", "clear_host_errors"):
            raise SutureError(f"{task.mark}: meta: {action} is not supported")

    def _include(self, task: Task, epochs: Epochs, scope: Scope) -> None:
        """Tasks found only now: each round of a loop includes them anew, with its own item."""
        assert isinstance(task, Include)
        for inner, outer in self._tasks.rounds(task, epochs, scope):
            args = self._tasks.arguments(task, inner)
            if task.module == "include_tasks":
                nodes = tasks_file(str(args["file"]), task, vault=self._vault)
            else:
                brought = included_role(task, args, vault=self._vault)
                self._notifications.extend(brought.handlers)
                nodes = brought.nodes
                for role in brought.roles:
                    outer = outer.with_layer(Level.ROLE_DEFAULTS, role.defaults)
                    outer = outer.with_layer(Level.ROLE_VARS, role.vars)
            self._nodes(nodes, epochs, outer)

"""Onlookers for a plan's sake: one writes down the steps, one holds them to what is written."""

from __future__ import annotations

import json
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from suture.agent.protocol.result import Change
from suture.agent.protocol.store import encoded
from suture.commands.plan_file import HostPlan, Key, PlannedStep, Saved
from suture.errors import Refused
from suture.redaction import Redactor
from suture.run.execution import Execution
from suture.run.step import ReadyStep
from suture.secrets import secrets_in

Looks = Mapping[str, tuple[str, int]]
Place = tuple[str, int, str]


def digest(key: Key, module: str, step: ReadyStep) -> str:
    """The mark of everything that a step is about to do; content counts by its hash."""
    told = {
        "module": module,
        "args": encoded(dict(step.args), []),
        "environment": dict(step.environment),
        "as": [step.becoming.method, step.becoming.user, step.becoming.flags],
        "host": step.host,
        "dry": step.dry,
        "undo_with": [list(command) for command in step.undo_with],
    }
    return key.mark("step", json.dumps(told, default=str).encode("utf-8", "surrogateescape"))


@dataclass(slots=True)
class ObservedTask:
    """A task on one host as it was seen to be sent."""

    execution: Execution
    digests: dict[str, str] = field(default_factory=dict)
    secret: bool = False


class PlanRecorder:
    """Writes down a dry run's steps; ``redactor`` learns of every secret that one was given."""

    def __init__(self, key: Key, redactor: Redactor) -> None:
        self._key = key
        self._redactor = redactor
        self._lock = threading.Lock()
        self._noted: dict[str, dict[Execution, ObservedTask]] = defaultdict(dict)

    def begun(self, host: str, execution: Execution) -> None:
        with self._lock:
            self._noted[host][execution] = ObservedTask(execution, secret=execution.secret)

    def sending(self, host: str, execution: Execution, index: int, step: ReadyStep) -> None:
        for secret in secrets_in({**step.args, **step.environment}):
            self._redactor.add(secret)
        mark = digest(self._key, execution.task.module, step)
        with self._lock:
            noted = self._noted[host][execution]
            noted.digests[str(index)] = mark
            noted.secret = noted.secret or step.secret

    def plans(self, looks: Mapping[str, Looks]) -> dict[str, HostPlan]:
        """Each host's plan, once the dry run is over; ``looks``: what was seen of each."""
        return {host: self._plan(host, looks[host]) for host in sorted(looks)}

    def _plan(self, host: str, looks: Looks) -> HostPlan:
        noted = list(self._noted[host].values())
        secret = {number for each in noted if each.secret for number in each.execution.numbers}
        steps = [_step(each) for each in noted if not each.execution.silent]
        shown = [PlannedStep(**self._redactor.data(step)) for step in steps]
        marks = {}
        for name, (found, number) in sorted(looks.items()):
            mark = self._key.mark("look", found.encode())
            if number in secret:
                name = "something that a secret step looks at: " + self._named(name)
            marks[self._redactor.text(name)] = mark
        return HostPlan(tuple(shown), marks)

    def _named(self, name: str) -> str:
        return self._key.mark("name", name.encode())[:12]


def _step(noted: ObservedTask) -> dict[str, Any]:
    execution = noted.execution
    task, end = execution.task, execution.final
    status = "unknown" if end is None else end.status.value
    hide: Callable[[Change], Mapping[str, Any]] = _hidden if noted.secret else Change.to_wire
    return {
        "task": execution.name,
        "module": task.module,
        "file": task.mark.file,
        "line": task.mark.line,
        "status": status,
        "changes": tuple(hide(change) for change in (end.changes if end else ())),
        "reason": end.reason if end and not noted.secret else "",
        "digests": noted.digests,
    }


def _hidden(change: Change) -> Mapping[str, Any]:
    return {"action": change.action, "target": "(hidden)"}


class PlanEnforcer:
    """Lets a step leave only if the plan has it, with these very arguments."""

    def __init__(self, plan: Saved, key: Key) -> None:
        self._key = key
        self._lock = threading.Lock()
        self._ahead: dict[tuple[str, Place], deque[PlannedStep]] = defaultdict(deque)
        self._at: dict[Execution, PlannedStep | None] = {}
        self._anywhere: dict[Place, set[str]] = defaultdict(set)
        for host, step in plan.steps:
            place = (step.file, step.line, step.module)
            self._ahead[(host, place)].append(step)
            self._anywhere[place] |= set(step.digests.values())

    def begun(self, host: str, execution: Execution) -> None:
        with self._lock:
            ahead = self._ahead[(host, _place(execution))]
            self._at[execution] = ahead.popleft() if ahead else None

    def sending(self, host: str, execution: Execution, index: int, step: ReadyStep) -> None:
        task = execution.task
        where = f"{host}: the step '{execution.name}' ({task.mark.file}:{task.mark.line})"
        mark = digest(self._key, task.module, step)
        with self._lock:
            planned = self._at[execution]
        if planned is None:
            raise Refused(f"{where} is not in the plan: it was not sent, and the run ends here")
        wanted = planned.digests.get(str(index))
        if wanted == mark:
            return
        if task.run_once and mark in self._anywhere[_place(execution)]:
            return
        if wanted is None and planned.status == "unknown":
            return
        if wanted is None:
            raise Refused(
                f"{where} is {planned.status} in the plan: it was not sent, and the run ends here"
            )
        raise Refused(
            f"{where} would be done with other arguments than in the plan: it was not sent, and the"
            " run ends here"
        )


def _place(execution: Execution) -> Place:
    task = execution.task
    return task.mark.file, task.mark.line, task.module

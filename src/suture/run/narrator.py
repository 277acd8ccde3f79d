"""What happens on one host, told as events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from suture.agent.protocol.result import Change
from suture.events import (
    Event,
    ItemFinished,
    StepFinished,
    StepOutput,
    StepStarted,
    TestFinished,
    Warned,
)
from suture.redaction import leaves
from suture.run.execution import Execution, Order

LOOKING = "looking"
"""The purpose of steps that nobody asked for and nobody has to hear of."""

CENSORED = "the output is hidden, because 'no_log: true' was asked for this task"

KEPT = 256 * 1024
"""Characters of a text in a result that are recorded; later tasks have all of it."""

OPEN = frozenset(
    {"changed", "failed", "msg", "rc", "start", "end", "delta", "dest", "src", "path", "state"}
    | {"owner", "group", "mode", "uid", "gid", "size", "checksum", "ansible_loop_var", "attempts"}
)
"""Names in a result whose values are no secrets, even where the task's arguments are."""

SHORTEST_HIDDEN = 6
MOST_HIDDEN = 200
"""Letters and number of the texts of a hidden result that are looked for in what comes later."""


@dataclass(slots=True)
class Narrator:
    """``emit`` may be called from any thread.  ``play``, ``phase`` and ``purpose`` say what the
    steps belong to; they change between plays, never during one.  ``learn`` is given what a result
    holds that nobody may see, in case a later task shows it."""

    host: str
    emit: Callable[[Event], None]
    play: str = ""
    phase: int = 0
    purpose: str = "task"
    learn: Callable[[str], None] = lambda secret: None

    def begun(self, execution: Execution) -> None:
        if not execution.silent and self.purpose != LOOKING:
            task = execution.task
            self.emit(
                StepStarted(
                    host=self.host,
                    task=execution.name,
                    module=task.module,
                    file=task.mark.file,
                    line=task.mark.line,
                )
            )

    def reported(self, execution: Execution) -> None:
        end = execution.final
        if execution.silent or end is None or self.purpose == LOOKING:
            return
        secret, task = execution.secret, execution.task
        if secret:
            for text in _hidden(end.data):
                self.learn(text)
        for item in end.items:
            self.emit(
                ItemFinished(
                    host=self.host,
                    task=execution.name,
                    item="(hidden)" if secret else item.label,
                    status=item.status.value,
                    changes=_wire_changes(item.changes, secret),
                    message=CENSORED if secret and item.message else item.message or item.reason,
                    seconds=item.seconds,
                )
            )
        self.emit(
            StepFinished(
                host=self.host,
                task=execution.name,
                module=task.module,
                status=end.status.value,
                file=task.mark.file,
                line=task.mark.line,
                changes=_wire_changes(end.changes, secret),
                data={"censored": CENSORED} if secret else _shown(task.module, end.data),
                message=CENSORED if secret and end.message else end.message,
                trace="" if secret else end.trace,
                seconds=round(end.seconds, 4),
                play=self.play,
                role=task.role.name if task.role else "",
                reason=end.reason,
                exception=execution.exception,
                handler=execution.handler,
            )
        )

    def output(self, order: Order, number: int, text: str) -> None:
        execution = order.executing(number)
        if execution is not None and not execution.secret and not execution.silent:
            self.emit(StepOutput(host=self.host, task=execution.name, text=text))

    def report(self, order: Order, number: int, kind: str, data: Mapping[str, Any]) -> None:
        """A structured report from the running step: a test, or a word to the operator ("note")."""
        execution = order.executing(number)
        if kind == "note" and execution is not None and not execution.secret:
            mark = execution.task.mark
            said = f"{execution.task.module}: {data['text']}"
            self.emit(Warned(message=said, where=f"{mark.file}:{mark.line}"))
        if kind == "test" and execution is not None and not execution.secret:
            self.emit(
                TestFinished(
                    host=self.host,
                    id=str(data["id"]),
                    outcome=str(data["outcome"]),
                    message=str(data.get("message") or ""),
                    seconds=float(data.get("seconds") or 0),
                    phase=self.phase,
                    purpose=str(data.get("purpose") or self.purpose),
                )
            )


def _wire_changes(changes: tuple[Change, ...], secret: bool) -> tuple[Mapping[str, Any], ...]:
    if secret:
        return tuple({"action": change.action, "target": "(hidden)"} for change in changes)
    return tuple(change.to_wire() for change in changes)


def _shown(module: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reader of the events gets of the data: facts and tests have events of their own, a
    journal's records were told when they were made, and of a long text its beginning and end do."""
    if module == "debug":
        return {name: _short(value) for name, value in data.items()}
    untold = ("ansible_facts", "tests", "records")
    return {name: _short(value) for name, value in data.items() if name not in untold}


def _hidden(data: Mapping[str, Any]) -> Iterator[str]:
    """What a task under ``no_log`` returned that tells something by itself."""
    told = {name: value for name, value in data.items() if name not in OPEN}
    results = told.pop("results", ())
    for each in results if isinstance(results, list) else ():
        yield from _hidden(each) if isinstance(each, Mapping) else ()
    for text in islice(leaves(told), MOST_HIDDEN):
        if SHORTEST_HIDDEN <= len(text) <= KEPT:
            yield text


def _short(value: Any) -> Any:
    """The value with the middle of each long text in it left out."""
    if isinstance(value, str) and len(value) > KEPT:
        half = KEPT // 2
        said = f"\n[... {len(value) - KEPT} characters are left out here ...]\n"
        return type(value)(f"{value[:half]}{said}{value[-half:]}")
    if type(value) is dict:
        return {name: _short(item) for name, item in value.items()}
    return [_short(item) for item in value] if type(value) is list else value

"""A playbook from one of its tasks on, as ``--start-at-task`` asks for it.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from suture.errors import SutureError
from suture.model import Block, Node, Play, Task

Selected = Callable[[Task], bool]


def starting_at(plays: Sequence[Play], name: str, selected: Selected) -> tuple[Play, ...]:
    """The plays without what comes before the first task of this name, or of a pattern such as
    ``install*``; SutureError where no task has it."""
    for number, play in enumerate(plays):
        for at, section in enumerate(play.sections):
            rest = _from(section, name, selected)
            if rest is not None:
                before: list[tuple[Node, ...]] = [()] * at
                sections = (*before, rest, *play.sections[at + 1 :])
                return (replace(play, sections=sections), *plays[number + 1 :])
    raise SutureError(
        f"no task is called '{name}', so there is nothing to start at; what an include brings cannot"
        " be started at (--list-tasks shows what can)"
    )


def _from(nodes: Sequence[Node], name: str, selected: Selected) -> tuple[Node, ...] | None:
    """What is left of these from the task on; None where none of them is, or has, the task."""
    for at, node in enumerate(nodes):
        if isinstance(node, Task):
            if selected(node) and _is_called(node, name):
                return tuple(nodes[at:])
            continue
        left = _block_from(node, name, selected)
        if left is not None:
            return (left, *nodes[at + 1 :])
    return None


def _block_from(block: Block, name: str, selected: Selected) -> Block | None:
    tasks = _from(block.tasks, name, selected)
    if tasks is not None:
        return replace(block, tasks=tasks)
    always = _from(block.always, name, selected)
    return None if always is None else replace(block, tasks=(), rescue=(), always=always)


def _is_called(task: Task, name: str) -> bool:
    names = [task.name, f"{task.role.name} : {task.name}"] if task.role else [task.name]
    return any(each == name or fnmatchcase(each, name) for each in names)

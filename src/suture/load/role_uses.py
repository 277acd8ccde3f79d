"""Roles that one play uses more than once, and what a handler answers to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from suture.load.level import RoleUse
from suture.model import Block, Task
from suture.model import Node as Step


def names_of(handler: Task) -> set[str]:
    """What a handler answers to: its name, with its role's before it too, and its topics."""
    names = {handler.name, *handler.listen}
    return names | {f"{handler.role.name} : {handler.name}"} if handler.role else names


def once(nodes: Sequence[Step], *, selected: bool) -> tuple[Step, ...]:
    """The nodes without those of a role that an earlier use in the same play has done already.

    A use is done already by an equal one (parameters, own conditions, own tags) that stands under
    no further condition and, unless tags have been ``selected`` already, would be selected
    whenever this one is.
    """
    uses: list[RoleUse] = []
    for task in tasks_of(nodes):
        if isinstance(task.role, RoleUse) and not any(task.role is use for use in uses):
            uses.append(task.role)
    done = [
        later
        for index, later in enumerate(uses)
        if any(_covers(earlier, later, selected) for earlier in uses[:index])
    ]
    return tuple(_without(nodes, done)) if done else tuple(nodes)


def _covers(earlier: RoleUse, later: RoleUse, selected: bool) -> bool:
    same = earlier.path == later.path and earlier.own == later.own
    if not same or earlier.params != later.params or later.repeatable or earlier.repeatable:
        return False
    conditions = all(condition in later.when for condition in earlier.when)
    return conditions and (selected or later.tags <= earlier.tags)


def _without(nodes: Sequence[Step], done: Sequence[RoleUse]) -> Iterator[Step]:
    for node in nodes:
        if isinstance(node, Block):
            parts = (tuple(_without(part, done)) for part in (node.tasks, node.rescue, node.always))
            block, rescue, always = parts
            if block or rescue or always:
                yield replace(node, tasks=block, rescue=rescue, always=always)
        elif not any(node.role is use for use in done):
            yield node


def tasks_of(nodes: Sequence[Step], *, rescues: bool = True) -> Iterator[Task]:
    """Every task among the nodes, in blocks too; those of ``rescue`` and ``always`` if wanted."""
    for node in nodes:
        if isinstance(node, Block):
            parts = (*node.tasks, *node.rescue, *node.always) if rescues else node.tasks
            yield from tasks_of(parts, rescues=rescues)
        else:
            yield node

"""What a playbook would be done to, and what it would do, as ansible-playbook lists it: nothing is
connected to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from suture.load.level import listed
from suture.load.role_uses import tasks_of
from suture.model import Host, Play, Playbook, Task


def listing(
    playbook: Playbook,
    hosts_of: Callable[[Play], Sequence[Host]],
    selected: Callable[[Task], bool],
    *,
    hosts: bool = False,
    tasks: bool = False,
    tags: bool = False,
) -> Iterator[str]:
    """The lines; ``hosts``, ``tasks`` and ``tags`` say what of it is wanted."""
    yield f"playbook: {playbook.file}"
    for number, play in enumerate(playbook.plays, 1):
        pattern = ",".join(map(str, listed(play.hosts)))
        yield ""
        yield f"  play #{number} ({pattern}): {play.name}  {_tags(play.tags)}"
        if hosts:
            names = [host.name for host in hosts_of(play)]
            yield f"    hosts ({len(names)}):"
            yield from (f"      {name}" for name in names)
        chosen = [
            task
            for section in play.sections
            for task in tasks_of(section)
            if selected(task) and task.module != "meta"
        ]
        if tasks:
            yield "    tasks:"
            yield from (f"      {_name(task)}  {_tags(task.tags)}" for task in chosen)
        if tags:
            every = frozenset(tag for task in chosen for tag in task.tags)
            yield f"    TASK {_tags(every)}"


def _name(task: Task) -> str:
    return f"{task.role.name} : {task.name}" if task.role else task.name


def _tags(tags: frozenset[str]) -> str:
    return f"TAGS: [{', '.join(sorted(tags))}]"

"""The droplet owner's rules: what may not be done there without a written exception."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from suture.errors import Refused, SutureError
from suture.model import Block, Node, Play, Task

VARIABLE = "suture_policies"


@dataclass(frozen=True, slots=True)
class Policy:
    """A rule: these modules, and commands that match these globs, need an ``exception``."""

    name: str
    because: str
    modules: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()

    def forbids(self, module: str, args: Mapping[str, Any]) -> bool:
        if module in self.modules:
            return True
        if module not in ("command", "shell", "script"):
            return False
        text = str(args.get("cmd") or " ".join(map(str, args.get("argv") or ())))
        return any(fnmatch.fnmatch(text, pattern) for pattern in self.commands)


def policies_of(variables: Any) -> tuple[Policy, ...]:
    """The policies that a host's ``suture_policies`` variable states."""
    found = []
    for entry in variables or ():
        unknown = set(entry) - {"name", "because", "modules", "commands"}
        if unknown or "name" not in entry:
            raise SutureError(
                f"{VARIABLE}: each policy has name, because, modules and commands; found"
                f" {', '.join(sorted(map(str, entry)))}"
            )
        found.append(
            Policy(
                str(entry["name"]),
                str(entry.get("because", "")),
                tuple(map(str, entry.get("modules", ()))),
                tuple(map(str, entry.get("commands", ()))),
            )
        )
    return tuple(found)


def allowed(
    policies: Sequence[Policy], task: Task, args: Mapping[str, Any], host: str, exception: str = ""
) -> str:
    """The exception under which this task may run, or nothing where no policy speaks of it.
    ``exception`` is the task's own words for it, rendered.

    Refused, naming the rule and what to write, where one forbids it.
    """
    for policy in policies:
        if not policy.forbids(task.module, args):
            continue
        if task.exception:
            return f"{policy.name}: {exception or task.exception}"
        because = f" ({policy.because})" if policy.because else ""
        raise Refused(
            f"{task.mark}: the policy of {host} forbids this {task.module} task:"
            f" {policy.name}{because}; if it has to be, give the task an 'exception:' that says why"
        )
    return ""


def tasks_of(play: Play) -> Iterator[Task]:
    """Every task and handler that a play is known to hold before it runs."""
    for section in play.sections:
        for node in section:
            yield from _flat(node)
    yield from play.handlers


def _flat(node: Node) -> Iterator[Task]:
    if isinstance(node, Block):
        for inner in (*node.tasks, *node.rescue, *node.always):
            yield from _flat(inner)
    else:
        yield node

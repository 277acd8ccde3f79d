"""A call made in a throw-away copy of the host's files, and what it wrote there put on the real disk,
each path noted first, so that it can be undone."""

from __future__ import annotations

import functools
import os
import tempfile
from dataclasses import replace
from typing import Any, Callable, List, Mapping, Optional, Sequence

from ..protocol.result import Change
from ..protocol.spec import Failure
from ..rehearsal.carrying import Unfit, Written, carried, written
from ..rehearsal.namespaces import trouble
from ..world.beyond import Answer, paths_in
from ..world.world import World
from .warm import Sources, WarmProcesses

FILES, ALWAYS = "files", "always"
"""When a call is made in a copy: if it concerns files alone, so that nothing else is there to be
reached; or because the playbook says so, with the network as it is."""

Read = Callable[[Mapping[str, Any]], Answer]


@functools.lru_cache(maxsize=1)
def refusal() -> str:
    """Why this host allows no copy of its files; empty where it does."""
    return trouble()


def overlaid(
    warm: WarmProcesses,
    request: Mapping[str, Any],
    sources: Sources,
    read: Read,
    world: World,
    how: str,
) -> Optional[Answer]:
    """What the call came to, once all that it wrote is on the real disk.  None where it has to be
    made for real: nothing of it has happened then."""
    asked = {**request, "attempt": {"known": _known(request)}}
    with warm.attempt(asked, sources) as (message, overlays):
        trouble, answer, told = message.get("refused", ""), Answer(), []
        if not trouble:
            answer = read(message["said"])
            trouble = answer.failure
        if not trouble and message["left"]:
            trouble = "it leaves processes running"
        if not trouble:
            try:
                told = _carried(world, written(overlays, _own(request)), answer, how)
            except (Unfit, OSError) as error:
                trouble = str(error)
    if not trouble:
        return replace(answer, made=told)
    if how == ALWAYS:
        if answer.failure:
            return answer
        short = str(request["name"]).rpartition(".")[2]
        raise Failure(
            f"{short} cannot be run so that it could be undone, and nothing of it was kept:"
            f" {trouble}; without suture_overlay: always it runs for real"
        )
    return None


def _known(request: Mapping[str, Any]) -> List[str]:
    """The paths that the call may be about, with those that they lie in."""
    found = [*paths_in(request["args"]), os.path.realpath(tempfile.gettempdir())]
    return [*found, *map(os.path.dirname, found)]


def _own(request: Mapping[str, Any]) -> Sequence[str]:
    """Where Ansible's own starter would leave things, and a module's temporary folder lies."""
    home = request["environment"].get("HOME") or os.environ.get("HOME") or "/nonexistent"
    return [os.path.join(os.path.realpath(home), ".ansible")]


def _carried(world: World, found: Sequence[Written], answer: Answer, how: str) -> List[Change]:
    """The changes that the step tells of.  What the module says of a file is shown in its words:
    nobody else knows which of its content may be seen."""
    carried(world, found, hidden=True)
    real = world.take_changes()
    if not answer.changes:  # the module says that it changed nothing worth a word
        return []
    words = {os.path.realpath(each.target): each for each in answer.changes}
    made = []
    for change in real:
        word = words.get(change.target)
        if change.action == "write" and word is not None and (word.before or word.after):
            detail = {key: value for key, value in change.detail.items() if key != "size"}
            change = replace(change, before=word.before, after=word.after, detail=detail)
        made.append(change)
    if not made and how == ALWAYS:  # then it was not a file that it changed
        for change in answer.changes:
            world.make(change, lambda: None)
        return world.take_changes()
    return made or list(answer.changes)

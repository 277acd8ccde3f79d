"""Tasks that the controller performs itself, and what it does once a host's part is over."""

from __future__ import annotations

import base64
import functools
import importlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from suture.agent.main import perform
from suture.agent.protocol.result import Change, Status
from suture.agent.world.world import World
from suture.model import Task
from suture.run import outcome
from suture.run.arguments import Arguments
from suture.run.outcome import Outcome
from suture.run.state import HostState
from suture.variables.scope import Scope

WAITING = frozenset({"fetch", "setup", "pause"})
"""Modules whose results the driver itself has to see before the play goes on."""


@functools.cache
def here(module: str) -> bool:
    """Whether this module is performed on the controller."""
    code = importlib.import_module(f"suture.agent.modules.{module}")
    return bool(getattr(code, "CONTROLLER", False))


@functools.cache
def only_looks(module: str) -> bool:
    """Whether a step of this module changes nothing on a host, whatever comes of it."""
    code = importlib.import_module(f"suture.agent.modules.{module}")
    return here(module) or bool(getattr(code, "LOOKS", False))


def performed(task: Task, scope: Scope, arguments: Arguments, state: HostState) -> Outcome:
    """The outcome of a controller's task; the facts that it sets are set."""
    args = arguments.of(task, scope)
    verbosity = scope.find("ansible_verbosity")[0]
    if task.module == "debug" and int(args.get("verbosity", 0)) > verbosity:
        return outcome.skipped(f"shown with {args['verbosity']} times -v only")
    if task.module == "pause":
        state.agents.flush()
        state.order.answered()
        if state.agents.dry:
            return outcome.skipped("a dry run does not wait")
    end = outcome.outcome_of(perform(task.module, args, World()))
    facts = end.data.get("ansible_facts")
    if isinstance(facts, Mapping):
        # What include_vars read was written by the author: it may hold templates.
        kept = state.included if task.module == "include_vars" else state.results
        kept.update(facts)
    return end


def finished(task: Task, raw: Outcome, state: HostState) -> Outcome:
    """What the controller adds to a host's result: a fetched file is written, facts are kept."""
    if raw.status not in (Status.OK, Status.CHANGED):
        return raw
    if task.module == "setup":
        state.facts = {**(state.facts or {}), **raw.data.get("ansible_facts", {})}
    if task.module == "fetch":
        return _fetched(raw, state)
    return raw


def _fetched(raw: Outcome, state: HostState) -> Outcome:
    """The fetched content in its place on this machine, unless it is there already."""
    data: dict[str, Any] = dict(raw.data)
    if "content" not in data:
        return raw
    content = base64.b64decode(data.pop("content"))
    dest = Path(str(data["dest"]))
    if not data.pop("flat", False):
        source = str(data.get("src", data.get("file", ""))).lstrip("/")
        dest = dest / state.host.name / source
    elif str(data["dest"]).endswith("/"):
        dest = dest / Path(str(data.get("src", data.get("file", "")))).name
    data["dest"] = str(dest)
    if dest.is_file() and dest.read_bytes() == content:
        return replace(raw, data=data)
    if state.agents.stays:
        dest.parent.mkdir(parents=True, exist_ok=True)
        dest.write_bytes(content)
    change = Change("fetch", str(dest), detail={"size": len(content)})
    return replace(raw, status=Status.CHANGED, changes=(*raw.changes, change), data=data)

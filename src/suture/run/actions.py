"""Tasks that the controller performs itself, and what it does once a host's part is over."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from suture.agent.main import perform
from suture.agent.protocol.result import Status
from suture.agent.world.world import World
from suture.model import Joining, Task
from suture.run import outcome
from suture.run.arguments import Arguments
from suture.run.facts import facts_in, foreign_facts
from suture.run.fetched import kept
from suture.run.keywords import flag, keyword
from suture.run.outcome import Outcome
from suture.run.state import HostState
from suture.variables.scope import Scope

STEP = "foreign.step"
"""What runs a module that is not ours, among the agent's own code."""

WAITING = frozenset({"fetch", "setup", "pause"})
"""Modules whose results the driver itself has to see before the play goes on; see ``waits``."""


@functools.cache
def _declared(module: str, name: str, default: Any) -> Any:
    """What a module's source declares under this name; the default for a statement of the
    controller's, or a module that is none of ours."""
    try:
        code = importlib.import_module(f"suture.agent.modules.{module}")
    except ModuleNotFoundError:
        return default
    return getattr(code, name, default)


def here(task: Task) -> bool:
    """Whether the task is performed on the controller."""
    return task.foreign is None and bool(_declared(task.module, "CONTROLLER", False))


def only_looks(module: str) -> bool:
    """Whether a step of this module changes nothing on a host, whatever comes of it; nobody knows
    that of a module that is not ours."""
    return any(bool(_declared(module, name, False)) for name in ("CONTROLLER", "LOOKS"))


def tells_facts(module: str) -> tuple[str, ...]:
    """Patterns of the facts that a step of this module may tell of its host; mostly none."""
    return tuple(_declared(module, "FACTS", ()))


def waits(task: Task) -> bool:
    """Whether the driver itself has to see a step's result before the play goes on."""
    if task.foreign is not None:
        from suture.foreign.packs import says_facts

        return says_facts(task.foreign.path)
    return task.module in WAITING or bool(tells_facts(task.module))


def owner(task: Task, scope: Scope, state: HostState) -> HostState:
    """The host whose facts are those that the task tells: its own, or with ``delegate_facts`` the
    one that it is delegated to."""
    if task.delegate_to is None or state.other is None:
        return state
    if not flag(task.delegate_facts, scope, task.mark, "delegate_facts"):
        return state
    host = keyword(task.delegate_to, scope, task.mark)
    return state.other(str(host)) if host else state


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
    joining = _joining(end.data, state.host.name)
    if joining is not None and not end.failed:
        return replace(end, status=Status.CHANGED if state.grow(joining) else Status.OK)
    facts = end.data.get("ansible_facts")
    if isinstance(facts, Mapping) and task.module in ("set_fact", "include_vars"):
        # What include_vars read was written by the author: it may hold templates.
        state = owner(task, scope, state)
        kept = state.included if task.module == "include_vars" else state.results
        kept.update(facts)
        if args.get("cacheable"):
            state.told.update(facts)
    return end


def _joining(data: Mapping[str, Any], host: str) -> Joining | None:
    """The host that joins the inventory, or groups of it, as add_host and group_by tell it."""
    added = data.get("add_host")
    if isinstance(added, Mapping):
        return Joining(added["host_name"], tuple(added["groups"]), (), dict(added["host_vars"]))
    if "add_group" in data:
        return Joining(host, (data["add_group"],), tuple(data["parent_groups"]))
    return None


def finished(
    task: Task, raw: Outcome, state: HostState, asked: Mapping[str, Any] | None
) -> Outcome:
    """What the controller adds to a host's result: a fetched file is written, facts are kept.
    ``asked``: the arguments that were sent; what is done follows from them."""
    if raw.status not in (Status.OK, Status.CHANGED):
        return raw
    if task.foreign is not None:
        state.told.update(foreign_facts(raw.data))
        return raw
    if task.module == "setup":
        state.facts = {**(state.facts or {}), **facts_in(raw.data)}
    elif patterns := tells_facts(task.module):
        told = facts_in(raw.data, patterns)
        state.told.update(told)
        state.results.update(told)
    if task.module == "fetch" and asked is not None:
        return kept(raw, asked, state.host.name, state.agents.stays)
    return raw

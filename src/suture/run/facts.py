"""Facts, gathered when a template first reads one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from suture.agent.protocol.result import Status
from suture.connect.target import Becoming
from suture.errors import TemplateError
from suture.model import Mark, Task
from suture.run.execution import Execution
from suture.run.outcome import Outcome
from suture.run.state import HostState
from suture.variables.scope import Late, Promise

LOGIN = Becoming()
"""Facts are what the user who logs in can see."""

OURS = (
    "ansible_async",
    "ansible_become",
    "ansible_check_mode",
    "ansible_common_remote",
    "ansible_connection",
    "ansible_diff_mode",
    "ansible_failed_",
    "ansible_host",
    "ansible_index_var",
    "ansible_limit",
    "ansible_loop",
    "ansible_parent_role",
    "ansible_password",
    "ansible_pipelining",
    "ansible_play",
    "ansible_port",
    "ansible_private_key",
    "ansible_python_interpreter",
    "ansible_remote_tmp",
    "ansible_role_",
    "ansible_run_tags",
    "ansible_search_path",
    "ansible_skip_tags",
    "ansible_scp",
    "ansible_sftp",
    "ansible_shell_",
    "ansible_ssh_",
    "ansible_su_",
    "ansible_sudo_",
    "ansible_timeout",
    "ansible_user",
    "ansible_verbosity",
    "ansible_version",
)
"""Beginnings of names that look like facts and are none."""

LOOKS_LIKE = ("ansible_user_", "ansible_hostname", "ansible_python_version", "ansible_host_")


def is_fact(name: str) -> bool:
    """Whether a name may be a fact, so that whoever reads it has to wait for them."""
    if name == "ansible_facts" or name.startswith(LOOKS_LIKE):
        return True
    return name.startswith("ansible_") and not name.startswith(OURS)


Environment = Callable[[], Mapping[str, str]]
"""The environment in which facts are gathered."""


def facts(state: HostState, environment: Environment) -> Promise:
    """The facts of a host as variables: ``ansible_facts`` and each fact by its own name."""

    def value() -> dict[str, Any]:
        if state.facts is None:
            state.facts = _gathered(state, LOGIN, environment())
        return as_variables({**state.facts, **state.told})

    return Promise(value)


def reported(state: HostState) -> Promise:
    """What single modules have told of a host whose facts are not gathered."""
    return Promise(lambda: as_variables({**(state.facts or {}), **state.told}))


def _gathered(
    state: HostState, becoming: Becoming, environment: Mapping[str, str]
) -> dict[str, Any]:
    task = Task("gathering facts", "setup", {}, Mark("", 0))
    execution = Execution(task, task.name, (), [Outcome(Status.OK)], lambda end: end, silent=True)
    session = state.agents.session(state.host.name, becoming)
    state.order.add(execution)
    number = next(state.numbers)
    state.order.sent(number, execution, 0)
    message: dict[str, Any] = {"id": number, "task": task.name, "module": "setup", "epochs": []}
    if environment:
        message["env"] = dict(environment)
    state.agents.send(session, message, {})
    state.agents.flush()
    end = state.order.wait(execution)
    if end.failed:
        raise TemplateError(f"gathering facts failed: {end.message}")
    return facts_in(end.data)


def facts_in(data: Mapping[str, Any], patterns: Sequence[str] = ()) -> dict[str, Any]:
    """The facts in a host's result: only what has a fact's name or, where a module tells some of
    its own, one of ``patterns``, so that no host says how it, or another one, is reached or who
    somebody becomes."""
    told = data.get("ansible_facts")
    if not isinstance(told, Mapping):
        return {}
    if patterns:
        return {n: v for n, v in told.items() if any(fnmatchcase(n, each) for each in patterns)}
    return {name: value for name, value in told.items() if is_fact(name)}


def foreign_facts(data: Mapping[str, Any]) -> dict[str, Any]:
    """The facts in the result of a module that is not ours, whatever it calls them: they count less
    than all that the author has said, and none says how a host is reached."""
    told = data.get("ansible_facts")
    if not isinstance(told, Mapping):
        return {}
    return {name: told[name] for name in told if is_fact(name) or not name.startswith(OURS)}


def known_facts(state: HostState, gathers: bool, environment: Environment) -> Late:
    """What is, or will be, known of a host as facts; whether they are gathered where one is read."""
    if gathers:
        return Late(facts(state, environment), lambda name: is_fact(name) or name in state.told)

    def known(name: str) -> bool:
        return name == "ansible_facts" or name in state.told or name in (state.facts or {})

    return Late(reported(state), known)


def as_variables(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts under both their names: inside ``ansible_facts`` without the prefix, and by
    themselves."""
    bare = {name.removeprefix("ansible_"): value for name, value in facts.items()}
    return {**facts, "ansible_facts": bare}

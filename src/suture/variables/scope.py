"""Where the value of a name comes from: one ordered list of layers, and promises among them.

A scope says *which* value a name has; ``templates`` says what that value becomes.  The order is
Ansible's, and ``Precedence`` is the only place where it is written down.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from suture.model import Host, Inherited, Play, Task, Variables
from suture.variables.content import search_path
from suture.variables.values import MISSING

LATE: Any = object()
"""What ``Scope.find`` gives for a name that may be in a layer which is still on its way."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A value that is still on its way: a result that is out, facts not gathered yet.

    A name that holds one is defined; whoever reads it calls ``value``, which waits.  It may raise
    ``errors.UnknownValue`` where a dry run cannot know the value and ``errors.Unreachable`` where
    the host was lost.  What it gives is data: never templated.
    """

    value: Callable[[], Any]


class Precedence(enum.IntEnum):
    """Where variables come from, weakest first; of two layers of one level the later wins."""

    ALWAYS = 0  # what is said of every host where nothing else says it
    ROLE_DEFAULTS = 1
    INVENTORY = 2  # group all, parent groups, child groups, the host: model.Host.layers
    FACTS = 3
    PLAY_VARS = 4
    VARS_FILES = 5
    ROLE_VARS = 6
    TASK_VARS = 7  # blocks from the outermost inward, then the task
    INCLUDE_VARS = 8
    RESULTS = 9  # set_fact and register
    ROLE_PARAMS = 10
    INCLUDE_PARAMS = 11
    EXTRA_VARS = 12
    MAGIC = 13
    LOOP = 14


DATA = frozenset(
    {Precedence.ALWAYS, Precedence.FACTS, Precedence.RESULTS, Precedence.MAGIC, Precedence.LOOP}
)
"""Levels whose values were computed or came from a host: never templated, whatever they hold."""


class Late(Mapping[str, Any]):
    """A layer that is on its way as a whole: facts before they are gathered.

    Only a name that ``claims`` says may be in it makes anybody wait.
    """

    def __init__(self, promise: Promise, claims: Callable[[str], bool]) -> None:
        self._promise = promise
        self.claims = claims

    def __getitem__(self, name: str) -> Any:
        if not self.claims(name):
            raise KeyError(name)
        return self._promise.value()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._promise.value())

    def __len__(self) -> int:
        return len(self._promise.value())


class Layer:
    """Variables of one level; ``trusted`` ones were written by the author and may be templates."""

    __slots__ = ("late", "level", "plain", "trusted", "values")

    def __init__(self, level: Precedence, values: Variables, trusted: bool) -> None:
        self.level = level
        self.values = values
        self.trusted = trusted
        self.late = isinstance(values, Late)
        self.plain: dict[str, bool] = {}
        """Which trusted values hold no template at all: filled in as they are looked at."""


class Scope:
    """What every name means at one place: for one host, one task, one item of a loop.

    Never changes; ``with_layer`` gives another one and copies no variables.  ``memo`` holds what
    the templates among its values have become.
    """

    __slots__ = ("_layers", "memo")

    def __init__(self, layers: tuple[Layer, ...] = ()) -> None:
        self._layers = layers
        self.memo: dict[tuple[Any, ...], Any] = {}

    def with_layer(
        self, level: Precedence, values: Variables, trusted: bool | None = None
    ) -> Scope:
        """This scope with one more layer, the strongest of its level.

        ``trusted`` defaults to what the level is: see ``DATA``.  The mapping is kept, not copied,
        and must not change afterwards.
        """
        if type(values) is dict and not values:
            return self
        layer = Layer(level, values, level not in DATA if trusted is None else trusted)
        at = len(self._layers)
        while at and self._layers[at - 1].level > level:
            at -= 1
        return Scope((*self._layers[:at], layer, *self._layers[at:]))

    def find(self, name: str, wait: bool = False) -> tuple[Any, Layer | None]:
        """The raw value of this name in the strongest layer that has it, and that layer; MISSING
        and None where there is none.

        ``LATE`` where only waiting could tell which layer that is, unless ``wait``.
        """
        for layer in reversed(self._layers):
            if layer.late and not wait:
                if layer.values.claims(name):  # type: ignore[attr-defined]
                    return LATE, layer
                continue
            value = layer.values.get(name, MISSING)
            if value is not MISSING:
                return value, layer
        return MISSING, None

    def __contains__(self, name: object) -> bool:
        """Whether a variable has this name, as far as that is known without waiting."""
        return any(name in layer.values for layer in self._layers if not layer.late)

    def holding(self, names: frozenset[str], without: frozenset[Precedence]) -> set[str]:
        """Which of these names a layer of another level has, as far as that is known now."""
        found: set[str] = set()
        for layer in self._layers:
            if layer.level not in without and not layer.late:
                found.update(names.intersection(layer.values))
        return found

    def in_order(self) -> list[str]:
        """Every name that is known without waiting, those of weaker layers first."""
        layers = (layer.values for layer in self._layers if not layer.late)
        return list(dict.fromkeys(name for values in layers for name in values))

    def names(self) -> set[str]:
        """Every name that is known without waiting."""
        return {name for layer in self._layers if not layer.late for name in layer.values}


def play_scope(play: Play, extra_vars: Variables) -> Scope:
    """What holds for every host of the play; made once, shared by their scopes."""
    defaults: dict[str, Any] = {}
    role_vars: dict[str, Any] = {}
    for role in play.roles:
        defaults.update(role.defaults)
        role_vars.update(role.vars)
    return (
        Scope()
        .with_layer(Precedence.ROLE_DEFAULTS, defaults)
        .with_layer(Precedence.PLAY_VARS, play.vars)
        .with_layer(Precedence.ROLE_VARS, role_vars)
        .with_layer(Precedence.EXTRA_VARS, extra_vars)
    )


def host_scope(scope: Scope, host: Host) -> Scope:
    """The play's scope for one host; facts, vars_files, results and magic come on top."""
    for layer in host.layers:
        scope = scope.with_layer(Precedence.INVENTORY, layer)
    return scope


def said_of_reach(told: Play | Task) -> dict[str, Any]:
    """The connection variables that keywords stand for, as far as those hold no template."""
    said = {
        "ansible_connection": told.connection,
        "ansible_user": told.remote_user,
        "ansible_ssh_user": told.remote_user,
    }
    return {
        name: value
        for name, value in said.items()
        if value is not None and "{{" not in str(value) and not isinstance(value, Inherited)
    }


def task_scope(scope: Scope, task: Task) -> Scope:
    """The host's scope with what the task adds: its role, its blocks' vars and its own."""
    role = task.role
    directory, _ = scope.find("playbook_dir")
    paths = search_path(task, directory if isinstance(directory, str) else "")
    magic: dict[str, Any] = {"ansible_search_path": paths}
    if role is not None:
        magic |= {"role_name": role.name, "role_path": role.path, "ansible_role_name": role.name}
        scope = (
            scope.with_layer(Precedence.ROLE_DEFAULTS, role.defaults)
            .with_layer(Precedence.ROLE_VARS, role.vars)
            .with_layer(Precedence.ROLE_PARAMS, role.params)
        )
    scope = scope.with_layer(Precedence.MAGIC, magic).with_layer(
        Precedence.ALWAYS, said_of_reach(task)
    )
    for layer in task.vars:
        scope = scope.with_layer(Precedence.TASK_VARS, layer)
    return scope

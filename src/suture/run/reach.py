"""How a host is reached by one task: what connection variables of any level say, and keywords."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from suture.inventory.connection_variables import CONNECTION
from suture.model import Play, Task
from suture.run.keywords import keyword
from suture.templating.rendering import value_of
from suture.variables.scope import Precedence, Scope

NAMES = frozenset(CONNECTION)
OF_HOST = frozenset({Precedence.ALWAYS, Precedence.INVENTORY, Precedence.FACTS, Precedence.MAGIC})
"""Levels that say nothing of a task: the host's own variables count anyway, and facts never do."""

OF_OTHERS = OF_HOST | {Precedence.RESULTS, Precedence.INCLUDE_VARS}
"""Levels that say nothing of the host that a task is delegated to: they are the first host's."""

KEYWORDS = {
    "connection": "ansible_connection",
    "remote_user": "ansible_user",
    "port": "ansible_port",
}

EMPTY = (None, "")

Said = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """Connection variables that are ``said`` beside the inventory's, stronger than those; and what
    holds ``otherwise``, where no variable says anything."""

    said: Said = ()
    otherwise: Said = ()


USUAL = Reach()
"""Nothing is said beside the inventory."""


def said(scope: Scope, without: frozenset[Precedence] = OF_HOST) -> Said:
    """The connection variables of a scope, those of some levels left out; TemplateError as
    ``render``."""
    found = []
    for name in sorted(scope.holding(NAMES, without)):
        _, layer = scope.find(name)
        if layer is None or layer.level in without:
            continue
        value = value_of(name, scope)
        if isinstance(value, (str, int, float)) and value != "":
            found.append((name, value))
    return tuple(found)


def keywords_of(told: Play | Task, scope: Scope, outer: Said = ()) -> Said:
    """What the keywords of a play, or of a task in it, say, as variables; ``outer`` where they say
    nothing."""
    given = {name: getattr(told, name) for name in KEYWORDS}
    if all(value is None for value in given.values()):
        return outer
    said = {KEYWORDS[name]: keyword(given[name], scope, told.mark) for name in KEYWORDS}
    meant = {**dict(outer), **{name: value for name, value in said.items() if value not in EMPTY}}
    return tuple((name, meant[name]) for name in KEYWORDS.values() if name in meant)

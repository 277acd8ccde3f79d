"""What a role is wanted for, what it says, and what it brings; and what reads one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from suture.load.calls import Call
from suture.load.level import Include, Level, RoleUse
from suture.model import Mark, Task, Value, Variables
from suture.model import Node as Step


@dataclass(frozen=True, slots=True)
class WantedRole:
    """A use of a role: its name, its parameters, which of its files to take, and the conditions
    and tags that stand on it itself."""

    name: str
    mark: Mark
    params: Variables = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool | None = None
    when: tuple[Value, ...] = ()
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Own:
    """What one role's own files say, its dependencies and users left out."""

    path: str
    defaults: Variables
    vars: Variables
    params: Variables


@dataclass(frozen=True, slots=True)
class Brought:
    """What a role brings into a play.  ``own``: itself and its dependencies."""

    nodes: list[Step] = field(default_factory=list)
    handlers: list[Task] = field(default_factory=list)
    own: list[Own] = field(default_factory=list)
    use: RoleUse | None = None


class RoleSource(Protocol):
    """What reads the roles that tasks name: see ``load.roles``."""

    def imported(self, name: str, made: Call, level: Level) -> list[Step]:
        """What an ``import_role`` brings."""

    def included(self, name: str, include: Include, mark: Mark) -> Brought:
        """What an ``include_role`` brings, once its name and arguments are known."""

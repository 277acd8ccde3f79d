"""Calls of modules that are not ours: which one a task means, and what may be wrong with it."""

from __future__ import annotations

import os
from pathlib import Path

from suture.foreign.modules import Context, Missing, found
from suture.foreign.modules import library as in_library
from suture.load.level import NATIVE, Level, listed
from suture.load.specs import Spec, plain_name
from suture.memo import once
from suture.model import ForeignModule, Value


def prefers_native(said: Value) -> bool:
    """Whether our own modules are preferred: as the variable says, or else the environment."""
    if said is None:
        said = os.environ.get(NATIVE.upper(), "prefer")
    return str(said) != "never"


def context(level: Level, collections: Value) -> Context:
    """Where modules are sought for a task."""
    roles = (level.role.path,) if level.role is not None else ()
    return Context(level.home, roles, tuple(map(str, listed(collections))))


def overriding(name: str, where: Context) -> ForeignModule | None:
    """A module of a role's or a playbook's own that goes by the name of one of ours."""
    if "." in name.removeprefix("ansible.legacy."):
        return None
    if not any(_has_library(home) for home in (*where.roles, where.playbook_dir)):
        return None
    return in_library(name.rpartition(".")[2], where)


@once(256)
def _has_library(home: str) -> bool:
    return Path(home, "library").is_dir()


@once(1024)
def foreign(name: str, where: Context) -> ForeignModule | Missing:
    """Ansible's module of that name."""
    return found(name, where)


def about(module: ForeignModule) -> Spec:
    """The module as far as a task's reader has to know it: its arguments are its own business."""
    return Spec(module.name, None, "", "", {}, {})


def concerns(module: ForeignModule, key: str, where: Context) -> bool:
    """Whether ``module_defaults`` speak of the module under this key."""
    if key == module.name or plain_name(key) == module.name:
        return True
    if key.rpartition(".")[2] != module.name.rpartition(".")[2]:
        return False
    other = foreign(key, where)
    return isinstance(other, ForeignModule) and other.name == module.name

"""Calls of modules that are not ours: which one a task means, and what may be wrong with it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from suture.foreign.documentation import Options, options
from suture.foreign.modules import Context, MissingModule, found, in_group
from suture.foreign.modules import library as in_library
from suture.foreign.places import Said, installed, look_where
from suture.load.actions import ACTIONS
from suture.load.level import NATIVE, Level, listed
from suture.load.specs import Spec, plain_name
from suture.memo import once
from suture.model import ForeignModule, Value


def prefers_native(said: Value) -> bool:
    """Whether our own modules are preferred: as the variable says, or else the environment."""
    if said is None:
        said = os.environ.get(NATIVE.upper(), "prefer")
    return str(said) != "never"


def sought_in(roots: Sequence[str] | None, libraries: Sequence[str] | None) -> None:
    """Collections and modules are sought where the operator's settings for Ansible say, if they do."""
    usual = Said()
    look_where(Said(tuple(roots or usual.roots), tuple(libraries or usual.libraries)))


def context(level: Level, collections: Value) -> Context:
    """Where modules are sought for a task."""
    roles = (level.role.path,) if level.role is not None else ()
    names = [*_own_collection(level), *map(str, listed(collections))]
    return Context(level.home, roles, tuple(dict.fromkeys(names)))


def _own_collection(level: Level) -> list[str]:
    """The collection that a task's role is of, in which its short names are sought first."""
    parts = Path(level.role.path).parts if level.role is not None else ()
    if parts[-2:-1] != ("roles",) or parts[-5:-4] != ("ansible_collections",):
        return []
    return [".".join(parts[-4:-2])]


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
def foreign(name: str, where: Context) -> ForeignModule | MissingModule:
    """Ansible's module of that name."""
    return found(name, where)


def about(module: ForeignModule) -> Spec:
    """The module as far as a task's reader has to know it: its arguments are its own business."""
    return Spec(module.name, None, "", "", {}, {})


def documented(module: ForeignModule, where: Context) -> Options | None:
    """The options that the module says that it has; None where it says nothing."""
    return options(module.path, installed(), where.playbook_dir)


def better(
    about: Spec, names: Sequence[str], where: Context, lacking: Sequence[str]
) -> ForeignModule | None:
    """Ansible's module of the same name as ours, where that one has the arguments of these names;
    ``lacking``: what of them ours has not."""
    if about.args is None or about.name in ACTIONS or about.extra or about.here:
        return None
    other = foreign(about.name, where)
    if isinstance(other, MissingModule):
        return None
    known = documented(other, where)
    if known is None or not known.by_name.keys() >= set(names):
        return None
    said = ", ".join(f"'{each}'" for each in lacking)
    note = f"{other.name} runs instead of Suture's own {about.name}, which has no {said}"
    return replace(other, notes=(*other.notes, note))


def concerns(module: ForeignModule, key: str, where: Context) -> bool:
    """Whether ``module_defaults`` speak of the module under this key."""
    if key == module.name or plain_name(key) == module.name:
        return True
    if key.startswith("group/"):
        return in_group(module.name, key.removeprefix("group/"), where)
    if key.rpartition(".")[2] != module.name.rpartition(".")[2]:
        return False
    other = foreign(key, where)
    return isinstance(other, ForeignModule) and other.name == module.name

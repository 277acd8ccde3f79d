"""Where files of tasks, and the files that tasks name, are sought; what an include passes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from suture.load.level import Include, Level
from suture.load.reading import candidates
from suture.model import Value


def places(origin: str, level: Level) -> list[str]:
    """The directories in which a task's files are sought: the role's, its own, the playbook's."""
    own = str(Path(origin).parent)
    return [level.role.path if level.role else "", own, level.home]


def task_files(name: str, origin: str, level: Level) -> list[Path]:
    """Where a file of tasks is sought: beside the one that names it, in the role, beside the
    playbook."""
    folder = "handlers" if level.handlers else "tasks"
    own = str(Path(origin).parent)
    within = dict.fromkeys((folder, "tasks", ""))
    inside = [str(Path(level.role.path, each)) for each in within] if level.role else []
    return candidates(name, (), [own, *inside, str(Path(level.home, folder)), level.home])


def inclusion(include: Include, variables: Mapping[str, Value] | None = None) -> Level:
    """The level of what an include brings: what encloses it, its variables, its ``apply``."""
    level = replace(include.enclosing, vars=include.vars)
    if variables:
        level = replace(level, vars=(*level.vars, variables))
    apply = include.args.get("apply")
    return level.inner(apply) if isinstance(apply, dict) else level

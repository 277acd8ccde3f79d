"""Everything that can be found wrong without a host, in whatever is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from suture.inventory import reader
from suture.load import phase_plan, playbook
from suture.load.keywords import KEYWORDS
from suture.load.level import Level
from suture.load.places import exists, is_dir, is_file
from suture.load.reading import (
    EXTENSIONS,
    CheckTemplate,
    Reading,
    RenderName,
    first_file,
    in_order,
    shown,
    yaml_in,
)
from suture.load.role_parts import WantedRole
from suture.load.roles import RoleReader, variables
from suture.load.source import Opener, Source
from suture.model import Mark, Problem

NOTHING = "there is nothing to check here: name a playbook, a role, a plan or an inventory"
NEITHER = "this is no playbook, nor tasks, variables, a plan or an inventory"
INI = ("", ".ini", ".cfg")
"""How the names of inventories that are not YAML end."""

VARIABLES = frozenset({"vars", "defaults", "group_vars", "host_vars"})
"""Directories whose files hold variables; elsewhere a mapping may be anything."""

SKIPPED = frozenset({"files", "templates", "library", "node_modules", "venv"})


def problems(
    paths: Sequence[str | Path],
    *,
    roles_path: Sequence[str] = (),
    vault: Opener | None = None,
    check_template: CheckTemplate | None = None,
    rendered: RenderName | None = None,
) -> list[Problem]:
    """All problems of all files, each once, by file and line.

    A path is a playbook, a plan, a file of tasks or of variables, an inventory, a role's
    directory, or a directory with any of these in it.  A plan's playbooks are checked with it.
    """
    found: list[Problem] = []
    done: set[Path] = set()
    for given in map(Path, paths):
        files = list(_files(given))
        if not files:
            there = "there is nothing of this name" if not exists(given) else NOTHING
            found.append(Problem(Mark(str(given), 1, 1), there))
        for path in files:
            if path.resolve() not in done:
                done.add(path.resolve())
                reading = Reading(vault, check_template, rendered=rendered)
                _one(reading, path, roles_path, named=path == given)
                done.update(Path(each).resolve() for each in reading.files if is_file(path))
                found += reading.problems
    return in_order(found)


def _files(path: Path) -> Iterator[Path]:
    """What is to be checked in a place: files, and directories of roles as a whole."""
    if is_file(path):
        yield path
    elif is_dir(path):
        if _is_role(path):
            yield path
            return
        found = sorted(path.iterdir(), key=lambda each: (is_dir(each), each.name))
        for each in found:
            if each.name.startswith((".", "_")) or each.name in SKIPPED:
                continue
            if is_dir(each):
                yield from _files(each)
            elif each.suffix in EXTENSIONS and each.suffix != ".json":
                yield each


def _is_role(path: Path) -> bool:
    return path.absolute().parent.name == "roles" or any(
        first_file(yaml_in(str(path / folder), "main", exact_first=False))
        for folder in ("tasks", "meta")
    )


def _one(reading: Reading, path: Path, roles_path: Sequence[str], *, named: bool) -> None:
    """Check one file for what it is; one that is ``named`` by the operator has to be something."""
    if is_dir(path):
        _role(reading, path, roles_path)
        return
    if path.suffix not in EXTENSIONS:
        _bare(reading, path)
        return
    source = reading.source(str(path))
    kind = "plan" if path.name == "plan.yml" else kind_of(source.root)
    if kind == "playbook":
        playbook.read(reading, path, roles_path)
    elif kind == "plan":
        found = phase_plan.read(reading, path)
        for phase in found.phases if found else ():
            if is_file(Path(phase.playbook)):
                playbook.read(reading, phase.playbook, roles_path)
    elif kind == "inventory":
        _inventory(reading, path)
    elif kind == "tasks":
        level = Level(str(path.absolute().parent), tuple(roles_path), certain=False)
        RoleReader(reading).tasks.steps(source, source.root, level, "a file of tasks")
    elif kind == "variables" and VARIABLES.intersection(path.absolute().parts):
        variables(reading, str(path))
    elif kind == "variables" and source.root is not None:
        source.data(source.root)
        reading.templates(source, source.root)
    elif not source.problems:
        _nothing(reading, source, path, named)


def _bare(reading: Reading, path: Path) -> None:
    """A file that is no YAML by its name: an inventory; nothing at all, where it is called as no
    inventory is and reads as none."""
    before = len(reading.problems)
    _inventory(reading, path)
    if path.suffix not in INI and len(reading.problems) > before:
        first = reading.problems[before]
        reading.problems[before:] = [Problem(first.mark, f"{NEITHER} ({first.message})")]


def _nothing(reading: Reading, source: Source, path: Path, named: bool) -> None:
    """A file of which nobody can tell what it is, where it should be something."""
    if source.root is not None and path.parent.name in ("playbooks", "tasks"):
        reading.error(source.start, "this is neither a list of plays nor of tasks: begin with '- '")
    elif named and source.root is not None:
        reading.error(source.start, f"{NEITHER}: begin a play with '- hosts: …'")
    elif named and not VARIABLES.intersection(path.absolute().parts):
        reading.error(source.start, "this file is empty: there is nothing to check in it")


def kind_of(root: Node | None) -> str:
    """What a file is, by what it holds; nothing where that cannot be told."""
    if isinstance(root, SequenceNode):
        keys = {key for item in root.value for key in _keys(item)}
        plays = {"hosts", "import_playbook", "ansible.builtin.import_playbook"}
        if keys & plays or (keys and keys <= KEYWORDS["play"].keys() - KEYWORDS["task"].keys()):
            return "playbook"
        return "tasks" if keys else ""
    keys = set(_keys(root)) if root is not None else set()
    if keys >= {"title", "phases"}:
        return "plan"
    if isinstance(root, MappingNode):
        groups = {"hosts", "children"}
        inner = {key for _, value in root.value for key in _keys(value)}
        return "inventory" if keys & {"all", "ungrouped"} or inner & groups else "variables"
    return ""


def _keys(node: Node) -> Iterable[str]:
    if not isinstance(node, MappingNode):
        return ()
    return (key.value for key, _ in node.value if isinstance(key, ScalarNode))


def _inventory(reading: Reading, path: Path) -> None:
    _, found = reader.read([path], vault=reading.vault)
    reading.problems += found
    if path.suffix in EXTENSIONS:
        source = reading.source(str(path))
        if source.root is not None:
            reading.templates(source, source.root)


def _role(reading: Reading, path: Path, roles_path: Sequence[str]) -> None:
    """A role by itself, every file of tasks in it included."""
    home = str(path.absolute().parent.parent)
    level = Level(home, (str(path.absolute().parent), *roles_path))
    mark = Mark(shown(path), 1, 1)
    roles = RoleReader(reading)
    use = roles.role(WantedRole(str(path.absolute()), mark), level).use
    if use is None:
        return
    inner = replace(level, role=use, certain=False)
    for folder in ("tasks", "handlers"):
        directory = path / folder
        for file in sorted(directory.rglob("*.yml")) if is_dir(directory) else ():
            if str(file.absolute()) not in reading.files:
                here = replace(inner, handlers=folder == "handlers")
                with reading.ahead():
                    roles.tasks.file(str(file.absolute()), here, mark)

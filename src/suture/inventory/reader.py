"""Hosts, their groups and their variables, from any number of inventory files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from yaml.nodes import MappingNode

from suture.errors import Invalid
from suture.inventory.addresses import address
from suture.inventory.formats import Lines, check_connection, entries_of, from_yaml
from suture.inventory.groups import ALL, Group, Grouping
from suture.inventory.patterns import LOCAL
from suture.load import source as sources
from suture.load.places import exists, is_dir, is_file
from suture.load.reading import EXTENSIONS, in_order, shown
from suture.load.source import Opener, mapping_of
from suture.load.specs import close
from suture.model import Host, Inventory, Joining, Mark, Problem, Value, Variables

IGNORED = (".pyc", ".pyo", ".swp", ".bak", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg")
"""Endings of files that do not count in a directory of inventories, beside '~' and '.retry'."""

BESIDE = ("group_vars", "host_vars")


class Hosts(dict[str, Host]):
    """Hosts by name.  The controller is there under its names (``localhost``) without being one
    of them, where no host is called so: it is not counted, and no pattern but its name means it."""

    layers: tuple[Variables, ...] = ()

    def __missing__(self, name: str) -> Host:
        if name not in LOCAL:
            raise KeyError(name)
        return Host(name, (), (*self.layers, {"ansible_connection": "local"}))


@dataclass(slots=True)
class Files:
    """The group_vars and host_vars beside inventories and playbooks, each file read once."""

    problems: list[Problem]
    vault: Opener | None
    read: dict[Path, Variables] = field(default_factory=dict)
    found: dict[tuple[Path, str, str], Variables] = field(default_factory=dict)

    def variables(self, directory: Path, kind: str, name: str) -> Variables:
        """What ``directory/kind/name`` says: a file with or without extension, or a directory."""
        key = (directory, kind, name)
        if key not in self.found:
            merged: dict[str, Value] = {}
            for path in _named(directory / kind, name):
                merged.update(self._of_file(path))
            self.found[key] = merged
        return self.found[key]

    def _of_file(self, path: Path) -> Variables:
        if path not in self.read:
            source = sources.read(path, self.vault, shown(path))
            self.read[path] = mapping_of(source)
            if isinstance(source.root, MappingNode):
                for entry in source.entries(source.root):
                    check_connection(source, entry)
            self.problems.extend(source.problems)
        return self.read[path]


def _named(directory: Path, name: str) -> Iterator[Path]:
    """The files for a group or host; the first way of naming them that is there counts."""
    if not name or "/" in name or name in (".", "..") or not is_dir(directory):
        return
    for extension in ("", *EXTENSIONS):
        path = directory / f"{name}{extension}"
        if is_dir(path):
            yield from _inside(path)
            return
        if exists(path):
            yield path
            return


def _inside(directory: Path) -> Iterator[Path]:
    for path in sorted(directory.iterdir()):
        if path.name.startswith(".") or path.name.endswith("~"):
            continue
        if is_dir(path) and not path.suffix:
            yield from _inside(path)
        elif is_file(path) and path.suffix in ("", *EXTENSIONS):
            yield path


def inventory(
    sources: Sequence[str | Path],
    *,
    playbook_dirs: Sequence[str | Path] = (),
    vault: Opener | None = None,
) -> Inventory:
    """The hosts of all sources together: files, directories, or lists such as ``host1,host2,``.

    ``playbook_dirs``: where group_vars and host_vars are sought too, after those beside the
    sources.  Invalid with every error.
    """
    found, problems = read(sources, playbook_dirs=playbook_dirs, vault=vault)
    errors = [problem for problem in problems if problem.level == "error"]
    if errors:
        raise Invalid(errors)
    return found


def read(
    sources: Sequence[str | Path],
    *,
    playbook_dirs: Sequence[str | Path] = (),
    vault: Opener | None = None,
) -> tuple[Inventory, list[Problem]]:
    """What is to be had of the sources, and everything that is wrong with them."""
    problems: list[Problem] = []
    grouping = Grouping()
    beside: list[Path] = []
    for source in map(str, sources):
        path = Path(source)
        if "," in source and not exists(path):
            for name in entries_of(source):
                host, port = (name, None) if "[" in name else address(name)
                grouping.add_host(host, "ungrouped", port, source)
            continue
        beside.append(path.absolute() if is_dir(path) else path.absolute().parent)
        for file in _files(path, problems):
            _one(file, grouping, problems, vault)
    files = Files(problems, vault)
    places = (beside, [Path(each).absolute() for each in playbook_dirs])
    found = _made(grouping, files, places, tuple(map(str, sources)))
    _strangers(grouping, [*places[0], *places[1]], problems)
    return found, in_order(problems)


def _made(grouping: Grouping, files: Files, places: Places, sources: tuple[str, ...]) -> Inventory:
    """The inventory that a grouping is."""
    grouping.settle()
    hosts = Hosts(_hosts(grouping, files, places))
    hosts.layers = tuple(_layers(grouping.groups[ALL], [], files, places))
    groups = {name: grouping.members(name) for name in grouping.groups}
    return Inventory(hosts, groups, sources, partial(_grown, grouping, files, places, sources))


def _grown(
    grouping: Grouping, files: Files, places: Places, sources: tuple[str, ...], joining: Joining
) -> Inventory:
    grouping.join(joining)
    return _made(grouping, files, places, sources)


def _files(path: Path, problems: list[Problem]) -> list[Path]:
    """The inventory files that a source stands for."""
    if is_dir(path):
        found = []
        for each in sorted(path.iterdir()):
            ignored = each.name.startswith(".") or each.name.endswith(("~", ".retry", *IGNORED))
            if not ignored and each.name not in BESIDE:
                found += _files(each, problems)
        return found
    if not exists(path):
        message = "there is no such inventory; a list of hosts ends with a comma: 'host,'"
        problems.append(Problem(Mark(shown(path), 1, 1), message))
        return []
    return [path]


def _one(path: Path, grouping: Grouping, problems: list[Problem], vault: Opener | None) -> None:
    """Put one file's hosts into the grouping."""
    source = sources.read(path, vault, shown(path))
    source.path = str(path.absolute())
    unfit = _unfit(path, source.text)
    if unfit:
        problems.append(Problem(source.start, unfit))
        return
    if path.suffix in EXTENSIONS or (not path.suffix and isinstance(source.root, MappingNode)):
        from_yaml(source, grouping)
        problems.extend(source.problems)
        return
    if source.text:
        lines = Lines(source.file, source.path, grouping, problems, secret=source.secret)
        lines.read(source.text)
    else:
        problems.extend(source.problems)


def _unfit(path: Path, text: str) -> str:
    if path.suffix == ".toml":
        return "inventories in TOML are not supported: write it as YAML"
    if text.startswith("#!") and os.access(path, os.X_OK):
        return "dynamic inventories are not supported: save what it lists, and use that"
    return ""


Places = tuple[list[Path], list[Path]]


def _hosts(grouping: Grouping, files: Files, places: Places) -> Iterator[tuple[str, Host]]:
    for name, groups in grouping.groups_by_host().items():
        origin = grouping.origins[name]
        where: dict[str, Value] = {"inventory_file": None, "inventory_dir": None}
        if "," not in origin:
            where = {"inventory_file": origin, "inventory_dir": str(Path(origin).parent)}
        layers = [*_layers(grouping.groups[ALL], groups, files, places)]
        layers += [where, grouping.hosts[name]]
        layers += [files.variables(place, "host_vars", name) for part in places for place in part]
        names = tuple(sorted(group.name for group in groups))
        yield name, Host(name, names, tuple(layer for layer in layers if layer))


def _layers(
    top: Group, groups: Sequence[Group], files: Files, places: Places
) -> Iterator[Variables]:
    """Variables of groups, weakest first: what inventories say of all and of groups, then the
    files for all, then those for groups; of files, those beside inventories come first."""
    yield top.vars
    for group in groups:
        yield group.vars
    for members in ([top], groups):
        for part in places:
            for place in part:
                for group in members:
                    yield files.variables(place, "group_vars", group.name)


def _strangers(grouping: Grouping, places: Sequence[Path], problems: list[Problem]) -> None:
    """Files of variables for a group or host that there is not."""
    known: Mapping[str, Mapping[str, object]] = {
        "group_vars": grouping.groups,
        "host_vars": grouping.hosts,
    }
    for place in dict.fromkeys(places):
        for kind, names in known.items():
            directory = place / kind
            for path in sorted(directory.iterdir()) if is_dir(directory) else ():
                name = path.stem if path.suffix in EXTENSIONS else path.name
                if name not in names and path.name not in names and not name.startswith("."):
                    what = kind.removesuffix("_vars")
                    message = f"there is no {what} '{name}' for these variables{close(name, names)}"
                    problems.append(Problem(Mark(shown(path), 1, 1), message, "warning"))

"""The two formats of inventory files: YAML, and Ansible's INI."""

from __future__ import annotations

import ast
import re
import shlex
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

from yaml.nodes import MappingNode, Node, ScalarNode

from suture.inventory.addresses import address, expanded
from suture.inventory.connection_variables import complaint
from suture.inventory.groups import Grouping
from suture.load.source import Entry, Source
from suture.load.specs import close
from suture.model import Mark, Problem, Value
from suture.secrets import Secret
from suture.suggestions import quoted

SECTION = re.compile(r"\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?")
KINDS = ("hosts", "children", "vars")


# -- YAML ------------------------------------------------------------------------------------------


def from_yaml(source: Source, grouping: Grouping) -> None:
    """Put what a YAML inventory says into the grouping."""
    root = source.root
    if root is None:
        if not source.problems:
            source.problems.append(Problem(source.start, "this inventory is empty: name a group"))
        return
    if not isinstance(root, MappingNode):
        source.problem(root, "an inventory is a mapping of groups: begin it with 'all:'")
        return
    for entry in source.entries(root):
        if entry.key == "plugin":
            message = "dynamic inventories are not supported: save what it lists, and use that"
            source.problems.append(Problem(entry.mark, message))
            return
        _group(source, entry, grouping)


def _group(source: Source, entry: Entry, grouping: Grouping) -> None:
    node, name = entry.node, entry.key
    group = grouping.group(name)
    if _empty(source, node):
        return
    if not isinstance(node, MappingNode):
        source.problem(node, f"the group '{name}' holds 'hosts', 'children' and 'vars', no value")
        return
    for part in source.entries(node):
        if part.key not in KINDS:
            hint = close(part.key, KINDS) or "; it has hosts, children and vars"
            message = f"the group '{name}' has no '{part.key}'{hint}"
            source.problems.append(Problem(part.mark, message))
        elif not _empty(source, part.node):
            for inner in _members(source, part):
                _member(source, part.key, inner, group.name, grouping)


def _empty(source: Source, node: Node) -> bool:
    return isinstance(node, ScalarNode) and source.data(node) is None


def _members(source: Source, part: Entry) -> list[Entry]:
    """The entries of a group's hosts, children or vars; a lone name stands for a mapping."""
    if isinstance(part.node, MappingNode):
        return source.entries(part.node)
    if isinstance(part.node, ScalarNode) and part.key != "vars":
        nothing = ScalarNode("tag:yaml.org,2002:null", "", part.node.start_mark)
        return [Entry(str(source.data(part.node)), source.mark(part.node), nothing)]
    source.problem(part.node, f"'{part.key}' has to be a mapping: write 'name:' without a '- '")
    return []


def _member(source: Source, kind: str, entry: Entry, group: str, grouping: Grouping) -> None:
    if kind == "vars":
        check_connection(source, entry)
        if not grouping.set_group_variable(group, entry.key, source.data(entry.node)):
            message = "'ansible_group_priority' has to be a number"
            source.problems.append(Problem(entry.mark, message))
    elif kind == "children":
        _group(source, entry, grouping)
        if not grouping.add_child(group, entry.key):
            message = f"'{entry.key}' is below '{group}' and above it: break the circle"
            source.problems.append(Problem(entry.mark, message))
    else:
        _hosts(source, entry, group, grouping)


def check_connection(source: Source, entry: Entry) -> None:
    """Note what is wrong with a variable that says how a host is reached."""
    wrong = complaint(entry.key, source.data(entry.node))
    if wrong:
        source.problem(entry.node, wrong)


def _hosts(source: Source, entry: Entry, group: str, grouping: Grouping) -> None:
    variables: dict[str, Value] = {}
    if isinstance(entry.node, MappingNode):
        entries = source.entries(entry.node)
        variables = {each.key: source.data(each.node) for each in entries}
        for each in entries:
            check_connection(source, each)
    elif not _empty(source, entry.node):
        message = f"the host '{entry.key}' has a mapping of variables, 'name: value' by line"
        source.problem(entry.node, message)
    pattern, port = address(entry.key)
    try:
        names = expanded(pattern)
    except ValueError as error:
        source.problems.append(Problem(entry.mark, f"{error}"))
        return
    for name in names:
        grouping.add_host(name, group, port, source.path)
        grouping.hosts[name].update(variables)


# -- INI -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Lines:
    """An INI inventory being read.  ``awaited``: groups named before, or without, their section;
    each with the place of the first mention and the sentence that says what is wrong."""

    file: str
    path: str
    grouping: Grouping
    problems: list[Problem]
    group: str = "ungrouped"
    kind: str = "hosts"
    number: int = 0
    secret: bool = False
    declared: set[str] = field(default_factory=set)
    awaited: dict[str, Problem] = field(default_factory=dict)

    def problem(self, message: str) -> None:
        self.problems.append(Problem(Mark(self.file, self.number, 1), message))

    def read(self, text: str) -> None:
        known = set(self.grouping.groups)
        for line in text.splitlines():
            self.number += 1
            line = line.strip()
            if not line or line[0] in ";#":
                continue
            section = SECTION.fullmatch(line)
            if section:
                self._section(section[1], section[2] or "hosts")
            elif line.startswith("[") and line.endswith("]"):
                self.problem(
                    f"{quoted(line)} is no section: write [group], [group:vars] or [group:children]"
                )
            else:
                self._line(line)
        for name, problem in self.awaited.items():
            if name not in self.declared and name not in known:
                self.problems.append(problem)

    def _section(self, group: str, kind: str) -> None:
        if kind not in KINDS:
            hint = close(kind, KINDS) or "; there are vars and children"
            self.problem(f"there is no kind of section '{kind}'{hint}")
            kind = "hosts"
        self.group, self.kind = group, kind
        if kind != "vars":
            self.declared.add(group)
        elif group not in self.declared:
            self._await(group, f"there is no group '{group}' for these variables: add [{group}]")
        self.grouping.group(group)

    def _await(self, group: str, message: str) -> None:
        self.awaited.setdefault(group, Problem(Mark(self.file, self.number, 1), message))

    def _line(self, line: str) -> None:
        if self.kind == "hosts":
            self._host(line)
        elif self.kind == "children":
            self._child(line)
        elif "=" not in line:
            self.problem(f"{quoted(line)} has to be name=value, in a section of variables")
        else:
            key, value = (part.strip() for part in line.split("=", 1))
            self._check(key, self._value(value))
            if not self.grouping.set_group_variable(self.group, key, self._value(value)):
                self.problem("'ansible_group_priority' has to be a number")

    def _check(self, name: str, value: Value) -> None:
        wrong = complaint(name, value)
        if wrong:
            self.problem(wrong)

    def _child(self, line: str) -> None:
        name = line.split("#", 1)[0].strip()
        if not name or re.search(r"[\s:\]]", name):
            self.problem(f"{quoted(line)} is no name of a group")
            return
        self._await(name, f"there is no group '{name}' to be below '{self.group}': add [{name}]")
        if not self.grouping.add_child(self.group, name):
            self.problem(f"'{name}' is below '{self.group}' and above it: break the circle")

    def _host(self, line: str) -> None:
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            self.problem(f"a quote is never closed in: {line}")
            return
        variables = {}
        for word in words[1:]:
            key, equals, value = word.partition("=")
            if not equals:
                self.problem(f"{quoted(word)} has to be name=value: one host a line")
            else:
                variables[key] = self._value(value)
                self._check(key, variables[key])
        if not words or not words[0]:
            self.problem("this line names no host")
            return
        if words[0] == "---" or (words[0].endswith(":") and address(words[0])[1] is None):
            self.problem(f"'{words[0]}' is no host; if this is YAML, call the file NAME.yml")
            return
        pattern, port = address(words[0])
        try:
            names = expanded(pattern)
        except ValueError as error:
            self.problem(str(error))
            return
        for name in names:
            self.grouping.add_host(name, self.group, port, self.path)
            self.grouping.hosts[name].update(variables)

    def _value(self, text: str) -> Value:
        value = literal(text)
        return Secret(value) if self.secret and isinstance(value, str) else value


def literal(text: str) -> Value:
    """A value as Python would read it (numbers, lists, True), else the text itself."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            return _plain(ast.literal_eval(text))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def _plain(value: object) -> Value:
    """A Python literal as YAML could hold it."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {_plain(key): _plain(each) for key, each in value.items()}
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if value is ...:
        return "..."
    return str(value) if isinstance(value, complex) else value


def entries_of(text: str) -> Iterator[str]:
    """The names in a list such as ``host1,host2,``."""
    return (name.strip() for name in text.split(",") if name.strip())

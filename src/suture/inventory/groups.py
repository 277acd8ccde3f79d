"""An inventory while it is being read: hosts and groups, who belongs to whom, who says what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from suture.inventory.addresses import address, is_address
from suture.model import Joining, Value

ALL, UNGROUPED = "all", "ungrouped"
NOWHERE = ","
"""The origin of a host that no file names."""


@dataclass(slots=True)
class Group:
    """``depth`` is the longest way down from "all"; deeper groups speak later."""

    name: str
    hosts: dict[str, None] = field(default_factory=dict)
    children: dict[str, None] = field(default_factory=dict)
    vars: dict[str, Value] = field(default_factory=dict)
    priority: int = 1
    depth: int = 0


@dataclass(slots=True)
class Grouping:
    """All groups and all hosts' own variables, in the order in which they were first named."""

    groups: dict[str, Group] = field(default_factory=dict)
    hosts: dict[str, dict[str, Value]] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    """The source that named a host first."""

    def __post_init__(self) -> None:
        self.group(ALL).children[self.group(UNGROUPED).name] = None

    def group(self, name: str) -> Group:
        """The group, made where there was none."""
        return self.groups.setdefault(name, Group(name))

    def add_host(self, name: str, group: str, port: int | None, origin: str) -> None:
        """The host is a member of the group; its port counts where it is named first."""
        if name not in self.hosts:
            self.hosts[name] = {} if port is None else {"ansible_port": port}
            self.origins[name] = origin
        self.group(group).hosts[name] = None

    def join(self, joining: Joining) -> None:
        """The host, new or not, is a member of these groups."""
        name, port = joining.host, None
        if name not in self.hosts and not is_address(name):
            name, port = address(name)
        for group in joining.groups or ([] if name in self.hosts else [UNGROUPED]):
            self.add_host(name, group, port, NOWHERE)
            order = {host: at for at, host in enumerate(self.hosts)}
            members = sorted(self.group(group).hosts, key=order.__getitem__)
            self.group(group).hosts = dict.fromkeys(members)
            for parent in joining.parents:
                self.add_child(parent, group)
        self.hosts[name] = {**self.hosts[name], **joining.vars}

    def add_child(self, parent: str, child: str) -> bool:
        """Whether the group could become a child: not of itself, nor of its own descendants; all
        groups are below "all"."""
        if child == ALL or parent in self.descendants(child):
            return False
        self.group(parent).children[self.group(child).name] = None
        return True

    def set_group_variable(self, name: str, key: str, value: Value) -> bool:
        """Whether the value could be used; ``ansible_group_priority`` has to be a number."""
        group = self.group(name)
        if key != "ansible_group_priority":
            group.vars[key] = value
            return True
        try:
            group.priority = int(value)
        except (TypeError, ValueError):
            return False
        return True

    def descendants(self, name: str) -> list[str]:
        """The group and everything below it, level by level."""
        found = {name: None}
        level = [name]
        while level:
            children = [child for each in level for child in self.group(each).children]
            level = [child for child in dict.fromkeys(children) if child not in found]
            found.update(dict.fromkeys(level))
        return list(found)

    def members(self, name: str) -> tuple[str, ...]:
        """The hosts in the group and in those below it."""
        groups = (self.groups[each] for each in self.descendants(name))
        return tuple(dict.fromkeys(host for group in groups for host in group.hosts))

    def settle(self) -> None:
        """Every group is below "all"; "ungrouped" holds exactly the hosts of no other group."""
        below = {child for group in self.groups.values() for child in group.children}
        for name in list(self.groups):
            if name != ALL and name not in below:
                self.groups[ALL].children[name] = None
        ungrouped = self.groups[UNGROUPED].hosts
        for host in self.hosts:
            others = any(
                host in group.hosts
                for group in self.groups.values()
                if group.name not in (ALL, UNGROUPED)
            )
            if others:
                ungrouped.pop(host, None)
            else:
                ungrouped[host] = None
        self._measure()

    def _measure(self) -> None:
        """Each group's depth; there are no circles, so this ends."""
        waiting = [ALL]
        while waiting:
            group = self.groups[waiting.pop()]
            for name in group.children:
                child = self.groups[name]
                if child.depth <= group.depth:
                    child.depth = group.depth + 1
                    waiting.append(name)

    def groups_by_host(self) -> dict[str, list[Group]]:
        """Every host's groups, those above them included, "all" left out, weakest first."""
        above: dict[str, set[str]] = {name: {name} for name in self.groups}
        for name in self._downward():
            for child in self.groups[name].children:
                above[child] |= above[name]
        found: dict[str, set[str]] = {host: set() for host in self.hosts}
        for group in self.groups.values():
            for host in group.hosts:
                found[host] |= above[group.name]
        return {host: self._sorted(names - {ALL}) for host, names in found.items()}

    def _downward(self) -> Iterator[str]:
        """Groups, parents before their children."""
        yield from sorted(self.groups, key=lambda name: self.groups[name].depth)

    def _sorted(self, names: set[str]) -> list[Group]:
        groups = (self.groups[name] for name in names)
        return sorted(groups, key=lambda group: (group.depth, group.priority, group.name))

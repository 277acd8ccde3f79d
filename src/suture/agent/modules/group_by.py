"""The host joins a group whose name says what it is like, for the plays that come.

The controller performs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List

from ..protocol.spec import arg
from ..world.world import World

EXAMPLES = """
- name: hosts by their system
  group_by:
    key: "os_{{ ansible_facts.distribution }}"
"""

CONTROLLER = True


@dataclass(frozen=True)
class Args:
    key: str = arg("The group; blanks in it become hyphens.")
    parents: List[str] = arg("The groups that it is part of.", ["all"])

    def __post_init__(self) -> None:
        if not self.key.strip():
            raise ValueError("'key' gives no name for a group")


def apply(args: Args, world: World) -> Dict[str, Any]:
    parents = [parent.replace(" ", "-") for parent in args.parents]
    return {"add_group": args.key.replace(" ", "-"), "parent_groups": parents}

"""A host joins the inventory, for the plays that come, once for all hosts of this one.

The controller performs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List

from ..protocol.spec import arg
from ..world.world import World

EXAMPLES = """
- name: the machine that was just made
  add_host:
    name: "{{ made.address }}"
    groups: [web, fresh]
    ansible_user: admin
"""

CONTROLLER = True
EXTRA = "variables"


@dataclass(frozen=True)
class Args:
    name: str = arg("The host, or host:port.", aliases=("host", "hostname"))
    groups: List[str] = arg("The groups that it joins.", [], aliases=("group", "groupname"))
    variables: Dict[str, Any] = arg("Every other argument: a variable of the host's.", {})

    def __post_init__(self) -> None:
        if not self.name.strip() or any(letter.isspace() for letter in self.name.strip()):
            raise ValueError(f"'{self.name}' is no name for a host")


def apply(args: Args, world: World) -> Dict[str, Any]:
    return {
        "add_host": {
            "host_name": args.name.strip(),
            "groups": args.groups,
            "host_vars": dict(args.variables),
        }
    }

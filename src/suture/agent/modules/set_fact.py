"""The host's variables of these names have these values.  The controller performs it."""

from __future__ import annotations

import keyword
from dataclasses import dataclass
from typing import Any, Dict

from ..protocol.spec import arg
from ..world.world import World

EXAMPLES = """
- set_fact:
    release: "{{ version }}-{{ build }}"
    ports: [8080, 8081]
"""

CONTROLLER = True
EXTRA = "facts"


@dataclass(frozen=True)
class Args:
    facts: dict[str, Any] = arg("Every other argument: a variable and its value.", {})
    cacheable: bool = arg("Make it one of ansible_facts, too; it lasts until the run ends.", False)

    def __post_init__(self) -> None:
        if not self.facts:
            raise ValueError("give at least one 'name: value'")
        for name in self.facts:
            if not (name.isascii() and name.isidentifier()) or keyword.iskeyword(name):
                raise ValueError(f"'{name}' cannot name a variable: use letters, digits and _")


def apply(args: Args, world: World) -> Dict[str, Any]:
    return {"ansible_facts": dict(args.facts)}

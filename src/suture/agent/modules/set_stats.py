"""Figures are kept for whoever reads the run's results.  The controller performs it."""

from __future__ import annotations

import keyword
from dataclasses import dataclass
from typing import Any, Dict

from ..protocol.spec import arg
from ..world.world import World

EXAMPLES = """
- set_stats:
    data:
      deployed: "{{ version }}"
"""

CONTROLLER = True


@dataclass(frozen=True)
class Args:
    data: Dict[str, Any] = arg("The figures, by name.")
    per_host: bool = arg("They are this host's, not the run's.", False)
    aggregate: bool = arg("What is there already is added to, not replaced.", True)

    def __post_init__(self) -> None:
        for name in self.data:
            if not str(name).isidentifier() or keyword.iskeyword(str(name)):
                raise ValueError(f"'{name}' cannot name a figure: use letters, digits and _")


def apply(args: Args, world: World) -> Dict[str, Any]:
    told = {"data": dict(args.data), "per_host": args.per_host, "aggregate": args.aggregate}
    return {"ansible_stats": told}

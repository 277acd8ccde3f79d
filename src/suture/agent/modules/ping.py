"""The host answers: Python runs there, and the agent with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict

from ..protocol.spec import Failure, arg
from ..world.world import World

EXAMPLES = """
- name: the host answers
  ping:
"""
LOOKS = True


@dataclass(frozen=True)
class Args:
    data: str = arg("What the host answers; 'crash' makes the step fail.", "pong")


def apply(args: Args, world: World) -> Dict[str, str]:
    if args.data == "crash":
        raise Failure("boom")
    return {"ping": args.data}

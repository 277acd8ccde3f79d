"""The play stops here, with a message.  The controller performs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..protocol.spec import Failure, arg
from ..world.world import World

EXAMPLES = """
- fail:
    msg: this release needs 64 bits
  when: ansible_architecture != 'x86_64'
"""

CONTROLLER = True


@dataclass(frozen=True)
class Args:
    msg: Any = arg("Why.", "Failed as requested from task")


def apply(args: Args, world: World) -> None:
    raise Failure(args.msg if isinstance(args.msg, str) else str(args.msg), msg=args.msg)

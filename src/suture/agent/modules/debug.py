"""A message, or the value of an expression, is shown.  The controller performs it.

``var`` is sent as the expression and its value, ``{"expression": …, "value": …}``; the controller
leaves out a task whose ``verbosity`` is above its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Mapping

from ..protocol.spec import arg
from ..world.world import World

EXAMPLES = """
- debug:
    msg: "listening on {{ port }}"

- debug: {var: old_logs.matched}
"""

CONTROLLER = True
HELLO = "Hello world!"


@dataclass(frozen=True)
class Args:
    msg: Any = arg("What to show.", HELLO)
    var: Any = arg(
        "An expression, such as a variable's name, whose value is shown.", None, kind="expression"
    )
    verbosity: int = arg("Only with so many -v.", 0)

    def __post_init__(self) -> None:
        if self.msg != HELLO and self.var is not None:
            raise ValueError("give either 'msg' or 'var'")


def apply(args: Args, world: World) -> Dict[str, Any]:
    if args.var is None:
        return {"msg": args.msg}
    assert isinstance(args.var, Mapping), "'var' has to be evaluated by the controller"
    return {str(args.var["expression"]): args.var["value"]}

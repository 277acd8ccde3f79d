# ruff: noqa: N999 (the module's name is Ansible's)
"""Every condition holds, or the play stops here.  The controller performs it.

Each condition is sent as ``{"assertion": …, "evaluated_to": …}``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Union

from ..protocol.spec import Failure, arg
from ..world.world import World

EXAMPLES = """
- assert:
    that:
      - port | int > 1024
      - "'app' in group_names"
    fail_msg: this play is for application hosts
"""

CONTROLLER = True


@dataclass(frozen=True)
class Args:
    that: list[Any] = arg("Conditions, written without braces.", kind="condition")
    fail_msg: Union[str, list[str]] = arg(
        "What to say when one does not hold.", "Assertion failed", aliases=("msg",)
    )
    success_msg: Union[str, list[str]] = arg("What to say else.", "All assertions passed")
    quiet: bool = arg("Do not tell the conditions.", False)


def apply(args: Args, world: World) -> Dict[str, Any]:
    for condition in args.that:
        if not condition["evaluated_to"]:
            told = dict(condition)
            raise Failure(_text(args.fail_msg), **told)
    return {"msg": args.success_msg}


def _text(message: Any) -> str:
    return message if isinstance(message, str) else "\n".join(message)

"""A command line has been run by a shell, and nothing else looked at.

It goes through the agent like any other step, so the host needs a Python all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict

from ..protocol.spec import Failure, arg
from ..shared.commands import Running, named_in_shell, performed
from ..shared.paths import expanded
from ..world.world import World

EXAMPLES = """
- raw: apt-get install -y python3-apt
"""

FREE_FORM = "cmd"
TOLD = ("rc", "stdout", "stdout_lines", "stderr", "stderr_lines", "msg")


@dataclass(frozen=True)
class Args:
    cmd: str = arg("The command line.")
    executable: str | None = arg("The shell; else /bin/sh.", None)

    def __post_init__(self) -> None:
        if not self.cmd.strip():
            raise ValueError("the command is empty")


def apply(args: Args, world: World) -> Dict[str, Any]:
    argv = [expanded(args.executable or "/bin/sh", world), "-c", args.cmd]
    touched = named_in_shell(args.cmd, "", world)
    how = Running(strip_empty_ends=False)
    try:
        data = performed(argv, args.cmd, how, touched, world)
    except Failure as failure:
        data = {key: failure.data[key] for key in TOLD if key in failure.data}
        raise Failure(str(failure), **data) from None
    return {key: data[key] for key in TOLD if key in data}

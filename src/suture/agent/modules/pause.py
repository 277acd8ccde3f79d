"""So many minutes or seconds have passed.  The controller performs it; it asks for no input."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Dict

from ..protocol.spec import arg
from ..world.world import World

EXAMPLES = """
- name: the load balancer has noticed
  pause: {seconds: 20}
"""

CONTROLLER = True


@dataclass(frozen=True)
class Args:
    seconds: float | None = arg("How long, in seconds.", None)
    minutes: float | None = arg("How long, in minutes.", None)

    def __post_init__(self) -> None:
        if (self.seconds is None) == (self.minutes is None):
            raise ValueError(
                "give either 'seconds' or 'minutes'; waiting for a key is not possible"
            )


def apply(args: Args, world: World) -> Dict[str, Any]:
    seconds = max(1, int(args.minutes * 60 if args.minutes is not None else args.seconds or 0))
    began = datetime.now()  # noqa: DTZ005 (shown to a person, in their own time)
    time.sleep(seconds)
    ended = datetime.now()  # noqa: DTZ005
    told = f"{round(seconds / 60, 2)} minutes" if args.minutes is not None else f"{seconds} seconds"
    return {
        "start": str(began),
        "stop": str(ended),
        "delta": seconds,
        "rc": 0,
        "stdout": f"Paused for {told}",
        "stderr": "",
        "echo": True,
        "user_input": "",
    }

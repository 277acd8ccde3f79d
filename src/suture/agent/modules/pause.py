"""So many minutes or seconds have passed, or somebody at the terminal has answered.

The controller performs it; where it has no terminal, nobody is waited for.
"""

from __future__ import annotations

import getpass
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Dict

from ..protocol.spec import arg
from ..world.world import World

EXAMPLES = """
- name: the load balancer has noticed
  pause: {seconds: 20}

- name: somebody has looked
  pause: {prompt: "Does the site answer? Enter goes on"}
  register: answer
"""

CONTROLLER = True


@dataclass(frozen=True)
class Args:
    seconds: float | None = arg("How long, in seconds.", None)
    minutes: float | None = arg("How long, in minutes.", None)
    prompt: str | None = arg(
        "What somebody is asked; without a time the answer is waited for.", None
    )
    echo: bool = arg("Show what is typed.", True)

    def __post_init__(self) -> None:
        if self.seconds is not None and self.minutes is not None:
            raise ValueError("give either 'seconds' or 'minutes'")


def apply(args: Args, world: World) -> Dict[str, Any]:
    if args.seconds is None and args.minutes is None:
        return _answered(args)
    if args.prompt:
        world.say(args.prompt)
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


def _answered(args: Args) -> Dict[str, Any]:
    """What somebody at the terminal has typed; nothing at once where there is none."""
    began = datetime.now()  # noqa: DTZ005 (shown to a person, in their own time)
    answer = ""
    if sys.stdin is not None and sys.stdin.isatty():
        question = f"{args.prompt or 'Press enter to continue'}: "
        answer = input(question) if args.echo else getpass.getpass(question)
    ended = datetime.now()  # noqa: DTZ005
    return {
        "start": str(began),
        "stop": str(ended),
        "delta": int((ended - began).total_seconds()),
        "rc": 0,
        "stdout": f"Paused for {round((ended - began).total_seconds() / 60, 2)} minutes",
        "stderr": "",
        "echo": args.echo,
        "user_input": answer,
    }

"""What the modules share that change where packages come from: fetching the lists anew."""

from __future__ import annotations

from typing import Any

from ..protocol.spec import Failure
from ..world.world import World
from .apt_output import failure

STALE = "apt:stale"
"""What a dry run expects where the lists would have been fetched: nobody knows what is in them."""


def are_stale(world: World) -> bool:
    """Whether an earlier step of a dry run would have fetched other package lists."""
    return bool(world.state(STALE, lambda: False))


def fetched(world: World, retries: int = 5) -> None:
    """The package lists are fetched, because where they come from has changed."""
    program = world.which("apt-get")
    if program is None:
        raise Failure("this host has no apt-get: it is neither Debian nor Ubuntu")
    done: Any = None
    for _ in range(max(1, retries)):
        done = world.run(
            program,
            "update",
            check=False,
            action="update",
            shown="package lists",
            expects={STALE: True},
            undo=[],
            env={"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"},
        )
        if not done.rc:
            return
    raise failure(done, "fetch the package lists")

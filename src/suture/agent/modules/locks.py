"""Who works on what on this host is known; with ``unlock``, the agents of that run are ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict

from ..locks.lock import holders
from ..protocol.spec import Failure, arg
from ..world.world import World

EXAMPLES = """
- name: who works here?
  locks: {}
  register: found

- name: end a run that nobody will come back to
  locks: {unlock: 20260101-120000-ab12}
"""


@dataclass(frozen=True)
class Args:
    unlock: str = arg("A run, whose agents on this host are ended, and its locks with them.", "")


def apply(args: Args, world: World) -> Dict[str, Any]:
    found = list(holders())
    for holder in found if args.unlock else []:
        if holder.run == args.unlock:
            done = world.run("kill", "-TERM", str(holder.pid), check=False)
            if done.rc:
                raise Failure(
                    f"the agent of run {holder.run} (process {holder.pid}, user {holder.uid}) could"
                    f" not be ended: {done.err.strip()}"
                )
    return {"locks": [holder.as_data() for holder in found]}

"""The lock that a run takes on what it works on: asked for with an agent's first words."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suture.errors import Refused


@dataclass(frozen=True, slots=True)
class Claim:
    """Who works, as others are told.  ``process``: the controller's, see ``process``; ``wait``: seconds
    for which a lock that another run holds is waited for."""

    run: str
    operator: str
    at: str
    since: str
    reason: str
    process: str = ""
    wait: float = 0


@dataclass(frozen=True, slots=True)
class Locking:
    """A claim on the first of these directories that a host has, or else on its user's home;
    ``waits`` is told whom it waits for.  ``over``: a run that nobody comes back to: it makes room."""

    claim: Claim
    paths: Sequence[str]
    waits: Callable[[str], None]
    over: str = ""

    def hello(self) -> dict[str, Any]:
        """What the agent is told of it."""
        claim = self.claim
        return {
            "paths": list(self.paths),
            "wait": claim.wait,
            "over": self.over,
            "holder": {
                "run": claim.run,
                "operator": claim.operator,
                "at": claim.at,
                "since": claim.since,
                "reason": claim.reason,
                "process": claim.process,
            },
        }


class Locked(Refused):
    """Another run works there."""


class Orphaned(Exception):
    """The ``run`` that holds a lock was this machine's, and its controller is dead."""

    def __init__(self, run: str) -> None:
        super().__init__(run)
        self.run = run


def process(pid: int) -> str:
    """A process by its number and the time of its start, which no later one shares; empty where the
    system does not tell, or there is none."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return f"{pid} {told.rpartition(')')[2].split()[19]}"
    except (OSError, IndexError):
        return ""


def is_orphaned(holder: Mapping[str, Any]) -> bool:
    """Whether the controller of who holds a lock ran on this machine, and is dead."""
    told = str(holder["process"])
    if not told or holder["at"] != socket.gethostname() or not process(os.getpid()):
        return False
    number = told.partition(" ")[0]
    return number.isdecimal() and process(int(number)) != told


def sentence(host: str, holder: Mapping[str, Any]) -> str:
    """Who holds a lock, for whoever may not work there meanwhile."""
    who = " at ".join(filter(None, [str(holder["operator"]), str(holder["at"])]))
    since = f" since {holder['since']}" if holder["since"] else ""
    reason = f" ({holder['reason']})" if holder["reason"] else ""
    run = f"run {holder['run']}{since}{reason}"
    lost = " whose connection is lost" if holder["alone"] else ""
    return f"{host}: {who or 'somebody'} works on {holder['path']} in {run}{lost}"

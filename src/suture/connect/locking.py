"""The lock that a run takes on what it works on: asked for with an agent's first words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from suture.errors import Refused


@dataclass(frozen=True, slots=True)
class Claim:
    """Who works, as others are told.  ``wait``: seconds for which a lock that another run holds is
    waited for."""

    run: str
    operator: str
    at: str
    since: str
    reason: str
    wait: float = 0


@dataclass(frozen=True, slots=True)
class Locking:
    """A claim on the first of these directories that a host has, or else on its user's home;
    ``waits`` is told whom it waits for."""

    claim: Claim
    paths: Sequence[str]
    waits: Callable[[str], None]

    def hello(self) -> dict[str, Any]:
        """What the agent is told of it."""
        claim = self.claim
        return {
            "paths": list(self.paths),
            "wait": claim.wait,
            "holder": {
                "run": claim.run,
                "operator": claim.operator,
                "at": claim.at,
                "since": claim.since,
                "reason": claim.reason,
            },
        }


class Locked(Refused):
    """Another run works there."""


def sentence(host: str, holder: Mapping[str, Any]) -> str:
    """Who holds a lock, for whoever may not work there meanwhile."""
    who = " at ".join(filter(None, [str(holder["operator"]), str(holder["at"])]))
    since = f" since {holder['since']}" if holder["since"] else ""
    reason = f" ({holder['reason']})" if holder["reason"] else ""
    run = f"run {holder['run']}{since}{reason}"
    return f"{host}: {who or 'somebody'} works on {holder['path']} in {run}"

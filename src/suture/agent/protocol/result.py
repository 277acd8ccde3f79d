"""What a step did: the one type that crosses the wire back to the controller."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any, Dict, List


class Status(str, enum.Enum):
    """How a step ended.  DROPPED: it was never performed, because of an earlier failure or
    because nothing notified it; it is not reported at all."""

    OK = "ok"
    CHANGED = "changed"
    SKIPPED = "skipped"
    FAILED = "failed"
    UNKNOWN = "unknown"
    DROPPED = "dropped"
    UNREACHABLE = "unreachable"
    IGNORED = "ignored"


@dataclass(frozen=True)
class Change:
    """One difference between the machine and the goal, made or (in a dry world) predicted.

    ``action`` is write, mkdir, link, remove, attributes, run, or a module's own verb.
    ``before`` and ``after`` are text fit for a diff; ``detail`` holds what is no text: attributes
    as ``{"mode": ["0644", "0600"]}``, sizes and hashes of binary content, rows of a table.
    """

    action: str
    target: str
    before: str = ""
    after: str = ""
    detail: Dict[str, Any] = field(default_factory=dict)

    def to_wire(self) -> Dict[str, Any]:
        wire: Dict[str, Any] = {"action": self.action, "target": self.target}
        if self.before:
            wire["before"] = self.before
        if self.after:
            wire["after"] = self.after
        if self.detail:
            wire["detail"] = self.detail
        return wire


@dataclass(frozen=True)
class Result:
    """A step's end.  ``unpredicted`` (dry runs only) names what the data would hang on."""

    status: Status
    changes: List[Change] = field(default_factory=list)
    data: Dict[str, Any] = field(default_factory=dict)
    message: str = ""
    trace: str = ""
    seconds: float = 0.0
    unpredicted: str = ""

    def to_wire(self) -> Dict[str, Any]:
        """Only what differs from the default: a converged step is a short frame."""
        wire: Dict[str, Any] = {"status": self.status.value}
        if self.changes:
            wire["changes"] = [change.to_wire() for change in self.changes]
        for name in ("data", "message", "trace", "seconds", "unpredicted"):
            if getattr(self, name):
                wire[name] = getattr(self, name)
        return wire

    @classmethod
    def from_wire(cls, wire: Dict[str, Any]) -> Result:
        changes = [Change(**change) for change in wire.get("changes", ())]
        return cls(**{**wire, "status": Status(wire["status"]), "changes": changes})

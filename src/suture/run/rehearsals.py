"""What a rehearsal on each host comes to, told as events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from suture.connect.greeting import Rehearsing
from suture.errors import Refused, SutureError
from suture.events import Event, RehearsalReport, Warned

VARIABLE = "suture_rehearse_in"
"""The variable of a host that says where a rehearsal keeps what it changes."""


@dataclass(frozen=True, slots=True)
class Rehearsals:
    """``refused`` holds, by host, why there can be none on it."""

    network: bool
    emit: Callable[[Event], None]
    refused: dict[str, str] = field(default_factory=dict)

    def of(self, host: str, place: str) -> Callable[[str, str], Rehearsing]:
        """How the agents of a host rehearse: each that is there is asked for by where and as whom
        it runs.  ``place`` is what the inventory says of it."""
        if place not in ("", "memory", "disk"):
            raise SutureError(f"host {host}: {VARIABLE} is '{place}'; it can be memory or disk")
        users: list[str] = []

        def rehearsing(where: str, user: str) -> Rehearsing:
            if users and user not in users:
                self._warn(
                    host,
                    f"the steps of {user} are rehearsed in a copy of their own: they do not see"
                    f" what the steps of {users[0]} changed, nor the other way round",
                )
            users.append(user)

            def refused(reason: str) -> None:
                self.refused[host] = reason

            def told(frame: Mapping[str, Any]) -> None:
                self.emit(_report(host, user, "" if where == host else where, frame))

            def noted(note: str) -> None:
                self._warn(host, note)

            return Rehearsing(self.network, place, refused, noted, told)

        return rehearsing

    def ended(self, code: int) -> tuple[int, str]:
        """A run's exit code and message; Refused where a host allows no rehearsal."""
        if self.refused:
            said = "; ".join(f"{host}: {reason}" for host, reason in self.refused.items())
            raise Refused(f"no rehearsal is possible ({said}); --dry-run needs none of that")
        if code > 1:
            return code, ""
        how = "failed" if code else "passed"
        return code, f"the rehearsal {how}; nothing of it is left on the host"

    def _warn(self, host: str, message: str) -> None:
        self.emit(Warned(message=f"{host}: {message}"))


def _report(host: str, user: str, delegate: str, frame: Mapping[str, Any]) -> RehearsalReport:
    return RehearsalReport(
        host=host,
        user=user,
        delegate=delegate,
        changes=frame["changes"],
        added=tuple(frame["added"]),
        changed=tuple(frame["changed"]),
        removed=tuple(frame["removed"]),
        touched=tuple(frame["touched"]),
        caches=tuple(frame["caches"]),
        top=tuple(frame["top"]),
        not_rehearsed=tuple(frame["not_rehearsed"]),
        bytes=int(frame["bytes"]),
        space=int(frame["space"]),
        seconds=float(frame["seconds"]),
        where=str(frame["where"]),
    )

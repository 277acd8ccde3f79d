"""What a task came to on one host, and what a later task may read of it.  Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from suture.agent.protocol.result import Change, Result, Status
from suture.errors import UnknownValue
from suture.events import worst


@dataclass(frozen=True, slots=True)
class Outcome:
    """A task's end, or one item's.  ``reason`` says why it was skipped or is unknown; ``cause``
    names the step that its data hang on in a dry run; ``items`` are a loop's rounds, and an
    item's ``told`` what
    its result says of the round itself."""

    status: Status
    changes: tuple[Change, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""
    trace: str = ""
    seconds: float = 0.0
    reason: str = ""
    cause: str = ""
    items: tuple[Outcome, ...] = ()
    told: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""

    @property
    def failed(self) -> bool:
        return self.status in (Status.FAILED, Status.UNREACHABLE, Status.IGNORED)

    @property
    def changed(self) -> bool:
        return self.status is Status.CHANGED or (
            self.status is Status.IGNORED and bool(self.changes)
        )


DROPPED = Outcome(Status.DROPPED)
UNREACHABLE = "unreachable"
"""Why the loss of a host is ignored, as an outcome's reason."""


def skipped(reason: str) -> Outcome:
    return Outcome(Status.SKIPPED, reason=reason)


def unknown(message: str, cause: str) -> Outcome:
    return Outcome(Status.UNKNOWN, message=message, reason=message, cause=cause)


def failed(message: str, **data: Any) -> Outcome:
    return Outcome(Status.FAILED, message=message, data=data)


def outcome_of(result: Result) -> Outcome:
    """What the agent's result says, before the playbook's own conditions."""
    return Outcome(
        result.status,
        tuple(result.changes),
        result.data,
        result.message,
        result.trace,
        result.seconds,
        result.message if result.status in (Status.SKIPPED, Status.UNKNOWN) else "",
        result.unpredicted,
    )


def only_checked(outcome: Outcome) -> Outcome:
    """What a command comes to that its own task wants checked only, in a run that is real: nothing
    was run, as ansible-core tells it."""
    if not outcome.cause or outcome.status in (Status.FAILED, Status.DROPPED):
        return outcome
    told = {"rc": 0, "stdout": "", "stderr": "", "start": None, "end": None, "delta": None}
    message = "Command would have run if not in check mode"
    return Outcome(
        Status.SKIPPED, data={**outcome.data, **told, "msg": message}, reason="check_mode: true"
    )


def judged(outcome: Outcome, changed: bool | None, failed: bool | None) -> Outcome:
    """The outcome once ``changed_when`` and ``failed_when`` have spoken; None: they were silent."""
    if outcome.status in (Status.DROPPED, Status.SKIPPED, Status.UNKNOWN, Status.UNREACHABLE):
        return outcome
    status, message = outcome.status, outcome.message
    if failed is True and status is not Status.FAILED:
        status, message = Status.FAILED, message or "failed_when says that it failed"
    elif failed is False and status is Status.FAILED:
        status = Status.CHANGED if outcome.changes else Status.OK
    if changed is not None and status is not Status.FAILED:
        status = Status.CHANGED if changed else Status.OK
    data = outcome.data if failed is None else {**outcome.data, "failed_when_result": failed}
    return replace(outcome, status=status, message=message, data=data)


def looped(items: Sequence[Outcome]) -> Outcome:
    """A loop's outcome from its items'."""
    there = [item.status for item in items if item.status is not Status.DROPPED]
    status = Status(worst(each.value for each in there) or "skipped")
    if items and not there:
        status = Status.DROPPED
    failures = [item.message for item in items if item.status is Status.FAILED and item.message]
    cause = next((item.cause for item in items if item.cause), "")
    return Outcome(
        status,
        tuple(change for item in items for change in item.changes),
        {"results": [registered(item) for item in items], "msg": _together(status)},
        "; ".join(dict.fromkeys(failures)) or "",
        next((item.trace for item in items if item.trace), ""),
        sum(item.seconds for item in items),
        next((item.reason for item in items if item.reason), "") if items else "no items",
        cause,
        tuple(items),
    )


def _together(status: Status) -> str:
    """What the result of a loop says of its items, in ansible-core's words."""
    if status is Status.SKIPPED:
        return "All items skipped"
    failed = status in (Status.FAILED, Status.IGNORED, Status.UNREACHABLE)
    return "One or more items failed" if failed else "All items completed"


def registered(outcome: Outcome) -> dict[str, Any]:
    """What ``register`` gives a name to, in ansible-core's shape."""
    data = dict(outcome.data)
    data["changed"] = outcome.changed
    data["failed"] = outcome.failed
    if outcome.status is Status.SKIPPED:
        data["skipped"] = True
        if "msg" not in data and "skipped_reason" not in data:
            data["skip_reason"] = "Conditional result was False"
    if outcome.status is Status.UNREACHABLE or outcome.reason == UNREACHABLE:
        data["unreachable"] = True
        del data["failed"]
    if outcome.message and not data.get("msg"):
        data["msg"] = outcome.message
    data |= outcome.told
    for stream in ("stdout", "stderr"):
        if isinstance(data.get(stream), str) and f"{stream}_lines" not in data:
            data[f"{stream}_lines"] = data[stream].splitlines()
    if outcome.cause:
        return PartlyKnown(data, outcome.cause, outcome.status is Status.UNKNOWN)
    return data


class PartlyKnown(dict[str, Any]):
    """A result that a dry run knows only in part: whether it changed, but not what a command that
    did not run would have said.  Reading what is not known raises UnknownValue."""

    def __init__(self, data: Mapping[str, Any], cause: str, nothing: bool) -> None:
        known = {} if nothing else {"skipped": False, **data}
        super().__init__(
            {
                key: PartlyKnown(value, cause, nothing) if isinstance(value, dict) else value
                for key, value in known.items()
            }
        )
        self._cause = cause

    def __missing__(self, key: str) -> Any:
        raise UnknownValue(key, self._cause)

    def __contains__(self, key: object) -> bool:
        if super().__contains__(key):
            return True
        raise UnknownValue(str(key), self._cause)

    def get(self, key: str, default: Any = None) -> Any:
        return self[key]

"""What happened, in order.  All output and all history is a fold over these.

``to_json`` and ``from_json`` are exact inverses; the names in ``--json`` are the classes' names in
snake case.  Times are UTC, durations seconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """``at`` is an ISO 8601 time in UTC."""

    at: str = field(default_factory=_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(Event):
    """``mode`` is one of ``Mode``; ``command`` what the operator typed; ``undoes`` the run that this
    one undoes, all of it."""

    run: str
    mode: str
    playbook: str
    hosts: tuple[str, ...] = ()
    command: str = ""
    version: str = ""
    undoes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseStarted(Event):
    phase: int
    title: str
    cause: str = ""
    priority: str = ""
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayStarted(Event):
    play: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostConnected(Event):
    """``user`` is the one that the agent runs as; where that took becoming, ``become`` says how:
    user, method and flags.  ``delegate`` is the host that it is on, where that is another one."""

    host: str
    user: str
    python: str
    seconds: float
    become: Mapping[str, str] = field(default_factory=dict)
    delegate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLost(Event):
    host: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted(Event):
    host: str
    task: str
    module: str
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOutput(Event):
    """One line of a running command."""

    host: str
    task: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFinished(Event):
    """One round of a loop; the step itself follows once all its items are through."""

    host: str
    task: str
    item: str
    status: str
    changes: tuple[Mapping[str, Any], ...] = ()
    message: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFinished(Event):
    """``status`` is ok, changed, failed, skipped, unknown, unreachable or ignored.  ``changes``
    are ``agent.result.Change`` as dicts; ``reason`` says why a step was skipped or is unknown;
    ``exception`` the written exception to a policy under which it ran; ``handler`` whether it is
    one."""

    host: str
    task: str
    module: str
    status: str
    file: str = ""
    line: int = 0
    changes: tuple[Mapping[str, Any], ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""
    trace: str = ""
    seconds: float = 0.0
    play: str = ""
    role: str = ""
    reason: str = ""
    exception: str = ""
    handler: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerNotified(Event):
    """A step has changed something that this handler of the play answers to: it is pending."""

    host: str
    play: str
    handler: str
    task: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerSettled(Event):
    """The handler was pending on this host, and has run."""

    host: str
    play: str
    handler: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TestFinished(Event):
    """``outcome`` is passed, failed, error, skipped, xfailed or xpassed; ``purpose`` is
    baseline, verify, rerun or task."""

    __test__: ClassVar[bool] = False

    host: str
    id: str
    outcome: str
    message: str = ""
    seconds: float = 0.0
    phase: int = 0
    purpose: str = "task"


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineRecorded(Event):
    """What failed and what passed before the phase: test ids.

    ``causes`` tells for each failing test its exception, message, where (file:line of the deepest
    frame of the application's own), frame and seconds.  ``claimed`` are those that the phase has to
    mend, ``expected`` how many the plan says they are (0: it does not); ``others`` are the rest by
    cause: count, cause, why and the first test.
    """

    host: str
    phase: int
    failing: tuple[str, ...]
    passing: tuple[str, ...]
    skipped: tuple[str, ...] = ()
    causes: Mapping[str, Any] = field(default_factory=dict)
    claimed: tuple[str, ...] = ()
    expected: int = 0
    others: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseVerified(Event):
    """The gate's verdict: verified, failed, "proves nothing", or not run.

    ``fixed``, ``still_failing``, ``newly_broken``, ``flaky``, ``cold`` (passed only in company) and
    ``excused`` (skipped with a reason: id to reason) are test ids; ``counts`` maps outcomes to
    numbers of tests.  ``times`` are the seconds of a flaky or cold test: first, and when it passed.
    ``as_before`` are the failures that others have to mend, by cause: count, cause, why, first test.
    """

    host: str
    phase: int
    verdict: str
    fixed: tuple[str, ...] = ()
    still_failing: tuple[str, ...] = ()
    newly_broken: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    excused: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    message: str = ""
    seconds: float = 0.0
    cold: tuple[str, ...] = ()
    times: Mapping[str, Any] = field(default_factory=dict)
    as_before: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalReport(Event):
    """Everything that a rehearsal changed on the disk of a host, before it was thrown away; one for
    each user that steps ran as (and for each other host that they were delegated to).

    ``added``, ``changed``, ``removed`` and ``touched`` (other times, all else the same) are paths,
    directories with a slash at the end; ``changes`` counts them all, and of thousands only some are
    named.  ``caches`` are left out of them: each with its path, files and bytes.  ``top`` sums up
    the paths by directory: path (with "…": what else lies there), added, changed, removed and
    bytes.  ``not_rehearsed`` names steps
    that reach outside.  ``bytes`` were written to files; ``space`` is what all of it took, in
    memory or on disk (``where``).
    """

    host: str
    user: str
    delegate: str = ""
    changes: Mapping[str, int] = field(default_factory=dict)
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    touched: tuple[str, ...] = ()
    caches: tuple[Mapping[str, Any], ...] = ()
    top: tuple[Mapping[str, Any], ...] = ()
    not_rehearsed: tuple[str, ...] = ()
    bytes: int = 0
    space: int = 0
    seconds: float = 0.0
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseFinished(Event):
    """``status``: done, failed, proves nothing, applied, verified, previewed, rehearsed, undone, not
    begun (``reason``: why) or interrupted."""

    phase: int
    status: str
    seconds: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned(Event):
    """Something the operator should know that stops nothing; ``file:line`` in ``where``."""

    message: str
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStopping(Event):
    """The operator stops the run, by this ``signal``; ``under_way`` is the step that each host is
    at: it comes to its end, or is ended in its middle (``ends``)."""

    signal: str
    ends: bool = False
    under_way: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(Event):
    """``hosts`` maps each host to its steps by status, all seven statuses present."""

    run: str
    exit_code: int
    hosts: Mapping[str, Mapping[str, int]]
    seconds: float = 0.0
    message: str = ""


Sink = Callable[[Event], None]

STATUSES = ("ok", "changed", "failed", "skipped", "unknown", "unreachable", "ignored")
SEVERITY = ("skipped", "ok", "changed", "ignored", "unknown", "unreachable", "failed")
"""Statuses from the one that matters least to the one that matters most."""


def worst(statuses: Iterable[str]) -> str:
    """The status that matters most; empty where there is none."""
    return max(statuses, key=SEVERITY.index, default="")


class Mode(StrEnum):
    """What a run does."""

    APPLY = "apply"
    DRY_RUN = "dry-run"
    REHEARSE = "rehearse"
    VERIFY = "verify"
    BASELINE = "baseline"
    UNDO = "undo"
    PRUNE = "prune"
    TRIAGE = "triage"


PRETENDED = (Mode.DRY_RUN, Mode.REHEARSE, Mode.TRIAGE)
"""What leaves no change behind."""
CHANGES = (Mode.APPLY, Mode.UNDO)
"""What changes hosts, and notes there how that can be undone."""

KINDS: Mapping[str, type[Event]] = {
    re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower(): kind for kind in Event.__subclasses__()
}
_NAMES = {kind: name for name, kind in KINDS.items()}


def to_json(event: Event) -> str:
    """One line of JSON, the event's name first; a number that is none (NaN) is null."""
    data = {field.name: getattr(event, field.name) for field in fields(event)}
    told = {"event": _NAMES[type(event)], **data}
    try:
        return json.dumps(told, ensure_ascii=True, default=str, allow_nan=False)
    except ValueError:
        plain = json.loads(json.dumps(told, default=str), parse_constant=lambda _name: None)
        return json.dumps(plain, ensure_ascii=True)


def from_json(line: str) -> Event:
    """The event that ``to_json`` wrote; fields of a newer version are left out."""
    data = json.loads(line)
    kind = KINDS[data.pop("event")]
    known = {field.name: field.type for field in fields(kind)}
    given: dict[str, Any] = {
        name: tuple(value) if str(known[name]).startswith("tuple") else value
        for name, value in data.items()
        if name in known
    }
    return kind(**given)

"""Everything this package raises on purpose; caught once, in cli.py, and shown without a trace.

    SutureError             exit 1   something is wrong that the operator or the author can mend
    ├── Invalid                      what was given: all problems, each with file:line:column
    ├── TemplateError                a template or expression; fails its task, or the run before it
    ├── UnknownValue                 a dry run cannot know it; the task is told as unknown
    ├── PlayStopped                  (run/batch.py) other hosts' failures end the play for this one
    ├── Unsaid                       (connect/messages.py) a host answered what no agent says
    ├── Unfit                        (run/fetched.py) a fetched file cannot stand where it should
    ├── Refused             exit 3   not done, on purpose: drift, a lock, a policy
    ├── Unreachable         exit 4   a host cannot be reached, or was lost
    └── Interrupted         exit 130 the operator stopped the run

On the host, modules raise Failure (for the playbook's author) and Unpredictable (in a dry run): both in
agent/protocol/spec.py.  Stopped, HostGone and EndPlay (run/) only steer a host's way through a play.
Anything else is a bug and keeps its trace.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

from suture.model import Mark, Problem


class Exit(enum.IntEnum):
    """What a command ends with; ``docs/`` and scripts hold on to the numbers."""

    DONE = 0
    FAILED = 1
    PENDING = 2
    REFUSED = 3
    UNREACHABLE = 4
    INTERRUPTED = 130


class SutureError(Exception):
    """Base.  ``exit_code`` is what the command line ends with."""

    exit_code = Exit.FAILED


class Invalid(SutureError):
    """What was given cannot be used: all the problems found, each with its place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


class TemplateError(SutureError):
    """A template or expression that cannot be evaluated; ``mark`` where known."""

    def __init__(self, message: str, mark: Mark | None = None) -> None:
        super().__init__(f"{mark}: {message}" if mark else message)
        self.bare, self.mark = message, mark


class UnknownValue(SutureError):
    """A template reads something that a dry run cannot know; ``cause`` names the step."""

    def __init__(self, variable: str, cause: str) -> None:
        super().__init__(f"'{variable}' is known only after '{cause}' has run")
        self.variable, self.cause = variable, cause


class Refused(SutureError):
    """Not done, on purpose: drift since the plan, a lock held by someone else, a policy."""

    exit_code = Exit.REFUSED


class Unreachable(SutureError):
    """The host cannot be reached, or was lost."""

    exit_code = Exit.UNREACHABLE


class Interrupted(SutureError):
    """The operator stopped the run."""

    exit_code = Exit.INTERRUPTED

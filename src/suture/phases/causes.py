"""Why a test fails: the exception, what it says without what differs from run to run, and the place
in the application's own code.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

LONGEST = 300
"""Characters of a message that tell one cause from another."""
KEPT = 1500
"""Characters of a message that a baseline remembers."""

_PLACE = re.compile(r"^(?:(?:setup|teardown): )?(?:(?:[^\s:]|<[^>]*>|(?<=\w) (?=\w))+:\d+: )?")
_VARYING = (
    (
        re.compile(r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"),
        "TIME",
    ),
    (re.compile(r"\b\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?\b"), "TIME"),
    (re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"), "ID"),
    (re.compile(r"\b0x[0-9a-fA-F]+\b"), "ID"),
    (re.compile(r"\b(?=[0-9a-fA-F]*\d)(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{8,}\b"), "ID"),
    (re.compile(r"(?<![\w/.])(?:[A-Za-z]:)?/(?:[^\s'\"`,;:()\[\]{}<>]+)"), "PATH"),
    (re.compile(r"(?<![A-Za-z_])[-+]?\d+(?:[.,]\d+)*(?:[eE][-+]?\d+)?"), "N"),
)
"""What two runs of one fault differ in, and what is put in its place; dates before their numbers."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One failing test as a baseline remembers it.

    ``exception`` is a type's name; ``where`` the deepest frame of the application's own
    (``src/a.py:12``, or ``fixture x``) and ``frame`` its function; ``seconds`` how long it took.
    """

    id: str
    exception: str = ""
    message: str = ""
    where: str = ""
    frame: str = ""
    seconds: float = 0.0

    @property
    def said(self) -> str:
        """The message without the place that stands before it."""
        return _PLACE.sub("", self.message.strip(), count=1)

    @property
    def type(self) -> str:
        """The exception's name without its module."""
        return self.exception.rpartition(".")[2]


@dataclass(frozen=True, slots=True, order=True)
class Cause:
    """What failures have in common that come from one fault; ``place`` is file and function, whose
    lines may move."""

    exception: str
    message: str
    place: str = ""


def failure_of(test: Mapping[str, Any]) -> Failure:
    """A failing test, from what the host's pytest told of it."""
    return Failure(
        str(test["id"]),
        str(test.get("exception") or ""),
        str(test.get("message") or "")[:KEPT],
        str(test.get("where") or ""),
        str(test.get("frame") or ""),
        float(test.get("seconds") or 0),
    )


def cause_of(failure: Failure) -> Cause:
    """The failure's cause."""
    path, colon, line = failure.where.rpartition(":")
    place = f"{path}:{failure.frame}" if colon and line.isdigit() else failure.where
    return Cause(failure.type, normalised(failure), place)


def normalised(failure: Failure) -> str:
    """The first lines of what was said, with numbers, paths, ids and times taken out."""
    said = failure.said
    for name in (failure.exception, failure.type):
        if name and said.startswith(f"{name}: "):
            said = said[len(name) + 2 :]
            break
    return settled(said)


def settled(text: str) -> str:
    """The text without what differs from run to run: settled once, it stays as it is."""
    lines = [line.strip() for line in text.strip().split("\n") if line.strip()]
    said = " / ".join(lines[:2])[:LONGEST]
    for pattern, word in _VARYING:
        said = pattern.sub(word, said)
    return " ".join(said.split())


def by_cause(failures: Iterable[Failure]) -> dict[Cause, list[Failure]]:
    """Failures that one sentence tells of together, the many first: the same exception with the
    same words, wherever it came up; without words, from the same place."""
    found: dict[Cause, list[Failure]] = {}
    for failure in failures:
        cause = cause_of(failure)
        place = "" if telling(cause.message) else cause.place
        found.setdefault(Cause(cause.exception, cause.message, place), []).append(failure)
    ordered = sorted(found.items(), key=lambda each: (-len(each[1]), each[0]))
    return {cause: sorted(each, key=lambda failure: failure.id) for cause, each in ordered}


def telling(message: str) -> bool:
    """Whether a settled message says more than that something was not so: ``assert N == N`` could
    come from anywhere."""
    words = re.findall(r"[A-Za-z_]{2,}", re.sub(r"\b(TIME|ID|PATH|N)\b", "", message))
    return bool({word.lower() for word in words} - _EMPTY)


_EMPTY = frozenset(
    {"assert", "assertionerror", "none", "true", "false", "not", "in", "is", "and", "or", "where"}
)
"""Words of an assertion that tell nothing of what was asserted."""


def sentence(cause: Cause) -> str:
    """The cause in a few words: ``PermissionError: [Errno N] Permission denied: 'PATH'``."""
    said = cause.message if len(cause.message) <= 120 else cause.message[:117] + "…"
    parts = [part for part in (cause.exception, said) if part]
    return ": ".join(parts) or "no exception was told"

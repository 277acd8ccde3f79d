"""A broken suite as a plan: its failures by cause, in the order in which to mend them.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from suture.phases.causes import Failure, by_cause, sentence
from suture.phases.known_causes import (
    COLD,
    COMPANY,
    OUTSIDE,
    WORKERS,
    Known,
    recognised,
)

MISC = "misc"
FEW = 4
"""Failures of one cause below which a group is one of the miscellaneous."""
MANY = 10
"""Failures of one cause from which on its mending matters most."""


@dataclass(frozen=True, slots=True)
class Group:
    """Failures of one cause.  ``category`` is its title, or ``misc`` for a small one; ``remedy`` a
    sentence, ``hides`` whether tests were not collected because of it."""

    title: str
    cause: str
    remedy: str
    kind: str
    subject: str
    failures: tuple[Failure, ...]
    hides: bool = False

    @property
    def count(self) -> int:
        return len(self.failures)

    @property
    def first(self) -> Failure:
        return self.failures[0]

    @property
    def outside(self) -> bool:
        """Whether its cause is not in the application."""
        return self.kind in OUTSIDE

    @property
    def category(self) -> str:
        if self.count < FEW and not self.hides and not self.outside:
            return MISC
        return self.title

    @property
    def priority(self) -> str:
        if self.hides or (self.count >= MANY and not self.outside):
            return "high"
        return "medium" if self.count >= FEW and not self.outside else "low"

    @property
    def order(self) -> tuple[Any, ...]:
        """What hides tests first, then the many; what no change of the code mends comes last."""
        return (not self.hides, self.outside, self.category == MISC, -self.count, self.title)

    def as_json(self, number: int) -> dict[str, Any]:
        return {
            "cause": self.cause,
            "count": self.count,
            "exception": self.first.exception,
            "message": self.first.said,
            "where": self.first.where or self.first.id,
            "tests": [failure.id for failure in self.failures],
            "priority": self.priority,
            "remedy": self.remedy,
            "title": self.title,
            "category": self.category,
            "kind": self.kind,
            "order": number,
        }


def groups(
    failures: Iterable[Failure], again: Mapping[str, str] | None = None, workers: bool = False
) -> list[Group]:
    """The failures by cause, in the order in which to mend them.

    ``again`` tells of tests that were run again what they needed to pass: "alone" or "in company";
    ``workers``: the suite ran on several.
    """
    known: dict[tuple[str, str], tuple[Known, list[Failure]]] = {}
    rest: list[Failure] = []
    for failure in sorted(failures, key=lambda each: each.id):
        found = _unsteady(failure, (again or {}).get(failure.id, ""), workers)
        found = found or recognised(failure)
        if found is None:
            rest.append(failure)
        else:
            known.setdefault((found.kind, found.subject), (found, []))[1].append(failure)
    told = [
        Group(
            each.title,
            each.cause,
            each.remedy,
            each.kind,
            each.subject,
            tuple(these),
            _hides(these),
        )
        for each, these in known.values()
    ]
    for cause, these in by_cause(rest).items():
        said = sentence(cause)
        title = cause.exception or "No exception"
        told.append(Group(title, said, "", "", said, tuple(these), _hides(these)))
    return sorted(told, key=lambda group: group.order)


def _hides(failures: Sequence[Failure]) -> bool:
    """Whether what failed is a file, not a test: nobody knows how its tests are."""
    return any("::" not in failure.id for failure in failures)


def _unsteady(failure: Failure, again: str, workers: bool) -> Known | None:
    """A test that passed when it was run again: what it needed is its cause."""
    place = failure.where.partition(":")[0] or failure.id.partition("::")[0]
    if again == "in company":
        return Known(
            COLD,
            place,
            f"Slow when cold: {place}",
            "it passes only after others of its class or module have warmed the process",
            "warm what it measures before it measures, or measure something else",
        )
    if again != "alone":
        return None
    said = failure.said.split("\n")[0][:120]
    if workers:
        return Known(
            WORKERS,
            said,
            f"Only with workers: {failure.type or place}",
            f"it passes in one process, and fails where workers share something: {said}",
            "give these tests one worker (xdist_group), or a place of their own to write to",
        )
    return Known(
        COMPANY,
        said,
        f"Only after others: {failure.type or place}",
        f"it passes alone, so another test leaves something behind: {said}",
        "undo in a fixture what the other test leaves behind",
    )


def unclear(found: Sequence[Group]) -> list[str]:
    """The tests of which nobody knows why they fail: it is worth running them again."""
    return [
        failure.id
        for group in found
        if not group.kind or group.kind in ("texts differ", "timeout")
        for failure in group.failures
        if "::" in failure.id
    ]


@dataclass(frozen=True, slots=True)
class Difference:
    """What is new, gone and changed since an earlier look, by test id; ``changed`` fail for another
    cause now."""

    new: tuple[str, ...]
    gone: tuple[str, ...]
    changed: tuple[str, ...]


def difference(before: Iterable[Failure], now: Iterable[Failure]) -> Difference:
    """How the failures of now differ from those of before."""
    old = {failure.id: failure for failure in before}
    new = {failure.id: failure for failure in now}
    changed = [
        name
        for name in old.keys() & new.keys()
        if [*by_cause([old[name]])] != [*by_cause([new[name]])]
    ]
    return Difference(
        tuple(sorted(new.keys() - old.keys())),
        tuple(sorted(old.keys() - new.keys())),
        tuple(sorted(changed)),
    )

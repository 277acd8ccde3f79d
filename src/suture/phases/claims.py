"""Whose failures are whose: what a phase claims of a baseline, and what belongs to others.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from suture.load.keyword_expressions import keywords
from suture.model import Claim, Phase, Plan
from suture.phases.causes import Failure


@dataclass(frozen=True, slots=True)
class Owner:
    """Who mends a failure: a phase by its number, or None: nobody, for the reason ``why``."""

    phase: int | None
    why: str = ""


def fits(claim: Claim, failure: Failure) -> bool:
    """Whether the failure is one that the claim means: all that it says holds."""
    if claim.paths and not any(inside(failure.id, path) for path in claim.paths):
        return False
    if claim.k and not keywords(claim.k)(failure.id):
        return False
    if claim.exceptions and not {failure.exception, failure.type} & {*claim.exceptions}:
        return False
    return not claim.message or re.search(claim.message, failure.message, re.MULTILINE) is not None


def inside(test: str, path: str) -> bool:
    """Whether a test's id lies at a path: a directory, a file, a class or the test itself."""
    plain = path.removeprefix("./").rstrip("/")
    return (
        plain in ("", ".")
        or test == plain
        or test.startswith((f"{plain}/", f"{plain}::", f"{plain}["))
    )


@dataclass(frozen=True, slots=True)
class Ownership:
    """Whose the failures are that a phase's verification meets.  ``taken``: tests that other phases
    claimed in baselines of before, by their phase; they stay theirs though they fail otherwise
    now."""

    plan: Plan
    phase: Phase
    taken: Mapping[str, int] = field(default_factory=dict)

    def claimed(self, failures: Iterable[Failure]) -> list[Failure]:
        """The failures of the phase's baseline that it has to mend."""
        return [each for each in failures if self.owner(each).phase == self.phase.number]

    def owner(self, failure: Failure) -> Owner:
        """Who mends a failure.

        What the phase claims itself comes first, then what lies outside the plan, then what other
        phases claim.  Where a phase says nothing of claims, and where it takes what remains, the
        rest is its own; the whole suite, as the phase 0, has to show all of it mended.
        """
        phase = self.phase
        if any(fits(claim, failure) for claim in phase.claims):
            return Owner(phase.number)
        for claim in self.plan.outside:
            if fits(claim, failure):
                return Owner(None, claim.why)
        other = self._other(failure) if phase.number else None
        if other is not None:
            return Owner(other.number, f"phase {other.number}: {other.title}")
        if phase.claims and not phase.remaining:
            return Owner(None)
        return Owner(phase.number)

    def _other(self, failure: Failure) -> Phase | None:
        """The other phase that claims the failure, or once did."""
        others = [each for each in self.plan.phases if each.number != self.phase.number]
        for other in others:
            if _claims(other, failure, self.phase.remaining):
                return other
        first = self.taken.get(failure.id) if self.phase.remaining else None
        return next((other for other in others if other.number == first), None)


def _claims(phase: Phase, failure: Failure, silently: bool) -> bool:
    """Whether a phase claims a failure; ``silently``: also by running its test, where it says
    nothing of claims."""
    if phase.claims or phase.remaining or not silently:
        return any(fits(claim, failure) for claim in phase.claims)
    for run in phase.verifications:
        paths, chosen = run.args.get("paths") or [], run.args.get("k") or ""
        given = (paths,) if isinstance(paths, str) else tuple(map(str, paths))
        if given and fits(Claim(run.mark, given, str(chosen)), failure):
            return True
    return False


def failures_of(causes: Mapping[str, Mapping[str, str]], failing: Iterable[str]) -> list[Failure]:
    """The failing tests of a recorded baseline; of an old one only the ids are known."""
    return [
        Failure(
            name,
            told.get("exception", ""),
            told.get("message", ""),
            told.get("where", ""),
            told.get("frame", ""),
            float(told.get("seconds") or 0),
        )
        for name in failing
        for told in (causes.get(name, {}),)
    ]

"""What is recorded of a phase's tests: its baseline, and what the gate says of them.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from suture.events import BaselineRecorded, PhaseVerified
from suture.phases.causes import Failure, by_cause, sentence
from suture.phases.claims import Ownership, failures_of
from suture.phases.gate import BAD, Test, Verdict, verdict


def baseline_of(host: str, whose: Ownership, tests: Mapping[str, Test]) -> BaselineRecorded:
    """What a phase's tests say before it begins."""

    def those(*outcomes: str) -> tuple[str, ...]:
        return tuple(sorted(name for name, test in tests.items() if test.outcome in outcomes))

    failures = [test.failure for test in tests.values() if test.failure]
    return _recorded(host, whose, failures, those("passed"), those("skipped"), those(*BAD))


def united(host: str, whose: Ownership, recorded: Iterable[BaselineRecorded]) -> BaselineRecorded:
    """The baseline of the whole suite, put together from those of the phases: each test as it was
    when it was met first."""
    failures: dict[str, Failure] = {}
    seen: set[str] = set()
    passing: set[str] = set()
    skipped: set[str] = set()
    for each in recorded:
        for failure in failures_of(each.causes, each.failing):
            if failure.id not in seen:
                failures[failure.id] = failure
        passing |= {*each.passing} - seen
        skipped |= {*each.skipped} - seen
        seen |= {*each.failing, *each.passing, *each.skipped}
    failing = tuple(sorted(failures))
    told = failures.values()
    return _recorded(host, whose, told, tuple(sorted(passing)), tuple(sorted(skipped)), failing)


def _recorded(
    host: str,
    whose: Ownership,
    failures: Iterable[Failure],
    passing: tuple[str, ...],
    skipped: tuple[str, ...],
    failing: tuple[str, ...],
) -> BaselineRecorded:
    known = {failure.id: failure for failure in failures}
    mine = {failure.id for failure in whose.claimed(known.values())}
    return BaselineRecorded(
        host=host,
        phase=whose.phase.number,
        failing=failing,
        passing=passing,
        skipped=skipped,
        causes={name: _cause_data(failure) for name, failure in sorted(known.items())},
        claimed=tuple(sorted(mine)),
        expected=whose.phase.must_fix,
        others=listed(whose, [each for name, each in known.items() if name not in mine]),
    )


def _cause_data(failure: Failure) -> dict[str, Any]:
    told = {
        "exception": failure.exception,
        "message": failure.message,
        "where": failure.where,
        "frame": failure.frame,
        "seconds": failure.seconds,
    }
    return {key: value for key, value in told.items() if value}


def listed(whose: Ownership, failures: Iterable[Failure]) -> tuple[dict[str, Any], ...]:
    """Failures that a phase does not claim, by cause: how many, and why they are not its."""
    found = []
    for cause, each in by_cause(failures).items():
        by_why: dict[str, list[Failure]] = {}
        for failure in each:
            by_why.setdefault(whose.owner(failure).why, []).append(failure)
        for why, these in by_why.items():
            row = {"count": len(these), "cause": sentence(cause), "why": why, "test": these[0].id}
            found.append(row)
    return tuple(found)


def mine_of(whose: Ownership, before: BaselineRecorded | None) -> list[str]:
    """The tests of a baseline that the phase has to mend, as the plan says now; of a baseline
    that knows no causes, all of them."""
    if before is None:
        return []
    if before.failing and not before.causes:
        return list(before.failing)
    return [each.id for each in whose.claimed(failures_of(before.causes, before.failing))]


def not_again(whose: Ownership, before: BaselineRecorded | None) -> list[str]:
    """The tests that failed before and that others have to mend: their failing says nothing new."""
    mine = {*mine_of(whose, before)}
    return [name for name in (before.failing if before else ()) if name not in mine]


def judged(
    host: str,
    whose: Ownership,
    before: BaselineRecorded | None,
    tests: Mapping[str, Test],
    seconds: float,
) -> tuple[Verdict, PhaseVerified]:
    """The gate's verdict on the phase, and how it is told."""
    mine = mine_of(whose, before)
    said = verdict(
        before.failing if before else (),
        before.passing if before else (),
        tests,
        mine,
        whose.phase.must_fix,
    )
    still = [tests[name].failure for name in said.as_before if name in tests]
    event = PhaseVerified(
        host=host,
        phase=whose.phase.number,
        verdict=said.verdict,
        fixed=said.fixed,
        still_failing=said.still_failing,
        newly_broken=said.newly_broken,
        flaky=said.flaky,
        cold=said.cold,
        excused=said.excused,
        counts=said.counts,
        message=said.message,
        seconds=round(seconds, 2),
        times={
            name: list(tests[name].times) for name in (*said.flaky, *said.cold) if tests[name].times
        },
        as_before=listed(whose, [failure for failure in still if failure]),
    )
    return said, event

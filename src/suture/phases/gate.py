"""The gate at the end of a phase: what the tests say, compared with what they said before.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from suture.phases.causes import Failure

BAD = ("failed", "error")
GOOD = ("passed", "xfailed", "xpassed")

WORST = ("error", "failed", "skipped", "xfailed", "xpassed", "passed")
"""Of several runs of one test the first of these that was met counts."""

VERIFIED = "verified"
FAILED = "failed"
PROVES_NOTHING = "proves nothing"


@dataclass(frozen=True, slots=True)
class Test:
    """One test's last word.  ``flaky``: it failed first and passed when run again alone; ``cold``:
    it failed alone too, and passed only in company; ``times`` are the seconds of both runs.
    ``trouble``: no test at all, but a run of pytest that could not do its work."""

    __test__ = False

    outcome: str
    message: str = ""
    flaky: bool = False
    cold: bool = False
    trouble: bool = False
    failure: Failure | None = None
    times: tuple[float, ...] = ()

    @property
    def healed(self) -> bool:
        """Whether it passed when it was run again."""
        return self.flaky or self.cold


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says; test ids, sorted.

    ``as_before`` fail as they did, and are not this phase's to mend.
    """

    verdict: str
    message: str
    fixed: tuple[str, ...] = ()
    still_failing: tuple[str, ...] = ()
    newly_broken: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    cold: tuple[str, ...] = ()
    as_before: tuple[str, ...] = ()
    excused: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def passes(self) -> bool:
        return self.verdict != FAILED


def merged(runs: Iterable[Mapping[str, Test]]) -> dict[str, Test]:
    """Each test's worst outcome over several runs, so that no run can hide another's failure."""
    found: dict[str, Test] = {}
    for run in runs:
        for name, test in run.items():
            before = found.get(name)
            if before is None or _badness(test) < _badness(before):
                found[name] = test
    return found


def _badness(test: Test) -> tuple[int, bool]:
    return (WORST.index(test.outcome) if test.outcome in WORST else 0, not test.healed)


def verdict(
    failing: Iterable[str],
    passing: Iterable[str],
    now: Mapping[str, Test],
    claimed: Iterable[str] | None = None,
    expected: int = 0,
) -> Verdict:
    """Whether every test that is ``claimed`` (unsaid: that failed before) passes now or is skipped
    with a reason, and none that passed fails.

    A test that is gone proves nothing about what it tested, and one that is claimed and passes only
    at times still fails at times: both count against.  What failed before and is not claimed may
    fail as before.  ``expected`` is how many somebody said would be claimed (0: nobody did).
    """
    failed_before, passed_before = set(failing), set(passing)
    mine = failed_before if claimed is None else failed_before & set(claimed)
    others = failed_before - mine
    bad = {name for name, test in now.items() if test.outcome in BAD and not test.healed}
    excused = {
        name: now[name].message
        for name in mine & now.keys()
        if now[name].outcome == "skipped" and now[name].message.strip()
    }
    fixed = {name for name in mine if (_good(now[name]) if name in now else _collected(name, now))}
    still = mine - fixed - excused.keys()
    broken = (bad - failed_before) | (passed_before - now.keys())
    broken -= {name for name in broken if name in bad and _hidden(name, failed_before)}
    counts: dict[str, int] = {}
    for test in now.values():
        counts[test.outcome] = counts.get(test.outcome, 0) + 1
    found = Verdict(
        "",
        "",
        tuple(sorted(fixed)),
        tuple(sorted(still)),
        tuple(sorted(broken)),
        tuple(sorted(name for name, test in now.items() if test.flaky)),
        tuple(sorted(name for name, test in now.items() if test.cold)),
        tuple(sorted(others & bad)),
        dict(sorted(excused.items())),
        counts,
    )
    word, message = _said(found, len(mine), len(others), expected)
    return replace(found, verdict=word, message=message)


def _hidden(test: str, failing: Iterable[str]) -> bool:
    """Whether nobody could know how a test did before, because what holds it was not collected."""
    return any(
        test.startswith((f"{name}::", f"{name.removesuffix('conftest.py').rstrip('/')}/"))
        for name in failing
        if "::" not in name
    )


def _good(test: Test) -> bool:
    return test.outcome in GOOD and not test.healed


def _collected(file: str, now: Mapping[str, Test]) -> bool:
    """Whether what could not be collected before now can be, and all its tests are well: those of
    a test file, or those below a conftest's directory, or below a directory."""
    below = file.removesuffix("conftest.py").rstrip("/") + "/"
    inner = [
        test for name, test in now.items() if name.startswith((file + "::", below.lstrip("/")))
    ]
    return bool(inner) and all(test.outcome not in BAD for test in inner)


def _said(found: Verdict, mine: int, others: int, expected: int) -> tuple[str, str]:
    """The verdict's word and its sentence; ``mine`` tests are claimed, ``others`` failed too."""
    parts = [f"{len(found.fixed) + len(found.excused)} of {mine} fixed"]
    if found.excused:
        parts[0] += f" ({len(found.excused)} of them skipped with a reason)"
    if expected and mine != expected:
        parts.append(comparison(mine, expected))
    for number, what in (
        (len(found.flaky), "flaky"),
        (len(found.cold), "cold"),
        (len(found.still_failing), "still failing"),
    ):
        if number:
            parts.append(f"{number} {what}")
    parts.append(f"{len(found.newly_broken)} newly broken")
    if found.as_before:
        parts.append(f"{len(found.as_before)} as before")
    if found.still_failing or found.newly_broken:
        return FAILED, ", ".join(parts)
    if mine:
        return VERIFIED, ", ".join(parts)
    if others:
        nothing = (
            "none of what failed in the baseline of this verification is claimed by this phase"
        )
    else:
        nothing = "nothing failed in the baseline of this verification"
    return PROVES_NOTHING, (
        f"{nothing}, so its passing proves nothing;"
        " verify what really failed, or record a new baseline before the change"
    )


def comparison(claimed: int, expected: int) -> str:
    """``claims 14, expected 16``."""
    return f"claims {claimed}, expected {expected}"

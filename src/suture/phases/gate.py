"""The gate at the end of a phase: what the tests say, compared with what they said before.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

BAD = ("failed", "error")
GOOD = ("passed", "xfailed", "xpassed")

WORST = ("error", "failed", "skipped", "xfailed", "xpassed", "passed")
"""Of several runs of one test the first of these that was met counts."""

VERIFIED = "verified"
FAILED = "failed"
PROVES_NOTHING = "proves nothing"


@dataclass(frozen=True, slots=True)
class Test:
    """One test's last word.  ``flaky``: it failed first and passed when run again alone.
    ``trouble``: no test at all, but a run of pytest that could not do its work."""

    __test__ = False

    outcome: str
    message: str = ""
    flaky: bool = False
    trouble: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says; test ids, sorted."""

    verdict: str
    message: str
    fixed: tuple[str, ...] = ()
    still_failing: tuple[str, ...] = ()
    newly_broken: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
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
    return (WORST.index(test.outcome) if test.outcome in WORST else 0, not test.flaky)


def verdict(failing: Iterable[str], passing: Iterable[str], now: Mapping[str, Test]) -> Verdict:
    """Whether every test that failed before passes or is skipped with a reason, and none that
    passed fails.  A test that is gone proves nothing about what it tested, and one that failed
    before and is flaky now still fails at times: both count against."""
    failed_before, passed_before = set(failing), set(passing)
    bad = {name for name, test in now.items() if test.outcome in BAD and not test.flaky}
    flaky = {name for name, test in now.items() if test.flaky}
    excused = {
        name: now[name].message
        for name in failed_before & now.keys()
        if now[name].outcome == "skipped" and now[name].message.strip()
    }
    fixed = {
        name
        for name in failed_before
        if (_good(now[name]) if name in now else _collected(name, now))
    }
    still = failed_before - fixed - excused.keys()
    broken = (bad - failed_before) | (passed_before - now.keys())
    counts: dict[str, int] = {}
    for test in now.values():
        counts[test.outcome] = counts.get(test.outcome, 0) + 1
    word, message = _said(failed_before, fixed, excused, flaky, still, broken)
    return Verdict(
        word,
        message,
        tuple(sorted(fixed)),
        tuple(sorted(still)),
        tuple(sorted(broken)),
        tuple(sorted(flaky)),
        dict(sorted(excused.items())),
        counts,
    )


def _good(test: Test) -> bool:
    return test.outcome in GOOD and not test.flaky


def _collected(file: str, now: Mapping[str, Test]) -> bool:
    """Whether what could not be collected before now can be, and all its tests are well: those of
    a test file, or those below a conftest's directory, or below a directory."""
    below = file.removesuffix("conftest.py").rstrip("/") + "/"
    inner = [
        test for name, test in now.items() if name.startswith((file + "::", below.lstrip("/")))
    ]
    return bool(inner) and all(test.outcome not in BAD for test in inner)


def _said(
    before: set[str],
    fixed: set[str],
    excused: Mapping[str, str],
    flaky: set[str],
    still: set[str],
    broken: set[str],
) -> tuple[str, str]:
    """The verdict's word and its sentence."""
    parts = [f"{len(fixed) + len(excused)} of {len(before)} fixed"]
    if excused:
        parts[0] += f" ({len(excused)} of them skipped with a reason)"
    if flaky:
        parts.append(f"{len(flaky)} flaky")
    if still:
        parts.append(f"{len(still)} still failing")
    parts.append(f"{len(broken)} newly broken")
    if still or broken:
        return FAILED, ", ".join(parts)
    if not before:
        return PROVES_NOTHING, (
            "nothing failed in the baseline of this verification, so its passing proves nothing;"
            " verify what really failed, or record a new baseline before the change"
        )
    return VERIFIED, ", ".join(parts)

"""``status`` on a terminal: the plan's phases and steps with checkboxes and counts of tests."""

from __future__ import annotations

from collections.abc import Iterator

from suture.report.ledger.progress import HostTests, PhaseProgress, Progress
from suture.report.text.changes import Element
from suture.report.text.lines import Line, line
from suture.report.text.verdicts import counted, sentence

STYLES = {
    "done": "good",
    "failed": "bad",
    "proves nothing": "warn",
    "in progress": "warn",
    "interrupted": "warn",
    "applied": "warn",
    "undone": "warn",
    "open": "dim",
}
STATES = {
    "done": "done and verified",
    "failed": "failed",
    "proves nothing": "proves nothing: applied, and nothing that it claims failed before",
    "in progress": "begun, not finished",
    "interrupted": "interrupted",
    "applied": "applied, not verified",
    "undone": "undone",
    "open": "not begun",
}


def status(progress: Progress) -> list[Element]:
    """The whole plan, and below it where it stands."""
    found: list[Element] = [line((progress.title or "The plan", "title"))]
    for phase in progress.phases:
        found += [line(), *_phase(phase)]
    if progress.final.tests:
        found += [line(), *_phase(progress.final)]
    return [*found, line(), _standing(progress)]


def box(state: str) -> str:
    return {"done": "☑", "failed": "✗"}.get(state, "☐")


def _phase(phase: PhaseProgress) -> Iterator[Line]:
    style = STYLES.get(phase.state, "dim")
    name = f"Phase {phase.number}: {phase.title}" if phase.number else phase.title
    priority = f"  priority {phase.priority}" if phase.priority else ""
    yield line((f"{box(phase.state)} ", style), (name, "bold"), (priority, "dim"))
    when = f"  {day(phase.at)}" if phase.at else ""
    tries = f", attempt {phase.attempts}" if phase.attempts > 1 else ""
    yield line((STATES.get(phase.state, phase.state) + tries, style), (when, "dim"), indent=2)
    for tests in phase.tests:
        where = f"{tests.host}: " if len(phase.tests) > 1 else ""
        yield line((where, "host"), before_and_now(tests), indent=2)
        if tests.verified is not None:
            said = sentence(tests.verified, tests.baseline)
            counts = counted(tests.verified.counts)
            yield line((said, ""), (f"  ({counts})" if counts else "", "dim"), indent=4)
    if not phase.tests and phase.must_fix:
        yield line((f"has to mend {phase.must_fix} failing tests", "dim"), indent=2)
    for step in phase.steps:
        ran = f"  {step.status}" if step.status else ""
        yield line(
            (f"{box(step.state)} ", STYLES.get(step.state, "dim")),
            step.name,
            (ran, "dim"),
            indent=4,
        )


def before_and_now(tests: HostTests) -> str:
    """``41 failing → 0``; a question mark for what was not looked at yet."""
    before = "?" if tests.failing_before is None else f"{tests.failing_before:,}"
    now = "?" if tests.failing_now is None else f"{tests.failing_now:,}"
    return f"{before} failing → {now}"


def _standing(progress: Progress) -> Line:
    done = sum(phase.state == "done" for phase in progress.phases)
    said = f"{done} of {len(progress.phases)} phases are done"
    failed = left = 0
    for tests in (tests for phase in progress.phases for tests in phase.tests):
        before, now = tests.failing_before or 0, tests.failing_now
        failed += before
        left += before if now is None else now
    if failed or left:
        said += f"; {failed:,} tests failed, {left:,} still do"
    return line((said, "good" if done == len(progress.phases) else "bold"))


def day(at: str) -> str:
    """``2026-11-22 14:03`` of an ISO time."""
    return at[:16].replace("T", " ")

"""``status --markdown``: the plan's tracking section, to be pasted into the plan."""

from __future__ import annotations

import re
from collections.abc import Iterator

from suture.report.ledger.progress import PhaseProgress, Progress
from suture.report.ledger.status import STATES, before_and_now
from suture.report.text.lines import ESCAPES, UNSHOWABLE
from suture.report.text.verdicts import counted, sentence

SPECIAL = re.compile(r"([\\`*_\[\]<>|#])")


def markdown(progress: Progress) -> str:
    """The section: a table of the phases, then each phase with its steps ticked."""
    return "\n".join(_lines(progress)) + "\n"


def _lines(progress: Progress) -> Iterator[str]:
    yield "## Progress"
    yield ""
    if progress.at:
        yield f"As of {progress.at[:10]}."
        yield ""
    yield "| phase | what | root cause | priority | failing tests | state |"
    yield "|---|---|---|---|---|---|"
    for phase in progress.phases:
        tests = "; ".join(before_and_now(tests).replace(" failing", "") for tests in phase.tests)
        cells = (
            str(phase.number),
            phase.title,
            phase.cause,
            phase.priority,
            tests or (f"{phase.must_fix} → ?" if phase.must_fix else ""),
            STATES.get(phase.state, phase.state),
        )
        yield f"| {' | '.join(text(cell) for cell in cells)} |"
    for phase in progress.phases:
        yield ""
        yield from _phase(phase, f"Phase {phase.number}: {phase.title}")
    if progress.final.tests:
        yield ""
        yield from _phase(progress.final, progress.final.title)


def _phase(phase: PhaseProgress, title: str) -> Iterator[str]:
    yield f"### {text(title)}"
    yield ""
    told = [
        ("root cause", phase.cause),
        ("priority", phase.priority),
        ("estimated iterations", phase.iterations),
        ("iterations so far", str(phase.attempts) if phase.attempts else ""),
        ("last touched", phase.at[:10]),
    ]
    said = [f"{name}: {text(value)}" for name, value in told if value]
    if said:
        yield "; ".join(said)
        yield ""
    for step in phase.steps:
        note = f" ({step.status})" if step.status else ""
        yield f"- {_tick(step.state == 'done')} {text(step.name)}{note}"
    for tests in phase.tests:
        where = f" on {text(tests.host)}" if len(phase.tests) > 1 else ""
        before = tests.failing_before
        if before is not None:
            yield f"- [x] Baseline recorded{where}: {before:,} failing"
        if tests.verified is None:
            yield f"- [ ] Verification run{where}"
            continue
        counts = counted(tests.verified.counts)
        said_by_gate = text(sentence(tests.verified, tests.baseline))
        good = tests.verified.verdict == "verified"
        yield (
            f"- {_tick(good)} Verification run{where}: {said_by_gate}"
            + (f" ({counts})" if counts else "")
        )
        for name, ids in (
            ("newly broken", tests.verified.newly_broken),
            ("still failing", tests.verified.still_failing),
            ("flaky", tests.verified.flaky),
            ("cold", tests.verified.cold),
        ):
            for test in sorted(ids):
                yield f"  - {name}: {code(test)}"
        for test, reason in sorted(tests.verified.excused.items()):
            yield f"  - skipped: {code(test)}: {text(reason)}"
        for row in tests.verified.as_before:
            why = f" ({text(row['why'])})" if row.get("why") else ""
            yield f"  - as before: {row['count']}: {text(row['cause'])}{why}"
    if not phase.tests:
        yield "- [ ] Verification run"


def _tick(done: bool) -> str:
    return "[x]" if done else "[ ]"


def text(said: str) -> str:
    """The text as Markdown shows it, whatever it contains, on one line."""
    return SPECIAL.sub(r"\\\1", " ".join(_printable(said).split()))


def code(said: str) -> str:
    """The text between backticks, more of them than it contains."""
    said = " ".join(_printable(said).split())
    longest = max((len(run) for run in re.findall("`+", said)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {said} {fence}" if longest else f"`{said}`"


def _printable(said: str) -> str:
    return UNSHOWABLE.sub(" ", ESCAPES.sub("", said))

"""What the tests say: the baseline, the gate's verdict on a phase, the tests that still fail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from suture.events import BaselineRecorded, PhaseVerified
from suture.report.text.lines import Line, duration, line, plural

OUTCOMES = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")
NAMED = 20
"""Tests of one list that are named without being asked for more."""

PROVES_NOTHING = (
    "nothing that this verification runs failed before the phase, so that it passes now proves "
    "nothing: let it run the tests that really failed"
)
WORDS = {
    "verified": ("verified", "good"),
    "failed": ("not verified", "bad"),
    "proves nothing": ("proves nothing", "warn"),
    "not run": ("not verified", "warn"),
}


def before(verified: PhaseVerified, baseline: BaselineRecorded | None) -> int:
    """How many tests failed before the phase that it has to mend."""
    if baseline is not None and not baseline.causes:
        return len(baseline.failing)
    return len({*verified.fixed, *verified.still_failing, *verified.excused})


def counted(counts: Mapping[str, int]) -> str:
    """``656 passed, 1 failed``; nothing of what there was none."""
    return ", ".join(f"{counts[name]:,} {name}" for name in OUTCOMES if counts.get(name))


def sentence(verified: PhaseVerified, baseline: BaselineRecorded | None) -> str:
    """``41 of 41 fixed, 1 flaky, 0 newly broken``, or why nothing can be said: in the gate's own
    words where it gave some."""
    if verified.message:
        return verified.message
    if verified.verdict == "proves nothing":
        return PROVES_NOTHING
    if verified.verdict == "not run":
        return "the verification did not run"
    good = len(verified.fixed) + len(verified.excused)
    said = f"{good} of {before(verified, baseline)} fixed"
    if verified.excused:
        said += f" ({len(verified.excused)} of them skipped with a reason)"
    if verified.flaky:
        said += f", {len(verified.flaky)} flaky"
    if verified.cold:
        said += f", {len(verified.cold)} cold"
    if verified.still_failing:
        said += f", {len(verified.still_failing)} still failing"
    return said + f", {len(verified.newly_broken)} newly broken"


def verdict_lines(
    verified: PhaseVerified,
    baseline: BaselineRecorded | None,
    messages: Mapping[str, str],
    *,
    where: str = "",
    marks: bool = False,
    verbose: bool = False,
) -> list[Line]:
    """The gate's verdict and the tests that it hangs on; ``messages`` are theirs, by test id, and
    ``where`` names the hosts, where there are several."""
    word, style = WORDS.get(verified.verdict, (verified.verdict, "warn"))
    glyph = {"good": "✓ ", "bad": "✗ ", "warn": "? "}[style] if marks else ""
    counts = counted(verified.counts)
    ends = [counts] if counts else []
    if verified.seconds >= (0.5 if marks else 1.0):
        ends.append(duration(verified.seconds))
    said = sentence(verified, baseline)
    judged = verified.verdict in ("verified", "failed")
    found = [
        line(
            (glyph, style),
            (f"{where}: " if where else "", "host"),
            (f"{word}: " if judged else word, style),
            (said if judged else "", "bold"),
            (f"  ({', '.join(ends)})" if ends else "", "dim"),
            indent=2,
        )
    ]
    if not judged:
        found += [line((each, style), indent=6) for each in said.split("\n") if each]
    lists = (
        ("newly broken", "bad", verified.newly_broken, messages),
        ("still failing", "bad", verified.still_failing, messages),
        ("flaky: failed, then passed when run again", "warn", verified.flaky, times(verified)),
        ("cold: failed alone too, passed in company", "warn", verified.cold, times(verified)),
        ("skipped with a reason", "warn", tuple(verified.excused), verified.excused),
    )
    for name, tone, ids, reasons in lists:
        found += named(name, tone, ids, reasons, verbose)
    found += others("as before", verified.as_before)
    if verbose:
        found += named("fixed", "good", verified.fixed, {}, verbose)
    return found


def times(verified: PhaseVerified) -> dict[str, str]:
    """How long a flaky or cold test took first, and when it passed."""
    return {
        name: f"{first:.2f} s, then {again:.2f} s"
        for name, (first, again) in verified.times.items()
    }


def others(name: str, causes: Sequence[Mapping[str, Any]]) -> list[Line]:
    """Failures that are not the phase's to mend, by cause: how many, what they say, whose they
    are, the first of them."""
    found = [line((f"{name}:", "dim"), indent=6)] if causes else []
    for row in causes:
        why = f"  ({row['why']})" if row.get("why") else ""
        first = "" if row["count"] == 1 else "first: "
        found.append(line((f"{row['count']}: ", "bold"), row["cause"], (why, "dim"), indent=8))
        found.append(line((f"{first}{row['test']}", "dim"), indent=11))
    return found


def named(
    name: str, style: str, ids: Iterable[str], reasons: Mapping[str, str], everything: bool
) -> list[Line]:
    """A list of tests, sorted, each with the first line of why."""
    ids = sorted(ids)
    shown = ids if everything or len(ids) <= NAMED + 1 else ids[:NAMED]
    found = [line((f"{name}:", style), indent=6)] if ids else []
    for test in shown:
        reason = reasons.get(test, "").strip().split("\n", 1)[0]
        found.append(line(test, (f"  {reason}" if reason else "", "dim"), indent=8))
    if len(shown) < len(ids):
        more = plural(len(ids) - len(shown), "more test")
        found.append(line((f"… and {more} (-v names them all)", "dim"), indent=8))
    return found


def baseline_lines(recorded: BaselineRecorded, where: str = "", phase: str = "") -> list[Line]:
    """What failed before, and what of it is claimed; ``phase`` says of which phase, where that is
    not clear from above."""
    failing = len(recorded.failing)
    said = f"{len(recorded.passing):,} passing, {len(recorded.skipped):,} skipped"
    claims, style = "", "dim"
    if recorded.expected and recorded.causes:
        claims = f"; claims {len(recorded.claimed):,}, expected {recorded.expected:,}"
        style = "dim" if len(recorded.claimed) == recorded.expected else "warn"
    elif recorded.others:
        claims = f"; claims {len(recorded.claimed):,}"
    head = line(
        (f"{where}: " if where else "", "host"),
        (f"baseline{phase}: ", "dim"),
        (f"{failing:,} failing", "bad" if failing else "good"),
        f", {said}",
        (claims, style),
        indent=2,
    )
    return [head, *others("others fail too, and are not this phase's to mend", recorded.others)]

"""The last lines of a run over phases: what is done, what is not, what to type next.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from suture.model import Phase

GOOD = ("done", "verified", "applied", "rehearsed", "previewed", "proves nothing")
ORDER = (
    "done",
    "verified",
    "rehearsed",
    "applied",
    "previewed",
    "proves nothing",
    "failed",
    "interrupted",
    "not begun",
)


def standing(code: int, ends: Sequence[tuple[Phase, str]], command: str) -> str:
    """A line for each way in which phases ended, and the next command; ``command`` is Suture's name
    as the operator types it.  Nothing where no phase was looked at."""
    told = [(phase, status or "not begun") for phase, status in ends if phase.number]
    if not told:
        return ""
    lines = []
    for status in ORDER:
        these = [phase for phase, each in told if each == status]
        if these:
            names = ", ".join(f"{phase.number} {phase.title}" for phase in these)
            lines.append(f"{status}: {names}")
    left = [phase.number for phase, status in told if status not in GOOD]
    if left:
        lines.append(f"next: {command} remediate --phase {ranges(left)}")
    elif code:
        lines.append(f"next: {command} report, which shows what keeps the whole suite from passing")
    else:
        lines.append(f"next: {command} status")
    return "\n".join(lines)


def ranges(numbers: Iterable[int]) -> str:
    """``1,3-5`` of 1, 3, 4, 5: as --phase takes it."""
    found: list[list[int]] = []
    for number in sorted(set(numbers)):
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in found)

"""Problems as they are told: each cause once, with the count of the places that it has besides."""

from __future__ import annotations

from collections.abc import Iterable

from suture.model import Problem


def lines_by_cause(problems: Iterable[Problem]) -> list[str]:
    """A line for each cause, in the order of its first place."""
    places: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        cause = problem.message.partition("; sought:")[0]
        places.setdefault((problem.level, cause), []).append(problem)
    return [f"{found[0]}{_more(len(found) - 1)}" for found in places.values()]


def _more(count: int) -> str:
    if not count:
        return ""
    return f" (and in {count:,} more {'place' if count == 1 else 'places'})"

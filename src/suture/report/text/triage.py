"""A triage for people: the table of causes, the evidence for each, what changed since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from suture.report.text.changes import Element
from suture.report.text.lines import Line, Span, line, plural
from suture.report.text.tables import Table

STYLES = {"high": "bad", "medium": "warn", "low": "dim"}
NAMED = 10


def shown(
    groups: Sequence[Mapping[str, Any]], failing: int, changes: Sequence[Sequence[str]] = ()
) -> list[Element]:
    """``groups`` as ``triage --json`` has them; ``changes`` are the new, gone and changed tests."""
    if not groups:
        return [line(("nothing fails", "good")), *_changes(changes)]
    head = f"{plural(failing, 'failing test')}, {plural(len(groups), 'cause')}"
    rows = [
        (
            Span(str(group["order"])),
            Span(group["category"], "bold"),
            Span(f"{group['count']:,}"),
            Span(_short(group["cause"])),
            Span(group["priority"], STYLES.get(group["priority"], "")),
        )
        for group in groups
    ]
    table = Table(
        ("order", "category", "tests", "root cause", "priority"), rows, 2, frozenset({0, 2})
    )
    found: list[Element] = [line((head, "title")), line(), table]
    for group in groups:
        found += [line(), *_evidence(group)]
    return [*found, *_changes(changes)]


def _evidence(group: Mapping[str, Any]) -> list[Line]:
    said = str(group["message"]).strip().split("\n")
    first = group["tests"][0]
    found = [
        line(
            (f"{group['order']}  {group['title']}", "bold"),
            (f"  {group['count']:,}", "dim"),
            indent=2,
        ),
        line(said[0] or "nothing was said", indent=6),
    ]
    if group["kind"] == "texts differ":
        found += [line((each, "dim"), indent=6) for each in said[1:8] if each.strip()]
    where = f"{group['where']}  " if group["where"] != first else ""
    found.append(line((where, "place"), (f"first: {first}", "dim"), indent=6))
    if group["remedy"]:
        found.append(line(("remedy: ", "dim"), group["remedy"], indent=6))
    return found


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 70 else flat[:69] + "…"


def _changes(changes: Sequence[Sequence[str]]) -> list[Line]:
    found: list[Line] = []
    for name, tests in zip(("new", "gone", "failing for another cause"), changes, strict=False):
        found.append(line((f"{name}: ", "bold"), f"{len(tests):,}", indent=2))
        found += [line(test, indent=6) for test in tests[:NAMED]]
        if len(tests) > NAMED:
            found.append(line((f"… and {len(tests) - NAMED:,} more", "dim"), indent=6))
    return [line(), line(("since then", "title")), *found] if found else []

"""What one step changed, as lines: files with how much of them, attributes, packages, trees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from suture.report.text.diffs import Diff, diff
from suture.report.text.lines import Line, Span, line, listed, plural, size
from suture.report.text.tables import Table

Change = Mapping[str, Any]
"""``agent.result.Change`` as it stands in an event."""

Element = Line | Table | Diff
"""What a paper can show."""

MANY = 8
"""More changes of files than this by one step are summed up as a tree."""

ROWS = 12
"""Rows of a package table that are shown without being asked for more."""

MARKS = {"own_word": "its own word", "final": "cannot be undone"}
"""What is to be known of a change that something else than a world predicted, or made."""

FILES = ("write", "mkdir", "link", "remove", "attributes")


def shown(changes: Sequence[Change], diffs: bool, everything: bool = False) -> list[Element]:
    """The changes of one step.  ``diffs``: with the difference of each file; ``everything``:
    nothing is cut short."""
    files = [change for change in changes if change["action"] in FILES]
    summed = len(files) > MANY and not everything
    found: list[Element] = list(_summary(files)) if summed else []
    for change in changes:
        if summed and change in files and not diffs:
            continue
        found.append(headline(change))
        if rows := change.get("detail", {}).get("rows"):
            found += packages(rows, everything or diffs)
        if diffs and (difference := difference_of(change, everything)):
            found.append(difference)
    return found


def headline(change: Change) -> Line:
    """One change in one line."""
    action, target = str(change["action"]), str(change["target"])
    pieces: list[str | tuple[str, str]] = [(action, "action"), " ", (target, "path")]
    detail = change.get("detail", {})
    if action == "write":
        pieces += _written(change)
    elif action == "link":
        pieces.append(f" → {change.get('after', '')}")
        if change.get("before"):
            pieces.append((f" (was {change['before']})", "dim"))
    elif action == "remove" and detail.get("kind"):
        pieces.append((f" ({detail['kind']})", "dim"))
    elif action == "remove" and detail.get("size"):
        pieces.append(f"  {size(detail['size'][0])}")
        pieces += _digests(detail)
    elif action not in FILES:
        pieces += _from_to(change.get("before", ""), change.get("after", ""))
    if said := attributes(detail):
        pieces.append(f"  {said}")
    if told := ", ".join(words for name, words in MARKS.items() if detail.get(name)):
        pieces.append((f"  ({told})", "warn"))
    return line(*pieces)


def _written(change: Change) -> Iterator[str | tuple[str, str]]:
    detail = change.get("detail", {})
    if sizes := detail.get("size"):
        before, after = sizes
        yield f"  {size(before)} → {size(after)}" if not detail.get("new") else f"  {size(after)}"
        yield from _digests(detail)
        return
    difference = diff(change.get("before", ""), change.get("after", ""))
    if detail.get("new"):
        yield ("  new, ", "dim")
        yield (plural(difference.added, "line"), "dim")
    else:
        yield (f"  +{difference.added}", "add")
        yield (f" -{difference.removed}", "remove")


def _digests(detail: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The hashes of content that cannot be shown, as far as they are known: before and after."""
    told = detail.get("sha256", ())
    digests = [
        f"{digest[:12]}…" for digest in ([told] if isinstance(told, str) else told) if digest
    ]
    if digests:
        yield (f"  sha256 {' → '.join(digests)}", "dim")


def _from_to(before: str, after: str) -> Iterator[str]:
    """A value that a module set, where it is short enough to stand in the line."""
    if after and "\n" not in before + after and len(before + after) <= 120:
        yield f"  {before} → {after}" if before else f"  {after}"


def attributes(detail: Mapping[str, Any]) -> str:
    """``mode 0644 → 0600, owner root → app``: the attributes that had another value before."""
    return ", ".join(
        f"{name} {detail[name][0]} → {detail[name][1]}"
        for name in ("mode", "owner", "group", "mtime", "atime")
        if isinstance(detail.get(name), (list, tuple)) and detail[name][0] not in ("", None)
    )


def packages(rows: Sequence[Mapping[str, Any]], everything: bool = True) -> list[Element]:
    """What pip changed: each package from where to where, and who asked for it."""
    shown = rows if everything or len(rows) <= ROWS + 1 else rows[:ROWS]
    cells = [
        (
            Span(str(row.get("name", "")), "bold"),
            Span(str(row.get("from") or "new"), "remove" if row.get("from") else "dim"),
            Span(str(row.get("to") or "removed"), "add" if row.get("to") else "remove"),
            Span(_asked(row.get("requested_by")), "dim"),
        )
        for row in shown
    ]
    found: list[Element] = [Table(("package", "from", "to", "because of"), cells, indent=2)]
    if len(shown) < len(rows):
        names = [str(row.get("name", "")) for row in rows[len(shown) :]]
        found.append(line((f"… and {listed(names, 6)}", "dim"), indent=2))
    return found


def _asked(asked: Any) -> str:
    if isinstance(asked, (list, tuple)):
        return listed([str(name) for name in asked])
    return str(asked or "")


def _summary(files: Sequence[Change]) -> Iterator[Line]:
    """A tree that was brought up to date: how much of it, and the first few names."""
    counts = tree_counts(files)
    said = [
        f"{counts[name]:,} {name}"
        for name in ("added", "changed", "removed", "attributes")
        if counts[name]
    ]
    yield line(
        ("tree", "action"), " ", ", ".join(said), (f"  {size(counts['bytes'])} written", "dim")
    )
    names = [str(change["target"]) for change in files]
    yield line((listed(names, 4), "dim"), indent=2)


def tree_counts(files: Iterable[Change]) -> dict[str, int]:
    """How many paths were added, changed, removed, or given other attributes only; bytes."""
    counts = dict.fromkeys(("added", "changed", "removed", "attributes", "bytes"), 0)
    for change in files:
        detail = change.get("detail", {})
        action = change["action"]
        if action == "remove":
            counts["removed"] += 1
        elif action == "attributes":
            counts["attributes"] += 1
        else:
            fresh = {"mkdir": True, "link": not change.get("before")}.get(action)
            counts["added" if fresh or detail.get("new") else "changed"] += 1
        if action == "write":
            text = change.get("after", "")
            counts["bytes"] += detail["size"][1] if "size" in detail else len(text.encode())
    return counts


def difference_of(change: Change, everything: bool = False) -> Diff | None:
    """The difference in text that a change made; None where it has none to show."""
    before, after = str(change.get("before", "")), str(change.get("after", ""))
    if change["action"] == "link" or before == after:
        return None
    if change["action"] not in FILES and "\n" not in before + after:
        return None
    most = 1_000_000 if everything else 400
    return diff(before, after, str(change["target"]), indent=2, most=most)

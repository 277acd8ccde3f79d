"""What a rehearsal would have changed on disk, as lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from suture.events import RehearsalReport
from suture.report.text.changes import Element
from suture.report.text.lines import Span, duration, line, listed, plural, size
from suture.report.text.tables import Table

NAMED = 6
"""Steps that are named."""


def rehearsals(reports: Sequence[RehearsalReport]) -> Iterator[list[Element]]:
    """A run's reports, each as a person reads it."""
    for report in reports:
        place = (report.host, report.delegate)
        beside = [each.user for each in reports if (each.host, each.delegate) == place]
        beside.remove(report.user)
        yield list(rehearsed(report, len(reports) > 1, beside))


def rehearsed(
    report: RehearsalReport, many: bool = False, beside: Sequence[str] = ()
) -> Iterator[Element]:
    """The whole of one report but the paths themselves; ``many``: there are several of them.
    ``beside``: users whose steps ran in other copies of the same host."""
    where = f"{report.host}, as {report.user}"
    if report.delegate:
        where += f" on {report.delegate}"
    counts = report.changes
    said = [f"{counts.get(kind, 0):,} {kind}" for kind in ("added", "changed", "removed")]
    if counts.get("touched"):
        said.append(f"{counts['touched']:,} with new times only")
    nothing = not any(counts.values())
    yield line(
        (f"{where}: " if many else "", "host"),
        ("nothing would be changed on disk" if nothing else ", ".join(said), "bold"),
        f", {size(report.bytes)} written" if report.bytes else "",
        (f"  ({duration(report.seconds)}, took {size(report.space)}", "dim"),
        (f" {'of memory' if report.where == 'memory' else 'on disk'})", "dim"),
        indent=2,
    )
    if report.top:
        yield _tops(report)
    if report.caches:
        files = sum(int(cache["files"]) for cache in report.caches)
        written = size(sum(int(cache["bytes"]) for cache in report.caches))
        names = ", ".join(str(cache["path"]) for cache in report.caches)
        if len(report.caches) > 2:
            names = plural(len(report.caches), "directory")
        much = f"{plural(files, 'file')}, {written} "
        yield line(("besides, in caches: ", "dim"), much, (f"({names})", "dim"), indent=4)
    unnamed = sum(counts.values()) - sum(len(getattr(report, kind)) for kind in counts)
    if unnamed > 0 and report.top:
        yield line(
            (f"of these, {unnamed:,} paths are counted, not recorded by name", "dim"), indent=4
        )
    if beside:
        apart = f"in a copy of its own, without what the steps of {listed(beside)} changed"
        yield line((apart, "warn"), indent=4)
    if report.not_rehearsed:
        steps = listed(report.not_rehearsed, NAMED)
        yield line(("not rehearsed: ", "unknown"), steps, indent=4)


def _tops(report: RehearsalReport) -> Table:
    rows = [
        (
            Span(str(row["path"]), "path"),
            *(_count(int(row[kind]), style) for kind, style in KINDS),
            Span(size(int(row["bytes"])) if row["bytes"] else "", "dim"),
        )
        for row in report.top
    ]
    head = ("path", *(kind for kind, _ in KINDS), "written")
    return Table(head, rows, 4, frozenset(range(1, len(head))))


KINDS = (("added", "add"), ("changed", "changed"), ("removed", "remove"))


def _count(number: int, style: str) -> Span:
    return Span(f"{number:,}" if number else "", style)

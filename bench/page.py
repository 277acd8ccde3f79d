"""docs/performance.md and its plots, made from the newest results."""

from __future__ import annotations

from pathlib import Path

from bench import report
from bench.report import Results, compared, grown, headline, seconds, slope, table

PROSE = Path(__file__).with_name("prose")


def written(checkout: Path) -> list[Path]:
    """The page and its plots; the paths that were written."""
    newest = max((checkout / "bench" / "results").glob("*.json"), key=lambda path: path.name)
    results = Results.of_json(newest.read_text())
    folder = checkout / "docs"
    images = folder / "performance"
    images.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, svg in report.plots(results).items():
        paths.append(images / name)
        paths[-1].write_text(svg)
    page = folder / "performance.md"
    page.write_text(told(results, newest.name, {path.name for path in paths}))
    return [page, *paths]


def told(results: Results, name: str, images: set[str]) -> str:
    """The page."""
    facts = [
        ("machine", f"{results.machine['processors']} processors, {results.machine['model']}"),
        ("memory", f"{results.machine['memory_gib']} GiB"),
        ("kernel, Python", f"{results.machine['kernel']}, {results.machine['python']}"),
        ("measured", f"{results.at}, load {results.machine['load']} at the end"),
        ("versions", ", ".join(f"{each} {of}" for each, of in results.versions.items())),
    ]
    parts = [
        (PROSE / "method.md")
        .read_text()
        .format(name=name, facts="\n".join(f"| {a} | {b} |" for a, b in facts))
    ]
    parts.append(f"**{results.note}**\n" if results.note else "")
    parts.append("## The goal: never above twice the floor\n\n" + headline(results))
    parts += [_image(f"converge-{rtt}ms.svg", images) for rtt in (0, 50, 200)]
    for measure, title, fixed in SECTIONS:
        if results.found(measure, **fixed):
            parts.append(f"### {title}\n\n" + compared(results, measure, **fixed))
    parts.append(_image("tree.svg", images) + _image("large.svg", images))
    parts.append(_hosts(results, images))
    parts.append(_growth(results, images))
    parts.append((PROSE / "limits.md").read_text())
    return "\n".join(part for part in parts if part)


SECTIONS: tuple[tuple[str, str, dict[str, int]], ...] = (
    ("converge first", "101 tasks for the first time", {"rtt_ms": 0}),
    ("converge first", "101 tasks for the first time, 50 ms away", {"rtt_ms": 50}),
    ("converge again", "101 tasks again", {"rtt_ms": 0}),
    ("converge again", "101 tasks again, 50 ms away", {"rtt_ms": 50}),
    ("converge again", "101 tasks again, 200 ms away", {"rtt_ms": 200}),
    ("loop", "One task with 1,000 items", {}),
    ("templates", "300 small templates", {}),
    ("registers", "99 tasks, of which every third registers what the next two read", {}),
    ("preview", "A dry run of the converged tasks", {}),
    ("help", "`--help`", {}),
    ("lint of the plan", "`lint` of the plan's playbooks and roles", {}),
    ("dry run of phase 1", "A dry run of the plan's first phase", {}),
    ("first packet", "From the start of the command to its first SSH packet", {}),
    ("tree first", "A tree of 2,000 small files, for the first time", {}),
    ("tree nothing changed", "The tree again, nothing changed", {}),
    ("tree ten changed", "The tree again, ten files changed", {}),
    ("large file", "One large file", {}),
)


def _image(name: str, images: set[str]) -> str:
    return f"![{name.removesuffix('.svg')}](performance/{name})\n" if name in images else ""


def _hosts(results: Results, images: set[str]) -> str:
    series = results.found("hosts")
    if not series:
        return ""
    rows = [
        [
            str(each.hosts),
            each.tool,
            seconds(each.seconds),
            f"{each.processor / each.hosts * 1000:.0f} ms",
            f"{each.peak_mib:.0f} MiB",
        ]
        for each in sorted(series, key=lambda one: (one.hosts, one.seconds))
    ]
    head = ["hosts", "", "median", "our processor time a host", "our memory, all processes"]
    return (
        "## Many hosts, 20 tasks each\n\n" + table(head, rows) + "\n" + _image("hosts.svg", images)
    )


def _growth(results: Results, images: set[str]) -> str:
    rows = []
    for measure, by, what in (("growth", "tasks", "task"), ("hosts", "hosts", "host")):
        for tool, points in grown(results, measure, by).items():
            start, each = slope(points)
            span = f"{points[0][0]:g} to {points[-1][0]:g} {by}"
            rows.append([tool, span, seconds(start), f"{each * 1000:.1f} ms a {what}"])
    if not rows:
        return ""
    text = "## How it grows\n\n" + table(["", "from, to", "at none", "each one more"], rows)
    return text + "\n" + _image("growth-tasks.svg", images) + _image("growth-hosts.svg", images)

"""The plots, made from results."""

from __future__ import annotations

from collections.abc import Sequence

from bench.growing import grown
from bench.measure import Series
from bench.plots import Bar, bars, lines
from bench.report import Results, named, seconds


def plots(results: Results) -> dict[str, str]:
    """The plots by file name."""
    made = {}
    for rtt in (0, 50, 200):
        if series := results.found("converge again", rtt_ms=rtt):
            made[f"converge-{rtt}ms.svg"] = bars(_title(series), "s", _bars(series))
    for hosts in (50, 200, 10):
        if series := results.found("hosts", hosts=hosts):
            made["hosts.svg"] = bars(_title(series), "s", _bars(series))
            break
    for name, measure, by, label in (
        ("growth-tasks.svg", "growth", "tasks", "tasks on one host"),
        ("growth-hosts.svg", "hosts", "hosts", "hosts, 20 tasks each"),
    ):
        if given := grown(results, measure, by):
            made[name] = lines(f"How it grows: {label}", label, "s", given)
    for name, measure in (
        ("single.svg", "registers"),
        ("preview.svg", "dry run of the plan"),
        ("tree.svg", "tree nothing changed"),
        ("large.svg", "large file"),
    ):
        if series := results.found(measure):
            made[name] = bars(_title(series), "s", _bars(series))
    return made


def _title(series: Sequence[Series]) -> str:
    words = named(series[0]).replace("`", "")
    return words[0].upper() + words[1:]


def _bars(series: Sequence[Series]) -> list[Bar]:
    return [
        Bar(each.tool, each.seconds, *each.spread, seconds(each.seconds))
        for each in sorted(series, key=lambda one: one.seconds)
    ]

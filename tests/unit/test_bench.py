"""The benchmark's data and its report, without running any tool."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
import yaml

from bench import report, workloads
from bench.measure import BenchError, Run, Series, checked
from bench.plots import Bar, bars


def test_the_101_tasks_are_what_they_are_said_to_be() -> None:
    jobs = workloads.jobs()
    assert len(set(jobs)) == len(jobs) == 101
    assert Counter(job.kind for job in jobs) == {"root": 1, **workloads.COUNTS}
    assert jobs[0].kind == "root"
    assert {job.kind for job in jobs[:20]} == {"root", *workloads.COUNTS}


@pytest.mark.parametrize("count", [1, 20, 300, 1000])
def test_both_languages_are_told_the_same_number_of_tasks(count: int) -> None:
    jobs = workloads.jobs(count)
    (play,) = yaml.safe_load(workloads.converging(jobs))
    lines = workloads.pyinfra_converging(jobs).removeprefix(workloads.PYINFRA_HEAD)
    assert len(play["tasks"]) == len(set(jobs)) == count
    assert sum("HERE" in line and "HERE =" not in line for line in lines.splitlines()) == count
    compile(workloads.pyinfra_converging(jobs), "deploy.py", "exec")


def _results() -> report.Results:
    def series(tool: str, *seconds: float, scale: float = 1.0) -> Series:
        runs = tuple(Run(each, each / 2, 0.1) for each in seconds)
        return Series("converge again", tool, runs, tasks=101, scale=scale)

    found = (series("suture", 0.5, 0.6, 0.4), series("fabric floor", 0.3), series("ansible", 4.0))
    machine = {
        "processors": 2,
        "model": "m",
        "memory_gib": 4,
        "kernel": "k",
        "python": "3",
        "load": 0,
    }
    return report.Results("2026-01-01T00:00:00", False, machine, {"suture": "0"}, found)


def test_results_survive_json_and_make_tables_and_plots() -> None:
    results = _results()
    assert report.Results.of_json(results.as_json()) == results
    head = report.headline(results)
    assert "| suture | 0.50 s |" in head
    assert "| Suture, of the floor | 1.67x |" in head
    for svg in report.plots(results).values():
        assert Xml.fromstring(svg).tag.endswith("svg")


def test_what_was_measured_anew_takes_the_place_of_the_older() -> None:
    older, newer = _results(), _results()
    growth = Series("growth", "suture", (Run(1.0, 0.5, 0.1),))
    older = report.Results(older.at, False, {}, {}, (*older.series, growth))
    assert newer.beside(older).series == (growth, *newer.series)


def test_a_bar_of_no_spread_is_drawn() -> None:
    svg = bars("t", "s", [Bar("suture", 0.5, 0.5, 0.5, "0.50 s")])
    assert "0.50 s" in svg


def test_states_that_differ_are_named(tmp_path: Path) -> None:
    for tool in ("a", "b"):
        (tmp_path / tool).mkdir()
        (tmp_path / tool / "same").write_text("x")
    checked({"a": tmp_path / "a", "b": tmp_path / "b"})
    (tmp_path / "b" / "other").write_text("y")
    with pytest.raises(BenchError, match="differ in 1 things: other"):
        checked({"a": tmp_path / "a", "b": tmp_path / "b"})

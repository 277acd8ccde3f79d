"""The benchmark's data, its turns and its report, without running any tool."""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
import yaml

from bench import growing, page, pictures, report, same, workloads
from bench.measure import BenchError, Clock, Contestant, Run, Series, in_turn, ran, session
from bench.plots import Bar, bars

MACHINE = {
    "processors": 2,
    "model": "m",
    "memory_gib": 4,
    "kernel": "k",
    "python": "3",
    "load_start": 0.1,
    "others_start": 0.03,
}


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


def test_a_tree_differs_from_an_older_one_in_as_many_files_as_it_is_told(tmp_path: Path) -> None:
    workloads.tree(tmp_path / "old", 200)
    workloads.tree(tmp_path / "new", 200, changed=10)
    old, new = same.state(tmp_path / "old"), same.state(tmp_path / "new")
    assert old.keys() == new.keys()
    assert sum(old[name] != new[name] for name in old) == 10
    times = [
        {path.name: path.stat().st_mtime for path in (tmp_path / which).rglob("*.txt")}
        for which in ("old", "new")
    ]
    assert sum(times[0][name] != times[1][name] for name in times[0]) == 10


# -- turns ------------------------------------------------------------------------------------------


def _contestant(tool: str, folder: Path, code: str = "", **more: object) -> Contestant:
    return Contestant(tool, [sys.executable, "-I", "-S", "-c", code], folder, {}, **more)  # type: ignore[arg-type]


def test_who_fails_drops_out_and_the_others_go_on(tmp_path: Path) -> None:
    some = [
        _contestant("good", tmp_path, rounds=2),
        _contestant("bad", tmp_path, "print('no route'); raise SystemExit(4)", rounds=2),
        Contestant("absent", ["/nowhere/at-all"], tmp_path, {}),
        _contestant("uninstalled", tmp_path, missing="could not be installed"),
        _contestant("slow", tmp_path, rounds=0, expected=600),
    ]
    good, bad, absent, uninstalled, slow = in_turn("m", some, budget=60)
    assert len(good.runs) == 2
    assert bad.missing == "failed: ended with 4: no route"
    assert absent.missing.startswith("failed:")
    assert uninstalled.missing == "could not be installed"
    assert slow.missing == "left out: would take about 10 min"
    assert not (bad.runs or absent.runs or uninstalled.runs or slow.runs)


def test_slow_runs_are_left_out_when_the_time_is_over(tmp_path: Path) -> None:
    over = Clock(time.monotonic())
    quick, slow = in_turn(
        "m",
        [_contestant("quick", tmp_path, rounds=5), _contestant("slow", tmp_path, expected=90)],
        budget=60,
        clock=over,
    )
    assert len(quick.runs) == 1
    assert slow.missing == "left out: would take about 90 s"


def test_nothing_is_left_of_a_run_that_is_broken_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(BaseException):
        pass

    started: list[int] = []

    def wait(pid: int, _options: int) -> None:
        started.append(pid)
        while not (tmp_path / "both").exists():
            time.sleep(0.01)
        raise Interrupted

    code = (
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)'])\n"
        "open('both', 'w').close()\n"
        "time.sleep(99)\n"
    )
    monkeypatch.setattr("bench.measure.os.wait4", wait)
    with pytest.raises(Interrupted):
        ran(_contestant("long", tmp_path, code))
    assert session(started[0]) == []


# -- results ----------------------------------------------------------------------------------------


def _series(measure: str, tool: str, *seconds: float, **more: object) -> Series:
    runs = tuple(Run(each, each / 2, 0.1, 20 + each, 2 * each) for each in seconds)
    return Series(measure, tool, runs, **more)  # type: ignore[arg-type]


def _results() -> report.Results:
    found = (
        _series("converge again", "suture", 0.5, 0.6, 0.4, tasks=101),
        _series("converge again", "fabric floor", 0.25, 0.15, 0.5, tasks=101),
        _series("converge again", "ansible", 4.0, tasks=101),
        Series("converge again", "mitogen", (), tasks=101, missing="failed: a reason"),
        _series("large file", "suture", 4.0, 4.4, tasks=256),
        _series("large file", "scp", 2.0, 2.0, tasks=256),
        *(
            _series("growth", "suture", 0.4 + count / 1000, tasks=count)
            for count in (10, 100, 1000)
        ),
        _series("growth", "ansible", 3.0, tasks=10),
        *(_series("hosts", "suture", 0.4 + count / 20, hosts=count) for count in (1, 10, 50)),
        *(_series("hosts", "fabric floor", 0.4 + count / 20, hosts=count) for count in (1, 10)),
    )
    same_of = {"converge": "the same, 3 files and folders: suture, ansible"}
    return report.Results(
        "2026-01-01T00:00:00", False, MACHINE, {"suture": "0"}, found, same_of, {"converge": 9.0}
    )


def test_results_survive_json_and_make_tables_and_plots() -> None:
    results = _results()
    assert report.Results.of_json(results.as_json()) == results
    head = report.headline(results)
    assert "| suture | 0.50 s |" in head
    for svg in pictures.plots(results).values():
        assert Xml.fromstring(svg).tag.endswith("svg")


def test_ratios_are_of_the_same_round() -> None:
    results = _results()
    ours, floor = (results.one("converge again", tool) for tool in ("suture", "fabric floor"))
    assert ours is not None
    assert floor is not None
    assert report.ratios(floor, ours) == pytest.approx([2.0, 4.0, 0.8])
    assert "2.00x (0.80x to 4.0x)" in report.headline(results)
    assert "| at most twice the floor | yes | yes |" in report.headline(results)


def test_where_a_peer_wins_is_read_from_the_numbers() -> None:
    told = report.losses(_results())
    assert (
        told == "- one file of 256 MiB: scp 2.00 s, Suture 4.20 s, 2.10x (2.00x to 2.20x) as long\n"
    )


def test_of_a_part_the_whole_is_reckoned_up_beyond_the_start() -> None:
    part = _series("loop", "ansible", 3.0, scale=10.0, base=1.0)
    assert part.seconds == 21.0
    assert part.processor == pytest.approx(1.6 * 7)


def test_the_page_tells_everything_that_was_measured_and_what_was_not() -> None:
    results = _results()
    told = page.told(results, "2026-01-01.json", set(pictures.plots(results)))
    assert "failed: a reason" in told
    assert "load 0.1 at the start, when others took 3% of the processors" in told
    assert "the same, 3 files and folders" in told
    assert "converge 9 s" in told
    assert "(performance/growth-tasks.svg)" in told


def test_the_line_that_bends_is_told_from_the_one_that_does_not() -> None:
    assert "| ansible, each task more | 10 to 101 tasks |" in growing.slopes(_results())
    assert "does not bend" in growing.bend(_results(), "growth", "tasks", 2)
    bent = report.Results(
        "",
        False,
        {},
        {},
        tuple(
            _series("hosts", "suture", seconds, hosts=hosts)
            for hosts, seconds in ((1, 1.0), (10, 1.9), (50, 13.9))
        ),
    )
    told = growing.bend(bent, "hosts", "hosts", 2)
    assert "each one more costs" not in told
    assert "bends upwards, by 3.0 times" in told
    assert "100% of what its 2 processors can do" in told


def test_what_was_measured_anew_takes_the_place_of_the_older() -> None:
    older, newer = _results(), _results()
    extra = Series("preview", "suture", (Run(1.0, 0.5, 0.1),))
    older = report.Results(older.at, False, {}, {}, (*older.series, extra))
    assert newer.beside(older).series == (extra, *newer.series)


def test_a_bar_of_no_spread_is_drawn() -> None:
    svg = bars("t", "s", [Bar("suture", 0.5, 0.5, 0.5, "0.50 s")])
    assert "0.50 s" in svg


def test_states_that_differ_are_named(tmp_path: Path) -> None:
    for tool in ("a", "b", "c"):
        (tmp_path / tool).mkdir()
        (tmp_path / tool / "same").write_text("x")
    folders = {"a": tmp_path / "a", "b": tmp_path / "b"}
    assert same.compared(folders) == "the same, 1 files and folders: a, b"
    (tmp_path / "a" / "other").write_text("y")
    assert same.compared(folders).startswith("a and others differ: b in 1 things (other: nothing")
    assert same.compared(folders, frozenset({"b"})).startswith("the same")


def test_a_run_that_fails_says_how_it_ended(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="ended with 3"):
        ran(_contestant("bad", tmp_path, "raise SystemExit(3)"))

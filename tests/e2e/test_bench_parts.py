"""The benchmark's questions in miniature: Suture and the floor alone, on hosts of its own."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bench import contests, peers, report, startup, transfers
from bench.arena import Arena
from bench.hosts import farm
from bench.proxy import cable
from bench.tasks import CHECKOUT, Question, answered
from tests.e2e.conftest import root_beside

pytestmark = pytest.mark.e2e

QUESTIONS: dict[str, tuple[Question, set[str]]] = {
    "converge": (
        partial(contests.converge, rtt_ms=0, count=3),
        {"converge first", "converge again"},
    ),
    "converge far away": (
        partial(contests.converge, rtt_ms=50, count=3),
        {"converge first", "converge again"},
    ),
    "preview": (partial(contests.preview, count=3), {"preview"}),
    "hosts": (partial(contests.many, hosts=2), {"hosts"}),
    "loop": (partial(contests.single, measure="loop", amounts=(3, 1, 1, 1)), {"loop"}),
    "registers": (
        partial(contests.single, measure="registers", amounts=(2, 1, 1, 1)),
        {"registers"},
    ),
    "growth": (partial(contests.growth, count=4, tools=contests.ALL), {"growth"}),
    "start": (partial(startup.start, project=CHECKOUT), {"help", "lint of the plan"}),
    "packet": (startup.first_packets, {"first packet"}),
    "plan": (
        partial(startup.plan, checkout=CHECKOUT),
        {"dry run of phase 1", "dry run of the plan"},
    ),
    "tree": (
        partial(transfers.trees, count=100),
        {"tree first", "tree nothing changed", "tree ten changed"},
    ),
    "large": (partial(transfers.large, mib=1), {"large file"}),
}


@contextmanager
def _without_a_lock_left(root: Path) -> Iterator[None]:
    """The file that keeps others out of a place is gone with the place: nobody comes again."""
    try:
        yield
    finally:
        root.with_name(f"{root.name}.in-use").unlink()


@pytest.fixture(scope="module")
def arena() -> Iterator[Arena]:
    """Two hosts, one of them also far away; no peer is installed, and each tool runs once."""
    python = Path(sys.executable)
    floor = peers.floor(Path(), CHECKOUT / "bench" / "floor.py")
    ours = peers.Peer(floor.name, lambda *words: [str(python), *floor.command(*words)[1:]])
    root = root_beside(f"bench-{os.getpid()}")
    with (
        _without_a_lock_left(root),
        farm(root, 2) as land,
        cable(land.login.host, land.login.port, 0.025) as proxy,
        tempfile.TemporaryDirectory() as scratch,
    ):
        land.trusted(land.login.host, proxy.port)
        absent = [
            replace(peers.pyinfra(Path()), missing="not here"),
            *(
                replace(
                    peers.ansible(name, Path(), Path(scratch), land.known_hosts),
                    missing="not here",
                )
                for name in ("mitogen", "ansible")
            ),
        ]
        tools = {tool.name: tool for tool in (peers.suture(python, Path(scratch)), ours, *absent)}
        ports = {0: land.login.port, 50: proxy.port}
        yield Arena(land, Path(scratch), tools, ports, print, quick=False, most=1)


def with_its_program(name: str) -> Any:
    """A question as a parameter; skipped where what Suture is held against is not there."""
    lacking = name == "tree" and shutil.which("rsync") is None
    reason = "needs rsync: apt-get install rsync"
    return pytest.param(name, marks=pytest.mark.skipif(lacking, reason=reason))


@pytest.mark.parametrize("name", map(with_its_program, QUESTIONS))
def test_a_question_is_answered_whoever_is_missing(
    arena: Arena, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    question, measures = QUESTIONS[name]
    series = answered(arena, name, question)
    told = capsys.readouterr().out
    assert {each.measure for each in series} == measures, told
    for each in series:
        if each.tool in ("pyinfra", "mitogen", "ansible", "ansible synchronize", "ansible copy"):
            assert each.missing, told
            assert not each.runs
        else:
            assert [run.seconds > 0 for run in each.runs] == [True], told
    results = report.Results("2026-01-01", True, report.machine(), {}, tuple(series), arena.same)
    assert report.Results.of_json(results.as_json()) == results
    assert "differ" not in " ".join(arena.same.values())

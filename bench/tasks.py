"""The benchmark as a task: `./inv bench`."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from invoke import Context, Exit, task

from bench import contests, peers, report
from bench.arena import Arena
from bench.hosts import farm
from bench.measure import Series
from bench.proxy import cable

CHECKOUT = Path(__file__).resolve().parents[1]
PLACE = CHECKOUT / ".suture" / "bench"


@task(
    help={
        "quick": "Fewer tasks, hosts and runs: under four minutes.",
        "only": "Only measures whose names begin so (comma-separated): converge, single, preview,"
        " hosts, growth, start, tree, large.",
        "out": "Where the results go; a file named for the day without.",
        "page": "Write docs/performance.md and its plots from the newest results, measure nothing.",
    }
)
def bench(
    _context: Context, quick: bool = False, only: str = "", out: str = "", page: bool = False
) -> None:
    """Measure Suture beside Ansible, Mitogen and pyinfra, all in turn on the same hosts."""
    if page:
        from bench.page import written

        for path in written(CHECKOUT):
            print(path.relative_to(CHECKOUT))
        return
    began = time.monotonic()
    results = measured(quick, tuple(only.split(",")) if only else ())
    name = f"{results.at[:10]}{'-quick' if quick else ''}.json"
    path = Path(out) if out else CHECKOUT / "bench" / "results" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if only and path.is_file():
        results = results.beside(report.Results.of_json(path.read_text()))
    path.write_text(results.as_json())
    print()
    print(report.headline(results))
    minutes, rest = divmod(int(time.monotonic() - began), 60)
    print(f"{minutes} min {rest} s; all numbers are in {path}")
    if not results.series:
        raise Exit("nothing was measured", code=1)


def _say(line: str) -> None:
    print(line, flush=True)


def measured(quick: bool, only: tuple[str, ...]) -> report.Results:
    """Everything that was asked for, measured now."""
    environments = peers.environments(PLACE, _say)
    peers.collections(PLACE, _say)
    python = Path(sys.executable)
    hosts = (1, 10) if quick else (1, 10, 50, 200)
    wanted_hosts = max(hosts) if not only or "hosts" in only else 1
    delays = (0, 50) if quick else (0, 50, 200)
    with ExitStack() as stack:
        land = stack.enter_context(farm(CHECKOUT, wanted_hosts))
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="suture-bench-")))
        ports = {0: land.login.port}
        for delay in delays[1:]:
            proxy = stack.enter_context(cable(land.login.host, land.login.port, delay / 2000))
            ports[delay] = proxy.port
            land.trusted(land.login.host, proxy.port)
        tools = [
            peers.suture(python),
            peers.pyinfra(PLACE),
            peers.ansible("mitogen", PLACE, scratch, land.known_hosts),
            peers.ansible("ansible", PLACE, scratch, land.known_hosts),
            peers.floor(PLACE, Path(__file__).with_name("floor.py")),
        ]
        arena = Arena(land, scratch, {tool.name: tool for tool in tools}, ports, _say, quick)
        series: list[Series] = []
        for name, question in questions(arena, python, hosts, delays):
            if not only or any(name.startswith(word) for word in only):
                series += contests.failures_told(arena, question, _say)
        arena.forget()
    versions = {"suture": peers.version(python, "suture")}
    for tool, package in (
        ("ansible", "ansible-core"),
        ("mitogen", "mitogen"),
        ("pyinfra", "pyinfra"),
        ("fabric", "fabric"),
    ):
        versions[package] = peers.version(environments[tool] / "bin" / "python", package)
    return report.Results(report.now(), quick, report.machine(), versions, tuple(series))


def questions(
    arena: Arena, python: Path, hosts: tuple[int, ...], delays: tuple[int, ...]
) -> list[tuple[str, Callable[[], list[Series]]]]:
    """What is asked, in order: the most important first."""
    suture = python.with_name("suture")
    asked: list[tuple[str, Callable[[], list[Series]]]] = [
        (f"converge-{delay}", partial(contests.converge, arena, delay)) for delay in delays
    ]
    asked += [
        ("start", partial(contests.start, arena, CHECKOUT)),
        ("start-phase", partial(contests.phase, arena, suture, CHECKOUT)),
        ("tree", partial(contests.trees, arena)),
        ("large", partial(contests.large, arena)),
        ("single", partial(contests.single, arena)),
        ("preview", partial(contests.preview, arena)),
        ("growth", partial(contests.growth, arena)),
    ]
    asked += [(f"hosts-{count}", partial(contests.many, arena, count)) for count in hosts]
    return asked

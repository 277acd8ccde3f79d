"""The benchmark as a task: `./inv bench`."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import FrameType

import platformdirs
from invoke import Context, Exit, task

from bench import contests, foreign, peers, report, startup, transfers, transports
from bench.arena import Arena
from bench.hosts import bench_root, farm
from bench.measure import BenchError, Clock, Series
from bench.proxy import cable
from lab.errors import LabError

CHECKOUT = Path(__file__).resolve().parents[1]
RESULTS = CHECKOUT / "bench" / "results"
MINUTES = {False: 24.3, True: 3.7}
"""How long measuring may take: slow runs that would take longer are left out, and it is said."""


@task(
    help={
        "quick": "Fewer tasks, hosts and runs: some five minutes.",
        "only": "Only questions whose names begin so (comma-separated): converge, preview, start,"
        " plan, tree, large, transports, hosts, loop, templates, registers, growth.",
        "out": "Where the results go; without it a file named for the day, below bench/results"
        " (a quick run's in the benchmark's own folder).",
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
    place = _place()
    name = f"{report.now()[:10]}{'-quick' if quick else ''}.json"
    path = Path(out) if out else (place if quick else RESULTS) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    older = report.Results.of_json(path.read_text()) if only and path.is_file() else None
    began = time.monotonic()
    results = None
    try:
        with _ended_in_order():
            for results in measured(place, quick, tuple(only.split(",")) if only else ()):
                if older:
                    results = results.beside(older)
                path.write_text(results.as_json())
    except LabError as error:
        raise Exit(f"bench: {error}", code=1) from None
    finally:
        if results is not None:
            _told(results, path, time.monotonic() - began)
    if results is None or not any(each.runs for each in results.series):
        raise Exit("bench: nothing was measured", code=1)


def _told(results: report.Results, path: Path, took: float) -> None:
    print()
    print(report.headline(results))
    print(report.losses(results))
    minutes, rest = divmod(int(took), 60)
    print(f"{minutes} min {rest} s; all numbers are in {path}")


def _place() -> Path:
    """Where the peers' environments are kept: in the checkout, or the user's cache where the
    checkout is another's."""
    if os.access(CHECKOUT, os.W_OK):
        return CHECKOUT / ".suture" / "bench"
    return platformdirs.user_cache_path("suture") / "bench"


def _say(line: str) -> None:
    print(line, flush=True)


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Whatever ends the benchmark ends what it started too."""

    def stop(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {each: signal.signal(each, stop) for each in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for each, action in before.items():
            signal.signal(each, action)


@dataclass(frozen=True)
class Size:
    """How much is measured.  ``single`` is what of it Suture, pyinfra, Mitogen and Ansible get;
    ``foreign`` by measure how many calls it makes,
    ``growth`` by number of tasks which tools are given so many."""

    tasks: int = 101
    hosts: tuple[int, ...] = (1, 10, 200, 50)  # the last one comes last: Ansible takes minutes
    delays: tuple[int, ...] = (0, 50, 200)
    files: int = 2000
    mib: int = 256
    single: Mapping[str, tuple[int, ...]] = field(
        default_factory=lambda: {
            "loop": (1000, 80, 120, 20),
            "templates": (300, 40, 60, 12),
            "registers": (33, 20, 33, 7),
        }
    )
    foreign: Mapping[str, int] = field(
        default_factory=lambda: {"foreign many": 100, "foreign mixed": 30}
    )
    growth: Mapping[int, tuple[str, ...]] = field(
        default_factory=lambda: {
            10: contests.ALL,
            30: contests.ALL,
            100: contests.ALL[:1],
            300: contests.ALL[:1],
            1000: contests.ALL[:1],
        }
    )


QUICK = Size(
    tasks=20,
    hosts=(1, 10),
    delays=(0, 50),
    files=200,
    mib=32,
    single={"loop": (200, 60, 60, 10), "templates": (60, 20, 20, 8), "registers": (11, 6, 6, 3)},
    foreign={"foreign many": 30, "foreign mixed": 15},
    growth={10: contests.ALL[:3], 100: contests.ALL[:1], 300: contests.ALL[:1]},
)


def measured(place: Path, quick: bool, only: tuple[str, ...]) -> Iterator[report.Results]:
    """Everything that was asked for, measured now: what there is so far, after each question."""
    size = QUICK if quick else Size()
    why = peers.environments(place, _say)
    if reason := peers.collections(place, _say):
        _say(reason)
    results = report.Results(report.now(), quick, report.machine(), _versions(place), ())
    asked = {name: question for name, question in questions(size) if _wanted(name, only)}
    numbers = (name.removeprefix("transports-").removeprefix("hosts-") for name in asked)
    hosts = max((int(number) for number in numbers if number.isdigit()), default=1)
    with ExitStack() as stack:
        land = stack.enter_context(farm(bench_root(CHECKOUT), hosts))
        # The name is short: sockets lie below it.
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        ports = {0: land.login.port}
        for delay in size.delays[1:]:
            proxy = stack.enter_context(cable(land.login.host, land.login.port, delay / 2000))
            ports[delay] = proxy.port
            land.trusted(land.login.host, proxy.port)
        clock = Clock(time.monotonic() + MINUTES[quick] * 60)
        tools = _tools(place, scratch, land.known_hosts, why)
        arena = Arena(land, scratch, tools, ports, _say, quick, clock)
        stack.callback(arena.forget)
        for name, question in asked.items():
            began = time.monotonic()
            series = answered(arena, name, question)
            results = replace(
                results,
                series=(*results.series, *series),
                same=dict(arena.same),
                took={**results.took, name: round(time.monotonic() - began, 1)},
                machine={**results.machine, "load_end": report.load()},
            )
            yield results
    results = replace(results, machine={**results.machine, "others_end": report.others()})
    yield results


def _wanted(name: str, only: tuple[str, ...]) -> bool:
    return not only or any(name.startswith(word) for word in only)


def _tools(
    place: Path, scratch: Path, known_hosts: Path, why: Mapping[str, str]
) -> dict[str, peers.Peer]:
    """The tools by name; those whose environment could not be made say why."""
    tools = [
        peers.suture(Path(sys.executable), place),
        peers.pyinfra(place),
        peers.ansible("mitogen", place, scratch, known_hosts),
        peers.ansible("ansible", place, scratch, known_hosts),
        peers.floor(place, Path(__file__).with_name("floor.py")),
    ]
    missing = {**why, "fabric floor": why.get("fabric", "")}
    return {tool.name: replace(tool, missing=missing.get(tool.name, "")) for tool in tools}


def _versions(place: Path) -> dict[str, str]:
    versions = {"suture": peers.version(Path(sys.executable), "suture")}
    for tool, package in (
        ("ansible", "ansible-core"),
        ("mitogen", "mitogen"),
        ("pyinfra", "pyinfra"),
        ("fabric", "fabric"),
    ):
        versions[package] = peers.version(place / tool / "bin" / "python", package)
    return versions


Question = Callable[[Arena], list[Series]]


def answered(arena: Arena, name: str, question: Question) -> list[Series]:
    """The question's series; none, and the reason noted, where it could not be put: the rest is
    still worth its time."""
    try:
        return question(arena)
    except (BenchError, OSError, AssertionError) as error:
        arena.same[name] = f"not measured: {error}"
        _say(f"{name}: {arena.same[name]}")
        return []
    finally:
        arena.forget()


def questions(size: Size) -> list[tuple[str, Question]]:
    """What is asked, in order: the most important first, and what takes a peer minutes last."""
    asked: list[tuple[str, Question]] = []
    for delay in size.delays:
        asked.append(
            (f"converge-{delay}", partial(contests.converge, rtt_ms=delay, count=size.tasks))
        )
        if delay == 0:
            asked.append(("preview", partial(contests.preview, count=size.tasks)))
    many: list[tuple[str, Question]] = [
        (f"hosts-{count}", partial(contests.many, hosts=count)) for count in size.hosts
    ]
    return [
        *asked,
        ("start", partial(startup.start, project=CHECKOUT)),
        ("start-packet", startup.first_packets),
        ("plan", partial(startup.plan, checkout=CHECKOUT)),
        ("tree", partial(transfers.trees, count=size.files)),
        ("large", partial(transfers.large, mib=size.mib)),
        *(
            (f"transports-{count}", partial(transports.hosts, count=count))
            for count in sorted(size.hosts)
            if count != 10
        ),
        ("transports-large", partial(transports.large, mib=size.mib)),
        *many[:-1],
        *(
            (name, partial(contests.single, measure=name, amounts=amounts))
            for name, amounts in size.single.items()
        ),
        *(
            (measure.replace(" ", "-"), partial(foreign.modules, measure=measure, count=calls))
            for measure, calls in size.foreign.items()
        ),
        *(
            (f"growth-{count}", partial(contests.growth, count=count, tools=tools))
            for count, tools in size.growth.items()
        ),
        many[-1],
    ]

"""What is measured of tasks: each function gives the series of one question."""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench import workloads as work
from bench.arena import Arena
from bench.costs import COSTS
from bench.measure import BenchError, Contestant, Series, ran

ALL = ("suture", "pyinfra", "mitogen", "ansible")


def said(ansible: str, pyinfra: str) -> Mapping[str, str]:
    """A piece of work in both languages."""
    return {"ansible": ansible, "pyinfra": pyinfra}


def tasks(count: int) -> Mapping[str, str]:
    """So many of the tasks, in both languages."""
    given = work.jobs(count)
    return said(work.converging(given), work.pyinfra_converging(given))


def host(arena: Arena) -> Callable[[str], Path]:
    """The first host's part of a tool's place."""
    return lambda tool: arena.place(tool) / "h0"


# -- the 101 tasks ---------------------------------------------------------------------------------


def converge(arena: Arena, rtt_ms: int, count: int) -> list[Series]:
    """The tasks on a host where nothing is there, and again where everything is."""
    texts, name = tasks(count), f"tasks-{count}"
    expected = {tool: COSTS[tool].seconds(count, rtt_ms=rtt_ms) for tool in ALL}
    made = functools.partial(arena.contestant, work=name, texts=texts, rtt_ms=rtt_ms)
    rounds = {
        0: {"suture": 5, "pyinfra": 1, "mitogen": 1, "ansible": 1},
        50: {"suture": 5, "pyinfra": 0, "mitogen": 1, "ansible": 0},
    }.get(rtt_ms, {"suture": 3, "pyinfra": 0, "mitogen": 0, "ansible": 0})
    first = [
        made(tool, rounds=rounds[tool], before=arena.fresh(tool), expected=2 * expected[tool])
        for tool in ALL
    ]
    about = {"rtt_ms": rtt_ms, "tasks": count}
    arena.say(f"{count} tasks for the first time, {rtt_ms} ms away")
    series = arena.turns("converge first", first, budget=50, **about)
    arena.check(f"{count} tasks, {rtt_ms} ms", series, host(arena))
    seen = {each.tool for each in series if each.runs}
    source = _kept(arena, series, count)
    rounds = {
        0: {"suture": 9, "pyinfra": 2, "mitogen": 2, "ansible": 1},
        50: {"suture": 7, "pyinfra": 1, "mitogen": 1, "ansible": 0 if arena.quick else 1},
    }.get(rtt_ms, {"suture": 7, "pyinfra": 0, "mitogen": 0, "ansible": 0})
    again = []
    for tool in ALL:
        given: dict[str, Any] = {} if tool in seen else {"prepare": arena.converged(tool, source)}
        again.append(made(tool, rounds=rounds[tool], expected=expected[tool], **given))
    ours = rounds["suture"]
    again += [
        made("fabric floor", rounds=ours),
        arena.plain("ssh host true", [*arena.plain_ssh(rtt_ms), "true"], rounds=ours),
    ]
    arena.say(f"the same {count} tasks again, {rtt_ms} ms away")
    found = arena.turns("converge again", again, budget=100, **about)
    arena.check(f"{count} tasks again, {rtt_ms} ms", _of_tools(found), host(arena))
    return series + found


def _of_tools(series: Sequence[Series]) -> list[Series]:
    """Without the floors, which leave nothing behind."""
    return [each for each in series if each.tool in ALL]


def _kept(arena: Arena, series: Sequence[Series], count: int) -> Path:
    """What Suture left on the host, kept beside: where others begin whose first run there is no
    time for.  That they leave the same is measured once, without distance."""
    place = arena.farm.home / f"converged-{count}"
    if not place.is_dir():
        if not any(each.tool == "suture" and each.runs for each in series):
            raise BenchError("suture did not make what the others begin with")
        _copied(arena.place("suture") / "h0", place)
    return place


def _copied(source: Path, to: Path) -> None:
    subprocess.run(["cp", "-a", str(source), str(to)], check=True)


def state_of(arena: Arena, count: int) -> Path:
    """What so many tasks leave on a host, made by Suture if it was not made yet."""
    place = arena.farm.home / f"converged-{count}"
    if not place.is_dir():
        maker = arena.contestant("suture", f"tasks-{count}", tasks(count))
        arena.fresh("suture")()
        ran(maker)
        _copied(arena.place("suture") / "h0", place)
    return place


def preview(arena: Arena, count: int) -> list[Series]:
    """A dry run of the tasks on a converged host."""
    source, texts = state_of(arena, count), tasks(count)
    words = {"suture": "-C", "pyinfra": "--dry", "mitogen": "--check", "ansible": "--check"}
    contestants = [
        arena.contestant(
            tool,
            f"tasks-{count}",
            texts,
            words=(words[tool],),
            rounds=5 if tool == "suture" else 1,
            expected=COSTS[tool].seconds(count),
            prepare=arena.converged(tool, source),
        )
        for tool in ALL
    ]
    arena.say(f"preview of {count} converged tasks")
    series = arena.turns("preview", contestants, budget=40, tasks=count)
    arena.check("preview", series, host(arena))
    return series


# -- a loop, templates, results that are read at once --------------------------------------------


SINGLE: Mapping[str, tuple[Callable[[int], str], Callable[[int], str], int]] = {
    "loop": (work.looping, work.pyinfra_looping, 1),
    "templates": (work.templating, work.pyinfra_templating, 1),
    "registers": (work.registering, work.pyinfra_registering, 3),
}
"""By measure: the work in both languages, and how many tasks each of it is."""


def single(arena: Arena, measure: str, amounts: Sequence[int]) -> list[Series]:
    """A long loop, many templates or results that are read at once, each for the first time.

    ``amounts`` is how much of it each tool gets, Suture all.  Of a part the whole is reckoned up:
    what the part took beyond one by itself, multiplied.
    """
    made, told, tasks_each = SINGLE[measure]
    whole = amounts[0]
    sizes = dict(zip(ALL, amounts, strict=True))
    contestants = []
    for tool in ALL:
        size = sizes[tool]
        expected = 2 * COSTS[tool].seconds(size * tasks_each)
        contestant = arena.contestant(
            tool,
            f"{measure}-{size}",
            said(made(size), told(size)),
            rounds=3 if tool == "suture" else 1,
            before=arena.fresh(tool),
            expected=expected,
        )
        if size < whole and not contestant.missing and arena.clock.left > expected:
            one = arena.contestant(
                tool, f"{measure}-1", said(made(1), told(1)), before=arena.fresh(tool)
            )
            contestant = of_whole(contestant, one, size, whole)
        contestants.append(contestant)
    arena.say(f"{measure}: {whole * tasks_each}")
    series = arena.turns(measure, contestants, budget=30, tasks=whole * tasks_each)
    part = frozenset(tool for tool in ALL if sizes[tool] < whole)
    arena.check(measure, series, host(arena), part)
    return series


def of_whole(part: Contestant, one: Contestant, size: int, whole: int) -> Contestant:
    """The contestant with a part, and what its time has to be multiplied by: beyond what ``one``
    takes, which is run now."""
    if size >= whole:
        return part
    try:
        base = ran(one).seconds
    except (BenchError, OSError) as error:
        return replace(part, missing=part.missing or f"failed: {error}")
    note = f"{size} of {whole}, reckoned up"
    return replace(part, scale=(whole - 1) / (size - 1), base=base, note=note)


# -- many hosts, many tasks ------------------------------------------------------------------------

HOST_ROUNDS: Mapping[int, Mapping[str, int]] = {
    1: {"suture": 5, "pyinfra": 2, "mitogen": 2, "ansible": 1, "fabric floor": 5},
    10: {"suture": 5, "pyinfra": 1, "mitogen": 1, "ansible": 0, "fabric floor": 5},
    50: {"suture": 5, "pyinfra": 1, "mitogen": 1, "ansible": 1, "fabric floor": 5},
    200: {"suture": 3, "pyinfra": 1, "mitogen": 0, "ansible": 0, "fabric floor": 3},
}


def many(arena: Arena, hosts: int) -> list[Series]:
    """The first 20 tasks on many hosts, all at once, converged."""
    texts, name = tasks(20), "tasks-20"
    source = state_of(arena, 20)
    rounds = dict(HOST_ROUNDS.get(hosts, HOST_ROUNDS[200]))
    if arena.quick:
        rounds |= {"ansible": 0, "pyinfra": 1, "mitogen": 1 if hosts == 1 else 0}
    contestants = [
        arena.contestant(
            tool,
            name,
            texts,
            hosts=hosts,
            rounds=rounds[tool],
            expected=COSTS[tool].seconds(20, hosts),
            prepare=arena.converged(tool, source, hosts),
        )
        for tool in ALL
    ]
    floor = arena.contestant(
        "fabric floor", name, texts, hosts=hosts, rounds=rounds["fabric floor"]
    )
    arena.say(f"20 tasks on {hosts} hosts")
    series = arena.turns(
        "hosts", [*contestants, floor], budget=60, watch=True, hosts=hosts, tasks=20
    )
    arena.forget()
    arena.check(f"{hosts} hosts", _of_tools(series), arena.place)
    return series


def growth(arena: Arena, count: int, tools: Sequence[str]) -> list[Series]:
    """So many tasks on one host, converged: one point of each tool's line."""
    texts, source = tasks(count), state_of(arena, count)
    contestants = [
        arena.contestant(
            tool,
            f"tasks-{count}",
            texts,
            rounds=3 if tool == "suture" else 1,
            expected=COSTS[tool].seconds(count),
            prepare=arena.converged(tool, source),
        )
        for tool in tools
    ]
    arena.say(f"growth: {count} tasks")
    series = arena.turns("growth", contestants, budget=30, watch=True, tasks=count)
    arena.check(f"growth to {count} tasks", series, host(arena))
    return series

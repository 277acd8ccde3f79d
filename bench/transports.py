"""What is measured of the two transports: one host, many hosts and a large file, over Fabric and
over the system's ssh, beside the floor of each."""

from __future__ import annotations

import os
from dataclasses import replace

from bench import workloads as work
from bench.arena import Arena
from bench.contests import said, state_of, tasks
from bench.measure import Contestant, Series

TOOLS = {"suture": "fabric", "suture openssh": "openssh"}
"""The contestants, with the transport of each."""


def over(contestant: Contestant, name: str) -> Contestant:
    """The contestant under its name, over its transport."""
    environ = {**contestant.environ, "SUTURE_TRANSPORT": TOOLS[name]}
    return replace(contestant, tool=name, environ=environ)


def hosts(arena: Arena, count: int) -> list[Series]:
    """The first 20 tasks, converged, on so many hosts at once."""
    texts, source = tasks(20), state_of(arena, 20)
    rounds = {1: 9, 50: 5}.get(count, 3)
    contestants = [
        over(
            arena.contestant(
                "suture",
                "tasks-20",
                texts,
                hosts=count,
                rounds=rounds,
                prepare=arena.converged("suture", source, count),
            ),
            name,
        )
        for name in TOOLS
    ]
    floor = arena.contestant("fabric floor", "tasks-20", texts, hosts=count, rounds=rounds)
    contestants.append(floor)
    if count == 1:
        plain = [*arena.plain_ssh(), "true"]
        contestants.append(arena.plain("ssh host true", plain, rounds=rounds))
    arena.say(f"both transports, 20 tasks on {count} hosts")
    return arena.turns("transports", contestants, budget=60, watch=True, hosts=count, tasks=20)


def large(arena: Arena, mib: int) -> list[Series]:
    """One large file that is not there yet."""
    source = arena.folder("suture") / "files" / "big"
    with source.open("wb") as file:
        for _ in range(mib):
            file.write(os.urandom(1024 * 1024))
    texts = said(work.placing(), "")
    contestants = [
        over(arena.contestant("suture", "big", texts, rounds=3, before=arena.fresh("suture")), name)
        for name in TOOLS
    ]
    arena.say(f"both transports, one file of {mib} MiB")
    series = arena.turns("transports, large file", contestants, budget=60, tasks=mib)
    source.unlink()
    arena.fresh("suture")()
    return series

"""What is measured.  Each function gives the series of one question."""

from __future__ import annotations

import filecmp
import functools
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench import workloads as work
from bench.arena import Arena
from bench.measure import BenchError, Contestant, Run, Series, checked, in_turn, ran
from bench.proxy import cable

ALL = ("suture", "pyinfra", "mitogen", "ansible")
BIG = 256


def said(ansible: str, pyinfra: str) -> Mapping[str, str]:
    """A piece of work in both languages."""
    return {"ansible": ansible, "pyinfra": pyinfra}


def tasks(count: int) -> Mapping[str, str]:
    given = work.jobs(count)
    return said(work.converging(given), work.pyinfra_converging(given))


def converge(arena: Arena, rtt_ms: int) -> list[Series]:
    """The tasks on a host where nothing is there, and again where everything is."""
    count = 20 if arena.quick else 101
    texts, name = tasks(count), f"tasks-{count}"
    peers = [tool for tool in ALL if rtt_ms <= 50 or tool in ("suture", "pyinfra")]
    contestants = functools.partial(arena.contestant, rtt_ms=rtt_ms)
    first_rounds = {"suture": 5, "pyinfra": 2, "mitogen": 2, "ansible": 1}
    first = [
        contestants(tool, name, texts, rounds=first_rounds[tool], before=arena.fresh(tool))
        for tool in peers
        if tool != "ansible" or rtt_ms == 0
    ]
    arena.say(f"{count} tasks for the first time, {rtt_ms} ms away")
    measured = {"rtt_ms": rtt_ms, "tasks": count, "say": arena.say}
    series = in_turn("converge first", first, budget=40, **measured)  # type: ignore[arg-type]
    again_rounds = {"suture": 9, "pyinfra": 3, "mitogen": 3, "ansible": 1 + (rtt_ms == 0)}
    again = [contestants(tool, name, texts, rounds=again_rounds[tool]) for tool in peers]
    floors = [
        contestants("fabric floor", name, texts, rounds=9),
        arena.plain("ssh host true", [*arena.plain_ssh(rtt_ms), "true"], rounds=9),
    ]
    arena.say(f"the same {count} tasks again, {rtt_ms} ms away")
    series += in_turn("converge again", [*again, *floors], budget=60, **measured)  # type: ignore[arg-type]
    places = {tool: arena.place(tool) / "h0" for tool in peers}
    if rtt_ms == 0:
        checked(places)
    arena.forget()
    return series


def single(arena: Arena) -> list[Series]:
    """A long loop, many templates, results that are read at once: each again, converged."""
    small, large = (20, 200) if arena.quick else (100, 1000)
    series = []
    for measure, made, made_for_pyinfra, sizes in (
        ("loop", work.looping, work.pyinfra_looping, (small, large)),
        ("templates", work.templating, work.pyinfra_templating, (small * 3 // 10, large * 3 // 10)),
        ("registers", work.registering, work.pyinfra_registering, (11, 11 if arena.quick else 33)),
    ):
        contestants = []
        for tool in ALL if measure != "registers" or not arena.quick else ALL[:3]:
            size = sizes[0] if tool in ("ansible", "mitogen") else sizes[1]
            texts = said(made(size), made_for_pyinfra(size))
            name = f"{measure}-{size}"
            scale = sizes[1] / size
            note = f"{size} of {sizes[1]}, times {scale:g}" if scale > 1 else ""
            rounds = 3 if tool == "suture" else 1
            contestants.append(
                arena.contestant(tool, name, texts, rounds=rounds, scale=scale, note=note)
            )
            arena.fresh(tool)()
            ran(contestants[-1])
        arena.say(f"{measure}: {sizes[1]}")
        count = sizes[1] * (3 if measure == "registers" else 1)
        series += in_turn(measure, contestants, budget=30, say=arena.say, tasks=count)
    return series


def preview(arena: Arena) -> list[Series]:
    """A dry run of the tasks on a converged host."""
    count = 20 if arena.quick else 101
    name, texts = f"tasks-{count}", tasks(count)
    words = {"suture": "-C", "pyinfra": "--dry", "mitogen": "--check", "ansible": "--check"}
    for tool in ALL:
        if not (arena.place(tool) / "h0" / "dir-1").is_dir():
            ran(arena.contestant(tool, name, texts, before=arena.fresh(tool)))
    contestants = [
        arena.contestant(
            tool,
            name,
            texts,
            words=(words[tool],),
            rounds=5 if tool == "suture" else 2,
        )
        for tool in ALL
    ]
    arena.say(f"preview of {count} tasks")
    return in_turn("preview", contestants, budget=30, say=arena.say, tasks=count)


def many(arena: Arena, hosts: int) -> list[Series]:
    """The first 20 tasks on many hosts, all at once, converged."""
    texts, name = tasks(20), "tasks-20"
    tools: Sequence[str] = ALL
    if hosts > 50 or (arena.quick and hosts > 1):
        tools = ("suture", "pyinfra")
    contestants = []
    for tool in tools:
        rounds = {"suture": 5, "pyinfra": 3}.get(tool, 1)
        contestants.append(arena.contestant(tool, name, texts, hosts=hosts, rounds=rounds))
        arena.fresh(tool)()
        _copied_from_one(arena, tool, texts, name, hosts)
    contestants.append(arena.contestant("fabric floor", name, texts, hosts=hosts, rounds=5))
    arena.say(f"20 tasks on {hosts} hosts")
    series = in_turn(
        "hosts", contestants, budget=60, watch=True, say=arena.say, hosts=hosts, tasks=20
    )
    arena.forget()
    checked({tool: arena.place(tool) for tool in tools})
    return series


def _copied_from_one(
    arena: Arena, tool: str, texts: Mapping[str, str], name: str, hosts: int
) -> None:
    """The converged state of every host, made on one of them and copied: it is only the beginning."""
    ran(arena.contestant(tool, name, texts))
    place = arena.place(tool)
    for number in range(1, hosts):
        command = ["cp", "-a", str(place / "h0"), str(place / f"h{number}")]
        subprocess.run(command, check=True)


def growth(arena: Arena) -> list[Series]:
    """More and more tasks on one host."""
    series = []
    for count in (10, 100) if arena.quick else (10, 30, 100, 300, 1000):
        texts, name = tasks(count), f"tasks-{count}"
        contestants = [arena.contestant("suture", name, texts, rounds=3)]
        if count <= (10 if arena.quick else 300):
            contestants.append(arena.contestant("pyinfra", name, texts, rounds=1))
        if count <= (10 if arena.quick else 100):
            contestants.append(arena.contestant("mitogen", name, texts, rounds=1))
        for contestant in contestants:
            arena.fresh(contestant.tool)()
            ran(contestant)
        arena.say(f"growth: {count} tasks")
        series += in_turn("growth", contestants, budget=30, say=arena.say, tasks=count)
    return series


def start(arena: Arena, project: Path) -> list[Series]:
    """What is there before any work: help, lint, the first packet."""
    bin_of = {tool: Path(arena.tools[tool].command(project, "x", "h0", 1)[0]) for tool in ALL}
    rounds = 5
    arena.say("start-up")
    series = in_turn(
        "help",
        [
            arena.plain(tool, [str(bin_of[tool]), "--help"], rounds=rounds)
            for tool in ("suture", "pyinfra", "ansible")
        ],
        budget=20,
        say=arena.say,
    )
    lint = [str(bin_of["suture"]), "lint", str(project / "playbooks"), str(project / "roles")]
    plain = arena.plain("suture", lint, rounds=rounds)
    lints = [Contestant(**{**vars(plain), "codes": (0, 2)})]
    series += in_turn("lint of the plan", lints, budget=20, say=arena.say)
    return series + _first_packets(arena)


def _first_packets(arena: Arena) -> list[Series]:
    """The time from the start of the command to the first byte of its SSH connection."""
    address, port = arena.farm.login.host, arena.farm.login.port
    found: dict[str, list[Run]] = {}
    with cable(address, port, 0.0) as proxy:
        arena.farm.trusted(address, proxy.port)
        beside = Arena(
            arena.farm,
            arena.scratch / "packets",
            arena.tools,
            {0: proxy.port},
            arena.say,
            arena.quick,
        )
        beside.scratch.mkdir()
        for _ in range(3):
            for tool in ("suture", "fabric floor", "pyinfra", "ansible"):
                contestant = beside.contestant(tool, "tasks-1", tasks(1), before=arena.fresh(tool))
                began = time.monotonic()
                run = ran(contestant)
                seconds = proxy.first_byte() - began
                found.setdefault(tool, []).append(Run(seconds, run.user, run.system))
                # Ansible's connection would be kept, and the next run would have no first packet.
                arena.forget()
    arena.say("time to the first SSH packet")
    series = [Series("first packet", tool, tuple(runs)) for tool, runs in found.items()]
    for each in series:
        arena.say(f"  {each.tool:22} {each.seconds:8.2f} s")
    return series


def phase(arena: Arena, suture: Path, project: Path) -> list[Series]:
    """A dry run of the plan's first phase, where the practice droplet is up."""
    from lab.errors import LabError
    from lab.tasks import practice_droplet

    try:
        practice_droplet().login()
    except LabError:
        arena.say("the practice droplet is not up: no dry run of a phase")
        return []
    command = [str(suture), "remediate", "--phase", "1", "--dry-run"]
    plain = arena.plain("suture", command, rounds=5)
    contestant = Contestant(**{**vars(plain), "folder": project, "codes": (0, 2)})
    arena.say("dry run of phase 1")
    return in_turn("dry run of phase 1", [contestant], budget=30, say=arena.say)


# -- transfers -------------------------------------------------------------------------------------


def trees(arena: Arena) -> list[Series]:
    """Many small files: sent, looked at, a few of them changed."""
    count = 200 if arena.quick else 2000
    login = arena.farm.login
    shell = " ".join(login.ssh()[:-1])
    target = f"{login.user}@{login.host}"
    rsync_place = arena.place("rsync")
    source = arena.scratch / "tree"
    arena.fresh("rsync")()

    def rsync(tool: str, *more: str) -> Contestant:
        words = ["rsync", "-rlpt", "--delete", *more, "-e", shell, f"{source}/"]
        return arena.plain(tool, [*words, f"{target}:{rsync_place}/tree/"], rounds=5)

    texts = said(work.syncing("sync"), work.pyinfra_syncing())
    posix = said(work.syncing("synchronize"), "")
    series = []
    for measure, changed in (("first", 0), ("nothing changed", 0), ("ten changed", 10)):
        work.tree(source, count, changed)
        contestants = [
            arena.contestant("suture", "sync", texts, rounds=5),
            rsync("rsync"),
            rsync("rsync --checksum", "--checksum"),
            arena.contestant("pyinfra", "sync", texts, rounds=2),
            arena.contestant("ansible", "synchronize", posix, rounds=2),
        ]
        shown = []
        for contestant in contestants:
            before = _tree_reset(arena, contestant.tool, source, measure)
            shown.append(Contestant(**{**vars(contestant), "before": before}))
        arena.say(f"{count} small files, {measure}")
        tools = [each for each in shown if measure != "first" or each.tool != "rsync --checksum"]
        series += in_turn(f"tree {measure}", tools, budget=40, say=arena.say, tasks=count, hosts=1)
    checked(
        {
            "suture": arena.place("suture") / "h0" / "tree",
            "pyinfra": arena.place("pyinfra") / "h0" / "tree",
            "rsync": rsync_place / "tree",
        }
    )
    return series


def _tree_reset(arena: Arena, tool: str, source: Path, measure: str) -> Callable[[], None]:
    """What puts the tool's copy on the host, and its source, as the measurement wants them."""
    place = arena.place(tool.partition(" ")[0])
    target = place / ("tree" if tool.startswith("rsync") else "h0/tree")
    older = arena.scratch / "tree-before"

    def act() -> None:
        if not tool.startswith("rsync"):
            given = arena.folder(tool) / "files" / "tree"
            shutil.rmtree(given, ignore_errors=True)
            shutil.copytree(source, given)
        if measure == "first":
            arena.fresh(tool.partition(" ")[0])()
            if not older.is_dir():
                shutil.copytree(source, older)
        if measure == "ten changed":
            owner = arena.farm.home.stat()
            for path in source.rglob("*.txt"):
                old = older / path.relative_to(source)
                if old.stat().st_size != path.stat().st_size:
                    copy = target / path.relative_to(source)
                    shutil.copy2(old, copy)
                    os.chown(copy, owner.st_uid, owner.st_gid)

    return act


def large(arena: Arena) -> list[Series]:
    """One large file that is not there yet."""
    mib = 32 if arena.quick else BIG
    login = arena.farm.login
    source = arena.scratch / "big"
    with source.open("wb") as file:
        for _ in range(mib):
            file.write(os.urandom(1024 * 1024))
    texts = said(work.placing(), work.pyinfra_placing())
    place = arena.place("scp")
    options = login.ssh()[1:-1]
    options[options.index("-p")] = "-P"
    scp = ["scp", "-q", *options, str(source), f"{login.user}@{login.host}:{place}/big"]
    contestants = [arena.plain("scp", scp, rounds=3, before=arena.fresh("scp"))]
    for tool in ("suture", "pyinfra", "ansible", "mitogen"):
        rounds = 3 if tool == "suture" else 1
        before = arena.fresh(tool)
        contestants.append(arena.contestant(tool, "big", texts, rounds=rounds, before=before))
        given = arena.folder(tool) / "files" / "big"
        given.unlink(missing_ok=True)
        os.link(source, given)
    arena.say(f"one file of {mib} MiB")
    try:
        series = in_turn("large file", contestants, budget=60, say=arena.say, tasks=mib)
    finally:
        for tool in ("suture", "pyinfra", "ansible", "mitogen"):
            (arena.folder(tool) / "files" / "big").unlink(missing_ok=True)
    copies = [arena.place(tool) / "h0" / "big" for tool in ALL] + [place / "big"]
    if any(not filecmp.cmp(source, copy, shallow=False) for copy in copies):
        raise BenchError("a tool has not brought the large file over as it is")
    for copy in copies:
        copy.unlink()
    source.unlink()
    return series


def failures_told(
    arena: Arena, question: Callable[[], list[Series]], told: Callable[[str], None]
) -> list[Series]:
    """The series; none, and the reason told, where a tool failed: the rest is still worth its
    time."""
    try:
        return question()
    except (BenchError, subprocess.SubprocessError, OSError) as error:
        told(f"not measured: {error}")
        arena.forget()
        return []

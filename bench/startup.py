"""What is there before any work: help, lint, the first packet, a look at the plan."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench import workloads as work
from bench.arena import Arena
from bench.contests import ALL, host, said, tasks
from bench.measure import BenchError, Contestant, Run, Series, ran
from bench.proxy import cable

FILES_ONLY = (1, 2, 4)
"""The plan's phases that change files only: what Ansible and pyinfra can be told to do too."""


def start(arena: Arena, project: Path) -> list[Series]:
    """Help, and lint of the plan."""
    words = {tool: arena.tools[tool].command(project, "x", "h0", 1)[0] for tool in ALL}
    arena.say("--help")
    helps = [
        arena.plain(tool, [words[tool], "--help"], rounds=5, missing=arena.tools[tool].missing)
        for tool in ("suture", "pyinfra", "ansible")
    ]
    series = arena.turns("help", helps, budget=20)
    arena.say("lint of the plan")
    command = [words["suture"], "lint", str(project / "playbooks"), str(project / "roles")]
    lint = arena.plain("suture", command, rounds=5, codes=(0, 2))
    return series + arena.turns("lint of the plan", [lint], budget=20)


def first_packets(arena: Arena) -> list[Series]:
    """The time from the start of the command to the first byte of its SSH connection."""
    address, port = arena.farm.login.host, arena.farm.login.port
    found: dict[str, list[Run]] = {}
    why: dict[str, str] = {}
    tools = ("suture", "fabric floor", "pyinfra", "mitogen", "ansible")
    with cable(address, port, 0.0) as proxy:
        arena.farm.trusted(address, proxy.port)
        beside = replace(arena, scratch=arena.scratch / "packets", ports={0: proxy.port})
        beside.scratch.mkdir(exist_ok=True)
        for turn in range(min(3, arena.most)):
            for tool in tools:
                if tool in why or (turn and tool in ("ansible", "mitogen")):
                    continue
                contestant = beside.contestant(tool, "tasks-1", tasks(1), before=arena.fresh(tool))
                began = time.monotonic()
                try:
                    ran(contestant)
                    seconds = proxy.first_byte(began) - began
                except (BenchError, OSError) as error:
                    why[tool] = f"failed: {error}"
                    continue
                found.setdefault(tool, []).append(Run(seconds, 0.0, 0.0))
                # Ansible's connection would be kept, and the next run would have no first packet.
                arena.forget()
    arena.say("time to the first SSH packet")
    series = []
    for tool in tools:
        runs = tuple(found.get(tool, ()))
        series.append(Series("first packet", tool, runs, missing=why.get(tool, "")))
        told = f"{series[-1].seconds:8.2f} s" if runs else series[-1].missing
        arena.say(f"  {tool:22} {told}")
    return series


# -- the plan ---------------------------------------------------------------------------------------


def plan(arena: Arena, checkout: Path) -> list[Series]:
    """A dry run of the plan's first phase, and of all phases that change files only, on a host
    that has the broken application; beside what the peers say when they are to put the mended
    files there.  Then all of them do it."""
    suture = arena.tools["suture"].command(checkout, "x", "h0", 1)[0]
    project = _project(arena, checkout)
    mended = _mended(arena, checkout, project, suture)
    _application(arena, checkout, "suture")

    def dry(phases: str) -> Contestant:
        command = [suture, "remediate", "--phase", phases, "--dry-run"]
        return arena.plain("suture", command, folder=project, rounds=5, codes=(0, 2))

    arena.say("dry run of the plan's first phase")
    series = arena.turns("dry run of phase 1", [dry("1")], budget=30)
    phases = ",".join(map(str, FILES_ONLY))
    words = {"pyinfra": "--dry", "mitogen": "--check", "ansible": "--check"}
    contestants = [dry(phases)]
    for tool, word in words.items():
        _application(arena, checkout, tool)
        texts = _sent(arena, tool, mended)
        more: dict[str, Any] = {"words": (word,), "rounds": 2, "expected": 5.0}
        contestants.append(arena.contestant(tool, "mending", texts, **more))
    arena.say(f"dry run of phases {phases}, and of putting their {len(mended)} files there")
    found = arena.turns("dry run of the plan", contestants, budget=30, tasks=len(mended))
    arena.check("dry run of the plan", found, host(arena))
    for tool in words:
        try:
            ran(arena.contestant(tool, "mending", _sent(arena, tool, mended)))
        except (BenchError, OSError) as error:
            arena.say(f"  {tool} could not put the mended files there: {error}")
    shutil.rmtree(host(arena)("suture"))
    shutil.move(arena.farm.home / "mended", host(arena)("suture"))
    arena.check("the plan's files", found, host(arena))
    return series + found


def _project(arena: Arena, checkout: Path) -> Path:
    """The plan with an inventory whose one droplet is the first host."""
    project = arena.scratch / "project"
    for name in ("playbooks", "roles"):
        shutil.copytree(checkout / name, project / name)
    login, place = arena.farm.login, host(arena)("suture")
    droplet = {
        "ansible_host": login.host,
        "ansible_port": login.port,
        "ansible_user": login.user,
        "ansible_ssh_private_key_file": login.key,
        "suture_known_hosts": login.known_hosts,
        "app_dir": str(place),
        "app_python": login.python,
        "operator_dir": str(checkout / "lab" / "operator"),
    }
    inventory = {"all": {"children": {"droplets": {"hosts": {"droplet": droplet}}}}}
    (project / "inventory.yml").write_text(json.dumps(inventory))
    return project


def _application(arena: Arena, checkout: Path, tool: str) -> None:
    """The broken application's source is in the tool's place on the first host."""
    arena.fresh(tool)()
    place = host(arena)(tool)
    shutil.copytree(checkout / "lab" / "app", place, ignore=shutil.ignore_patterns("__pycache__"))
    arena.given_away([place, *place.rglob("*")])


def _applied(project: Path, suture: str, arena: Arena) -> None:
    """The phases that change files only are applied."""
    for playbook in sorted((project / "playbooks").glob("phase*.yml")):
        if int(playbook.name[len("phase")]) in FILES_ONLY:
            command = [suture, "run", str(playbook), "--yes"]
            ran(arena.plain("suture", command, folder=project))


def _mended(arena: Arena, checkout: Path, project: Path, suture: str) -> dict[str, bytes]:
    """What those phases make of the application's files, by path below it."""
    _application(arena, checkout, "suture")
    _applied(project, suture, arena)
    place = host(arena)("suture")
    source = checkout / "lab" / "app"
    changed = {}
    for path in sorted(place.rglob("*")):
        name = str(path.relative_to(place))
        if path.is_file() and path.read_bytes() != (source / name).read_bytes():
            changed[name] = path.read_bytes()
    shutil.move(place, arena.farm.home / "mended")
    if not changed:
        raise BenchError("the plan's phases changed nothing of the application")
    return changed


def _sent(arena: Arena, tool: str, mended: Mapping[str, bytes]) -> Mapping[str, str]:
    """The work of putting the mended files there, which are in the tool's project now."""
    files = arena.folder(tool) / "files"
    for number, content in enumerate(mended.values()):
        (files / f"mended-{number}").write_bytes(content)
    return said(work.mending(list(mended)), work.pyinfra_mending(list(mended)))

"""What of this host is fit to be worked on, and what to do about the rest; it only looks."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Any, Dict, List, Tuple

from ..locks.lock import holders
from ..pip.environment import InstallTarget, environment, pip_command
from ..protocol.spec import Failure, arg
from ..world.world import World

EXAMPLES = """
- name: is there room, and is the application ours?
  doctor:
    app_dir: /opt/app
    python: /opt/app/.venv/bin/python
  register: examined
"""
LOOKS = True

LEAST_FREE = 2 * 1024**3
"""Bytes: phase 3's packages take about 1.5 GB with their download."""

Check = Tuple[str, bool, str, str]
"""What was looked at, whether it is well, what was found, what to do."""


@dataclass(frozen=True)
class Args:
    app_dir: str = arg("The application's directory.", "")
    python: str = arg("The application's Python.", "")


def apply(args: Args, world: World) -> Dict[str, Any]:
    checks: List[Check] = [
        (
            "agent's Python",
            True,
            f"{sys.version.split()[0]} ({sys.executable})",
            "",
        ),
        _space(args.app_dir or os.path.expanduser("~")),
        _sudo(world),
        _temporary(),
        _rehearsal(),
        _locks(),
    ]
    if args.app_dir:
        checks += _application(args, world)
    return {"checks": [list(check) for check in checks]}


def _space(path: str) -> Check:
    while not os.path.isdir(path):
        path = os.path.dirname(path) or "/"
    found = os.statvfs(path)
    free = found.f_bavail * found.f_frsize
    said = f"{free / 1024**3:.1f} GiB free at {path}"
    remedy = "free some space: pip unpacks torch to about 1 GB before it is in place"
    return ("disk", free >= LEAST_FREE, said, remedy)


def _sudo(world: World) -> Check:
    if os.geteuid() == 0:
        return ("sudo", True, "not needed: this is root", "")
    if world.which("sudo") is None:
        return ("sudo", True, "not installed: steps with 'become' would fail", "")
    rc = world.query("sudo", "-n", "true").rc
    said = "works without a password" if rc == 0 else "wants a password"
    return ("sudo", True, said, "" if rc == 0 else "give --ask-become-pass for steps with become")


def _temporary() -> Check:
    directory = os.environ.get("TMPDIR", "/tmp")  # noqa: S108
    found = os.statvfs(directory)
    noexec = bool(found.f_flag & getattr(os, "ST_NOEXEC", 8))
    said = f"{directory} is mounted noexec" if noexec else f"{directory} may hold programs"
    return ("temporary directory", True, said, "")


def _rehearsal() -> Check:
    """Nothing is wrong with a host that allows none: --dry-run does without."""
    try:
        from ..rehearsal.namespaces import trouble
    except ImportError as error:
        return ("rehearsal", True, f"not possible: this Python is not whole ({error})", "")
    found = trouble()
    return ("rehearsal", True, f"not possible: {found}" if found else "possible", "")


def _locks() -> Check:
    found = ", ".join(f"{each.operator} on {each.path} (run {each.run})" for each in holders())
    return ("who works here", True, found or "nobody", "")


def _application(args: Args, world: World) -> List[Check]:
    node = world.stat(args.app_dir)
    there = node is not None and node.kind == "directory"
    writable = there and os.access(args.app_dir, os.W_OK)
    said = "writable" if writable else "not writable" if there else "not there"
    remedy = "give the directory to the user who logs in, or set APP_DIR to where it is"
    checks: List[Check] = [("application", writable, f"{args.app_dir}: {said}", remedy)]
    if args.python:
        checks += _python(args.python, world)
    return checks


def _python(python: str, world: World) -> List[Check]:
    """The application's Python, its pip and where that gets packages."""
    asked = {"op": "look", "asks": [], "constraints": [], "forbid": [], "facts": True}
    try:
        env = environment(InstallTarget(python=python), world)
        facts = env.answer(world, asked)["facts"]
        command = pip_command(python, facts)
        sources = world.query(*command, "config", "list") if facts["pip"] else None
    except Failure as error:
        return [("its Python", False, str(error), "make the environment: python3 -m venv")]
    said = f"pip {facts['pip']}" if facts["pip"] else "there is none"
    if facts.get("lent"):
        said += ", which its Python lends: the environment was made without"
    remedy = f"{python} -m ensurepip, or the system's package python3-venv"
    found = sources.out.strip().replace("\n", ", ") if sources else ""
    return [
        ("its pip", bool(facts["pip"]), said, remedy),
        ("pip settings", True, found or "none: the plain package index", ""),
    ]

"""The services of the host and their states, as facts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict

from ..protocol.spec import Failure
from ..world.world import World

EXAMPLES = """
- name: what runs
  service_facts:
  register: told
"""

FACTS = ("services",)
LOOKS = True
BAD = ("not-found", "masked", "failed")
UNITS = "/lib/systemd/system"
"""What a predicted installation would change."""

Services = Dict[str, Dict[str, str]]


@dataclass(frozen=True)
class Args:
    pass


def apply(args: Args, world: World) -> Dict[str, Any]:
    found: Services = {}
    world.stat(UNITS)
    program = world.which("service")
    if program is not None:
        found.update(scripts(world.query(program, "--status-all", env={"LC_ALL": "C"}).out))
    systemctl = world.which("systemctl")
    if systemctl is not None and world.stat("/run/systemd/system") is not None:
        words = ["--no-pager", "--type", "service", "--all", "--plain", "--no-legend"]
        units = world.query(systemctl, "list-units", *words).out
        files = world.query(systemctl, "list-unit-files", *words[:3], "--no-legend").out
        found.update(systemd(units, files))
    elif program is None:
        raise Failure("this host has neither a running systemd nor init scripts: no services")
    return {"ansible_facts": {"services": found}}


def scripts(listing: str) -> Services:
    """What ``service --status-all`` says."""
    found: Services = {}
    for sign, name in re.findall(r"\[ ([-+?]) \]\s+(\S+)", listing):
        state = {"+": "running", "-": "stopped"}.get(sign, "unknown")
        found[name] = {"name": name, "state": state, "source": "sysv"}
    return found


def systemd(units: str, files: str) -> Services:
    """What systemctl says of the units that it has read, and of all unit files."""
    found: Services = {}
    for line in units.splitlines():
        words = line.replace("\u25cf", " ").split()
        if len(words) < 4:
            continue
        name, sub = words[0], words[3]
        status = next((word for word in BAD if word in words[1:4]), "unknown")
        state = "running" if sub == "running" else "stopped"
        found[name] = {"name": name, "state": state, "status": status, "source": "systemd"}
    for line in files.splitlines():
        words = line.split()
        if len(words) < 2:
            continue
        name, status = words[:2]
        unread = {"name": name, "state": "inactive", "status": status, "source": "systemd"}
        if found.setdefault(name, unread)["status"] not in BAD:
            found[name]["status"] = status
    return found

"""The packages that are installed on the host, as facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Literal

from ..protocol.spec import Failure, arg
from ..world.world import World

EXAMPLES = """
- name: what is installed
  package_facts: {manager: auto}
"""

FACTS = ("packages",)
LOOKS = True
STATUS = "/var/lib/dpkg/status"
"""What a predicted installation would change."""

DPKG = "${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\t${Section}\n"
RPM = "%{NAME}\t%{VERSION}\t%{RELEASE}\t%{EPOCH}\t%{ARCH}\n"
FORMS = {"apt": "dpkg-query", "rpm": "rpm"}


@dataclass(frozen=True)
class Args:
    manager: List[str] = arg(
        "Which package managers to ask: apt, rpm; auto: the one that the host has.", ["auto"]
    )
    strategy: Literal["first", "all"] = arg("Ask the first that is there, or all.", "first")


def apply(args: Args, world: World) -> Dict[str, Any]:
    found: Dict[str, List[Dict[str, Any]]] = {}
    asked = 0
    for manager, program in FORMS.items():
        if not {"auto", manager, *({"dnf", "yum"} if manager == "rpm" else ())} & {*args.manager}:
            continue
        path = world.which(program)
        if path is None or (asked and args.strategy == "first"):
            continue
        asked += 1
        if manager == "apt":
            world.read(STATUS)
            found.update(debian(world.query(path, "-W", "-f", DPKG).out))
        else:
            found.update(redhat(world.query(path, "-qa", "--qf", RPM).out))
    if not asked:
        raise Failure(f"this host has none of {' and '.join(FORMS.values())}: no list of packages")
    return {"ansible_facts": {"packages": found}}


def debian(listing: str) -> Dict[str, List[Dict[str, Any]]]:
    """dpkg-query's lines, by name."""
    found: Dict[str, List[Dict[str, Any]]] = {}
    for line in listing.splitlines():
        status, name, version, arch, section = line.split("\t")
        if status[1:2] == "i":
            row = {"name": name, "version": version, "arch": arch, "category": section}
            found.setdefault(name, []).append({**row, "source": "apt"})
    return found


def redhat(listing: str) -> Dict[str, List[Dict[str, Any]]]:
    """rpm's lines, by name."""
    found: Dict[str, List[Dict[str, Any]]] = {}
    for line in listing.splitlines():
        name, version, release, epoch, arch = line.split("\t")
        row = {"name": name, "version": version, "release": release, "arch": arch, "source": "rpm"}
        number = int(epoch) if epoch.isdigit() else None
        found.setdefault(name, []).append({**row, "epoch": number})
    return found

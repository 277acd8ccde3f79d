"""Packages are installed or absent, by the package manager that the host has: apt-get, so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Literal

from ..protocol.spec import Failure, arg
from ..world.world import World
from . import apt

EXAMPLES = """
- name: what every host needs
  package:
    name: [rsync, sudo]
    state: present
"""

STATES: Dict[str, Literal["present", "absent", "latest"]] = {
    "present": "present",
    "installed": "present",
    "latest": "latest",
    "absent": "absent",
    "removed": "absent",
}
OTHERS = ("dnf", "yum", "zypper", "apk", "pacman", "pkg")
APT = ("auto", "apt")


@dataclass(frozen=True)
class Args:
    name: List[str] = arg("The packages.")
    state: Literal["present", "installed", "latest", "absent", "removed"] = arg(
        "latest also upgrades.", "present"
    )
    use: str = arg("The package manager; auto: the one that the host has.", "auto")
    update_cache: bool = arg("Fetch the package lists first.", False)
    cache_valid_time: int = arg("Seconds for which fetched lists are good enough.", 0)
    install_recommends: bool | None = arg("Whether recommended packages come along.", None)
    purge: bool = arg("Remove configuration files too.", False)
    autoremove: bool = arg("Remove dependencies that nothing needs any more.", False)
    lock_timeout: int = arg("Seconds to wait for another package manager to finish.", 60)


def apply(args: Args, world: World) -> Dict[str, Any]:
    use = args.use.rpartition(".")[2]
    if use not in APT:
        raise Failure(f"the package manager {use} is not known here: apt is")
    if world.which("apt-get") is None:
        found = [name for name in OTHERS if world.which(name)]
        said = f"it has {found[0]}, which is not known here" if found else "none is known here"
        raise Failure(f"this host has no apt-get: {said}; use 'command' with 'creates'")
    return apt.apply(
        apt.Args(
            name=args.name,
            state=STATES[args.state],
            update_cache=args.update_cache,
            cache_valid_time=args.cache_valid_time,
            install_recommends=args.install_recommends,
            purge=args.purge,
            autoremove=args.autoremove,
            lock_timeout=args.lock_timeout,
        ),
        world,
    )

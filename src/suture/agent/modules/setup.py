"""The host's facts, ``ansible_…``, are gathered; nothing is changed.

A missing fact means that it cannot be known on this host; one hung file system or name service does
not hold up the rest.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Set

from ..facts import hardware, network, system
from ..protocol.spec import arg
from ..shared.paths import expanded
from ..world.world import World

EXAMPLES = """
- name: what the host is
  setup: {gather_subset: ["!all", "!min", distribution]}

- name: its memory
  setup: {filter: ["ansible_*_mb"]}
"""
LOOKS = True

Collector = Callable[[World], Dict[str, Any]]

COLLECTORS: Dict[str, Collector] = {
    "platform": system.platform_facts,
    "distribution": system.distribution_facts,
    "lsb": system.lsb_facts,
    "user": system.user_facts,
    "env": system.env_facts,
    "python": system.python_facts,
    "date_time": system.date_time_facts,
    "service_mgr": system.service_mgr_facts,
    "pkg_mgr": system.pkg_mgr_facts,
    "selinux": system.security_facts,
    "cmdline": system.cmdline_facts,
    "dns": system.dns_facts,
    "ssh_pub_keys": system.ssh_facts,
    "processor": hardware.processor_facts,
    "memory": hardware.memory_facts,
    "loadavg": hardware.uptime_facts,
    "devices": hardware.firmware_facts,
    "virtual": hardware.virtual_facts,
    "network": network.network_facts,
}
"""What can be gathered by itself; "mounts" and "local" besides, which need arguments."""

GROUPS = {
    "min": {
        "platform", "distribution", "lsb", "user", "env", "python", "date_time", "service_mgr",
        "pkg_mgr", "selinux", "cmdline", "dns", "ssh_pub_keys", "local",
    },
    "hardware": {"processor", "memory", "loadavg", "devices", "mounts"},
    "all": {*COLLECTORS, "mounts", "local"},
    "apparmor": {"selinux"},
    "fips": {"selinux"},
    "caps": set(),
    "facter": set(),
    "ohai": set(),
    "interfaces": {"network"},
    "default_ipv4": {"network"},
    "default_ipv6": {"network"},
    "all_ipv4_addresses": {"network"},
    "all_ipv6_addresses": {"network"},
    "dmi": {"devices"},
    "uptime": {"loadavg"},
    "virtualization_type": {"virtual"},
    "virtualization_role": {"virtual"},
    "virtualization_tech_guest": {"virtual"},
    "virtualization_tech_host": {"virtual"},
    "os_family": {"distribution"},
    "pkg_mgr": {"pkg_mgr"},
    "machine_id": {"platform"},
    "processor_cores": {"processor"},
    "processor_count": {"processor"},
}  # fmt: skip
"""ansible-core's names for subsets: what each gathers here."""


@dataclass(frozen=True)
class Args:
    gather_subset: List[str] = arg(
        "What to gather: all, min, hardware, network, virtual, or a single one; '!name' leaves one"
        " out.",
        ["all"],
    )
    filter: List[str] = arg("Only facts whose names match one of these patterns.", [])
    gather_timeout: int = arg("Seconds for each file system to tell its size.", 10)
    fact_path: str = arg("Where the host's owner keeps facts of his own.", "/etc/ansible/facts.d")

    def __post_init__(self) -> None:
        known = {*GROUPS, *GROUPS["all"]}
        for name in self.gather_subset:
            if name.lstrip("!") not in known:
                raise ValueError(f"there is no subset of facts '{name.lstrip('!')}'")


def apply(args: Args, world: World) -> Dict[str, Any]:
    chosen = collectors(args.gather_subset)
    facts: Dict[str, Any] = {}
    for name, gathered in COLLECTORS.items():
        if name in chosen:
            facts.update(gathered(world))
    if "mounts" in chosen:
        facts.update(hardware.mount_facts(world, args.gather_timeout))
    if "local" in chosen:
        facts.update(system.local_facts(world, expanded(args.fact_path, world)))
    named = {f"ansible_{name}": value for name, value in facts.items()}
    patterns = [pattern for pattern in args.filter if pattern]
    if patterns and patterns != ["*"]:
        named = {name: value for name, value in named.items() if matches(name, patterns)}
    extra = {"gather_subset": args.gather_subset, "module_setup": True}
    return {"ansible_facts": {**named, **extra}}


def collectors(subsets: List[str]) -> Set[str]:
    """What a list of subsets means: the minimum unless '!min' leaves it out, and all where nothing
    is named; what is named is gathered whatever '!' says."""
    left_out: Set[str] = set()
    named: Set[str] = set()
    wanted = [name for name in subsets if not name.startswith("!")]
    for name in subsets:
        if name == "!all":
            left_out |= GROUPS["all"] - GROUPS["min"]
        elif name.startswith("!"):
            left_out |= GROUPS.get(name[1:], {name[1:]})
        elif name not in ("all", "min"):
            named |= GROUPS.get(name, {name})
    included = GROUPS["min"] | named
    if not wanted or "all" in wanted:
        included = included | GROUPS["all"]
    return (included - left_out) | named


def matches(name: str, patterns: List[str]) -> bool:
    """Whether a pattern means the fact, with or without its prefix."""
    return any(
        fnmatch.fnmatchcase(name, pattern) or fnmatch.fnmatchcase(name, f"ansible_{pattern}")
        for pattern in patterns
    )

"""Facts about the machine: processors, memory, what is mounted, firmware, what it runs inside."""

from __future__ import annotations

import os
import re
import threading
import time
from typing import Any, Dict, List, Tuple

from ..world.world import World
from .system import Facts, text

MIB = 1024 * 1024

DMI = {
    "bios_date": "bios_date",
    "bios_vendor": "bios_vendor",
    "bios_version": "bios_version",
    "board_asset_tag": "board_asset_tag",
    "board_name": "board_name",
    "board_serial": "board_serial",
    "board_vendor": "board_vendor",
    "board_version": "board_version",
    "chassis_asset_tag": "chassis_asset_tag",
    "chassis_serial": "chassis_serial",
    "chassis_vendor": "chassis_vendor",
    "chassis_version": "chassis_version",
    "product_name": "product_name",
    "product_serial": "product_serial",
    "product_uuid": "product_uuid",
    "product_version": "product_version",
    "system_vendor": "sys_vendor",
}
"""Each fact, and its file below /sys/devices/virtual/dmi/id."""

GUESTS = (
    ("KVM", "kvm"),
    ("VirtualBox", "virtualbox"),
    ("VMware", "VMware"),
    ("OpenStack", "openstack"),
    ("HVM domU", "xen"),
    ("Virtual Machine", "VirtualPC"),
    ("Bochs", "kvm"),
    ("Amazon EC2", "kvm"),
    ("Google", "kvm"),
    ("Droplet", "kvm"),
)
"""What the firmware calls the product, or its maker, inside a virtual machine."""


def processor_facts(world: World) -> Facts:
    blocks = cpuinfo(text("/proc/cpuinfo", world))
    listed: List[str] = []
    packages: Dict[str, Dict[str, str]] = {}
    for index, block in enumerate(blocks):
        listed.append(block.get("processor", str(index)))
        listed += [block[key] for key in ("vendor_id", "model name") if key in block]
        if "physical id" in block:
            packages[block["physical id"]] = block
    count, cores, threads = len(blocks), 1, 1
    if packages:
        first = next(iter(packages.values()))
        count = len(packages)
        cores = int(first.get("cpu cores") or 1)
        threads = max(int(first.get("siblings") or cores) // cores, 1)
    return {
        "processor": listed,
        "processor_count": count,
        "processor_cores": cores,
        "processor_threads_per_core": threads,
        "processor_vcpus": threads * count * cores,
        "processor_nproc": len(os.sched_getaffinity(0)),
        "flags": blocks[0].get("flags", "").split() if blocks else [],
    }


def cpuinfo(content: str) -> List[Dict[str, str]]:
    """/proc/cpuinfo's processors; what a machine says once at its end is left out."""
    blocks: List[Dict[str, str]] = []
    for line in content.splitlines():
        name, colon, value = (part.strip() for part in line.partition(":"))
        if colon and name == "processor":
            blocks.append({})
        if colon and blocks:
            blocks[-1].setdefault(name, value)
    return blocks


def memory_facts(world: World) -> Facts:
    found: Dict[str, int] = {}
    for line in text("/proc/meminfo", world).splitlines():
        match = re.match(r"(\w+):\s+(\d+)", line)
        if match:
            found[match[1]] = int(match[2]) // 1024
    total, free = found.get("MemTotal", 0), found.get("MemFree", 0)
    spare = free + found.get("Cached", 0) + found.get("Buffers", 0)
    swap, swap_free = found.get("SwapTotal", 0), found.get("SwapFree", 0)
    cached = found.get("SwapCached", 0)
    return {
        "memtotal_mb": total,
        "memfree_mb": free,
        "swaptotal_mb": swap,
        "swapfree_mb": swap_free,
        "memory_mb": {
            "real": {"total": total, "used": total - free, "free": free},
            "nocache": {"free": spare, "used": total - spare},
            "swap": {
                "total": swap,
                "free": swap_free,
                "used": swap - swap_free,
                "cached": cached,
            },
        },
    }


def uptime_facts(world: World) -> Facts:
    seconds = text("/proc/uptime", world).split()
    one, five, fifteen = os.getloadavg()
    return {
        "uptime_seconds": int(float(seconds[0])) if seconds else 0,
        "loadavg": {"1m": one, "5m": five, "15m": fifteen},
    }


def firmware_facts(world: World) -> Facts:
    directory = "/sys/devices/virtual/dmi/id"
    return {fact: text(f"{directory}/{file}", world) or "NA" for fact, file in DMI.items()}


# -- mounts ----------------------------------------------------------------------------------------


def mount_facts(world: World, timeout: float) -> Facts:
    """What is mounted from devices and other hosts.  A file system that does not answer within
    the timeout is told without its sizes, and delays nothing more."""
    uuids = _uuids(world)
    mounts = [
        {
            "device": device,
            "mount": mount,
            "fstype": kind,
            "options": options,
            "dump": dump,
            "passno": passno,
            "uuid": uuids.get(os.path.realpath(device), "N/A"),
        }
        for device, mount, kind, options, dump, passno in mounted(text("/proc/mounts", world))
    ]
    ends = time.monotonic() + timeout
    sizes: Dict[str, Dict[str, int]] = {}
    threads = []
    for entry in mounts:
        path = entry["mount"]
        thread = threading.Thread(target=_measure, args=(path, sizes), daemon=True)
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join(max(ends - time.monotonic(), 0))
    for entry in mounts:
        note = "" if entry["mount"] in sizes else "Timed out while attempting to get mount details"
        entry.update(sizes.get(str(entry["mount"]), {"note": note}))
    return {"mounts": mounts}


def mounted(table: str) -> List[Tuple[str, str, str, str, int, int]]:
    """/proc/mounts' lines that name a device or another host's directory."""
    found = []
    for line in table.splitlines():
        fields = [re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), f) for f in line.split(" ")]
        if len(fields) < 6:
            continue
        device, mount, kind, options = fields[:4]
        if (device.startswith(("/", "\\")) or ":/" in device) and kind != "none":
            found.append((device, mount, kind, options, int(fields[4]), int(fields[5])))
    return found


def _measure(path: Any, sizes: Dict[str, Dict[str, int]]) -> None:
    try:
        found = os.statvfs(path)
    except OSError:
        sizes[path] = {}
        return
    sizes[path] = {
        "size_total": found.f_frsize * found.f_blocks,
        "size_available": found.f_frsize * found.f_bavail,
        "block_size": found.f_bsize,
        "block_total": found.f_blocks,
        "block_available": found.f_bavail,
        "block_used": found.f_blocks - found.f_bavail,
        "inode_total": found.f_files,
        "inode_available": found.f_favail,
        "inode_used": found.f_files - found.f_favail,
    }


def _uuids(world: World) -> Dict[str, str]:
    """File systems' UUIDs by device, as udev links them."""
    directory = "/dev/disk/by-uuid"
    return {world.real(f"{directory}/{name}"): name for name in world.names(directory)}


# -- what it runs inside ---------------------------------------------------------------------------


def virtual_facts(world: World) -> Facts:
    """The container or virtual machine, from the innermost outwards, and what this host offers."""
    guests = [*_containers(world), *_machines(world)]
    hosts = ["kvm"] if world.stat("/dev/kvm") is not None else []
    kind, role = "NA", "NA"
    if guests:
        kind, role = guests[0], "guest"
    elif hosts:
        kind, role = hosts[0], "host"
    return {
        "virtualization_type": kind,
        "virtualization_role": role,
        "virtualization_tech_guest": sorted(set(guests)),
        "virtualization_tech_host": sorted(set(hosts)),
    }


def _containers(world: World) -> List[str]:
    groups = text("/proc/1/cgroup", world)
    found = []
    if world.stat("/.dockerenv") is not None or re.search(r"/docker[/-]", groups):
        found += ["docker"]
    if world.stat("/run/.containerenv") is not None or "/libpod" in groups:
        found += ["podman"]
    if re.search(r"/lxc(/|\.payload)", groups):
        found += ["lxc"]
    variables = text("/proc/1/environ", world).split("\0")
    named = [value[len("container=") :] for value in variables if value.startswith("container=")]
    found += [name for name in named if name and name not in found]
    return [*found, "container"] if found else []


def _machines(world: World) -> List[str]:
    directory = "/sys/devices/virtual/dmi/id"
    named = " ".join(text(f"{directory}/{file}", world) for file in ("product_name", "sys_vendor"))
    found = [kind for word, kind in GUESTS if word in named]
    if not found and world.stat("/proc/xen") is not None:
        found = ["xen"]
    return found[:1]

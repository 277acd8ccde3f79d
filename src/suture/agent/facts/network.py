"""Facts about the network: interfaces, their addresses, where the default routes lead."""

from __future__ import annotations

import ipaddress
import socket
import struct
from typing import Any, Dict, Iterator, List, Optional, Tuple

from ..world.world import World
from .system import Facts, text

KINDS = {"1": "ether", "772": "loopback", "32": "infiniband", "512": "ppp", "65534": "tunnel"}
SCOPES = {0: "global", 200: "site", 253: "link", 254: "host"}
RTM_NEWADDR, RTM_GETADDR, NLMSG_DONE, NLMSG_ERROR, DUMP = 20, 22, 3, 2, 0x301
IFA_ADDRESS, IFA_LOCAL, IFA_BROADCAST = 1, 2, 4
PROMISC = 0x100

Address = Tuple[int, str, int, str, str]
"""Interface number, address, length of its prefix, scope, broadcast address or nothing."""


def network_facts(world: World) -> Facts:
    names = world.names("/sys/class/net")
    interfaces = {name: _interface(name, world) for name in names}
    numbers = {text(f"/sys/class/net/{name}/ifindex", world): name for name in names}
    v4: List[str] = []
    v6: List[str] = []
    for number, address, prefix, scope, broadcast in addresses():
        interface = interfaces.get(numbers.get(str(number), ""))
        if interface is None:
            continue
        if ":" in address:
            entry = {"address": address, "prefix": str(prefix), "scope": scope}
            interface.setdefault("ipv6", []).append(entry)
            v6 += [] if address == "::1" else [address]
            continue
        details = ipv4(address, prefix, broadcast)
        if "ipv4" in interface:
            interface.setdefault("ipv4_secondaries", []).append(details)
        else:
            interface["ipv4"] = details
        v4 += [] if address.startswith("127.") else [address]
    return {
        "interfaces": names,
        "all_ipv4_addresses": v4,
        "all_ipv6_addresses": v6,
        "default_ipv4": _default4(interfaces, world),
        "default_ipv6": _default6(interfaces, world),
        **{
            name.replace("-", "_").replace(".", "_").replace(":", "_"): interfaces[name]
            for name in names
        },
    }


def ipv4(address: str, prefix: int, broadcast: str) -> Dict[str, str]:
    network = ipaddress.IPv4Network((address, prefix), strict=False)
    return {
        "address": address,
        "broadcast": broadcast,
        "netmask": str(network.netmask),
        "network": str(network.network_address),
        "prefix": str(prefix),
    }


def _interface(name: str, world: World) -> Dict[str, Any]:
    here = f"/sys/class/net/{name}"
    mac = text(f"{here}/address", world)
    flags = text(f"{here}/flags", world)
    found: Dict[str, Any] = {
        "device": name,
        "active": text(f"{here}/operstate", world) != "down",
        "type": KINDS.get(text(f"{here}/type", world), "unknown"),
        "promisc": bool(int(flags or "0", 16) & PROMISC),
    }
    mtu, speed = text(f"{here}/mtu", world), text(f"{here}/speed", world)
    if mac and mac != "00:00:00:00:00:00":
        found["macaddress"] = mac
    if mtu:
        found["mtu"] = int(mtu)
    if speed:
        found["speed"] = int(speed)
    if world.names(f"{here}/bridge"):
        found["type"] = "bridge"
    elif world.names(f"{here}/bonding"):
        found["type"] = "bonding"
    return found


def _default4(interfaces: Dict[str, Dict[str, Any]], world: World) -> Dict[str, Any]:
    best = default_route(text("/proc/net/route", world))
    if best is None or best[0] not in interfaces:
        return {}
    name, gateway = best
    interface = interfaces[name]
    kept = {key: interface[key] for key in ("macaddress", "mtu", "type") if key in interface}
    return {
        "gateway": gateway,
        "interface": name,
        "alias": name,
        **interface.get("ipv4", {}),
        **kept,
    }


def default_route(table: str) -> Optional[Tuple[str, str]]:
    """The interface and gateway of /proc/net/route's default route with the lowest metric."""
    found = []
    for line in table.splitlines()[1:]:
        words = line.split()
        if len(words) > 7 and words[1] == "00000000" and words[7] == "00000000":
            gateway = socket.inet_ntoa(struct.pack("<I", int(words[2], 16)))
            found.append((int(words[6]), words[0], gateway))
    return min(found)[1:] if found else None


def _default6(interfaces: Dict[str, Dict[str, Any]], world: World) -> Dict[str, Any]:
    for line in text("/proc/net/ipv6_route", world).splitlines():
        words = line.split()
        if len(words) < 10 or words[0] != "0" * 32 or words[1] != "00" or words[9] == "lo":
            continue
        interface = interfaces.get(words[9], {})
        gateway = str(ipaddress.IPv6Address(bytes.fromhex(words[4])))
        kept = {key: interface[key] for key in ("macaddress", "mtu", "type") if key in interface}
        first = interface.get("ipv6", [{}])[0]
        return {"gateway": gateway, "interface": words[9], **first, **kept}
    return {}


def addresses() -> List[Address]:
    """Every address of every interface, asked of the kernel; none where it does not answer."""
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as kernel:
            kernel.settimeout(1)
            header = struct.pack("=IHHII", 24, RTM_GETADDR, DUMP, 1, 0)
            kernel.send(header + struct.pack("=BBBBi", socket.AF_UNSPEC, 0, 0, 0, 0))
            found: List[Address] = []
            while True:
                messages = list(_messages(kernel.recv(1 << 16)))
                found += [_address(body) for kind, body in messages if kind == RTM_NEWADDR]
                if any(kind in (NLMSG_DONE, NLMSG_ERROR) for kind, _ in messages):
                    return found
    except OSError:
        return []


def _messages(data: bytes) -> Iterator[Tuple[int, bytes]]:
    """Netlink's messages: kind and body."""
    while len(data) >= 16:
        length, kind = struct.unpack("=IH", data[:6])
        yield kind, data[16:length]
        data = data[(length + 3) // 4 * 4 :]


def _address(body: bytes) -> Address:
    family, prefix, _, scope, number = struct.unpack("=BBBBi", body[:8])
    fields: Dict[int, str] = {}
    rest = body[8:]
    while len(rest) >= 4:
        length, kind = struct.unpack("=HH", rest[:4])
        if kind in (IFA_ADDRESS, IFA_LOCAL, IFA_BROADCAST):
            fields[kind] = socket.inet_ntop(family, rest[4:length])
        rest = rest[max((length + 3) // 4 * 4, 4) :]
    address = fields.get(IFA_LOCAL) or fields.get(IFA_ADDRESS, "")
    return number, address, prefix, SCOPES.get(scope, "global"), fields.get(IFA_BROADCAST, "")

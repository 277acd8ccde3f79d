"""Facts about the system: its name, distribution, user, Python, time and what manages it."""

from __future__ import annotations

import configparser
import json
import os
import platform
import pwd
import re
import shlex
import socket
import sys
import threading
import time
from typing import Any, Dict, List, Optional, Tuple

from ..world.world import World

Facts = Dict[str, Any]

DISTRIBUTIONS = {
    "debian": ("Debian", "Debian"),
    "ubuntu": ("Ubuntu", "Debian"),
    "linuxmint": ("Linux Mint", "Debian"),
    "raspbian": ("Debian", "Debian"),
    "kali": ("Kali", "Debian"),
    "pop": ("Pop!_OS", "Debian"),
    "rhel": ("RedHat", "RedHat"),
    "centos": ("CentOS", "RedHat"),
    "rocky": ("Rocky", "RedHat"),
    "almalinux": ("AlmaLinux", "RedHat"),
    "fedora": ("Fedora", "RedHat"),
    "ol": ("OracleLinux", "RedHat"),
    "amzn": ("Amazon", "RedHat"),
    "alpine": ("Alpine", "Alpine"),
    "arch": ("Archlinux", "Archlinux"),
    "manjaro": ("Manjaro", "Archlinux"),
    "opensuse-leap": ("openSUSE Leap", "Suse"),
    "opensuse-tumbleweed": ("openSUSE Tumbleweed", "Suse"),
    "sles": ("SLES", "Suse"),
    "gentoo": ("Gentoo", "Gentoo"),
}
"""os-release's ID: the distribution and its family, as ansible-core calls them."""

MANAGERS = (
    ("apk", "/sbin/apk"),
    ("dnf5", "/usr/bin/dnf5"),
    ("dnf", "/usr/bin/dnf-3"),
    ("dnf", "/usr/bin/dnf"),
    ("yum", "/usr/bin/yum"),
    ("zypper", "/usr/bin/zypper"),
    ("pacman", "/usr/bin/pacman"),
    ("portage", "/usr/bin/emerge"),
    ("apt", "/usr/bin/apt-get"),
)
INITS = {
    "procd": "openwrt_init",
    "runit-init": "runit",
    "svscan": "svc",
    "openrc-init": "openrc",
}
NAME_TIMEOUT = 1.0
"""Seconds for the name service to tell the host's full name."""


def text(path: str, world: World) -> str:
    """A file's text without the blanks around it; nothing for a file that cannot be read."""
    try:
        return (world.read(path) or b"").decode("utf-8", "replace").strip()
    except Exception:  # noqa: BLE001 (one unreadable file is no reason to have no facts)
        return ""


def platform_facts(world: World) -> Facts:
    found = os.uname()
    bits = "64" if sys.maxsize > 2**32 else "32"
    machine = "i386" if found.machine in ("i486", "i586", "i686") else found.machine
    fqdn = _fqdn(found.nodename)
    return {
        "system": found.sysname,
        "kernel": found.release,
        "kernel_version": found.version,
        "machine": found.machine,
        "architecture": machine,
        "userspace_bits": bits,
        "userspace_architecture": "i386" if (machine, bits) == ("x86_64", "32") else machine,
        "nodename": found.nodename,
        "hostname": found.nodename.split(".")[0],
        "fqdn": fqdn,
        "domain": fqdn.partition(".")[2],
        "machine_id": text("/etc/machine-id", world) or text("/var/lib/dbus/machine-id", world),
        "python_version": platform.python_version(),
    }


def _fqdn(nodename: str) -> str:
    """The host's full name; a name service that does not answer gets no more than a moment."""
    found: List[str] = []
    thread = threading.Thread(target=lambda: found.append(socket.getfqdn()), daemon=True)
    thread.start()
    thread.join(NAME_TIMEOUT)
    return found[0] if found else nodename


def distribution_facts(world: World) -> Facts:
    release = os_release(text("/etc/os-release", world) or text("/usr/lib/os-release", world))
    name, family = named(release)
    version = release.get("VERSION_ID", "NA")
    if name == "Debian":
        exact = re.match(r"[\d.]+", text("/etc/debian_version", world))
        version = exact[0] if exact else version
    if name == "CentOS":
        exact = re.search(r"release (\d+(?:\.\d+)?)", text("/etc/centos-release", world))
        version = exact[1] if exact else version
    major, _, minor = version.partition(".")
    code = release.get("VERSION_CODENAME", "") or _in_brackets(release.get("VERSION", ""))
    facts: Facts = {
        "distribution": name,
        "distribution_version": version,
        "distribution_major_version": major,
        "distribution_release": code or "NA",
        "os_family": family,
    }
    if family == "Debian":
        facts.update(
            distribution_file_parsed=True,
            distribution_file_path="/etc/os-release",
            distribution_file_variety="Debian",
        )
    if minor:
        facts["distribution_minor_version"] = minor.split(".")[0]
    return facts


def os_release(content: str) -> Dict[str, str]:
    """os-release's variables, without their quotes."""
    found: Dict[str, str] = {}
    for line in content.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            try:
                found[name] = " ".join(shlex.split(value))
            except ValueError:
                found[name] = value
    return found


def named(release: Dict[str, str]) -> Tuple[str, str]:
    """The distribution and its family."""
    known = DISTRIBUTIONS.get(release.get("ID", ""))
    if known:
        return known
    name = release.get("NAME", "") or "Linux"
    for like in release.get("ID_LIKE", "").split():
        if like in DISTRIBUTIONS:
            return name, DISTRIBUTIONS[like][1]
    return name, name


def _in_brackets(version: str) -> str:
    match = re.search(r"\(([^)]+)\)", version)
    return match[1].split(" ")[0] if match else ""


def lsb_facts(world: World) -> Facts:
    release = os_release(text("/etc/os-release", world))
    if "VERSION_ID" not in release:
        return {"lsb": {}}
    version = release["VERSION_ID"]
    code = release.get("VERSION_CODENAME", "") or _in_brackets(release.get("VERSION", ""))
    return {
        "lsb": {
            "id": named(release)[0],
            "release": version,
            "major_release": version.split(".")[0],
            "description": release.get("PRETTY_NAME", ""),
            "codename": code,
        }
    }


def user_facts(world: World) -> Facts:
    user = pwd.getpwuid(os.getuid())
    return {
        "user_id": user.pw_name,
        "user_uid": user.pw_uid,
        "user_gid": user.pw_gid,
        "user_gecos": user.pw_gecos,
        "user_dir": user.pw_dir,
        "user_shell": user.pw_shell,
        "real_user_id": os.getuid(),
        "effective_user_id": os.geteuid(),
        "real_group_id": os.getgid(),
        "effective_group_id": os.getegid(),
    }


def env_facts(world: World) -> Facts:
    return {"env": {**os.environ, **world.environment}}


def python_facts(world: World) -> Facts:
    version = sys.version_info
    return {
        "python": {
            "version": {
                "major": version.major,
                "minor": version.minor,
                "micro": version.micro,
                "releaselevel": version.releaselevel,
                "serial": version.serial,
            },
            "version_info": list(version),
            "executable": sys.executable,
            "type": sys.implementation.name,
            "has_sslcontext": True,
        }
    }


def date_time_facts(world: World) -> Facts:
    now = time.time()
    here, there = time.localtime(now), time.gmtime(now)
    micro = f"{int(now % 1 * 1_000_000):06d}"
    return {
        "date_time": {
            **{
                name: time.strftime(form, here)
                for name, form in {
                    "year": "%Y",
                    "month": "%m",
                    "weekday": "%A",
                    "weekday_number": "%w",
                    "weeknumber": "%W",
                    "day": "%d",
                    "hour": "%H",
                    "minute": "%M",
                    "second": "%S",
                    "date": "%Y-%m-%d",
                    "time": "%H:%M:%S",
                    "tz": "%Z",
                    "tz_offset": "%z",
                    "iso8601_basic_short": "%Y%m%dT%H%M%S",
                }.items()
            },
            "epoch": str(int(now)),
            "epoch_int": str(int(now)),
            "tz_dst": time.tzname[1],
            "iso8601": time.strftime("%Y-%m-%dT%H:%M:%SZ", there),
            "iso8601_micro": time.strftime("%Y-%m-%dT%H:%M:%S.", there) + micro + "Z",
            "iso8601_basic": time.strftime("%Y%m%dT%H%M%S", here) + micro,
        }
    }


def service_mgr_facts(world: World) -> Facts:
    first = text("/proc/1/comm", world)
    if first and first != "init" and not first.endswith("sh"):
        return {"service_mgr": INITS.get(first, first)}
    if world.which("systemctl") and world.stat("/run/systemd/system") is not None:
        return {"service_mgr": "systemd"}
    if world.stat("/sbin/openrc") is not None:
        return {"service_mgr": "openrc"}
    return {"service_mgr": "sysvinit" if world.stat("/etc/init.d") is not None else "service"}


def pkg_mgr_facts(world: World) -> Facts:
    family = distribution_facts(world)["os_family"]
    if family == "Debian" and world.stat("/usr/bin/apt-get") is not None:
        return {"pkg_mgr": "apt"}
    names = (name for name, path in MANAGERS if world.stat(path) is not None)
    return {"pkg_mgr": next(names, "unknown")}


def security_facts(world: World) -> Facts:
    apparmor = world.stat("/sys/kernel/security/apparmor") is not None
    enforce = text("/sys/fs/selinux/enforce", world)
    selinux: Dict[str, Any] = {"status": "disabled"}
    if enforce:
        selinux = {
            "status": "enabled",
            "mode": "enforcing" if enforce == "1" else "permissive",
            "policyvers": text("/sys/fs/selinux/policyvers", world) or "unknown",
        }
    return {
        "selinux": selinux,
        "apparmor": {"status": "enabled" if apparmor else "disabled"},
        "fips": text("/proc/sys/crypto/fips_enabled", world) == "1",
    }


def cmdline_facts(world: World) -> Facts:
    """The kernel's command line: the last value of each word, and all values of repeated ones."""
    last: Dict[str, Any] = {}
    all_of: Dict[str, Any] = {}
    try:
        words = shlex.split(text("/proc/cmdline", world), posix=False)
    except ValueError:
        words = text("/proc/cmdline", world).split()
    for word in words:
        name, equals, value = word.partition("=")
        said: Any = value if equals else True
        last[name] = said
        if name in all_of and all_of[name] is not True:
            before = all_of[name]
            all_of[name] = [*(before if isinstance(before, list) else [before]), said]
        else:
            all_of[name] = said
    return {"cmdline": last, "proc_cmdline": all_of}


def dns_facts(world: World) -> Facts:
    found: Dict[str, Any] = {}
    for line in text("/etc/resolv.conf", world).splitlines():
        words = line.split()
        if not words or line[:1] in "#;":
            continue
        if words[0] == "nameserver":
            found.setdefault("nameservers", []).extend(words[1:])
        elif words[0] == "domain" and len(words) > 1:
            found["domain"] = words[1]
        elif words[0] in ("search", "sortlist"):
            found[words[0]] = words[1:]
        elif words[0] == "options":
            pairs = (word.partition(":") for word in words[1:])
            found["options"] = {name: value if colon else True for name, colon, value in pairs}
    return {"dns": found}


def ssh_facts(world: World) -> Facts:
    found: Facts = {}
    for kind in ("dsa", "rsa", "ecdsa", "ed25519"):
        for directory in ("/etc/ssh", "/etc/openssh", "/etc"):
            words = text(f"{directory}/ssh_host_{kind}_key.pub", world).split()
            if len(words) > 1:
                found[f"ssh_host_key_{kind}_public"] = words[1]
                found[f"ssh_host_key_{kind}_public_keytype"] = words[0]
                break
    return found


def local_facts(world: World, directory: str) -> Facts:
    """What the host's owner tells in files NAME.fact: JSON, INI, or programs that print those."""
    found: Dict[str, Any] = {}
    for name in world.names(directory):
        path = os.path.join(directory, name)
        node = world.stat(path)
        if not name.endswith(".fact") or node is None or node.kind != "file":
            continue
        if node.mode & 0o111:
            done = world.query(path)
            content: Optional[str] = done.out if done.rc == 0 else None
        else:
            content = text(path, world)
        found[name[: -len(".fact")]] = local_fact(content, path)
    return {"local": found}


def local_fact(content: Optional[str], path: str) -> Any:
    """A fact file's content as data, or a sentence about what is wrong with it."""
    if content is None:
        return f"error loading fact - {path} failed"
    try:
        return json.loads(content)
    except ValueError:
        parser = configparser.ConfigParser()
    try:
        parser.read_string(content)
    except configparser.Error:
        return f"error loading facts as JSON or ini - please check content: {path}"
    return {section: dict(parser.items(section, raw=True)) for section in parser.sections()}

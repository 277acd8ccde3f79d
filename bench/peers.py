"""The tools that Suture is measured beside, each in an environment of its own, set up as its
documentation advises."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ANSIBLE = "ansible-core==2.19.14"
COMMUNITY = "ansible>=12,<13"
"""The package of Ansible's collections that belongs to that ansible-core."""

BASE = f"Python {platform.python_version()} of {sys.base_prefix}"
"""The Python that all environments are made from, ours too: builds differ in speed by a third."""

PACKAGES = {
    "ansible": [ANSIBLE],
    "mitogen": [ANSIBLE, "mitogen==0.3.54"],
    "pyinfra": ["pyinfra==3.10.0"],
    "fabric": ["fabric>=3.2.2,<4"],
}

# Pipelining needs no file on the host, ControlPersist (on by default) is kept for the whole run, no
# facts, no host key prompts, no colours, no log; forks are given with each run.
ANSIBLE_CONFIG = """\
[defaults]
gathering = explicit
host_key_checking = True
interpreter_python = /usr/bin/python3
nocows = True
retry_files_enabled = False
callback_result_format = json
deprecation_warnings = False
strategy = {strategy}
{plugins}
[ssh_connection]
pipelining = True
control_path_dir = {sockets}
ssh_args = -C -o ControlMaster=auto -o ControlPersist=60s -o IdentitiesOnly=yes \
-o UserKnownHostsFile={known_hosts} -o GlobalKnownHostsFile=/dev/null -F /dev/null
"""


@dataclass(frozen=True)
class Peer:
    """A tool: the command that runs a piece of work on the first ``hosts`` hosts of a project
    folder; what stands in its environment; why it cannot run, where it cannot."""

    name: str
    command: Callable[[Path, str, str, int], list[str]]
    environ: Mapping[str, str] = field(default_factory=dict)
    language: str = "ansible"
    missing: str = ""


def environments(place: Path, say: Callable[[str], None]) -> dict[str, str]:
    """Each tool's environment is there, made where it was missing; by tool why it is not."""
    why = {}
    for name, packages in PACKAGES.items():
        stamp = place / name / "installed"
        wanted = "\n".join([BASE, *packages])
        if stamp.is_file() and stamp.read_text() == wanted:
            continue
        say(f"installing {', '.join(packages)}")
        make = [sys.executable, "-m", "venv", "--clear", str(place / name)]
        pip = [str(place / name / "bin" / "pip"), "install", "-q", *packages]
        if reason := _undone(make) or _undone(pip):
            why[name] = f"could not be installed: {reason}"
            say(f"  {why[name]}")
        else:
            stamp.write_text(wanted)
    return why


NEEDED = (
    "ansible/posix",
    "community/crypto",
    "community/docker",
    "community/general",
    "community/library_inventory_filtering_v1",
)
"""What is used of that: for ``synchronize``, and to measure modules of others."""


def collections(place: Path, say: Callable[[str], None]) -> str:
    """The collections that are needed are there, taken out of the package that holds them all; why
    they are not, where they are not."""
    folder = place / "collections"
    wanted = tuple(f"ansible_collections/{each}/" for each in NEEDED)
    if all((folder / each).is_dir() for each in wanted):
        return ""
    say(f"fetching {len(wanted)} collections out of {COMMUNITY}")
    with tempfile.TemporaryDirectory() as directory:
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", directory]
        if reason := _undone([*pip, COMMUNITY]):
            return f"collections could not be fetched: {reason}"
        with zipfile.ZipFile(next(Path(directory).glob("*.whl"))) as wheel:
            names = [name for name in wheel.namelist() if name.startswith(wanted)]
            wheel.extractall(folder, names)
    return ""


def _undone(command: list[str]) -> str:
    """Why the command failed; nothing when it did not."""
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    told = (done.stderr or done.stdout).strip().splitlines()
    return (told[-1] if told else f"{command[0]} failed") if done.returncode else ""


def version(python: Path, package: str) -> str:
    """The version of a package in an environment; a dash where it is not."""
    code = f"from importlib.metadata import version; print(version({package!r}))"
    try:
        done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "-"
    return done.stdout.strip()


def suture(python: Path, place: Path) -> Peer:
    """Suture itself, from the environment that runs the benchmark; the collections are in ``place``."""

    def command(folder: Path, work: str, limit: str, forks: int) -> list[str]:
        words = ["run", f"{work}.yml", "-i", "inventory.yml", "-l", limit, "-f", str(forks)]
        return [str(python.with_name("suture")), *words]

    return Peer("suture", command, {"ANSIBLE_COLLECTIONS_PATH": str(place / "collections")})


def ansible(name: str, place: Path, scratch: Path, known_hosts: Path) -> Peer:
    """Ansible with pipelining, plain or with Mitogen's linear strategy."""
    environment = place / name
    sockets = scratch / f"{name}-sockets"
    sockets.mkdir(parents=True, exist_ok=True)
    plugins, strategy = "", "linear"
    if name == "mitogen":
        found = environment.glob("lib/python*/site-packages/ansible_mitogen/plugins/strategy")
        plugins, strategy = f"strategy_plugins = {next(found, '')}", "mitogen_linear"
    config = scratch / f"{name}.cfg"
    config.write_text(
        ANSIBLE_CONFIG.format(
            strategy=strategy, plugins=plugins, sockets=sockets, known_hosts=known_hosts
        )
    )

    def command(folder: Path, work: str, limit: str, forks: int) -> list[str]:
        words = ["-i", "inventory.yml", "-l", limit, "-f", str(forks), f"{work}.yml"]
        return [str(environment / "bin" / "ansible-playbook"), *words]

    environ = {
        "ANSIBLE_CONFIG": str(config),
        "ANSIBLE_COLLECTIONS_PATH": str(place / "collections"),
        "ANSIBLE_HOME": str(scratch / f"{name}-home"),
        "ANSIBLE_NOCOLOR": "1",
    }
    return Peer(name, command, environ)


def pyinfra(place: Path) -> Peer:
    """pyinfra; ``--yes`` skips its question, and there is no further tuning it offers."""

    def command(folder: Path, work: str, limit: str, forks: int) -> list[str]:
        chosen = [] if limit == "all" else limit.split(",")
        limits = [word for name in chosen for word in ("--limit", name)]
        words = ["--yes", "--parallel", str(forks), "inventory.py", f"{work}.py"]
        return [str(place / "pyinfra" / "bin" / "pyinfra"), *limits, *words]

    return Peer("pyinfra", command, language="pyinfra")


def floor(place: Path, script: Path) -> Peer:
    """What Fabric alone takes: import, connect to each host at once, one ``python3 -c ''``."""

    def command(folder: Path, work: str, limit: str, forks: int) -> list[str]:
        return [str(place / "fabric" / "bin" / "python"), str(script), limit]

    return Peer("fabric floor", command, language="floor")


def clean_environment() -> dict[str, str]:
    """The environment that every tool gets: nothing that would favour or hinder one of them."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TERM", "USER", "TMPDIR")
    environ = {name: os.environ[name] for name in kept if name in os.environ}
    return {**environ, "NO_COLOR": "1", "PYTHONUNBUFFERED": ""}

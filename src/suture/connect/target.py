"""Where and as whom to connect, read off a host's variables."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from suture.connect.bundle import COMMAND, FLAGS
from suture.errors import SutureError

LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Target:
    """One way to a host.  None: what ssh_config or the default says; times are seconds."""

    name: str
    address: str
    port: int | None = None
    user: str | None = None
    keys: tuple[str, ...] = ()
    password: str | None = None
    known_hosts: tuple[str, ...] = ()
    strict: bool = True
    local: bool = False
    python: str = "python3"
    timeout: float = 10.0


@dataclass(frozen=True, slots=True)
class Becoming:
    """As whom an agent runs; ``user`` empty: as whoever logged in."""

    user: str = ""
    method: str = "sudo"
    flags: str = ""
    password: str | None = None

    @property
    def key(self) -> str:
        return f"{self.method}:{self.user}" if self.user else ""

    @property
    def told(self) -> Mapping[str, str]:
        """How the agent came to run as its user, where that took something; no password."""
        return {"user": self.user, "method": self.method, "flags": self.flags} if self.user else {}


def target_of(name: str, variables: Mapping[str, Any], *, strict: bool, known: str) -> Target:
    """The target that a host's variables describe; ``known`` is the project's known_hosts file."""
    password = variables.get("ansible_ssh_pass", variables.get("ansible_password"))
    key = variables.get("ansible_ssh_private_key_file") or variables.get("ansible_private_key_file")
    checking = variables.get("ansible_host_key_checking")
    known_hosts = variables.get("suture_known_hosts") or ""
    port = variables.get("ansible_port", variables.get("ansible_ssh_port"))
    connection = variables.get("ansible_connection")
    if connection not in (None, "ssh", "paramiko", "paramiko_ssh", "smart", "local"):
        raise SutureError(
            f"host {name}: connection '{connection}' is not supported; use ssh or local"
        )
    interpreter = str(variables.get("ansible_python_interpreter") or "python3")
    return Target(
        name,
        str(variables.get("ansible_host") or variables.get("ansible_ssh_host") or name),
        int(port) if port not in (None, "") else None,
        str(variables.get("ansible_user") or variables.get("ansible_ssh_user") or "") or None,
        (str(key),) if key else (),
        str(password) if password else None,
        tuple(path for path in (str(known_hosts), known) if path),
        strict if checking is None else bool(checking),
        connection == "local",
        "python3" if interpreter.startswith("auto") else interpreter,
        float(variables.get("ansible_ssh_timeout") or variables.get("ansible_timeout") or 10),
    )


def start_command(python: str, becoming: Becoming) -> str:
    """The shell command that starts an agent on the host, as the wanted user."""
    plain = f"exec {shlex.quote(python)} {FLAGS} -c {shlex.quote(COMMAND)}"
    if not becoming.user:
        return plain
    user = shlex.quote(becoming.user)
    if becoming.method == "sudo":
        asking = "-S -p ''" if becoming.password is not None else "-n"
        flags = becoming.flags or "-H"
        return f"exec sudo {asking} {flags} -u {user} -- /bin/sh -c {shlex.quote(plain)}"
    if becoming.method == "su":
        return f"exec su {becoming.flags or '-'} {user} -s /bin/sh -c {shlex.quote(plain)}"
    if becoming.method == "doas":
        return f"exec doas {becoming.flags} -u {user} /bin/sh -c {shlex.quote(plain)}"
    if becoming.method == "runuser":
        return f"exec runuser {becoming.flags} -u {user} -- /bin/sh -c {shlex.quote(plain)}"
    raise SutureError(
        f"become_method '{becoming.method}' is not supported; use sudo, su, doas or runuser"
    )

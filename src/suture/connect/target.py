"""Where and as whom to connect, read off a host's variables."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from suture.connect.bundle import COMMAND, FLAGS
from suture.errors import SutureError
from suture.inventory.connection_variables import converted

LOCAL = ("localhost", "127.0.0.1", "::1")


TRANSPORTS = {"ssh": "openssh", "paramiko": "fabric", "paramiko_ssh": "fabric"}
"""Kinds of connection that name the program which makes it."""


@dataclass(frozen=True, slots=True)
class Target:
    """One way to a host.  None and empty: what ssh_config or the default says; times are seconds.
    ``role``: what else than the host itself it is, such as its jump host; ``ssh_args``: arguments
    for ssh, as the operator wrote them; ``transport``: "fabric", "openssh", or empty for either."""

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
    passphrase: str | None = None
    ssh_args: tuple[str, ...] = ()
    transport: str = ""
    role: str = ""

    def where(self, port: int | None = None) -> str:
        """The host as sentences name it."""
        at = self.port or port
        return f"{self.name}{self.role} ({self.address}" + (f":{at})" if at else ")")


@dataclass(frozen=True, slots=True)
class Becoming:
    """As whom an agent runs; ``user`` empty: as whoever logged in."""

    user: str = ""
    method: str = "sudo"
    flags: str = ""
    password: str | None = None
    exe: str = ""
    """Where the method's program is, if not where it is sought."""

    @property
    def key(self) -> str:
        return f"{self.exe or self.method}:{self.user}" if self.user else ""

    @property
    def as_data(self) -> Mapping[str, str]:
        """How the agent came to run as its user, where that took something; no password."""
        if not self.user:
            return {}
        told = {"user": self.user, "method": self.method, "flags": self.flags}
        return {**told, "exe": self.exe} if self.exe else told


def target_of(
    name: str,
    variables: Mapping[str, Any],
    *,
    strict: bool,
    known: str,
    transport: str = "",
    otherwise: Mapping[str, Any] | None = None,
) -> Target:
    """The target that a host's variables describe; ``known`` is the project's known_hosts file,
    ``strict``, ``transport`` and the variables in ``otherwise`` hold where those say nothing."""

    def given(*names: str) -> Any:
        """The first of these variables that there is, as it is meant."""
        for layer in (variables, otherwise or {}):
            for each in names:
                if layer.get(each) not in (None, ""):
                    try:
                        return converted(each, layer[each])
                    except ValueError as error:
                        raise SutureError(f"host {name}: {error}") from None
        return None

    connection = given("ansible_connection")
    if connection not in (None, "ssh", "paramiko", "paramiko_ssh", "smart", "local"):
        raise SutureError(
            f"host {name}: connection '{connection}' is not supported; use ssh or local"
        )
    interpreter = given("ansible_python_interpreter") or "python3"
    checking = given("ansible_host_key_checking", "ansible_ssh_host_key_checking")
    key = given("ansible_ssh_private_key_file", "ansible_private_key_file")
    arguments = (given(f"ansible_ssh_{which}args") for which in ("", "common_", "extra_"))
    return Target(
        name,
        given("ansible_host", "ansible_ssh_host") or name,
        port=given("ansible_port", "ansible_ssh_port"),
        user=given("ansible_user", "ansible_ssh_user"),
        keys=(key,) if key else (),
        password=given("ansible_ssh_pass", "ansible_ssh_password", "ansible_password"),
        known_hosts=tuple(path for path in (given("suture_known_hosts"), known) if path),
        strict=strict if checking is None else checking,
        local=connection == "local",
        python="python3" if interpreter.startswith("auto") else interpreter,
        timeout=given("ansible_ssh_timeout", "ansible_timeout") or 10.0,
        passphrase=given("ansible_ssh_private_key_passphrase", "ansible_private_key_passphrase"),
        ssh_args=tuple(text for text in arguments if text),
        transport=TRANSPORTS.get(connection or "", transport),
    )


def start_command(python: str, becoming: Becoming) -> str:
    """The shell command that starts an agent on the host, as the wanted user."""
    plain = f"exec {shlex.quote(python)} {FLAGS} -c {shlex.quote(COMMAND)}"
    if not becoming.user:
        return plain
    user = shlex.quote(becoming.user)
    program = shlex.quote(becoming.exe or becoming.method)
    if becoming.method == "sudo":
        asking = "-S -p ''" if becoming.password is not None else "-n"
        flags = becoming.flags or "-H"
        return f"exec {program} {asking} {flags} -u {user} -- /bin/sh -c {shlex.quote(plain)}"
    if becoming.method == "su":
        return f"exec {program} {becoming.flags or '-'} {user} -s /bin/sh -c {shlex.quote(plain)}"
    if becoming.method == "doas":
        return f"exec {program} {becoming.flags} -u {user} /bin/sh -c {shlex.quote(plain)}"
    if becoming.method == "runuser":
        return f"exec {program} {becoming.flags} -u {user} -- /bin/sh -c {shlex.quote(plain)}"
    raise SutureError(
        f"become_method '{becoming.method}' is not supported; use sudo, su, doas or runuser"
    )
